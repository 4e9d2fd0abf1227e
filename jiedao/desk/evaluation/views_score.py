"""The sheet of one unit or community: every point explained, its versions and appeals, and manual points."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.desk.evaluation.forms import PointsForm
from jiedao.desk.evaluation.page import build_appeal_line, build_line, build_tabs
from jiedao.desk.evaluation.views_results import get_results_url, read_visible_results, require_own_row
from jiedao.desk.links import get_score_url
from jiedao.evaluation.access import explain_no_contest, find_appeal_due_date, get_sheet, may_contest
from jiedao.evaluation.actions.publishing import give_points
from jiedao.evaluation.definition import read_item
from jiedao.evaluation.models import PUBLISH, VIEW, VIEW_OWN, ManualPoints, SheetItem
from jiedao.evaluation.rules.rule import RuleFault
from jiedao.evaluation.selectors import (
    Results,
    ResultView,
    describe_reason,
    format_points,
    list_appeals,
    list_versions,
    read_score,
    write_points,
)
from jiedao.kernel.errors import NotFoundError
from jiedao.pages.choices import translate_person_label
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.pages.reading import read_number


def _get_row(results: Results, code: str) -> ResultView:
    row = results.find_row(code)
    if row is None:
        raise NotFoundError(
            _("这张评分表不考评“%(code)s”。") % {"code": code[:40]}, hint=_("请从考评结果重新点开。")
        )
    return row


@require_staff(VIEW, VIEW_OWN)
@require_safe
def show_score(request: DeskRequest, key: str, code: str) -> HttpResponse:
    """Show the sheet of a unit or community; `version` shows an earlier version."""
    sheet = get_sheet(key)
    results = read_visible_results(request, sheet)
    current = row = _get_row(results, code)
    require_own_row(request.actor, row)
    number = read_number(request.GET.get("version"))
    context: dict[str, Any] = {"versions": [], "appeals": [], "may_contest": False}
    if current.score is not None:
        current.score.sheet_version = results.version
        versions = list_versions(current.score)
        chosen = next((version for version in versions if version.number == number), None)
        if chosen is not None and chosen.pk != current.score.pk:
            row = read_score(chosen)
        context["versions"] = [
            {
                "number": version.number,
                "points": write_points(version.points, results.version.digits),
                "rank": version.rank,
                "reason": describe_reason(version) or _("首次公布"),
                "by": translate_person_label(version.made_by_label),
                "at": version.made_at,
                "url": get_score_url(sheet, code, results.period, version.number),
                "active": row.score is not None and version.pk == row.score.pk,
            }
            for version in versions
        ]
        context["appeals"] = [
            build_appeal_line(appeal) for appeal in list_appeals(request.actor, current.score)
        ]
        context["may_contest"] = may_contest(request.actor, current.score)
        context["who_contests"] = explain_no_contest(request.actor, current.score)
        context["due"] = find_appeal_due_date(current.score)
        context["replaced"] = row.score is not None and not row.score.current
        context["latest_url"] = get_score_url(sheet, code, results.period)
    context |= {
        "tabs": build_tabs(request.actor, sheet.key),
        "sheet": sheet,
        "version": results.version,
        "period": results.period,
        "published": results.is_published,
        "row": row,
        "points": write_points(row.points, results.version.digits),
        "total": format_points(row.total),
        "share": float(row.points / row.total) if row.points is not None and row.total else None,
        "lines": [build_line(request.actor, line) for line in row.lines],
        "results_url": get_results_url(sheet, results.period),
        "may_give": request.actor.can(PUBLISH) and bool(row.lines and _list_manual_items(results)),
    }
    return render(request, "desk/evaluation/score.html", context)


def _list_manual_items(results: Results) -> list[SheetItem]:
    items = []
    for item in results.items:
        try:
            if read_item(item.spec).is_manual:
                items.append(item)
        except RuleFault:
            continue
    return items


@require_staff(PUBLISH)
@require_http_methods(["GET", "POST"])
def give(request: DeskRequest, key: str, code: str) -> HttpResponse:
    """Give the points of a manual item."""
    sheet = get_sheet(key)
    results = read_visible_results(request, sheet)
    row, items = _get_row(results, code), _list_manual_items(results)
    form, status = PointsForm(items, request.POST or None), 200
    if request.method == "POST":

        def action() -> ManualPoints:
            item = next(item for item in items if item.pk == form.cleaned_data["item"])
            return give_points(
                actor=request.actor,
                item=item,
                period=results.period,
                code=code,
                points=Decimal(form.cleaned_data["points"]),
                reason=form.cleaned_data["reason"],
            )

        _points, status = submit_form(form, action)
        if not status:
            messages.success(request, _("已评分。"))
            return redirect(get_score_url(sheet, code, results.period))
    context = {
        "form": form,
        "sheet": sheet,
        "row": row,
        "period": results.period,
        "back": get_score_url(sheet, code, results.period),
        "action": f"{reverse('desk:score_points', args=[sheet.key, code])}?period={results.period.text}",
        "items": [
            {
                "label": item.label,
                "meaning": item.meaning_label,
                "most": format_points(read_item(item.spec).rule.points),
            }
            for item in items
        ],
    }
    return render(request, "desk/evaluation/points.html", context, status=status)
