"""Open cases and parts of helpers of units that ended, on whose successor a person has to decide."""

from collections.abc import Sequence

from jiedao.orgs import undecided
from jiedao.orgs.actor import Actor
from jiedao.orgs.undecided import CASEWORK, UndecidedRows


def list_undecided(actor: Actor) -> list[UndecidedRows]:
    """Return the cases and parts on which the actor may decide, by sort and unit that ended."""
    return [group for group in undecided.list_undecided(actor) if group.what in CASEWORK]


def decide(*, actor: Actor, what: str, unit_id: int, new_unit_id: int, rows: Sequence[int] = ()) -> int:
    """Give cases or parts of a unit that ended to one of its successors, see `orgs.undecided.decide`."""
    return undecided.decide(actor=actor, what=what, unit_id=unit_id, new_unit_id=new_unit_id, rows=rows)
