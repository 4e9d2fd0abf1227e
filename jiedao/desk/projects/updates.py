"""The updates that a user may write on the page of a project: progress, money, permits and obstacles."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from jiedao.desk.projects.forms import MoneyForm, ObstacleForm, PermitForm, ProgressForm
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.pages.amounts import format_yuan
from jiedao.projects.actions.obstacles import raise_obstacle
from jiedao.projects.actions.reporting import EDIT, report_permit, report_progress, set_money
from jiedao.projects.models import Permit, Project, ProjectMoney, Task, TaskLevel


@dataclass(frozen=True)
class ProjectUpdate:
    """An update of a project, with its form.

    Attributes:
        kind: The name of the update in addresses.
        object_id: The id of the task, payment or permit that the update changes, if it changes an existing one.
        section: The id of the section of the page that shows the result.
        save: Runs the action with the data of the form.
        describe_current: Returns the version and the state, in words, of what the update changes. The version is None
            if another user's update cannot conflict with this one.
    """

    kind: str
    object_id: int | None
    label: str
    section: str
    form: forms.Form
    save: Callable[[], Any]
    describe_current: Callable[[], tuple[int | None, str]]


def may_write(actor: Actor, project: Project, kind: str) -> bool:
    """Return whether the user may write an update; an obstacle also files a case, so it needs that right too."""
    return project.active and actor.can(EDIT) and (kind != "obstacle" or actor.can("cases.case:report"))


def build_update(
    actor: Actor, project: Project, kind: str, object_id: int | None, data: Any = None
) -> ProjectUpdate:
    """Return an update with its form, bound to `data` if given; raise NotFoundError for an unknown kind or object."""
    builders = {
        "progress": _build_progress_update,
        "money": _build_money_update,
        "permit": _build_permit_update,
        "obstacle": _build_obstacle_update,
    }
    if kind not in builders:
        raise _build_not_found()
    return builders[kind](actor, project, object_id, data)


def _build_not_found() -> NotFoundError:
    return NotFoundError(_("项目里没有这一项。"), hint=_("请回到项目页再选。"))


def _build_progress_update(actor: Actor, project: Project, object_id: int | None, data: Any) -> ProjectUpdate:
    tasks = Task.objects.filter(project=project, active=True, pk=object_id or 0).exclude(
        level=TaskLevel.STAGE
    )
    task = tasks.first()
    if task is None:
        raise _build_not_found()
    form = ProgressForm(task, data)

    def save() -> Task:
        return report_progress(actor=actor, task_id=task.pk, **{"percent": 0, **form.cleaned_data})

    def describe_current() -> tuple[int, str]:
        current_task = tasks.get()
        return current_task.version, _describe_progress(current_task)

    label = _("填报进展：%(name)s") % {"name": task.label}
    return ProjectUpdate("progress", task.pk, label, f"task-{task.pk}", form, save, describe_current)


def _describe_progress(task: Task) -> str:
    if task.actual_finish is not None:
        return _("%(day)s 已完成。") % {"day": task.actual_finish}
    if task.actual_start is not None:
        return _("%(day)s 开始，完成 %(n)s%%。") % {"day": task.actual_start, "n": task.percent}
    return _("还没有开始。")


def _build_money_update(actor: Actor, project: Project, object_id: int | None, data: Any) -> ProjectUpdate:
    row = (
        ProjectMoney.objects.filter(project=project, pk=object_id).first() if object_id is not None else None
    )
    if object_id is not None and row is None:
        raise _build_not_found()
    form = MoneyForm(row, data)

    def get_month_and_kind() -> dict[str, Any]:
        if row is not None:
            return {"month": row.month, "kind": row.kind}
        return {"month": form.cleaned_data["month"].replace(day=1), "kind": form.cleaned_data["kind"]}

    def save() -> ProjectMoney:
        return set_money(actor=actor, project_id=project.pk, **{**form.cleaned_data, **get_month_and_kind()})

    def describe_current() -> tuple[int, str]:
        is_known = row is not None or (form.is_bound and {"month", "kind"} <= form.cleaned_data.keys())
        current_row = (
            ProjectMoney.objects.filter(project=project, **get_month_and_kind()).first() if is_known else None
        )
        if current_row is None:
            return 0, ""
        sums = {"budget": format_yuan(current_row.budget), "paid": format_yuan(current_row.paid)}
        return current_row.version, _("已记录：计划 %(budget)s 元，已付 %(paid)s 元。") % sums

    label = _("填写已付")
    if row is not None:
        label += f"：{row.month:%Y-%m} {row.get_kind_display()}"
    return ProjectUpdate("money", object_id, label, "money", form, save, describe_current)


def _build_permit_update(actor: Actor, project: Project, object_id: int | None, data: Any) -> ProjectUpdate:
    permits = Permit.objects.filter(project=project, active=True, pk=object_id or 0)
    permit = permits.first()
    if permit is None:
        raise _build_not_found()
    form = PermitForm(permit, data)

    def save() -> Permit:
        return report_permit(actor=actor, permit_id=permit.pk, **form.cleaned_data)

    def describe_current() -> tuple[int, str]:
        current_permit = permits.get()
        if current_permit.granted_date is not None:
            return current_permit.version, _("%(day)s 已取得：%(document)s") % {
                "day": current_permit.granted_date,
                "document": current_permit.document,
            }
        submitted = current_permit.submitted_date
        return current_permit.version, _("%(day)s 已报送。") % {"day": submitted} if submitted else _(
            "还没有报送。"
        )

    label = _("许可：%(name)s") % {"name": permit.label}
    return ProjectUpdate("permit", permit.pk, label, "permits", form, save, describe_current)


def _build_obstacle_update(actor: Actor, project: Project, object_id: int | None, data: Any) -> ProjectUpdate:
    tasks = Task.objects.filter(project=project, active=True, actual_finish__isnull=True)
    form = ObstacleForm(list(tasks.exclude(level=TaskLevel.STAGE)), object_id, data)

    def save() -> Any:
        values = form.cleaned_data
        return raise_obstacle(
            actor=actor,
            project_id=project.pk,
            text=values["text"],
            task_id=values["task"],
            category_id=values["category"],
            client_uuid=values["client_uuid"],
        )

    return ProjectUpdate("obstacle", object_id, _("提出障碍"), "obstacles", form, save, lambda: (None, ""))
