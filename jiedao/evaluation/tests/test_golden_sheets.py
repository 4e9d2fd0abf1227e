"""Every sheet of the reference data, where it is present beside the project, can be declared with the rules of jiedao.

The numbers of each rule are read from the sheet's own words, so this file holds the forms of rules and no sheet.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from jiedao.evaluation.definition import read_item, read_version
from jiedao.evaluation.rules.reading import read_rule
from jiedao.evaluation.rules.rule import Rule, RuleFault
from jiedao.evaluation.tests.test_golden_results import sheets
from jiedao.indicators.definition import read_definition

__all__ = ["sheets"]  # a fixture

Sheet = dict[str, Any]
NUMBER = r"(\d+(?:\.\d+)?)"


def read_numbers(text: str) -> list[str]:
    """Return the numbers of a text."""
    return re.findall(NUMBER, text)


def translate(text: str, points: Any) -> dict[str, Any]:
    """Return the rule that the words of an item describe, with their numbers."""
    for pattern, build in FORMS:
        if match := re.search(pattern, text):
            return {**build(match, text), "points": points}
    raise AssertionError(f"no form of a rule for {text!r}")


def _deduct_steps(match: re.Match[str], _text: str) -> dict[str, Any]:
    return {"rule": "deduct", "per": match[1], "step": match[2]}


def _deduct_capped(match: re.Match[str], _text: str) -> dict[str, Any]:
    return {"rule": "deduct", "per": match[1], "cap": match[2]}


def _deduct_several(_match: re.Match[str], text: str) -> dict[str, Any]:
    first, *others = re.findall(rf"-{NUMBER}", text)
    return {"rule": "deduct", "per": first, "also": {f"kind{n}": per for n, per in enumerate(others)}}


def _add_several(match: re.Match[str], text: str) -> dict[str, Any]:
    others = re.findall(rf"\+{NUMBER} if", text)
    rule: dict[str, Any] = {"rule": "add", "per": match[1]}
    return {**rule, "also": {f"kind{n}": per for n, per in enumerate(others)}} if others else rule


def _quota(_match: re.Match[str], text: str) -> dict[str, Any]:
    above = re.search(rf">={NUMBER}: {NUMBER}", text)
    between = re.findall(rf"{NUMBER}-{NUMBER}: {NUMBER}", text)
    below = re.search(rf"<{NUMBER}: {NUMBER}", text)
    missed = re.search(rf"missed -{NUMBER}", text)
    assert above is not None
    assert below is not None
    assert missed is not None
    lows = [above[1], *(low for low, _high, _points in between)]
    quotas = [above[2], *(points for _low, _high, points in between), below[2]]
    highs = [None, *lows]
    bands = [
        {"points": quota} | ({"high": high} if high else {}) | ({"low": low} if low else {})
        for quota, high, low in zip(quotas, highs, [*lows, None], strict=True)
    ]
    return {"rule": "quota", "per": missed[1], "bands": bands}


def _linear(match: re.Match[str], _text: str) -> dict[str, Any]:
    return {"rule": "linear", "zero_at": match[1], "per": match[2]}


def _threshold(match: re.Match[str], _text: str) -> dict[str, Any]:
    return {"rule": "threshold", "threshold": match[1], "per": match[2]}


def _make(**rule: Any) -> Callable[[re.Match[str], str], dict[str, Any]]:
    return lambda _match, _text: dict(rule)


def _make_with(name: str, **keys: Any) -> Callable[[re.Match[str], str], dict[str, Any]]:
    return lambda match, _text: {"rule": name} | {key: match[group] for key, group in keys.items()}


# How the words of an item are recognised, the most particular first.
FORMS: list[tuple[str, Callable[[re.Match[str], str], dict[str, Any]]]] = [
    (r"^manual$|^\?$|as above", _make(rule="manual")),
    (r"quota by number", _quota),
    (rf"-\(complaints\*{NUMBER}\)/\(area\*population\)", _make_with("normalised", per=1)),
    (rf"clamp\(\({NUMBER}-days\)\*{NUMBER}", _linear),
    (rf">={NUMBER}% \d+, each point below -{NUMBER}", _threshold),
    (r"^\d+\*\(1-", _make(rule="inverse")),
    (r"^\d+\*[a-z]", _make(rule="rate")),
    (rf"^{NUMBER}\*x", _make_with("weight", weight=1)),
    (rf"-{NUMBER} per full {NUMBER}", _deduct_steps),
    (rf"-{NUMBER} per day, max {NUMBER}", _deduct_capped),
    (rf"^\+{NUMBER}", _add_several),
    (rf"^{NUMBER}-{NUMBER}\*", _make_with("deduct", per=2)),
    (rf"^-{NUMBER}(?: each| per|, |$)", _make_with("deduct", per=1)),
    (rf"-{NUMBER}.*; .*-{NUMBER}|-{NUMBER} each, ", _deduct_several),
    (r"^growth", _make(rule="share_of_first")),
]


def list_rules(sheet: Sheet, *, without: Iterable[str] = ()) -> list[Rule]:
    """Return the readable rules of the items of a sheet whose words are a form of a rule."""
    return [
        read_rule(translate(text, points)) for _name, points, text in sheet["items"] if text not in without
    ]


def check_total(sheet: Sheet, *, bands: Iterable[str] = ()) -> None:
    """Check that the items are rules, and with those given by hand add up to the sheet's total."""
    rules = list_rules(sheet, without=bands)
    by_hand = sum(points for _name, points, text in sheet["items"] if text in bands)
    assert sum(rule.points for rule in rules) + by_hand == sheet["total"]


