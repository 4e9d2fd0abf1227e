"""Reading the form of a service request into the matter of a new case."""

import math
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import override

from jiedao.api.codes import get_premise_id
from jiedao.api.open311.attributes import split_attributes
from jiedao.api.open311.services import Service, make_service
from jiedao.cases.actions.intake import NewCase, find_place
from jiedao.kernel.errors import UserError
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.points import read_point

CHANNEL = "APP"
MOST_TEXT = 4000  # characters of a description, by the specification
MOST_ADDRESS = 200
MOST_URL = 1000
MOST_ABOUT_REPORTER = 200
ATTRIBUTE = re.compile(r"attribute\[(?P<code>[^\[\]]{1,80})\](?:\[\])?")
CJK = re.compile("[\u3400-\u9fff]")


def read_form(form: QueryDict, service: Service) -> NewCase:
    """Return the matter that a form describes; raise UserError for the first fault of it."""
    description = form.get("description", "").strip()
    if len(description) > MOST_TEXT:
        raise UserError(
            _("description 有 %(n)d 字，最多 %(most)d 字。") % {"n": len(description), "most": MOST_TEXT},
            hint=_("请保留要点。"),
            field="description",
        )
    _check_media_url(form.get("media_url", "").strip())
    address = " ".join(form.get("address_string", "").split())
    premise_id = get_premise_id(form.get("address_id", "").strip() or None)
    answers, others = split_attributes(service.category, read_attributes(form))
    with override(settings.LANGUAGE_CODE):  # stored texts are for the office, in its language
        name = make_service(service.category).name
        detail = _write_detail(description or name, address, form, others)
    new = NewCase(
        channel=CHANNEL,
        subject="" if description else name,
        detail=detail,
        place_text=address[:MOST_ADDRESS],
        premise_id=premise_id,
        category_id=service.category.id if service.category is not None else None,
        answers=answers,
        reporter_name=_write_name(form),
        reporter_phone=_read_short(form, "phone"),
        reporter_ref=_read_short(form, "account_id") or _read_short(form, "device_id"),
    )
    _set_point(new, form)
    return new


def _write_detail(
    description: str, address: str, form: QueryDict, attributes: Mapping[str, Sequence[str]]
) -> str:
    """Return the text of the case: the description, and below it the parameters for which a case has no field."""
    lines = [description]
    if len(address) > MOST_ADDRESS:
        lines.append(_("地点：%(text)s") % {"text": address})
    if media_url := form.get("media_url", "").strip():
        lines.append(_("反映人附的链接（未经检查）：%(url)s") % {"url": media_url})
    lines += [f"{code}: {'、'.join(values)}" for code, values in attributes.items()]
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


def _check_media_url(url: str) -> None:
    """Raise UserError for a text that is no web address. Nothing is fetched from it: it may lead anywhere."""
    try:
        parts = urlsplit(url)
        is_link = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        is_link = False
    if url and (not is_link or len(url) > MOST_URL):
        raise UserError(
            _("media_url 不是网址。"),
            hint=_("请写 http:// 或 https:// 开头的完整网址，最多 %(most)d 字符。") % {"most": MOST_URL},
            field="media_url",
        )


def _read_short(form: QueryDict, name: str) -> str:
    """Return a field about the reporter; raise UserError for one that is too long."""
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
