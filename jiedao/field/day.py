"""The bundle of a working day: everything that the app needs until it has a network again."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import OPEN, State
from jiedao.cases.models import Case, CaseMove
from jiedao.cases.moves.allowed import UNREAD, Involvement, read_involvements
from jiedao.cases.moves.fields import FieldKind, MoveField
from jiedao.cases.moves.step import Move
from jiedao.cases.questions import (
    QuestionInfo,
    ShownAnswer,
    get_answers_of_cases,
    list_all_questions,
    list_questions,
)
from jiedao.cases.selectors.home import list_waiting
from jiedao.cases.selectors.todo import TODO
from jiedao.field.planning import plan_moves
from jiedao.field.previews import MOST_BYTES, list_photos
from jiedao.fieldwork.selectors import read_month
from jiedao.kernel import clock
from jiedao.kernel.choices import Choice
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import get_area_choices, get_category_choices
from jiedao.pages.maps import build_grid_features
from jiedao.pages.uploads import get_photo_kind
from jiedao.places.naming import PREMISES
from jiedao.places.selectors import AREAS, area_text, find_town_area
from jiedao.registers.actions.inspections import list_asked_items
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.models import AnswerValue, Inspection, InspectionKind
from jiedao.registers.selectors.inspections import find_waiting_inspections

# The kinds of work that are done outside; the others wait at the desk.
FIELD_TODOS = ("VERIFY", "TAKE", "HANDLE", "HELP", "CHECK", "REPORTED")
# The kinds whose photos the worker compares with the site.
PICTURED_TODOS = ("VERIFY", "TAKE", "HANDLE", "HELP", "CHECK")
MOST_OF_A_KIND = 40
MOST_NEARBY = 100
MOST_INSPECTIONS = 100
MOST_PREMISES = 3000
MOST_WORDS = 2000  # of the detail of a case


def build_day(actor: Actor) -> dict[str, Any]:
    """Return the bundle as JSON values: today's work of the actor, and what its forms need."""
    town = find_town_area()
    return {
        "user": {
            "id": actor.user_id,
            "name": actor.user_name,
            "post": actor.post_title,
            "label": actor.label,
        },
        "town": town.label if town is not None else "",
        "at": clock.now().isoformat(),
        "today": clock.today().isoformat(),
        "may": {
            "report": actor.can("cases.case:report"),
            "self_handle": actor.can("cases.case:report") and actor.can("cases.case:self_handle"),
        },
        **list_cases(actor),
        "photo_bytes": MOST_BYTES,
        "inspections": list_inspections(actor),
        "categories": group_choices(get_category_choices()),
        "areas": group_choices(get_area_choices(grids_only=True, paths=actor.confined_to)),
        **build_questions(),
        "places": list_places(actor),
        "grids": build_grid_features(actor.confined_to or ""),
        "month": [
            {"key": row.key, "total": row.total, "ends": row.ends} for row in read_month(actor, clock.today())
        ],
    }


def list_cases(actor: Actor) -> dict[str, Any]:
    """Return the cases that wait for the actor, those that the actor reported, and other open ones with a point.

    `near_total` is how many of the other ones there are; the bundle holds the newest of them.
    """
    if not actor.can("cases.case:view"):
        return {"cases": [], "near_total": 0}
    kinds: dict[int, str] = {}
    for waiting in list_waiting(actor, MOST_OF_A_KIND):
        if waiting.code in FIELD_TODOS:
            for row in waiting.rows:
                kinds.setdefault(row.id, waiting.code)
    nearby = Case.objects.visible_to(actor).filter(state__in=sorted(OPEN), lon__isnull=False)
    others = nearby.exclude(pk__in=kinds).order_by("-id").values_list("id", flat=True)
    newest = list(others[:MOST_NEARBY])
    near_total = others.count() if len(newest) == MOST_NEARBY else len(newest)
    kinds |= dict.fromkeys(newest, "NEAR")
    cases = {case.pk: case for case in Case.objects.visible_to(actor).filter(pk__in=kinds)}
    read = read_involvements(actor, cases)
    answers = get_answers_of_cases(cases)
    photos = list_photos(pk for pk, kind in kinds.items() if kind in PICTURED_TODOS and pk in cases)
    untrue = find_untrue(cases.values())
    rows = [
        {
            **build_case(actor, cases[pk], kind, read[pk], untrue),
            "answers": build_answers(answers.get(pk, [])),
            "photos": photos.get(pk, []),
        }
        for pk, kind in kinds.items()
        if pk in cases
    ]
    return {"cases": rows, "near_total": near_total}


