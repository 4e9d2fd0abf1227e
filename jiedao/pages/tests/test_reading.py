"""Reading numbers, days and periods from the text of an address or a form."""

from datetime import UTC, date, datetime

import pytest

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.pages.reading import (
    read_day,
    read_number,
    read_numbers,
    read_optional_day,
    read_past_day,
    read_period,
)

TODAY = datetime(2020, 6, 30, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        (" 7 ", 7),
        ("0", 0),
        ("9" * 18, int("9" * 18)),
        ("9" * 19, None),
        ("-1", None),
        ("1.5", None),
    ],
)
def test_read_number_accepts_only_integers_that_fit_the_database(text: str, number: int | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize("text", [None, "", " ", "x", "１２", "²", "1\x00"])
def test_read_number_returns_none_for_other_text(text: str | None) -> None:
    assert read_number(text) is None


def test_read_numbers_keeps_the_order_and_leaves_out_other_text() -> None:
    assert read_numbers(["3", "x", "", "1", "3"]) == [3, 1, 3]


def test_read_day_returns_none_for_a_day_that_does_not_exist() -> None:
    assert read_day("2020-06-30") == date(2020, 6, 30)
    assert [read_day(text) for text in ("2020-06-31", "4.6.2020", "", None)] == [None] * 4


def test_read_optional_day_accepts_an_empty_day_and_refuses_a_wrong_one_at_its_field() -> None:
    assert read_optional_day(" ", "until") is None
    with pytest.raises(UserError) as refusal:
        read_optional_day("soon", "until")
    assert refusal.value.field == "until"


@pytest.mark.parametrize("text", ["2020-07-01", "1899-12-31", "x", ""])
def test_read_past_day_refuses_future_and_unreadable_days(text: str) -> None:
    with clock.at(TODAY):
        assert read_past_day("2020-06-30") == date(2020, 6, 30)
        with pytest.raises(UserError):
            read_past_day(text)


def test_read_period_prefers_the_period_then_its_two_ends_then_this_month() -> None:
    with clock.at(TODAY):
        assert read_period({"period": "2020H1", "from": "2019-01-01"}).text == "2020H1"
        assert read_period({"from": "2020-01-01", "to": "2020-03-31"}).text == "2020Q1"
        assert read_period({"from": "2020-06-01"}).last == date(2020, 6, 30)
        assert read_period({}).text == "2020-06"


@pytest.mark.parametrize("query", [{"period": "soon"}, {"from": "soon"}, {"to": "2020-02-31"}])
def test_read_period_refuses_a_period_that_it_cannot_read(query: dict[str, str]) -> None:
    with pytest.raises(UserError):
        read_period(query)
