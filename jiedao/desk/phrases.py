"""Stock phrases beside the texts that people write: those of the pack, and those that the user saved.

A place is a form that offers them: the code of a move of cases, or one of OTHER_PLACES. Without script the buttons of
the phrases send the form, and the view shows it again with the phrase in the text (`press_button`, `show_typed`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.models import PhraseKind
from jiedao.cases.moves.table import FLOW
from jiedao.cases.phrases import OWN_PHRASES_ONLY, find_phrase_kind
from jiedao.desk import actions
from jiedao.desk.selectors import list_own_phrases
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest
from jiedao.pages.reading import read_number

BUTTONS = ("phrase", "keep_phrase", "drop_phrase")
MOST_REASONS = 40
RESULT, REASON = PhraseKind.RESULT.value, PhraseKind.REASON.value
# place -> name of the field -> kind of its phrases, for the forms that make no move of a case
OTHER_PLACES: dict[str, dict[str, str]] = {
    "pledge-REPORT": {"evidence": RESULT},
    "pledge-CONFIRM": {"note": REASON},
    "pledge-BACK": {"why": REASON},
    "pledge-ANSWER": {"answer": REASON},
    "pledge-SUPERVISE": {"demand": REASON},
    "pledge-EXTEND": {"why": REASON},
    "pledge-WITHDRAW": {"why": REASON},
    "project-progress": {"note": REASON},
    "project-obstacle": {"text": REASON},
}


@dataclass(frozen=True)
class OfferedPhrase:
    """A phrase that a form offers; `own_id` is the id of a phrase that the user saved, None for one of the pack."""

    key: str
    text: str
    own_id: int | None = None


@dataclass(frozen=True)
class PhraseList:
    """The phrases for one text of a place."""

    place: str
    field: str
    kind: str
    phrases: list[OfferedPhrase]


def find_kinds(place: str) -> dict[str, str]:
    """Return the kind of the phrases of each field of a place, {} for a place that offers none."""
    if place not in FLOW:
        return OTHER_PLACES.get(place, {})
    return {
        field.name: kind for field in FLOW[place].fields if (kind := find_phrase_kind(FLOW[place], field))
    }


def list_phrases(actor: Actor, place: str) -> dict[str, PhraseList]:
    """Return the phrases by the name of the field that they can be written into; at most one query."""
    kinds = find_kinds(place)
    own_phrases = list_own_phrases(actor) if kinds else []
    lists = {}
    for name, kind in kinds.items():
        own = [
            OfferedPhrase(f"{name}:own:{row.pk}", row.text, row.pk) for row in own_phrases if row.kind == kind
        ]
        of_pack = [
            OfferedPhrase(f"{name}:pack:{row.pk}", str(row))
            for row in catalogue.list_phrases(kind, place)
            if row.move or place not in OWN_PHRASES_ONLY
        ]
        lists[name] = PhraseList(place, name, kind, own + of_pack)
    return lists


def list_reasons(actor: Actor) -> list[str]:
    """Return the reasons that a line of text offers while it is typed: own ones, then those for every step."""
    own = [row.text for row in list_own_phrases(actor) if row.kind == REASON]
    return list(dict.fromkeys([*own, *map(str, catalogue.list_phrases(REASON, ""))]))[:MOST_REASONS]


def attach_phrases(actor: Actor, form: forms.Form, place: str) -> None:
    """Let the fields of a form offer their phrases."""
    for name, phrase_list in list_phrases(actor, place).items():
        if name in form.fields:
            form.fields[name].phrase_list = phrase_list  # type: ignore[attr-defined]


def is_phrase_button(data: Mapping[str, Any]) -> bool:
    """Return whether a form was sent by a button of the phrases and not to make the move."""
    return any(data.get(name) for name in BUTTONS)


def press_button(request: DeskRequest, place: str, data: Any) -> None:
    """Insert a phrase into the data of the form, or save or delete one of the user's own, as the button asks."""
    name, _colon, _rest = str(data.get("phrase", "")).partition(":")
    for phrase in (row for group in list_phrases(request.actor, place).values() for row in group.phrases):
        if phrase.key == data.get("phrase"):
            data[name] = "\n".join(filter(None, [str(data.get(name, "")).rstrip(), phrase.text]))
    if data.get("keep_phrase"):
        _save(request, place, str(data["keep_phrase"]), str(data.get(data["keep_phrase"], "")))
    if (phrase_id := read_number(data.get("drop_phrase"))) is not None:
        actions.delete_phrase(actor=request.actor, phrase_id=phrase_id)


def _save(request: DeskRequest, place: str, name: str, text: str) -> None:
    kind = find_kinds(place).get(name, "")
    try:
        actions.save_phrase(actor=request.actor, kind=kind, text=text)
        messages.success(request, _("已存为您的常用语。"))
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
