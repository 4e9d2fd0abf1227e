"""The table of moves: the rows of every subject, in the order of the buttons."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from jiedao.cases.moves import (
    accepting,
    answered,
    checking,
    closing,
    correcting,
    dispatching,
    extending,
    following,
    handling,
    helping,
    merging,
    replying,
    suspending,
    visiting,
)
from jiedao.cases.moves.step import Move
from jiedao.cases.questions import correcting as question_answers


@dataclass(frozen=True)
class Flow:
    """A table of moves, looked up by code or by state."""

    moves: dict[str, Move] = field(default_factory=dict)

    @classmethod
    def of(cls, moves: Iterable[Move]) -> "Flow":
        """Build a flow; raise ValueError when two moves share a code."""
        flow = cls()
        for move in moves:
            if move.code in flow:
                raise ValueError(f"two moves are called {move.code}")
            flow.moves[move.code] = move
        return flow

    def __getitem__(self, code: str) -> Move:
        return self.moves[code]

    def __contains__(self, code: object) -> bool:
        return code in self.moves

    def from_state(self, state: str) -> list[Move]:
        """Return the moves that may start from the state, in table order."""
        return [move for move in self.moves.values() if state in move.sources]

    def list_handling_codes(self) -> list[str]:
        """Return the codes of the moves that count as having handled the case."""
        return [move.code for move in self.moves.values() if move.handles]


FLOW = Flow.of(
    move
    for subject in (
        accepting,
        dispatching,
        handling,
        helping,
        checking,
        closing,
        replying,
        answered,
        visiting,
        extending,
        suspending,
        merging,
        following,
        correcting,
        question_answers,
    )
    for move in subject.MOVES
)
