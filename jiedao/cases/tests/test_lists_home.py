"""Home: each post finds its own work, and the counts are those of the lists they link to."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.cases.models import Assignment, ExtensionRequest
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.home import count_open_cases, list_waiting
from jiedao.cases.selectors.lists import read_case_page
from jiedao.kernel import clock
from jiedao.testing.cast import Town, make_cases, make_town

pytestmark = pytest.mark.django_db

STATES = ["REPORTED", "TO_VERIFY", "FILED", "DISPATCHED", "HANDLING", "HANDLED", "CHECKED", "CLOSED", "DONE"]


@pytest.fixture
def town() -> Town:
    town = make_town()
    now = clock.now()
    rows = [{"state": state, "unit": "URBAN", "due_at": now + timedelta(hours=5)} for state in STATES]
    rows.append({"state": "HANDLING", "unit": "URBAN", "due_at": now - timedelta(hours=5), "subject": "late"})
    rows.append({"state": "SUSPENDED", "unit": "URBAN", "review_date": clock.today(), "due_at": now})
    cases = make_cases(town, rows, index=False)
    part = {"case": cases[4], "unit": town.units["WATER"], "dispatched_at": now}
    Assignment.objects.create(role="HELPER", **part)
    lead = Assignment.objects.create(role="LEAD", **{**part, "unit": town.units["URBAN"]})
    ExtensionRequest.objects.create(
        case=cases[4], assignment=lead, limit="1wd", reason="…", asked_at=now, asked_by=town.users["handler"]
    )
    return town


WORK = {
    "grid1": {"VERIFY": 1, "CHECK": 1},
    "registrar": {"ACCEPT": 1},
    "dispatcher": {"ACCEPT": 1, "DISPATCH": 1, "REVIEW": 1, "OVERDUE": 1},
    "handler": {"TAKE": 1, "HANDLE": 2},
    "water": {"HELP": 1},
    "supervisor": {"VERIFY": 1, "CHECK": 1, "OVERDUE": 1},
    "visitor": {"VISIT": 1},
    "leader": {"EXTENSION": 1, "OVERDUE": 1},
    "cleaner": {},
    "admin": {},
}


@pytest.mark.parametrize("who", WORK)
def test_each_post_finds_its_own_work(town: Town, who: str) -> None:
    assert {group.code: group.total for group in list_waiting(town.actor(who))} == WORK[who]


@pytest.mark.parametrize("who", WORK)
def test_each_count_is_the_length_of_its_list(town: Town, who: str) -> None:
    actor = town.actor(who)
    for group in list_waiting(actor):
        assert read_case_page(actor, CaseFilters(todo=group.code)).total == group.total


def test_late_work_comes_first(town: Town) -> None:
    groups = list_waiting(town.actor("handler"))
    assert [(group.code, group.late) for group in groups] == [("HANDLE", 1), ("TAKE", 0)]
    assert groups[0].rows[0].subject == "late"


def test_home_costs_the_same_for_few_cases_and_for_many(town: Town) -> None:
    actor = town.actor("shift")
    list_waiting(actor)  # fills the cache of the catalogue
    with CaptureQueriesContext(connection) as few:
        list_waiting(actor)
    make_cases(town, [{"state": state} for state in STATES * 12], index=False)
    with CaptureQueriesContext(connection) as many:
        groups = list_waiting(actor)
    assert len(few) == len(many) <= 6
    assert max(len(group.rows) for group in groups) == 5


def test_the_counts_are_those_of_open_cases_in_scope(town: Town) -> None:
    counts = count_open_cases(town.actor("dispatcher"))
    assert (counts["open"], counts["overdue"], counts["soon"], counts["suspended"]) == (9, 1, 7, 1)
    assert count_open_cases(town.actor("grid3"))["open"] == 0
