"""Pages of records, in the present state or that of a past day. Labels are read from caches, without queries."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet

from jiedao.kernel import keyset
from jiedao.kernel.plans import plan_by_values
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_text
from jiedao.registers.access import readable_registers
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.grading import translate_reasons
from jiedao.registers.models import Record
from jiedao.registers.overriding import OVERRIDE
from jiedao.registers.selectors.counting import find_states
from jiedao.registers.selectors.filters import RecordFilters

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

    @property
    def area_label(self) -> str:
        """The community and the grid; "" without an area."""
        return area_text(self.area_path) if self.area_path else ""

    @property
    def unit_label(self) -> str:
        """The unit in the reader's language; "" without a unit."""
        unit = unit_info(self.unit_id)
        return unit.label if unit is not None else ""

    @property
    def because(self) -> str:
        """The reasons of the grade, in the reader's language."""
        override = self.grade_note.get(OVERRIDE)
        return str(override["why"]) if override is not None else "；".join(translate_reasons(self.grade_note))


COLUMNS = tuple(RecordRow.__dataclass_fields__)[1:]


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
) -> RecordPage:
    """Return one page of the visible records, the newest first, in one statement now, in two as of a past day.

    Args:
        cursor: `next` or `previous` of another page of the same filters; "" or an unreadable one for the first page.
        size: rows on a page, 1 to 200.

    Raises:
        UserError: a filter that the register does not have.
    """
    size = min(max(size, 1), MOST_PAGE)
    place = keyset.read_cursor(cursor)
    backward = place is not None and place[0]
    rows: list[RecordRow] = []
    for states, name in find_states(actor, info, filters, as_of):
        rows += _read_rows(states, name, place, size + 1)
    rows.sort(key=lambda row: row.id, reverse=not backward)
    rows, before, after = keyset.cut_page(rows, size, backward=backward, first=place is None)
    return RecordPage(rows, f"p{rows[0].id}" if before else "", f"n{rows[-1].id}" if after else "")


def _read_rows(
    states: QuerySet[Any], name: str, place: tuple[bool, int] | None, most: int
) -> list[RecordRow]:
    backward = place is not None and place[0]
    if place is not None:
        states = states.filter(**{f"{name}__gt" if backward else f"{name}__lt": place[1]})
    ordered = states.order_by(name if backward else f"-{name}")
    return [RecordRow(*row) for row in ordered.values_list(name, *COLUMNS)[:most]]


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
        newest = _read_rows(rows.filter(register_id=info.id), "id", None, most) if count else []
        parts.append(Parts(info, count, newest))
    return parts
