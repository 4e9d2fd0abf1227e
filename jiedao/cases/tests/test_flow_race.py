"""Two users press at once: one wins, the other is refused, nothing is written twice."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from jiedao.audit.models import Entry
from jiedao.cases import jobs
from jiedao.cases.access import get_case
from jiedao.cases.models import Assignment, Case, Clock
from jiedao.cases.moves.perform import perform
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.testing.cast import make_town, walk
from jiedao.testing.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_dispatchers_one_wins() -> None:
    town = make_town()
    case = walk(town, to="FILED")
    actors = [town.actor("dispatcher"), town.actor("shift")]
    units = [town.units["URBAN"].pk, town.units["WATER"].pk]

    def press(n: int) -> Callable[[], object]:
        return lambda: perform(actors[n], case.pk, "DISPATCH", version=case.version, data={"unit": units[n]})

    results = run_at_once(press(0), press(1))
    winners = [row for row in results if isinstance(row, Case)]
    assert len(winners) == 1, results
    assert sum(isinstance(row, Stale) for row in results) == 1
    case.refresh_from_db()
    assert case.moves.filter(move="DISPATCH").count() == 1
    assert Assignment.objects.get(case=case).unit_id == case.lead_unit_id
    assert Clock.objects.filter(case=case, stage="HANDLE", stopped_at__isnull=True).count() == 1
    assert Entry.objects.filter(action="cases.case:dispatch", object_id=case.pk).count() == 1
    assert connection.vendor in {"sqlite", "postgresql"}


def test_of_two_crosswise_merges_one_wins_and_the_other_is_refused() -> None:
    town = make_town()
    pair = [walk(town, to="FILED"), walk(town, to="FILED")]
    actors = [town.actor("dispatcher"), town.actor("shift")]

    def press(n: int) -> Callable[[], object]:
        return lambda: perform(actors[n], pair[n].pk, "MERGE", data={"into": pair[1 - n].number})

    results = run_at_once(press(0), press(1))
    assert sum(isinstance(row, Case) for row in results) == 1, results
    assert sum(isinstance(row, UserError) for row in results) == 1, results
    assert Case.objects.filter(state="MERGED").count() == 1


def test_a_move_waits_for_another_one_in_progress() -> None:
    """The second must not meet the clocks that the first is writing: no user would understand that refusal."""
    town = make_town()
    actors = [town.actor("handler"), town.actor("dispatcher")]
    other = town.units["WATER"].pk
    for _round in range(8):
        case = walk(town, to="HANDLING")
        results = run_at_once(
            lambda case=case: perform(actors[0], case.pk, "HANDLE", data={"result": "已清运。"}),
            lambda case=case: perform(
                actors[1], case.pk, "REDISPATCH", data={"unit": other, "note": "换一家"}
            ),
        )
        assert all(isinstance(row, Case | UserError) for row in results), results
        assert any(isinstance(row, Case) for row in results), results


def test_the_clock_job_and_a_move_do_not_deadlock() -> None:
    """The job locks the clock and then writes to the timeline of the case; a move locks the case and then the clock."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time: there is no circle")
    town = make_town()
    case = walk(town, to="HANDLING")
    row = Clock.objects.get(case=case, stage="HANDLE", stopped_at__isnull=True)
    locked, job_ended = threading.Event(), threading.Event()

    def move() -> object:
        with transaction.atomic():
            get_case(town.actor("handler"), case.pk, for_change=True)
            locked.set()
            job_ended.wait(timeout=5)
            return Clock.objects.filter(pk=row.pk).update(stopped_at=clock.now())

    def run_job() -> object:
        locked.wait(timeout=5)
        with clock.at(row.due_at + timedelta(minutes=1)):
            assert jobs.watch_clocks() == 1
        job_ended.set()
        return True

    assert run_at_once(move, run_job) == [1, True]
    assert case.moves.filter(move="OVERDUE").count() == 1
