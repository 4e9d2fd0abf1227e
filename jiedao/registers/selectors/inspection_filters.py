"""The filters of inspections and findings; a count and the list behind it use the same filter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.parameters import make_unreadable_error, read_single_values
from jiedao.kernel.readers.dates import read_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.orgs.actor import Actor
from jiedao.orgs.figure_keys import NOWHERE, filter_outside_communities
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import past_area_info
from jiedao.registers.access import may_read, visible_findings, visible_inspections
from jiedao.registers.catalogue import register_info
from jiedao.registers.models import FindingState, InspectionState, within_area
from jiedao.registers.selectors.inspection_ordering import FINDING_ORDERS, INSPECTION_ORDERS

# Counts of inspections: each counts once, on the day it was made, else on its last day.
INSPECTION_COUNTS: dict[str, tuple[Any, Q]] = {
    "due": (gettext_lazy("应检"), ~Q(state=InspectionState.DROPPED)),
    "done": (gettext_lazy("已检"), Q(state=InspectionState.DONE)),
    "waiting": (gettext_lazy("待检"), Q(state=InspectionState.DUE)),
    "missed": (gettext_lazy("漏检"), Q(state=InspectionState.MISSED)),
    "failed": (gettext_lazy("检查不合格"), Q(state=InspectionState.DONE, passed=False)),
    "dropped": (gettext_lazy("已取消"), Q(state=InspectionState.DROPPED)),
}
# Counts of findings: on the day they were found, in the state they have now.
FINDING_COUNTS: dict[str, tuple[Any, Q]] = {
    "items": (gettext_lazy("发现问题"), Q()),
    "open": (gettext_lazy("整改中"), Q(state=FindingState.OPEN)),
    "right": (gettext_lazy("已整改"), Q(state=FindingState.RIGHT)),
}
READY = ("ready", gettext_lazy("现在可检"))  # what may be made today, whatever its last day


@dataclass(frozen=True)
class InspectionFilters:
    """Filters of inspections and findings; empty means all that the actor may see.

    Attributes (the name in an address, where it differs, in brackets):
        show: a key of `INSPECTION_COUNTS` or `FINDING_COUNTS`, "ready" for what may be made today, "" for every
            inspection.
        register: a register's key.
        area: id, with all below it; `NOWHERE` for those in no community.
        unit: id; `NOWHERE` for those of no unit.
        start [from], end [to]: first and last day.
        order: a key of `INSPECTION_ORDERS` or, of findings, of `FINDING_ORDERS`; "" for that of the day.
    """

    show: str = ""
    register: str = ""
    area: int | None = None
    unit: int | None = None
    start: date | None = None
    end: date | None = None
    order: str = ""

    @property
    def of_findings(self) -> bool:
        """Return whether the filters list findings, not inspections."""
        return self.show in FINDING_COUNTS

    def inspections(self, actor: Actor) -> QuerySet[Any]:
        """Return the visible inspections that match the filters."""
        condition = INSPECTION_COUNTS[self.show][1] if self.show in INSPECTION_COUNTS else Q()
        if self.show == READY[0]:
            condition = build_ready_filter(clock.today())
        return visible_inspections(actor).filter(self._build_common_filter("counted_date"), condition)

    def findings(self, actor: Actor) -> QuerySet[Any]:
        """Return the visible findings that match the filters."""
        condition = FINDING_COUNTS[self.show][1] if self.show in FINDING_COUNTS else Q()
        return visible_findings(actor).filter(self._build_common_filter("found_date"), condition)

    def _build_common_filter(self, day: str) -> Q:
        """Return the filters that inspections and findings have in common; `day` is the column of their day."""
        condition = Q()
        if self.register:
            info = register_info(self.register)
            condition &= Q(register_id=info.id if info is not None else 0)
        if self.area == NOWHERE:
            condition &= filter_outside_communities()
        elif self.area is not None:
            area = past_area_info(self.area)
            condition &= within_area(area.path) if area is not None else Q(pk__in=[])
        if self.unit is not None:
            condition &= Q(unit_id=None if self.unit == NOWHERE else self.unit)
        if self.start is not None:
            condition &= Q(**{f"{day}__gte": self.start})
        if self.end is not None:
            condition &= Q(**{f"{day}__lte": self.end})
        return condition

    @property
    def orders(self) -> Mapping[str, Any]:
        """The orders of the list and their words."""
        return FINDING_ORDERS if self.of_findings else INSPECTION_ORDERS

    @classmethod
    def read(cls, actor: Actor, params: QueryDict) -> tuple["InspectionFilters", list[UserError]]:
        """Return the filters in the query of an address, and a fault for each part that is left out."""
        values: dict[str, Any] = {}
        data, faults = read_single_values(params, READERS, others=("cursor",))
        for name, reader in READERS.items():
            if name not in data:
                continue
            value = reader(actor, data[name])
            if value is None:
                faults.append(make_unreadable_error(name, data[name]))
            else:
                values[FIELDS.get(name, name)] = value
        filters = cls(**values)
        if filters.order and filters.order not in filters.orders:
            faults.append(make_unreadable_error("order", filters.order))
            filters = replace(filters, order="")
        return filters, faults

    def query(self, **changes: Any) -> str:
        """Return the filters as a query string, with the given changes."""
        changed = replace(self, **changes)
        names = {value: name for name, value in FIELDS.items()}
        pairs = [(names.get(name, name), value) for name, value in vars(changed).items()]
        return urlencode([(name, value) for name, value in pairs if value not in {None, ""}])


def build_ready_filter(day: date) -> Q:
    """Return the filter of inspections that are still to be made and may be made on a day."""
    return Q(state=InspectionState.DUE, planned_date__lte=day)


def build_own_filter(actor: Actor, day: date) -> Q:
    """Return the filter of the actor's own inspections: those they may make on a day, and those they made."""
    is_made = Q(done_by_id=actor.user_id)
    return is_made | build_ready_filter(day) if actor.can("registers.visit:make") else is_made


def _read_show(_actor: Actor, text: str) -> str | None:
    return text if text in {*INSPECTION_COUNTS, *FINDING_COUNTS, READY[0]} else None


def _read_register(actor: Actor, text: str) -> str | None:
    info = register_info(text)
    return text if info is not None and may_read(actor, info) else None


def _read_known(text: str, find: Callable[[int], object]) -> int | None:
    """Return the id of a known object, `NOWHERE` for "0"; None for anything else."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    return number if number is not None and (number == NOWHERE or find(number) is not None) else None


def _read_area(_actor: Actor, text: str) -> int | None:
    return _read_known(text, past_area_info)


def _read_unit(_actor: Actor, text: str) -> int | None:
    return _read_known(text, unit_info)


def _read_day(_actor: Actor, text: str) -> date | None:
    try:
        return read_day(text, serials=False)
    except ValueFault:
        return None


def _read_order(_actor: Actor, text: str) -> str | None:
    return text if text in {*INSPECTION_ORDERS, *FINDING_ORDERS} else None


FIELDS = {"from": "start", "to": "end"}
READERS = {
    "show": _read_show,
    "register": _read_register,
    "area": _read_area,
    "unit": _read_unit,
    "from": _read_day,
    "to": _read_day,
    "order": _read_order,
}
