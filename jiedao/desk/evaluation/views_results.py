"""The results of a sheet: table, ranking, publishing, and the downloads."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.evaluation.forms import ReasonForm
from jiedao.desk.evaluation.output import export_document, export_workbook
from jiedao.desk.evaluation.page import (
    build_periods,
    build_results_context,
    build_tabs,
    describe_appeal_time,
)
from jiedao.evaluation.access import (
    can_read_score,
    find_last_period,
    get_sheet,
    may_preview,
    read_sheet_period,
)
from jiedao.evaluation.actions.publishing import publish_scores, recompute_scores
from jiedao.evaluation.models import PUBLISH, VIEW, VIEW_OWN, ScoreSheet
from jiedao.evaluation.selectors import Results, ResultView, list_sheets, read_results
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form


def read_period_of(request: DeskRequest, sheet: ScoreSheet) -> Period:
    """Return the period of the address, by default the last that has ended."""
    text = request.POST.get("period") or request.GET.get("period", "")
    return read_sheet_period(sheet, text) if text else find_last_period(sheet)


def read_visible_results(request: DeskRequest, sheet: ScoreSheet) -> Results:
    """Return the results; raise NotAllowed for unpublished ones where the user may not preview them."""
    results = read_results(sheet, read_period_of(request, sheet))
    if not results.is_published and not may_preview(request.actor):
        raise NotAllowed(
            _("%(period)s的评分还没有公布。") % {"period": results.period.label},
            hint=_("公布后各单位都能看到，并可在申诉期内申诉。"),
        )
    return results


def require_own_row(actor: Actor, row: ResultView) -> None:
    """Raise NotAllowed unless the actor may read a result with everything behind it."""
    if actor.can(VIEW) or (row.score is not None and can_read_score(actor, row.score)):
        return
    raise NotAllowed(_("只能看本单位的评分。"), hint=_("别的单位只公布名次和得分。"))


def get_results_url(sheet: ScoreSheet, period: Period) -> str:
    """Return the address of the results of a period."""
    return f"{reverse('desk:score_sheet', args=[sheet.key])}?period={period.text}"


@require_staff(VIEW, VIEW_OWN)
@require_safe
def open_scores(request: DeskRequest) -> HttpResponse:
    """Open the first sheet; without sheets, state how to declare one."""
    sheets = list_sheets()
    if sheets:
        return redirect("desk:score_sheet", sheets[0].key)
    return render(request, "desk/evaluation/none.html")


@require_staff(VIEW, VIEW_OWN)
@require_safe
def show_results(request: DeskRequest, key: str) -> HttpResponse:
    """Show the results of a sheet in a period."""
    return _render(request, get_sheet(key), None)


def _render(
    request: DeskRequest, sheet: ScoreSheet, form: ReasonForm | None, status: int = 200
) -> HttpResponse:
    period: Period = find_last_period(sheet)
    context: dict[str, Any] = {"sheet": sheet, "tabs": build_tabs(request.actor, sheet.key)}
    try:
        period = read_period_of(request, sheet)
        results = read_results(sheet, period)
    except UserError as fault:
        context |= {"fault": fault, "period": period, "periods": build_periods(sheet, period)}
        return render(request, "desk/evaluation/results.html", context)
    hidden = not results.is_published and not may_preview(request.actor)
    context |= {"hidden": hidden, "period": period, "periods": build_periods(sheet, period)}
    if not hidden:
        context |= build_results_context(request.actor, results)
    may_publish = request.actor.can(PUBLISH)
    context |= {
        "appeal_time": describe_appeal_time(results),
        "may_simulate": may_preview(request.actor),
        "may_publish": may_publish and not results.is_published and period.last < clock.today(),
        "may_export": request.actor.can(VIEW),
        "form": form or (ReasonForm() if may_publish and results.is_published else None),
    }
    return render(request, "desk/evaluation/results.html", context, status=status)


@require_staff(PUBLISH)
@require_POST
def publish(request: DeskRequest, key: str) -> HttpResponse:
    """Publish the scores of a period."""
    sheet = get_sheet(key)
    period = read_period_of(request, sheet)
    scores = publish_scores(actor=request.actor, sheet=sheet, period=period)
    messages.success(request, _("已公布 %(n)d 个评分。") % {"n": len(scores)})
    return redirect(get_results_url(sheet, period))


@require_staff(PUBLISH)
@require_POST
def recompute(request: DeskRequest, key: str) -> HttpResponse:
    """Compute published scores again, with the reason."""
    sheet = get_sheet(key)
    period, form = read_period_of(request, sheet), ReasonForm(request.POST)
    renewed, status = submit_form(
        form,
        lambda: recompute_scores(
            actor=request.actor, sheet=sheet, period=period, reason=form.cleaned_data["reason"]
        ),
    )
    if status:
        return _render(request, sheet, form, status)
    words = _("%(n)d 个评分有变化，原评分已留存。") if renewed else _("重新计分后没有变化。")
    messages.success(request, words % {"n": len(renewed)} if renewed else words)
    return redirect(get_results_url(sheet, period))


@require_staff(VIEW)
@require_safe
def send_workbook(request: DeskRequest, key: str) -> FileResponse:
    """Send the results as a workbook."""
    return export_workbook(request.actor, read_visible_results(request, get_sheet(key)))


@require_staff(VIEW, VIEW_OWN)
@require_safe
def send_document(request: DeskRequest, key: str) -> FileResponse:
    """Send the results as Word; with `unit`, the sheet of one unit or community."""
    results = read_visible_results(request, get_sheet(key))
    row = results.find_row(request.GET.get("unit", ""))
    if row is None:
        request.actor.require(VIEW)
    else:
        require_own_row(request.actor, row)
    return export_document(request.actor, results, row)
