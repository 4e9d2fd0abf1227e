"""Looking up the earlier matters of a caller by phone. The number is sent in the body of a request only."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.cases.access import get_case_by_number
from jiedao.cases.actions.callers import LOOK_UP_RIGHT, CallerCases, look_up_caller, look_up_reporter_of_case
from jiedao.cases.models import Case
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff


@require_staff(LOOK_UP_RIGHT)
@require_http_methods(["GET", "POST"])
def find_caller(request: DeskRequest) -> HttpResponse:
    """Ask for a number and a purpose, and list the matters that were reported from it."""
    if request.method == "GET":
        return _render(request)
    try:
        cases = look_up_caller(
            request.actor, request.POST.get("phone", ""), purpose=request.POST.get("purpose", "")
        )
    except UserError as fault:
        return _render(request, fault=fault, status=fault.status)
    return _render(request, cases)


@require_staff(LOOK_UP_RIGHT)
def show_caller_of_case(request: DeskRequest, number: str) -> HttpResponse:
    """List the other matters of the reporter of a case."""
    case = get_case_by_number(request.actor, number)
    if request.method != "POST":  # the look-up is audited, so a link alone must not make it
        return redirect("desk:case", case.number)
    try:
        cases = look_up_reporter_of_case(request.actor, case.pk)
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect("desk:case", case.number)
    return _render(request, cases, case=case)


def _render(
    request: DeskRequest,
    cases: CallerCases | None = None,
    *,
    case: Case | None = None,
    fault: UserError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "cases": cases,
        "case": case,
        "fault": fault,
        "phone": request.POST.get("phone", ""),
        "purpose": request.POST.get("purpose", "") or _("来电登记"),
        "sees_secret": request.actor.can("cases.case:reveal"),
        "now": clock.now(),
    }
    return render(request, "desk/cases/caller.html", context, status=status)