def check_steps(sheet: Sheet, text: str) -> None:
    """Check an item that takes a number of points for the first and the second failure."""
    points = next(worth for _name, worth, words in sheet["items"] if words == text)
    less = [Decimal(number) for number in re.findall(rf"-{NUMBER}", text)]
    bands = [
        {"points": points, "high": 1},
        {"points": points - less[0], "low": 1, "high": 2},
        {"points": points - less[-1], "low": 2},
    ]
    rule = read_rule({"rule": "bands", "points": points, "bands": bands})
    results = [rule.apply({"value": Decimal(count)}).points for count in (0, 1, 2, 3)]
    assert results == [points, points - less[0], points - less[-1], points - less[-1]]


def check_smoke(sheet: Sheet) -> None:
    """Check a sheet with an item by failures of half a month."""
    text = sheet["items"][3][2]
    check_total(sheet, bands=[text])
    check_steps(sheet, text)


def check_signs(sheet: Sheet) -> None:
    """Check a sheet with quotas by size and an item with two steps."""
    text = sheet["items"][3][2]
    check_total(sheet, bands=[text])
    check_steps(sheet, text)
    quota = list_rules(sheet, without=[text])[0]
    size, needed = (Decimal(number) for number in read_numbers(sheet["items"][0][2])[:2])
    assert quota.apply({"value": needed, "size": size}).points == quota.points
    assert quota.apply({"value": needed - 1, "size": size}).points == quota.points - 3
    assert quota.apply({"value": needed - 1, "size": size - 1}).points == quota.points


def check_sanitation(sheet: Sheet) -> None:
    """Check a sheet with bands whose ends are open and closed."""
    text = sheet["items"][4][2]
    check_total(sheet, bands=[text])
    points = Decimal(sheet["items"][4][1])
    none, low, middle, high = (Decimal(number) for number in re.findall(rf"-{NUMBER}", text))
    first, second, third = (Decimal(number) for number in re.findall(rf"{NUMBER}\)", text))
    bands = [
        {"points": points - none, "high": 0, "high_closed": True},
        {"points": points - low, "low": 0, "low_open": True, "high": first},
        {"points": points - middle, "low": first, "high": second},
        {"points": points - high, "low": second, "high": third},
        {"points": points, "low": third},
    ]
    rule = read_rule({"rule": "bands", "points": points, "bands": bands})
    values = [Decimal(0), Decimal("0.01"), first - Decimal("0.01"), first, second, third, Decimal(100)]
    less = [points - (rule.apply({"value": value}).points or 0) for value in values]
    assert less == [none, low, low, middle, high, 0, 0]


def check_dust(sheet: Sheet) -> None:
    """Check that the one fault of the sheet is found: points that can never be lost."""
    text = sheet["items"][2][2]
    check_total(sheet, bands=[text])
    with pytest.raises(RuleFault, match="永远扣不完"):
        read_rule(translate(text, sheet["items"][2][1]))


def check_weights(sheet: Sheet) -> None:
    """Check an index of weighted parts: full parts give every point."""
    rules = list_rules(sheet)
    assert sum(rule.apply({"value": Decimal(100)}).points or 0 for rule in rules) == 100


