"""The app and the requests of its scripts: its shell, the bundle of the day, and the receipt of photos and items."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from jiedao.field.build import compute_version, list_addresses, render_shell
from jiedao.field.day import build_day, build_present_case
from jiedao.field.entry import FIELD_RIGHTS, answer_fault, require_field
from jiedao.fieldwork.actions import photos as photo_actions
from jiedao.fieldwork.actions import taking
from jiedao.fieldwork.items import Item, read_item, read_uuid
from jiedao.fieldwork.selectors import describe_present, describe_present_inspection
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.headers import PERMISSIONS
from jiedao.kernel.views import get_theme
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import translate_person_label
from jiedao.pages.entry import DeskRequest, require_staff

WORKER_MODULES = {"bundle": "bundle", "store": "db", "queue": "queue", "transport": "transport"}


@require_staff(*FIELD_RIGHTS)
@require_safe
def show_app(request: DeskRequest) -> HttpResponse:
    """Show the app; after the first visit the service worker answers instead, with the same page."""
    return _send_shell(request)


def _send_shell(request: HttpRequest) -> HttpResponse:
    """Return the page of the app, the only one that may use the camera: it scans the QR codes of places."""
    answer = HttpResponse(render_shell(get_theme(request)))
    answer["Permissions-Policy"] = PERMISSIONS.replace("camera=()", "camera=(self)")
    return answer


@never_cache
@require_safe
def send_shell(request: HttpRequest) -> HttpResponse:
    """Return the page that the service worker stores; it is the same for every user."""
    return _send_shell(request)


@never_cache
@require_safe
def send_worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker of the present build: a new version makes browsers install it.

    With `?sync=1` it is a module that also sends the queue after the app is closed.
    """
    context = {
        "syncs": request.GET.get("sync") == "1",
        **{f"{name}_url": static(f"field/js/{file}.js") for name, file in WORKER_MODULES.items()},
        "config": json.dumps(
            {
                "version": compute_version(render_shell(get_theme(request))),
                "shell": reverse("field:shell"),
                "scope": reverse("field:app"),
                "files": list_addresses(),
            }
        ),
    }
    return render(request, "field/sw.js", context, content_type="text/javascript; charset=utf-8")


@require_field
@require_safe
def answer_hello(request: DeskRequest) -> JsonResponse:
    """Return the user who is signed in and the CSRF token; the app calls this before it sends its queue.

    With `?active=1`, sent after a touch of the screen, the session counts as used.
    """
    request.by_itself = request.GET.get("active") != "1"
    return JsonResponse({"user": request.actor.user_id, "token": get_token(request)})


@require_field
@require_safe
def send_day(request: DeskRequest) -> JsonResponse:
    """Return the bundle of the day."""
    request.by_itself = request.GET.get("active") != "1"
    return JsonResponse(build_day(request.actor), json_dumps_params={"ensure_ascii": False})


@require_field
@require_POST
def store_photo(request: DeskRequest) -> JsonResponse:
    """Store a photo of an item that comes later; `id` is the UUID that the phone gave it."""
    upload = request.FILES.get("file")
    if upload is None:
        raise UserError(_("没有收到照片。"), hint=_("请重新拍照。"), field="file")
    key = read_uuid(request.POST.get("id"), "id")
    photo_actions.store_photo(request.actor, upload, client_uuid=key, kind=request.POST.get("kind", ""))
    return JsonResponse({"id": str(key)})


@require_field
@require_POST
def take_item(request: DeskRequest) -> JsonResponse:
    """Carry out an item: 201 the first time, 200 for a repetition; a refusal contains the case as it is now."""
    try:
        raw: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        raw = None
    item = read_item(raw)
    try:
        receipt = taking.take_item(request.actor, item)
    except photo_actions.PhotosMissingError as fault:
        return answer_fault(fault, missing=[str(key) for key in fault.missing])
    except UserError as fault:
        return answer_fault(fault, **_describe_conflict(request.actor, item, fault))
    # The phone stores the present case in its bundle, because the next bundle may come late.
    case = taking.find_item_case(request.actor, item)
    present = {} if case is None else {"row": build_present_case(request.actor, case)}
    return JsonResponse({**receipt.result, **present}, status=201 if receipt.created else 200)


def _describe_conflict(actor: Actor, item: Item, fault: UserError) -> dict[str, Any]:
    """Return the case or inspection of a refused item as it is now, and whether a colleague was faster."""
    stale = isinstance(fault, Stale)
    if stale and (inspection_id := taking.find_item_inspection(item)) is not None:
        return {"stale": True, "inspection": _name_post(describe_present_inspection(actor, inspection_id))}
    case = taking.find_item_case(actor, item)
    if case is None:
        return {"stale": stale}
    return {
        "stale": stale,
        "present": _name_post(describe_present(case)),
        "case": build_present_case(actor, case),
    }


def _name_post(present: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the description with the post of the colleague in the reader's language."""
    return present and {**present, "who": translate_person_label(present["who"])}
