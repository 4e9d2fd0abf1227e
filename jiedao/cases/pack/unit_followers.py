"""Open cases and parts of helpers follow when a unit is renamed, merged or split; what was done stays where it was."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.audit.actions import record_entry
from jiedao.cases.actions.succeeding import CONTINUING, succeed_helpers, succeed_leads
from jiedao.cases.models import Assignment, Case, Role
from jiedao.cases.pack.own_units import list_own_values, list_units, replace_unit
from jiedao.kernel.models import OwnValue
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession, list_new_ids
from jiedao.orgs.actor import Actor
from jiedao.orgs.pack.unit_columns import FOLLOW, choose_unit
from jiedao.orgs.undecided import OPEN_CASES, OPEN_HELP
from jiedao.places.successions import AreaChooser

PLACE_COLUMNS = ("area_id", "lon", "lat", "premise_id", "category_id")


class DutyChooser:
    """Chooses the successor of a unit by the duty list of the pack."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._areas = AreaChooser(lookup)

    def choose_lead(self, succession: Succession, place: Values) -> str | None:
        """Return the successor that the duty list makes the lead for the category and the area of a case."""
        if succession.only_key is not None:
            return succession.only_key
        duty = self._find_duty(place)
        if duty is not None and duty["lead_unit"] in succession.successors:
            return str(duty["lead_unit"])
        return choose_unit(succession)

    def choose_helper(self, succession: Succession, place: Values) -> str | None:
        """Return the only successor that the duty list names as a helper."""
        if succession.only_key is not None:
            return succession.only_key
        duty = self._find_duty(place)
        named = [
            code for code in (duty["helpers"] if duty is not None else ()) if code in succession.successors
        ]
        return named[0] if len(named) == 1 else choose_unit(succession)

    def _find_duty(self, place: Values) -> Values | None:
        """Return the line of the duty list for a category, in the narrowest area that contains the case."""
        lookup = self._lookup
        category = lookup.key_of("category", place["category_id"]) if place["category_id"] else None
        if category is None:
            return None
        duties, area = lookup.wanted("duty"), self._find_area(place)
        for end in range(len(area), 0, -1):
            if (duty := duties.get(f"{category} {area[:end]}")) is not None:
                return duty
        return duties.get(f"{category} town")

    def _find_area(self, place: Values) -> str:
        """Return the code of the area in which the case is after the apply, "" for none."""
        if place["area_id"] is None:
            return ""
        succession = self._lookup.succession_of("area", place["area_id"])
        code = None
        if succession is not None:
            point = {name: place[name] for name in ("lon", "lat", "premise_id")}
            code = self._areas.choose(succession, **point)
        return code or self._lookup.key_of("area", place["area_id"]) or ""


class CasesOfUnits(Follower):
    """Open cases that a unit leads."""

    kind, what, title = "unit", OPEN_CASES, _("在办案件")

    def label_row(self, row: Case) -> str:
        """Return what a case is called on the page where people decide."""
        return f"{row.number} {row.subject}"

    def find_open(self, unit_ids: Iterable[int]) -> Any:
        """Return the open cases that one of the units leads."""
        return Case.objects.filter(CONTINUING, lead_unit_id__in=list(unit_ids)).order_by("pk")

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the open cases, each with the unit that leads it next."""
        by_id, chooser = {succession.old_id: succession for succession in successions}, DutyChooser(lookup)
        for row in self.find_open(by_id).values("pk", "lead_unit_id", *PLACE_COLUMNS):
            succession = by_id[row["lead_unit_id"]]
            yield Following(row["pk"], succession, chooser.choose_lead(succession, row))

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Give the cases to their new units."""
        self.write(list_new_ids(followings, lookup), actor)

    def write(self, wanted: dict[int, tuple[int, int]], actor: Actor) -> int:
        """Give cases to other units, see `succeed_leads`."""
        return succeed_leads(wanted, actor)


class HelpOfUnits(Follower):
    """Open parts of helpers."""

    kind, what, title = "unit", OPEN_HELP, _("协办")

    def label_row(self, row: Assignment) -> str:
        """Return the case that the part belongs to."""
        return f"{row.case.number} {row.case.subject}"

    def find_open(self, unit_ids: Iterable[int]) -> Any:
        """Return the open parts that one of the units has as a helper."""
        rows = Assignment.objects.filter(role=Role.HELPER, ended_at__isnull=True, unit_id__in=list(unit_ids))
        return rows.filter(case__in=Case.objects.filter(CONTINUING)).order_by("pk")

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the open parts, each with the unit that helps next."""
        by_id, chooser = {succession.old_id: succession for succession in successions}, DutyChooser(lookup)
        columns = [f"case__{name}" for name in PLACE_COLUMNS]
        for row in self.find_open(by_id).values("pk", "unit_id", *columns):
            succession = by_id[row["unit_id"]]
            place = {name: row[f"case__{name}"] for name in PLACE_COLUMNS}
            yield Following(row["pk"], succession, chooser.choose_helper(succession, place))

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Give the parts to the new units; a unit that leads the case by now ends its help."""
        self.write(list_new_ids(followings, lookup), actor)

    def write(self, wanted: dict[int, tuple[int, int]], actor: Actor) -> int:
        """Give parts to other units, see `succeed_helpers`."""
        return succeed_helpers(wanted, actor)


class OwnDutiesOfUnits(Follower):
    """Values of the town's own in the duty list. `DutySection` refuses those that name a unit that is split."""

    kind, what = "unit", "own values of the duty list"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the own values, once for each unit that they name."""
        for own in list_own_values():
            for succession in successions:
                if (
                    succession.old_key in list_units(own.value)
                    and succession.old_key not in succession.successors
                ):
                    yield Following(own.pk, succession, succession.only_key)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Replace the codes of the units."""
        for following in followings:
            own = OwnValue.objects.select_for_update().get(pk=following.object_id)
            before = own.value
            own.value = replace_unit(before, {following.succession.old_key: str(following.new_key)})
            own.save(update_fields=["value"])
            record_entry(
                actor=actor,
                action=FOLLOW,
                obj_type="kernel.ownvalue",
                obj_id=own.pk,
                before={"key": own.key, "field": own.field, "value": before},
                after={"key": own.key, "field": own.field, "value": own.value},
            )


UNIT_FOLLOWERS = (CasesOfUnits(), HelpOfUnits(), OwnDutiesOfUnits())
