"""Versions of definitions: equal for the same number, different for another one."""

from typing import Any

import pytest

from jiedao.indicators.models import Measure
from jiedao.indicators.versions import compute_versions

DUE = {"source": "cases", "measure": "due"}
HANDLED = {"source": "cases", "measure": "handled"}


def make_measure(key: str = "m", kind: str = "amount", **columns: Any) -> Measure:
    defaults = {"name": "名称", "meaning": "口径", "unit_label": "件", "spec": {"spec": DUE}}
    return Measure(key=key, kind=kind, **{**defaults, **columns})


def compute(*measures: Measure) -> str:
    return compute_versions({measure.key: measure for measure in measures})[measures[0].key]


@pytest.mark.parametrize(
    "columns",
    [
        {"name": "另一个名称", "name_en": "Another"},
        {"meaning": "换一种说法"},
        {"better": "more"},
        {"position": 7},
        {"spec": {"spec": [DUE]}},
        {"spec": {"since": "2019-01-01", "spec": DUE}},
        {"spec": {"spec": dict(reversed(DUE.items()))}},
    ],
)
def test_what_does_not_make_the_number_does_not_count(columns: dict[str, Any]) -> None:
    assert compute(make_measure(**columns)) == compute(make_measure())


@pytest.mark.parametrize(
    "columns",
    [
        {"unit_label": "万件"},
        {"digits": 1},
        {"spec": {"spec": HANDLED}},
        {"spec": {"spec": DUE, "factor": 10}},
        {"kind": "duration"},
    ],
)
def test_what_makes_the_number_counts(columns: dict[str, Any]) -> None:
    assert compute(make_measure(**columns)) != compute(make_measure())


def test_the_definition_of_an_entered_measure_is_its_words() -> None:
    first, same, other = (
        make_measure(kind="entered", spec={}, meaning=meaning)
        for meaning in ("统计局公布", "统计局 公布", "各社区上报")
    )
    assert compute(first) == compute(same)
    assert compute(first) != compute(other)


def test_a_formula_has_another_version_when_one_of_its_terms_has() -> None:
    formula = make_measure(kind="formula", spec={"formula": "a * 2", "terms": {"a": "due"}})
    assert compute(formula, make_measure("due")) != compute(formula, make_measure("due", digits=1))
    renamed = make_measure(kind="formula", spec={"formula": "a * 2", "terms": {"a": "other_key"}})
    assert compute(formula, make_measure("due")) == compute(renamed, make_measure("other_key"))


def test_formulas_that_name_each_other_have_versions() -> None:
    first = make_measure("a", kind="formula", spec={"formula": "b", "terms": {"b": "b"}})
    second = make_measure("b", kind="formula", spec={"formula": "a", "terms": {"a": "a"}})
    assert compute(first, second) != compute(second, first)
