"""Lists of cases: pages, filters, totals, and what they cost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from jiedao.cases import catalogue
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.selectors import lists
from jiedao.cases.selectors.detail import read_case_detail
from jiedao.cases.selectors.filters import ORDERS, CaseFilters
from jiedao.kernel import clock, ordering
from jiedao.kernel.errors import UserError
from jiedao.orgs.units import UNITS
from jiedao.testing.cast import Town, make_cases

pytestmark = pytest.mark.django_db


def list_subjects(town: Town, who: str = "dispatcher", query: str = "") -> list[str]:
    filters, faults = CaseFilters.read(QueryDict(query))
    assert not faults
    return [row.subject for row in lists.read_case_page(town.actor(who), filters).rows]


def walk_pages(town: Town, filters: CaseFilters, size: int) -> tuple[list[int], list[int]]:
    """Return the ids read going forward to the end, and those read going back to the start."""
    actor = town.actor("dispatcher")
    page = lists.read_case_page(actor, filters, "", size)
    forward = [row.id for row in page.rows]
    while page.next:
        page = lists.read_case_page(actor, filters, page.next, size)
        forward += [row.id for row in page.rows]
    back = [row.id for row in page.rows]
    while page.previous:
        page = lists.read_case_page(actor, filters, page.previous, size)
        back = [row.id for row in page.rows] + back
    return forward, back


def test_newest_come_first_and_pages_lose_no_row(town: Town) -> None:
    ids = [case.pk for case in make_cases(town, [{} for _ in range(7)], index=False)]
    forward, back = walk_pages(town, CaseFilters(), 3)
    assert forward == back == sorted(ids, reverse=True)


def test_urgency_puts_the_nearest_deadline_first_also_where_deadlines_are_equal(town: Town) -> None:
    now = clock.now()
    dues = [now + timedelta(hours=hours) for hours in (5, 1, 1, 1, 9, -2)]
    cases = make_cases(town, [{"due_at": due} for due in dues] + [{"due_at": None}], index=False)
    forward, back = walk_pages(town, CaseFilters(order="urgency"), 2)
    wanted = [
        cases[5],
        cases[1],
        cases[2],
        cases[3],
        cases[0],
        cases[4],
        cases[6],
    ]  # without a deadline: last
    assert forward == back == [case.pk for case in wanted]


def make_mixed_cases(town: Town) -> list[Case]:
    """Write cases that differ in every column that orders a list, some of them without a value."""
    now = clock.now()
    states = ["HANDLING", "REPORTED", "DONE", "FILED"]
    rows = [
        {
            "state": states[number % 4],
            "kind": ["COVER", "RUBBISH", "STALL"][number % 3],
            "grid": ["G3", "G1", "G2"][number % 3],
            "unit": ["WATER", "URBAN"][number % 2],
            "due_at": now + timedelta(hours=number % 5) if number % 4 else None,
            "reported_at": now - timedelta(minutes=17 * number % 7),
        }
        for number in range(13)
    ]
    cases = make_cases(town, rows, index=False)
    Case.objects.filter(pk__in=[cases[2].pk, cases[7].pk]).update(
        category=None, lead_unit=None, area=None, area_path=""
    )
    return list(Case.objects.order_by("id"))


FLOW = list(State.values)
COLUMN_VALUES: dict[str, Callable[[Case], Any]] = {
    "state": lambda case: FLOW.index(case.state),
    "category": lambda case: case.category_id,
    "area": lambda case: case.area_path or None,
    "unit": lambda case: case.lead_unit_id,
    "reported": lambda case: case.reported_at,
    "due": lambda case: case.due_at,
}


@pytest.mark.parametrize("order", sorted(set(ORDERS) - {"newest", "oldest"}))
def test_pages_of_every_order_lose_no_row_and_put_rows_without_a_value_last(town: Town, order: str) -> None:
    cases = make_mixed_cases(town)
    get_value = COLUMN_VALUES["due" if order == "urgency" else order.lstrip("-")]
    descending = order.startswith("-")
    valued = sorted(
        (case for case in cases if get_value(case) is not None),
        key=lambda case: (get_value(case), case.pk),
        reverse=descending,
    )
    empty = sorted((case.pk for case in cases if get_value(case) is None), reverse=descending)
    wanted = [*(case.pk for case in valued), *empty]
    for size in (2, 5):
        assert walk_pages(town, CaseFilters(order=order), size) == (wanted, wanted)
    assert lists.read_case_ids(town.actor("dispatcher"), CaseFilters(order=order), 100) == wanted


def test_an_order_that_must_sort_more_cases_than_a_user_waits_for_is_refused(
    town: Town, monkeypatch: Any
) -> None:
    make_cases(town, [{"due_at": clock.now()} for _ in range(6)], index=False)
    monkeypatch.setattr(ordering, "MAX_SORTED", 5)
    monkeypatch.setattr(lists, "COUNTED", 5)
    actor = town.actor("dispatcher")
    with pytest.raises(UserError, match="不能这样排序"):
        lists.read_case_page(actor, CaseFilters(order="unit"))
    assert lists.read_case_page(actor, CaseFilters(order="oldest")).shown == 6
    assert lists.read_case_page(actor, CaseFilters(order="urgency", group="open")).shown == 6


@pytest.mark.parametrize("order", ["unit", "urgency", "-state"])
def test_an_ordered_list_costs_the_same_for_few_rows_and_for_many(town: Town, order: str) -> None:
    actor, filters = town.actor("dispatcher"), CaseFilters(order=order, states=("FILED",))
    make_cases(town, [{} for _ in range(60)], index=False)
    lists.read_case_page(actor, filters)  # fills the caches of the process
    with CaptureQueriesContext(connection) as few:
        lists.read_case_page(actor, filters)
    make_cases(town, [{} for _ in range(300)], index=False)
    with CaptureQueriesContext(connection) as many:
        lists.read_case_page(actor, filters)
    assert len(few) == len(many) <= 3


@pytest.mark.parametrize("many", [3, 300])
def test_a_list_costs_two_statements_for_few_rows_and_for_many(town: Town, many: int) -> None:
    make_cases(town, [{} for _ in range(many)], index=False)
    actor, filters = town.actor("dispatcher"), CaseFilters(states=("FILED",))
    assert lists.read_case_page(actor, filters).rows[0].area_label  # the caches of the process are filled
    assert UNITS.get()
    assert catalogue.CATEGORIES.get()
    with CaptureQueriesContext(connection) as queries:
        page = lists.read_case_page(actor, filters)
        labels = [(row.category_label, row.unit_label, row.area_label, row.state_label) for row in page.rows]
    assert len(labels) == min(many, 50)
    assert len(queries) <= 2


def test_the_total_states_whether_it_is_exact(town: Town, monkeypatch: Any) -> None:
    make_cases(town, [{} for _ in range(12)], index=False)
    actor = town.actor("dispatcher")
    page = lists.read_case_page(actor, CaseFilters(), size=5)
    assert (page.total, page.total_exact) == (12, True)
    monkeypatch.setattr(lists, "COUNTED", 10)
    page = lists.read_case_page(actor, CaseFilters(), size=5)
    assert (page.total, page.total_exact) == (10, False)


FILTERED = [
    ("state=FILED", {"a"}),
    ("state=HANDLING&state=DONE", {"b", "d"}),
    ("group=open", {"a", "b", "c"}),
    ("group=done", {"d"}),
    ("group=open&state=DONE", set()),
    ("due=overdue", {"b"}),
    ("due=soon", {"a"}),
    ("channel=PATROL", {"c"}),
    ("flag=urgent", {"c"}),
    ("flag=urgent&flag=supervised", set()),
    ("channel=PATROL&channel=HOTLINE", {"a", "b", "c", "d"}),
    ("state=FILED&state=FILED", {"a"}),
    ("from=2026-03-01&to=2026-03-31", {"d"}),
]


@pytest.mark.parametrize(("query", "matching"), FILTERED)
def test_each_filter_lists_the_matching_cases(town: Town, query: str, matching: set[str]) -> None:
    now = clock.now()
    with clock.at(now.replace(year=2026, month=3, day=9)):
        march = clock.now()
    make_cases(
        town,
        [
            {"subject": "a", "due_at": now + timedelta(hours=3)},
            {"subject": "b", "state": "HANDLING", "unit": "URBAN", "due_at": now - timedelta(hours=3)},
            {
                "subject": "c",
                "state": "REPORTED",
                "channel": "PATROL",
                "urgent": True,
                "due_at": now + timedelta(days=3),
            },
            {"subject": "d", "state": "DONE", "due_at": None, "supervised": True, "reported_at": march},
        ],
        index=False,
    )
    assert set(list_subjects(town, query=query)) == matching


def test_category_area_and_unit_include_what_is_below_them(town: Town) -> None:
    make_cases(
        town,
        [
            {"subject": "rubbish", "grid": "G1", "unit": "CLEAN"},
            {"subject": "rubble", "kind": "RUBBLE", "grid": "G2", "unit": "URBAN"},
            {"subject": "cover", "kind": "COVER", "grid": "G3", "unit": "WATER"},
        ],
        index=False,
    )
    assert set(list_subjects(town, query=f"category={town.categories['CITY'].pk}")) == {"rubbish", "rubble"}
    assert set(list_subjects(town, query=f"category={town.categories['RUBBLE'].pk}")) == {"rubble"}
    assert set(list_subjects(town, query=f"area={town.areas['RIVER'].pk}")) == {"rubbish", "rubble"}
    assert set(list_subjects(town, query=f"area={town.areas['G3'].pk}")) == {"cover"}
    assert set(list_subjects(town, query=f"unit={town.units['URBAN'].pk}")) == {"rubbish", "rubble"}


def test_several_values_of_a_filter_are_alternatives(town: Town) -> None:
    make_cases(
        town,
        [
            {"subject": "rubbish", "grid": "G1", "unit": "CLEAN"},
            {"subject": "stall", "kind": "STALL", "grid": "G2", "unit": "URBAN", "channel": "APP"},
            {"subject": "cover", "kind": "COVER", "grid": "G3", "unit": "WATER", "channel": "PATROL"},
        ],
        index=False,
    )
    both = {
        "category": (town.categories["STALL"].pk, town.categories["PIPE"].pk),
        "area": (town.areas["G2"].pk, town.areas["HILL"].pk),
        "channel": ("APP", "PATROL"),
    }
    for name, values in both.items():
        query = "&".join(f"{name}={value}" for value in values)
        assert set(list_subjects(town, query=query)) == {"stall", "cover"}, name
    units = f"unit={town.units['CLEAN'].pk}&unit={town.units['WATER'].pk}"
    assert set(list_subjects(town, query=units)) == {"rubbish", "cover"}
    assert list_subjects(town, query=f"{units}&channel=PATROL") == ["cover"]


def test_nobody_lists_what_is_out_of_scope(town: Town) -> None:
    make_cases(town, [{"subject": "g1"}, {"subject": "g3", "grid": "G3", "unit": "WATER"}], index=False)
    assert list_subjects(town, "grid1") == ["g1"]
    assert list_subjects(town, "water") == ["g3"]
    assert list_subjects(town, "admin") == []


BAD = [
    "state=NOWHERE",
    "group=x",
    "category=abc",
    "category=99999999",
    "area=-1",
    "unit=1e3",
    "channel=FAX",
    "due=never",
    "from=2026-02-30",
    "to=yesterday",
    "flag=shiny",
    "todo=SLEEP",
    "order=best",
    "q=" + "长" * 101,
    "q=%E3%80%82",
    "due=overdue&due=soon",
    "q=垃圾&q=路灯",
    "unti=3",
    "channel=" + "&channel=".join(f"X{number}" for number in range(60)),
]


@pytest.mark.parametrize("query", BAD)
def test_an_unreadable_filter_is_reported_and_left_out(town: Town, query: str) -> None:
    filters, faults = CaseFilters.read(QueryDict(query))
    assert filters == CaseFilters()
    assert len(faults) == 1
    assert faults[0].hint


def test_dates_in_the_wrong_order_are_swapped_and_reported(town: Town) -> None:
    filters, faults = CaseFilters.read(QueryDict("from=2026-03-05&to=2026-03-01"))
    assert faults[0].field == "from"
    assert str(filters.from_date) == "2026-03-01"


def test_filters_are_read_back_unchanged_from_their_address(town: Town) -> None:
    unit, other = town.units["URBAN"].pk, town.units["WATER"].pk
    query = (
        f"q=垃圾&state=FILED&state=DONE&unit={unit}&unit={other}&channel=APP&channel=WEB&mine=moved"
        "&from=2026-01-02&flag=urgent&order=urgency"
    )
    filters, _faults = CaseFilters.read(QueryDict(query))
    assert CaseFilters.read(QueryDict(filters.query())) == (filters, [])


@pytest.mark.parametrize(
    "cursor", ["x", "n", "nabc", "p-1", "n99999999999999999999", "n5~later", "n5~2026-01-01"]
)
def test_an_unreadable_cursor_gives_the_first_page(town: Town, cursor: str) -> None:
    make_cases(town, [{"due_at": clock.now()} for _ in range(3)], index=False)
    for order in ("newest", "urgency", "state", "unit", "area"):
        assert lists.read_case_page(town.actor("dispatcher"), CaseFilters(order=order), cursor).shown == 3


def test_linked_cases_are_found_by_index_although_few_cases_have_any(town: Town) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads so small a table whole, whatever its indexes")
    make_cases(town, [{"kind": "RUBBISH", "state": "DONE", "grid": "G1", "unit": "URBAN"}] * 30)
    Case.objects.filter(pk=Case.objects.last().pk).update(split_from=Case.objects.first())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as queries:
        read_case_detail(town.actor("dispatcher"), Case.objects.last())
    (linked,) = [query["sql"] for query in queries if '"merged_into_id" =' in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {linked}")
        plan = [row[-1] for row in cursor.fetchall()]
    assert not [step for step in plan if step.startswith("SCAN cases_case")], plan
