"""Lists of cases, page by page: one table, keyset pagination, labels from the caches of the process."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from jiedao.cases import catalogue
from jiedao.cases.flow import FINISHED, State, get_state_label, get_state_tone
from jiedao.cases.models import Case, CaseQuerySet, Channel
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.search import list_case_numbers
from jiedao.kernel import keyset
from jiedao.kernel.plans import plan_by_values
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_text

PAGE = 50
MOST_PAGE = 200
COUNTED = 10_000


@dataclass(frozen=True)
class CaseRow:
    """A case as a list shows it. Times are aware UTC; labels come without a query."""

    id: int
    number: str
    subject: str
    state: str
    category_id: int | None
    area_path: str
    place_text: str
    lead_unit_id: int | None
    channel: str
    reported_at: datetime
    due_at: datetime | None
    due_provisional: bool
    closed_at: datetime | None
    supervised: bool
    urgent: bool
    returns: int
    reworks: int
    reopens: int
    reminders: int
    satisfaction: int | None
    visit_outcome: str
    version: int

    @property
    def state_label(self) -> str:
        """The state in the reader's language."""
        return get_state_label(self.state, self.visit_outcome)

    @property
    def tone(self) -> str:
        """The tone of the state's badge."""
        return get_state_tone(self.state, self.visit_outcome)

    @property
    def category_label(self) -> str:
        """The category in the reader's language; "" before it has one."""
        category = catalogue.category_info(self.category_id)
        return category.label if category is not None else ""

    @property
    def unit_label(self) -> str:
        """The lead unit in the reader's language; "" before it has one."""
        unit = unit_info(self.lead_unit_id)
        return unit.label if unit is not None else ""

    @property
    def area_label(self) -> str:
        """Community and grid; "" where the case has no area."""
        return area_text(self.area_path) if self.area_path else ""

    @property
    def channel_label(self) -> str:
        """The channel through which it was reported, in the reader's language."""
        return str(Channel(self.channel).label)

    @property
    def is_open(self) -> bool:
        """Return whether it is still to be closed."""
        return self.state not in FINISHED

    @property
    def paused(self) -> bool:
        """Return whether its clocks are paused."""
        return self.state == State.SUSPENDED


COLUMNS = tuple(CaseRow.__dataclass_fields__)


@dataclass(frozen=True)
class CasePage:
    """One page of a list.

    `previous` and `next` are cursors, "" where there is nothing more. `total` is exact up to 10,000; beyond,
    it is 10,000 and `total_exact` is False.
    """

    rows: list[CaseRow] = field(default_factory=list)
    previous: str = ""
    next: str = ""
    total: int = 0
    total_exact: bool = True

    @property
    def shown(self) -> int:
        """How many rows this page has."""
        return len(self.rows)


@plan_by_values()
def read_case_page(actor: Actor, filters: CaseFilters, cursor: str = "", size: int = PAGE) -> CasePage:
    """Return one page of the cases that the actor may see, in two statements for any number of rows.

    Args:
        cursor: `next` or `previous` of another page of the same filters; "" or an unreadable one: first page.
        size: rows a page, 1 to 200.
    """
    size = min(max(size, 1), MOST_PAGE)
    order = _Urgency() if filters.order == "urgency" else _Newest()
    cases = filters.apply(Case.objects.visible_to(actor), actor)
    place = order.read(cursor)
    rows = _read_rows(
        order.cut(cases, place), size + 1, order.columns(backward=place is not None and place.backward)
    )
    is_complete = place is None and len(rows) <= size
    backward = place is not None and place.backward
    rows, before, after = keyset.cut_page(rows, size, backward=backward, first=place is None)
    total, exact = (len(rows), True) if is_complete else count_cases(order.all(cases))
    return CasePage(
        rows,
        order.write("p", rows[0]) if before else "",
        order.write("n", rows[-1]) if after else "",
        total,
        exact,
    )


