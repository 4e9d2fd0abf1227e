"""Filing a service request: the fields of the specification become a case, by the same action as everywhere."""

import hashlib
import math
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from jiedao.accounts.models import hash_token
from jiedao.api.auth import find_caller
from jiedao.api.cases import get_premise_id
from jiedao.api.limits import TOKENS, Buckets
from jiedao.api.open311.endpoint import Endpoint
from jiedao.api.open311.services import Service, get_service
from jiedao.cases.actions.intake import NewCase, find_place
from jiedao.cases.actions.reporting import report_case
from jiedao.cases.models import Case
from jiedao.cases.rows import FiledCase
from jiedao.files.actions import store_file
from jiedao.files.models import Kind
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.points import read_point
from jiedao.kernel.requests import get_client_address, get_limit_address, get_request_id
from jiedao.kernel.running import note_user
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.scopes import require_scope

SCOPE = "cases:report"
CHANNEL = "APP"
MOST_TEXT = 4000  # characters of a description, by the specification
MOST_ADDRESS = 200
MOST_URL = 1000
MOST_ABOUT_REPORTER = 200
MOST_PHOTOS = 5
# Without an api_key: two requests a minute of one address, at most ten at once.
KEYLESS_RATE = 2
KEYLESS = Buckets()
# The same content from the same caller within this time, at least, is the same request, sent again.
REPEAT_SPAN = timedelta(minutes=10)
ATTRIBUTE = re.compile(r"attribute\[(?P<code>[^\[\]]{1,80})\](?:\[\])?")
CJK = re.compile("[\u3400-\u9fff]")

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
    """Who files a request: the actor, and a name by which the content that this caller repeats is recognised."""

    actor: Actor
    key: str


