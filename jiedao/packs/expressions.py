"""CEL expressions of a pack: compiled once, over the one variable `category`."""

from typing import Any

import cel

from jiedao.packs.faults import did_you_mean

# what an expression may ask of a category
SAMPLE = {"kind": "MATTER", "code": "01001", "major": "01", "name": "", "major_name": ""}


class ExpressionFault(ValueError):  # noqa: N818 (a fault of the pack)
    """An expression that cannot be used; `hint` says what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Condition:
    """A CEL expression over `category` that is true or false.

    Raises ExpressionFault when the text does not compile, names another variable or function, or gives
    something else than true or false. See https://cel.dev for the language.
    """

    def __init__(self, text: str) -> None:
        try:
            self.program = cel.compile(text)
        except ValueError as fault:
            lines = str(fault).splitlines()
            reason = lines[0].split("ERROR: <input>:")[-1]
            raise ExpressionFault(
                f"does not compile: {reason}",
                "Such as: category.major == '06' && category.name.contains('垃圾')",
            ) from fault
        for name in self.program.variables():
            if name != "category":
                hint = f"The one variable is `category`, with {', '.join(SAMPLE)}."
                raise ExpressionFault(f"names {name!r}, which is not known", hint)
        self.holds(SAMPLE)

    def holds(self, category: dict[str, Any]) -> bool:
        """Tell whether the condition is true of a category (keys as in SAMPLE)."""
        try:
            value = self.program.execute({"category": category})
        except KeyError as fault:
            name = str(fault.args[0])
            raise ExpressionFault(f"a category has no {name!r}", did_you_mean(name, SAMPLE)) from fault
        except (RuntimeError, TypeError, ValueError) as fault:
            raise ExpressionFault(f"fails: {fault}", "Compare texts with texts.") from fault
        if not isinstance(value, bool):
            raise ExpressionFault(f"gives {value!r}", "It must give true or false.")
        return value
