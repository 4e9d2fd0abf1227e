"""Filing a service request: its fields become a case, by the same action as in every other face."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiedao.accounts.models import hash_token
from jiedao.api.auth import find_caller
from jiedao.api.limits import TOKENS, make_buckets
from jiedao.api.open311.endpoint import Endpoint
from jiedao.api.open311.forms import read_form
from jiedao.api.open311.services import get_service
from jiedao.cases.actions.intake import NewCase
from jiedao.cases.actions.reporting import report_case
from jiedao.cases.following_public.inviting import invite_reporter
from jiedao.cases.following_public.reporting import report_watched
from jiedao.cases.models import Case
from jiedao.cases.questions import FIELD_PREFIX
from jiedao.cases.rows import FiledCase
from jiedao.files.actions import store_file
from jiedao.files.models import Kind
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.policies import get_policy
from jiedao.kernel.requests import get_client_address, get_limit_address, get_request_id
from jiedao.kernel.running import note_user
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.scopes import require_scope

SCOPE = "cases:report"
MOST_PHOTOS = 5
# Without an api_key: two requests a minute of one address, at most ten at once.
KEYLESS = make_buckets(lambda: 2)
# The same content from the same caller within this time counts as a repetition of the request.
REPEAT_SPAN = timedelta(minutes=10)

# The parameters of the request by the fields of the action.
FIELDS = {
    "reporter_phone": "phone",
    "detail": "description",
    "place_text": "address_string",
    "premise": "address_id",
    "lon": "long",
    "file": "media",
}


@dataclass(frozen=True)
class Filer:
    """The caller who files a request.

    Attributes:
        key: a name by which repetitions of this caller are recognised.
        is_known: whether the caller has an api_key; a clerk reviews what looks like abuse from the others.
    """

    actor: Actor
    key: str
    is_known: bool


def identify_filer(request: HttpRequest, endpoint: Endpoint) -> Filer:
    """Return the filer; raise NotAllowed without a valid api_key, unless the office accepts requests without one.

    Raise TooManyRequests for a caller who has sent too many.
    """
    key = _read_parameter(request, "api_key") or _read_bearer(request)
    request_id, address = get_request_id(request), get_client_address(request)
    if key:
        digest = hash_token(key)
        caller = find_caller(digest)
        if caller is None:
            raise NotAllowed(
                _("api_key 无效或已过期，这次没有登记。"), hint=endpoint.key_service, field="api_key"
            )
        TOKENS.take(digest)
        note_user(caller.actor.user_id)
        require_scope(caller.scopes, SCOPE)
        return Filer(caller.actor.bind_to_request(request_id, address), digest, is_known=True)
    if not endpoint.without_key:
        raise NotAllowed(_("缺少 api_key，这次没有登记。"), hint=endpoint.key_service, field="api_key")
    KEYLESS.take(get_limit_address(request))
    actor = make_system_actor("Open311").bind_to_request(request_id, address)
    return Filer(actor, get_limit_address(request), is_known=False)


def _read_parameter(request: HttpRequest, name: str) -> str:
    """Return a parameter from the body, or from the address, where some clients send it."""
    return (request.POST.get(name) or request.GET.get(name) or "").strip()


def _read_bearer(request: HttpRequest) -> str:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def file_request(request: HttpRequest, endpoint: Endpoint) -> FiledCase:
    """File the service request of a form; raise UserError for the first fault of it.

    The same content sent again by the same caller within ten minutes returns the first case; so does the same
    `client_uuid` at any time. Nothing is stored unless everything is.
    """
    filer = identify_filer(request, endpoint)
    try:
        service = get_service(endpoint, _read_parameter(request, "service_code"))
        new = read_form(request.POST, service)
        photos = _list_photos(request)
        new.client_uuid = _choose_uuid(request, filer, photos)
        with transaction.atomic():
            filed = _report(request, new, filer, photos)
            return _invite(request, filed, new.client_uuid, filer)
    except UserError as fault:
        fault.field = _name_parameter(fault.field)
        raise


def _name_parameter(field: str) -> str:
    """Return the parameter of the request that belongs to a field of the action."""
    if field.startswith(FIELD_PREFIX):
        return f"attribute[{field.removeprefix(FIELD_PREFIX)}]"
    return FIELDS.get(field, field)


def _report(
    request: HttpRequest, new: NewCase, filer: Filer, photos: Sequence["UploadedFile[bytes]"]
) -> FiledCase:
    ids = [
        store_file(
            filer.actor,
            photo,
            kind=Kind.PHOTO_BEFORE,
            client_uuid=uuid.uuid5(new.client_uuid or uuid.uuid4(), str(position)),
        ).pk
        for position, photo in enumerate(photos)
    ]
    if filer.is_known:
        return report_case(new, actor=filer.actor, photos=ids).case
    return report_watched(new, actor=filer.actor, photos=ids, address=get_limit_address(request))


def _invite(request: HttpRequest, filed: FiledCase, client_uuid: uuid.UUID, filer: Filer) -> FiledCase:
    """Ask the owner of the mail address to confirm it, where the public's site has the page for it."""
    email = " ".join(request.POST.get("email", "").split())
    if not email or not filed.created or not get_policy("portal"):
        return filed
    # The reporters of an app with a key share its address.
    address = "" if filer.is_known else get_limit_address(request)
    if not invite_reporter(filed.id, client_uuid, email, address=address):
        return filed
    notice = _("已向 email 发出确认邮件；确认以后，进展会发到这个邮箱。")
    return replace(filed, warnings=(*filed.warnings, notice))


def _list_photos(request: HttpRequest) -> Sequence["UploadedFile[bytes]"]:
    """Return the pictures that were sent as files in the form, an extension that several servers have."""
    photos = [photo for name in request.FILES for photo in request.FILES.getlist(name)]
    if len(photos) > MOST_PHOTOS:
        raise UserError(
            _("一次最多 %(most)d 张照片。") % {"most": MOST_PHOTOS},
            hint=_("请减少照片后再发。"),
            field="media",
        )
    return photos


def _choose_uuid(request: HttpRequest, filer: Filer, photos: Sequence["UploadedFile[bytes]"]) -> uuid.UUID:
    """Return the key of the request: that of the client, else one made from content, caller and time.

    The specification has no key. A client that got no answer sends the same form again, which must not file a second
    case; the same words some time later are a new matter.
    """
    stated = _read_parameter(request, "client_uuid")
    if stated:
        try:
            return uuid.UUID(stated)
        except ValueError:
            raise UserError(
                _("client_uuid 不是 UUID。"),
                hint=_("应如 6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10。"),
                field="client_uuid",
            ) from None
    content: list[Any] = sorted((name, sorted(values)) for name, values in request.POST.lists())
    pictures = [hashlib.sha256(b"".join(photo.chunks())).hexdigest() for photo in photos]
    base = orjson.dumps([filer.key, content, pictures]).decode()
    span = int(clock.now().timestamp() // REPEAT_SPAN.total_seconds())
    before, present = (
        uuid.uuid5(uuid.NAMESPACE_URL, f"open311 {number} {base}") for number in (span - 1, span)
    )
    return before if Case.objects.filter(client_uuid=before).exists() else present
