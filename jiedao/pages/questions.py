"""The questions of a category in a form: the fields `q_<key>`, the same in every face.

A form inherits from `QuestionFields` and calls `ask_about(category_id)`; its template includes `pages/questions.html`
and its page loads `js/questions.js`, which shows and hides questions by their conditions. Without the script every
question is visible, and the server ignores what is not asked.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from jiedao.cases.models import QuestionType
from jiedao.cases.questions import (
    AnswerFaults,
    QuestionInfo,
    collect_posted,
    list_questions,
    read_answers,
)
from jiedao.pages.fields import make_number_input
from jiedao.pages.reading import read_number

ASKED = "asked"  # the hidden field with the category whose questions the form showed
MOST_BUTTONS = 7  # choices that are drawn as buttons; more are a list


class AnswerField(forms.Field):
    """The field of one question. It accepts everything: `read_answers` checks all answers together.

    `required` marks the label only of a question that is always asked.
    """

    def __init__(
        self, question: QuestionInfo, *, demands: bool = True, stored: bool = False, **options: Any
    ) -> None:
        label = question.label
        if question.unit_label:
            label = _("%(question)s（%(unit)s）") % {"question": label, "unit": question.unit_label}
        super().__init__(label=label, help_text=question.help_label, widget=make_widget(question), **options)
        self.question = question
        self.required = demands and question.required and question.condition is None
        if stored:
            self.need_words = _("已保存，留空不变")
        elif demands and question.required and not self.required:
            self.need_words = _("问到时必答")

    def clean(self, value: Any) -> Any:
        """Return the value as it was sent."""
        return value


def make_widget(question: QuestionInfo) -> forms.Widget:
    """Return the control of a question; its attributes hold the condition for `js/questions.js`."""
    attrs: dict[str, Any] = {"data-question": question.key}
    if question.exported_condition is not None:
        attrs["data-condition"] = json.dumps(question.exported_condition, ensure_ascii=False)
    if question.personal:
        attrs |= {"data-draft-skip": True, "autocomplete": "off"}
    return _WIDGET_MAKERS[QuestionType(question.type)](question, attrs)


def _make_choices(question: QuestionInfo) -> list[tuple[str, str]]:
    return [(choice.code, choice.label) for choice in question.offered_choices]


def _make_choice_widget(question: QuestionInfo, attrs: dict[str, Any]) -> forms.Widget:
    choices = _make_choices(question)
    if len(choices) <= MOST_BUTTONS:
        return forms.RadioSelect(attrs, choices=choices)
    return forms.Select(attrs, choices=[("", "—"), *choices])


_WIDGET_MAKERS: dict[QuestionType, Callable[[QuestionInfo, dict[str, Any]], forms.Widget]] = {
    QuestionType.TEXT: lambda _question, attrs: forms.TextInput({**attrs, "maxlength": 200}),
    QuestionType.LONG_TEXT: lambda _question, attrs: forms.Textarea({**attrs, "rows": 3, "maxlength": 2000}),
    QuestionType.NUMBER: lambda _question, attrs: forms.TextInput({**attrs, **make_number_input().attrs}),
    QuestionType.BOOL: lambda _question, attrs: forms.RadioSelect(
        attrs, choices=[("true", _("是")), ("false", _("否"))]
    ),
    QuestionType.DATE: lambda _question, attrs: forms.DateInput({**attrs, "type": "date"}, format="%Y-%m-%d"),
    QuestionType.CHOICE: _make_choice_widget,
    QuestionType.CHOICES: lambda question, attrs: forms.CheckboxSelectMultiple(
        attrs, choices=_make_choices(question)
    ),
}


class QuestionFields(forms.Form):
    """The part of a form that asks the questions of a category."""

    asked_category_id: int | None = None
    questions: list[QuestionInfo] = []

    def ask_about(
        self,
        category_id: int | None,
        answers: Mapping[str, Any] | None = None,
        *,
        demands: bool = True,
        stored: frozenset[str] = frozenset(),
    ) -> None:
        """Add the fields of the questions of a category.

        Args:
            answers: stored values by key, which the fields show.
            demands: whether required questions must be answered.
            stored: keys of personal answers that exist and are not shown.
        """
        self.asked_category_id = category_id
        self.questions = list_questions(category_id)
        for question in self.questions:
            field = AnswerField(question, demands=demands, stored=question.key in stored)
            self.fields[question.field_name] = field
            value = (answers or {}).get(question.key)
            if value is not None:
                self.initial[question.field_name] = format_initial(value)

    @property
    def question_fields(self) -> list[forms.BoundField]:
        """The fields of the questions, in order."""
        return [self[question.field_name] for question in self.questions]

    @property
    def showed_questions(self) -> bool:
        """Whether the page that sent the form showed the questions of the category that it names."""
        return not self.questions or read_number(self.data.get(ASKED)) == self.asked_category_id

    @property
    def posted_answers(self) -> dict[str, Any]:
        """The raw answers as they were sent, by key, for `NewCase.answers`."""
        return collect_posted(self.questions, cast(QueryDict, self.data))

    def check_answers(self, *, demands: bool = True) -> None:
        """Add the faults of the answers to their fields; a form calls it in `clean`.

        Args:
            demands: whether missing answers are refused, see `read_answers`.
        """
        try:
            read_answers(self.questions, self.posted_answers, demands=demands)
        except AnswerFaults as refusal:
            for fault in refusal.faults:
                self.add_error(fault.field if fault.field in self.fields else None, str(fault.message))


def format_initial(value: Any) -> Any:
    """Return a stored value as its control shows it."""
    return str(value).lower() if isinstance(value, bool) else value


class QuestionForm(QuestionFields):
    """The questions of a category alone, for a part of a page that is fetched once the category is chosen."""

    def __init__(self, category_id: int | None, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.ask_about(category_id)
