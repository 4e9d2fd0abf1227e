"""A grade with its reasons."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from jiedao.kernel.expressions import ExpressionFault
from jiedao.registers.definition import Rule
from jiedao.registers.grading import Grader
from jiedao.registers.tests.parts import HOUSES, settled_houses

TODAY = date(2020, 6, 30)


@pytest.mark.parametrize(
    ("values", "grade", "reasons", "missing"),
    [
        ({"storeys": 8, "second_exit": False, "use": "SHOP", "tested": "2020-01-01"}, "C", 2, ()),
        ({"storeys": 6, "second_exit": False, "use": "HOME", "tested": "2019-06-29"}, "B", 1, ()),
        ({"storeys": 6, "second_exit": True, "use": "SHOP", "tested": "2019-07-01"}, "A", 0, ()),
        ({"second_exit": False, "use": "SHOP"}, "C", 1, ("storeys", "tested")),
        ({}, "A", 0, ("storeys", "second_exit", "use", "tested")),
    ],
)
def test_the_first_grade_with_a_rule_that_holds_and_why(
    values: dict[str, Any], grade: str, reasons: int, missing: tuple[str, ...]
) -> None:
    found = Grader(settled_houses()).grade(values, TODAY)
    assert (found.grade, len(found.rules), found.missing) == (grade, reasons, missing)


def test_reasons_are_kept_in_both_languages() -> None:
    found = Grader(settled_houses()).grade({"storeys": 8, "second_exit": False, "use": "HOME"}, TODAY)
    assert found.note() == {
        "why": ["七层以上，无第二出口"],
        "why_en": ["Seven storeys or more, no second exit"],
        "missing": ["tested"],
    }


@pytest.mark.parametrize(
    ("when", "words"),
    [("storeys >=", "does not compile"), ("floors > 3", "names 'floors'"), ("owner == ''", "names 'owner'")],
)
def test_a_rule_that_cannot_be_used_is_refused(when: str, words: str) -> None:
    with pytest.raises(ExpressionFault, match=words):
        Grader(replace(settled_houses(), rules=(Rule("C", when, "因为"),)))


def test_a_register_without_grades_gives_none() -> None:
    assert Grader(replace(HOUSES, grades=(), rules=())).grade({"storeys": 8}, TODAY).grade == ""
