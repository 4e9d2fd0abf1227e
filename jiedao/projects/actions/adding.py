"""Add a campaign or a project that no pack contains, such as one that a report has promised."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.packs.own import lock_pack_rows
from jiedao.kernel.policies import get_policy
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.projects.actions.campaigns import MOST_AMOUNT
from jiedao.projects.actions.declaring import write_plan
from jiedao.projects.actions.pledges import clean_text
from jiedao.projects.models import Project, ProjectKind
from jiedao.projects.models.promises import Campaign
from jiedao.projects.plan import ProjectPlan, TaskPlan
from jiedao.projects.promise_access import require_hand_out
from jiedao.projects.selectors.campaigns import count_workdays

ADD_PROJECT = "projects.project:add"
MOST_DECIMALS = 4
MOST_DAYS = 3660  # ten years; a later last day is a slip of the keyboard
TASK = "T1"


def add_campaign(
    *,
    actor: Actor,
    name: str,
    unit: Unit,
    measure: str,
    target: Decimal,
    due_date: date,
    from_date: date | None = None,
    handed_by: str = "",
    note: str = "",
) -> Campaign:
    """Add a campaign whose amounts users enter, and return it; it begins today unless `from_date` is given.

    Raises:
        NotAllowed: without the right, or the actor may not give tasks to the unit. UserError: no name or measure, an
            impossible target, or a last day in the past or before the first.
    """
    require_hand_out(actor, unit.pk)
    clean_name, clean_measure = clean_text(name, "name", 120), clean_text(measure, "measure", 20)
    first = from_date or clock.today()
    _check_target(target)
    _check_days(first, due_date)
    with transaction.atomic():
        lock_pack_rows()
        campaign = Campaign.objects.create(
            key=_find_free_key(Campaign, "task", due_date),
            name=clean_name,
            unit=unit,
            measure=clean_measure,
            target=target,
            digits=_count_decimals(target),
            from_date=first,
            due_date=due_date,
            handed_by=handed_by.strip()[:120],
            note=note.strip()[:400],
            position=_find_last_position(Campaign) + 1,
            added_at=clock.now(),
        )
        record_entry(
            actor=actor,
            action="projects.campaign:add",
            obj_type="projects.campaign",
            obj_id=campaign.pk,
            after={
                "key": campaign.key,
                "name": campaign.name,
                "unit": unit.code,
                "target": str(target),
                "measure": campaign.measure,
                "due_date": due_date.isoformat(),
            },
        )
    return campaign


def add_project(
    *,
    actor: Actor,
    name: str,
    kind: ProjectKind,
    unit: Unit,
    completion_date: date,
    start_date: date | None = None,
    area_code: str = "",
    note: str = "",
) -> Project:
    """Add a project with one task, and return it; it begins today unless `start_date` is given.

    The task leaves as many working days of slack as a project needs to be green. A pack that contains the key of the
    project later replaces the task by a detailed plan.

    Raises:
        NotAllowed: without the right, or the unit is not one of the actor's. UserError: no name, or a last day in the
            past or before the first.
    """
    actor.require(ADD_PROJECT)
    if not actor.sees_town and unit.pk not in actor.unit_ids:
        raise NotAllowed(_("您不能给这个单位设立项目。"), hint=_("请选择本单位，或由全街道的岗位设立。"))
    clean_name, first = clean_text(name, "name", 120), start_date or clock.today()
    _check_days(first, completion_date)
    with transaction.atomic():
        lock_pack_rows()
        plan = ProjectPlan(
            key=_find_free_key(Project, "project", completion_date),
            kind=kind.code,
            name=clean_name,
            unit=unit.code,
            start=first,
            completion=completion_date,
            area=area_code,
            note=note.strip()[:1000],
            tasks=(
                TaskPlan(
                    TASK,
                    _("实施并完成"),
                    duration=_find_duration(first, completion_date),
                    start=first,
                    due=completion_date,
                ),
            ),
        )
        project = write_plan(actor, plan, _find_last_position(Project) + 1).project
        Project.objects.filter(pk=project.pk).update(added_at=clock.now())
        project.refresh_from_db()
    return project


def _check_target(target: Decimal) -> None:
    if not target.is_finite() or not 0 < target < MOST_AMOUNT or target != round(target, MOST_DECIMALS):
        raise UserError(
            _("目标数不能是 %(n)s。") % {"n": target},
            hint=_("请填大于 0 的数，最多四位小数。"),
            field="target",
        )


def _check_days(first: date, last: date) -> None:
    if last < clock.today():
        raise UserError(_("完成期限已过。"), hint=_("请填今天或以后的日期。"), field="due_date")
    if (last - clock.today()).days > MOST_DAYS:
        raise UserError(_("完成期限在十年以后。"), hint=_("请核对年份。"), field="due_date")
    if last < first:
        raise UserError(_("完成期限早于开始日期。"), hint=_("请核对两个日期。"), field="due_date")


def _count_decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _find_duration(first: date, last: date) -> int:
    workdays = count_workdays(first - timedelta(days=1), last)
    return max(1, workdays - int(get_policy("slack_days")))


def _find_free_key(model: Any, word: str, day: date) -> str:
    """Return a key that no object has; the caller holds the lock, or another user could take the same one."""
    stem = f"{word}-{day.year}-"
    taken = set(model.objects.filter(key__startswith=stem).values_list("key", flat=True))
    number = len(taken) + 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _find_last_position(model: Any) -> int:
    return int(model.objects.aggregate(last=Max("position"))["last"] or 0)
