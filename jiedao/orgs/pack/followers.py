"""Holdings follow when an area is succeeded: their users look after the same ground as before."""

from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.audit.actions import EntryData, record_entries
from jiedao.kernel import clock
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession
from jiedao.kernel.phrasing import list_names
from jiedao.kernel.rows_pages import build_rows_url
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Holding, HoldingQuerySet
from jiedao.orgs.people import DUTY_ROWS
from jiedao.places.models import Area

NAMED = 5  # users whom the reason against a retirement names
_Through = Holding.areas.through


def list_lasting_holdings() -> HoldingQuerySet:
    """Return the holdings that are in force or still to begin, those of deputies too."""
    holdings: HoldingQuerySet = Holding.objects.filter(
        Q(to_date__isnull=True) | Q(to_date__gte=clock.today()), user__is_active=True
    )
    return holdings


class HoldingsOfAreas(Follower):
    """Holdings over an area: they cover all its successors, so that nobody loses sight of a case.

    An administrator narrows them where the parts have different people. A holding that has ended stays as it was.
    """

    kind, what = "area", "holdings"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the holdings over the areas, once for each successor."""
        by_id = {succession.old_id: succession for succession in successions}
        lasting = list_lasting_holdings().values("pk")
        pairs = _Through.objects.filter(area_id__in=list(by_id), holding_id__in=lasting)
        for holding_id, area_id in pairs.order_by("holding_id", "area_id").values_list(
            "holding_id", "area_id"
        ):
            for key in by_id[area_id].successors:
                yield Following(holding_id, by_id[area_id], key)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Let the holdings cover the successors in place of the old areas, each with an entry in the audit."""
        wanted: dict[int, list[Following]] = {}
        for following in followings:
            wanted.setdefault(following.object_id, []).append(following)
        holdings = Holding.objects.filter(pk__in=list(wanted)).order_by("pk").select_for_update()
        entries: list[EntryData] = []
        for holding in holdings:
            before = set(holding.areas.values_list("pk", flat=True))
            rows = [row for row in wanted[holding.pk] if row.succession.old_id in before]
            after = before | {lookup.id_of("area", str(row.new_key)) for row in rows}
            after -= {
                row.succession.old_id
                for row in rows
                if row.succession.old_key not in row.succession.successors
            }
            if after != before:
                holding.areas.set(after)
                entries.append(_make_entry(holding, before, after, actor))
        record_entries(entries)
        DUTY_ROWS.forget()


def _make_entry(holding: Holding, before: set[int], after: set[int], actor: Actor) -> EntryData:
    codes = dict(Area.objects.filter(pk__in=before | after).values_list("pk", "code"))
    return {
        "actor": actor,
        "action": "orgs.holding:relocate",
        "obj_type": "orgs.holding",
        "obj_id": holding.pk,
        "before": {"user": holding.user_id, "areas": sorted(codes[pk] for pk in before)},
        "after": {"user": holding.user_id, "areas": sorted(codes[pk] for pk in after)},
    }


def guard_areas(retired: dict[str, Values], _lookup: Lookup) -> dict[str, str]:
    """Return the reasons against retiring areas: those over which people hold posts."""
    keys = {values["pk"]: key for key, values in retired.items()}
    names: dict[str, list[str]] = {}
    pairs = _Through.objects.filter(
        area_id__in=list(keys), holding_id__in=list_lasting_holdings().own().values("pk")
    )
    for area_id, username in pairs.order_by("holding_id").values_list("area_id", "holding__user__username"):
        names.setdefault(keys[area_id], []).append(username)
    page = build_rows_url(RowsLink("orgs.people"))
    return {
        code: _(
            "有 %(count)d 人的任职管着它（%(names)s；%(page)s）：请用 was 写明这个区域变成了什么，或先给他们改区域"
        )
        % {"count": len(users), "names": list_names(users[:NAMED]), "page": page}
        for code, users in names.items()
    }