def build_present_case(actor: Actor, case: Case) -> dict[str, Any]:
    """Return one case as it is in the bundle, for the answer to an item about it."""
    return {
        **build_case(
            actor, case, read=read_involvements(actor, [case.pk])[case.pk], untrue=find_untrue([case])
        ),
        "answers": build_answers(get_answers_of_cases([case.pk]).get(case.pk, [])),
        "photos": list_photos([case.pk])[case.pk],
    }


def build_answers(answers: Iterable[ShownAnswer]) -> list[list[str]]:
    """Return answers as [question, words]; a personal answer, which the desk shows as stars, is left out."""
    return [[row.label, row.text] for row in answers if row.text and not row.question.personal]


def find_untrue(cases: Iterable[Case]) -> dict[int, int | None]:
    """Return by case who stated on site that it is untrue, of those that wait for the decision about that."""
    waiting = [case.pk for case in cases if case.state == State.REPORTED]
    if not waiting:
        return {}
    moves = CaseMove.objects.filter(case_id__in=waiting, to_state=State.REPORTED).exclude(
        from_state=F("to_state")
    )
    last = {
        pk: (move, user_id)
        for pk, move, user_id in moves.order_by("id").values_list("case_id", "move", "user_id")
    }
    return {pk: user_id for pk, (move, user_id) in last.items() if move == "UNTRUE"}


def build_case(
    actor: Actor,
    case: Case,
    todo: str = "NEAR",
    read: Involvement = UNREAD,
    untrue: Mapping[int, int | None] | None = None,
) -> dict[str, Any]:
    """Return a case without its reporter, with the moves that the actor may make on it with a phone.

    Args:
        untrue: what `find_untrue` returned.
    """
    untrue = untrue or {}
    category, unit = catalogue.category_info(case.category_id), unit_info(case.lead_unit_id)
    plan = plan_moves(actor, case, read, found_untrue=case.pk in untrue and untrue[case.pk] == actor.user_id)
    moves = {
        code: {**build_move(move, plan.cases[code]), "then": plan.then[code]}
        for code, move in plan.moves.items()
    }
    return {
        "number": case.number,
        "version": case.version,
        "todo": todo,
        "todo_label": str(TODO[todo].label) if todo in TODO else _("附近在办"),
        "subject": case.subject,
        "detail": case.detail[:MOST_WORDS],
        "place": case.place_text,
        "area": area_text(case.area_path) if case.area_path else "",
        "lon": case.lon,
        "lat": case.lat,
        "accuracy_m": case.accuracy_m,
        "category": category.label if category is not None else "",
        "category_id": case.category_id,
        "state": _("已核实不属实，等受理决定") if case.pk in untrue else str(case.get_state_display()),
        "due_at": case.due_at.isoformat() if case.due_at is not None else None,
        "urgent": case.urgent,
        "unit": unit.label if unit is not None else "",
        "phone": unit.duty_phone if unit is not None else "",
        "moves": [moves.pop(code) for code in plan.now],
        "later": list(moves.values()),  # possible only after one of the others
    }


def build_move(move: Move, case: Case) -> dict[str, Any]:
    """Return a move with its fields as the forms of the phone draw them."""
    return {
        "code": move.code,
        "label": str(move.label),
        "tone": move.tone,
        "fields": [_build_field(move, field, case) for field in move.fields],
    }


