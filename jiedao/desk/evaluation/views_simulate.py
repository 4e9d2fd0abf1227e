"""A simulation: the results of a period under another sheet, beside the real ones. Nothing is stored."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.desk.evaluation.draft_form import DraftForm
from jiedao.desk.evaluation.forms import DraftFileForm
from jiedao.desk.evaluation.page import SHOWN_DIGITS, build_periods, build_tabs
from jiedao.desk.evaluation.views_results import get_results_url, read_period_of
from jiedao.evaluation.access import PERIOD_OF, get_sheet, get_version, may_preview
from jiedao.evaluation.actions.publishing import read_exclusions
from jiedao.evaluation.computing import SubjectResult, compute_scores
from jiedao.evaluation.drafts import Draft, build_draft, read_draft, simulate, write_draft
from jiedao.evaluation.models import VIEW, PeriodKind, ScoreSheet, SheetVersion
from jiedao.evaluation.selectors import (
    ResultView,
    describe_subject,
    format_points,
    view_results,
    write_points,
)
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.periods import Period
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import add_refusal


@require_staff(VIEW)
@require_http_methods(["GET", "POST"])
def show_simulation(request: DeskRequest, key: str) -> HttpResponse:
    """Show points and ranks as they are and as a draft would make them; the draft is edited here or uploaded."""
    if not may_preview(request.actor):
        raise NotAllowed(_("只有公布和裁定评分的岗位可以试算。"), hint=_("公布后，您可以看本单位的评分。"))
    sheet = get_sheet(key)
    period = read_period_of(request, sheet)
    version = get_version(sheet, period)
    unchanged = build_draft(version)
    draft, form, file_form = _read_draft(request, sheet, unchanged)
    status = 422 if form.errors or file_form.errors else 200
    if status == 200 and request.POST.get("download"):
        return _send_draft(sheet, form.build())
    rows, tried = [], unchanged
    if not form.errors:
        tried = form.build()
        try:
            rows = _compare(version, tried, period)
        except UserError as fault:
            form.add_error(None, str(fault))
            status = fault.status
    context = {
        "tabs": build_tabs(request.actor, sheet.key),
        "sheet": sheet,
        "version": version,
        "period": period,
        "periods": build_periods(sheet, period),
        "subject": describe_subject(sheet),
        "form": form,
        "file_form": file_form,
        "structure": write_draft(sheet, draft, version.from_date) if draft != unchanged else "",
        "rows": rows,
        "changed_items": [cell["label"] for cell in rows[0]["cells"]] if rows else [],
        "moved": sum(bool(row["moved"]) for row in rows),
        "total": format_points(tried.reached),
        "expected": format_points(tried.total),
        "is_uneven": tried.reached != tried.total,
        "results_url": get_results_url(sheet, period),
    }
    return render(request, "desk/evaluation/simulate.html", context, status=status)


def _read_draft(
    request: DeskRequest, sheet: ScoreSheet, unchanged: Draft
) -> tuple[Draft, DraftForm, DraftFileForm]:
    """Return the draft to try, and its form: made from the version, or from a file uploaded now or earlier."""
    draft, file_form = unchanged, DraftFileForm()
    if request.method != "POST":
        return draft, DraftForm(draft), file_form
    if request.POST.get("upload"):
        file_form = DraftFileForm(request.POST, request.FILES)
        if file_form.is_valid():
            try:
                draft = read_draft(sheet, file_form.cleaned_data["file"].read())
                return draft, DraftForm(draft), DraftFileForm()
            except UserError as fault:
                add_refusal(file_form, fault)
        return draft, DraftForm(draft), file_form
    if structure := request.POST.get("structure", ""):
        draft = read_draft(sheet, structure.encode())
    return draft, DraftForm(draft, request.POST), file_form


def _send_draft(sheet: ScoreSheet, draft: Draft) -> HttpResponse:
    """Return the draft as tables of a pack, a version that begins with the next period."""
    day = PERIOD_OF[PeriodKind(sheet.period)](clock.today()).last + timedelta(days=1)
    answer = HttpResponse(write_draft(sheet, draft, day), content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{sheet.key}-{day:%Y-%m}.toml"'
    return answer


def _compare(version: SheetVersion, draft: Draft, period: Period) -> list[dict[str, Any]]:
    """Return a row for each subject with both results, in the order of the ranks by the draft."""
    before = compute_scores(version, period, read_exclusions(version, period))
    after = simulate(version, draft, period)
    tried = SheetVersion(sheet=version.sheet, spec=dict(draft.spec), total=draft.total, digits=draft.digits)
    now = {row.code: row for row in view_results(before, version)}
    changed = _list_changed_items(before, after)
    return [
        _build_row(now.get(row.code), row, changed, version, draft)
        for row in view_results(after, tried)
        if row.rank is not None or (row.code in now and now[row.code].rank is not None)
    ]


def _list_changed_items(before: Sequence[SubjectResult], after: Sequence[SubjectResult]) -> list[str]:
    """Return the keys of the items whose points differ for at least one subject, in their order."""
    old = _read_points(before)
    keys: dict[str, None] = {}
    for (subject, key), points in _read_points(after).items():
        if old.get((subject, key), "") != points:
            keys[key] = None
    return list(keys)


def _read_points(results: Sequence[SubjectResult]) -> dict[tuple[str, str], Decimal | None]:
    return {(result.subject.key, line.item.key): line.points for result in results for line in result.lines}


def _build_row(
    before: ResultView | None, row: ResultView, changed: Sequence[str], version: SheetVersion, draft: Draft
) -> dict[str, Any]:
    old = {line.item.key: line for line in before.lines} if before is not None else {}
    before_rank = before.rank if before is not None else None
    moved = before_rank - row.rank if before_rank is not None and row.rank is not None else 0
    return {
        "label": row.label,
        "rank": row.rank,
        "points": write_points(row.points, draft.digits),
        "grade": row.grade,
        "tone": row.tone,
        "note": row.note if row.rank is None else "",
        "before_rank": before_rank,
        "before_points": write_points(before.points if before is not None else None, version.digits),
        "before_grade": before.grade if before is not None else "",
        "moved": moved,
        "moved_by": abs(moved),
        "cells": [
            {
                "label": line.item.label,
                "before": format_points(old[line.item.key].points, SHOWN_DIGITS)
                if line.item.key in old
                else "—",
                "points": format_points(line.points, SHOWN_DIGITS),
                "title": line.formula or line.note,
            }
            for line in row.lines
            if line.item.key in changed
        ],
    }
