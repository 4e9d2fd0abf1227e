"""The answers of a case as its page, its printout, its export and the API show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jiedao.cases.models import Case, CaseAnswer
from jiedao.cases.questions.definition import QuestionInfo, find_question, list_asked, list_questions
from jiedao.cases.questions.storing import MASK, format_value, read_rows, read_value


@dataclass(frozen=True)
class ShownAnswer:
    """An answer in words.

    Attributes:
        value: as `Answers.values` holds it; None where it is personal.
        text: in the reader's language; stars where it is personal, "" once it was erased.
        erased: whether it was erased after the retention period.
    """

    question: QuestionInfo
    value: Any
    text: str
    erased: bool = False

    @property
    def key(self) -> str:
        """The key of the question."""
        return self.question.key

    @property
    def label(self) -> str:
        """The question in the reader's language."""
        return self.question.label


def get_answers(case: Case) -> list[ShownAnswer]:
    """Return the answers of a case in the order of the pack, also those to questions that are no longer asked."""
    return [_show(question, rows) for question, rows in read_rows([case.pk]).get(case.pk, [])]


def get_answers_of_cases(case_ids: Iterable[int]) -> dict[int, list[ShownAnswer]]:
    """Return the answers of cases by case, as `get_answers` does; one statement, none where no question is known."""
    return {
        case_id: [_show(question, rows) for question, rows in answers]
        for case_id, answers in read_rows(case_ids).items()
    }


def _show(question: QuestionInfo, rows: list[CaseAnswer]) -> ShownAnswer:
    if question.personal:
        erased = rows[0].erased_at is not None
        return ShownAnswer(question, None, "" if erased else MASK, erased)
    value = read_value(question, rows)
    return ShownAnswer(question, value, format_value(question, value))


def list_unanswered(case: Case, answers: Iterable[ShownAnswer]) -> list[QuestionInfo]:
    """Return the questions of the category of a case that should be asked now and have no answer."""
    values = {answer.key: answer.value for answer in answers}
    asked = list_asked(list_questions(case.category_id), values)
    return [question for question in asked if question.key not in values]


def list_answer_words(values: Mapping[str, Any]) -> str:
    """Return the answers as text for the search: texts, and the names of choices in both languages."""
    words: list[str] = []
    for key, value in values.items():
        question = find_question(key)
        if question is None or question.personal or isinstance(value, bool | int | float):
            continue
        for item in value if isinstance(value, list) else [value]:
            choice = question.find_choice(item)
            words += [choice.name, choice.name_en] if choice is not None else [item]
    return " ".join(filter(None, words))
