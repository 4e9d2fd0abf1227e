"""Holders of posts follow when their unit is renamed or merged: OLD.HANDLER becomes NEW.HANDLER."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession
from jiedao.orgs.actions import describe_holding
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import end_empty_deputies
from jiedao.orgs.models import Holding
from jiedao.orgs.pack.unit_columns import FOLLOW, choose_unit


class HoldingsOfPosts(Follower):
    """Users who hold a post whose unit was succeeded, with their deputies. Holdings that have ended stay."""

    kind, what = "post", "holders"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the holdings of the posts; where a unit was split, a person decides who goes where."""
        by_id = {succession.old_id: succession for succession in successions}
        rows = list_present_holdings().filter(post_id__in=list(by_id))
        for pk, post_id in rows.order_by("pk").values_list("pk", "post_id"):
            yield Following(pk, by_id[post_id], choose_unit(by_id[post_id]))

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the holdings to the new posts."""
        for following in followings:
            post_id = lookup.id_of("post", str(following.new_key))
            move_holding(actor, following.object_id, following.succession.old_id, post_id)


def list_present_holdings() -> Any:
    """Return the holdings of users' own that have not ended, also those that begin later."""
    return Holding.objects.own().filter(Q(to_date__isnull=True) | Q(to_date__gte=clock.today()))


def move_holding(actor: Actor, holding_id: int, old_post_id: int, new_post_id: int) -> Holding | None:
    """Move a holding and those of its deputies to another post, in the caller's transaction; return it.

    A user who holds the new post already has it afterwards over the areas and the time of both. None is returned where
    the holding was ended or moved meanwhile.
    """
    rows = Holding.objects.own().select_for_update(of=("self",))
    holding: Holding | None = rows.filter(pk=holding_id, post_id=old_post_id).first()
    if holding is None:
        return None
    before = describe_holding(holding)
    kept = rows.filter(user_id=holding.user_id, post_id=new_post_id).first()
    if kept is None:
        holding.post_id = new_post_id
        holding.save(update_fields=["post"])
        holding.deputies.update(post_id=new_post_id)
        kept = holding
    else:
        _unite(kept, holding)
        end_empty_deputies(actor, holding.user_id)
    kept.refresh_from_db()
    record_entry(
        actor=actor,
        action=FOLLOW,
        obj_type="orgs.holding",
        obj_id=kept.pk,
        before=before,
        after=describe_holding(kept),
    )
    return kept


def _unite(kept: Holding, other: Holding) -> None:
    """Extend a holding by the areas, the time and the deputies of another one, which is deleted."""
    areas, more = list(kept.areas.all()), list(other.areas.all())
    kept.areas.set({*areas, *more} if areas and more else ())  # without areas it covers that of the unit
    starts, ends = (kept.from_date, other.from_date), (kept.to_date, other.to_date)
    kept.from_date = None if None in starts else min(day for day in starts if day)
    kept.to_date = None if None in ends else max(day for day in ends if day)
    kept.save(update_fields=["from_date", "to_date"])
    represented = set(kept.deputies.values_list("deputation_id", flat=True))
    other.deputies.exclude(deputation_id__in=represented).update(represents=kept, post_id=kept.post_id)
    other.delete()


POST_FOLLOWERS = (HoldingsOfPosts(),)
