"""The rows of an export of cases: every field that a user sees on the page of a case, without the reporter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import State, get_finish
from jiedao.cases.models import Assignment, Case, CaseAnswer, CaseMove, Channel, ReturnVisit, Role
from jiedao.cases.moves.table import FLOW
from jiedao.cases.questions import QuestionInfo, format_value, list_known_questions, read_values
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.lists import read_case_ids
from jiedao.kernel.errors import UserError
from jiedao.kernel.former_names import FORMER_NAMES, PREMISE
from jiedao.kernel.workbook import Cell
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_label
from jiedao.places.selectors import area_text

MAX_ROWS = 200_000
CHUNK = 500  # cases whose answers are read in one statement
FIELDS = (
    "id",
    "number",
    "source_key",
    "subject",
    "detail",
    "state",
    "category_id",
    "area_path",
    "place_text",
    "premise_id",
    "premise__name",
    "lon",
    "lat",
    "lead_unit_id",
    "channel",
    "urgent",
    "supervised",
    "reported_at",
    "accepted_at",
    "filed_at",
    "dispatched_at",
    "handled_at",
    "checked_at",
    "closed_at",
    "replied_at",
    "visited_at",
    "ended_at",
    "due_at",
    "handle_due_at",
    "close_due_at",
    "handled_on_time",
    "closed_on_time",
    "returns",
    "reworks",
    "reopens",
    "extensions",
    "reminders",
    "solved",
    "satisfaction",
    "merged_into__number",
)


def read_export_ids(actor: Actor, filters: CaseFilters) -> list[int]:
    """Return the ids of the cases of an export; raise UserError where there are more than MAX_ROWS.

    They are read first, so that the stated number is the number of rows.
    """
    return check_export_ids(read_case_ids(actor, filters, MAX_ROWS + 1))


def check_export_ids(ids: list[int]) -> list[int]:
    """Return the ids; raise UserError where there are more than MAX_ROWS."""
    if len(ids) > MAX_ROWS:
        raise UserError(
            _("超过 %(most)s 件，一次导不完。") % {"most": f"{MAX_ROWS:,}"},
            hint=_("请用日期或状态缩小范围，分几次导出。"),
        )
    return ids


def list_answered_questions(ids: Sequence[int]) -> list[QuestionInfo]:
    """Return the questions to which one of the cases has an answer that is not personal, in the order of the pack."""
    questions = {question.id: question for question in list_known_questions() if not question.personal}
    answered: set[int] = set()
    for start in range(0, len(ids), CHUNK) if questions else ():
        rows = CaseAnswer.objects.filter(case_id__in=ids[start : start + CHUNK])
        answered.update(rows.values_list("question_id", flat=True).distinct())
        if answered >= questions.keys():
            break
    return [question for pk, question in questions.items() if pk in answered]


@dataclass(frozen=True)
class ExportRow:
    """A case with the words of its steps. `case` holds the values of FIELDS."""

    case: dict[str, Any]
    helpers: str = ""
    result: str = ""
    reply: str = ""
    visit: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)  # by key of the question

    def format_answer(self, question: QuestionInfo) -> Cell:
        """Return the answer to a question, a number as a number; None where there is none."""
        value = self.answers.get(question.key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        return format_value(question, value) or None

    def get(self, name: str) -> Any:
        """Return the value of a field, in words where it is a code."""
        value = self.case[name]
        if name == "lead_unit_id":
            return unit_label(value, self.finished_at)
        if name == "area_path":
            return area_text(value, self.finished_at) if value else ""
        if name == "premise__name" and value:
            names = FORMER_NAMES.get().find(PREMISE, self.case["premise_id"], self.finished_at)
            return names[0] if names is not None else value
        if name in _LABELS:
            return _LABELS[name](value)
        return value

    @property
    def finished_at(self) -> datetime | None:
        """Since when the case is history, whose places and units have the names that held then."""
        return get_finish(self.case["state"], self.case["closed_at"], self.case["ended_at"])

    @property
    def major_label(self) -> str:
        """The 大类 of the category."""
        category = catalogue.category_info(self.case["category_id"])
        parent = catalogue.category_info(category.parent_id) if category is not None else None
        major = parent or category
        return major.label if major is not None else ""


def _label_category(pk: int | None) -> str:
    category = catalogue.category_info(pk)
    return category.label if category is not None else ""


_LABELS: dict[str, Callable[[Any], Cell]] = {
    "state": lambda code: str(State(code).label),
    "channel": lambda code: str(Channel(code).label),
    "category_id": _label_category,
    "urgent": lambda flag: flag or None,
    "supervised": lambda flag: flag or None,
}


def read_export_rows(actor: Actor, ids: Sequence[int]) -> dict[int, ExportRow]:
    """Return the rows of the cases that the actor may see, by id, in six statements."""
    cases = Case.objects.visible_to(actor).filter(pk__in=ids).values(*FIELDS)
    rows = {case["id"]: case for case in cases}
    helpers: dict[int, dict[str, None]] = {}
    parts = Assignment.objects.filter(case_id__in=rows, role=Role.HELPER).order_by("id")
    for pk, unit_id, ended_at in parts.values_list("case_id", "unit_id", "ended_at"):
        helpers.setdefault(pk, {})[unit_label(unit_id, ended_at)] = None
    handling = CaseMove.objects.filter(case_id__in=rows, move__in=FLOW.list_handling_codes())
    results = dict(handling.exclude(text="").order_by("id").values_list("case_id", "text"))
    answers = CaseMove.objects.filter(case_id__in=rows, public=True).exclude(text="").order_by("id")
    replies = dict(answers.values_list("case_id", "text"))
    visits = ReturnVisit.objects.filter(case_id__in=rows).exclude(note="").order_by("id")
    visit_notes = dict(visits.values_list("case_id", "note"))
    answers_of_cases = read_values(rows)
    return {
        pk: ExportRow(
            case,
            helpers="、".join(helpers.get(pk, {})),
            result=results.get(pk, ""),
            reply=replies.get(pk, ""),
            visit=visit_notes.get(pk, ""),
            answers=answers_of_cases.get(pk, {}),
        )
        for pk, case in rows.items()
    }
