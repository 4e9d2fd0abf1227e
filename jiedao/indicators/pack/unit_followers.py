"""Figures that people entered for a unit and a period that is not over follow its successor; past ones stay."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.indicators.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.packs.successions import Following, Lookup, Succession
from jiedao.orgs.models import Unit
from jiedao.orgs.pack.unit_columns import UnitColumn

COLUMNS = ("measure_id", "first_date", "last_date")


class EntriesOfUnits(UnitColumn):
    """Entered figures. Where the successor has a figure of the same period already, a person decides."""

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the entries of the units, those with a rival without a successor."""
        followings = list(super().find(successions, lookup))
        keys = {f"unit:{row.new_key}" for row in followings if row.is_moved}
        rivals = set(Entry.objects.filter(place_key__in=keys).values_list(*COLUMNS, "place_key"))
        about = {
            row[0]: row[1:]
            for row in self.find_open({s.old_id for s in successions}).values_list("pk", *COLUMNS)
        }
        for row in followings:
            is_rival = row.is_moved and (*about[row.object_id], f"unit:{row.new_key}") in rivals
            yield Following(row.object_id, row.succession, None) if is_rival else row

    def prepare(self, rows: Sequence[Any], wanted: dict[int, tuple[int, int]]) -> list[str]:
        """Write the key of the place too, under which figures read entries."""
        codes = dict(
            Unit.objects.filter(pk__in={new for _old, new in wanted.values()}).values_list("pk", "code")
        )
        for row in rows:
            row.place_key = f"unit:{codes[wanted[row.pk][1]]}"
        return ["place_key"]


UNIT_FOLLOWERS = (
    EntriesOfUnits(
        "entered figures", _("填报的数字"), Entry, is_open=lambda: Q(last_date__gte=clock.today())
    ),
)
