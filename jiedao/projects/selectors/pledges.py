"""Lists and counts of responsibility items and decisions, and the moves that a user may make on one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Min, Prefetch, Q
from django.db.models.functions import TruncMonth

from jiedao.files.models import Attachment
from jiedao.files.selectors import list_attachments
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.policies import get_policy
from jiedao.kernel.textfilter import build_text_filter
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import build_person_filter, is_same_person
from jiedao.projects.models.promises import (
    WORKING,
    Pledge,
    PledgeMove,
    PledgeQuerySet,
    PledgeState,
    Supervision,
)
from jiedao.projects.pledge_flow import MOVES
from jiedao.projects.promise_access import CONFIRM, EDIT, works_for_unit

MOST = 500
OPEN_SUPERVISION = Prefetch(
    "supervisions", Supervision.objects.filter(outcome=""), to_attr="open_supervisions"
)
PLEDGE_TEXTS = ("code", "text", "text_en", "source")
CURRENT = [state.value for state in PledgeState if state != PledgeState.WITHDRAWN]
STATE_GROUPS: dict[str, Sequence[str]] = {"WORKING": WORKING, "CURRENT": CURRENT}

# name of a count -> state or group of states, and whether only late ones count
COUNTS: dict[str, tuple[str, bool]] = {
    "total": ("CURRENT", False),
    "open": ("WORKING", False),
    "reported": (PledgeState.REPORTED.value, False),
    "confirmed": (PledgeState.CONFIRMED.value, False),
    "late": ("WORKING", True),
}


@dataclass(frozen=True)
class PledgeFilters:
    """What a list is narrowed to.

    Attributes:
        state: one of PledgeState, "WORKING" for open or sent back, "CURRENT" for all that are not withdrawn.
        late: only those that are not done although their deadline has passed.
        owed: only those whose unit owes the answer to a supervision.
        waiting: only those whose next step is the actor's.
        first_date, last_date: the deadline lies between them, both included.
        text: words of the code, the text or the source.
    """

    kind: str = ""
    state: str = ""
    unit_id: int | None = None
    late: bool = False
    owed: bool = False
    waiting: bool = False
    first_date: date | None = None
    last_date: date | None = None
    text: str = ""

    def apply(self, pledges: PledgeQuerySet) -> PledgeQuerySet:
        """Narrow pledges."""
        if self.late:
            pledges = pledges.late(clock.today())
        if self.owed:
            pledges = pledges.owing_answer()
        condition = Q()
        if self.kind:
            condition &= Q(kind=self.kind)
        if self.state:
            condition &= Q(state__in=STATE_GROUPS.get(self.state, [self.state]))
        if self.unit_id is not None:
            condition &= Q(unit_id=self.unit_id)
        if self.first_date is not None:
            condition &= Q(deadline__gte=self.first_date)
        if self.last_date is not None:
            condition &= Q(deadline__lte=self.last_date)
        if self.text:
            condition &= build_text_filter(self.text, PLEDGE_TEXTS)
        return pledges.filter(condition)


@dataclass(frozen=True)
class PledgeCounts:
    """How many pledges there are, in all (without withdrawn ones) and by how far they are.

    `owed` counts those whose unit owes the answer to a supervision.
    """

    total: int
    open: int
    reported: int
    confirmed: int
    late: int
    owed: int


@dataclass(frozen=True)
class PledgeDetail:
    """A pledge with its history and supervisions, the newest first, its evidence, and the actor's possible moves."""

    pledge: Pledge
    moves: list[PledgeMove]
    attachments: list[Attachment]
    may: list[str]
    supervisions: list[Supervision]


def find_first_pledge_day() -> date | None:
    """Return the first deadline of a pledge, or the day of the first move if it is earlier; None without pledges."""
    due = Pledge.objects.aggregate(first=Min("deadline"))["first"]
    moved = PledgeMove.objects.aggregate(first=Min("at"))["first"]
    days = [due, moved.astimezone(clock.TOWN_TZ).date() if moved is not None else None]
    return min((day for day in days if day is not None), default=None)


def find_pledges(actor: Actor, filters: PledgeFilters | None = None) -> list[Pledge]:
    """Return visible pledges by deadline, those still to be done first; at most `MOST`, three statements."""
    pledges = list(select_pledges(actor, filters or PledgeFilters()).order_by("deadline", "id")[:MOST])
    return sorted(pledges, key=lambda pledge: pledge.ended_at is not None)


def select_pledges(actor: Actor, filters: PledgeFilters) -> PledgeQuerySet:
    """Return the visible pledges that match, without an order, with unit, helpers and open supervision."""
    rows = filters.apply(Pledge.objects.visible_to(actor))
    if filters.waiting:
        rows = rows.filter(_build_waiting_filter(actor))
    return rows.select_related("unit").prefetch_related("helpers", OPEN_SUPERVISION)


