"""The demonstration town: the next run completes an interrupted one, and every home page lists some work."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from django.test import Client

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.selectors.home import list_waiting
from jiedao.demo.commands import PACK, make_town
from jiedao.demo.generator import PAST_TO
from jiedao.demo.tests.numbers import find_faults, list_linked_numbers, open_page
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import find_actor, make_actor, make_system_actor
from jiedao.orgs.models import Holding
from jiedao.projects.models import Obstacle, Progress
from jiedao.projects.models.promises import Campaign, CampaignEntry, Pledge, PledgeMove, PledgeState
from jiedao.projects.selectors.campaigns import read_campaign_status
from jiedao.registers.catalogue import register_info
from jiedao.registers.models import Finding, FindingState, Inspection, InspectionKind, InspectionState, Record
from jiedao.registers.selectors.counting import RecordCount, count_groups
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.inspection_filters import FINDING_COUNTS, INSPECTION_COUNTS, InspectionFilters
from jiedao.registers.selectors.inspections import (
    count_inspections,
    find_waiting_inspections,
    read_chain,
    read_inspection_page,
)
from jiedao.testing.html import Node

pytestmark = pytest.mark.django_db
PAST_CASES, BATCH = 60, 20
CASEWORKERS = {"wangge", "shouli", "paiqian", "chuzhi", "huanwei", "hecha", "zhiban", "huifang", "lingdao"}


@dataclass(frozen=True)
class Runs:
    """What was in the database after each of three runs."""

    interrupted_cases: int
    finished: list[int]
    repeated: list[int]


def interrupt(_count: float | None) -> None:
    """Raise KeyboardInterrupt once two batches are written."""
    if Case.objects.count() >= 2 * BATCH:
        raise KeyboardInterrupt


def count_rows() -> list[int]:
    tables = (Case, Record, Inspection, Finding, Progress, Obstacle, CampaignEntry, PledgeMove, Entry)
    return [table.objects.count() for table in tables]


@pytest.fixture(scope="module", autouse=True)
def runs(module_database: Callable[[], AbstractContextManager[None]]) -> Runs:
    """Make the town in three runs: the first is interrupted, the second finishes it, the third changes nothing."""
    with module_database():
        forget_all()
        with pytest.raises(KeyboardInterrupt):
            make_town(PACK, past_cases=PAST_CASES, batch=BATCH, progress=interrupt)
        interrupted_cases = Case.objects.count()
        make_town(PACK, past_cases=PAST_CASES, batch=BATCH)
        finished = count_rows()
        make_town(PACK, past_cases=PAST_CASES, batch=BATCH)
        return Runs(interrupted_cases, finished, count_rows())


def test_an_interrupted_run_is_finished_by_the_next(runs: Runs) -> None:
    past = Case.objects.filter(reported_date__lte=PAST_TO)
    assert runs.interrupted_cases == 2 * BATCH
    assert past.count() == len(set(past.values_list("detail", flat=True))) == PAST_CASES


def test_a_further_run_changes_nothing(runs: Runs) -> None:
    assert runs.repeated == runs.finished


def test_the_stock_campaign_shows_the_amount_of_the_half_year_report() -> None:
    info = register_info("illegal_stock")
    assert info is not None
    half_year_end = date(2020, 6, 30)
    filters = RecordFilters(values={"settled": "是"})
    disposed = count_groups(make_system_actor(), info, filters, {}, as_of=half_year_end, sum_of="area_m2")
    status = read_campaign_status(make_system_actor(), Campaign.objects.get(key="stock"), half_year_end)
    assert disposed == {(): RecordCount(168, 322_800)}
    assert (f"{status.done:.2f}", f"{status.target:.2f}") == ("32.28", "35.42")
    assert round(100 * status.share, 1) == 91.1


def test_projects_have_open_obstacles_and_promises_are_in_every_state() -> None:
    assert Obstacle.objects.open().count() == 3
    assert set(Pledge.objects.values_list("state", flat=True)) == set(PledgeState.values)


def test_the_cases_of_today_are_in_every_state_and_none_is_in_the_future() -> None:
    states = Counter(Case.objects.filter(reported_date__gt=PAST_TO).values_list("state", flat=True))
    assert set(states) == set(State.values)
    assert 180 <= sum(states.values()) <= 230
    assert not Case.objects.filter(reported_at__gt=clock.now()).exists()


def test_every_caseworker_has_waiting_work() -> None:
    holdings = Holding.objects.filter(user__is_demo=True).select_related("user", "post__unit__area")
    waiting = {holding.user.username: list_waiting(make_actor(holding)) for holding in holdings}
    assert [name for name in sorted(CASEWORKERS) if not waiting[name]] == []


def test_the_grid_worker_has_inspections_today_and_tomorrow_a_recheck_and_missed_ones() -> None:
    today = clock.today()
    holding = Holding.objects.select_related("user", "post__unit__area").get(user__username="wangge")
    rows, total = find_waiting_inspections(make_actor(holding), today)
    assert total == 6
    assert [(row.due_date - today).days for row in rows[:2]] == [0, 1]
    assert Counter(row.kind for row in rows) == {InspectionKind.ROUND: 5, InspectionKind.RECHECK: 1}
    missed = Inspection.objects.filter(state=InspectionState.MISSED, record__in=[row.record for row in rows])
    assert missed.exists()


@pytest.mark.parametrize("register", ["rental_buildings", "small_premises", "markets"])
def test_the_figures_of_inspections_are_the_lengths_of_their_lists(register: str) -> None:
    today = clock.today()
    filters = InspectionFilters(register=register, start=today - timedelta(days=30), end=today)
    figures = count_inspections(make_system_actor(), filters)
    for name in (*INSPECTION_COUNTS, *FINDING_COUNTS):
        page = read_inspection_page(make_system_actor(), replace(filters, show=name))
        assert getattr(figures, name) == page.total, name
    assert min(figures.due, figures.done, figures.missed, figures.failed, figures.items) > 0


def test_planned_inspections_start_today_and_are_spread_over_days() -> None:
    due_dates = Inspection.objects.filter(state=InspectionState.DUE).values_list("due_date", flat=True)
    per_day = Counter(due_dates)
    assert min(due_dates) == clock.today()
    assert max(per_day.values()) < 0.03 * per_day.total()


def test_failed_items_are_resolved_and_checked_by_others_than_their_finder() -> None:
    assert {State.FILED, State.HANDLING, State.DONE} == set(
        Finding.objects.values_list("case__state", flat=True)
    )
    resolved = Finding.objects.filter(state=FindingState.RIGHT).select_related("case", "inspection")
    assert resolved
    for finding in resolved:
        (recheck,) = read_chain(finding.pk).rechecks
        assert (recheck.state, recheck.planned_date) == (InspectionState.DUE, finding.right_date)
        assert finding.found_date < finding.right_date <= clock.today()
        moves = {row.move: row.actor_label for row in finding.case.moves.all()}
        assert len({finding.inspection.done_label, moves["HANDLE"], moves["CHECK_PASS"]}) == 3


OWN_PAGES = {"/desk/": "", "/desk/dispatcher/": "cases.case:dispatch"}
SCOPED_PAGES = {
    "/desk/board/": "cases.board:view",
    "/desk/registers/": "registers.record:view",
    "/desk/inspections/": "registers.record:view",
    "/desk/promises/": "projects.promise:view",
    "/desk/promises/pledges/": "projects.promise:view",
    "/desk/projects/": "projects.project:view",
}


def sign_in(username: str) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(
        User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.mark.parametrize("username", sorted(CASEWORKERS | {"chengjian", "guanli"}))
def test_every_linked_number_is_that_of_the_list_it_opens(username: str) -> None:
    client, actor = sign_in(username), find_actor(User.objects.get(username=username))
    assert actor is not None
    # Whoever sees the complete town sees the same lists, so that one of them opens these for all.
    scoped = SCOPED_PAGES if not actor.sees_town or username == "lingdao" else {}
    rights = OWN_PAGES | scoped
    pages = [url for url, right in rights.items() if not right or actor.can(right)]
    known: dict[str, Node] = {}
    numbers = [number for url in pages for number in list_linked_numbers(url, open_page(client, url))]
    assert find_faults(client, numbers, known) == []
    assert len(numbers) > 5 or not actor.can("cases.case:view")


def test_the_board_of_the_half_year_opens_what_it_counts() -> None:
    client, url = sign_in("lingdao"), "/desk/board/?period=2020H1&by=channel&all=1"
    numbers = list_linked_numbers(url, open_page(client, url))
    assert find_faults(client, numbers, {}) == []
    assert len(numbers) > 100
