"""The attributes of a service: the questions that its category asks, and the answers to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases.catalogue import CategoryInfo
from jiedao.cases.models import QuestionType
from jiedao.cases.questions import QuestionInfo, list_questions
from jiedao.kernel import clock

# A question of yes or no is a list of two values, because the specification has no datatype for it.
DATATYPES = {
    QuestionType.TEXT: "string",
    QuestionType.LONG_TEXT: "text",
    QuestionType.NUMBER: "number",
    QuestionType.BOOL: "singlevaluelist",
    QuestionType.DATE: "datetime",
    QuestionType.CHOICE: "singlevaluelist",
    QuestionType.CHOICES: "multivaluelist",
}


def has_attributes(category: CategoryInfo | None) -> bool:
    """Return whether a category asks questions of its own."""
    return category is not None and bool(list_questions(category.id))


def describe_attributes(category: CategoryInfo | None) -> list[dict[str, Any]]:
    """Return the questions of a category as attributes of a service definition, in their order."""
    questions = list_questions(category.id) if category is not None else []
    return [_describe(question, order) for order, question in enumerate(questions, start=1)]


def _describe(question: QuestionInfo, order: int) -> dict[str, Any]:
    attribute = {
        "variable": True,
        "code": question.key,
        "datatype": DATATYPES[QuestionType(question.type)],
        # The specification has no conditions: a question with one is not required here; the server checks answers.
        "required": question.required and question.condition is None,
        "datatype_description": _describe_value(question),
        "order": order,
        "description": question.label,
    }
    values = _list_values(question)
    return {**attribute, "values": values} if values else attribute


def _list_values(question: QuestionInfo) -> list[dict[str, str]]:
    if question.type == QuestionType.BOOL:
        return [{"key": "true", "name": _("是")}, {"key": "false", "name": _("否")}]
    return [{"key": choice.code, "name": choice.label} for choice in question.offered_choices]


def _describe_value(question: QuestionInfo) -> str:
    """Return how to write the value, and when the question is asked."""
    parts = [question.help_label]
    if question.unit:
        parts.append(_("单位：%(unit)s。") % {"unit": question.unit_label})
    if question.least is not None:
        parts.append(_("不小于 %(least)g。") % {"least": question.least})
    if question.most is not None:
        parts.append(_("不大于 %(most)g。") % {"most": question.most})
    if question.condition is not None:
        text = (
            _("只在前面的回答需要时才问，这时必须回答。")
            if question.required
            else _("只在前面的回答需要时才问。")
        )
        parts.append(text)
    return " ".join(filter(None, parts))


def split_attributes(
    category: CategoryInfo | None, attributes: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Any], dict[str, Sequence[str]]]:
    """Return the raw answers to the questions of a category by key, and the attributes that are none of them."""
    questions = {question.key: question for question in list_questions(category.id)} if category else {}
    answers = {
        code: _make_raw(questions[code], list(values))
        for code, values in attributes.items()
        if code in questions
    }
    return answers, {code: values for code, values in attributes.items() if code not in questions}


def _make_raw(question: QuestionInfo, values: list[str]) -> Any:
    """Return what the questions read: a list for several choices, and for a time the day of it in the town."""
    if question.is_many:
        return [text for value in values for text in value.split(",")]
    if len(values) > 1:
        return values
    return _write_day(values[0]) if question.type == QuestionType.DATE else values[0]


def _write_day(text: str) -> str:
    """Return the day of a time such as 2026-05-04T09:30:00Z; any other text unchanged."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return (moment.astimezone(clock.TOWN_TZ) if moment.tzinfo else moment).date().isoformat()
