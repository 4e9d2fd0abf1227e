"""Expressions of a pack: read, typed, and computed over rows.

The language is the subset of CEL (https://cel.dev) that docs/reference/expressions.md describes. An expression is
checked together with its pack: every name, code, type and function. What passed never fails because of a type; a value
that is missing leaves a comparison undecided, and what only a row can show, such as a division by zero, is a
ComputingFault of that row.

    names = Environment({"storeys": NUMBER, "use": choice_of({"HOME": "居住"})}, example="storeys >= 7")
    expression = compile_expression("storeys >= 7 && use == 'HOME'", names, wanted=BOOL)
    expression.evaluate({"storeys": 8, "use": "HOME"})  # True, False, or None: undecided

Modules: `faults`, `tokens` (signs and words), `nodes` and `parsing` (the tree), `types`, `checking`, `running`.
"""

from jiedao.kernel.expressions.checking import check_tree
from jiedao.kernel.expressions.faults import ComputingFault, DivisionByZero, ExpressionFault, LocatedText
from jiedao.kernel.expressions.nodes import list_names
from jiedao.kernel.expressions.parsing import parse_expression
from jiedao.kernel.expressions.running import Expression, build_run
from jiedao.kernel.expressions.types import (
    BOOL,
    DATE,
    NUMBER,
    TEXT,
    Environment,
    Type,
    choice_of,
    list_of,
    object_of,
    text_of,
)

__all__ = [
    "BOOL",
    "DATE",
    "NUMBER",
    "TEXT",
    "ComputingFault",
    "DivisionByZero",
    "Environment",
    "Expression",
    "ExpressionFault",
    "LocatedText",
    "Type",
    "choice_of",
    "compile_expression",
    "find_expression_faults",
    "list_of",
    "object_of",
    "parse_expression",
    "text_of",
]


def find_expression_faults(text: str, names: Environment, *, wanted: Type) -> list[ExpressionFault]:
    """Return every fault of an expression that must give a value of the type `wanted`; none for a correct one.

    A text that is no expression has one fault, the first.
    """
    try:
        tree = parse_expression(text)
    except ExpressionFault as fault:
        return [fault]
    return check_tree(tree, text, names, wanted)


def compile_expression(text: str, names: Environment, *, wanted: Type) -> Expression:
    """Return an expression that can be evaluated; raise ExpressionFault, its first fault, if it has any."""
    tree = parse_expression(text)
    if faults := check_tree(tree, text, names, wanted):
        raise faults[0]
    return Expression(text, tree, list_names(tree), build_run(tree, text, names))
