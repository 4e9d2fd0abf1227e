"""The page of doubtful reports, and the decision about one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.cases import catalogue
from jiedao.cases.access import get_case_by_number
from jiedao.cases.following_public.doubting import REASONS, REVIEW_RIGHT, decide_doubt, list_doubtful
from jiedao.cases.models import ReasonKind
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff


@require_staff(REVIEW_RIGHT)
@require_safe
def list_doubtful_reports(request: DeskRequest) -> HttpResponse:
    """Show the reports that wait, with the reasons why they look like abuse."""
    rows = [
        {"case": row.case, "at": row.at, "reasons": [REASONS.get(code, code) for code in row.reasons]}
        for row in list_doubtful(request.actor)
    ]
    context = {
        "rows": rows,
        "now": clock.now(),
        "may_void": request.actor.can("cases.case:void"),
        "void_reasons": [(reason.code, str(reason)) for reason in catalogue.list_reasons(ReasonKind.VOID)],
    }
    return render(request, "desk/doubtful/page.html", context)


@require_staff(REVIEW_RIGHT)
@require_POST
def decide(request: DeskRequest, number: str) -> HttpResponse:
    """Store that a report is genuine, or void its case."""
    is_genuine = request.POST.get("genuine") == "yes"
    try:
        case = get_case_by_number(request.actor, number)
        decide_doubt(request.actor, case.pk, genuine=is_genuine, reason=request.POST.get("reason", "")[:40])
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("已确认是真实的上报。") if is_genuine else _("已作废。"))
    return redirect("desk:doubtful")
