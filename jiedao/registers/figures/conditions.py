"""The `filter` of a spec: a condition in CEL that a list of records can show as its filters.

`enclosed && !vacant && households >= 100 && state == "WORKS"` is a conjunction. Each part compares one field with a
value: a field that is true or false is alone or after `!`; `==`, `>=` and `<=` compare with a text, a number, or a day
written as a text. What a list cannot show, such as `||`, is refused, because the list behind a figure would differ.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jiedao.kernel.expressions import ExpressionFault, compile_expression
from jiedao.registers.definition import NUMERIC, Definition, Field, FieldKind

EXAMPLE = 'enclosed && households >= 100 && state == "WORKS"'
HINT = (
    "Join comparisons of one field with one value by &&; for either of two values give two specs in a list."
)
_NOT = re.compile(r"!(?!=)")
_WORDS = {"true": "True", "false": "False"}
_TEXTS = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")


@dataclass(frozen=True)
class Comparison:
    """One part of a condition: a field, "==", ">=" or "<=", and a value."""

    field: str
    sign: str
    value: bool | int | float | str


@lru_cache(maxsize=512)
def read_conditions(text: str) -> tuple[Comparison, ...]:
    """Return the parts of a condition; raise ExpressionFault for one that no list can show."""
    compile_expression(text, example=EXAMPLE)
    try:
        tree = ast.parse(_translate(text), mode="eval").body
    except SyntaxError as fault:
        raise ExpressionFault("is no condition that a list can show", HINT) from fault
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    return tuple(_read_part(part) for part in parts)


def _translate(text: str) -> str:
    """Return the text with the signs of Python, texts in quotation marks left as they are."""
    pieces, end = [], 0
    for match in _TEXTS.finditer(text):
        pieces += [_replace_signs(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*pieces, _replace_signs(text[end:])]).strip()


def _replace_signs(text: str) -> str:
    signs = _NOT.sub(" not ", text.replace("&&", " and "))
    return re.sub(r"\b(true|false)\b", lambda match: _WORDS[match[0]], signs)


def _read_part(node: ast.expr) -> Comparison:
    if isinstance(node, ast.Name):
        return Comparison(node.id, "==", True)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Name):
        return Comparison(node.operand.id, "==", False)
    signs: dict[type, str] = {ast.Eq: "==", ast.GtE: ">=", ast.LtE: "<="}
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.left, ast.Name):
        sign, value = signs.get(type(node.ops[0])), _read_literal(node.comparators[0])
        if sign is not None and value is not None:
            return Comparison(node.left.id, sign, value)
    raise ExpressionFault(f"has a part that no list can show: {ast.unparse(node)}", HINT)


def _read_literal(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, bool | int | float | str) else None


def find_condition_faults(text: Any, definition: Definition, known: Mapping[str, Field]) -> list[str]:
    """Return what is wrong with a condition over the fields by which a register filters, in English."""
    if not isinstance(text, str) or not text.strip():
        return [f"'filter' is a condition in a text, such as {EXAMPLE}"]
    try:
        parts = read_conditions(text)
    except ExpressionFault as fault:
        return [f"'filter' {fault}. {fault.hint}"]
    faults = _find_repetitions(parts)
    for part in parts:
        field = known.get(part.field)
        if field is None:
            names = ", ".join(known) or "none"
            faults.append(
                f"'filter' names {part.field!r}, by which {definition.key!r} does not filter; known: {names}"
            )
        elif fault_text := _find_type_fault(part, field):
            faults.append(f"'filter': {part.field} {fault_text}")
    return faults


def _find_repetitions(parts: Sequence[Comparison]) -> list[str]:
    """Return a fault for each field that is compared more often than a list can filter by it."""
    signs: dict[str, list[str]] = {}
    for part in parts:
        signs.setdefault(part.field, []).append(part.sign)
    return [
        f"'filter' compares {field!r} twice: a list has one value of it, or one >= and one <="
        for field, own in signs.items()
        if len(own) > 1 and sorted(own) != ["<=", ">="]
    ]


def _find_type_fault(part: Comparison, field: Field) -> str:
    """Return why a field cannot be compared with a value; "" if it can."""
    is_number = isinstance(part.value, int | float) and not isinstance(part.value, bool)
    if field.kind is FieldKind.BOOL:
        return "" if isinstance(part.value, bool) and part.sign == "==" else "is true or false"
    if field.kind in NUMERIC:
        return "" if is_number else f"is a number, not {part.value!r}"
    if not isinstance(part.value, str):
        return f"is no number and not true or false: {part.value!r}"
    if part.sign != "==" and field.kind is not FieldKind.DATE:
        return "is compared by == only"
    return ""


def build_values(text: str) -> dict[str, str]:
    """Return the values of a correct condition as a list's filters: an exact value, or "low..high"."""
    exact: dict[str, str] = {}
    ends: dict[str, dict[str, str]] = {}
    for part in read_conditions(text):
        value = str(int(part.value)) if isinstance(part.value, bool) else str(part.value)
        if part.sign == "==":
            exact[part.field] = value
        else:
            ends.setdefault(part.field, {})[part.sign] = value
    ranges = {key: f"{item.get('>=', '')}..{item.get('<=', '')}" for key, item in ends.items()}
    return {**ranges, **exact}
