"""The questions of categories, as pages, actions and the API use them.

They are cached in the process: reading the questions of a category needs no query.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jiedao.cases import catalogue
from jiedao.cases.models import Question, QuestionType
from jiedao.cases.questions.conditions import build_environment, compile_condition, export_condition
from jiedao.kernel.expressions import ComputingFault, Expression
from jiedao.kernel.folding import fold_key
from jiedao.kernel.memo import Memo
from jiedao.places.models import Named, in_language

FIELD_PREFIX = "q_"  # of the names under which forms send answers


@dataclass(frozen=True)
class QuestionChoice(Named):
    """One choice of a question; a retired one stays readable and is no longer offered."""

    code: str
    name: str
    name_en: str = ""
    retired: bool = False


@dataclass(frozen=True)
class QuestionInfo(Named):
    """A question that is asked about the cases of some categories. The attributes are those of `models.Question`."""

    id: int
    key: str
    name: str
    name_en: str
    help: str
    help_en: str
    type: str
    unit: str
    unit_en: str
    whole: bool
    least: float | None
    most: float | None
    required: bool
    personal: bool
    choices: tuple[QuestionChoice, ...]
    condition: Expression | None
    category_ids: frozenset[int]
    active: bool = True

    @property
    def field_name(self) -> str:
        """The name of its field in a form, and of the field that a fault names."""
        return f"{FIELD_PREFIX}{self.key}"

    @property
    def help_label(self) -> str:
        """The help in the reader's language."""
        return in_language(self.help, self.help_en)

    @property
    def unit_label(self) -> str:
        """The unit in the reader's language."""
        return in_language(self.unit, self.unit_en)

    @property
    def is_many(self) -> bool:
        """Return whether several choices may be chosen."""
        return self.type == QuestionType.CHOICES

    @property
    def offered_choices(self) -> list[QuestionChoice]:
        """The choices that are in use."""
        return [choice for choice in self.choices if not choice.retired]

    @cached_property
    def choice_codes(self) -> dict[str, str]:
        """The code of each choice in use by its folded code and names; a code takes precedence over a name."""
        codes = {
            fold_key(name): choice.code
            for choice in reversed(self.offered_choices)
            for name in (choice.name_en, choice.name)
            if name
        }
        return codes | {fold_key(choice.code): choice.code for choice in self.offered_choices}

    def find_choice(self, code: str) -> QuestionChoice | None:
        """Return the choice with this code, a retired one too."""
        return next((choice for choice in self.choices if choice.code == code), None)

    @cached_property
    def exported_condition(self) -> Any:
        """The condition as JSON for the script of a page, None where the question is always asked."""
        return export_condition(self.condition) if self.condition is not None else None


def _load_questions() -> dict[str, QuestionInfo]:
    """Return every question by key, in the order of the pack; a condition can use the questions before its own."""
    pairs = Question.categories.through.objects.values_list("question_id", "category_id")
    categories: dict[int, set[int]] = {}
    for question_id, category_id in pairs:
        categories.setdefault(question_id, set()).add(category_id)
    questions: dict[str, QuestionInfo] = {}
    earlier: list[Question] = []
    for row in Question.objects.order_by("position", "id"):
        condition = None
        if row.condition and row.active:
            condition = compile_condition(row.condition, build_environment(earlier))
        questions[row.key] = QuestionInfo(
            id=row.pk,
            condition=condition,
            choices=tuple(QuestionChoice(**choice) for choice in row.choices),
            category_ids=frozenset(categories.get(row.pk, ())),
            **{name: getattr(row, name) for name in _PLAIN},
        )
        if row.active:
            earlier.append(row)
    return questions


_PLAIN = (
    "key",
    "name",
    "name_en",
    "help",
    "help_en",
    "type",
    "unit",
    "unit_en",
    "whole",
    "least",
    "most",
    "required",
    "personal",
    "active",
)
QUESTIONS: Memo[dict[str, QuestionInfo]] = Memo(_load_questions)


def list_questions(category_id: int | None) -> list[QuestionInfo]:
    """Return the questions that are asked about a case of a category, in the order in which they are asked.

    Questions of its 大类 are included. Without a category nothing is asked.
    """
    category = catalogue.category_info(category_id)
    if category is None:
        return []
    ids = {category.id, catalogue.find_major_category(category).id}
    return [
        question
        for question in QUESTIONS.get().values()
        if question.active and not question.category_ids.isdisjoint(ids)
    ]


def list_all_questions() -> list[QuestionInfo]:
    """Return every question in use, in the order of the pack."""
    return [question for question in QUESTIONS.get().values() if question.active]


def list_known_questions() -> list[QuestionInfo]:
    """Return every question in the order of the pack, also retired ones: old answers name them."""
    return list(QUESTIONS.get().values())


def find_question(key: str) -> QuestionInfo | None:
    """Return a question by key, also a retired one: old answers name it."""
    return QUESTIONS.get().get(key)


def map_questions_by_id() -> dict[int, QuestionInfo]:
    """Return every question by id, also retired ones."""
    return {question.id: question for question in QUESTIONS.get().values()}


def is_asked(question: QuestionInfo, answers: Mapping[str, Any]) -> bool:
    """Return whether the answers to the questions before it make the condition of a question true.

    An undecided condition is not true: what it depends on was not answered. Nor is one that cannot be computed, such
    as a division by an answer of 0.
    """
    try:
        return question.condition is None or question.condition.holds(answers)
    except ComputingFault:
        return False


def list_asked(questions: Iterable[QuestionInfo], answers: Mapping[str, Any]) -> list[QuestionInfo]:
    """Return the questions that the answers make visible; the answer to one that is not asked counts as missing."""
    valid: dict[str, Any] = {}
    asked = []
    for question in questions:
        if is_asked(question, valid):
            asked.append(question)
            valid[question.key] = answers.get(question.key)
    return asked
