import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.jobs import enqueue, job, run_pending
from jiedao.kernel.models import Job, OfficeHours, TownClock

MOMENT = datetime(2020, 3, 2, 1, 30, tzinfo=UTC)


def test_now_is_aware_utc():
    assert clock.now().tzinfo is UTC


def test_at_sets_the_time_inside_the_block_only():
    with clock.at(MOMENT):
        assert clock.now() == MOMENT
    assert clock.now() != MOMENT


def test_at_can_be_nested():
    later = MOMENT.replace(hour=5)
    with clock.at(MOMENT):
        with clock.at(later):
            assert clock.now() == later
        assert clock.now() == MOMENT


def test_at_leaves_other_threads_alone():
    moments = []
    with clock.at(MOMENT):
        thread = threading.Thread(target=lambda: moments.append(clock.now()))
        thread.start()
        thread.join()
    assert moments[0] > MOMENT


def test_at_refuses_a_moment_without_a_time_zone():
    with pytest.raises(ValueError, match="time zone"), clock.at(datetime(2020, 3, 2)):  # noqa: DTZ001
        pass


def test_today_is_the_date_in_the_town():
    with clock.at(datetime(2020, 3, 2, 16, 30, tzinfo=UTC)):
        assert clock.today() == date(2020, 3, 3)


@pytest.fixture
def fresh_calendar():
    clock.invalidate()
    yield
    clock.invalidate()


@pytest.mark.django_db
def test_the_cached_calendar_costs_no_query(fresh_calendar, django_assert_num_queries):
    with django_assert_num_queries(2):
        first = clock.get_town_calendar()
    with django_assert_num_queries(0):
        assert clock.get_town_calendar() is first


@pytest.mark.django_db
def test_an_edited_day_overrides_the_national_calendar(fresh_calendar, django_capture_on_commit_callbacks):
    assert clock.get_town_calendar().is_workday(date(2027, 1, 4))
    with django_capture_on_commit_callbacks(execute=True):
        clock.set_day(date(2027, 1, 4), is_workday=False, name="元旦")
    assert not clock.get_town_calendar().is_workday(date(2027, 1, 4))
    with django_capture_on_commit_callbacks(execute=True):
        clock.clear_day(date(2027, 1, 4))
    assert clock.get_town_calendar().is_workday(date(2027, 1, 4))


@pytest.mark.django_db
def test_edited_hours_are_used(fresh_calendar, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        clock.set_hours([(time(13, 30), time(17, 30)), (time(8, 30), time(12))])
    due = clock.get_town_calendar().add(datetime(2026, 11, 23, 0, tzinfo=UTC), clock.Limit.parse("1wh"))
    assert due.at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_overlapping_hours_are_refused_and_nothing_changes():
    clock.set_hours([(time(9), time(17))])
    with pytest.raises(UserError, match="办公时间"):
        clock.set_hours([(time(9), time(12)), (time(11), time(18))])
    assert [str(row) for row in OfficeHours.objects.all()] == ["09:00-17:00"]


@pytest.fixture
def demonstration(db: None) -> Iterator[datetime]:
    """Begin the clock of a demonstration three real days ago; return when it began."""
    began_at = datetime(2020, 6, 30, 1, tzinfo=UTC)
    clock.begin(began_at, clock.real_now() - timedelta(days=3))
    yield began_at
    clock.set_town_time(clock.REAL_TIME)


def test_the_clock_of_a_demonstration_runs_on_from_where_it_began(demonstration: datetime) -> None:
    assert timedelta(0) <= clock.now() - demonstration - timedelta(days=3) < timedelta(minutes=1)
    assert clock.today() == date(2020, 7, 3)
    assert abs(clock.real_now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert abs(clock.to_real(clock.now()) - clock.real_now()) < timedelta(minutes=1)


def test_a_process_reads_the_clock_of_a_demonstration_once(
    demonstration: datetime, django_assert_num_queries
) -> None:
    in_this_process = clock.read_town_time()
    clock.set_town_time(None)  # as in a process that has just started
    with django_assert_num_queries(3):  # a statement and, as the test is in a transaction, its savepoint
        for _call in range(1000):
            clock.now()
    assert clock.read_town_time() == in_this_process


def test_the_clock_does_not_run_while_a_demonstration_is_made(db: None) -> None:
    clock.begin(MOMENT, None)
    try:
        assert clock.read_town_time().stands
        clock.begin(MOMENT, clock.real_now())
        assert not clock.read_town_time().stands
        assert TownClock.objects.count() == 1
    finally:
        clock.set_town_time(clock.REAL_TIME)


def test_a_clock_without_a_time_zone_is_refused(db: None) -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.begin(datetime(2020, 6, 30, 9), None)  # noqa: DTZ001


def test_an_office_has_the_real_time(db: None) -> None:
    clock.set_town_time(None)
    try:
        assert abs(clock.now() - clock.real_now()) < timedelta(minutes=1)
        assert clock.read_town_time() == clock.REAL_TIME
    finally:
        clock.set_town_time(clock.REAL_TIME)


RUNS: list[datetime] = []


@job("test:tell_the_time")
def tell_the_time() -> None:
    RUNS.append(clock.now())


def test_jobs_of_a_demonstration_wait_in_real_time_and_run_in_its_own(demonstration: datetime) -> None:
    RUNS.clear()
    enqueue("test:tell_the_time")
    later = enqueue("test:tell_the_time", run_at=clock.to_real(clock.now() + timedelta(hours=1)))
    run_pending()
    assert [moment.date() for moment in RUNS] == [date(2020, 7, 3)]
    assert Job.objects.get(pk=later).run_at > clock.real_now()
