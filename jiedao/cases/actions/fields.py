"""Cleaning the fields of a move, from a form or from JSON alike."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.models import Case, ExtensionRequest
from jiedao.kernel.errors import UserError
from jiedao.kernel.flow import FieldKind, Move, MoveField
from jiedao.kernel.worktime import Limit
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_info

MAX_TEXT = 5000
LARGEST_ID = 2**63 - 1  # what a column can hold; a larger number would stop the database's driver
_TRUE = {"1", "true", "on", "yes", "是"}


def _fail(field: MoveField, hint: Any) -> UserError:
    return UserError(_("“%(name)s”填写有误。") % {"name": field.label}, hint=hint, field=field.name)


def _whole(field: MoveField, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise _fail(field, _("请从列表中选择。")) from None
    if not 0 <= number <= LARGEST_ID:
        raise _fail(field, _("请从列表中选择。"))
    return number


def _text(field: MoveField, value: Any) -> str:
    text = str(value).strip().replace("\x00", "")
    if len(text) > MAX_TEXT:
        raise _fail(field, _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": MAX_TEXT})
    return text


def _unit(field: MoveField, value: Any) -> int:
    unit = unit_info(_whole(field, value))
    if unit is None or not unit.active:
        raise _fail(field, _("没有这个单位，或它已停用；请从列表中选择。"))
    return unit.id


def _category(field: MoveField, value: Any) -> int:
    category = catalogue.category_info(_whole(field, value))
    if category is None or not category.active:
        raise _fail(field, _("没有这个类别，或它已停用；请从类别表中选择。"))
    return category.id


def _area(field: MoveField, value: Any) -> int:
    area = area_info(_whole(field, value))
    if area is None:
        raise _fail(field, _("没有这个网格；请从列表中选择。"))
    return area.id


def _score(field: MoveField, value: Any) -> int:
    score = _whole(field, value)
    if not 1 <= score <= 5:
        raise _fail(field, _("满意度是 1 到 5。"))
    return score


def _date(field: MoveField, value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value).strip())
    except ValueError:
        raise _fail(field, _("日期写成 2026-12-31 的样子。")) from None


def _limit(field: MoveField, value: Any) -> str:
    text = str(value).strip().lower()
    try:
        limit = Limit.parse(text)
    except ValueError:
        raise _fail(field, _("时限写成 4wh（工作时）、2wd（工作日）或 24h（小时）的样子。")) from None
    if not 0 < limit.amount <= 2000:
        raise _fail(field, _("时限必须大于 0，且不超过 2000。"))
    return text


def _many(field: MoveField, value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _request(field: MoveField, value: Any, case: Case) -> ExtensionRequest:
    found = ExtensionRequest.objects.filter(
        pk=_whole(field, value), case=case, decided_at__isnull=True
    ).first()
    if found is None:
        raise _fail(field, _("这项延期申请已经有人答复了；请刷新页面。"))
    return found


def _lines(field: MoveField, value: Any) -> list[str]:
    lines = value if isinstance(value, (list, tuple)) else str(value).splitlines()
    parts = [_text(field, line) for line in lines if str(line).strip()]
    if len(parts) > 20:
        raise _fail(field, _("一次最多拆出 20 件。"))
    return parts


_CLEANERS: dict[FieldKind, Any] = {
    FieldKind.TEXT: _text,
    FieldKind.UNIT: _unit,
    FieldKind.UNITS: lambda field, value: list(
        dict.fromkeys(_unit(field, one) for one in _many(field, value))
    ),
    FieldKind.CATEGORY: _category,
    FieldKind.AREA: _area,
    FieldKind.CASE: _text,
    FieldKind.REASON: _text,
    FieldKind.BOOL: lambda _field, value: value is True or str(value).strip().lower() in _TRUE,
    FieldKind.SCORE: _score,
    FieldKind.DATE: _date,
    FieldKind.LIMIT: _limit,
    FieldKind.LINES: _lines,
    FieldKind.PHOTOS: lambda field, value: [_whole(field, one) for one in _many(field, value)],
}


def clean_fields(move: Move, data: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """Return the fields of the move with their proper types; raise UserError naming the first wrong one."""
    cleaned: dict[str, Any] = {}
    for field in move.fields:
        value = data.get(field.name)
        empty = value is None or value == [] or (isinstance(value, str) and not value.strip())
        if empty:
            if field.required:
                raise UserError(
                    _("请填写“%(name)s”。") % {"name": field.label},
                    hint=field.help or _("这一步必须有它。"),
                    field=field.name,
                )
            cleaned[field.name] = None
        elif field.kind is FieldKind.REQUEST:
            cleaned[field.name] = _request(field, value, case)
        else:
            cleaned[field.name] = _CLEANERS[field.kind](field, value)
        if field.kind is FieldKind.REASON and cleaned[field.name] is not None:
            _check_reason(move, field, cleaned[field.name])
    return cleaned


REASON_KIND = {"REJECT": "REJECT", "RETURN": "RETURN", "SUSPEND": "SUSPEND", "VOID": "VOID"}


def _check_reason(move: Move, field: MoveField, code: str) -> None:
    if catalogue.reason(REASON_KIND[move.code], code) is None:
        raise _fail(field, _("请从列表中选择原因。"))


def small_class(category_id: int) -> catalogue.CategoryInfo:
    """Return the category a move names; a 大类 is refused."""
    category = catalogue.category_info(category_id)
    if category is None or category.parent_id is None:
        raise UserError(_("请选到小类。"), hint=_("大类太宽，不能派遣。"), field="category")
    return category
