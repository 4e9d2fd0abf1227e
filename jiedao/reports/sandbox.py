"""The sandbox in which texts of reports and Word templates run: Jinja without access, and with an end to its work.

Whoever may write a report may write a template, so a template must neither read what it was not given nor keep a
server busy: loops and calls are counted, texts and numbers cannot grow without end.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_STEPS = 50_000  # rounds of all loops, and calls, in one text
LONGEST_VALUE = 100_000  # characters or items
LARGEST_NUMBER = 10**18
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
        "round",
        "sum",
        "trim",
    }
)


class WorkLimit(SecurityError):  # noqa: N818 (a limit, not a fault)
    """A text loops, calls or grows beyond what a report needs."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja with every unknown name an error, few filters, no attributes of texts, and limited work."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, *, escapes: bool = False) -> None:
        super().__init__(autoescape=escapes, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}
        self._steps = 0

    def compile(self, source: Any, *args: Any, **kwargs: Any) -> Any:
        """Compile a text with its loops and joined texts limited."""
        tree = self._parse(source, None, None) if isinstance(source, str) else source
        _limit(tree)
        return super().compile(tree, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse operations that can fill the memory: powers, and products or formats of texts."""
        if operator == "+" and isinstance(left, str | list) and isinstance(right, str | list):
            return check_size(left + right)  # type: ignore[operator]
        if operator == "**" or not all(isinstance(value, int | float) for value in (left, right)):
            raise SecurityError(f"the operator {operator} is not available")
        return check_size(super().call_binop(context, operator, left, right))

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 (as in Jinja)
        """Call a function, and count it: a macro may call itself."""
        __self.count_step()
        return super().call(__context, __obj, *args, **kwargs)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether an attribute may be read: none of a text or number, whose methods can fill the memory."""
        return not isinstance(obj, str | bytes | int | float) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Return None: Jinja's own check of `"{}".format()` would allow a width of any size."""

    def count_step(self) -> None:
        """Count a step; raise WorkLimit after too many."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise WorkLimit(f"more than {MOST_STEPS} steps")

    def limit_steps(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the items of a loop and count them."""
        for item in items:
            self.count_step()
            yield item

    def join_texts(self, *parts: Any) -> Any:
        """Return what the operator ~ joins, if it is not too long."""
        texts = [part if isinstance(part, str) else str(part) for part in parts]
        if sum(map(len, texts)) > LONGEST_VALUE:
            raise WorkLimit(f"a text of more than {LONGEST_VALUE} characters")
        return "".join(texts)


def check_size(value: Any) -> Any:
    """Return a value; raise WorkLimit for one that is too long or too large."""
    is_sized = isinstance(value, str | list)
    is_large = len(value) > LONGEST_VALUE if is_sized else abs(value) > LARGEST_NUMBER
    if is_large:
        raise WorkLimit("a value that is too large")
    return value


def _limit(tree: nodes.Template) -> None:
    """Let each loop count its rounds, and each ~ check its length.

    Raise TemplateSyntaxError for a recursive loop, whose rounds would not be counted.
    """
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateSyntaxError("recursive loops are not available", loop.lineno)
        loop.iter = _call("limit_steps", [loop.iter], loop.lineno)
    _replace_joins(tree)


def _replace_joins(node: nodes.Node) -> None:
    for name, value in node.iter_fields():
        if isinstance(value, list):
            for index, item in enumerate(value):
                value[index] = _replace_join(item)
        else:
            setattr(node, name, _replace_join(value))


def _replace_join(value: Any) -> Any:
    if not isinstance(value, nodes.Node):
        return value
    _replace_joins(value)
    return _call("join_texts", value.nodes, value.lineno) if isinstance(value, nodes.Concat) else value


def _call(name: str, arguments: list[Any], line: int) -> nodes.Call:
    """Return the call of a method of the sandbox, which no name of a text can replace."""
    return nodes.Call(nodes.EnvironmentAttribute(name), arguments, [], None, None, lineno=line)
