"""The part of a pack that the desk declares: saved views of lists follow the units that they name."""

from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode

from jiedao.desk.models import SavedView
from jiedao.kernel.packs.parts import PackPart
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession
from jiedao.orgs.actor import Actor

PARAMETER = "unit"
MAX_QUERY = 1000  # of the column


class ViewsOfUnits(Follower):
    """Saved views that are narrowed to a unit: afterwards they show all of its successors, and the unit if it stays."""

    kind, what = "unit", "saved views"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the views, once for each unit that they name; nobody has to decide."""
        by_id = {str(succession.old_id): succession for succession in successions}
        for view in SavedView.objects.filter(query__contains=f"{PARAMETER}=").order_by("pk"):
            for name, value in parse_qsl(view.query):
                if name == PARAMETER and value in by_id:
                    succession = by_id[value]
                    new_keys = [key for key in succession.successors if key != succession.old_key]
                    yield Following(view.pk, succession, new_keys[0])

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Replace the units in the addresses of the views."""
        for following in followings:
            view = SavedView.objects.select_for_update().get(pk=following.object_id)
            old = (PARAMETER, str(following.succession.old_id))
            new = [(PARAMETER, str(lookup.id_of("unit", key))) for key in following.succession.successors]
            pairs = [pair for known in parse_qsl(view.query) for pair in (new if known == old else [known])]
            query = urlencode(list(dict.fromkeys(pairs)))
            if len(query) <= MAX_QUERY:
                view.query = query
                view.save(update_fields=["query"])


PART = PackPart("desk", followers=(ViewsOfUnits(),))
