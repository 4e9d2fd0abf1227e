"""Lists of cases, page by page: one table, keyset pagination, labels from the caches of the process."""

from dataclasses import dataclass, field
from datetime import datetime

from jiedao.cases import catalogue
from jiedao.cases.flow import FINISHED, State, get_finish, get_state_label, get_state_tone
from jiedao.cases.models import Case, CaseQuerySet, Channel
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.ordering import BY_ID, ORDERINGS
from jiedao.kernel import keyset
from jiedao.kernel.ordering import check_sortable
from jiedao.kernel.plans import plan_by_values
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_label
from jiedao.places.selectors import area_text

PAGE = 50
MOST_PAGE = 200
COUNTED = 10_000
UNFINISHED_GROUPS = {"open", "intake", "unit", "check"}


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
    ended_at: datetime | None
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
        return unit_label(self.lead_unit_id, self.finished_at)

    @property
    def area_label(self) -> str:
        """Community and grid; "" where the case has no area."""
        return area_text(self.area_path, self.finished_at) if self.area_path else ""

    @property
    def channel_label(self) -> str:
        """The channel through which it was reported, in the reader's language."""
        return str(Channel(self.channel).label)

    @property
    def finished_at(self) -> datetime | None:
        """Since when the case is history, displayed with the names of then; None for an open one."""
        return get_finish(self.state, self.closed_at, self.ended_at)

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
    """Return one page of the cases that the actor may see, in two or three statements for any number of rows.

    Args:
        cursor: `next` or `previous` of another page of the same filters; "" or an unreadable one: first page.
        size: rows a page, 1 to 200.

    Raises:
        UserError: over 50,000 cases in an order that is not that of filing, which would have to sort them all.
    """
    size = min(max(size, 1), MOST_PAGE)
    order = ORDERINGS[filters.order]
    cases = filters.apply(Case.objects.visible_to(actor), actor)
    counted = None
    if filters.order not in BY_ID and not _has_index(filters):
        counted = count_cases(cases)
        if not counted[1]:
            check_sortable(cases)
    place = order.read_cursor(cursor)
    backward = place is not None and place.backward
    rows = order.read(cases, place, size + 1, _build_rows)
    is_complete = place is None and len(rows) <= size
    rows, before, after = keyset.cut_page(rows, size, backward=backward, first=place is None)
    total, exact = counted or ((len(rows), True) if is_complete else count_cases(cases))
    return CasePage(
        rows,
        order.write_cursor("p", rows[0]) if before else "",
        order.write_cursor("n", rows[-1]) if after else "",
        total,
        exact,
    )


def _has_index(filters: CaseFilters) -> bool:
    """Return whether an index holds the cases in this order: unfinished ones by deadline."""
    return filters.order in {"urgency", "-due"} and filters.group in UNFINISHED_GROUPS


def count_cases(cases: CaseQuerySet) -> tuple[int, bool]:
    """Count the cases up to 10,000; return the count and whether it is exact."""
    count = cases.order_by()[: COUNTED + 1].count()
    return min(count, COUNTED), count <= COUNTED


def read_case_ids(actor: Actor, filters: CaseFilters, most: int) -> list[int]:
    """Return the ids of a complete list in its order, at most `most`, in one statement (for exports)."""
    cases = filters.apply(Case.objects.visible_to(actor), actor)
    return list(ORDERINGS[filters.order].sort(cases).values_list("id", flat=True)[:most])


def _build_rows(cases: CaseQuerySet) -> list[CaseRow]:
    return [CaseRow(*row) for row in cases.values_list(*COLUMNS)]


def read_rows_by_id(actor: Actor, ids: list[int]) -> list[CaseRow]:
    """Return the rows of these cases that the actor may see, in the order of the ids, in one statement."""
    rows = {row.id: row for row in _build_rows(Case.objects.visible_to(actor).filter(pk__in=ids))}
    return [rows[pk] for pk in ids if pk in rows]
