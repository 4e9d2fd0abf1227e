"""Writes to the offices that the district reads. Each checks the right and leaves an audit entry without the token."""

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.district.models import MANAGE, TOKEN, Office
from jiedao.district.office_units import forget_offices
from jiedao.kernel.crypto import encrypt
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.orgs.posting import clean_name
from jiedao.places.models import Area

OBJECT = "district.office"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
AUDITED = ("code", "name", "address", "area_code", "unit_id", "active")


def get_office(code: str) -> Office:
    """Return the office with this code; raise NotFoundError, which names the command that lists all."""
    office = Office.objects.filter(code=code).select_related("unit").first()
    if office is None:
        raise NotFoundError(
            _("没有代码为 %(code)s 的下辖街道。") % {"code": code[:40]},
            hint=_("jiedao office list 列出全部。"),
            field="code",
        )
    return office


@transaction.atomic
def add_office(*, actor: Actor, code: str, **values: Any) -> Office:
    """Add an office.

    Args:
        values: name, address, area (code of the sub-district in the district's pack), unit (code, "" for none) and
            token, as of `change_office`.
    """
    actor.require(MANAGE)
    if not CODE.fullmatch(code):
        raise UserError(
            _("代码“%(code)s”不合规则。") % {"code": code[:40]},
            hint=_("用 1 到 40 个字母、数字、点、下划线或短横，例如 BUJI。"),
            field="code",
        )
    if Office.objects.filter(code=code).exists():
        raise UserError(
            _("已经有代码为 %(code)s 的下辖街道。") % {"code": code},
            hint=_("要更改它，请用 jiedao office change，或在管理页面打开它。"),
            field="code",
        )
    office = Office(code=code)
    _fill(office, values)
    office.save()
    record_entry(actor=actor, action=MANAGE, obj_type=OBJECT, obj_id=office.pk, after=_describe(office))
    forget_offices()
    return office


@transaction.atomic
def change_office(*, actor: Actor, code: str, **values: Any) -> Office:
    """Change the named values of an office: name, address, area, unit, token, active.

    Another address forgets the token, unless a new one is given: it belongs to the system that issued it.
    """
    actor.require(MANAGE)
    office = get_office(code)
    before, old_address = _describe(office), office.address
    _fill(office, values)
    if office.address != old_address and not values.get("token"):
        office.token = ""
    office.save()
    record_entry(
        actor=actor,
        action=MANAGE,
        obj_type=OBJECT,
        obj_id=office.pk,
        before=before,
        after=_describe(office) | {"new_token": bool(values.get("token"))},
    )
    forget_offices()
    return office


@transaction.atomic
def remove_office(*, actor: Actor, code: str) -> None:
    """Delete an office with the figures that were read of it; raise UserError if it has orders."""
    actor.require(MANAGE)
    office = get_office(code)
    pk, before = office.pk, _describe(office)
    try:
        office.delete()
    except ProtectedError as fault:
        raise UserError(
            _("%(name)s 还有往来的记录，不能删除。") % {"name": office.name},
            hint=_("请改为停用：jiedao office change %(code)s --inactive。") % {"code": code},
        ) from fault
    record_entry(actor=actor, action=MANAGE, obj_type=OBJECT, obj_id=pk, before=before)
    forget_offices()


def _describe(office: Office) -> dict[str, Any]:
    return {name: getattr(office, name) for name in AUDITED}


def _fill(office: Office, values: dict[str, Any]) -> None:
    """Write checked values to an office; raise UserError for the first that cannot be stored."""
    if "name" in values:
        office.name = clean_name(values["name"], 80)
    if "address" in values:
        office.address = read_address(values["address"])
    if "area" in values:
        office.area_code = _read_area(values["area"], office)
    if "unit" in values:
        office.unit = _read_unit(values["unit"], office)
    if "active" in values:
        office.active = bool(values["active"])
    if values.get("token"):
        office.token = encrypt(_read_token(values["token"]), context=TOKEN)


def read_address(text: str) -> str:
    """Return the address of a site without a slash at its end; raise UserError for what is none."""
    address = text.strip()
    try:
        parts: SplitResult | None = urlsplit(address)
        _port = parts.port if parts else None
    except ValueError:
        parts = None
    if (
        parts is None
        or parts.scheme not in {"https", "http"}
        or not parts.hostname
        or parts.username is not None
        or parts.query
        or parts.fragment
        or len(address) > 300
        or not address.isascii()
        or any(sign <= " " for sign in address)
    ):
        raise UserError(
            _("“%(text)s”不是对方系统的网址。") % {"text": address[:80]},
            hint=_("写成 https://jiedao.example.gov.cn，不带账号、问号和后面的路径。"),
            field="address",
        )
    return address.rstrip("/")


def _read_area(code: str, office: Office) -> str:
    area = Area.objects.filter(code=code.strip(), active=True).first()
    if area is None:
        known = list(
            Area.objects.filter(kind="STREET", active=True)
            .order_by("code")
            .values_list("code", flat=True)[:20]
        )
        raise UserError(
            _("本区的数据包里没有代码为 %(code)s 的区划。") % {"code": code[:15]},
            hint=_("街道的代码：%(known)s") % {"known": "、".join(known) or "-"},
            field="area",
        )
    _check_free(Office.objects.filter(area_code=area.code), office, area.name, "area")
    return str(area.code)


def _read_unit(code: str, office: Office) -> Unit | None:
    if not code:
        return None
    unit = Unit.objects.filter(code=code.strip(), active=True).first()
    if unit is None:
        raise UserError(
            _("没有代码为 %(code)s 的单位。") % {"code": code[:40]},
            hint=_("代表这个街道的单位写在本区数据包的 units.toml 里。"),
            field="unit",
        )
    _check_free(Office.objects.filter(unit=unit), office, unit.name, "unit")
    return unit


def _check_free(offices: Any, office: Office, name: str, field: str) -> None:
    other = offices.exclude(pk=office.pk).first()
    if other is not None:
        raise UserError(
            _("%(name)s 已经给了 %(office)s。") % {"name": name, "office": other.name},
            hint=_("一个区划、一个单位只对应一个下辖街道。"),
            field=field,
        )


def _read_token(text: str) -> str:
    token = text.strip()
    if not token.isascii() or not token.isprintable() or " " in token or len(token) > 200:
        raise UserError(
            _("这不是令牌。"),
            hint=_("令牌由街道用 jiedao token issue 发放，以 jd_ 开头，只显示一次。"),
            field="token",
        )
    return token
