"""The categories of cases over JSON, each with the questions that are asked about it."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from jiedao.api.auth import FILE_OR_READ_CASES
from jiedao.api.filters import check_names
from jiedao.api.schemas_problems import READ_LIST
from jiedao.cases import catalogue
from jiedao.cases.questions import FIELD_PREFIX, QuestionInfo, ShownAnswer, list_questions

router = Router(tags=["cases"])


class ChoiceOut(BaseModel):
    """A choice of a question."""

    code: str
    name: str
    name_en: str


class QuestionOut(BaseModel):
    """A question about the cases of a category. Send the answer in `answers` under its key."""

    key: str
    name: str
    name_en: str
    help: str
    help_en: str
    type: Literal["text", "long_text", "number", "bool", "date", "choice", "choices"]
    unit: str
    whole: bool
    least: float | None
    most: float | None
    required: bool = Field(description="Whether it must be answered wherever it is asked")
    personal: bool = Field(description="Stored encrypted; never returned")
    choices: list[ChoiceOut]
    when: str = Field(
        description="It is asked where this expression over earlier answers is true; always where it is empty"
    )
    when_tree: list[Any] | None = Field(description="The same expression as nested lists, null for none")


class CategoryOut(BaseModel):
    """A category of cases; `parent` is its 大类."""

    code: str = Field(description="Kind and code, as `category` of a case")
    name: str
    name_en: str
    parent: str | None
    questions: list[QuestionOut]


class CategoriesOut(BaseModel):
    """The categories in use, in the order of their codes."""

    categories: list[CategoryOut]


class AnswerOut(BaseModel):
    """An answer to a question; `value` is null where the answer is personal."""

    key: str
    question: str
    value: Any = Field(description="Text, number, true or false, ISO date, code, or a list of codes")
    text: str = Field(description="The answer in words, in the caller's language")
    personal: bool


@router.get(
    "/categories",
    auth=FILE_OR_READ_CASES,
    response={200: CategoriesOut, **READ_LIST},
    summary="List the categories with their questions",
    operation_id="list_categories",
)
def list_categories(request: HttpRequest) -> Any:
    """List the categories in use, each with the questions that a client has to ask before it files a case of it."""
    check_names(request.GET, [])
    rows = [row for row in catalogue.CATEGORIES.get().values() if row.active]
    codes = {row.id: f"{row.kind}:{row.code}" for row in catalogue.CATEGORIES.get().values()}
    return {
        "categories": [
            {
                "code": codes[row.id],
                "name": row.name,
                "name_en": row.name_en,
                "parent": codes.get(row.parent_id) if row.parent_id is not None else None,
                "questions": [describe_question(question) for question in list_questions(row.id)],
            }
            for row in rows
        ]
    }


def describe_question(question: QuestionInfo) -> dict[str, Any]:
    """Return a question in the form of `QuestionOut`."""
    names = ("key", "name", "name_en", "help", "help_en", "type", "unit", "whole", "least", "most")
    return {
        **{name: getattr(question, name) for name in names},
        "required": question.required,
        "personal": question.personal,
        "choices": [
            {"code": choice.code, "name": choice.name, "name_en": choice.name_en}
            for choice in question.offered_choices
        ],
        "when": question.condition.text if question.condition is not None else "",
        "when_tree": question.exported_condition,
    }


def describe_answer(answer: ShownAnswer) -> dict[str, Any]:
    """Return an answer in the form of `AnswerOut`."""
    return {
        "key": answer.key,
        "question": answer.label,
        "value": answer.value,
        "text": answer.text,
        "personal": answer.question.personal,
    }


def name_answer_field(field: str) -> str:
    """Return the field of the request for the field that the refusal of an answer names: "answers.size" for q_size."""
    return f"answers.{field.removeprefix(FIELD_PREFIX)}" if field.startswith(FIELD_PREFIX) else field
