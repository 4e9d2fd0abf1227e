"""Answers as filters of a list of cases, written `key:code`, such as `noise_source:SHOP` or `litter_dumper:true`."""

from collections.abc import Iterable
from functools import reduce
from operator import and_

from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.cases.models import CaseAnswer, QuestionType
from jiedao.cases.questions.definition import QuestionInfo, find_question, list_questions
from jiedao.kernel.parameters import make_unreadable_error

CHOOSING = frozenset({QuestionType.CHOICE.value, QuestionType.CHOICES.value, QuestionType.BOOL.value})


def list_filter_values(question: QuestionInfo) -> list[tuple[str, str]]:
    """Return the values of a filter by a question with their words; [] where it is answered by a text or number."""
    if question.type not in CHOOSING:
        return []
    if question.type == QuestionType.BOOL:
        return [(f"{question.key}:true", _("是")), (f"{question.key}:false", _("否"))]
    return [(f"{question.key}:{choice.code}", choice.label) for choice in question.choices]


def list_filter_questions(category_ids: Iterable[int]) -> list[QuestionInfo]:
    """Return the questions of the categories by which a list can be filtered, in the order of the pack."""
    questions = {question.key: question for pk in category_ids for question in list_questions(pk)}
    return [question for question in questions.values() if question.type in CHOOSING]


def read_answer_filter(text: str) -> str:
    """Return the value of a filter; raise UserError for an unknown question or choice."""
    question = find_question(text.partition(":")[0])
    values = dict(list_filter_values(question)) if question is not None else {}
    if text not in values:
        hint = _("写上问题和选项的代码，如 noise_source:SHOP。")
        raise make_unreadable_error("answer", text, hint)
    return text


def describe_answer_filter(text: str) -> str:
    """Return a filter in words, such as "Where does the noise come from? Shop"."""
    question = find_question(text.partition(":")[0])
    if question is None:
        return text
    return f"{question.label} {dict(list_filter_values(question)).get(text, text)}"


def build_answer_filter(filters: Iterable[str]) -> Q:
    """Return the condition of cases: one of the values of each question, and that for every question."""
    codes: dict[str, list[str]] = {}
    for text in filters:
        key, _colon, code = text.partition(":")
        codes.setdefault(key, []).append(code)
    conditions = [
        Q(
            pk__in=CaseAnswer.objects.filter(
                question_id=question.id if (question := find_question(key)) is not None else 0,
                code__in=wanted,
            ).values("case_id")
        )
        for key, wanted in codes.items()
    ]
    return reduce(and_, conditions, Q())
