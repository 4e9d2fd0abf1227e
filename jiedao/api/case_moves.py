"""Moves of cases over JSON: what the caller may do with a case, doing it, and comments."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from jiedao.api.auth import READ_CASES, WORK_ON_CASES
from jiedao.api.codes import get_area_id, get_category_id, get_premise_id, get_unit_id
from jiedao.api.schemas_moves import (
    CommentIn,
    CommentOut,
    CommentsOut,
    FieldValue,
    MovedOut,
    MoveIn,
    MoveOptionsOut,
)
from jiedao.api.schemas_problems import READ, WRITE
from jiedao.cases import catalogue
from jiedao.cases.access import get_case_by_number
from jiedao.cases.flow import State
from jiedao.cases.models import Case, ExtensionRequest
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.fields import FieldKind, MoveField
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.step import Move
from jiedao.cases.moves.table import FLOW
from jiedao.cases.selectors.for_sender import list_steps_for_sender, reads_as_sender
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.uploads import get_photo_kind

router = Router(tags=["cases"])
ROOT = "/api/v1/cases"
PREFIX = "fields"
# How codes of a request become the ids that the action takes.
_ID_READERS: dict[FieldKind, Any] = {
    FieldKind.CATEGORY: get_category_id,
    FieldKind.AREA: get_area_id,
    FieldKind.PREMISE: get_premise_id,
    FieldKind.UNIT: get_unit_id,
}


@router.get(
    "/cases/{number}/moves",
    auth=READ_CASES,
    response={200: MoveOptionsOut, **READ},
    summary="List the moves that the caller may make",
)
def list_moves(request: HttpRequest, number: str) -> Any:
    """List the moves that the caller may make on a case now, each with the fields that it asks for."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    case = get_case_by_number(actor, number)
    return {
        "number": case.number,
        "version": case.version,
        "state": case.state,
        "state_label": str(State(case.state).label),
        "moves": [_describe_move(case, move) for move in list_allowed_moves(actor, case)],
    }


@router.post(
    "/cases/{number}/moves/{move}",
    auth=WORK_ON_CASES,
    response={200: MovedOut, **WRITE},
    summary="Make a move",
)
def make_move(request: HttpRequest, number: str, move: str, body: MoveIn) -> Any:
    """Make a move; 409 when the case has changed since `version`, or when its state does not allow the move.

    With an `Idempotency-Key` a request that is sent again repeats the answer.
    """
    actor: Actor = request.auth  # type: ignore[attr-defined]
    case = get_case_by_number(actor, number)
    row = FLOW.moves.get(move)
    if row is None or row.effect is None:
        raise NotFoundError(
            _("没有这一步：%(code)s。") % {"code": move[:20]},
            hint=_("可以做的见 %(url)s。") % {"url": f"{ROOT}/{case.number}/moves"},
        )
    actor.require(row.permission)
    if case.version == body.version and case.state in row.sources and not row.possible(case):
        raise Stale(
            _("现在不能“%(move)s”。") % {"move": row.label},
            hint=_("可以做的见 %(url)s。") % {"url": f"{ROOT}/{case.number}/moves"},
        )
    try:
        moved = perform(actor, case.pk, move, version=body.version, data=_read_fields(row, body.fields))
    except UserError as fault:
        if fault.field in {field.name for field in row.fields}:
            fault.field = f"{PREFIX}.{fault.field}"
        raise
    return {
        "number": moved.number,
        "version": moved.version,
        "state": moved.state,
        "state_label": str(State(moved.state).label),
        "allowed": [allowed.code for allowed in list_allowed_moves(actor, moved)],
        "url": f"{ROOT}/{moved.number}",
    }


