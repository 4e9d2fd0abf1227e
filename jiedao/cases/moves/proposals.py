"""Proposals not to handle a matter again though its reporter is not satisfied: who made them."""

from django.db.models import OuterRef, Q, Subquery

from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseMove
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import build_person_filter


def build_proposal_filter(actor: Actor) -> Q:
    """Return the filter for the cases whose last proposal the actor made, under any of their posts or by a deputy."""
    if actor.user_id is None:
        return Q(pk__in=[])
    proposals = CaseMove.objects.filter(case=OuterRef("pk"), to_state=State.TO_CONFIRM.value, move="VISIT")
    newest = proposals.order_by("-id")
    mine = Case.objects.filter(state=State.TO_CONFIRM.value).annotate(
        proposer=Subquery(newest.values("user_id")[:1]), proposed_at=Subquery(newest.values("at")[:1])
    )
    by_actor = build_person_filter(actor.own_ids, actor.ties, "proposer", "proposed_at")
    return Q(pk__in=mine.filter(by_actor).values("pk"))