def check_grades(sheet: Sheet) -> None:
    """Check that the grades can be declared."""
    grades = [
        {"label": label, "least": 0 if "<" in bound else read_numbers(bound)[0]}
        for label, bound in sheet["grades"]
    ]
    assert [grade.label for grade in read_version({"grades": grades}).grades] == [
        label for label, _bound in sheet["grades"]
    ]


def check_thresholds(sheet: Sheet) -> None:
    """Check rates with a threshold: all points at it, one less a point below."""
    rules = list_rules(sheet)
    for rule, (_name, points, text) in list(zip(rules, sheet["items"], strict=True))[:2]:
        least = Decimal(read_numbers(text)[0])
        assert rule.apply({"value": least}).points == points
        assert rule.apply({"value": least - 2}).points == points - 2
    redone = rules[3].apply({"value": Decimal(3), **dict.fromkeys(["kind0", "kind1", "kind2"], Decimal(1))})
    parts = [Decimal(number) for number in re.findall(rf"-{NUMBER}", sheet["items"][3][2])]
    assert redone.points == rules[3].points - 3 * parts[0] - sum(parts[1:])


def check_rules_only(sheet: Sheet) -> None:
    """Check that the items which the excerpt describes are rules."""
    assert list_rules(sheet)


def check_ranked(sheet: Sheet) -> None:
    """Check points by rank between first and last, multiplied by a factor of difficulty, and a rate by formula."""
    first, last = map(Decimal, read_numbers(sheet["items"][0][2])[:2])
    rule = read_rule({"rule": "rank", "points": first, "last": last})
    count = Decimal(11)
    results = [rule.apply({"rank": Decimal(rank), "count": count}).points for rank in (1, 2, 11)]
    assert results == [first, first - (first - last) / 10, last]
    harder = rule.apply({"rank": Decimal(2), "count": count, "factor": Decimal("1.05")}).points
    assert harder == (first - (first - last) / 10) * Decimal("1.05")
    formula = "investment * 100.0 / (population * (product / everyone))"
    terms = {name: name for name in ("investment", "population", "product", "everyone")}
    formula_of = read_definition("formula", {"formula": formula, "terms": terms}).expression
    values = {"investment": 4.0, "population": 2.0, "product": 30.0, "everyone": 15.0}
    assert formula_of.evaluate(values) == 100


def check_growth(sheet: Sheet) -> None:
    """Check items that read the growth of a measure."""
    for _name, points, text in sheet["items"]:
        spec = {"rule": translate(text, points), "values": {"value": "income"}, "reads": "growth"}
        assert read_item(spec).reads == "growth"


def check_formula_of_weights(sheet: Sheet) -> None:
    """Check a total of weighted parts."""
    weights = [Decimal(number) / 100 for number in re.findall(rf"\*{NUMBER}%", sheet["formula"])]
    rules = [read_rule({"rule": "weight", "points": weight * 100, "weight": weight}) for weight in weights]
    assert sum(rule.apply({"value": Decimal(90)}).points or 0 for rule in rules) == sum(weights) * 90


def check_targets(sheet: Sheet) -> None:
    """Check basic points for a target, more above it up to a limit, less below it, and full steps above it."""
    most = Decimal(read_numbers(sheet["rules"][1])[-1])
    rule = {"rule": "threshold", "points": 10, "threshold": 100, "per": 1, "above": 1, "most_above": most}
    results = [read_rule(rule).apply({"value": Decimal(value)}).points for value in (100, 101, 109, 97, 80)]
    assert results == [10, 11, 10 + most, 7, 0]
    step, more = map(Decimal, read_numbers(sheet["rules"][3]))
    stepped = read_rule({**rule, "above": more, "step": step})
    assert stepped.apply({"value": 100 + 3 * step - 1}).points == 10 + 2 * more


