"""The sandbox in which texts of reports and Word templates run: Jinja without access, and with an end to its work.

Every user who may write a report may write a template, so a template must neither read what it was not given nor keep
a processor busy: loops and calls are counted, texts and numbers cannot grow without end. The module imports nothing of
Django: it runs in a confined process (`rendering_child.py`), which must start quickly.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import do_round
from jinja2.sandbox import ImmutableSandboxedEnvironment

# In one text: rounds of all loops, calls, items of lists, and thousands of printed characters.
MOST_STEPS = 50_000
LONGEST_VALUE = 100_000  # characters or items
LARGEST_NUMBER = 10**18
MOST_DIGITS = 20  # to which a number is rounded
COMPARED_IN_STEP = 1000  # characters or items
FILTERED_IN_STEP = 50  # each costs a call
MARK = re.compile("\ue000(\\d+)\ue001")  # what a function of a report returns, for one of its items
_MARK_SIGNS = ("\ue000", "\ue001")
FILTERS = frozenset(
    {
        "abs",
        "default",
        "first",
        "float",
        "int",
        "last",
        "length",
        "list",
        "max",
        "min",
    }
)


class WorkLimit(SecurityError):  # noqa: N818 (a limit, not a fault)
    """A text loops, calls or grows beyond what a report needs."""


class RefusedValue(Exception):  # noqa: N818 (its code is the answer)
    """A value that cannot be printed: "FUNCTION", "LIST" or "MARK"."""


def round_number(value: Any, precision: int = 0, method: Any = "common") -> Any:
    """Return a number rounded as by Jinja; raise WorkLimit for more digits than a number has."""
    if abs(precision) > MOST_DIGITS:
        raise WorkLimit(f"more than {MOST_DIGITS} digits")
    return do_round(value, precision, method)


def sum_numbers(values: Iterable[Any]) -> Any:
    """Return the sum of numbers. Jinja's own filter also adds up lists, to any length."""
    return sum(values)


def trim_text(value: Any) -> str:
    """Return a text without the spaces around it. Jinja's own filter also writes out lists, to any length."""
    return str(check_printable(value)).strip()


def check_printable(value: Any) -> Any:
    """Return a value that can be printed; raise RefusedValue for a list, which may contain one text many times."""
    if isinstance(value, str):
        return check_marks(value)
    if value is None or isinstance(value, int | float | Undefined):
        return value
    if callable(value):
        raise RefusedValue("FUNCTION")
    raise RefusedValue("LIST")


def check_marks(text: str) -> str:
    """Return a text; raise RefusedValue for one with a part of a mark, which would place another item."""
    if any(sign in text for sign in _MARK_SIGNS):
        rest = MARK.sub("", text)
        if any(sign in rest for sign in _MARK_SIGNS):
            raise RefusedValue("MARK")
    return text


