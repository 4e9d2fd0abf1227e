"""Which other users have a case open; the script of the case's page asks for it."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from jiedao.cases.access import get_case_by_number
from jiedao.desk import actions
from jiedao.pages.entry import DeskRequest, require_staff


@require_staff("cases.case:view")
@require_POST
def update_presence(request: DeskRequest, number: str) -> HttpResponse:
    """Record that the user has a case open, and return which other users have it open."""
    request.by_itself = True  # the page asks every 15 s, which must not keep an idle user signed in
    case = get_case_by_number(request.actor, number)
    if request.POST.get("left"):
        actions.end_presence(actor=request.actor, case_id=case.pk)
        return HttpResponse(status=204)
    writing = request.POST.get("doing") == "writing"
    others = actions.record_presence(actor=request.actor, case_id=case.pk, writing=writing)
    rows = [
        {"name": row.label, "post": "", "doing": "writing" if row.writing else "reading"} for row in others
    ]
    return JsonResponse({"others": rows})
