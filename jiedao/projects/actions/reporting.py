"""Report the progress of tasks, the money of projects, and permits."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.client_keys import find_sent_before
from jiedao.kernel.errors import Stale, UserError
from jiedao.orgs.actor import Actor
from jiedao.projects.access import get_permit_for_change, get_project_by_id, get_task_for_change
from jiedao.projects.models import (
    MoneyKind,
    Permit,
    Progress,
    Project,
    ProjectMoney,
    Task,
    TaskLevel,
)

EDIT = "projects.project:edit"
MOST_YUAN = Decimal(10) ** 11


@transaction.atomic
def report_progress(
    *,
    actor: Actor,
    task_id: int,
    percent: int,
    started: date | None = None,
    finished: date | None = None,
    note: str = "",
    version: int | None = None,
    client_uuid: uuid.UUID | None = None,
) -> Task:
    """Report the progress of a task or milestone; return the task as it is now.

    Args:
        percent: 0 to 100; ignored for a milestone with a finish, which is then 100.
        started, finished: the actual dates; without a start, the one reported before stays.
        version: the version of the task that the form displayed; None skips this check.
        client_uuid: identifies input that a client may send twice; the second call changes nothing.

    Raises:
        NotFoundError: out of scope. NotAllowed: without the right. Stale: the task was changed in the meantime.
        UserError: a stage, a date before the start of the project, in the future or in the wrong order, or a percent
            that contradicts the dates.
    """
    actor.require(EDIT)
    task = get_task_for_change(actor, task_id)
    if find_sent_before(Progress, client_uuid, task_id=task.pk) is not None:
        return task
    actual_start = started or task.actual_start or (finished if task.level == TaskLevel.MILESTONE else None)
    reported_percent = 100 if finished is not None and task.level == TaskLevel.MILESTONE else percent
    _check_progress(task, reported_percent, actual_start, finished)
    after = {"percent": reported_percent, "actual_start": actual_start, "actual_finish": finished}
    before = {name: getattr(task, name) for name in after}
    _update_row(Task, task, version, after)
    Progress.objects.create(
        task=task,
        actor_label=actor.label,
        user_id=actor.user_id,
        note=note.strip()[:1000],
        client_uuid=client_uuid,
        **after,
    )
    _record_project_entry(actor, "progress", task.project, before, {"task": task.code, **after})
    task.refresh_from_db()
    return task


def _check_progress(task: Task, percent: int, start: date | None, finish: date | None) -> None:
    if task.level == TaskLevel.STAGE:
        raise UserError(
            _("“%(name)s”是阶段，进展由下面的任务汇总。") % {"name": task.label},
            hint=_("请选择其中的任务填报。"),
        )
    if not 0 <= percent <= 100:
        raise UserError(_("完成比例不在 0 到 100 之间。"), hint=_("请填写百分数。"), field="percent")
    _check_dates(task.project, {"started": start, "finished": finish})
    if start is None and (percent or finish):
        raise UserError(_("没有写明实际开始日期。"), hint=_("请填写哪天开始的。"), field="started")
    if start is not None and finish is not None and finish < start:
        raise UserError(_("完成日期早于开始日期。"), hint=_("请核对两个日期。"), field="finished")
    if (percent == 100) != (finish is not None):
        raise UserError(
            _("完成比例与完成日期不一致。"),
            hint=_("完成了请填 100 和完成日期；没有完成请填不到 100，日期留空。"),
            field="finished",
        )


def _check_dates(project: Project, days: dict[str, date | None]) -> None:
    for name, day in days.items():
        if day is not None and day < project.start_date:
            raise UserError(
                _("%(day)s 早于项目开始日期 %(start)s。") % {"day": day, "start": project.start_date},
                hint=_("请检查年份。"),
                field=name,
            )
        if day is not None and day > clock.today():
            raise UserError(
                _("%(day)s 还没有到。") % {"day": day}, hint=_("这里填写已经发生的事。"), field=name
            )


@transaction.atomic
def set_money(
    *,
    actor: Actor,
    project_id: int,
    month: date,
    kind: str = MoneyKind.WORKS.value,
    budget: Decimal | None = None,
    paid: Decimal | None = None,
    version: int | None = None,
) -> ProjectMoney:
    """Set what was paid in a month, in yuan, and the budget if the pack declares none. None keeps the present sum.

    Raises:
        NotFoundError: out of scope. NotAllowed: without the right. Stale: the row was changed in the meantime.
        UserError: a month before the start of the project, an impossible sum, or a budget that the pack declares.
    """
    actor.require(EDIT)
    project = get_project_by_id(actor, project_id)
    first = month.replace(day=1)
    if first < project.start_date.replace(day=1):
        _check_dates(project, {"month": first})
    if kind not in MoneyKind.values:
        raise UserError(
            _("用途“%(kind)s”不存在。") % {"kind": kind[:20]},
            hint=_("可用的用途：%(kinds)s") % {"kinds": "、".join(MoneyKind.values)},
            field="kind",
        )
    sums = {name: value for name, value in (("budget", budget), ("paid", paid)) if value is not None}
    for name, value in sums.items():
        if not 0 <= value < MOST_YUAN or value != round(value, 2):
            raise UserError(_("金额不对。"), hint=_("请填写元，最多两位小数，不带“万”。"), field=name)
    rows = ProjectMoney.objects.select_for_update()
    row, created = rows.get_or_create(project=project, month=first, kind=kind)
    if row.declared and budget is not None and budget != row.budget:
        raise UserError(
            _("%(month)s 的计划由数据包给出。") % {"month": f"{first:%Y-%m}"},
            hint=_("请在数据包里改；这里只填已付。"),
            field="budget",
        )
    before = None if created else {"budget": str(row.budget), "paid": str(row.paid)}
    _update_row(ProjectMoney, row, None if created else version, sums)
    row.refresh_from_db()
    totals = {"budget": str(row.budget), "paid": str(row.paid)}
    _record_project_entry(
        actor, "money", project, before, {"month": f"{first:%Y-%m}", "kind": kind, **totals}
    )
    return row


@transaction.atomic
def report_permit(
    *,
    actor: Actor,
    permit_id: int,
    submitted: date | None = None,
    granted: date | None = None,
    document: str = "",
    version: int | None = None,
) -> Permit:
    """Report when a permit was applied for and granted, with the number of its document; return it as it is now.

    Raises:
        NotFoundError: out of scope. NotAllowed: without the right. Stale: the permit was changed in the meantime.
        UserError: a date in the future or in the wrong order, or a grant without a document.
    """
    actor.require(EDIT)
    permit = get_permit_for_change(actor, permit_id)
    submitted_date = submitted or permit.submitted_date
    clean_document = " ".join(document.split())[:120] or permit.document
    for name, day in (("submitted", submitted_date), ("granted", granted)):
        if day is not None and day > clock.today():
            raise UserError(
                _("%(day)s 还没有到。") % {"day": day}, hint=_("这里填写已经发生的事。"), field=name
            )
    if granted is not None and submitted_date is not None and granted < submitted_date:
        raise UserError(_("取得日期早于报送日期。"), hint=_("请核对两个日期。"), field="granted")
    if granted is not None and not clean_document:
        raise UserError(_("没有写明文号。"), hint=_("请填写批文或证书的编号。"), field="document")
    after = {"submitted_date": submitted_date, "granted_date": granted, "document": clean_document}
    before = {name: getattr(permit, name) for name in after}
    _update_row(Permit, permit, version, after)
    _record_project_entry(actor, "permit", permit.project, before, {"permit": permit.code, **after})
    permit.refresh_from_db()
    return permit


def _update_row(model: Any, row: Any, version: int | None, after: dict[str, Any]) -> None:
    """Write the values; raise Stale if the row no longer has this version (None: the version that was read)."""
    expected = row.version if version is None else version
    if not model.objects.filter(pk=row.pk, version=expected).update(version=F("version") + 1, **after):
        raise Stale(_("“%(name)s”刚刚被别人改动。") % {"name": row}, hint=_("请看过最新情况后再提交。"))


def _record_project_entry(
    actor: Actor, verb: str, project: Project, before: Any, after: dict[str, Any]
) -> None:
    record_entry(
        actor=actor,
        action=f"projects.project:{verb}",
        obj_type="projects.project",
        obj_id=project.pk,
        before=_format_dates(before),
        after=_format_dates(after),
    )


def _format_dates(values: dict[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
