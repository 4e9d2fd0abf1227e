"""Totals, ranks and grades, and the definitions of versions and items."""

from decimal import Decimal
from typing import Any

import pytest

from jiedao.evaluation.definition import read_item, read_version
from jiedao.evaluation.rules.rule import RuleFault
from jiedao.evaluation.scoring import (
    Grade,
    Portion,
    add_up,
    compute_mean,
    find_grade,
    find_grade_faults,
    rank_values,
)

GRADES = [Grade("优", Decimal(90)), Grade("良", Decimal(75)), Grade("差", Decimal(0))]


def portions(*pairs: tuple[str | None, int]) -> list[Portion]:
    """Return portions of points and what they are out of."""
    return [Portion(None if points is None else Decimal(points), Decimal(out_of)) for points, out_of in pairs]


def test_the_total_is_rounded_once() -> None:
    assert add_up(portions(("33.335", 50), ("33.334", 50)), 2) == Decimal("66.67")


def test_items_without_data_are_left_out_and_the_rest_is_scaled() -> None:
    assert add_up(portions(("36", 40), ("36", 50), (None, 10)), 2) == Decimal("80.00")
    assert add_up(portions((None, 40), (None, 60)), 2) is None


def test_equal_values_share_a_rank() -> None:
    values = {"a": Decimal(3), "b": Decimal(5), "c": Decimal(5), "d": None}
    assert rank_values(values) == {"a": 3, "b": 1, "c": 1}
    assert rank_values(values, less_is_better=True) == {"a": 1, "b": 2, "c": 2}


def test_the_mean_leaves_out_what_is_unknown() -> None:
    assert compute_mean([Decimal(2), None, Decimal(5)]) == Decimal("3.5")
    assert compute_mean([None]) is None


@pytest.mark.parametrize(("points", "label"), [("90", "优"), ("89.99", "良"), ("75", "良"), ("0", "差")])
def test_a_grade_holds_from_its_least_points(points: str, label: str) -> None:
    grade = find_grade(GRADES, Decimal(points))
    assert grade is not None
    assert grade.label == label


@pytest.mark.usefixtures("english")
def test_faults_of_grades() -> None:
    assert find_grade_faults(GRADES, Decimal(100)) == []
    faults = find_grade_faults([Grade("A", Decimal(110)), Grade("B", Decimal(60))], Decimal(100))
    assert "no grade is below 60" in faults[0]
    assert "more than the 100 points" in faults[1]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"rule": {"rule": "rate", "points": 5}}, "no measure for 'value'"),
        ({"rule": {"rule": "rank", "points": 5}, "values": {}}, "no measure for 'value'"),
        ({"rule": {"rule": "rate", "points": 5}, "values": {"value": "a", "area": "b"}}, "reads no 'area'"),
        (
            {"rule": {"rule": "manual", "points": 5}, "values": {"value": "a"}},
            "a manual item reads no measure",
        ),
        ({"rule": {"rule": "rate", "points": 5}, "values": {"value": "mean"}}, "not the mean"),
        (
            {"rule": {"rule": "rate", "points": 5}, "values": {"value": "a"}, "reads": "luck"},
            "no reads 'luck'",
        ),
        (
            {"rule": {"rule": "rate", "points": 5}, "values": {"value": "a"}, "missing": "zero"},
            "no missing ",
        ),
    ],
)
@pytest.mark.usefixtures("english")
def test_faults_of_an_item(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleFault) as fault:
        read_item(spec)
    assert words in str(fault.value)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"grades": "A"}, "'grades' is a list"),
        ({"grades": [{"label": "A"}]}, "A: 'least'"),
        ({"grades": [{"label": "A", "least": 0, "tone": "pink"}]}, "A: no tone 'pink'"),
        ({"minimum": 3}, "'minimum_measure' is missing"),
    ],
)
@pytest.mark.usefixtures("english")
def test_faults_of_a_version(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleFault) as fault:
        read_version(spec)
    assert words in str(fault.value)