@router.get(
    "/cases/{number}/comments",
    auth=READ_CASES,
    response={200: CommentsOut, **READ},
    summary="List the comments of a case",
)
def list_comments(request: HttpRequest, number: str) -> Any:
    """List the comments of a case, the oldest first; a caller who reads as the sender finds its own only."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    case = get_case_by_number(actor, number)
    if reads_as_sender(actor):
        steps = [step for step in list_steps_for_sender(actor, case) if step.move == "COMMENT"]
        return {"comments": [CommentOut(at=step.at, by=step.by, text=step.text) for step in steps]}
    rows = case.moves.filter(move="COMMENT").order_by("at", "id")
    return {"comments": [CommentOut(at=row.at, by=row.actor_label, text=row.text) for row in rows]}


@router.post(
    "/cases/{number}/comments",
    auth=WORK_ON_CASES,
    response={201: CommentOut, **WRITE},
    summary="Comment on a case",
)
def add_comment(request: HttpRequest, number: str, body: CommentIn) -> Any:
    """Add a comment for the colleagues to the timeline of a case."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    case = get_case_by_number(actor, number)
    try:
        perform(actor, case.pk, "COMMENT", data={"note": body.text})
    except UserError as fault:
        fault.field = "text" if fault.field == "note" else fault.field
        raise
    row = case.moves.filter(move="COMMENT").order_by("-id")[0]
    return Status(201, CommentOut(at=row.at, by=row.actor_label, text=row.text))


def _describe_move(case: Case, move: Move) -> dict[str, Any]:
    return {
        "move": move.code,
        "label": str(move.label),
        "target": str(move.target) if move.target is not None else None,
        "fields": [_describe_field(case, move, field) for field in move.fields],
        "url": f"{ROOT}/{case.number}/moves/{move.code}",
    }


def _describe_field(case: Case, move: Move, field: MoveField) -> dict[str, Any]:
    return {
        "name": field.name,
        "kind": field.kind.value,
        "label": str(field.label),
        "need": field.get_need(case).value,
        "instead": field.instead,
        "help": str(field.help or field.depends),
        "choices": [{"value": value, "label": label} for value, label in _list_choices(case, move, field)],
        "photo_kind": get_photo_kind(move.code, field.name) if field.kind is FieldKind.PHOTOS else "",
    }


def _list_choices(case: Case, move: Move, field: MoveField) -> list[tuple[str, str]]:
    if field.kind is FieldKind.REASON:
        reasons = catalogue.list_reasons(field.reason_kind or move.reason_kind)
        return [(reason.code, str(reason)) for reason in reasons]
    if field.kind is FieldKind.REQUEST:
        requests = ExtensionRequest.objects.filter(case=case, decided_at__isnull=True)
        return [(str(request.pk), f"{request.limit} {request.reason}") for request in requests]
    return [(value, str(label)) for value, label in field.choices]


def _read_fields(move: Move, values: Mapping[str, FieldValue]) -> dict[str, Any]:
    """Return the fields as the action takes them; raise UserError for an unknown field or code."""
    known = {field.name: field for field in move.fields}
    for name in values:
        if name not in known:
            raise UserError(
                _("这一步没有字段 %(name)s。") % {"name": name[:40]},
                hint=_("可用的字段：%(names)s") % {"names": ", ".join(known) or _("无")},
                field=f"{PREFIX}.{name[:40]}",
            )
    return {
        name: _read_value(known[name], value)
        for name, value in values.items()
        if value is not None and value != ""
    }


def _read_value(field: MoveField, value: FieldValue) -> Any:
    name = f"{PREFIX}.{field.name}"
    if field.kind is FieldKind.UNITS:
        codes = value if isinstance(value, list) else [value]
        return [get_unit_id(str(code), name) for code in codes]
    if field.kind is FieldKind.ANSWERS:
        return value
    is_list_refused = isinstance(value, list) and field.kind not in {FieldKind.LINES, FieldKind.PHOTOS}
    if isinstance(value, dict) or is_list_refused:
        raise UserError(_("应是一个值，不是列表或对象。"), hint=_("请只写一个。"), field=name)
    read = _ID_READERS.get(field.kind)
    return read(str(value), name) if read is not None else value
