"""Conditions of questions: expressions over the answers to the questions before them."""

from collections.abc import Iterable
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from jiedao.cases.models import QuestionType
from jiedao.kernel.expressions import (
    BOOL,
    DATE,
    NUMBER,
    TEXT,
    Environment,
    Expression,
    Type,
    choice_of,
    compile_expression,
    list_of,
)
from jiedao.kernel.expressions.nodes import (
    Binary,
    Call,
    Choice,
    Items,
    Junction,
    Literal,
    Name,
    Node,
    Unary,
)

EXAMPLE = "blocked && lanes >= 2"
_TYPES = {
    QuestionType.TEXT: TEXT,
    QuestionType.LONG_TEXT: TEXT,
    QuestionType.NUMBER: NUMBER,
    QuestionType.BOOL: BOOL,
    QuestionType.DATE: DATE,
}


class Declared(Protocol):
    """The attributes of a question that a condition needs: of a row of the database or of a pack."""

    key: Any
    name: Any
    type: Any
    personal: Any
    choices: Any


def find_type(question: Declared) -> Type:
    """Return the type of the answer to a question."""
    kind = QuestionType(question.type)
    if kind in _TYPES:
        return _TYPES[kind]
    names = {choice["code"]: choice["name"] for choice in question.choices if not choice.get("retired")}
    return choice_of(names) if kind is QuestionType.CHOICE else list_of(choice_of(names))


def build_environment(earlier: Iterable[Declared], later: Iterable[str] = ()) -> Environment:
    """Return the names of a condition: the questions that are asked before it.

    Args:
        later: the keys of the question itself and of those after it, to explain why they cannot be used.
    """
    earlier = list(earlier)
    return Environment(
        {row.key: find_type(row) for row in earlier if not row.personal},
        labels={row.key: row.name for row in earlier},
        closed={
            **{row.key: _("它是个人信息，加密保存。") for row in earlier if row.personal},
            **dict.fromkeys(later, _("它排在后面；条件只能用前面的问题。")),
        },
        example=EXAMPLE,
    )


def compile_condition(text: str, names: Environment) -> Expression:
    """Return the condition; raise ExpressionFault for a text that is none over these names."""
    return compile_expression(text, names, wanted=BOOL)


def export_condition(expression: Expression) -> Any:
    """Return a condition as nested lists, which `questions.js` evaluates; a page never runs text as code.

    Each list is [operator, operand, ...]: "value" with a constant, "name" with a key, a sign, or a function.
    """
    return _export(expression.tree)


def _export(node: Node) -> list[Any]:  # noqa: PLR0911 (one for each kind)
    if isinstance(node, Literal):
        return ["value", node.value]
    if isinstance(node, Name):
        return ["name", node.name]
    if isinstance(node, Call):
        target = [node.target] if node.target is not None else []
        return [node.name, *map(_export, [*target, *node.arguments])]
    if isinstance(node, Unary):
        return ["not" if node.sign == "!" else "minus", _export(node.operand)]
    if isinstance(node, Binary):
        return [node.sign, _export(node.left), _export(node.right)]
    if isinstance(node, Junction):
        return [node.sign, *map(_export, node.parts)]
    if isinstance(node, Choice):
        return ["?", _export(node.condition), _export(node.yes), _export(node.no)]
    assert isinstance(node, Items)  # a condition over answers has no objects with parts
    return ["list", *map(_export, node.items)]
