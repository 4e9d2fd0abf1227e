"""The orders of a list of inspections, or of their findings.

The day has an index and is the default; all other orders are for lists of up to `ordering.MAX_SORTED` rows.
"""

from typing import Any

from django.db.models import Case, IntegerField, Value, When
from django.utils.translation import gettext_lazy as _

from jiedao.kernel.ordering import (
    Ordering,
    make_both,
    read_day_value,
    read_id_value,
    read_text_value,
    sort_by_position,
    sort_by_text,
)
from jiedao.registers.catalogue import active_registers
from jiedao.registers.models import FindingState, InspectionState

DAY = "day"
# The words of the orders; "" is the usual one, by day.
INSPECTION_ORDERS: dict[str, Any] = {
    "day": _("日期早的在前"),
    "-day": _("日期晚的在前"),
    "record": _("按对象"),
    "-record": _("按对象倒排"),
    "state": _("按状态，不合格和待检查的在前"),
    "-state": _("按状态倒排"),
    "register": _("按台账"),
    "-register": _("按台账倒排"),
    "area": _("按社区、网格"),
    "-area": _("按社区、网格倒排"),
    "inspector": _("按检查人"),
    "-inspector": _("按检查人倒排"),
}
FINDING_ORDERS: dict[str, Any] = {
    "day": _("日期早的在前"),
    "-day": _("日期晚的在前"),
    "text": _("按问题"),
    "-text": _("按问题倒排"),
    "state": _("按状态，整改中的在前"),
    "-state": _("按状态倒排"),
    "record": _("按对象"),
    "-record": _("按对象倒排"),
    "case": _("按案件，早立案的在前"),
    "-case": _("按案件，晚立案的在前"),
}
_WITHOUT_RESULT = [InspectionState.DUE, InspectionState.MISSED, InspectionState.DROPPED]


def make_ordering(order: str, *, of_findings: bool, is_waiting: bool) -> Ordering:
    """Return the order of a name, for "" that of the day: waiting inspections by last day, others the newest first."""
    name = order or (DAY if is_waiting else f"-{DAY}")
    arguments = (_FINDINGS if of_findings else _INSPECTIONS)[name.removeprefix("-")]()
    return make_both(name.removeprefix("-"), **arguments)[name]


def is_by_day(order: str) -> bool:
    """Return whether an index holds the list in this order."""
    return order.removeprefix("-") in {"", DAY}


def _by_day(column: str) -> dict[str, Any]:
    return {"column": column, "get": lambda row: getattr(row, column), "read_value": read_day_value}


def _by_record() -> dict[str, Any]:
    return {
        "column": "record__name",
        "get": lambda row: row.record.name,
        "read_value": read_text_value,
        "expression": sort_by_text("record__name"),
    }


def _by_text(column: str, *, blank: bool = False) -> dict[str, Any]:
    return {
        "column": column,
        "get": lambda row: getattr(row, column),
        "read_value": read_text_value,
        "expression": sort_by_text(column),
        "blank": blank,
    }


def _by_inspection_state() -> dict[str, Any]:
    """Return the order of what the list shows as the state: the result, where there is one."""
    positions: list[Any] = [When(passed=False, then=Value(0)), When(passed=True, then=Value(2))]
    positions += [
        When(state=state, then=Value(place)) for place, state in zip((1, 3, 4), _WITHOUT_RESULT, strict=True)
    ]

    def get(row: Any) -> int:
        if row.passed is not None:
            return 2 if row.passed else 0
        return (1, 3, 4)[_WITHOUT_RESULT.index(row.state)]

    expression = Case(*positions, default=Value(5), output_field=IntegerField())
    return {"column": "state", "get": get, "read_value": read_id_value, "expression": expression}


def _by_finding_state() -> dict[str, Any]:
    states = list(FindingState.values)
    return {
        "column": "state",
        "get": lambda row: states.index(row.state),
        "read_value": read_id_value,
        "expression": sort_by_position("state", states),
    }


def _by_register() -> dict[str, Any]:
    """Return the order of the registers in the pack."""
    keys = [info.id for info in active_registers()]
    return {
        "column": "register_id",
        "get": lambda row: keys.index(row.register_id) if row.register_id in keys else len(keys),
        "read_value": read_id_value,
        "expression": sort_by_position("register_id", keys),
    }


def _by_area() -> dict[str, Any]:
    return {
        "column": "area_path",
        "get": lambda row: row.area_path,
        "read_value": read_text_value,
        "blank": True,
    }


def _by_case() -> dict[str, Any]:
    return {"column": "case_id", "get": lambda row: row.case_id, "read_value": read_id_value}


_INSPECTIONS = {
    DAY: lambda: _by_day("counted_date"),
    "record": _by_record,
    "state": _by_inspection_state,
    "register": _by_register,
    "area": _by_area,
    "inspector": lambda: _by_text("done_label", blank=True),
}
_FINDINGS = {
    DAY: lambda: _by_day("found_date"),
    "text": lambda: _by_text("text"),
    "state": _by_finding_state,
    "record": _by_record,
    "case": _by_case,
}