def identify_filer(request: HttpRequest, endpoint: Endpoint) -> Filer:
    """Return who files; raise NotAllowed without a valid api_key, unless the office accepts requests without one.

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
        TOKENS.take(digest, settings.JIEDAO_API_TOKEN_RATE)
        note_user(caller.actor.user_id)
        require_scope(caller.scopes, SCOPE)
        return Filer(caller.actor.bind_to_request(request_id, address), digest)
    if not endpoint.without_key:
        raise NotAllowed(_("缺少 api_key，这次没有登记。"), hint=endpoint.key_service, field="api_key")
    KEYLESS.take(get_limit_address(request), KEYLESS_RATE)
    return Filer(
        make_system_actor("Open311").bind_to_request(request_id, address), get_limit_address(request)
    )


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
        new = _make_new_case(request.POST, service)
        photos = _list_photos(request)
        new.client_uuid = _choose_uuid(request, filer, photos)
        return _report(new, filer.actor, photos)
    except UserError as fault:
        fault.field = FIELDS.get(fault.field, fault.field)
        raise


def _report(new: NewCase, actor: Actor, photos: Sequence["UploadedFile[bytes]"]) -> FiledCase:
    if not photos:
        return report_case(new, actor=actor).case
    with transaction.atomic():
        ids = [
            store_file(
                actor,
                photo,
                kind=Kind.PHOTO_BEFORE,
                client_uuid=uuid.uuid5(new.client_uuid or uuid.uuid4(), str(position)),
            ).pk
            for position, photo in enumerate(photos)
        ]
        return report_case(new, actor=actor, photos=ids).case


def _make_new_case(form: QueryDict, service: Service) -> NewCase:
    description = form.get("description", "").strip()
    if len(description) > MOST_TEXT:
        raise UserError(
            _("description 有 %(n)d 字，最多 %(most)d 字。") % {"n": len(description), "most": MOST_TEXT},
            hint=_("请保留要点。"),
            field="description",
        )
    address = " ".join(form.get("address_string", "").split())
    premise_id = get_premise_id(form.get("address_id", "").strip() or None)
    new = NewCase(
        channel=CHANNEL,
        subject="" if description else service.name,
        detail=_write_detail(description or service.name, address, form),
        place_text=address[:MOST_ADDRESS],
        premise_id=premise_id,
        category_id=service.category.id if service.category is not None else None,
        reporter_name=_write_name(form),
        reporter_phone=_read_short(form, "phone"),
        reporter_ref=_read_short(form, "account_id") or _read_short(form, "device_id"),
    )
    _set_point(new, form)
    return new


def _write_detail(description: str, address: str, form: QueryDict) -> str:
    """Return the text of the case: the description, and below it what the case has no field for."""
    lines = [description]
    if len(address) > MOST_ADDRESS:
        lines.append(_("地点：%(text)s") % {"text": address})
    if media_url := _read_media_url(form):
        lines.append(_("反映人附的链接（未经检查）：%(url)s") % {"url": media_url})
    lines += [f"{code}: {'、'.join(values)}" for code, values in read_attributes(form).items()]
    return "\n".join(lines)


def read_attributes(form: QueryDict) -> dict[str, list[str]]:
    """Return the attributes that are not empty, by code: `attribute[CODE]` and `attribute[CODE][]`."""
    attributes: dict[str, list[str]] = {}
    for name in form:
        match = ATTRIBUTE.fullmatch(name)
        values = [value.strip() for value in form.getlist(name) if value.strip()] if match else []
        if match and values:
            attributes.setdefault(match["code"], []).extend(values)
    return attributes


def _read_media_url(form: QueryDict) -> str:
    url = form.get("media_url", "").strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        is_link = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        is_link = False
    if not is_link or len(url) > MOST_URL:
        raise UserError(
            _("media_url 不是网址。"),
            hint=_("请写 http:// 或 https:// 开头的完整网址，最多 %(most)d 字符。") % {"most": MOST_URL},
            field="media_url",
        )
    return url


def _read_short(form: QueryDict, name: str) -> str:
    """Return a field about the reporter; raise UserError for one that is too long to be what it is called."""
    text = " ".join(form.get(name, "").split())
    if len(text) > MOST_ABOUT_REPORTER:
        raise UserError(
            _("%(name)s 太长。") % {"name": name},
            hint=_("最多 %(most)d 字。") % {"most": MOST_ABOUT_REPORTER},
            field=name,
        )
    return text


def _write_name(form: QueryDict) -> str:
    """Return name and address, which are stored encrypted: 张 + 三 is 张三, Ann + Lee is Ann Lee."""
    first, last = _read_short(form, "first_name"), _read_short(form, "last_name")
    name = f"{last}{first}" if CJK.search(last + first) else f"{first} {last}".strip()
    email = _read_short(form, "email")
    if not email:
        return name
    try:
        validate_email(email)
    except ValidationError:
        raise UserError(
            _("email：“%(text)s”不是邮箱地址。") % {"text": email[:80]},
            hint=_("请写完整的邮箱地址，或不写。"),
            field="email",
        ) from None
    return f"{name} <{email}>" if name else email


def _set_point(new: NewCase, form: QueryDict) -> None:
    """Put the point of the form into the case; raise UserError where the form states no place, or none of the town.

    A point outside the town is refused only where nothing else states the place: otherwise the office sorts it out.
    """
    texts = {name: form.get(name, "").strip() for name in ("lat", "long")}
    if bool(texts["lat"]) != bool(texts["long"]):
        missing = "long" if texts["lat"] else "lat"
        raise UserError(
            _("缺少 %(name)s。") % {"name": missing}, hint=_("lat 和 long 要一起写。"), field=missing
        )
    if not texts["lat"]:
        if not new.place_text and new.premise_id is None:
            raise UserError(
                _("没有写明地点。"),
                hint=_("请写 lat 和 long（WGS 84），或 address_string，或 address_id。"),
                field="lat",
            )
        return
    new.lat, new.lon = (_read_degrees(name, texts[name]) for name in ("lat", "long"))
    try:
        read_point(new.lon, new.lat)
        is_outside = find_place(new).outside
    except ValueFault as fault:
        if new.place_text or new.premise_id is not None:
            return  # filed without the point, with a note in its history
        raise UserError(
            fault.reason, hint=_("lat 是纬度（如 22.60），long 是经度（如 114.12），WGS 84。"), field="lat"
        ) from fault
    if is_outside and not new.place_text and new.premise_id is None:
        raise UserError(
            _("这个位置不在本单位辖区，这次没有登记。"),
            hint=_("请核对 lat 和 long（WGS 84）；位置不准的，请用 address_string 写明地点。"),
            field="lat",
        )


def _read_degrees(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(
            _("%(name)s：“%(text)s”不是数字。") % {"name": name, "text": text[:40]},
            hint=_("请写成十进制的度，如 22.60。"),
            field=name,
        )
    return value


def _list_photos(request: HttpRequest) -> Sequence["UploadedFile[bytes]"]:
    """Return the pictures that came as files in the form, an extension that several servers have."""
    photos = [photo for name in request.FILES for photo in request.FILES.getlist(name)]
    if len(photos) > MOST_PHOTOS:
        raise UserError(
            _("一次最多 %(most)d 张照片。") % {"most": MOST_PHOTOS},
            hint=_("请减少照片后再发。"),
            field="media",
        )
    return photos


def _choose_uuid(request: HttpRequest, filer: Filer, photos: Sequence["UploadedFile[bytes]"]) -> uuid.UUID:
    """Return the key of the request: what the client states, else one made from content, caller and time.

    A client of the specification has no key to send. Where its answer was lost it sends the same again, and that must
    not make a second case; the same words some time later are a new matter.
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
