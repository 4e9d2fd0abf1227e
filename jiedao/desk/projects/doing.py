"""What is written on the page of a project: each with its form, its action and how things stand."""

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
from jiedao.projects.actions.reporting import EDIT, grant_permit, report_progress, set_money
from jiedao.projects.models import Permit, Project, ProjectMoney, Task, TaskLevel


@dataclass(frozen=True)
class Doing:
    """Something to be written.

    Attributes:
        what, of: its name in addresses, and the id of what it changes.
        section: where it shows on the page.  act: writes the form.
        current: the version and the state now, in words; version None where nobody can be faster.
    """

    what: str
    of: int | None
    label: str
    section: str
    form: forms.Form
    act: Callable[[], Any]
    current: Callable[[], tuple[int | None, str]]


def may_write(actor: Actor, project: Project, what: str) -> bool:
    """Tell whether the person may write it; an obstacle files a case, so that takes both rights."""
    return project.active and actor.can(EDIT) and (what != "obstacle" or actor.can("cases.case:report"))


def open_doing(actor: Actor, project: Project, what: str, of: int | None, data: Any = None) -> Doing:
    """Return what is to be written, with the form as sent; raise NotFoundError where there is no such thing."""
    makers = {"progress": _progress, "money": _money, "permit": _permit, "obstacle": _obstacle}
    if what not in makers:
        raise _missing()
    return makers[what](actor, project, of, data)


def _missing() -> NotFoundError:
    return NotFoundError(_("项目里没有这一项。"), hint=_("请回到项目页再选。"))


def _progress(actor: Actor, project: Project, of: int | None, data: Any) -> Doing:
    rows = Task.objects.filter(project=project, active=True, pk=of or 0).exclude(level=TaskLevel.STAGE)
    task = rows.first()
    if task is None:
        raise _missing()
    form = ProgressForm(task, data)

    def act() -> Task:
        return report_progress(actor=actor, task_id=task.pk, **{"percent": 0, **form.cleaned_data})

    def current() -> tuple[int, str]:
        now = rows.get()
        return now.version, _state(now)

    label = _("填报进展：%(name)s") % {"name": task.label}
    return Doing("progress", task.pk, label, f"task-{task.pk}", form, act, current)


def _state(task: Task) -> str:
    if task.actual_finish is not None:
        return _("%(day)s 已完成。") % {"day": task.actual_finish}
    if task.actual_start is not None:
        return _("%(day)s 开始，完成 %(n)s%%。") % {"day": task.actual_start, "n": task.percent}
    return _("还没有开始。")


def _money(actor: Actor, project: Project, of: int | None, data: Any) -> Doing:
    row = ProjectMoney.objects.filter(project=project, pk=of).first() if of is not None else None
    if of is not None and row is None:
        raise _missing()
    form = MoneyForm(row, data)

    def cell() -> dict[str, Any]:
        if row is not None:
            return {"month": row.month, "kind": row.kind}
        return {"month": form.cleaned_data["month"].replace(day=1), "kind": form.cleaned_data["kind"]}

    def act() -> ProjectMoney:
        return set_money(actor=actor, project_id=project.pk, **{**form.cleaned_data, **cell()})

    def current() -> tuple[int, str]:
        known = row is not None or (form.is_bound and {"month", "kind"} <= form.cleaned_data.keys())
        now = ProjectMoney.objects.filter(project=project, **cell()).first() if known else None
        if now is None:
            return 0, ""
        sums = {"budget": format_yuan(now.budget), "paid": format_yuan(now.paid)}
        return now.version, _("已记录：计划 %(budget)s 元，已付 %(paid)s 元。") % sums

    label = _("填写已付")
    if row is not None:
        label += f"：{row.month:%Y-%m} {row.get_kind_display()}"
    return Doing("money", of, label, "money", form, act, current)


def _permit(actor: Actor, project: Project, of: int | None, data: Any) -> Doing:
    rows = Permit.objects.filter(project=project, active=True, pk=of or 0)
    permit = rows.first()
    if permit is None:
        raise _missing()
    form = PermitForm(permit, data)

    def act() -> Permit:
        return grant_permit(actor=actor, permit_id=permit.pk, **form.cleaned_data)

    def current() -> tuple[int, str]:
        now = rows.get()
        if now.granted_date is not None:
            return now.version, _("%(day)s 已取得：%(document)s") % {
                "day": now.granted_date,
                "document": now.document,
            }
        asked = now.submitted_date
        return now.version, _("%(day)s 已报送。") % {"day": asked} if asked else _("还没有报送。")

    label = _("许可：%(name)s") % {"name": permit.label}
    return Doing("permit", permit.pk, label, "permits", form, act, current)


def _obstacle(actor: Actor, project: Project, of: int | None, data: Any) -> Doing:
    tasks = Task.objects.filter(project=project, active=True, actual_finish__isnull=True)
    form = ObstacleForm(list(tasks.exclude(level=TaskLevel.STAGE)), of, data)

    def act() -> Any:
        given = form.cleaned_data
        return raise_obstacle(
            actor=actor,
            project_id=project.pk,
            text=given["text"],
            task_id=given["task"],
            category_id=given["category"],
            client_uuid=given["client_uuid"],
        )

    return Doing("obstacle", of, _("提出障碍"), "obstacles", form, act, lambda: (None, ""))
