"""The `filter` of a spec: a condition that a list of records can show as its filters.

`enclosed && !vacant && households >= 100 && state == "WORKS"` is a conjunction. Each part compares one field with a
value: a field that is true or false is alone or after `!`; `==`, `>=` and `<=` compare with a text, a number, or a day
written as a text. What a list cannot show, such as `||`, is refused, because the list behind a figure would differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.expressions import (
    BOOL,
    Environment,
    ExpressionFault,
    find_expression_faults,
    parse_expression,
)
from jiedao.kernel.expressions.nodes import Binary, Junction, Literal, Name, Node, Unary
from jiedao.registers.definition import Definition, Field
from jiedao.registers.grading import find_type

EXAMPLE = 'enclosed && households >= 100 && state == "WORKS"'
SIGNS = ("==", ">=", "<=")
HINT = _("用 && 连接“字段 ==、>= 或 <= 值”；两种值都要的，在列表里写两个来源。")


@dataclass(frozen=True)
class Comparison:
    """One part of a condition: a field, "==", ">=" or "<=", and a value; `at` is where it is in the text."""

    field: str
    sign: str
    value: bool | int | float | str
    at: int = 0


@lru_cache(maxsize=512)
def read_conditions(text: str) -> tuple[Comparison, ...]:
    """Return the parts of a condition; raise ExpressionFault for one that no list can show."""
    tree = parse_expression(text)
    is_conjunction = isinstance(tree, Junction) and tree.sign == "&&"
    parts = tree.parts if isinstance(tree, Junction) and is_conjunction else (tree,)
    return tuple(_read_part(part, text) for part in parts)


def _read_part(node: Node, text: str) -> Comparison:
    if isinstance(node, Name):
        return Comparison(node.name, "==", True, node.start)
    if isinstance(node, Unary) and node.sign == "!" and isinstance(node.operand, Name):
        return Comparison(node.operand.name, "==", False, node.start)
    if isinstance(node, Binary) and node.sign in SIGNS and isinstance(node.left, Name):
        value = _read_literal(node.right)
        if value is not None:
            return Comparison(node.left.name, node.sign, value, node.start)
    part = text[node.start : node.end][:60]
    raise ExpressionFault(_("列表筛选不出“%(part)s”"), HINT, at=node.start, part=part)


def _read_literal(node: Node) -> bool | int | float | str | None:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Unary) and node.sign == "-" and isinstance(node.operand, Literal):
        value = node.operand.value
        return -value if isinstance(value, int | float) else None
    return None


def find_condition_faults(text: Any, definition: Definition, known: Mapping[str, Field]) -> list[str]:
    """Return what is wrong with a condition over the fields by which a register filters."""
    if not isinstance(text, str) or not text.strip():
        return [str(_("filter 应是写成文字的条件，如 %(example)s")) % {"example": EXAMPLE}]
    others = {field.key: field for field in definition.active_fields if field.key not in known}
    names = Environment(
        {key: find_type(key, field) for key, field in known.items()},
        labels={field.key: field.name for field in known.values()},
        closed={
            key: _("个人信息加密保存") if field.personal else _("它不是筛选项（filter = true）")
            for key, field in others.items()
        },
        example=EXAMPLE,
    )
    faults = find_expression_faults(text, names, wanted=BOOL)
    if not faults:
        try:
            faults = _find_repetitions(read_conditions(text))
        except ExpressionFault as fault:
            faults = [fault]
    return [fault.locate(text, "filter") for fault in faults]


def _find_repetitions(parts: Sequence[Comparison]) -> list[ExpressionFault]:
    """Return a fault for each field that is compared more often than a list can filter by it."""
    own: dict[str, list[Comparison]] = {}
    for part in parts:
        own.setdefault(part.field, []).append(part)
    hint = _("列表里一个字段有一个值，或一个 >= 和一个 <=。")
    return [
        ExpressionFault(_("%(field)s 比较了两次"), hint, at=of_field[-1].at, field=field)
        for field, of_field in own.items()
        if len(of_field) > 1 and sorted(part.sign for part in of_field) != ["<=", ">="]
    ]


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
