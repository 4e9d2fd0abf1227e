from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from jiedao.kernel.worktime import Limit, LimitUnit, WorkCalendar, list_national_days

TOWN = ZoneInfo("Asia/Shanghai")
OFFICE = WorkCalendar()


def make_local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOWN)


def add_limit(start: str, limit: str, office: WorkCalendar = OFFICE) -> str:
    return f"{office.add(make_local(start), Limit.parse(limit)).at.astimezone(TOWN):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "limit", "end"),
    [
        ("2026-11-23 10:00", "24h", "2026-11-24 10:00"),
        ("2026-11-23 10:00", "1wh", "2026-11-23 11:00"),
        ("2026-11-23 11:30", "1wh", "2026-11-23 14:30"),  # across lunch
        ("2026-11-23 14:00", "4wh", "2026-11-23 18:00"),  # runs out as the office closes
        ("2026-11-23 16:00", "4wh", "2026-11-24 11:00"),
        ("2026-11-27 17:00", "2wh", "2026-11-30 10:00"),  # across the weekend
        ("2026-11-28 03:00", "1wh", "2026-11-30 10:00"),  # starts on Saturday night
        ("2026-11-23 10:20", "1wd", "2026-11-24 10:20"),
        ("2026-11-23 18:00", "1wd", "2026-11-25 09:00"),  # closing time counts as the next opening
        ("2026-11-23 12:30", "1wd", "2026-11-24 14:00"),
        ("2026-11-23 00:00", "1wd", "2026-11-24 09:00"),
        ("2026-09-30 10:00", "1wd", "2026-10-08 10:00"),  # National Day
        ("2026-10-09 17:30", "1wd", "2026-10-10 17:30"),  # make-up Saturday
        ("2026-02-13 15:00", "2wd", "2026-02-24 15:00"),  # make-up Saturday, then Spring Festival
        ("2025-12-31 16:00", "4wh", "2026-01-04 11:00"),  # the year's end and a make-up Sunday
    ],
)
def test_add_counts_office_time(start, limit, end):
    assert add_limit(start, limit) == end


def test_a_deadline_in_a_year_without_holidays_is_provisional():
    assert OFFICE.add(make_local("2026-12-31 10:00"), Limit.parse("1wd")).provisional
    assert not OFFICE.add(make_local("2026-12-30 10:00"), Limit.parse("1wd")).provisional
    assert not OFFICE.add(make_local("2026-12-31 10:00"), Limit.parse("48h")).provisional


def test_an_override_makes_its_year_known():
    office = WorkCalendar(days={date(2027, 1, 1): False})
    end = office.add(make_local("2026-12-31 10:00"), Limit.parse("1wd"))
    assert (end.at, end.provisional) == (make_local("2027-01-04 10:00"), False)


def test_resume_restores_the_time_that_was_left():
    due_at = OFFICE.add(make_local("2026-11-23 09:00"), Limit.parse("5wh")).at
    end = OFFICE.resume(
        due_at, make_local("2026-11-23 11:00"), make_local("2026-11-26 16:00"), LimitUnit.WORKING_HOURS
    )
    assert end.at == make_local("2026-11-27 10:00")


def test_a_pause_over_night_does_not_move_the_deadline():
    due_at = OFFICE.add(make_local("2026-11-23 17:00"), Limit.parse("1wd")).at
    end = OFFICE.resume(
        due_at, make_local("2026-11-23 20:00"), make_local("2026-11-24 08:00"), LimitUnit.WORKING_DAYS
    )
    assert end.at == due_at


def test_an_overdue_clock_stays_overdue_after_a_pause():
    due_at = make_local("2026-11-23 11:00")
    for unit in LimitUnit:
        assert (
            OFFICE.resume(due_at, make_local("2026-11-23 15:00"), make_local("2026-11-25 15:00"), unit).at
            == due_at
        )


def test_remaining_is_negative_once_overdue():
    assert (
        OFFICE.remaining(
            make_local("2026-11-23 11:00"), make_local("2026-11-23 15:00"), LimitUnit.WORKING_HOURS
        )
        == 7200
    )
    assert (
        OFFICE.remaining(
            make_local("2026-11-23 15:00"), make_local("2026-11-23 11:00"), LimitUnit.WORKING_HOURS
        )
        == -7200
    )
    assert (
        OFFICE.remaining(
            make_local("2026-11-23 11:00"), make_local("2026-11-23 15:00"), LimitUnit.NATURAL_HOURS
        )
        == 14400
    )


def test_deadlines_are_utc():
    assert OFFICE.add(make_local("2026-11-23 09:00"), Limit.parse("1wh")).at.tzinfo is UTC


@pytest.mark.parametrize("text", ["4wh", "2wd", "24h", "9999h"])
def test_parsing_the_text_of_a_limit_returns_the_limit(text):
    assert str(Limit.parse(text)) == text


@pytest.mark.parametrize("text", ["", "4", "0h", "-1wd", "4 wd", "1.5h", "10000h", "4d", "４wh"])
def test_an_invalid_limit_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="4wh"):
        Limit.parse(text)


@pytest.mark.parametrize("amount", [0, -1, 10_000])
def test_an_amount_outside_1_to_9999_is_refused(amount):
    with pytest.raises(ValueError, match="9999"):
        Limit(amount, LimitUnit.NATURAL_HOURS)


def test_a_limit_has_a_label():
    assert Limit.parse("4wh").label.startswith("4 ")


@pytest.mark.parametrize(
    "hours",
    [[], [(time(9), time(9))], [(time(12), time(9))], [(time(9), time(12)), (time(11), time(18))]],
)
def test_impossible_hours_are_refused(hours):
    with pytest.raises(ValueError, match="office hours"):
        WorkCalendar(hours=hours)


def test_an_office_that_never_works_is_refused():
    no_days = {day: False for year in range(2004, 2027) for day in list_national_days(year)}
    with pytest.raises(ValueError, match="working day"):
        WorkCalendar(days=no_days, weekdays=())


@pytest.mark.parametrize("moment", ["1991-12-31 12:00", "2100-01-01 00:00"])
def test_a_moment_outside_the_calendar_is_refused(moment):
    with pytest.raises(ValueError, match="1992-2099"):
        OFFICE.add(make_local(moment), Limit.parse("1wh"))
    with pytest.raises(ValueError, match="1992-2099"):
        OFFICE.is_workday(make_local(moment).date())


def test_a_deadline_outside_the_calendar_is_refused():
    with pytest.raises(ValueError, match="1992-2099"):
        OFFICE.add(make_local("2099-12-30 12:00"), Limit.parse("9999wd"))


def test_national_days_have_chinese_names():
    days = list_national_days(2026)
    assert days[date(2026, 10, 1)] == (False, "国庆节")
    assert days[date(2026, 10, 10)] == (True, "国庆节")
    assert list_national_days(2027) == {}


def test_the_position_of_a_working_day_is_an_integer() -> None:
    office = WorkCalendar()
    friday, saturday, monday = date(2026, 9, 11), date(2026, 9, 12), date(2026, 9, 14)
    at = office.position(friday)
    assert (office.position(saturday), office.position(monday)) == (at + 1, at + 1)
    assert (office.workday(at), office.workday(at + 1)) == (friday, monday)
    with pytest.raises(ValueError, match="outside the calendar"):
        office.workday(-1)