def check_rank_tables(sheet: Sheet) -> None:
    """Check tables by rank, the share of the first, a deduction above the mean, and a table with a tail."""
    first, share, table, age, tail = sheet["rules"]
    for text in (first.partition(": ")[2], table.partition("table ")[2]):
        points = text.split("/")
        rule = read_rule({"rule": "rank_table", "points": points[0], "table": points})
        assert [rule.apply({"rank": Decimal(rank)}).points for rank in range(1, len(points) + 1)] == [
            Decimal(value) for value in points
        ]
    worth = read_numbers(share)[0]
    rule = read_rule({"rule": "share_of_first", "points": worth})
    assert rule.apply({"value": Decimal(3), "best": Decimal(4)}).points == Decimal(worth) * 3 / 4
    base, less = read_numbers(age)
    rule = read_rule({"rule": "deduct", "points": base, "per": less})
    assert rule.apply({"value": Decimal(41), "allowed": Decimal(39)}).points == Decimal(base) - 2 * Decimal(
        less
    )
    *last_three, beyond = read_numbers(tail)
    rule = read_rule({"rule": "rank_table", "points": last_three[0], "table": last_three, "beyond": beyond})
    fifth = Decimal(last_three[-1]) - 2 * Decimal(beyond)
    assert rule.apply({"rank": Decimal(len(last_three) + 2)}).points == fifth


def check_satisfaction(sheet: Sheet) -> None:
    """Check that the weighted rate can be declared as a measure with a weight in its numerator."""
    weight = read_numbers(sheet["formula"])[0]
    terms = [
        {"source": "cases", "measure": "satisfied"},
        {"source": "cases", "measure": "solved", "weight": weight},
    ]
    spec = {"numerator": terms, "denominator": terms[0], "denominator_name": "回访"}
    assert read_definition("rate", spec).numerator[1].weight == Decimal(weight)


def check_lists(sheet: Sheet) -> None:
    """Check the lists of the first five and of the last five."""
    assert "five" in sheet["note"]
    definition = read_version({"red": 5, "black": 5})
    assert (definition.red, definition.black) == (5, 5)


def check_formula_of_minutes(sheet: Sheet) -> None:
    """Check an index that is a formula over counts and minutes, with its numbers."""
    text = next(rule for rule in sheet["rules"] if "own_handled" in rule)
    formula = text.partition("= ")[2].partition(";")[0]
    each, scale = re.findall(r"\b(\d+)\b", formula)
    written = formula.replace(f"{each}*", f"{each}.0 * ").replace(f"/{scale}", f" / {scale}.0")
    terms = {name: name for name in ("own_handled", "planned_minutes", "overtime_minutes")}
    formula_of = read_definition("formula", {"formula": written, "terms": terms}).expression
    values = {"own_handled": 50.0, "planned_minutes": 900.0, "overtime_minutes": 400.0}
    assert formula_of.evaluate(values) == (int(each) * 50 + 500) / int(scale)


def check_capped_rate(sheet: Sheet) -> None:
    """Check a rate that is capped, and a quantity index in proportion to its target."""
    points = read_numbers(sheet["rules"][0])[0]
    rule = read_rule({"rule": "rate", "points": points})
    assert rule.apply({"value": Decimal(120)}).points == Decimal(points)
    spec = {"rule": {"rule": "rate", "points": 6}, "values": {"value": "done"}, "reads": "completion"}
    assert read_item(spec).rule.apply({"value": Decimal(75)}).points == Decimal("4.5")


CHECKS: dict[str, Callable[[Sheet], None]] = {
    "jinniu-digital-city": check_total,
    "jinniu-12345": check_total,
    "jinniu-oil-smoke": check_smoke,
    "jinniu-shared-bikes": check_total,
    "jinniu-illegal-building": check_total,
    "jinniu-sanitation": check_sanitation,
    "jinniu-dust": check_dust,
    "jinniu-signs": check_signs,
    "shenzhen-env-index-2019": check_weights,
    "shenzhen-env-index-2020": check_weights,
    "shenzhen-index-2023": check_grades,
    "jinhua-digital-city": check_thresholds,
    "district-book118": check_rules_only,
    "wenzhou-2012-towns": check_ranked,
    "nanjing-towns": check_growth,
    "henan-fine-management": check_formula_of_weights,
    "quzhou-towns": check_targets,
    "org-staffing-2": check_rank_tables,
    "xining-12345-satisfaction": check_satisfaction,
    "yulin-12345": check_lists,
    "dongcheng-grid-index": check_formula_of_minutes,
    "budget-self-evaluation": check_capped_rate,
}


def test_every_sheet_has_its_check(sheets: dict[str, Any]) -> None:
    assert set(CHECKS) == set(sheets)
    assert len(sheets) == 22


@pytest.mark.parametrize("name", CHECKS)
def test_a_sheet_can_be_declared(name: str, sheets: dict[str, Any]) -> None:
    CHECKS[name](sheets[name])
