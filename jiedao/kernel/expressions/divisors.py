"""Find divisions by what may be 0: each would be a fault of the rows in which it is."""

from collections.abc import Collection

from jiedao.kernel.expressions.nodes import Binary, Literal, Name, Node, walk
from jiedao.kernel.expressions.parsing import COMPARISONS


def find_open_divisors(tree: Node, text: str, never_zero: Collection[str] = ()) -> list[tuple[int, str]]:
    """Return the position and the text of each divisor that may be 0 in a correct expression.

    A divisor that the expression compares with something is taken to be excluded, as in `exits > 0 && storeys / exits >
    3`: the order does not matter.

    Args:
        never_zero: names whose values are never 0.
    """
    compared = {
        text[side.start : side.end]
        for node in walk(tree)
        if isinstance(node, Binary) and node.sign in COMPARISONS
        for side in (node.left, node.right)
    }
    divisors = [node.right for node in walk(tree) if isinstance(node, Binary) and node.sign in {"/", "%"}]
    return [
        (divisor.start, written)
        for divisor in divisors
        if (written := text[divisor.start : divisor.end]) not in compared
        and not isinstance(divisor, Literal)
        and not (isinstance(divisor, Name) and divisor.name in never_zero)
    ]
