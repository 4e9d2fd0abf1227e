"""Real score sheets with their printed results, where the reference data is present beside the project."""

import json
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jiedao.evaluation.rules.reading import read_rule
from jiedao.evaluation.scoring import Grade, Portion, add_up, find_grade, round_points

SHARED = Path(os.environ.get("JIEDAO_SHARED", Path(__file__).parents[4] / "shared")) / "data"
SHEETS = SHARED / "scoresheets" / "scoresheets.json"
MONTHLY = ("062", "063")  # tables of 74 sub-districts with the index and its two parts
ROW = re.compile(
    r"^\d+ \| (?P<name>[^|]+) \| \d+ \| (?P<index>[\d.]+) \| -?[\d.]+ \| (?P<parts>[\d.]+ \| [\d.]+) \|$"
)


@pytest.fixture(scope="module")
def sheets() -> dict[str, Any]:
    """Return the sheets by their id."""
    if not SHEETS.exists():
        pytest.skip("the reference data ../shared/data/scoresheets is not present")
    return {sheet["id"]: sheet for sheet in json.loads(SHEETS.read_text())}


def compute(rule: dict[str, Any], **values: Any) -> Decimal:
    """Return the points of a rule."""
    points = read_rule(rule).apply({name: Decimal(str(value)) for name, value in values.items()}).points
    assert points is not None
    return points


def agrees(points: Decimal, printed: str) -> bool:
    """Return whether points are the printed ones, to their last place."""
    places = -Decimal(printed).as_tuple().exponent  # type: ignore[operator]
    return round_points(points, places) == Decimal(printed)


def test_complaints_by_the_size_of_the_place(sheets: dict[str, Any]) -> None:
    calls, smoke = sheets["jinniu-12345"]["worked_examples"], sheets["jinniu-oil-smoke"]["worked_examples"]
    inputs = calls[0]["in"]
    points = compute(
        {"rule": "normalised", "points": 30, "per": 0.002},
        value=inputs["complaints"],
        area=inputs["area"],
        population=inputs["population"],
    )
    assert agrees(points, calls[0]["out"])
    assert compute(
        {"rule": "linear", "points": 10, "zero_at": 2, "per": 10}, value=calls[1]["in"]["days"]
    ) == Decimal(calls[1]["out"])
    inputs = smoke[0]["in"]
    points = compute(
        {"rule": "normalised", "points": 30, "per": 0.01},
        value=inputs["complaints"],
        area=inputs["area"],
        population=inputs["population"],
    )
    assert agrees(points, smoke[0]["out"])


def test_full_steps_above_a_quota(sheets: dict[str, Any]) -> None:
    bikes, wrecks = sheets["jinniu-shared-bikes"]["worked_examples"]
    points = compute(
        {"rule": "deduct", "points": 30, "per": 0.1, "step": 200, "allowed": bikes["in"]["quota"]},
        value=bikes["in"]["count"],
    )
    assert 30 - points == Decimal(bikes["deduct"])
    points = compute({"rule": "deduct", "points": 10, "per": 0.1, "step": 100}, value=wrecks["in"]["zombie"])
    assert 10 - points == Decimal(wrecks["deduct"])


def test_points_for_several_kinds_of_events(sheets: dict[str, Any]) -> None:
    examples = {row["in"]: row["out"] for row in sheets["jinniu-illegal-building"]["worked_examples"]}
    rule = {"rule": "add", "points": 20, "per": 5, "also": {"old": 2, "large": 2}}
    assert compute(rule, value=1, old=0, large=1) == Decimal(examples["one new, >=300 m2"])
    assert compute(rule, value=1, old=1, large=1) == Decimal(examples["one old, >=300 m2"])


def test_the_cap_that_leaves_points_out_of_reach(sheets: dict[str, Any]) -> None:
    worth = next(item for item in sheets["jinniu-dust"]["items"] if item[0] == "街道自查")
    with pytest.raises(ValueError, match="永远扣不完"):
        read_rule({"rule": "deduct", "points": worth[1], "per": 0.1, "cap": 5})


def test_the_share_of_the_satisfied_with_weights(sheets: dict[str, Any]) -> None:
    example = sheets["xining-12345-satisfaction"]["worked_examples"][0]
    satisfied, mostly, not_satisfied = map(Decimal, example["in"])
    rate = (satisfied + Decimal("0.6") * mostly) / (satisfied + mostly + not_satisfied) * 100
    assert agrees(compute({"rule": "rate", "points": 100}, value=rate), example["out"])


def test_the_rate_as_it_is_printed_gives_the_printed_points(sheets: dict[str, Any]) -> None:
    example = sheets["budget-self-evaluation"]["worked_examples"][0]
    budget, spent = map(Decimal, example["in"])
    assert agrees(spent / budget * 100, example["exact_rate"].rstrip("%"))
    # A figure is scored with the decimals that it is displayed with.
    rate = round_points(spent / budget * 100, 0)
    assert f"{rate}%" == example["rate_printed"]
    assert compute({"rule": "rate", "points": 10}, value=rate) == Decimal(example["score_printed"])


def test_grades_of_a_quarterly_index(sheets: dict[str, Any]) -> None:
    grades = []
    for label, bound in sheets["shenzhen-index-2023"]["grades"]:
        numbers = re.findall(r"\d+", bound)
        grades.append(Grade(label, Decimal(numbers[0] if "<" not in bound else 0)))
    for points, label in (("93", "A+"), ("92.99", "A"), ("90", "A"), ("87", "B"), ("86.99", "C")):
        grade = find_grade(grades, Decimal(points))
        assert grade is not None
        assert grade.label == label


@pytest.mark.parametrize("name", MONTHLY)
def test_every_row_of_a_monthly_index(name: str, sheets: dict[str, Any]) -> None:
    file = SHARED / "reports" / f"{name}.txt"
    if not file.exists():
        pytest.skip(f"the table {name}.txt is not present")
    points = {item[0]: item[1] for item in sheets["shenzhen-env-index-2020"]["items"]}
    weights = [Decimal(value) / 100 for value in points.values()]
    rules = [
        read_rule({"rule": "weight", "points": worth, "weight": str(weight)})
        for worth, weight in zip(points.values(), weights, strict=True)
    ]
    rows = [match for line in file.read_text().splitlines() if (match := ROW.match(line.strip()))]
    assert len(rows) > 20
    for row in rows:
        parts = [Decimal(part) for part in row["parts"].split(" | ")]
        results = [rule.apply({"value": part}).points for rule, part in zip(rules, parts, strict=True)]
        total = add_up(
            [Portion(result, rule.points) for result, rule in zip(results, rules, strict=True)], digits=4
        )
        assert total is not None
        # The parts are printed rounded, so a printed index may differ by one in the last place.
        assert abs(total - Decimal(row["index"])) <= Decimal("0.0001"), row["name"]
