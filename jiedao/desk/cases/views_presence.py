"""Who else has a case open: asked by the page's script."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from jiedao.cases.access import get_case_by_number
from jiedao.desk import actions
from jiedao.pages.entry import DeskRequest, require_staff


@require_staff("cases.case:view")
@require_POST
def presence(request: DeskRequest, number: str) -> HttpResponse:
    """Note who looks at a case and say who else does."""
    request.by_itself = True  # the page asks every 15 s: that keeps nobody signed in
    found = get_case_by_number(request.actor, number)
    if request.POST.get("left"):
        actions.end_presence(actor=request.actor, case_id=found.pk)
        return HttpResponse(status=204)
    writing = request.POST.get("doing") == "writing"
    others = actions.record_presence(actor=request.actor, case_id=found.pk, writing=writing)
    rows = [
        {"name": row.label, "post": "", "doing": "writing" if row.writing else "reading"} for row in others
    ]
    return JsonResponse({"others": rows})
