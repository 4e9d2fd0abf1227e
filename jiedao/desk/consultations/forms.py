"""The forms of consultations: their facts, and any number of lines for questions and for points."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from jiedao.pages.forms import make_day_field
from jiedao.publishing.consultations.actions import (
    COLUMNS,
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
QUESTION_TEXTS = ("label", "choices", "label_en", "choices_en")
POINT_TEXTS = ("text", "reason", "text_en", "reason_en")
EMPTY_QUESTION: Row = {
    "kind": QuestionKind.ONE.value,
    "required": False,
    **dict.fromkeys(QUESTION_TEXTS, ""),
}
EMPTY_POINT: Row = {"adoption": Adoption.ADOPTED.value, **dict.fromkeys(POINT_TEXTS, "")}


class ConsultationForm(forms.Form):
    """The facts of a consultation; its questions are lines of their own."""

    name = forms.CharField(label=_("名称"), max_length=120)
    name_en = forms.CharField(label=_("英文名称"), max_length=200, required=False)
    unit_name = forms.CharField(label=_("征求意见的单位"), max_length=120)
    intro = forms.CharField(
        label=_("说明"), max_length=8000, widget=forms.Textarea, help_text=_("为什么征求意见，会怎么用。")
    )
    intro_en = forms.CharField(label=_("英文说明"), max_length=16000, widget=forms.Textarea, required=False)
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
    return {name: getattr(row, name) for name in (*COLUMNS, "version")}


def describe_questions(questions: Sequence[ConsultationQuestion]) -> list[Row]:
    """Return the lines of stored questions."""
    return [
        {
            "kind": question.kind,
            "label": question.label,
            "required": question.required,
            "choices": "\n".join(question.choices),
            "label_en": question.label_en,
            "choices_en": "\n".join(question.choices_en),
        }
        for question in questions
    ]


def describe_points(points: Sequence[ConsultationPoint]) -> list[Row]:
    """Return the lines of stored points."""
    return [{name: getattr(row, name) for name in EMPTY_POINT} for row in points]


def read_question_rows(data: QueryDict) -> list[Row]:
    """Return the lines of questions as they were typed, empty ones left out."""
    rows = [
        {
            "kind": data.get(f"kind_{number}", ""),
            "required": f"required_{number}" in data,
            **{name: data.get(f"{name}_{number}", "").strip() for name in QUESTION_TEXTS},
        }
        for number in range(1, MOST_QUESTIONS + 2)
        if f"kind_{number}" in data
    ]
    return [row for row in rows if row["label"] or row["choices"]]


def build_questions(rows: Sequence[Row]) -> list[QuestionInput]:
    """Return the questions of lines; each line of `choices` is a choice."""
    return [
        QuestionInput(
            row["kind"],
            row["label"],
            row["required"],
            _split_lines(row["choices"]),
            row["label_en"],
            _split_lines(row["choices_en"]),
        )
        for row in rows
    ]


def _split_lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def read_point_rows(data: QueryDict) -> list[Row]:
    """Return the lines of points as they were typed, empty ones left out."""
    rows = [
        {
            "adoption": data.get(f"adoption_{number}", ""),
            **{name: data.get(f"{name}_{number}", "").strip() for name in POINT_TEXTS},
        }
        for number in range(1, MOST_POINTS + 2)
        if f"text_{number}" in data
    ]
    return [row for row in rows if row["text"] or row["reason"]]


def build_points(rows: Sequence[Row]) -> list[PointInput]:
    """Return the points of lines."""
    return [PointInput(**row) for row in rows]
