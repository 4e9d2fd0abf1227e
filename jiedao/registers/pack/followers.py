"""Records, their planned inspections and open findings follow when an area or premise is succeeded.

The state that a record had is stored as a version, so that a count as of a past day is by the places of then.
"""

from collections.abc import Iterable, Sequence

from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession
from jiedao.orgs.actor import Actor
from jiedao.places.models import Area, Premise
from jiedao.places.successions import AreaChooser
from jiedao.registers.actions.relocating import Columns, relocate_records
from jiedao.registers.models import Record


class RecordsOfAreas(Follower):
    """Records in an area: by their premise, else by their point."""

    kind, what = "area", "records"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the records in the areas, each with the area it follows to. Ended records stay where they were."""
        by_id = {succession.old_id: succession for succession in successions}
        chooser = AreaChooser(lookup)
        records = Record.objects.filter(active=True, area_id__in=list(by_id)).order_by("pk")
        for pk, area_id, lon, lat, premise_id in records.values_list(
            "pk", "area_id", "lon", "lat", "premise_id"
        ):
            if chooser.moves_with_premise(premise_id):
                continue
            succession = by_id[area_id]
            new_code = chooser.choose(succession, lon=lon, lat=lat, premise_id=premise_id)
            yield Following(pk, succession, new_code)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the records to their new areas."""
        ids = {following.object_id: lookup.id_of("area", str(following.new_key)) for following in followings}
        old_ids = {following.object_id: following.succession.old_id for following in followings}
        areas = Area.objects.defer("polygon").in_bulk(set(ids.values()))

        def find_changes(record: Record) -> Columns:
            area = areas[ids[record.pk]]
            return (
                {"area_id": area.pk, "area_path": area.path} if record.area_id == old_ids[record.pk] else {}
            )

        relocate_records(list(ids), find_changes, actor)


class RecordsOfPremises(Follower):
    """Records at a premise that was succeeded, or that lies in another grid now."""

    kind, what = "premise", "records"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the records at the premises; where a premise was split, a person decides."""
        by_id = {succession.old_id: succession for succession in successions}
        records = Record.objects.filter(active=True, premise_id__in=list(by_id)).order_by("pk")
        for pk, premise_id in records.values_list("pk", "premise_id"):
            yield Following(pk, by_id[premise_id], by_id[premise_id].only_key)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the records to their new premises, and to the grids of these."""
        ids = {
            following.object_id: lookup.id_of("premise", str(following.new_key)) for following in followings
        }
        old_ids = {following.object_id: following.succession.old_id for following in followings}
        premises = Premise.objects.select_related("area").defer("area__polygon").in_bulk(set(ids.values()))

        def find_changes(record: Record) -> Columns:
            premise = premises[ids[record.pk]]
            if record.premise_id != old_ids[record.pk]:
                return {}
            return {
                "premise_id": premise.pk,
                "area_id": premise.area_id,
                "area_path": premise.area.path,
            }

        relocate_records(list(ids), find_changes, actor)


FOLLOWERS = (RecordsOfPremises(), RecordsOfAreas())