def find_last_warned_deadline(today: date) -> date:
    """Return the last deadline for which a warning is sent today."""
    days, calendar, day = int(get_policy("promise_warn_days")), get_town_calendar(), today
    while days:
        day += timedelta(days=1)
        days -= calendar.is_workday(day)
    return day


def find_waiting_pledges(actor: Actor, *, limit: int) -> tuple[list[Pledge], int]:
    """Return the pledges whose next step is the actor's, by deadline, and how many there are.

    No query for an actor who can neither report nor confirm.
    """
    if not (actor.can(CONFIRM) or (actor.can(EDIT) and actor.unit_id is not None)):
        return [], 0
    rows = Pledge.objects.visible_to(actor).filter(_build_waiting_filter(actor))
    shown = (
        rows.select_related("unit").prefetch_related("helpers", OPEN_SUPERVISION).order_by("deadline", "id")
    )
    pledges = list(shown[:limit])
    return pledges, len(pledges) if len(pledges) < limit else rows.count()


def _build_waiting_filter(actor: Actor) -> Q:
    """Return the filter of the pledges whose next step is the actor's.

    The actor's unit has to report those that are late, due soon or sent back, and to answer supervisions; the actor
    confirms what another person reported.
    """
    mine = Q(pk__in=[])
    if actor.can(EDIT) and actor.unit_id is not None:
        owed = Q(pk__in=Supervision.objects.filter(outcome="").values("pledge_id"))
        urgent = Q(deadline__lte=find_last_warned_deadline(clock.today())) | Q(state=PledgeState.BACK)
        mine |= Q(state__in=WORKING, unit_id=actor.unit_id) & (urgent | owed)
    if actor.can(CONFIRM):
        own = build_person_filter(actor.own_ids, actor.ties, "reported_by_id", "reported_at")
        mine |= Q(state=PledgeState.REPORTED) & ~own
    return mine


def count_pledges_by(
    actor: Actor, filters: PledgeFilters, splits: Sequence[str] = ()
) -> dict[tuple[Any, ...], int]:
    """Count the visible pledges that match, by any of "unit" (id), "state" and "month" (of the deadline)."""
    columns: dict[str, Any] = {"unit": F("unit_id"), "state": F("state"), "month": TruncMonth("deadline")}
    rows = filters.apply(Pledge.objects.visible_to(actor)).order_by()
    if not splits:
        return {(): number} if (number := rows.count()) else {}
    keys = {f"key_{split}": columns[split] for split in splits}
    lines = rows.annotate(**keys).values_list(*keys).annotate(number=Count("pk"))
    return {line[:-1]: line[-1] for line in lines}


def count_pledges(
    actor: Actor, day: date | None = None, filters: PledgeFilters | None = None
) -> PledgeCounts:
    """Count the visible pledges that match, in one statement; the total includes those that were withdrawn."""
    late = Q(state__in=WORKING, deadline__lt=day or clock.today())
    rows = Pledge.objects.visible_to(actor)
    counts = (filters.apply(rows) if filters is not None else rows).aggregate(
        total=Count("pk"),
        open=Count("pk", filter=Q(state__in=WORKING)),
        reported=Count("pk", filter=Q(state=PledgeState.REPORTED)),
        confirmed=Count("pk", filter=Q(state=PledgeState.CONFIRMED)),
        late=Count("pk", filter=late),
        owed=Count("pk", filter=Q(pk__in=Supervision.objects.filter(outcome="").values("pledge_id"))),
    )
    return PledgeCounts(**counts)


def read_pledge_detail(actor: Actor, pledge: Pledge) -> PledgeDetail:
    """Return a pledge with everything that its page shows."""
    supervisions = list(pledge.supervisions.all())
    owes_answer = any(demand.is_open for demand in supervisions)
    return PledgeDetail(
        pledge,
        list(pledge.moves.all()),
        list_attachments("projects.pledge", pledge.pk),
        list_allowed_moves(actor, pledge, owes_answer=owes_answer),
        supervisions,
    )


def list_allowed_moves(actor: Actor, pledge: Pledge, *, owes_answer: bool) -> list[str]:
    """Return the codes of the moves the actor may make now.

    The reporter does not confirm, and only an answer that is owed is given.
    """
    may_confirm = pledge.state in MOVES["CONFIRM"].sources
    is_reporter = may_confirm and is_same_person(
        actor.own_ids, actor.ties, pledge.reported_by_id, pledge.reported_at
    )
    return [
        code
        for code, move in MOVES.items()
        if pledge.state in move.sources
        and (works_for_unit(actor, pledge.unit_id) if move.right == EDIT else actor.can(move.right))
        and not (is_reporter and code in {"CONFIRM", "BACK"})
        and (owes_answer or code != "ANSWER")
    ]
