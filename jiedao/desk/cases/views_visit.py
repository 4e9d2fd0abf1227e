"""The page of a return visit: number, words to say, earlier calls and the form of the call, all in one form."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.cases import catalogue
from jiedao.cases.access import get_case, get_case_by_number
from jiedao.cases.actions.callers import LOOK_UP_RIGHT
from jiedao.cases.actions.reporter import RevealedReporter, reveal_reporter
from jiedao.cases.flow import get_state_label, get_state_tone
from jiedao.cases.models import Case, ReasonKind
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.table import FLOW
from jiedao.cases.moves.visiting import UNREACHED, WRONG_NUMBER
from jiedao.cases.scripts import build_visit_script
from jiedao.cases.selectors.detail import CaseDetail, read_case_detail
from jiedao.desk import actions
from jiedao.desk.cases.calls import list_calls
from jiedao.desk.cases.facts import list_facts
from jiedao.desk.cases.move_form import MoveForm
from jiedao.desk.cases.next_matter import find_next_url, find_url_after, read_queue
from jiedao.desk.cases.outcome import read_previous_outcome
from jiedao.desk.phrases import attach_phrases, is_phrase_button, press_button
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.policies import get_policy
from jiedao.pages.entry import DeskRequest, require_staff

VISIT = "VISIT"


@require_staff("cases.case:visit")
@require_http_methods(["GET", "POST"])
def make_visit(request: DeskRequest, number: str) -> HttpResponse:
    """Show the page of a return visit; reveal the number, or record a call, and keep what was typed meanwhile."""
    case = get_case_by_number(request.actor, number)
    if request.method == "GET":
        return render_visit(request, case, queue=read_queue(request))
    if is_phrase_button(request.POST):
        return _add_phrase(request, case)
    if request.POST.get("do") == "reveal":
        return _reveal(request, case)
    return _record_call(request, case)


def _add_phrase(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the page again with the phrase in the text, and with the number if it was revealed."""
    data = request.POST.copy()
    press_button(request, VISIT, data)
    form = MoveForm(FLOW[VISIT], read_case_detail(request.actor, case))
    form.show_typed(data)
    return render_visit(request, case, form=form, revealed=_reveal_again(request, case))


def _reveal(request: DeskRequest, case: Case) -> HttpResponse:
    form = MoveForm(FLOW[VISIT], read_case_detail(request.actor, case))
    form.initial.update({name: request.POST[name] for name in form.fields if request.POST.get(name)})
    try:
        revealed = reveal_reporter(request.actor, case.pk, reason=request.POST.get("reason", ""))
    except UserError as fault:
        return render_visit(request, case, status=fault.status, form=form, reveal_fault=str(fault))
    return render_visit(request, case, form=form, revealed=revealed)


def _record_call(request: DeskRequest, case: Case) -> HttpResponse:
    data = request.POST.copy()
    form = MoveForm(FLOW[VISIT], read_case_detail(request.actor, case), data)
    status = 422
    try:
        if form.is_valid():
            version = form.cleaned_data["version"]
            case = perform(request.actor, case.pk, VISIT, version=version, data=form.values())
            actions.delete_draft(actor=request.actor, key=f"case-{case.pk}-{VISIT}")
            return _redirect_after_call(request, case, form.cleaned_data["reached"])
    except UserError as fault:
        status = fault.status
        form.add_error(fault.field if fault.field in form.fields else None, str(fault))
    current = get_case(request.actor, case.pk)
    data["version"] = str(current.version)  # the user now sees the current state: sending again is deliberate
    return render_visit(request, current, status=status, form=form, revealed=_reveal_again(request, current))


def _reveal_again(request: DeskRequest, case: Case) -> RevealedReporter | None:
    """Return the reporter whose number this page showed already; the audit has an entry for this as well."""
    reason = request.POST.get("revealed", "")
    if not reason or not request.actor.can("cases.case:reveal"):
        return None
    try:
        return reveal_reporter(request.actor, case.pk, reason=reason)
    except UserError:
        return None


def _redirect_after_call(request: DeskRequest, case: Case, call: str) -> HttpResponse:
    """Stay on the page while the visit is open, and go to the case after its end; or go on to the next, if asked to."""
    if call in {UNREACHED, WRONG_NUMBER}:
        label = dict(FLOW[VISIT].fields[0].choices)[call]
        if url := find_next_url(request, case, VISIT):
            words = _("%(number)s 已登记这次通话：%(call)s。下面是下一件。")
            messages.success(request, words % {"number": case.number, "call": label})
            return redirect(url)
        messages.success(request, _("已登记这次通话：%(call)s。") % {"call": label})
        return redirect("desk:visit", case.number)
    return redirect(find_url_after(request, case, VISIT))


def render_visit(
    request: DeskRequest,
    case: Case,
    *,
    status: int = 200,
    form: MoveForm | None = None,
    revealed: RevealedReporter | None = None,
    reveal_fault: str = "",
    queue: str = "",
    done: str = "",
    done_on: str = "",
) -> HttpResponse:
    """Return the page; a case that waits for no visit of this user opens its own page instead."""
    moves = {move.code for move in list_allowed_moves(request.actor, case)}
    if VISIT not in moves:
        if form is not None and form.is_bound:
            words = "；".join(text for _label, text in form.list_typed_texts())
            messages.error(request, " ".join([*form.non_field_errors(), words]).strip())
        return redirect("desk:case", case.number)
    detail = read_case_detail(request.actor, case)
    if form is None:
        form = MoveForm(FLOW[VISIT], detail)
        form.initial["queue"] = queue
    attach_phrases(request.actor, form, VISIT)
    context = build_context(case, detail, form)
    context.update(
        previous=read_previous_outcome(request.actor, done_on, done),
        revealed=revealed,
        reveal_fault=reveal_fault,
        reason=request.POST.get("reason") or request.POST.get("revealed") or _("电话回访"),
        may_reveal=request.actor.can("cases.case:reveal"),
        may_look_up=request.actor.can(LOOK_UP_RIGHT),
        may_end="END_VISIT" in moves,
    )
    return render(request, "desk/cases/visit.html", context, status=status)


def build_context(case: Case, detail: CaseDetail, form: MoveForm) -> dict[str, Any]:
    """Return what the page shows beside the reporter."""
    replies = [move.text for move in detail.moves if move.public and move.text]
    results = [move.text for move in detail.moves if move.move in FLOW.list_handling_codes() and move.text]
    since = case.closed_at or case.reported_at
    failed = [row for row in detail.visits if not row.reached and row.at >= since]
    return {
        "case": case,
        "detail": detail,
        "form": form,
        "now": clock.now(),
        "state_label": get_state_label(case.state, case.visit_outcome),
        "state_tone": get_state_tone(case.state, case.visit_outcome),
        "draft_key": f"case-{case.pk}-{VISIT}",
        "facts": list_facts(case, None),
        "script": build_visit_script(case),
        "calls": list_calls(detail.visits),
        "failed_calls": len(failed),
        "most_calls": int(get_policy("visit_attempts")),
        "reply": replies[-1] if replies else "",
        "result": results[-1] if results else "",
        "has_causes": bool(catalogue.list_reasons(ReasonKind.CAUSE)),
        "has_keep_reasons": bool(catalogue.list_reasons(ReasonKind.KEEP)),
    }