def count_cases(cases: CaseQuerySet) -> tuple[int, bool]:
    """Count the cases up to 10,000; return the count and whether it is exact."""
    count = cases.order_by()[: COUNTED + 1].count()
    return min(count, COUNTED), count <= COUNTED


def read_case_ids(actor: Actor, filters: CaseFilters, most: int) -> list[int]:
    """Return the ids of a complete list in its order, at most `most`, in one statement (for exports)."""
    order = _Urgency() if filters.order == "urgency" else _Newest()
    cases = order.all(filters.apply(Case.objects.visible_to(actor), actor))
    return list(cases.order_by(*order.columns(backward=False)).values_list("id", flat=True)[:most])


def read_rows_by_id(actor: Actor, ids: list[int]) -> list[CaseRow]:
    """Return the rows of these cases that the actor may see, in the order of the ids, in one statement."""
    rows = {
        row.id: row
        for row in _read_rows(Case.objects.visible_to(actor).filter(pk__in=ids), len(ids), ("id",))
    }
    return [rows[pk] for pk in ids if pk in rows]


def find_cases_by_number(actor: Actor, text: str, most: int = 5) -> list[CaseRow]:
    """Return the visible cases whose number is the text, or ends in it, the newest first; one statement at most."""
    numbers = list_case_numbers(text)
    if not numbers:
        return []
    return _read_rows(Case.objects.visible_to(actor).filter(number__in=numbers), most, ("-id",))


def _read_rows(cases: CaseQuerySet, most: int, columns: tuple[str, ...]) -> list[CaseRow]:
    return [CaseRow(*row) for row in cases.order_by(*columns).values_list(*COLUMNS)[:most]]


@dataclass(frozen=True)
class _Place:
    """The position of a cursor: the id of its row, the deadline if the order uses it, and the direction."""

    backward: bool
    id: int
    due_at: datetime | None = None


class _Newest:
    """Newest first: ids grow with the time of filing."""

    def columns(self, *, backward: bool) -> tuple[str, ...]:
        return ("id",) if backward else ("-id",)

    def all(self, cases: CaseQuerySet) -> CaseQuerySet:
        return cases

    def cut(self, cases: CaseQuerySet, place: Any) -> CaseQuerySet:
        if place is None:
            return cases
        return cases.filter(pk__gt=place.id) if place.backward else cases.filter(pk__lt=place.id)

    def write(self, direction: str, row: CaseRow) -> str:
        return f"{direction}{row.id}"

    def read(self, cursor: str) -> _Place | None:
        position = keyset.read_cursor(cursor)
        return _Place(*position) if position is not None else None


class _Urgency:
    """Nearest deadline first; cases without a deadline are left out."""

    def columns(self, *, backward: bool) -> tuple[str, ...]:
        return ("-due_at", "-id") if backward else ("due_at", "id")

    def all(self, cases: CaseQuerySet) -> CaseQuerySet:
        return cases.filter(due_at__isnull=False)

    def cut(self, cases: CaseQuerySet, place: Any) -> CaseQuerySet:
        cases = self.all(cases)
        if place is None:
            return cases
        if place.backward:
            return cases.filter(Q(due_at__lt=place.due_at) | Q(pk__lt=place.id), due_at__lte=place.due_at)
        return cases.filter(Q(due_at__gt=place.due_at) | Q(pk__gt=place.id), due_at__gte=place.due_at)

    def write(self, direction: str, row: CaseRow) -> str:
        due = row.due_at.isoformat().replace("+00:00", "Z") if row.due_at else ""
        return f"{direction}{row.id}~{due}"

    def read(self, cursor: str) -> _Place | None:
        head, _mark, due = cursor.partition("~")
        place = _Newest().read(head)
        try:
            due_at = datetime.fromisoformat(due)
        except ValueError:
            return None
        return _Place(place.backward, place.id, due_at) if place and due_at.tzinfo else None
