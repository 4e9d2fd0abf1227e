"""Compute an expression over the values of a row.

A value that is missing leaves what needs it undecided, which is None: a comparison, a sum, a function. `false && x` is
false and `true || x` is true whatever x is. has(x) is never undecided. The types were checked before, so that only a
row can be at fault: by a division by zero, a number that becomes too large, or a stored value of another type.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.expressions.faults import ComputingFault, DivisionByZero
from jiedao.kernel.expressions.nodes import (
    Binary,
    Call,
    Choice,
    Items,
    Junction,
    Literal,
    Member,
    Name,
    Node,
    Unary,
    list_read_names,
)
from jiedao.kernel.expressions.types import Base, Environment, Type

Values = Mapping[str, Any]
Run = Callable[[Values], Any]
MOST = 1e300  # a result beyond it is no figure of a town
_KINDS: dict[Base, tuple[type, ...]] = {
    Base.NUMBER: (int, float, Decimal),
    Base.TEXT: (str,),
    Base.CHOICE: (str,),
    Base.BOOL: (bool,),
    Base.DATE: (str,),
    Base.LIST: (list, tuple),
    Base.OBJECT: (dict,),
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPUTE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
}
_METHODS: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}


@dataclass(frozen=True)
class Expression:
    """An expression that was checked.

    Attributes:
        names: the variables, each once, in the order of the text.
    """

    text: str
    tree: Node
    names: tuple[str, ...]
    _run: Run = field(repr=False, compare=False)

    @cached_property
    def read_names(self) -> tuple[str, ...]:
        """The variables whose value is read: all but those that are only tested by has()."""
        return list_read_names(self.tree)

    def evaluate(self, values: Values) -> Any:
        """Return the value for a row, None where missing values leave it undecided; raise ComputingFault for a row
        at fault.

        Args:
            values: by name; a value that is missing is None or left out.
        """
        return self._run(values)

    def holds(self, values: Values) -> bool:
        """Return whether a condition is true for a row; an undecided one does not hold. Raise as `evaluate` does."""
        return self._run(values) is True


def build_run(tree: Node, text: str, names: Environment) -> Run:
    """Return the function that computes a checked tree."""
    return _Builder(text, names).build(tree)


class _Builder:
    """Builds the function of each node out of those of its parts."""

    def __init__(self, text: str, names: Environment) -> None:
        self.text = text
        self.names = names

    def build(self, node: Node) -> Run:
        build: dict[type[Node], Any] = {
            Literal: self.build_literal,
            Name: self.build_name,
            Member: self.build_member,
            Call: self.build_call,
            Unary: self.build_unary,
            Binary: self.build_binary,
            Junction: self.build_junction,
            Choice: self.build_choice,
            Items: self.build_items,
        }
        run: Run = build[type(node)](node)
        return run

    def build_literal(self, node: Literal) -> Run:
        value = node.value
        return lambda _values: value

    def build_name(self, node: Name) -> Run:
        return _read_typed(node.name, self.names.names[node.name], lambda values: values.get(node.name))

    def build_member(self, node: Member) -> Run:
        target, object_type = self.build(node.target), self.find_object(node.target)
        assert object_type.parts is not None

        def read(values: Values) -> Any:
            parts = target(values)
            return None if parts is None else parts.get(node.name)

        return _read_typed(self.text[node.start : node.end], object_type.parts[node.name], read)

    def find_object(self, node: Node) -> Type:
        """Return the type of a name, or of a part of an object."""
        if isinstance(node, Name):
            return self.names.names[node.name]
        assert isinstance(node, Member)
        parts = self.find_object(node.target).parts
        assert parts is not None
        return parts[node.name]

    def build_call(self, node: Call) -> Run:
        if node.name == "has":
            tested = self.build(node.arguments[0])
            return lambda values: tested(values) is not None
        parts = [*([node.target] if node.target is not None else []), *node.arguments]
        if node.name in _METHODS:
            return _combine(_METHODS[node.name], *map(self.build, parts))
        only = self.build(parts[0])
        functions: dict[str, Callable[[Any], Any]] = {"size": len, "int": math.trunc, "double": float}
        function = functions[node.name]

        def call(values: Values) -> Any:
            value = only(values)
            return None if value is None else function(value)

        return call

    def build_unary(self, node: Unary) -> Run:
        operand = self.build(node.operand)
        compute = operator.not_ if node.sign == "!" else operator.neg

        def negate(values: Values) -> Any:
            value = operand(values)
            return None if value is None else compute(value)

        return negate

    def build_binary(self, node: Binary) -> Run:
        left, right = self.build(node.left), self.build(node.right)
        if node.sign in _COMPARE:
            return _combine(_COMPARE[node.sign], left, right)
        if node.sign == "in":
            return self.build_within(left, right)
        return self.build_arithmetic(node, left, right)

    def build_within(self, left: Run, right: Run) -> Run:
        def is_within(values: Values) -> bool | None:
            value, items = left(values), right(values)
            if value is None or items is None:
                return None
            if any(value == item for item in items):
                return True
            return None if any(item is None for item in items) else False

        return is_within

    def build_arithmetic(self, node: Binary, left: Run, right: Run) -> Run:
        compute, divides = _COMPUTE[node.sign], node.sign in {"/", "%"}
        quoted, divisor = (self.text[part.start : part.end][:60] for part in (node, node.right))
        if isinstance(node.right, Name) and (label := self.names.labels.get(divisor, divisor)) != divisor:
            divisor = f"{divisor} ({label})"

        def calculate(values: Values) -> Any:
            first, second = left(values), right(values)
            if first is None or second is None:
                return None
            if divides and second == 0:
                raise DivisionByZero(_("“%(text)s”除以 0：%(divisor)s 是 0"), text=quoted, divisor=divisor)
            if type(first) is not type(second) and Decimal in {type(first), type(second)}:
                first, second = float(first), float(second)
            try:
                result = compute(first, second)
            except (ArithmeticError, ValueError) as fault:
                raise ComputingFault(_("“%(text)s”算出的数太大"), text=quoted) from fault
            if not -MOST < result < MOST:
                raise ComputingFault(_("“%(text)s”算出的数太大"), text=quoted)
            return result

        return calculate

    def build_junction(self, node: Junction) -> Run:
        runs = tuple(map(self.build, node.parts))
        decisive: bool = node.sign == "||"

        def join(values: Values) -> bool | None:
            undecided = False
            fault: ComputingFault | None = None
            for run in runs:
                try:
                    value = run(values)
                except ComputingFault as computing_fault:
                    fault = fault or computing_fault
                    continue
                if value is decisive:
                    return bool(value)
                undecided = undecided or value is None
            if fault is not None:
                raise fault
            return None if undecided else not decisive

        return join

    def build_choice(self, node: Choice) -> Run:
        condition, yes, no = map(self.build, (node.condition, node.yes, node.no))

        def choose(values: Values) -> Any:
            decision = condition(values)
            if decision is None:
                return None
            return yes(values) if decision else no(values)

        return choose

    def build_items(self, node: Items) -> Run:
        if all(isinstance(item, Literal) for item in node.items):
            constant = tuple(item.value for item in node.items if isinstance(item, Literal))
            return lambda _values: constant
        runs = tuple(map(self.build, node.items))
        return lambda values: tuple(run(values) for run in runs)


def _combine(compute: Callable[[Any, Any], Any], left: Run, right: Run) -> Run:
    """Return a function of two values that is undecided where one of them is."""

    def combined(values: Values) -> Any:
        first = left(values)
        if first is None:
            return None
        second = right(values)
        return None if second is None else compute(first, second)

    return combined


def _read_typed(name: str, wanted: Type, read: Run) -> Run:
    """Return a function that reads a value and refuses one of another type, which only damaged data can hold."""
    kinds, base = _KINDS[wanted.base], wanted.base

    def read_checked(values: Values) -> Any:
        value = read(values)
        if value is None or type(value) in kinds:
            return value
        if base is Base.DATE and isinstance(value, date):
            return value.isoformat()[:10]
        raise ComputingFault(
            _("%(name)s 的值应是%(type)s，存的是 %(value)s"),
            hint=_("请改正这一项。"),
            name=name,
            type=wanted.label,
            value=repr(value)[:40],
        )

    return read_checked
