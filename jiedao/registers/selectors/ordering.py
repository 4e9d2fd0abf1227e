"""The orders of a list of records: by what every record has, and by the fields that have a column.

A number is ordered as a number, a day as a day, a choice and a grade as the register lists them, a text by the codes of
its characters. Numbers, days and areas have an index (register, column, -id), by which a list of the complete register
of any length is read; all other orders are for lists of up to `ordering.MAX_SORTED` records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Expression, FloatField, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from jiedao.kernel.ordering import (
    Ordering,
    make_both,
    read_day_value,
    read_id_value,
    read_number_value,
    read_text_value,
    sort_by_position,
    sort_by_text,
)
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Anchor, Field, FieldKind

NEWEST, OLDEST = "newest", "oldest"
FIELD_PREFIX = "f."  # an order by a field of the register is "f.KEY" or "-f.KEY"


@dataclass(frozen=True)
class RecordOrder:
    """An order of a list of records.

    Attributes:
        label: in the reader's language.
        is_indexed: whether an index holds a complete register in this order.
    """

    label: str
    ordering: Ordering
    is_indexed: bool = False


def list_orders(info: RegisterInfo) -> dict[str, RecordOrder]:
    """Return the orders of a register's lists by their name in an address; the first one is the default."""
    by_id: dict[str, Any] = {"column": "id", "get": lambda row: row.id, "read_value": read_id_value}
    orders = {
        NEWEST: RecordOrder(_("最新在前"), Ordering(**by_id, descending=True), is_indexed=True),
        OLDEST: RecordOrder(_("最早在前"), Ordering(**by_id), is_indexed=True),
    }
    orders |= _make_orders("name", _("名称"), _order_by_text("name", lambda row: row.name))
    orders |= _make_orders("code", _("编码"), _order_by_text("code", lambda row: row.code))
    if info.definition.grades:
        orders |= _make_orders("grade", _("等级"), _order_by_grade(info))
    for field in info.definition.active_fields:
        if field.column and not field.personal:
            orders |= _make_field_orders(field)
    orders |= _make_orders("area", _("社区、网格"), _BY_AREA, is_indexed=True)
    if info.definition.on is Anchor.UNIT:
        orders |= _make_orders("unit", _("所属单位"), _BY_UNIT)
    return orders | _make_orders("since", _("起始日期"), _BY_SINCE, kind=FieldKind.DATE)


def find_order(info: RegisterInfo, name: str) -> RecordOrder:
    """Return the order of a name, the default for a name that the register does not have."""
    orders = list_orders(info)
    return orders.get(name, orders[NEWEST])


def _make_orders(
    name: str,
    label: str,
    arguments: dict[str, Any],
    *,
    kind: FieldKind = FieldKind.TEXT,
    is_indexed: bool = False,
) -> dict[str, RecordOrder]:
    rising, falling = _("按%(name)s"), _("按%(name)s倒排")
    if kind in NUMERIC:
        rising, falling = _("%(name)s从小到大"), _("%(name)s从大到小")
    elif kind is FieldKind.DATE:
        rising, falling = _("%(name)s早的在前"), _("%(name)s晚的在前")
    labels = (rising % {"name": label}, falling % {"name": label})
    both = make_both(name, **arguments)
    return {
        key: RecordOrder(words, ordering, is_indexed)
        for words, (key, ordering) in zip(labels, both.items(), strict=True)
    }


def _order_by_text(column: str, get: Callable[[Any], Any]) -> dict[str, Any]:
    return {"column": column, "get": get, "read_value": read_text_value, "expression": sort_by_text(column)}


def _order_by_grade(info: RegisterInfo) -> dict[str, Any]:
    codes = [grade.code for grade in info.definition.grades]
    return {
        "column": "grade",
        "get": _make_position_getter(codes, lambda row: row.grade),
        "read_value": read_id_value,
        "expression": sort_by_position("grade", codes),
        "blank": True,
    }


_BY_AREA: dict[str, Any] = {
    "column": "area_path",
    "get": lambda row: row.area_path,
    "read_value": read_text_value,
    "blank": True,
    "ids_opposed": True,
}
# Units are stored in the order of the pack, which is that of their codes.
_BY_UNIT: dict[str, Any] = {
    "column": "unit_id",
    "get": lambda row: row.unit_id,
    "read_value": read_id_value,
    "null": True,
}
_BY_SINCE: dict[str, Any] = {
    "column": "since_date",
    "get": lambda row: row.since_date,
    "read_value": read_day_value,
}


def _make_position_getter(codes: list[str], get: Callable[[Any], Any]) -> Callable[[Any], int | None]:
    positions = {code: position for position, code in enumerate(codes)}

    def get_position(row: Any) -> int | None:
        code = get(row)
        return None if code in (None, "") else positions.get(code, len(codes))

    return get_position


def _make_field_orders(field: Field) -> dict[str, RecordOrder]:
    name, store = f"{FIELD_PREFIX}{field.key}", field.store
    column = field.slot or f"values__{store}"
    is_indexed = bool(field.slot) and field.kind in {*NUMERIC, FieldKind.DATE}
    arguments: dict[str, Any] = {"column": column, "get": _make_value_getter(field)}
    if field.kind is FieldKind.CHOICE:
        codes = [choice.code for choice in field.choices]
        arguments |= {
            "get": _make_position_getter(codes, lambda row: row.values.get(store)),
            "read_value": read_id_value,
            "expression": sort_by_position(column, codes),
            "null": True,
        }
    else:
        readers = {FieldKind.DATE: read_day_value, **dict.fromkeys(NUMERIC, read_number_value)}
        expression = sort_by_text(column) if field.kind not in readers else None
        if not field.slot:
            expression = _read_stored_value(field)
            readers.pop(FieldKind.DATE)  # the JSON has the day as a text
        arguments |= {
            "read_value": readers.get(field.kind, read_text_value),
            "expression": expression,
            "null": True,
            "ids_opposed": is_indexed,
        }
    return _make_orders(name, field.label, arguments, kind=field.kind, is_indexed=is_indexed)


def _make_value_getter(field: Field) -> Callable[[Any], Any]:
    """Return the function that reads the value by which the database orders from a row of a list."""
    store = field.store

    def get(row: Any) -> Any:
        value = row.values.get(store)
        if value is None or value == "":
            return None
        if field.kind in NUMERIC:
            return float(value)
        if field.kind is FieldKind.BOOL:
            return ("1" if value else "0") if field.slot else ("true" if value else "false")
        return date.fromisoformat(value) if field.kind is FieldKind.DATE and field.slot else value

    return get


def _read_stored_value(field: Field) -> Expression:
    """Return the expression of a value that has no slot."""
    value = KT(f"values__{field.store}")
    if field.kind in NUMERIC:
        return Cast(value, FloatField())
    text = Cast(value, TextField())
    return sort_by_text(text) or text
