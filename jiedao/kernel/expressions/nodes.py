"""The tree of an expression. Each node knows where it begins and ends in the text."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A part of an expression, from the character `start` up to but without `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Literal(Node):
    """A number, a text, true or false."""

    value: bool | int | float | str


@dataclass(frozen=True)
class Name(Node):
    """A variable."""

    name: str


@dataclass(frozen=True)
class Member(Node):
    """A part of an object: category.name."""

    target: Node
    name: str


@dataclass(frozen=True)
class Call(Node):
    """A function, or with a target a method: size(name), name.contains('a')."""

    name: str
    target: Node | None
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Unary(Node):
    """`!` or `-` before a value."""

    sign: str
    operand: Node


@dataclass(frozen=True)
class Binary(Node):
    """Two values with a comparison, an arithmetic operator or `in` between them."""

    sign: str
    left: Node
    right: Node
    at: int  # where the operator is


@dataclass(frozen=True)
class Junction(Node):
    """Conditions joined by && or ||: one node for all of them, so that a long list of conditions is not deep."""

    sign: str
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice(Node):
    """condition ? value : other."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True)
class Items(Node):
    """A list: ['A', 'B']."""

    items: tuple[Node, ...]


def list_children(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911 (one for each kind)
    """Return the nodes directly below a node."""
    if isinstance(node, Call):
        return (*((node.target,) if node.target is not None else ()), *node.arguments)
    if isinstance(node, Member):
        return (node.target,)
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, Junction):
        return node.parts
    if isinstance(node, Choice):
        return (node.condition, node.yes, node.no)
    return node.items if isinstance(node, Items) else ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and every node below it."""
    yield node
    for child in list_children(node):
        yield from walk(child)


def list_names(tree: Node) -> tuple[str, ...]:
    """Return the variables of an expression, each once, in the order of the text."""
    return tuple(dict.fromkeys(node.name for node in walk(tree) if isinstance(node, Name)))


def list_read_names(tree: Node) -> tuple[str, ...]:
    """Return the variables whose value is read: all but those that are only tested by has()."""
    names: dict[str, None] = {}

    def add(node: Node) -> None:
        if isinstance(node, Name):
            names[node.name] = None
        if not (isinstance(node, Call) and node.name == "has" and node.target is None):
            for child in list_children(node):
                add(child)

    add(tree)
    return tuple(names)
