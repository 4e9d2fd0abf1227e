"""Cleaning the fields of a move, from a form or from JSON alike."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.models import Case, ExtensionRequest
from jiedao.cases.moves.fields import FieldKind, MoveField, Need
from jiedao.cases.moves.step import Move
from jiedao.kernel.errors import UserError
from jiedao.kernel.readers.dates import read_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.worktime import Limit
from jiedao.orgs.units import unit_info
from jiedao.places.naming import premise_info
from jiedao.places.selectors import area_info

MAX_TEXT = 5000
LARGEST_ID = 2**63 - 1  # the most that a column can hold: the database driver fails on a larger number
MAX_LINES = 20
MAX_LIMIT = 2000
TRUE_WORDS = {"1", "true", "on", "yes", "是"}
FALSE_WORDS = {"0", "false", "off", "no", "否"}


def _make_fault(field: MoveField, hint: Any) -> UserError:
    return UserError(_("“%(name)s”填写有误。") % {"name": field.label}, hint=hint, field=field.name)


def _clean_id(field: MoveField, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise _make_fault(field, _("请从列表中选择。")) from None
    if not 0 <= number <= LARGEST_ID:
        raise _make_fault(field, _("请从列表中选择。"))
    return number


def _clean_text(field: MoveField, value: Any) -> str:
    text = str(value).strip().replace("\x00", "")
    if len(text) > MAX_TEXT:
        hint = _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": MAX_TEXT}
        raise _make_fault(field, hint)
    return text


def _clean_unit(field: MoveField, value: Any) -> int:
    unit = unit_info(_clean_id(field, value))
    if unit is None or not unit.active:
        raise _make_fault(field, _("没有这个单位，或它已停用；请从列表中选择。"))
    return unit.id


def _clean_units(field: MoveField, value: Any) -> list[int]:
    return list(dict.fromkeys(_clean_unit(field, item) for item in _make_list(value)))


def _clean_category(field: MoveField, value: Any) -> int:
    category = catalogue.category_info(_clean_id(field, value))
    if category is None or not category.active:
        raise _make_fault(field, _("没有这个类别，或它已停用；请从类别表中选择。"))
    return category.id


def _clean_area(field: MoveField, value: Any) -> int:
    area = area_info(_clean_id(field, value))
    if area is None:
        raise _make_fault(field, _("没有这个网格；请从列表中选择。"))
    return area.id


def _clean_premise(field: MoveField, value: Any) -> int:
    premise = premise_info(_clean_id(field, value))
    if premise is None or not premise.active:
        raise _make_fault(field, _("没有这个小区、楼栋，或它已停用；请从列表中选择。"))
    return premise.id


def _clean_bool(_field: MoveField, value: Any) -> bool:
    return value is True or str(value).strip().lower() in TRUE_WORDS


def _clean_choice(field: MoveField, value: Any) -> str:
    word = str(value).strip().lower()
    values = [choice for choice, _label in field.choices]
    if word in values:
        return word
    if word in TRUE_WORDS:
        return values[0]
    if word in FALSE_WORDS:
        return values[1]
    raise _make_fault(field, _list_choices(field))


def _list_choices(field: MoveField) -> str:
    labels = "、".join(str(label) for _choice, label in field.choices)
    return _("可选：%(choices)s。") % {"choices": labels}


def _clean_score(field: MoveField, value: Any) -> int:
    score = _clean_id(field, value)
    if not 1 <= score <= 5:
        raise _make_fault(field, _("满意度是 1 到 5。"))
    return score


def _clean_date(field: MoveField, value: Any) -> date:
    try:
        return read_day(value if isinstance(value, date) else str(value), serials=False)
    except ValueFault:
        raise _make_fault(field, _("日期写成 2026-12-31 的样子。")) from None


def _clean_limit(field: MoveField, value: Any) -> str:
    text = str(value).strip().lower()
    try:
        limit = Limit.parse(text)
    except ValueError:
        raise _make_fault(field, _("时限写成 4wh（工作时）、2wd（工作日）或 24h（小时）的样子。")) from None
    if not 0 < limit.amount <= MAX_LIMIT:
        raise _make_fault(field, _("时限必须大于 0，且不超过 2000。"))
    return text


def _clean_lines(field: MoveField, value: Any) -> list[str]:
    lines = value if isinstance(value, (list, tuple)) else str(value).splitlines()
    cleaned = [_clean_text(field, line) for line in lines if str(line).strip()]
    if len(cleaned) > MAX_LINES:
        raise _make_fault(field, _("一次最多拆出 20 件。"))
    return cleaned


def _clean_photos(field: MoveField, value: Any) -> list[int]:
    return [_clean_id(field, item) for item in _make_list(value)]


def _clean_answers(field: MoveField, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _make_fault(field, _("请按问题的代码写回答。"))
    return {str(key): answer for key, answer in value.items()}


def _make_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


_CLEANERS: dict[FieldKind, Callable[[MoveField, Any], Any]] = {
    FieldKind.TEXT: _clean_text,
    FieldKind.UNIT: _clean_unit,
    FieldKind.UNITS: _clean_units,
    FieldKind.CATEGORY: _clean_category,
    FieldKind.AREA: _clean_area,
    FieldKind.PREMISE: _clean_premise,
    FieldKind.CASE: _clean_text,
    FieldKind.REASON: _clean_text,
    FieldKind.BOOL: _clean_bool,
    FieldKind.CHOICE: _clean_choice,
    FieldKind.SCORE: _clean_score,
    FieldKind.DATE: _clean_date,
    FieldKind.LIMIT: _clean_limit,
    FieldKind.LINES: _clean_lines,
    FieldKind.PHOTOS: _clean_photos,
    FieldKind.ANSWERS: _clean_answers,
}


def clean_fields(
    move: Move, data: Mapping[str, Any], case: Case, *, needs_photos: bool = True
) -> dict[str, Any]:
    """Return the fields of the move with their proper types; raise UserError for the first that is wrong.

    Args:
        needs_photos: whether missing photos are refused.
    """
    cleaned: dict[str, Any] = {}
    for field in move.fields:
        value = data.get(field.name)
        if is_empty(value):
            if is_missing(field, data, case) and (needs_photos or field.kind is not FieldKind.PHOTOS):
                hint = _list_choices(field) if field.kind is FieldKind.CHOICE else field.help
                raise UserError(describe_missing(field), hint=hint or _("这一步必须有它。"), field=field.name)
            cleaned[field.name] = None
        elif field.kind is FieldKind.REQUEST:
            cleaned[field.name] = _find_request(field, value, case)
        else:
            cleaned[field.name] = _CLEANERS[field.kind](field, value)
            if field.kind is FieldKind.REASON:
                _check_reason(move, field, cleaned[field.name])
    return cleaned


def is_missing(field: MoveField, data: Mapping[str, Any], case: Case) -> bool:
    """Return whether the rule refuses the field for being empty in these values."""
    need = field.get_need(case)
    if need is Need.EITHER:
        return is_empty(data.get(field.name)) and is_empty(data.get(field.instead))
    return need is Need.REQUIRED and is_empty(data.get(field.name))


def describe_missing(field: MoveField) -> str:
    """Return what to do about an empty field."""
    if field.instead:
        return _("请填写“%(name)s”：%(either)s。") % {"name": field.label, "either": field.depends}
    texts = {FieldKind.PHOTOS: _("请附上“%(name)s”。"), FieldKind.CHOICE: _("请选择“%(name)s”。")}
    return texts.get(field.kind, _("请填写“%(name)s”。")) % {"name": field.label}


def is_empty(value: Any) -> bool:
    """Return whether a value of a form or of JSON counts as not given."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _find_request(field: MoveField, value: Any, case: Case) -> ExtensionRequest:
    requests = ExtensionRequest.objects.filter(case=case, decided_at__isnull=True)
    request = requests.filter(pk=_clean_id(field, value)).first()
    if request is None:
        raise _make_fault(field, _("这项延期申请已经有人答复了；请刷新页面。"))
    return request


def _check_reason(move: Move, field: MoveField, code: str) -> None:
    if catalogue.find_reason(field.reason_kind or move.reason_kind, code) is None:
        raise _make_fault(field, _("请从列表中选择原因。"))
