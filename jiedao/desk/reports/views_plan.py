"""Views of a sentence of a report's plan: the form that makes it a promise, a link to one, or none."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from jiedao.desk.reports.forms import NotPromiseForm, PromiseForm, list_promise_kinds
from jiedao.desk.reports.plan_page import describe_decisions, describe_offers
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number
from jiedao.projects.splitting import format_amount
from jiedao.reports.actions.planning import link_promise, make_promise, mark_not_promise, withdraw_decision
from jiedao.reports.functions import find_next_period
from jiedao.reports.models import EDIT, PlanDecision, PlanKind, Report
from jiedao.reports.planning.prefill import Prefill, read_prefill, read_rest
from jiedao.reports.planning.selectors import PlanLine, read_plan
from jiedao.reports.selectors import get_report, get_version, read_report


def _find_line(report: Report, key: str) -> PlanLine:
    for line in read_plan(report, read_report(report)).lines:
        if line.sentence.key == key:
            return line
    raise NotFoundError(_("报告里已没有这一句。"), hint=_("请回到报告页，从现在的文字里选。"))


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
@take_filters()
def show_sentence(request: DeskRequest, report_id: int, key: str) -> HttpResponse:
    """Show the form of a promise, filled in from the sentence; create the promise."""
    report = get_report(request.actor, report_id)
    line = _find_line(report, key)
    is_repeated = bool(line.decisions)
    if request.method == "GET":
        form = PromiseForm(
            request.actor, is_repeated=is_repeated, initial=_build_initial(request, report, line)
        )
        return _render_page(request, report, line, form)
    form = PromiseForm(request.actor, request.POST, is_repeated=is_repeated)
    decision, status = submit_form(
        form,
        lambda: make_promise(
            actor=request.actor,
            report_id=report.pk,
            number=read_number(request.POST.get("version")) or 0,
            key=key,
            promise=form.read_input(),
            again=bool(form.cleaned_data.get("again")),
        ),
    )
    if status:
        return _render_page(request, report, _find_line(report, key), form, status=status)
    return _announce(request, report, decision, _("已设为%(kind)s：%(name)s"))


def _build_initial(request: DeskRequest, report: Report, line: PlanLine) -> dict[str, Any]:
    prefill = _read_prefill(report, line)
    kinds = [kind for kind, _label in list_promise_kinds(request.actor)]
    return {
        "kind": prefill.kind.value if prefill.kind.value in kinds else next(iter(kinds), ""),
        "title": prefill.title,
        "target": format_amount(prefill.target) if prefill.target is not None else None,
        "measure": prefill.measure,
        "unit": prefill.unit_id,
        "due_date": prefill.due_date,
    }


def _read_prefill(report: Report, line: PlanLine) -> Prefill:
    """Return what the form begins with; once the target of the sentence is a campaign, what else it promises."""
    read = read_rest if any(row.kind == PlanKind.CAMPAIGN for row in line.decisions) else read_prefill
    return read(line.sentence, find_next_period(report.period))


def _render_page(
    request: DeskRequest,
    report: Report,
    line: PlanLine,
    form: forms.Form,
    *,
    status: int = 200,
    reason_form: NotPromiseForm | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "report": report,
        "version": get_version(report),
        "line": line,
        "decisions": describe_decisions(request.actor, line.decisions),
        "is_dismissed": any(decision.kind == PlanKind.NONE for decision in line.decisions),
        "form": form,
        "may_create": bool(list_promise_kinds(request.actor)),
        "prefill": _read_prefill(report, line),
        "offers": describe_offers(request.actor, line),
        "reason_form": reason_form or NotPromiseForm(),
    }
    return render(request, "desk/reports/sentence.html", context, status=status)


@require_staff(EDIT)
@require_POST
def link(request: DeskRequest, report_id: int, key: str) -> HttpResponse:
    """Link the sentence to a promise that exists."""

    def action(number: int) -> PlanDecision:
        return link_promise(
            actor=request.actor,
            report_id=report_id,
            number=number,
            key=key,
            kind=request.POST.get("kind", ""),
            object_id=read_number(request.POST.get("object")) or 0,
            again=True,
        )

    return _run(request, report_id, key, action, _("已关联%(kind)s：%(name)s"))


@require_staff(EDIT)
@require_POST
def dismiss(request: DeskRequest, report_id: int, key: str) -> HttpResponse:
    """Mark the sentence as no promise."""
    report = get_report(request.actor, report_id)
    form = NotPromiseForm(request.POST)
    _decision, status = submit_form(
        form,
        lambda: mark_not_promise(
            actor=request.actor,
            report_id=report_id,
            number=read_number(request.POST.get("version")) or 0,
            key=key,
            reason=form.cleaned_data["reason"],
        ),
    )
    if status:
        line = _find_line(report, key)
        empty = PromiseForm(
            request.actor,
            is_repeated=bool(line.decisions),
            initial=_build_initial(request, report, line),
        )
        return _render_page(request, report, line, empty, status=status, reason_form=form)
    messages.success(request, _("已标为不是承诺。"))
    return redirect(reverse("desk:report", args=[report_id]) + "#plan")


@require_staff(EDIT)
@require_POST
def undo(request: DeskRequest, report_id: int, decision_id: int) -> HttpResponse:
    """Withdraw what was decided of a sentence."""
    try:
        withdraw_decision(
            actor=request.actor,
            report_id=report_id,
            decision_id=decision_id,
            reason=request.POST.get("reason", ""),
        )
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("已撤回。"))
    return redirect(reverse("desk:report", args=[report_id]) + "#plan")


def _run(
    request: DeskRequest, report_id: int, key: str, action: Callable[[int], PlanDecision], words: str
) -> HttpResponse:
    try:
        decision = action(read_number(request.POST.get("version")) or 0)
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect("desk:report-plan", report_id, key)
    return _announce(request, decision.report, decision, words)


def _announce(request: DeskRequest, report: Report, decision: PlanDecision, words: str) -> HttpResponse:
    assert decision.promise is not None
    values = {"kind": decision.get_kind_display(), "name": str(decision.promise)}
    messages.success(request, words % values)
    return redirect(reverse("desk:report", args=[report.pk]) + "#plan")
