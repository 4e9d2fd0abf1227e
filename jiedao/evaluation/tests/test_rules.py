"""Rules of score sheets: the points, their formula, and what is wrong with a rule."""

from decimal import Decimal
from typing import Any

import pytest

from jiedao.evaluation.rules.reading import read_rule
from jiedao.evaluation.rules.rule import RuleFault


@pytest.mark.parametrize(
    ("rule", "values", "points"),
    [
        ({"rule": "rate", "points": 30}, {"value": "96.4"}, "28.920"),
        ({"rule": "inverse", "points": 20}, {"value": "2.5"}, "19.5"),
        ({"rule": "deduct", "points": 20, "per": 1}, {"value": "7"}, "13"),
        ({"rule": "deduct", "points": 20, "per": 1}, {"value": "70"}, "0"),
        ({"rule": "deduct", "points": 30, "per": 0.1, "step": 200, "allowed": 8300}, {"value": "9050"}, "29.7"),
        ({"rule": "add", "points": 5, "per": 1}, {"value": "9"}, "5"),
        ({"rule": "normalised", "points": 30, "per": 0.002},
         {"value": "100", "area": "0.026", "population": "2.141"}, "26.4071"),
        ({"rule": "linear", "points": 10, "zero_at": 2, "per": 10}, {"value": "1.5"}, "5.0"),
        ({"rule": "linear", "points": 10, "zero_at": 2, "per": 10}, {"value": "0.2"}, "10"),
        ({"rule": "threshold", "points": 50, "threshold": 70, "per": 1}, {"value": "66.5"}, "46.5"),
        ({"rule": "threshold", "points": 50, "threshold": 70, "per": 1}, {"value": "99"}, "50"),
        ({"rule": "threshold", "points": 10, "threshold": 100, "per": 1, "above": 1, "most_above": 2},
         {"value": "105"}, "12"),
        ({"rule": "rank", "points": 600, "last": 500}, {"rank": "3", "count": "11"}, "580"),
        ({"rule": "rank", "points": 600, "last": 500}, {"rank": "1", "count": "1"}, "600"),
        ({"rule": "rank_table", "points": 20, "table": [20, 19, 18], "beyond": 0.1}, {"rank": "5"}, "17.8"),
        ({"rule": "share_of_first", "points": 6}, {"value": "30", "best": "40"}, "4.5"),
        ({"rule": "weight", "points": 90, "weight": 0.9}, {"value": "95.5320"}, "85.97880"),
        ({"rule": "manual", "points": 10}, {"value": "8.5"}, "8.5"),
        ({"rule": "add", "points": 12, "per": 3, "also": {"old": 1, "large": 2}},
         {"value": "2", "old": "1", "large": "1"}, "9"),
        ({"rule": "deduct", "points": 5, "per": 0.2, "also": {"falsified": 1}},
         {"value": "4", "falsified": "2"}, "2.2"),
        ({"rule": "deduct", "points": 2, "per": 0.5}, {"value": "44", "allowed": "42"}, "1"),
        ({"rule": "rate", "points": 40}, {"value": "80", "factor": "1.1"}, "35.2"),
        ({"rule": "threshold", "points": 10, "threshold": 100, "above": 0.5, "step": 10, "most_above": 2},
         {"value": "129"}, "11"),
        ({"rule": "quota", "points": 30, "per": 3, "bands": [{"points": 4, "high": 50}, {"points": 9, "low": 50}]},
         {"value": "8", "size": "60"}, "27"),
        ({"rule": "quota", "points": 30, "per": 3, "bands": [{"points": 4, "high": 50}, {"points": 9, "low": 50}]},
         {"value": "4", "size": "49"}, "30"),
    ],
)  # fmt: skip
def test_points_of_a_rule(rule: dict[str, Any], values: dict[str, str], points: str) -> None:
    result = read_rule(rule).apply({name: Decimal(value) for name, value in values.items()})
    assert result.points is not None
    assert round(result.points, 4) == round(Decimal(points), 4)
    assert result.formula


BANDS = [
    {"points": 0, "high": 50},
    {"points": 15, "low": 50, "high": 90},
    {"points": 20, "low": 90},
]


@pytest.mark.parametrize(
    ("value", "points"), [("49.99", 0), ("50", 15), ("89.99", 15), ("90", 20), ("100", 20)]
)
def test_bands_have_closed_and_open_ends(value: str, points: int) -> None:
    rule = read_rule({"rule": "bands", "points": 20, "bands": BANDS})
    assert rule.apply({"value": Decimal(value)}).points == points


def test_a_missing_value_gives_no_points() -> None:
    assert read_rule({"rule": "rate", "points": 30}).apply({"value": None}).points is None


def test_the_formula_has_the_numbers() -> None:
    rule = read_rule({"rule": "deduct", "points": 20, "per": 0.5})
    assert rule.apply({"value": Decimal(7)}).formula == "20 − 0.5 × 7"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"rule": "luck", "points": 1}, "no rule 'luck'"),
        ({"rule": "rate"}, "'points' is missing"),
        ({"rule": "rate", "points": "many"}, "'points' is a number"),
        ({"rule": "rate", "points": 5, "per": 1}, "has no per"),
        ({"rule": "deduct", "points": 35, "per": 0.1, "cap": 5}, "deductions stop at 5, so the 35 points"),
        ({"rule": "bands", "points": 20, "bands": [BANDS[0], BANDS[2]]}, "gap between"),
        ({"rule": "bands", "points": 20, "bands": [BANDS[0], {"points": 20, "low": 40}]}, "overlap"),
        ({"rule": "bands", "points": 10, "bands": BANDS}, "more than the 10 points"),
        ({"rule": "rank_table", "points": 20, "table": [18, 19]}, "never gives a lower rank more"),
        ({"rule": "deduct", "points": 5, "also": {"false": 0}}, "greater than 0"),
        ({"rule": "add", "points": 5, "also": 3}, "'also' is a table"),
        ({"rule": "threshold", "points": 5, "above": 1}, "written together"),
        ({"rule": "quota", "points": 5, "bands": [{"points": 1, "high": 5}, {"points": 2, "low": 6}]}, "gap"),
    ],
)
@pytest.mark.usefixtures("english")
def test_faults_of_a_rule(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleFault) as fault:
        read_rule(rule)
    assert words in str(fault.value)
