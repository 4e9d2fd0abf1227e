"""Working time compared with a slow implementation that counts minute by minute."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import takewhile
from zoneinfo import ZoneInfo

import chinese_calendar
from hypothesis import given
from hypothesis import strategies as st

from jiedao.kernel.worktime import Limit, LimitUnit, WorkCalendar

TOWN = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
Hours = list[tuple[time, time]]
HOURS: list[Hours] = [
    [(time(9), time(12)), (time(14), time(18))],
    [(time(8, 30), time(11, 45)), (time(13, 15), time(17, 30)), (time(19), time(20))],
    [(time(0, 1), time(23, 59))],
]
# make-up days, long holidays, the end of a year, the last known year
ANCHORS = [date(2020, 1, 18), date(2025, 1, 25), date(2026, 2, 12), date(2026, 9, 19), date(2026, 9, 30)]
ANCHORS += [date(2025, 12, 30), date(2026, 12, 29), date(2027, 12, 30), date(2024, 2, 28)]


@cache
def is_national_workday(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


class MinuteCounter:
    """An office whose time is counted minute by minute, in naive local time."""

    def __init__(self, hours: Hours, days: dict[date, bool]) -> None:
        self.hours, self.days = hours, days

    def is_workday(self, day: date) -> bool:
        return self.days[day] if day in self.days else is_national_workday(day)

    def works(self, moment: datetime) -> bool:
        clock = moment.time()
        return any(opens <= clock < closes for opens, closes in self.hours) and self.is_workday(moment.date())

    def minutes(self, start: datetime) -> Iterator[datetime]:
        """Yield the working minutes from the start on."""
        while True:
            if not any(opens <= start.time() < closes for opens, closes in self.hours):
                start += MINUTE
            elif not self.is_workday(start.date()):
                start = datetime.combine(start.date() + DAY, time())
            else:
                yield start
                start += MINUTE

    def after(self, start: datetime, minutes: int) -> datetime:
        for count, minute in enumerate(self.minutes(start), 1):
            if count == minutes:
                return minute + MINUTE
        raise AssertionError

    def add(self, start: datetime, limit: Limit) -> datetime:
        if limit.unit == LimitUnit.NATURAL_HOURS:
            return start + timedelta(hours=limit.amount)
        if limit.unit == LimitUnit.WORKING_HOURS:
            return self.after(start, limit.amount * 60)
        moment = next(self.minutes(start))
        for _ in range(limit.amount):
            moment += DAY
            while not self.is_workday(moment.date()):
                moment += DAY
        return moment

    def between(self, start: datetime, end: datetime) -> int:
        return sum(1 for _ in takewhile(lambda minute: minute < end, self.minutes(start)))

    def resume(self, due: datetime, paused: datetime, resumed: datetime, unit: LimitUnit) -> datetime:
        if paused >= due:
            return due
        if unit == LimitUnit.NATURAL_HOURS:
            return due + (resumed - paused)
        if due >= resumed and self.between(paused, resumed) == 0:
            return due
        left = self.between(paused, due)
        if unit == LimitUnit.WORKING_HOURS and left:
            return self.after(resumed, left)
        moments = self.minutes(resumed)
        for _ in range(left):
            next(moments)
        return next(moments)


days_near = st.dictionaries(st.integers(0, 12), st.booleans(), max_size=4)
starts = st.tuples(st.sampled_from(ANCHORS), st.integers(0, 4 * 1440))
pauses = st.tuples(st.integers(0, 5 * 1440), st.integers(0, 5 * 1440))
limits = st.one_of(
    st.builds(Limit, st.integers(1, 72), st.just(LimitUnit.NATURAL_HOURS)),
    st.builds(Limit, st.integers(1, 30), st.just(LimitUnit.WORKING_HOURS)),
    st.builds(Limit, st.integers(1, 8), st.just(LimitUnit.WORKING_DAYS)),
)


def make_offices(hours: Hours, anchor: date, days: dict[int, bool]) -> tuple[WorkCalendar, MinuteCounter]:
    overrides = {anchor + timedelta(days=offset): works for offset, works in days.items()}
    return WorkCalendar(hours, overrides), MinuteCounter(hours, overrides)


def make_aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=TOWN)


@given(st.sampled_from(HOURS), days_near, starts, limits)
def test_add_agrees_with_counting_minutes(hours, days, start, limit):
    fast, slow = make_offices(hours, start[0], days)
    moment = datetime.combine(start[0], time()) + start[1] * MINUTE
    assert fast.add(make_aware(moment), limit).at == make_aware(slow.add(moment, limit))


@given(st.sampled_from(HOURS), days_near, starts, st.integers(0, 10 * 1440))
def test_between_agrees_with_counting_minutes(hours, days, start, length):
    fast, slow = make_offices(hours, start[0], days)
    moment = datetime.combine(start[0], time()) + start[1] * MINUTE
    end = moment + length * MINUTE
    assert fast.between(make_aware(moment), make_aware(end)) == 60 * slow.between(moment, end)
    assert fast.between(make_aware(end), make_aware(moment)) == -60 * slow.between(moment, end)


@given(st.sampled_from(HOURS), days_near, starts, limits, pauses)
def test_resume_agrees_with_counting_minutes(hours, days, start, limit, pause):
    fast, slow = make_offices(hours, start[0], days)
    moment = datetime.combine(start[0], time()) + start[1] * MINUTE
    due = slow.add(moment, limit)
    paused = moment + pause[0] * MINUTE
    resumed = paused + pause[1] * MINUTE
    resumed_due = fast.resume(make_aware(due), make_aware(paused), make_aware(resumed), limit.unit).at
    assert resumed_due == make_aware(slow.resume(due, paused, resumed, limit.unit))


@given(starts, st.integers(0, 86_400_000_000), limits)
def test_the_elapsed_time_at_the_deadline_equals_the_limit(start, micros, limit):
    office = WorkCalendar()
    moment = make_aware(datetime.combine(start[0], time()) + timedelta(microseconds=micros))
    shown = office.elapsed(moment, office.add(moment, limit).at, limit.unit)
    seconds = 3600.0 if limit.unit != LimitUnit.WORKING_DAYS else 7 * 3600.0
    assert shown == limit.amount * seconds


@given(starts, limits, st.integers(0, 300_000), st.integers(0, 300_000))
def test_a_pause_does_not_change_the_time_left(start, limit, until_pause, pause):
    office = WorkCalendar()
    moment = make_aware(datetime.combine(start[0], time()))
    due = office.add(moment, limit).at
    paused = moment + timedelta(seconds=until_pause)
    resumed = paused + timedelta(seconds=pause)
    left = office.remaining(paused, due, limit.unit)
    resumed_due = office.resume(due, paused, resumed, limit.unit).at
    assert left <= 0 or office.remaining(resumed, resumed_due, limit.unit) == left


@given(starts, st.integers(0, 86_400_000_000), limits, st.floats(0, 1))
def test_a_share_of_the_limit_is_counted_in_its_unit(start, micros, limit, share):
    office = WorkCalendar()
    moment = make_aware(datetime.combine(start[0], time()) + timedelta(microseconds=micros))
    due = office.add(moment, limit).at
    moment_of_share = office.part(moment, due, share, limit.unit)
    assert moment <= moment_of_share <= due
    limit_seconds = office.elapsed(moment, due, limit.unit)
    assert abs(office.elapsed(moment, moment_of_share, limit.unit) - limit_seconds * share) < 0.001
