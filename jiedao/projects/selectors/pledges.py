"""Responsibility items and decisions as lists, and what a person may do with one."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from jiedao.files.models import Attachment
from jiedao.files.selectors import attachments_of
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.projects.models.promises import WORKING, Pledge, PledgeMove, PledgeState
from jiedao.projects.pledge_flow import MOVES
from jiedao.projects.promise_access import EDIT, works_on

MOST = 500


@dataclass(frozen=True)
class PledgeFilters:
    """What a list is narrowed to.

    Attributes:
        state: one of PledgeState, or "WORKING": open or sent back.
        late: only what is still to be done though its day has passed.
    """

    kind: str = ""
    state: str = ""
    unit_id: int | None = None
    late: bool = False


@dataclass(frozen=True)
class PledgeCounts:
    """How many pledges there are and how they stand; withdrawn ones are not in `total`."""

    total: int
    open: int
    reported: int
    confirmed: int
    late: int


@dataclass(frozen=True)
class PledgeDetail:
    """A pledge with its history, the newest first, its evidence, and the codes of moves the actor may make now."""

    pledge: Pledge
    moves: list[PledgeMove]
    attachments: list[Attachment]
    may: list[str]


def pledges(actor: Actor, filters: PledgeFilters | None = None) -> list[Pledge]:
    """Return pledges by deadline, those that are still to be done first; at most `MOST`, two statements."""
    wanted = filters or PledgeFilters()
    rows = Pledge.objects.visible_to(actor)
    if wanted.late:
        rows = rows.late(clock.today())
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.state:
        rows = rows.filter(state__in=WORKING if wanted.state == "WORKING" else [wanted.state])
    if wanted.unit_id is not None:
        rows = rows.filter(unit_id=wanted.unit_id)
    found = list(rows.select_related("unit").prefetch_related("helpers").order_by("deadline", "id")[:MOST])
    return sorted(found, key=lambda one: one.ended_at is not None)


def pledge_counts(actor: Actor, day: date | None = None) -> PledgeCounts:
    """Count the pledges the actor sees, in one statement."""
    late = Q(state__in=WORKING, deadline__lt=day or clock.today())
    found = (
        Pledge.objects.visible_to(actor)
        .exclude(state=PledgeState.WITHDRAWN)
        .aggregate(
            total=Count("pk"),
            open=Count("pk", filter=Q(state__in=WORKING)),
            reported=Count("pk", filter=Q(state=PledgeState.REPORTED)),
            confirmed=Count("pk", filter=Q(state=PledgeState.CONFIRMED)),
            late=Count("pk", filter=late),
        )
    )
    return PledgeCounts(**found)


def pledge_detail(actor: Actor, pledge: Pledge) -> PledgeDetail:
    """Return all that the page of a pledge shows."""
    return PledgeDetail(
        pledge,
        list(pledge.moves.all()),
        attachments_of("projects.pledge", pledge.pk),
        moves_open_to(actor, pledge),
    )


def moves_open_to(actor: Actor, pledge: Pledge) -> list[str]:
    """Return the codes of the moves the actor may make now; who reported does not confirm."""
    reporter = actor.user_id is not None and actor.user_id == pledge.reported_by_id
    return [
        code
        for code, move in MOVES.items()
        if pledge.state in move.sources
        and (works_on(actor, pledge.unit_id) if move.right == EDIT else actor.can(move.right))
        and not (reporter and code in {"CONFIRM", "BACK"})
    ]
