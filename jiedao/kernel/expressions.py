"""CEL expressions of a pack, compiled once and checked together with the pack. The language: https://cel.dev."""

from collections.abc import Iterable, Mapping
from typing import Any


class ExpressionFault(ValueError):  # noqa: N818 (a fault of the pack)
    """An expression that cannot be used; `hint` states what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def compile_expression(text: str, *, example: str) -> Any:
    """Return the compiled program; raise ExpressionFault, with the example as hint, when it does not compile."""
    import cel  # noqa: PLC0415 (it imports a console library, which most commands do not need)

    try:
        return cel.compile(text)
    except ValueError as fault:
        reason = str(fault).splitlines()[0].split("ERROR: <input>:")[-1]
        raise ExpressionFault(f"does not compile: {reason}", f"Such as: {example}") from fault


def find_unknown_names(program: Any, known: Iterable[str]) -> list[str]:
    """Return the variables of a program that are not known."""
    return sorted(set(program.variables()) - set(known))


def evaluate_condition(program: Any, values: Mapping[str, Any]) -> bool:
    """Return whether a condition is true for the values.

    Raise ExpressionFault when it cannot be computed or its result is neither true nor false.
    """
    try:
        value = program.execute(dict(values))
    except (RuntimeError, TypeError, ValueError) as fault:
        raise ExpressionFault(
            f"fails: {fault}", "Compare texts with texts and numbers with numbers."
        ) from fault
    if not isinstance(value, bool):
        raise ExpressionFault(f"gives {value!r}", "It must give true or false.")
    return value
