"""Pages of records, in the present state or that of a past day. Labels are read from caches, without queries."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db.models import Count, QuerySet

from jiedao.kernel import keyset
from jiedao.kernel.ordering import check_sortable
from jiedao.kernel.periods import build_period
from jiedao.kernel.plans import plan_by_values
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_label
from jiedao.places.selectors import area_text
from jiedao.registers.access import readable_registers
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.grading import translate_reasons
from jiedao.registers.models import Record
from jiedao.registers.overriding import OVERRIDE
from jiedao.registers.selectors.counting import find_states
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.ordering import NEWEST, OLDEST, find_order

PAGE = 50
MOST_PAGE = 200


@dataclass(frozen=True)
class RecordRow:
    """A row of a list: a record in its state on the requested day. `id` is that of the record."""

    id: int
    code: str
    name: str
    place_text: str
    area_path: str
    unit_id: int | None
    values: dict[str, Any]
    grade: str
    grade_note: dict[str, Any]
    active: bool
    since_date: date
    named_at: datetime | None = None  # areas and units have the names of then in the list of a past day

    @property
    def area_label(self) -> str:
        """The community and the grid; "" without an area."""
        return area_text(self.area_path, self.named_at) if self.area_path else ""

    @property
    def unit_label(self) -> str:
        """The unit in the reader's language; "" without a unit."""
        return unit_label(self.unit_id, self.named_at)

    @property
    def because(self) -> str:
        """The reasons of the grade, in the reader's language."""
        override = self.grade_note.get(OVERRIDE)
        return str(override["why"]) if override is not None else "；".join(translate_reasons(self.grade_note))


COLUMNS = tuple(RecordRow.__dataclass_fields__)[1:-1]  # without `id` and `named_at`


@dataclass(frozen=True)
class RecordPage:
    """A page of a list. `previous` and `next` are cursors, "" if there is no such page."""

    rows: list[RecordRow] = field(default_factory=list)
    previous: str = ""
    next: str = ""

    @property
    def shown(self) -> int:
        """The number of rows on this page."""
        return len(self.rows)


@plan_by_values()
def read_record_page(
    actor: Actor,
    info: RegisterInfo,
    filters: RecordFilters,
    cursor: str = "",
    *,
    as_of: date | None = None,
    size: int = PAGE,
    order: str = NEWEST,
) -> RecordPage:
    """Return one page of the visible records.

    It takes one statement now and two as of a past day; where the records without a value of the order begin, one more
    for each.

    Args:
        cursor: `next` or `previous` of another page of the same filters; "" or an unreadable one for the first page.
        size: rows on a page, 1 to 200.
        order: a name of `ordering.list_orders`.

    Raises:
        UserError: a filter that the register does not have, or over 50,000 records in an order without an index.
    """
    size = min(max(size, 1), MOST_PAGE)
    tables = find_states(actor, info, filters, as_of)
    ordering = find_order(info, order).ordering
    if not _has_index(actor, info, filters, as_of, order):
        ordering = ordering.avoid_index()
        for states, _name in tables:
            check_sortable(states)
    place = ordering.read_cursor(cursor)
    backward = place is not None and place.backward
    rows: list[RecordRow] = []
    named_at = build_period(as_of, as_of).end_at if as_of is not None else None
    for states, name in tables:
        rows += ordering.read(
            states, place, size + 1, partial(_build_rows, name, named_at=named_at), key=name
        )
    rows = ordering.merge(rows, backward=backward)
    rows, before, after = keyset.cut_page(rows, size, backward=backward, first=place is None)
    return RecordPage(
        rows,
        ordering.write_cursor("p", rows[0]) if before else "",
        ordering.write_cursor("n", rows[-1]) if after else "",
    )


def _has_index(
    actor: Actor, info: RegisterInfo, filters: RecordFilters, as_of: date | None, order: str
) -> bool:
    """Return whether an index holds the list in this order: a complete register that the actor sees all of."""
    is_complete = as_of is None and actor.sees_town and filters == RecordFilters(active=filters.active)
    return order in {NEWEST, OLDEST} or (is_complete and find_order(info, order).is_indexed)


def _build_rows(name: str, states: QuerySet[Any], named_at: datetime | None = None) -> list[RecordRow]:
    rows: list[tuple[Any, ...]] = [(*row, named_at) for row in states.values_list(name, *COLUMNS)]
    return [RecordRow(*row) for row in rows]


@dataclass(frozen=True)
class Parts:
    """The records of one register that are parts of a record: their number, and the newest ones."""

    info: RegisterInfo
    count: int
    rows: list[RecordRow]


def read_parts(actor: Actor, record: Record, most: int = 8) -> list[Parts]:
    """Return the visible parts of a record, register by register; registers without a part are included.

    One statement for the counts, and one for the rows of each register that has any.
    """
    above = register_by_id(record.register_id)
    lower = [
        info
        for info in readable_registers(actor)
        if above is not None and info.definition.parent == above.key
    ]
    if not lower:
        return []
    rows = Record.objects.visible_to(actor).filter(parent_id=record.pk, active=True)
    counts = dict(rows.order_by().values_list("register_id").annotate(Count("pk")))
    parts = []
    for info in lower:
        count = counts.get(info.id, 0)
        newest = _build_rows("id", rows.filter(register_id=info.id).order_by("-id")[:most]) if count else []
        parts.append(Parts(info, count, newest))
    return parts
