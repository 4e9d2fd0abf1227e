"""Stored counts stay right when cases are filed and moved while a worker counts, and when it dies in the middle.

On SQLite a step holds the write lock, so nothing is written meanwhile.
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections

from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.models import CountChange, StoredCount
from jiedao.cases.selectors.counting import count_measures
from jiedao.cases.selectors.measures import MEASURES
from jiedao.cases.stored_counts import reading, updating
from jiedao.cases.stored_counts.reading import count_cases
from jiedao.cases.stored_counts.updating import update_counts
from jiedao.cases.stored_counts.verifying import find_differences
from jiedao.cases.tests.test_board import NOON, at
from jiedao.kernel import clock, periods
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town, make_move, make_town, walk

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"),
]
MAY = periods.parse_period("2020-05")


def run_beside(action: Callable[[], object]) -> None:
    """Run an action in another thread, with a connection of its own, and wait for its end."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            with clock.at(NOON):
                action()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    if faults:
        raise faults[0]


def file_late(town: Town) -> None:
    new = NewCase(channel="HOTLINE", subject="垃圾", detail="有垃圾", reported_at=at(4))
    file_case(new, actor=town.actor("registrar"))


def interrupt(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, action: Callable[[], object]
) -> list[int]:
    """Let a function of a module run an action beside it, the first time after it has done its work."""
    real, runs = getattr(module, name), list[int]()

    def call(*args: Any, **options: Any) -> Any:
        result = real(*args, **options)
        if not runs and threading.current_thread() is threading.main_thread():
            runs.append(1)
            run_beside(action)
        return result

    monkeypatch.setattr(module, name, call)
    return runs


def check_equal() -> None:
    actor = make_system_actor()
    for splits in ((), ("unit",)):
        read, counted = (count(actor, MEASURES, MAY, splits) for count in (count_cases, count_measures))
        assert {code: dict(cells) for code, cells in read.cells.items()} == counted.cells
    assert list(find_differences()) == []


def test_a_case_that_is_moved_while_the_worker_counts_is_added_once(monkeypatch: pytest.MonkeyPatch) -> None:
    town = make_town()
    with clock.at(at(5)):
        case = walk(town, to="HANDLING")
    with clock.at(NOON):

        def move() -> None:
            file_late(town)
            make_move(town, "handler", case, "RETURN", reason="NOT_OURS", note="不归我们管")

        runs = interrupt(monkeypatch, updating, "count_days", move)
        update_counts(steps=1)
        assert runs
        assert CountChange.objects.exists()
        check_equal()
        update_counts()
        assert not CountChange.objects.exists()
        check_equal()


def test_a_change_that_commits_while_changes_are_settled_waits_for_the_next_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    town = make_town()
    with clock.at(NOON):
        update_counts()
        file_late(town)
        runs = interrupt(monkeypatch, updating, "read_pending", lambda: file_late(town))
        update_counts(steps=1)
        assert runs
        assert CountChange.objects.count() == 1
        check_equal()
        update_counts()
        check_equal()


def test_of_two_workers_one_discards_what_it_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    town = make_town()
    with clock.at(NOON):
        update_counts()
        file_late(town)

        def work() -> None:
            file_late(town)
            update_counts()

        runs = interrupt(monkeypatch, updating, "read_pending", work)
        update_counts()
        assert runs
        check_equal()
        update_counts()
        check_equal()
        assert count_cases(make_system_actor(), ["reported"], MAY).cells["reported"] == {(): 2}


def test_a_worker_that_dies_while_it_writes_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    town = make_town()
    with clock.at(NOON):
        update_counts()
        file_late(town)

        def die(*_args: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(updating, "group_by_month", die)
            with pytest.raises(KeyboardInterrupt):
                update_counts()
        assert not StoredCount.objects.filter(counts__reported__gt=0).exists()
        assert CountChange.objects.count() == 1
        check_equal()
        update_counts()
        check_equal()


def test_a_reader_sees_one_state_while_the_worker_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    town = make_town()
    with clock.at(NOON):
        update_counts()
        file_late(town)

        def settle() -> None:
            update_counts()
            file_late(town)

        runs = interrupt(monkeypatch, reading, "read_pending", settle)
        assert count_cases(make_system_actor(), ["reported"], MAY).cells["reported"] == {(): 1}
        assert runs
        assert not connection.in_atomic_block
        assert count_cases(make_system_actor(), ["reported"], MAY).cells["reported"] == {(): 2}
        check_equal()