OWN_FILTERS = {"round": round_number, "sum": sum_numbers, "trim": trim_text}


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja with every unknown name an error, few filters, no attributes of texts, and limited work."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})

    def __init__(self, *, escapes: bool = False) -> None:
        super().__init__(
            autoescape=escapes,
            undefined=StrictUndefined,
            finalize=self.limit_printing,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.globals.clear()
        filters = {name: self.filters[name] for name in FILTERS} | OWN_FILTERS
        self.filters = {name: self._limit_filter(function) for name, function in filters.items()}
        self._steps = 0

    def compile(self, source: Any, *args: Any, **kwargs: Any) -> Any:
        """Compile a text with its loops and joined texts limited."""
        tree = self._parse(source, None, None) if isinstance(source, str) else source
        _limit(tree)
        return super().compile(tree, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse operations that can fill the memory: powers, and products or formats of texts."""
        if operator == "+" and isinstance(left, str | list) and isinstance(right, str | list):
            for value in (left, right):
                if isinstance(value, str):
                    check_marks(value)
            return self.limit_items(check_size(left + right))  # type: ignore[operator]
        if operator == "**" or not all(isinstance(value, int | float) for value in (left, right)):
            raise SecurityError(f"the operator {operator} is not available")
        return check_size(super().call_binop(context, operator, left, right))

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 (as in Jinja)
        """Call a function, and count it: a macro may call itself, and its arguments are a list to it."""
        __self.count_steps()
        __self.limit_items(args)
        __self.limit_items(kwargs)
        return __self.limit_items(super().call(__context, __obj, *args, **kwargs))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether an attribute may be read: none of a text or number, whose methods can fill the memory."""
        return not isinstance(obj, str | bytes | int | float) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Return None: Jinja's own check of `"{}".format()` would allow a width of any size."""

    def count_steps(self, number: int = 1) -> None:
        """Count steps; raise WorkLimit after too many."""
        self._steps += number
        if self._steps > MOST_STEPS:
            raise WorkLimit(f"more than {MOST_STEPS} steps")

    def limit_steps(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the items of a loop and count them."""
        for item in items:
            self.count_steps()
            yield item

    def limit_items(self, value: Any) -> Any:
        """Return a value; count the items of a list with those of the lists in it, however often one is repeated."""
        if isinstance(value, Collection) and not isinstance(value, str | bytes):
            self.count_steps(len(value))
            for item in value:
                self.limit_items(item)
            if isinstance(value, Mapping):
                for item in value.values():
                    self.limit_items(item)
        return value

    def limit_compared(self, value: Any) -> Any:
        """Return a value that is compared, and count its length."""
        if isinstance(value, Collection):
            self.count_steps(len(value) // COMPARED_IN_STEP)
        return value

    def _limit_filter(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a filter whose work is counted and whose result is neither too long nor too large."""

        @wraps(function)
        def limited(*args: Any, **kwargs: Any) -> Any:
            self.count_steps()
            for value in args:
                if isinstance(value, Collection):
                    self.count_steps(len(value) // FILTERED_IN_STEP)
            result = function(*args, **kwargs)
            return check_size(result) if isinstance(result, str | list | int | float) else result

        return limited

    def limit_printing(self, value: Any) -> Any:
        """Return a value that is printed, and count its length: a block may print one text many times."""
        if isinstance(value, str):
            self.count_steps(len(value) // 1000)
        return check_printable(value)

    def concat(self, parts: Iterable[str]) -> str:
        """Return the text of a macro or block, if it is not too long."""
        return join_limited(list(parts))

    def join_texts(self, *parts: Any) -> str:
        """Return what the operator ~ joins, if it is not too long."""
        return join_limited([str(check_printable(part)) for part in parts])


def join_limited(texts: list[str]) -> str:
    """Return the joined texts; raise WorkLimit where they are too long."""
    if sum(map(len, texts)) > LONGEST_VALUE:
        raise WorkLimit(f"a text of more than {LONGEST_VALUE} characters")
    return "".join(texts)


def check_size(value: Any) -> Any:
    """Return a value; raise WorkLimit for one that is too long or too large."""
    is_sized = isinstance(value, str | list)
    is_right = len(value) <= LONGEST_VALUE if is_sized else abs(value) <= LARGEST_NUMBER  # never so for NaN
    if not is_right:
        raise WorkLimit("a value that is too large")
    return value


def _limit(tree: nodes.Template) -> None:
    """Let each loop count its rounds, each list its items, and each ~ check its length.

    Raise TemplateSyntaxError for a recursive loop, whose rounds would not be counted, for a constant that is too
    large or part of a mark, and for a tag that reads another template.
    """
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        raise TemplateSyntaxError("other templates are not available", node.lineno)
    constants = [(node.value, node.lineno) for node in tree.find_all(nodes.Const)]
    constants += [(node.data, node.lineno) for node in tree.find_all(nodes.TemplateData)]
    for value, line in constants:
        if isinstance(value, str) and any(sign in value for sign in _MARK_SIGNS):
            raise TemplateSyntaxError("a character for marks", line)
        if isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:
            raise TemplateSyntaxError("a number that is too large", line)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateSyntaxError("recursive loops are not available", loop.lineno)
        loop.iter = _call("limit_steps", [loop.iter], loop.lineno)
    _limit_values(tree)


def _limit_values(node: nodes.Node) -> None:
    for name, value in node.iter_fields():
        if isinstance(value, list):
            for index, item in enumerate(value):
                value[index] = _limit_value(item)
        else:
            setattr(node, name, _limit_value(value))


def _limit_value(value: Any) -> Any:
    if not isinstance(value, nodes.Node):
        return value
    _limit_values(value)
    if isinstance(value, nodes.Compare):
        value.expr = _call("limit_compared", [value.expr], value.lineno)
        for operand in value.ops:
            operand.expr = _call("limit_compared", [operand.expr], value.lineno)
        return value
    if isinstance(value, nodes.Concat):
        return _call("join_texts", value.nodes, value.lineno)
    is_target = isinstance(value, nodes.Tuple) and value.ctx != "load"  # such as `a, b` in `for a, b in ...`
    if isinstance(value, nodes.List | nodes.Tuple | nodes.Dict) and not is_target:
        return _call("limit_items", [value], value.lineno)
    return value


def _call(name: str, arguments: list[Any], line: int) -> nodes.Call:
    """Return the call of a method of the sandbox, which no name of a text can replace."""
    return nodes.Call(nodes.EnvironmentAttribute(name), arguments, [], None, None, lineno=line)
