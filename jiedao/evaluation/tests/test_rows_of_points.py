"""The lists behind each score line hold exactly the rows that were counted, for every kind of measure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jiedao.cases.models import Case
from jiedao.evaluation.actions.appealing import decide_appeal, make_appeal
from jiedao.evaluation.actions.publishing import publish_scores
from jiedao.evaluation.counted import find_contestable_scores, find_counted_cases, read_rows
from jiedao.evaluation.models import Score, SheetVersion
from jiedao.evaluation.selectors import ValueView, read_score
from jiedao.evaluation.tests.conftest import (
    HANDLED_AT,
    add_item,
    declare_measure,
    declare_sheet,
)
from jiedao.kernel import clock
from jiedao.kernel.periods import parse_period
from jiedao.testing.cast import Town

JUNE = parse_period("2020-06")
SOURCE = {"source": "cases"}


@pytest.fixture
def version(measures: None) -> SheetVersion:
    """Return a version with an item of each kind of measure: rate, amount, duration, formula, and a mixed rate."""
    Case.objects.filter(handled_at__isnull=False).update(
        closed_at=HANDLED_AT + timedelta(hours=5), visited_at=HANDLED_AT, satisfaction=4, solved=True
    )
    declare_measure(
        "closing", "duration", {"spec": {**SOURCE, "duration": "reported_closed"}}, unit_label="小时"
    )
    declare_measure(
        "index", "formula", {"formula": "due * 10.0 - pending", "terms": {"due": "due", "pending": "pending"}}
    )
    declare_measure(
        "mixed",
        "rate",
        {
            "numerator": [
                {**SOURCE, "measure": "satisfied"},
                {**SOURCE, "measure": "solved", "weight": 0.6},
            ],
            "denominator": {**SOURCE, "measure": "reached"},
            "denominator_name": "回访",
        },
        unit_label="%",
    )
    version = declare_sheet(only=["URBAN", "WATER"])
    for key in ("rate", "pending", "closing", "index", "mixed"):
        rule: dict[str, Any] = {"rule": "deduct", "points": 20, "per": 1}
        add_item(version, key, rule, values={"value": key})
    return version


def publish(town: Town, version: SheetVersion) -> Score:
    """Publish June, and return the score of URBAN."""
    publish_scores(actor=town.actor("supervisor"), sheet=version.sheet, period=JUNE)
    return Score.objects.get(place_key="unit:URBAN", current=True)


def list_values(score: Score) -> dict[str, ValueView]:
    """Return the values behind the lines by item, and those of a formula's terms by item and name."""
    return {
        f"{line.item.key}{value.name.removeprefix('value')}": value
        for line in read_score(score).lines
        for value in line.values
    }


def count_rows(town: Town, value: ValueView) -> list[int]:
    """Return how many cases each list behind a value holds."""
    return [read_rows(town.actor("leader"), link).count() for link in value.links]


def test_each_list_holds_the_rows_that_were_counted(scored_town: Town, version: SheetVersion) -> None:
    values = list_values(publish(scored_town, version))
    assert {key: count_rows(scored_town, value) for key, value in values.items()} == {
        "rate": [3, 4],  # handled of those due
        "pending": [1],
        "closing": [3],
        "index": [],
        "index.due": [4],
        "index.pending": [1],
        "mixed": [3, 3, 3],  # satisfied, solved, reached
    }
    assert values["rate"].fraction == "3 ÷ 4"
    assert values["index"].fraction.startswith("due * 10.0 - pending")
    assert values["closing"].rows == 3
    assert [rows for rows, _link in values["mixed"].parts] == [3, 3]


def test_a_struck_case_leaves_every_kind_of_measure(scored_town: Town, version: SheetVersion) -> None:
    score = publish(scored_town, version)
    case = Case.objects.filter(lead_unit__code="URBAN", handled_at__isnull=False).first()
    assert case is not None
    appeal = make_appeal(
        actor=scored_town.actor("handler"), score_id=score.pk, numbers=[case.number], reason="重复计入的案件"
    )
    decide_appeal(actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实")
    values = list_values(Score.objects.get(place_key="unit:URBAN", current=True))
    assert {key: count_rows(scored_town, value) for key, value in values.items()} == {
        "rate": [2, 3],
        "pending": [1],
        "closing": [2],
        "index": [],
        "index.due": [3],
        "index.pending": [1],
        "mixed": [2, 2, 2],
    }
    assert values["closing"].text == "5 小时"
    listed = [
        read_rows(scored_town.actor("leader"), link) for value in values.values() for link in value.links
    ]
    assert all(case not in rows for rows in listed)


def test_cases_that_cost_points_come_first(scored_town: Town, version: SheetVersion) -> None:
    rows = find_counted_cases(scored_town.actor("handler"), publish(scored_town, version))
    late = Case.objects.get(handled_at=None)
    assert len(rows) == 4
    assert (rows[0].pk, rows[0].costs) == (late.pk, ["rate", "pending", "index"])
    assert all(row.costs == [] for row in rows[1:])
    assert rows[1].items == ["rate", "closing", "index", "mixed"]


def test_a_case_names_the_scores_in_which_it_may_be_contested(
    scored_town: Town, version: SheetVersion
) -> None:
    score = publish(scored_town, version)
    own = Case.objects.get(handled_at=None)
    foreign = Case.objects.get(lead_unit__code="WATER")
    handler = scored_town.actor("handler")
    assert [row.pk for row in find_contestable_scores(handler, own)] == [score.pk]
    assert list(find_contestable_scores(handler, foreign)) == []
    assert list(find_contestable_scores(scored_town.actor("leader"), own)) == []
    with clock.at(datetime(2020, 7, 8, 2, tzinfo=UTC)):  # after the last day of appeals
        assert list(find_contestable_scores(handler, own)) == []
