"""Promises and projects that people added follow when a unit is renamed, merged or split.

For the others the pack itself states the units.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession, list_new_ids
from jiedao.orgs.actor import Actor
from jiedao.orgs.pack.unit_columns import FOLLOW, UnitColumn, choose_unit
from jiedao.projects.models import Project, Task
from jiedao.projects.models.promises import UNDECIDED, Campaign, Partner, Pledge, PledgeMove
from jiedao.projects.pledge_flow import SUCCEEDED


class PledgesOfUnits(UnitColumn):
    """Responsibility items that are not done, each with an entry in its history."""

    def prepare(self, rows: Sequence[Any], wanted: dict[int, tuple[int, int]]) -> list[str]:
        """Write the entries. A unit that has become responsible no longer helps."""
        for pledge in rows:
            pledge.helpers.remove(wanted[pledge.pk][1])
        PledgeMove.objects.bulk_create([_make_move(row) for row in rows])
        return super().prepare(rows, wanted)


def _make_move(pledge: Pledge) -> PledgeMove:
    return PledgeMove(
        pledge=pledge,
        move=SUCCEEDED,
        at=clock.now(),
        actor_label="",
        from_state=pledge.state,
        to_state=pledge.state,
    )


class HelpersOfPledges(Follower):
    """Units that help with responsibility items that are not done."""

    kind, what, title = "unit", "parts in responsibility items", _("责任事项的配合")
    guards = True

    def find_open(self, unit_ids: Iterable[int]) -> Any:
        """Return the rows of the relation that name one of the units."""
        links = Pledge.helpers.through.objects.filter(unit_id__in=list(unit_ids))
        return links.filter(pledge__state__in=UNDECIDED).order_by("pk")

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the rows of the relation, without items for which the pack states the helpers."""
        by_id = {succession.old_id: succession for succession in successions}
        rows = self.find_open(by_id).exclude(pledge__code__in=list(lookup.wanted("pledge")))
        for pk, unit_id in rows.values_list("pk", "unit_id"):
            yield Following(pk, by_id[unit_id], choose_unit(by_id[unit_id]))

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Replace the helpers."""
        self.write(list_new_ids(followings, lookup), actor)

    def write(self, wanted: dict[int, tuple[int, int]], actor: Actor) -> int:
        """Replace helpers; a unit that is responsible or helps already only ends its part."""
        links = list(self.find_open({old for old, _new in wanted.values()}).filter(pk__in=list(wanted)))
        for link in links:
            old_id, new_id = wanted[link.pk]
            pledge = Pledge.objects.select_for_update().get(pk=link.pledge_id)
            pledge.helpers.remove(old_id)
            if pledge.unit_id != new_id:
                pledge.helpers.add(new_id)
            _make_move(pledge).save()
            record_entry(
                actor=actor,
                action=FOLLOW,
                obj_type="projects.pledge",
                obj_id=pledge.pk,
                before={"helper": old_id},
                after={"helper": new_id},
            )
        return len(links)


PROJECT_FOLLOWERS = (
    UnitColumn("projects", _("项目"), Project, is_open=lambda: Q(active=True), section="project"),
    UnitColumn(
        "tasks of projects",
        _("项目任务"),
        Task,
        is_open=lambda: Q(active=True, project__active=True, actual_finish__isnull=True),
        section="project",
        key_column="project__key",
    ),
)
PROMISE_FOLLOWERS = (
    UnitColumn("campaigns", _("专项任务"), Campaign, is_open=lambda: Q(active=True), section="campaign"),
    PledgesOfUnits(
        "responsibility items",
        _("责任事项"),
        Pledge,
        is_open=lambda: Q(state__in=UNDECIDED),
        section="pledge",
        key_column="code",
    ),
    HelpersOfPledges(),
    UnitColumn("partner places", _("帮扶对象"), Partner, is_open=lambda: Q(active=True), section="partner"),
)
