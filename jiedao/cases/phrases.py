"""Which stock phrases a text of a move can be written with."""

from jiedao.cases.models import PhraseKind
from jiedao.cases.moves.fields import FieldKind, MoveField
from jiedao.cases.moves.step import Move

KINDS_BY_FIELD = {
    "result": PhraseKind.RESULT.value,
    "reply": PhraseKind.REPLY.value,
    "note": PhraseKind.REASON.value,
    "answer": PhraseKind.REASON.value,
}
# Moves whose note holds the words of a reporter: only phrases that name the move are offered, and own ones.
OWN_PHRASES_ONLY = {"VISIT"}


def find_phrase_kind(move: Move, field: MoveField) -> str:
    """Return the kind of the phrases for a field of a move, "" for a field that has none."""
    if field.kind is not FieldKind.TEXT:
        return ""
    return KINDS_BY_FIELD.get(field.name, "")


def list_phrase_kinds(move: Move) -> set[str]:
    """Return the kinds of phrases that a move offers."""
    return {find_phrase_kind(move, field) for field in move.fields} - {""}
