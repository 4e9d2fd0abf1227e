"""Conditions of a pack over the one variable `category`."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from jiedao.cases.models import CategoryKind
from jiedao.kernel.expressions import (
    BOOL,
    TEXT,
    Environment,
    choice_of,
    compile_expression,
    object_of,
    text_of,
)

EXAMPLE = "category.major == '06' && category.name.contains('垃圾')"


def build_environment(facts: Iterable[Mapping[str, Any]] = ()) -> Environment:
    """Return the names of a condition with their types.

    Args:
        facts: the categories of the pack, keys as in `read_category_facts`: a condition may name only their codes.
            Without them every code is accepted.
    """
    rows = list(facts)
    codes = {row["code"]: row["name"] for row in rows}
    majors = {row["major"]: row["major_name"] for row in rows}
    parts = {
        "kind": choice_of({kind.value: str(kind.label) for kind in CategoryKind}),
        "code": text_of(codes) if codes else TEXT,
        "major": text_of(majors) if majors else TEXT,
        "name": TEXT,
        "major_name": TEXT,
    }
    return Environment({"category": object_of(parts)}, example=EXAMPLE)


class Condition:
    """An expression over `category` that is true or false.

    Raises ExpressionFault when the text is no condition over a category.
    """

    def __init__(self, text: str, facts: Collection[Mapping[str, Any]] = ()) -> None:
        self.expression = compile_expression(text, build_environment(facts), wanted=BOOL)

    def holds(self, category: dict[str, Any]) -> bool:
        """Return whether the condition is true of a category (keys as in `read_category_facts`)."""
        return self.expression.holds({"category": category})
