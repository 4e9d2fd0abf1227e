"""Which moves a phone without a network offers: those that are possible now, and what a waiting move makes possible.

The rules are those of the table of moves, applied to the case in the state in which a move would leave it. The server
decides again when the moves arrive.
"""

from copy import copy
from dataclasses import dataclass, field, replace

from jiedao.cases.models import Case
from jiedao.cases.moves.allowed import Involvement, list_allowed_moves
from jiedao.cases.moves.step import Move
from jiedao.fieldwork.actions.taking import FIELD_MOVES
from jiedao.orgs.actor import Actor

# The moves of a user who has stated that a case is untrue: what is untrue cannot be handled.
AFTER_UNTRUE = tuple(code for code in FIELD_MOVES if code != "SELF_HANDLE")


@dataclass
class Plan:
    """The moves of a case by code, in the order in which they become possible.

    Attributes:
        now: the codes of those that are possible now.
        cases: by code, the case in the state in which the move is made; a copy that is never saved.
        then: by code, the codes of those that are possible after it.
    """

    now: list[str] = field(default_factory=list)
    moves: dict[str, Move] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    then: dict[str, list[str]] = field(default_factory=dict)


def plan_moves(actor: Actor, case: Case, read: Involvement, *, found_untrue: bool = False) -> Plan:
    """Return the plan of a case; no query where `read` holds what the caller has read of the case.

    Args:
        found_untrue: whether the actor stated that the case is untrue and no decision was made since. Such a user is
            not offered to handle it on the spot.
    """
    plan = Plan()
    among = AFTER_UNTRUE if found_untrue else FIELD_MOVES
    waiting = [(case, read, move) for move in list_allowed_moves(actor, case, read, among=among)]
    plan.now = [move.code for _case, _read, move in waiting]
    for before, known, move in waiting:  # grows while it is read
        if move.code in plan.moves:
            continue
        plan.moves[move.code], plan.cases[move.code] = move, before
        after, known_after = _imagine(actor, before, known, move)
        among = AFTER_UNTRUE if found_untrue or move.code == "UNTRUE" else FIELD_MOVES
        following = list_allowed_moves(actor, after, known_after, among=among)
        plan.then[move.code] = [row.code for row in following if row.code != move.code]
        waiting.extend((after, known_after, row) for row in following)
    return plan


def _imagine(actor: Actor, case: Case, read: Involvement, move: Move) -> tuple[Case, Involvement]:
    """Return the case, and what is known of it, as they would be after the move."""
    after = copy(case)
    after.state = move.target or case.state
    known = replace(read, has_handled=True) if move.handles else read
    if move.code == "HELPED":
        known = replace(known, helping=set(known.helping or ()).difference(actor.unit_ids))
    return after, known
