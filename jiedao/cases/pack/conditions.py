"""Conditions of a pack over the one variable `category`."""

from typing import Any

from jiedao.kernel.expressions import (
    ExpressionFault,
    compile_expression,
    evaluate_condition,
    find_unknown_names,
)
from jiedao.kernel.packs.faults import did_you_mean

# the properties of a category that a condition may use
SAMPLE = {"kind": "MATTER", "code": "01001", "major": "01", "name": "", "major_name": ""}
EXAMPLE = "category.major == '06' && category.name.contains('垃圾')"


class Condition:
    """A CEL expression over `category` that is true or false.

    Raises ExpressionFault when the text does not compile, names another variable or function, or results in anything
    but true or false.
    """

    def __init__(self, text: str) -> None:
        self.program = compile_expression(text, example=EXAMPLE)
        for name in find_unknown_names(self.program, {"category"}):
            hint = f"The one variable is `category`, with {', '.join(SAMPLE)}."
            raise ExpressionFault(f"names {name!r}, which is not known", hint)
        self.holds(SAMPLE)

    def holds(self, category: dict[str, Any]) -> bool:
        """Return whether the condition is true of a category (keys as in SAMPLE)."""
        try:
            return evaluate_condition(self.program, {"category": category})
        except KeyError as error:
            name = str(error.args[0])
            raise ExpressionFault(f"a category has no {name!r}", did_you_mean(name, SAMPLE)) from error