def _build_field(move: Move, field: MoveField, case: Case) -> dict[str, Any]:
    built: dict[str, Any] = {
        "name": field.name,
        "kind": field.kind.value,
        "label": str(field.label),
        "need": field.get_need(case).value,
        "instead": field.instead,
        "depends": str(field.depends),
        "help": str(field.help),
    }
    if field.kind is FieldKind.PHOTOS:
        built["photo_kind"] = get_photo_kind(move.code, field.name)
    if field.kind is FieldKind.REASON:
        reasons = catalogue.list_reasons(field.reason_kind or move.reason_kind)
        built["choices"] = [[reason.code, str(reason)] for reason in reasons]
    if field.kind is FieldKind.CHOICE:
        built["choices"] = [[value, str(label)] for value, label in field.choices]
    if field.kind is FieldKind.CATEGORY:
        built["value"] = case.category_id
    return built


def list_inspections(actor: Actor) -> list[dict[str, Any]]:
    """Return the inspections that the actor may make today, each with the items of its checklist."""
    rows, _total = find_waiting_inspections(actor, clock.today(), limit=MOST_INSPECTIONS)
    return [built for row in rows if (built := build_inspection(row)) is not None]


def build_inspection(inspection: Inspection) -> dict[str, Any] | None:
    """Return an inspection for the phone; None where its register no longer has the checklist."""
    info, record = register_by_id(inspection.register_id), inspection.record
    checklist = info.definition.checklist(inspection.checklist) if info is not None else None
    if info is None or checklist is None:
        return None
    return {
        "id": inspection.pk,
        "version": inspection.version,
        "name": record.name,
        "code": record.code,
        "register": info.label,
        "checklist": checklist.label,
        "kind": str(InspectionKind(inspection.kind).label),
        "place": record.place_text,
        "area": area_text(record.area_path) if record.area_path else "",
        "lon": record.lon,
        "lat": record.lat,
        "due": inspection.due_date.isoformat(),
        "overdue": inspection.due_date < clock.today(),
        "items": [
            {"key": item.key, "label": item.label, "photo": item.photo, "urgent": item.urgent}
            for item in list_asked_items(info, inspection)
        ],
        "values": [[value, str(label)] for value, label in AnswerValue.choices],
    }


def build_questions() -> dict[str, Any]:
    """Return the questions by key, and for each category the keys of its questions in their order."""
    used = list_all_questions()
    categories = catalogue.CATEGORIES.get().values() if used else ()
    asked = {row.id: [one.key for one in list_questions(row.id)] for row in categories if row.active}
    return {
        "questions": {question.key: _build_question(question) for question in used},
        "asked": {pk: keys for pk, keys in asked.items() if keys},
    }


def _build_question(question: QuestionInfo) -> dict[str, Any]:
    return {
        "key": question.key,
        "type": question.type,
        "label": question.label,
        "help": question.help_label,
        "unit": question.unit_label,
        "required": question.required,
        "choices": [[choice.code, choice.label] for choice in question.offered_choices],
        "condition": question.exported_condition,
    }


def list_places(actor: Actor) -> list[list[Any]]:
    """Return the places at which the actor may check in and report: [kind, code, label, longitude, latitude, id]."""
    paths = actor.confined_to
    rows: list[list[Any]] = [
        ["PREMISE", row.code, row.label, row.lon, row.lat, row.id]
        for row in PREMISES.get().values()
        if row.active and (paths is None or row.area_path.startswith(paths))
    ][:MOST_PREMISES]
    rows += [
        ["AREA", row.code, area_text(row.path), None, None, row.id]
        for row in AREAS.get().values()
        if row.active and row.kind == "GRID" and (paths is None or row.path.startswith(paths))
    ]
    return rows


def group_choices(choices: Iterable[Choice]) -> list[list[Any]]:
    """Return grouped choices as JSON values: [label, [[id, label], ...]]."""
    return [[str(label), [[pk, str(text)] for pk, text in rows]] for label, rows in choices]
