"""Storing the answers of cases, and reading them back as values."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases.models import CaseAnswer, QuestionType
from jiedao.cases.questions.definition import QuestionInfo, find_question, map_questions_by_id
from jiedao.kernel import clock, crypto
from jiedao.kernel.policies import get_policy

MASK = "＊＊＊"
CONTEXT = "case answer"  # an encrypted answer cannot be moved to another field


def find_erase_date(at: datetime) -> date:
    """Return until which day the personal answers of a case reported at this time are stored."""
    return at.astimezone(clock.TOWN_TZ).date() + timedelta(days=int(get_policy("retention_days")))


def write_answers(case_id: int, values: Mapping[str, Any], reported_at: datetime) -> None:
    """Write the answers of one case, which has none to these questions, inside the caller's transaction."""
    rows = [
        row
        for key, value in values.items()
        if (question := find_question(key)) is not None
        for row in _make_rows(case_id, question, value, reported_at)
    ]
    if rows:
        CaseAnswer.objects.bulk_create(rows)


def replace_answers(
    case_id: int, questions: Iterable[QuestionInfo], values: Mapping[str, Any], reported_at: datetime
) -> None:
    """Replace the answers to the questions by these values; a question without a value has no answer afterwards."""
    CaseAnswer.objects.filter(
        case_id=case_id, question_id__in=[question.id for question in questions]
    ).delete()
    write_answers(case_id, values, reported_at)


def _make_rows(case_id: int, question: QuestionInfo, value: Any, reported_at: datetime) -> list[CaseAnswer]:
    def make(**columns: Any) -> CaseAnswer:
        return CaseAnswer(case_id=case_id, question_id=question.id, **columns)

    if question.personal:
        return [
            make(text=crypto.encrypt(str(value), context=CONTEXT), erase_after=find_erase_date(reported_at))
        ]
    if question.is_many:
        return [make(code=code) for code in value]
    kind = QuestionType(question.type)
    if kind is QuestionType.NUMBER:
        return [make(number=value)]
    if kind is QuestionType.BOOL:
        return [make(code="true" if value else "false")]
    if kind in {QuestionType.DATE, QuestionType.CHOICE}:
        return [make(code=value)]
    return [make(text=value)]


def read_values(case_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the stored answers of cases by case and key, without the personal ones, in one statement.

    The keys are in the order of the pack.
    """
    return {
        case_id: {
            question.key: read_value(question, rows) for question, rows in answers if not question.personal
        }
        for case_id, answers in read_rows(case_ids).items()
    }


def read_rows(case_ids: Iterable[int]) -> dict[int, list[tuple[QuestionInfo, list[CaseAnswer]]]]:
    """Return the rows of cases by case, each question with its rows in the order of the pack."""
    questions = map_questions_by_id()
    if not questions:
        return {}
    stored: dict[int, dict[int, list[CaseAnswer]]] = {}
    for row in CaseAnswer.objects.filter(case_id__in=list(case_ids)).order_by("case_id", "id"):
        stored.setdefault(row.case_id, {}).setdefault(row.question_id, []).append(row)
    return {
        case_id: [
            (question, answers[question.id]) for question in questions.values() if question.id in answers
        ]
        for case_id, answers in stored.items()
    }


def read_value(question: QuestionInfo, rows: list[CaseAnswer]) -> Any:
    """Return the value that the rows of one question hold, None where it is personal."""
    if question.personal:
        return None
    first = rows[0]
    if question.is_many:
        return [row.code for row in rows]
    if question.type == QuestionType.NUMBER:
        number = first.number
        return int(number) if number is not None and number.is_integer() else number
    if question.type == QuestionType.BOOL:
        return first.code == "true"
    return first.code or first.text


def format_value(question: QuestionInfo, value: Any) -> str:
    """Return the value of an answer in the reader's language, "" for none, stars where it is personal."""
    if value is None or value in ("", []):
        return ""
    if question.personal:
        return MASK
    kind = QuestionType(question.type)
    return _FORMATS[kind](question, value) if kind in _FORMATS else str(value)


def _label_choice(question: QuestionInfo, code: str) -> str:
    choice = question.find_choice(code)
    return choice.label if choice is not None else code


_FORMATS: dict[QuestionType, Callable[[QuestionInfo, Any], str]] = {
    QuestionType.CHOICES: lambda question, value: _("、").join(
        _label_choice(question, code) for code in value
    ),
    QuestionType.CHOICE: _label_choice,
    QuestionType.BOOL: lambda _question, value: _("是") if value else _("否"),
    QuestionType.NUMBER: lambda question, value: f"{format(value, ',')} {question.unit_label}".strip(),
}
