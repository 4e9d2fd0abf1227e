"""Reading, writing and comparing periods."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.kernel import periods
from jiedao.kernel.errors import UserError

# A slow machine must not fail these tests.
BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", date(2020, 1, 1), date(2020, 12, 31)),
        ("2020H1", date(2020, 1, 1), date(2020, 6, 30)),
        ("2020h2", date(2020, 7, 1), date(2020, 12, 31)),
        ("2020Q2", date(2020, 4, 1), date(2020, 6, 30)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2020-01..2020-05", date(2020, 1, 1), date(2020, 5, 31)),
        ("2020-W23", date(2020, 6, 1), date(2020, 6, 7)),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 3)),
        ("2020-05-04", date(2020, 5, 4), date(2020, 5, 4)),
        ("2020-05-04..2020Q2", date(2020, 5, 4), date(2020, 6, 30)),
    ],
)
def test_a_period_covers_its_days(text: str, first: date, last: date) -> None:
    period = periods.parse_period(text)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["", "2020H3", "2020Q5", "2020-13", "2020-02-30", "2019-W53", "May", "2020-05..", "1999", "2020..2019"],
)
def test_an_invalid_text_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UserError) as caught:
        periods.parse_period(text)
    assert str(caught.value.hint)


def test_a_period_starts_and_ends_at_local_midnight() -> None:
    period = periods.parse_period("2020-05-04")
    assert period.start_at.isoformat() == "2020-05-04T00:00:00+08:00"
    assert period.end_at.isoformat() == "2020-05-05T00:00:00+08:00"


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2020", "2019"),
        ("2020H1", "2019H2"),
        ("2020Q1", "2019Q4"),
        ("2020-03", "2020-02"),
        ("2020-05-04", "2020-05-03"),
        ("2020-W02", "2020-W01"),
        ("2020-03-11..2020-03-20", "2020-03-01..2020-03-10"),
    ],
)
def test_the_previous_period_has_the_same_kind_or_length(text: str, before: str) -> None:
    previous = periods.parse_period(text).previous()
    assert previous is not None
    assert previous.text == before


def test_all_time_and_the_first_year_have_no_previous_period() -> None:
    assert periods.all_time().previous() is None
    assert periods.parse_period("2000").previous() is None


@pytest.mark.parametrize(
    "days", [(date(1, 1, 1), None), (None, date(9999, 12, 31)), (date(2100, 1, 1), None)]
)
def test_days_outside_the_calendar_are_refused(days: tuple[date | None, date | None]) -> None:
    with pytest.raises(UserError, match="2099"):
        periods.build_open_period(*days)


def test_open_ends_extend_to_the_year_2000_and_to_today() -> None:
    assert periods.build_open_period(None, None).text == "all"
    assert periods.build_open_period(None, date(2020, 1, 2)).first == periods.FIRST
    assert periods.build_open_period(date(2020, 1, 2), None).last == periods.today()
    with pytest.raises(UserError):
        periods.build_open_period(date(2020, 1, 2), date(2020, 1, 1))


@BUSY
@given(st.dates(periods.FIRST, periods.LAST - timedelta(days=400)), st.integers(0, 400))
def test_parsing_the_text_of_a_period_returns_the_period(first: date, more: int) -> None:
    period = periods.build_period(first, first + timedelta(days=more))
    assert periods.parse_period(period.text) == period


@BUSY
@given(st.dates(date(2001, 1, 15), date(2098, 1, 1)))
def test_every_kind_of_period_contains_its_day(day: date) -> None:
    for around in (periods.year_of, periods.half_of, periods.quarter_of, periods.month_of, periods.week_of):
        period = around(day)
        assert period.first <= day <= period.last
        assert periods.parse_period(period.text) == period


def test_a_half_year_has_six_months_and_months_stop_at_today() -> None:
    months = periods.list_months(periods.parse_period("2020H1"))
    assert [month.text for month in months] == [f"2020-{number:02d}" for number in range(1, 7)]
    assert periods.list_months(periods.all_time(), 3)[-1] == periods.month_of(periods.today())


def test_periods_up_to_a_period_end_with_the_period() -> None:
    assert [period.text for period in periods.list_periods_up_to(periods.parse_period("2020-02"), 3)] == [
        "2019-12",
        "2020-01",
        "2020-02",
    ]
    assert len(periods.list_periods_up_to(periods.all_time())) == 1


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2021", "2020"),
        ("2021H1", "2020H1"),
        ("2021Q4", "2020Q4"),
        ("2021-05", "2020-05"),
        ("2021-W23", "2020-W23"),
        ("2020-W53", "2019-W52"),
        ("2020-02-29", "2019-02-28"),
        ("2020-02", "2019-02"),
        ("2021-05-04..2021-05-20", "2020-05-04..2020-05-20"),
        ("2019-12-15..2020-02-29", "2018-12-15..2019-02-28"),
    ],
)
def test_the_year_before_has_the_same_days(text: str, before: str) -> None:
    year_before = periods.parse_period(text).year_before()
    assert year_before is not None
    assert year_before.text == before


def test_nothing_lies_a_year_before_all_time_and_the_first_year() -> None:
    assert periods.all_time().year_before() is None
    assert periods.parse_period("2000-05").year_before() is None


def test_first_days_of_a_period_are_at_most_all_of_them() -> None:
    may = periods.parse_period("2020-05")
    assert [may.take_days(days).text for days in (1, 15, 31, 400)] == [
        "2020-05-01",
        "2020-05-01..2020-05-15",
        "2020-05",
        "2020-05",
    ]
