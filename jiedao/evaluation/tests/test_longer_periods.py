"""A quarter that is made from its months, and from figures of its own."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from jiedao.evaluation.actions.publishing import publish_scores, recompute_scores
from jiedao.evaluation.computing import SCORE_ROWS, compute_scores
from jiedao.evaluation.models import Score, ScoreSheet, SheetVersion
from jiedao.evaluation.selectors import read_results
from jiedao.evaluation.tests.conftest import add_item, declare_sheet
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.testing.cast import Town, make_cases

APRIL, JUNE, SECOND = (parse_period(text) for text in ("2020-04", "2020-06", "2020Q2"))


@pytest.fixture
def quarter(scored_town: Town, version: SheetVersion) -> SheetVersion:
    """Return a version of a quarterly sheet: 80 points for the mean of the months, 20 for the rate of the quarter."""
    handled_at = datetime(2020, 4, 10, 2, tzinfo=UTC)
    row = {"state": "CLOSED", "handled_at": handled_at, "handled_on_time": True, "handle_due_at": handled_at}
    make_cases(scored_town, [{**row, "unit": "URBAN", "reported_at": handled_at}] * 4)
    sheet = declare_sheet(key="quarters", only=["URBAN", "WATER"])
    ScoreSheet.objects.filter(pk=sheet.sheet_id).update(period="quarter")
    sheet.sheet.refresh_from_db()
    add_item(sheet, "months", {"rule": "rate", "points": 80}, scores_of="units")
    add_item(sheet, "rate", {"rule": "rate", "points": 20}, values={"value": "rate"})
    return sheet


def publish_months(town: Town) -> None:
    """Publish April, in which URBAN has 100 points, and June, in which it has 80."""
    sheet = ScoreSheet.objects.get(key="units")
    for period in (APRIL, JUNE):
        publish_scores(actor=town.actor("supervisor"), sheet=sheet, period=period)


def test_a_quarter_is_the_mean_of_its_published_months(scored_town: Town, quarter: SheetVersion) -> None:
    publish_months(scored_town)
    urban = compute_scores(quarter, SECOND)[0]
    months, rate = urban.lines
    assert (months.value, months.formula) == (Decimal("90.00"), "80 × 90%")
    assert rate.formula == "20 × 87.5%"  # 7 of 8 in the quarter, which is not the mean of 100 % and 75 %
    assert urban.points == Decimal("89.50")


def test_each_month_behind_a_quarter_opens(scored_town: Town, quarter: SheetVersion) -> None:
    publish_months(scored_town)
    publish_scores(actor=scored_town.actor("supervisor"), sheet=quarter.sheet, period=SECOND)
    row = read_results(quarter.sheet, SECOND).find_row("URBAN")
    assert row is not None
    values = row.lines[0].values
    assert [(value.label, value.text) for value in values] == [
        ("2020 年 4 月", "100 分"),
        ("2020 年 6 月", "80 分"),
    ]
    link = values[0].link
    assert link is not None
    assert (link.kind, link.args, link.query) == (SCORE_ROWS, ("units", "URBAN"), (("period", "2020-04"),))


def test_without_published_months_an_item_has_no_data(quarter: SheetVersion) -> None:
    urban = compute_scores(quarter, SECOND)[0]
    assert (urban.lines[0].points, str(urban.lines[0].note)) == (None, "期内没有已公布的得分")
    assert urban.points == Decimal("87.50")  # the 20 points that have data, scaled


def test_a_month_without_a_score_is_stated(scored_town: Town, quarter: SheetVersion) -> None:
    publish_months(scored_town)
    Score.objects.filter(place_key="unit:WATER", first_date=APRIL.first).update(points=None)
    water = next(result for result in compute_scores(quarter, SECOND) if result.subject.code == "WATER")
    assert str(water.lines[0].note) == "1 个时段没有得分，不计入平均"
    assert water.lines[0].value == Decimal("100.00")


def test_a_quarter_follows_a_corrected_month_when_it_is_computed_again(
    scored_town: Town, quarter: SheetVersion
) -> None:
    publish_months(scored_town)
    supervisor = scored_town.actor("supervisor")
    publish_scores(actor=supervisor, sheet=quarter.sheet, period=SECOND)
    Score.objects.filter(place_key="unit:URBAN", first_date=JUNE.first).update(points=Decimal(90))
    renewed = recompute_scores(actor=supervisor, sheet=quarter.sheet, period=SECOND, reason="六月得分有更正")
    assert [(score.place_key, score.points) for score in renewed if score.place_key == "unit:URBAN"] == [
        ("unit:URBAN", Decimal("93.50"))
    ]


def test_a_quarter_that_runs_is_not_published(scored_town: Town, quarter: SheetVersion) -> None:
    with clock.at(datetime(2020, 6, 30, 2, tzinfo=UTC)), pytest.raises(UserError, match="还没有结束"):
        publish_scores(actor=scored_town.actor("supervisor"), sheet=quarter.sheet, period=SECOND)
