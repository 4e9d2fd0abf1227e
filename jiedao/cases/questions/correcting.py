"""Adding and correcting the answers of a case; the timeline and the audit store the old values."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.flow import OPEN
from jiedao.cases.models import Case
from jiedao.cases.moves.fields import NOTE, FieldKind, MoveField
from jiedao.cases.moves.step import Move, Step
from jiedao.cases.questions.definition import QuestionInfo, list_known_questions, list_questions
from jiedao.cases.questions.reading import is_blank, read_answers
from jiedao.cases.questions.storing import format_value, read_values, replace_answers
from jiedao.cases.search_rows import refresh_search
from jiedao.kernel.errors import UserError

ANSWER_QUESTIONS = "ANSWER_QUESTIONS"


def has_questions(case: Case) -> bool:
    """Return whether anything is asked about cases of this category."""
    return bool(list_questions(case.category_id))


def correct_answers(step: Step) -> None:
    """Store the answers that were given; those that were left out stay as they are.

    An empty answer removes the stored one, but not a personal one: forms do not show it, so they send it empty.
    """
    questions = list_questions(step.case.category_id)
    given: Mapping[str, Any] = step.data["answers"]
    before = read_values([step.case.pk]).get(step.case.pk, {})
    known = {question.key: before[question.key] for question in questions if question.key in before}
    after = read_answers(questions, {**known, **given}, demands=False)
    _refuse_dropped(after.dropped, given)
    replaced = [
        question for question in questions if not question.personal or not is_blank(given.get(question.key))
    ]
    changed = {
        question.key: [
            _mask(question, known.get(question.key)),
            _mask(question, after.values.get(question.key)),
        ]
        for question in replaced
        if question.personal or known.get(question.key) != after.values.get(question.key)
    }
    if not changed:
        raise UserError(_("没有要更正的内容。"), hint=_("请至少改一项。"))
    step.facts["answers"] = changed
    step.audit["answers"] = {key: values[1] for key, values in changed.items()}
    step.after.append(lambda: replace_answers(step.case.pk, replaced, after.values, step.case.reported_at))
    step.after.append(lambda: refresh_search(step.case.pk))


def _refuse_dropped(dropped: tuple[QuestionInfo, ...], given: Mapping[str, Any]) -> None:
    """Refuse an answer to a question that is not asked, unless it is one that was stored earlier."""
    for question in dropped:
        if not is_blank(given.get(question.key)):
            raise UserError(
                _("按其他回答，不用问“%(name)s”。") % {"name": question.label},
                hint=_("请清空这一项，或改它前面的回答。"),
                field=question.field_name,
            )


def _mask(question: QuestionInfo, value: Any) -> Any:
    """Return a value as timeline and audit store it, without personal answers."""
    return "***" if question.personal and value is not None else value


def list_changes(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what a timeline entry changed: the question, the old and the new answer, in the reader's language.

    In the order of the pack: PostgreSQL orders the keys of a JSON object by itself.
    """
    changes = data.get("answers") or {}
    return [
        (
            question.label,
            format_value(question, changes[question.key][0]),
            format_value(question, changes[question.key][1]),
        )
        for question in list_known_questions()
        if question.key in changes
    ]


MOVES = (
    Move(
        code=ANSWER_QUESTIONS,
        label=gettext_lazy("填写具体情况"),
        sources=OPEN,
        target=None,
        permission="cases.case:correct",
        fields=(MoveField("answers", FieldKind.ANSWERS, gettext_lazy("具体情况")), NOTE),
        icon="list-check",
        aside=True,
        possible=has_questions,
        effect=correct_answers,
    ),
)
