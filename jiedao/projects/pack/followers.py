"""Quotas that people split, and projects that people added, follow when an area or premise is succeeded.

Those of a pack are stated by the pack itself, with the areas that it has.
"""

from collections.abc import Iterable, Sequence

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession
from jiedao.orgs.actor import Actor
from jiedao.places.models import Area, Premise
from jiedao.places.successions import AreaChooser, find_at_premises
from jiedao.projects.models import Project, Quota
from jiedao.projects.relocating import relocate_project


class QuotasOfAreas(Follower):
    """Quotas of running campaigns whose target people split: those of joined areas are added up.

    The quota of an area that was split stays until a person divides it: see `actions.deciding`. That of an area that
    gave away a part and is still there stays, because its community still has it: people split the campaign anew.
    """

    kind, what = "area", "quotas"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the quotas of the areas, each with the only successor of its area."""
        by_id = {succession.old_id: succession for succession in successions}
        quotas = Quota.objects.filter(
            area_id__in=list(by_id),
            campaign__active=True,
            campaign__split_at__isnull=False,
            campaign__due_date__gte=clock.today(),
        )
        for pk, area_id in quotas.order_by("pk").values_list("pk", "area_id"):
            succession = by_id[area_id]
            if succession.old_key not in succession.successors:
                yield Following(pk, succession, succession.only_key)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the quotas to the new areas, each with an entry in the audit; the sum of a campaign stays the same."""
        keys = {following.object_id: str(following.new_key) for following in followings}
        locked = Quota.objects.filter(pk__in=list(keys)).order_by("pk").select_for_update(of=("self",))
        for quota in locked.select_related("area"):
            old_code = quota.area.code if quota.area is not None else ""
            new_code, campaign_id = keys[quota.pk], quota.campaign_id
            new_id = lookup.id_of("area", new_code)
            other = Quota.objects.filter(campaign_id=quota.campaign_id, area_id=new_id).first()
            amount = quota.amount
            if other is not None:
                other.amount += amount
                other.save(update_fields=["amount"])
                quota.delete()
            else:
                quota.area_id = new_id
                quota.save(update_fields=["area"])
            record_entry(
                actor=actor,
                action="projects.quota:relocate",
                obj_type="projects.campaign",
                obj_id=campaign_id,
                before={"area": old_code, "amount": str(amount)},
                after={"area": new_code, "amount": str(amount)},
            )


class ProjectsOfAreas(Follower):
    """Projects that people added: by their premise; where it does not decide, the project stays at the old area."""

    kind, what = "area", "projects"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the projects in the areas, each with the area it follows to."""
        by_id = {succession.old_id: succession for succession in successions}
        chooser = AreaChooser(lookup)
        projects = Project.objects.filter(active=True, added_at__isnull=False, area_id__in=list(by_id))
        for pk, area_id, premise_id in projects.order_by("pk").values_list("pk", "area_id", "premise_id"):
            if not chooser.moves_with_premise(premise_id):
                succession = by_id[area_id]
                yield Following(
                    pk, succession, chooser.choose(succession, lon=None, lat=None, premise_id=premise_id)
                )

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the projects to their new areas."""
        for following in followings:
            area = Area.objects.defer("polygon").get(pk=lookup.id_of("area", str(following.new_key)))
            project = Project.objects.select_for_update(of=("self",)).get(pk=following.object_id)
            if project.area_id == following.succession.old_id:
                relocate_project(project, area, project.premise_id, actor)


class ProjectsOfPremises(Follower):
    """Projects that people added, at a premise that was succeeded or lies in another grid now."""

    kind, what = "premise", "projects"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the projects at the premises, each with the only successor of its premise."""
        return find_at_premises(Project.objects.filter(active=True, added_at__isnull=False), successions)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the projects to their new premises, and to the grids of these."""
        for following in followings:
            pk = lookup.id_of("premise", str(following.new_key))
            premise = Premise.objects.select_related("area").defer("area__polygon").get(pk=pk)
            project = Project.objects.select_for_update(of=("self",)).get(pk=following.object_id)
            if project.premise_id == following.succession.old_id:
                relocate_project(project, premise.area, premise.pk, actor)


FOLLOWERS = (ProjectsOfPremises(), ProjectsOfAreas())
QUOTA_FOLLOWERS = (QuotasOfAreas(),)
