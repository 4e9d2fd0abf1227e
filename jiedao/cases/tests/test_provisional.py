"""Provisional deadlines: counted by weekdays while a year's days are unknown, counted again once they are entered."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from jiedao.audit.models import Entry
from jiedao.cases import jobs
from jiedao.cases.models import Assignment, Case, Clock, ExtensionRequest
from jiedao.kernel import calendar, clock
from jiedao.kernel.worktime import NATIONAL_YEARS
from jiedao.orgs import office
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db
YEAR = NATIONAL_YEARS[-1] + 1  # the first year without published holidays


def at(year: int, month: int, day: int, hour: int = 10) -> datetime:
    return datetime(year, month, day, hour, tzinfo=clock.TOWN_TZ)


EVE = at(YEAR - 1, 12, 31)  # every limit in working days crosses into the unknown year


@pytest.fixture(autouse=True)
def forget_calendar() -> Iterator[None]:
    yield
    calendar.invalidate()


def start_handling(town: Town) -> tuple[Case, Clock]:
    case = walk(town, to="HANDLING")
    return case, find_handle_clock(case)


def find_handle_clock(case: Case) -> Clock:
    return Clock.objects.get(case=case, stage="HANDLE", stopped_at__isnull=True, assignment=None)


def enter_days_off(*days: int) -> None:
    """Enter days of January of the unknown year as days off, without an entry of the audit, as a pack does."""
    for day in days:
        calendar.set_day(date(YEAR, 1, day), is_workday=False, name="元旦")
    calendar.invalidate()


def test_mark_and_date_settle_once_the_days_are_entered(town: Town) -> None:
    with clock.at(EVE):
        case, row = start_handling(town)
        case.refresh_from_db()
        assert (row.provisional, case.due_provisional) == (True, True)
        assert jobs.settle_provisional_deadlines() == 0
        before = row.due_at
        enter_days_off(*range(1, 8))
        assert jobs.settle_provisional_deadlines() > 0
        assert jobs.settle_provisional_deadlines() == 0
    row.refresh_from_db()
    case.refresh_from_db()
    days_moved = (row.due_at - before).days
    assert (row.provisional, case.due_provisional, days_moved >= 4) == (False, False, True)
    assert case.due_at == case.handle_due_at == row.due_at
    assert Assignment.objects.get(case=case).due_at == row.due_at
    assert (row.warn_at < row.due_at, row.next_look_at) == (True, row.warn_at)
    data = case.moves.get(move="SETTLED", data__stage="HANDLE").data
    assert (data["due_before"], data["due_at"]) == (before.isoformat(), row.due_at.isoformat())
    assert Entry.objects.filter(action="cases.case:settled", object_id=case.pk).exists()


def test_nothing_settles_while_a_user_is_entering_the_days(town: Town) -> None:
    with clock.at(EVE):
        _case, row = start_handling(town)
        for day in (1, 2):
            office.set_day(actor=make_system_actor(), day=date(YEAR, 1, day), is_workday=False, name="元旦")
        calendar.invalidate()
        assert jobs.settle_provisional_deadlines() == 0
    with clock.at(EVE + timedelta(minutes=61)):
        assert jobs.settle_provisional_deadlines() > 0
    row.refresh_from_db()
    assert not row.provisional


def test_settled_clock_equals_one_that_knew_the_days_from_the_start(town: Town) -> None:
    """Extensions and pauses count as they would have counted."""

    def lengthen(case: Case) -> None:
        with clock.at(EVE + timedelta(minutes=30)):
            make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
            request = ExtensionRequest.objects.get(case=case)
            make_move(town, "shift", case, "GRANT_EXTENSION", request=request.pk)
            review = date(YEAR, 1, 20)
            make_move(town, "shift", case, "SUSPEND", reason="BUDGET", review_date=review, note="等资金")
        with clock.at(at(YEAR, 1, 12, 15)):
            make_move(town, "shift", case, "RESUME")

    with clock.at(EVE):
        first, _row = start_handling(town)
    lengthen(first)
    enter_days_off(1, 11, 13, 14)
    with clock.at(EVE):
        second, _row = start_handling(town)
    lengthen(second)
    with clock.at(at(YEAR, 1, 12, 16)):
        assert jobs.settle_provisional_deadlines() > 0
    settled, known = find_handle_clock(first), find_handle_clock(second)
    assert (settled.due_at, settled.warn_at) == (known.due_at, known.warn_at)
    assert (settled.provisional, known.provisional) == (False, False)


def test_overdue_by_a_day_off_is_overdue_no_more(town: Town) -> None:
    with clock.at(EVE):
        case, row = start_handling(town)
    with clock.at(row.due_at + timedelta(minutes=1)):
        jobs.watch_clocks()
        row.refresh_from_db()
        assert row.overdue_at is not None
        enter_days_off(*range(1, 12))
        jobs.settle_provisional_deadlines()
        row.refresh_from_db()
        assert (row.overdue_at, row.escalated, row.due_at > clock.now()) == (None, 0, True)
    with clock.at(row.due_at + timedelta(minutes=1)):
        jobs.watch_clocks()
    assert case.moves.filter(move="OVERDUE", data__stage="HANDLE").count() == 2


def test_stopped_and_final_clocks_keep_their_deadline(town: Town) -> None:
    with clock.at(EVE):
        stopped, row = start_handling(town)
        make_move(town, "handler", stopped, "HANDLE", result="清了")
        enter_days_off(1, 4, 5)
        jobs.settle_provisional_deadlines()
        due_at = row.due_at
        row.refresh_from_db()
        assert (row.due_at, row.provisional) == (due_at, True)
        final, known = start_handling(town)
        enter_days_off(6, 7, 8)
        jobs.settle_provisional_deadlines()
    assert find_handle_clock(final).due_at == known.due_at
