"""What the pages' scripts ask for: drafts, presence; and attachments."""

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.cases.access import get_case_by_number
from jiedao.desk import actions
from jiedao.desk.entry import DeskRequest, staff
from jiedao.desk.models import Draft
from jiedao.files.access import get_attachment
from jiedao.files.views import serve
from jiedao.kernel.errors import UserError

SECRET = ("reporter_name", "reporter_phone")  # never kept in clear
PLAIN = (str, int, bool)


@staff()
@require_http_methods(["GET", "POST"])
def draft(request: DeskRequest, key: str) -> HttpResponse:
    """Keep, return or discard what somebody typed; see docs/reference/front-end.md."""
    if request.method == "GET":
        row = Draft.objects.filter(user_id=request.actor.user_id or 0, key=key).first()
        if row is None:
            return HttpResponse(status=204)
        return JsonResponse({"fields": row.data, "saved_at": timezone.localtime(row.updated_at).isoformat()})
    if request.POST.get("discard"):
        actions.drop_draft(actor=request.actor, key=key)
    else:
        actions.save_draft(actor=request.actor, key=key, data=_fields(request.POST.get("fields", "")))
    return HttpResponse(status=204)


def _fields(text: str) -> dict[str, Any]:
    """Return {field: text or list of texts}; raise UserError for anything else, or too much of it."""
    try:
        read = json.loads(text[: actions.MAX_DRAFT + 1])
    except ValueError:
        read = None
    if not isinstance(read, dict) or len(read) > 60:
        raise UserError(_("草稿没有保存：内容看不懂或过长。"), hint=_("文字仍在您的浏览器里，可以继续填写。"))
    return {
        str(name)[:60]: value
        for name, value in read.items()
        if name not in SECRET
        and (
            isinstance(value, PLAIN)
            or (isinstance(value, list) and all(isinstance(one, str) for one in value))
        )
    }


@staff("cases.case:view")
@require_POST
def presence(request: DeskRequest, number: str) -> HttpResponse:
    """Note who looks at a case and say who else does."""
    request.by_itself = True  # the page asks every 15 s: that keeps nobody signed in
    found = get_case_by_number(request.actor, number)
    if request.POST.get("left"):
        actions.leave(actor=request.actor, case_id=found.pk)
        return HttpResponse(status=204)
    writing = request.POST.get("doing") == "writing"
    others = actions.be_present(actor=request.actor, case_id=found.pk, writing=writing)
    rows = [
        {"name": row.label, "post": "", "doing": "writing" if row.writing else "reading"} for row in others
    ]
    return JsonResponse({"others": rows})


@staff()
@require_safe
def attachment(request: DeskRequest, attachment_id: int) -> HttpResponseBase:
    """Send an attachment to somebody who may see its case."""
    return serve(request, get_attachment(request.actor, attachment_id))
