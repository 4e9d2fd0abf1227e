"""The forms of consultations: their facts, and any number of lines for questions and for points."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from jiedao.pages.forms import make_day_field
from jiedao.publishing.consultations.actions import (
    MOST_POINTS,
    MOST_QUESTIONS,
    ConsultationInput,
    PointInput,
    QuestionInput,
)
from jiedao.publishing.models.consultations import (
    Adoption,
    CodeMode,
    Consultation,
    ConsultationPoint,
    ConsultationQuestion,
    QuestionKind,
)

Row = dict[str, Any]
EMPTY_QUESTION: Row = {"kind": QuestionKind.ONE.value, "label": "", "required": False, "choices": ""}
EMPTY_POINT: Row = {"text": "", "adoption": Adoption.ADOPTED.value, "reason": ""}


class ConsultationForm(forms.Form):
    """The facts of a consultation; its questions are lines of their own."""

    name = forms.CharField(label=_("名称"), max_length=120)
    name_en = forms.CharField(label=_("英文名称"), max_length=200, required=False)
    unit_name = forms.CharField(label=_("征求意见的单位"), max_length=120)
    intro = forms.CharField(
        label=_("说明"), max_length=8000, widget=forms.Textarea, help_text=_("为什么征求意见，会怎么用。")
    )
    first_date = make_day_field(_("开始日期"))
    last_date = make_day_field(_("截止日期"))
    code_mode = forms.ChoiceField(
        label=_("谁可以参与"),
        choices=CodeMode.choices,
        widget=forms.RadioSelect,
        initial=CodeMode.VISITOR,
        help_text=_("只限拿到参与码的人时，公布以后在这里生成参与码，印在通知上发出。"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def build_input(self, questions: Sequence[QuestionInput]) -> ConsultationInput:
        """Return what was typed, with the questions."""
        data = dict(self.cleaned_data)
        data.pop("version")
        return ConsultationInput(**data, questions=tuple(questions))


def describe_consultation(row: Consultation) -> Row:
    """Return the initial values of the form."""
    names = (*("name", "name_en", "unit_name", "intro", "first_date", "last_date", "code_mode", "version"),)
    return {name: getattr(row, name) for name in names}


def describe_questions(questions: Sequence[ConsultationQuestion]) -> list[Row]:
    """Return the lines of stored questions."""
    return [
        {
            "kind": question.kind,
            "label": question.label,
            "required": question.required,
            "choices": "\n".join(question.choices),
        }
        for question in questions
    ]


def describe_points(points: Sequence[ConsultationPoint]) -> list[Row]:
    """Return the lines of stored points."""
    return [{"text": row.text, "adoption": row.adoption, "reason": row.reason} for row in points]


def read_question_rows(data: QueryDict) -> list[Row]:
    """Return the lines of questions as they were typed, empty ones left out."""
    rows = [
        {
            "kind": data.get(f"kind_{number}", ""),
            "label": data.get(f"label_{number}", "").strip(),
            "required": f"required_{number}" in data,
            "choices": data.get(f"choices_{number}", "").strip(),
        }
        for number in range(1, MOST_QUESTIONS + 2)
        if f"kind_{number}" in data
    ]
    return [row for row in rows if row["label"] or row["choices"]]


def build_questions(rows: Sequence[Row]) -> list[QuestionInput]:
    """Return the questions of lines; each line of `choices` is a choice."""
    questions = []
    for row in rows:
        choices = tuple(line.strip() for line in row["choices"].splitlines() if line.strip())
        questions.append(QuestionInput(row["kind"], row["label"], row["required"], choices))
    return questions


def read_point_rows(data: QueryDict) -> list[Row]:
    """Return the lines of points as they were typed, empty ones left out."""
    rows = [
        {
            "text": data.get(f"text_{number}", "").strip(),
            "adoption": data.get(f"adoption_{number}", ""),
            "reason": data.get(f"reason_{number}", "").strip(),
        }
        for number in range(1, MOST_POINTS + 2)
        if f"text_{number}" in data
    ]
    return [row for row in rows if row["text"] or row["reason"]]


def build_points(rows: Sequence[Row]) -> list[PointInput]:
    """Return the points of lines."""
    return [PointInput(row["text"], row["adoption"], row["reason"]) for row in rows]
