"""The office's response month by month: the numbers of the board, without anything that names a case."""

from datetime import timedelta

from jiedao.cases.selectors.board import read_totals
from jiedao.kernel import clock
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import make_system_actor
from jiedao.publishing.selectors.response import (
    COUNTS,
    describe_months,
    list_definitions,
    read_response_months,
)
from jiedao.testing.cast import Town, walk


def test_the_months_have_the_numbers_of_the_board(town: Town) -> None:
    with clock.at(clock.now() - timedelta(days=20)):
        walk(town, to="CLOSED")
    walk(town, to="FILED", subject="另一处")
    july, june = read_response_months()
    assert (july.period.text, july.is_running, june.period.text, june.is_running) == (
        *("2020-07", True, "2020-06", False),
    )
    for month in (july, june):
        totals = read_totals(make_system_actor(), parse_period(month.period.text))
        assert month.counts == {code: totals.counts[code] for code in COUNTS}
        assert month.compute_rate("on_time_rate") == totals.rates["on_time_rate"]
    assert june.counts["reported"] == june.counts["closed_in"] == 1


def test_a_month_in_which_nothing_was_due_has_no_rate(town: Town) -> None:
    (month,) = read_response_months()
    assert month.compute_rate("solved_rate") is None
    assert describe_months([month])[0]["solved_rate"] is None


def test_every_column_has_its_definition() -> None:
    assert [row.code for row in list_definitions()][:2] == ["reported", "closed_in"]
    assert all(row.formula for row in list_definitions())
