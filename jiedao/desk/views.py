"""Views that the pages of several subjects use: drafts of forms, attachments, saved views of lists."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk import actions
from jiedao.desk.links import get_register_url
from jiedao.desk.models import Draft
from jiedao.files.access import get_attachment
from jiedao.files.views import serve_attachment
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.registers.access import get_register

UNSTORED_FIELDS = ("reporter_name", "reporter_phone")  # personal data is stored encrypted only
PLAIN_TYPES = (str, int, bool)


@require_staff()
@require_http_methods(["GET", "POST"])
def handle_draft(request: DeskRequest, key: str) -> HttpResponse:
    """Store, return or discard a draft; the protocol is described in docs/reference/front-end.md."""
    if request.method == "GET":
        row = Draft.objects.filter(user_id=request.actor.user_id or 0, key=key).first()
        if row is None:
            return HttpResponse(status=204)
        # The browser compares this with its own copy, whose time is the machine's.
        saved_at = timezone.localtime(clock.to_real(row.updated_at))
        return JsonResponse({"fields": row.data, "saved_at": saved_at.isoformat()})
    if request.POST.get("discard"):
        actions.delete_draft(actor=request.actor, key=key)
    else:
        actions.save_draft(actor=request.actor, key=key, data=_parse_fields(request.POST.get("fields", "")))
    return HttpResponse(status=204)


def _parse_fields(text: str) -> dict[str, Any]:
    """Return {field: text or list of texts}; raise UserError if the text is not such an object or is too long."""
    try:
        fields = json.loads(text[: actions.MAX_DRAFT_CHARACTERS + 1])
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or len(fields) > 60:
        raise UserError(_("草稿没有保存：内容看不懂或过长。"), hint=_("文字仍在您的浏览器里，可以继续填写。"))
    return {
        str(name)[:60]: value
        for name, value in fields.items()
        if name not in UNSTORED_FIELDS
        and (
            isinstance(value, PLAIN_TYPES)
            or (isinstance(value, list) and all(isinstance(item, str) for item in value))
        )
    }


@require_staff()
@require_safe
def send_attachment(request: DeskRequest, attachment_id: int) -> HttpResponseBase:
    """Send an attachment to a user who may see the object that it belongs to."""
    return serve_attachment(request, get_attachment(request.actor, attachment_id))


def _get_list_url(request: DeskRequest, register: str, query: str = "") -> str:
    """Return the address of the list that a view belongs to; raise NotFoundError if the user may not open it."""
    if register:
        return get_register_url(get_register(request.actor, register), query)
    return reverse("desk:cases") + (f"?{query}" if query else "")


@require_staff("cases.case:view", "registers.record:view")
@require_POST
def save_view(request: DeskRequest) -> HttpResponse:
    """Store the filters of a list under a name."""
    query, register = request.POST.get("query", ""), request.POST.get("register", "")
    list_url = _get_list_url(request, register, query[:1000])
    try:
        view = actions.save_view(
            actor=request.actor,
            name=request.POST.get("name", ""),
            query=query,
            shared=request.POST.get("shared") == "1",
            register=register,
        )
    except UserError as fault:
        messages.error(request, str(fault))
        return HttpResponseRedirect(list_url)
    messages.success(request, _("已存为视图“%(name)s”。") % {"name": view.name})
    return HttpResponseRedirect(list_url)


@require_staff("cases.case:view", "registers.record:view")
@require_POST
def delete_view(request: DeskRequest, view_id: int) -> HttpResponse:
    """Delete a saved view of the user."""
    register = actions.delete_view(actor=request.actor, view_id=view_id)
    messages.success(request, _("视图已删除。"))
    return HttpResponseRedirect(_get_list_url(request, register))
