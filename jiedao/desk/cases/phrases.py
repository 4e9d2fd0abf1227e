"""Stock phrases beside the texts of a move: those of the pack, and those that the user saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.moves.step import Move
from jiedao.cases.phrases import find_phrase_kind
from jiedao.desk import actions
from jiedao.desk.cases.move_form import MoveForm
from jiedao.desk.selectors import list_own_phrases
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest
from jiedao.pages.reading import read_number

BUTTONS = ("phrase", "keep_phrase", "drop_phrase")


@dataclass(frozen=True)
class OfferedPhrase:
    """A phrase that a form offers; `own_id` is the id of a phrase that the user saved, None for one of the pack."""

    key: str
    text: str
    own_id: int | None = None


@dataclass(frozen=True)
class PhraseList:
    """The phrases for one text of a move."""

    move: str
    field: str
    kind: str
    phrases: list[OfferedPhrase]


def list_phrases(actor: Actor, move: Move) -> dict[str, PhraseList]:
    """Return the phrases by the name of the field that they can be written into; at most one query."""
    kinds = {field.name: kind for field in move.fields if (kind := find_phrase_kind(move, field))}
    own_phrases = list_own_phrases(actor) if kinds else []
    lists = {}
    for name, kind in kinds.items():
        own = [
            OfferedPhrase(f"{name}:own:{row.pk}", row.text, row.pk) for row in own_phrases if row.kind == kind
        ]
        of_pack = [
            OfferedPhrase(f"{name}:pack:{row.pk}", str(row))
            for row in catalogue.list_phrases(kind, move.code)
        ]
        lists[name] = PhraseList(move.code, name, kind, own + of_pack)
    return lists


def attach_phrases(actor: Actor, form: MoveForm) -> None:
    """Let the fields of a form offer their phrases."""
    for name, phrase_list in list_phrases(actor, form.move).items():
        form.fields[name].phrase_list = phrase_list  # type: ignore[attr-defined]


def is_phrase_button(data: Mapping[str, Any]) -> bool:
    """Return whether a form was sent by a button of the phrases and not to make the move."""
    return any(data.get(name) for name in BUTTONS)


def press_button(request: DeskRequest, move: Move, data: Any) -> None:
    """Insert a phrase into the data of the form, or save or delete one of the user's own, as the button asks."""
    name, _colon, _rest = str(data.get("phrase", "")).partition(":")
    for phrase in (row for found in list_phrases(request.actor, move).values() for row in found.phrases):
        if phrase.key == data.get("phrase"):
            data[name] = "\n".join(filter(None, [str(data.get(name, "")).rstrip(), phrase.text]))
    if data.get("keep_phrase"):
        _save(request, move, str(data["keep_phrase"]), str(data.get(data["keep_phrase"], "")))
    if (phrase_id := read_number(data.get("drop_phrase"))) is not None:
        actions.delete_phrase(actor=request.actor, phrase_id=phrase_id)


def _save(request: DeskRequest, move: Move, name: str, text: str) -> None:
    kinds = {field.name: find_phrase_kind(move, field) for field in move.fields}
    try:
        actions.save_phrase(actor=request.actor, kind=kinds.get(name, ""), text=text)
        messages.success(request, _("已存为您的常用语。"))
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
