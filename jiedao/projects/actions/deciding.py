"""Decide where projects that people added belong, and how the quota of a split community is divided."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.orgs.actor import Actor
from jiedao.places.following import PREMISE, list_area_successors
from jiedao.places.models import Area, AreaKind, Premise
from jiedao.places.naming import premise_info
from jiedao.places.selectors import AREAS, AreaInfo
from jiedao.places.undecided import OldPlace, Undecided, build_retired_filter, find_old_place
from jiedao.projects.access import get_project_by_id
from jiedao.projects.actions.adding import ADD_PROJECT
from jiedao.projects.models import Campaign, Project, Quota
from jiedao.projects.promise_access import EDIT, get_campaign, require_work_for_unit
from jiedao.projects.relocating import relocate_project
from jiedao.projects.splitting import format_amount

VERSION = 1  # projects have no version: the old place is compared instead


# -- projects --------------------------------------------------------------------------------------------------------


def _find_projects(actor: Actor) -> Any:
    condition = build_retired_filter() if actor.can(ADD_PROJECT) else None
    projects = Project.objects.visible_to(actor).filter(active=True, added_at__isnull=False)
    return projects.filter(condition) if condition is not None else projects.none()


def count_undecided_projects(actor: Actor) -> int:
    """Return how many projects `list_undecided_projects` lists; no query while no place is retired."""
    return int(_find_projects(actor).count())


def list_undecided_projects(actor: Actor) -> list[Undecided]:
    """Return the projects that people added, at retired places; those of a pack are corrected in the pack."""
    return [
        Undecided(
            project.pk,
            VERSION,
            find_old_place(project.area_id, project.premise_id),
            project.key,
            project.label,
            project.note,
            None,
            None,
        )
        for project in _find_projects(actor).order_by("id")
    ]


@transaction.atomic
def decide_project(*, actor: Actor, project_id: int, old: OldPlace, place: OldPlace, note: str) -> Project:
    """Move a project to an area or premise in use.

    Raises:
        NotAllowed: without the right to add projects. NotFoundError: out of scope.
        UserError: the place does not exist. Stale: it is no longer at the old place.
    """
    actor.require(ADD_PROJECT)
    project = get_project_by_id(actor, project_id, for_change=True)
    if find_old_place(project.area_id, project.premise_id) != old or project.added_at is None:
        raise Stale(_("这些已经有了去处。"), hint=_("请刷新页面。"))
    area, premise_id = _find_target(project, place)
    relocate_project(project, area, premise_id, actor, note)
    return project


def _find_target(project: Project, place: OldPlace) -> tuple[Area, int | None]:
    """Return the area and the premise; a premise in the chosen area stays, as that of a record does."""
    if place.kind == PREMISE:
        premise = Premise.objects.filter(pk=place.id, active=True).select_related("area").first()
        if premise is not None:
            return premise.area, premise.pk
    elif (area := Area.objects.filter(pk=place.id, active=True).first()) is not None:
        current = premise_info(project.premise_id)
        stays = current is not None and current.active and current.area_path.startswith(area.path)
        return area, project.premise_id if stays else None
    raise UserError(_("没有这个地点。"), hint=_("请从列表中选择。"), field="to")


# -- quotas ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UndecidedQuota:
    """The quota of a community that no longer exists, and the communities among which it is divided."""

    id: int
    campaign: Campaign
    area: Area
    amount: Decimal
    successors: tuple[AreaInfo, ...]

    @property
    def amount_text(self) -> str:
        """The amount as pages show it."""
        return format_amount(self.amount)


def _find_quotas(actor: Actor) -> Any:
    quotas = Quota.objects.filter(
        area__active=False,
        campaign__active=True,
        campaign__split_at__isnull=False,
        campaign__due_date__gte=clock.today(),
        campaign__in=Campaign.objects.visible_to(actor).values("pk"),
    )
    if actor.is_system:
        return quotas
    may_work = actor.can(EDIT) and actor.unit_id is not None
    return quotas.filter(campaign__unit_id=actor.unit_id or 0) if may_work else quotas.none()


def count_undecided_quotas(actor: Actor) -> int:
    """Return how many quotas `list_undecided_quotas` lists; no query while no place is retired."""
    return int(_find_quotas(actor).count()) if build_retired_filter() is not None else 0


def list_undecided_quotas(actor: Actor) -> list[UndecidedQuota]:
    """Return the quotas of running campaigns of the actor's unit at communities that a pack has split.

    Only campaigns that people split have some: the split of a pack names the communities of the pack.
    """
    if build_retired_filter() is None:
        return []
    rows = _find_quotas(actor).select_related("campaign", "area").order_by("campaign__position", "area__code")
    return [
        UndecidedQuota(row.pk, row.campaign, row.area, row.amount, _list_receivers(row.area_id))
        for row in rows
    ]


def _list_receivers(area_id: int) -> tuple[AreaInfo, ...]:
    """Return the areas that took the place of one; all communities of the town where none did."""
    communities = [area for area in AREAS.get().values() if area.kind == AreaKind.COMMUNITY]
    return tuple(list_area_successors(area_id) or communities)


@transaction.atomic
def decide_quota(*, actor: Actor, quota_id: int, amounts: Mapping[int, Decimal]) -> None:
    """Divide the quota of a community that no longer exists; each share is added to what a community already has.

    Args:
        amounts: what each community gets, by its id; the sum is the quota.

    Raises:
        NotAllowed: the actor does not work for the unit of the campaign. NotFoundError: out of scope.
        UserError: another community, a negative amount, or a sum that is not the quota.
        Stale: another user has divided it.
    """
    quota = Quota.objects.filter(pk=quota_id).select_related("campaign", "area").first()
    if quota is None or quota.area is None or quota.area.active:
        raise Stale(_("这些已经有了去处。"), hint=_("请刷新页面。"))
    campaign = get_campaign(actor, quota.campaign.key, for_change=True)
    require_work_for_unit(actor, campaign.unit_id)
    # Check again now that the campaign is locked, for campaigns of the list only: no split of a pack, no ended one.
    if not _find_quotas(actor).filter(pk=quota_id, amount=quota.amount).exists():
        raise Stale(_("这些已经有了去处。"), hint=_("请刷新页面。"))
    codes = {area.id: area.code for area in _list_receivers(quota.area.pk)}
    _check_amounts(campaign, quota.amount, amounts, codes)
    before = {"area": quota.area.code, "amount": str(quota.amount)}
    quota.delete()
    shares = {area_id: amount for area_id, amount in amounts.items() if amount}
    for area_id, amount in shares.items():
        other, _created = Quota.objects.get_or_create(
            campaign=campaign, area_id=area_id, defaults={"amount": Decimal(0)}
        )
        other.amount += amount
        other.save(update_fields=["amount"])
    record_entry(
        actor=actor,
        action="projects.quota:relocate",
        obj_type="projects.campaign",
        obj_id=campaign.pk,
        before=before,
        after={codes[area_id]: str(amount) for area_id, amount in shares.items()},
    )


def _is_part(amount: Decimal, wanted: Decimal) -> bool:
    """Return whether an amount may be a part of a quota; one such as 1e40 is too large to be rounded."""
    return amount.is_finite() and 0 <= amount <= wanted and amount == round(amount, 4)


def _check_amounts(
    campaign: Campaign, wanted: Decimal, amounts: Mapping[int, Decimal], codes: Mapping[int, str]
) -> None:
    if not set(amounts) <= set(codes):
        raise UserError(_("只能分给承接的社区。"), hint=_("请从列表中填写。"), field="amounts")
    if not all(_is_part(amount, wanted) for amount in amounts.values()):
        raise UserError(
            _("分解数不能小于 0，不能大于原来的数，最多四位小数。"),
            hint=_("请改正后再提交。"),
            field="amounts",
        )
    total = sum(amounts.values(), Decimal(0))
    if total != wanted:
        values = {"wanted": format_amount(wanted), "total": format_amount(total)}
        raise UserError(
            _("各社区合计 %(total)s，应等于原来的 %(wanted)s") % values + f" {campaign.measure_label}。",
            hint=_("请调整各项。"),
            field="amounts",
        )
