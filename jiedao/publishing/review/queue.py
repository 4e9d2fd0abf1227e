"""What waits for a reviewer, and what was decided."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from jiedao.cases import catalogue
from jiedao.cases.models import Case, CaseMove
from jiedao.kernel import clock
from jiedao.kernel.policies import get_policy
from jiedao.orgs.actor import Actor
from jiedao.places.selectors import area_info, area_text
from jiedao.publishing.models.reviews import Decision, PublicCase
from jiedao.publishing.review.actions import REPLY_MOVES, REVIEW, UNPUBLISHABLE

MOST = 100
# The views of the queue, in the order of its tabs.
VIEWS: dict[str, Any] = {
    "waiting": _("待审核"),
    "reply": _("答复待审核"),
    "public": _("已公开"),
    "withheld": _("不公开、已撤下"),
}

WAITING_VIEWS = ("waiting", "reply")


@dataclass(frozen=True)
class QueueRow:
    """A case as the queue shows it."""

    number: str
    subject: str
    state: str
    category_label: str
    area_label: str
    reported_at: datetime
    decision: str = ""
    decided_at: datetime | None = None
    decided_label: str = ""
    note: str = ""


def _decided(*decisions: str) -> QuerySet[PublicCase]:
    return PublicCase.objects.filter(case_id=OuterRef("pk"), decision__in=decisions)


def _select(actor: Actor, view: str, area: int | None) -> Any:
    """Return the cases of a view, the ones that wait longest first, decided ones the latest first."""
    cases = Case.objects.visible_to(actor)
    place = area_info(area)
    if place is not None:
        cases = cases.filter(area_path__startswith=place.path)
    if view == "waiting":
        first_day = clock.today() - timedelta(days=int(get_policy("review_days")))
        undecided = ~Exists(PublicCase.objects.filter(case_id=OuterRef("pk")))
        return cases.filter(undecided, reported_date__gte=first_day).exclude(state__in=sorted(UNPUBLISHABLE))
    if view == "reply":
        later = CaseMove.objects.filter(
            case_id=OuterRef("case_id"),
            public=True,
            move__in=REPLY_MOVES,
            pk__gt=Coalesce(OuterRef("reply_move_id"), Value(0)),
        ).exclude(text="")
        unread = _decided(Decision.PUBLIC).filter(Exists(later))
        return cases.filter(Exists(unread)).exclude(state__in=sorted(UNPUBLISHABLE))
    decisions = [Decision.PUBLIC] if view == "public" else [Decision.WITHHELD, Decision.WITHDRAWN]
    return cases.filter(Exists(_decided(*decisions)))


def count_queue(actor: Actor, area: int | None = None) -> dict[str, int]:
    """Return how many cases each view has."""
    actor.require(REVIEW)
    return {view: _select(actor, view, area).count() for view in VIEWS}


def count_waiting(actor: Actor) -> int:
    """Return how many cases and replies wait for the actor; 0 without the right to review."""
    if not actor.can(REVIEW):
        return 0
    return sum(int(_select(actor, view, None).count()) for view in WAITING_VIEWS)


def find_latest_waiting(actor: Actor) -> tuple[int, int]:
    """Return the ids of the latest case without a review and of the latest reply that waits, 0 for none."""
    latest = _select(actor, "waiting", None).order_by("-id").values_list("pk", flat=True).first()
    replies = CaseMove.objects.filter(
        case__in=_select(actor, "reply", None), public=True, move__in=REPLY_MOVES
    ).exclude(text="")
    latest_reply = replies.order_by("-id").values_list("pk", flat=True).first()
    return int(latest or 0), int(latest_reply or 0)


def list_queue(actor: Actor, view: str, area: int | None = None) -> list[QueueRow]:
    """Return the first cases of a view, at most 100."""
    actor.require(REVIEW)
    latest_first = view in {"public", "withheld"}
    cases = list(_select(actor, view, area).order_by("-id" if latest_first else "id")[:MOST])
    decisions = PublicCase.objects.in_bulk([case.pk for case in cases])
    return [_build_row(case, decisions.get(case.pk)) for case in cases]


def _build_row(case: Case, row: PublicCase | None) -> QueueRow:
    category = catalogue.category_info(case.category_id)
    return QueueRow(
        number=case.number,
        subject=case.subject,
        state=case.state,
        category_label=category.label if category is not None else "",
        area_label=area_text(case.area_path) if case.area_path else "",
        reported_at=case.reported_at,
        decision=str(Decision(row.decision).label) if row is not None else "",
        decided_at=row.decided_at if row is not None else None,
        decided_label=row.decided_label if row is not None else "",
        note=row.note if row is not None else "",
    )


def find_next_number(actor: Actor, after: int, area: int | None = None) -> str:
    """Return the number of the case that waits next, "" where none does.

    Args:
        after: the id of the case that the reviewer has just decided.
    """
    waiting = _select(actor, "waiting", area).exclude(pk=after)
    later = waiting.filter(pk__gt=after).order_by("id").values_list("number", flat=True).first()
    return str(later or waiting.order_by("id").values_list("number", flat=True).first() or "")


def find_decision(case_id: int) -> PublicCase | None:
    """Return the decision on a case with its photos."""
    return PublicCase.objects.filter(pk=case_id).prefetch_related("photos__blob").first()
