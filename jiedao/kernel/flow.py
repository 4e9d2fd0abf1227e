"""The shape of a flow: states and a table of moves, without a database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class FieldKind(Enum):
    """What a move asks for; a page draws the matching control, the API takes the matching JSON."""

    TEXT = "text"  # str
    REASON = "reason"  # code of a reason of the pack
    UNIT = "unit"  # id of a unit
    UNITS = "units"  # list of ids
    CATEGORY = "category"  # id
    AREA = "area"  # id
    CASE = "case"  # number of another case
    BOOL = "bool"
    SCORE = "score"  # 1 to 5
    DATE = "date"  # local date
    LIMIT = "limit"  # "4wh", "2wd", "24h"
    LINES = "lines"  # one part a line
    PHOTOS = "photos"  # ids of attachments already stored
    REQUEST = "request"  # id of an open extension request


@dataclass(frozen=True)
class MoveField:
    """One field of a move."""

    name: str
    kind: FieldKind
    label: Any
    required: bool = True
    help: Any = ""


@dataclass(frozen=True)
class Move:
    """One row of the flow table.

    Attributes:
        code: stored code, upper case.
        label: what the button says.
        sources: states it may start from.
        target: the state after it; None leaves the state as it is, or lets the move's effect decide.
        permission: the right the actor's post needs.
        party: who may press it besides holding the right: "" anyone in scope, "LEAD" somebody of the lead unit,
            "STEER" one of the lead unit or who dispatches, "HELPER" of a helping unit, "OTHER" nobody who handled, nor
            of a unit that did.
        stops: stages whose clocks stop.  starts: the stage whose clock starts.
        fields: what it asks for.
        tone: how the button looks: "primary", "good", "plain", "danger".
        key: one-key shortcut on the page.
    """

    code: str
    label: Any
    sources: frozenset[str]
    target: str | None
    permission: str
    party: str = ""
    stops: tuple[str, ...] = ()
    starts: str = ""
    fields: tuple[MoveField, ...] = ()
    tone: str = "plain"
    key: str = ""


@dataclass(frozen=True)
class Flow:
    """A table of moves, looked up by code or by state."""

    moves: dict[str, Move] = field(default_factory=dict)

    @classmethod
    def of(cls, moves: Iterable[Move]) -> "Flow":
        """Build a flow; raise ValueError when two moves share a code."""
        table: dict[str, Move] = {}
        for move in moves:
            if move.code in table:
                raise ValueError(f"two moves are called {move.code}")
            table[move.code] = move
        return cls(table)

    def __getitem__(self, code: str) -> Move:
        return self.moves[code]

    def __contains__(self, code: object) -> bool:
        return code in self.moves

    def from_state(self, state: str) -> list[Move]:
        """Return the moves that may start from the state, in table order."""
        return [move for move in self.moves.values() if state in move.sources]
