"""Records, their planned inspections and open findings follow when an area or premise is succeeded.

The state that a record had is stored as a version, so that a count as of a past day is by the places of then.
"""

from collections.abc import Iterable, Sequence

from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession
from jiedao.orgs.actor import Actor
from jiedao.places.successions import (
    find_at_premises,
    find_in_areas,
    read_area_changes,
    read_premise_changes,
)
from jiedao.registers.actions.relocating import relocate_records
from jiedao.registers.models import Record


class RecordsOfAreas(Follower):
    """Records in an area: by their premise, else by their point."""

    kind, what = "area", "records"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the records in the areas, each with the area it follows to. Ended records stay where they were."""
        return find_in_areas(Record.objects.filter(active=True), successions, lookup)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the records to their new areas."""
        record_ids = [following.object_id for following in followings]
        relocate_records(record_ids, read_area_changes(followings, lookup), actor)


class RecordsOfPremises(Follower):
    """Records at a premise that was succeeded, or that lies in another grid now."""

    kind, what = "premise", "records"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the records at the premises; where a premise was split, a person decides."""
        return find_at_premises(Record.objects.filter(active=True), successions)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the records to their new premises, and to the grids of these."""
        record_ids = [following.object_id for following in followings]
        relocate_records(record_ids, read_premise_changes(followings, lookup), actor)


FOLLOWERS = (RecordsOfPremises(), RecordsOfAreas())
