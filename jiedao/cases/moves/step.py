"""`Move` is a row of the table of moves; `Step` is one such move being made on one case.

Both are in one module because each names the other: a move has an effect, which receives a step, and a step has its
move.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from jiedao.cases.models import Case, ReasonKind
from jiedao.cases.moves.fields import MoveField
from jiedao.cases.notices import NEXT_STEP
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Tone
from jiedao.orgs.actor import Actor


class Party(Enum):
    """Who may make a move besides holding its permission."""

    ANYONE = "ANYONE"  # every user who may see the case
    LEAD = "LEAD"  # a member of the lead unit
    STEER = "STEER"  # a member of the lead unit, or a user who may dispatch
    HELPER = "HELPER"  # a member of a helping unit that has not finished
    TURN = "TURN"  # those who are responsible for the next step
    OTHER = "OTHER"  # nobody who handled the case, nor a member of a unit that did
    CONFIRMER = "CONFIRMER"  # as OTHER, and not the user whose proposal is to be confirmed


def always_possible(_case: Case) -> bool:
    """Return True: the move makes sense on every case that is in one of its sources."""
    return True


def is_never_offered(_case: Case) -> bool:
    """Return False: only an import or another system makes this move, and no page offers it."""
    return False


@dataclass(frozen=True, kw_only=True)
class Move:
    """One row of the table of moves.

    Attributes:
        code: stored in the timeline, upper case, at most 20 characters.
        label: the text of the button.
        sources: the states it may start from.
        target: the state after it; None leaves the state unchanged, or lets the effect decide.
        permission: the right that the actor's post needs.
        party: who may make it besides holding the right.
        fields: what it asks for.
        stops: the stages whose clocks it stops.  starts: the stage whose clock it starts, "" for none.
        reason_kind: which reasons of the pack its reason field offers.
        handles: whether making it counts as having handled the case, so that the maker and their unit may not check it.
        icon: in the timeline.
        tone: how the button looks: "primary", "good", "plain" or "danger".
        entry_tone: how its entry in the timeline looks.
        key: the one-key shortcut on the page.
        aside: whether the button is in the second row, away from the next step of the loop.
        possible: whether there is anything to do on a case in one of the sources, so that no button is a dead end.
        effect: what it does to the case, see `Step`; None for a move that only the writer of new cases makes.
    """

    code: str
    label: Any
    sources: frozenset[str]
    target: str | None
    permission: str
    party: Party = Party.ANYONE
    fields: tuple[MoveField, ...] = ()
    stops: tuple[str, ...] = ()
    starts: str = ""
    reason_kind: ReasonKind | None = None
    handles: bool = False
    icon: str
    tone: str = "plain"
    entry_tone: str = "neutral"
    key: str = ""
    aside: bool = False
    possible: Callable[[Case], bool] = always_possible
    effect: "Effect | None"


@dataclass(frozen=True)
class CaseNotice:
    """A notice that a move sends. `case` is the case it is about, which for a merge may be another one.

    `data` are the values of the kind's text, and `task` is the piece of work that it asks for (see `cases.notices`).
    """

    user_ids: list[int]
    kind: NoticeKind
    case: Case
    data: dict[str, Any]
    task: str
    tone: Tone | None


@dataclass
class Step:
    """One move being made on one case.

    An effect reads `case`, `data` and `now`, raises UserError to refuse, and queues everything else. The rule: a column
    of the case goes into `changes`; what writes another table is added to `after`, a notice to `notices`. An
    effect itself writes nothing. `perform` writes in one order for all moves: the case, compared and swapped, then its
    clocks, then `after` as queued, then the notices. So a stale copy leaves no trace, and two moves never take their
    locks in opposite orders.

    Attributes:
        case: as it was read, locked, before the move.
        data: the fields of the move, cleaned (see `MoveField`).
        changes: new values of columns of the case.
        to_state, stops, starts: as the row states them; the effect may decide otherwise.
        starts_whole: whether the clock from filing to closing starts too.
        judged_at: the time by which the work counts as in time; earlier than `now` where the move arrived late.
        limit: the limit of the clock that starts, "" for the one of the duty list.
        text: what the timeline shows.  facts: further data of the timeline entry.  public: the reporter may read it.
        audit: what the audit entry states beside the changes of the case; no personal data.
        after: functions that write other tables, called in order once the case was swapped.
        settles: tasks beside the next step that the move answers, whose notices are withdrawn (see `cases.notices`).
        notices: sent last.
    """

    case: Case
    actor: Actor
    move: Move
    data: dict[str, Any]
    now: datetime
    to_state: str
    stops: set[str]
    starts: str
    text: str
    starts_whole: bool = False
    limit: str = ""
    judged_at: datetime = field(init=False)
    public: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    audit: dict[str, Any] = field(default_factory=dict)
    after: list[Callable[[], object]] = field(default_factory=list)
    settles: set[str] = field(default_factory=set)
    notices: list[CaseNotice] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Judge by the present, unless `perform` knows when the work was done."""
        self.judged_at = self.now

    @classmethod
    def begin(cls, case: Case, actor: Actor, move: Move, data: dict[str, Any], now: datetime) -> "Step":
        """Return the step as the row states it, before the effect."""
        return cls(
            case=case,
            actor=actor,
            move=move,
            data=data,
            now=now,
            to_state=str(move.target or case.state),
            stops={str(stage) for stage in move.stops},
            starts=str(move.starts),
            text=str(data.get("note") or ""),
        )

    @property
    def category_id(self) -> int | None:
        """The category after this move."""
        return self.changes.get("category_id", self.case.category_id)

    @property
    def area_path(self) -> str:
        """The area path after this move."""
        return str(self.changes.get("area_path", self.case.area_path))

    def notify(
        self,
        user_ids: Iterable[int],
        kind: NoticeKind,
        *,
        case: Case | None = None,
        task: str = NEXT_STEP,
        tone: Tone | None = None,
        **data: Any,
    ) -> None:
        """Queue a notice about the case, or about another one, to these users; `data` are the values of its text."""
        self.notices.append(CaseNotice(list(user_ids), kind, case or self.case, data, task, tone))


Effect = Callable[[Step], None]


def change_nothing(_step: Step) -> None:
    """Leave the case unchanged: the timeline entry is all that the move adds."""
