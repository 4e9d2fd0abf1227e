"""The only door from a request to a project and what belongs to it."""

from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Permit, Project, Task

M = TypeVar("M", bound=Model)


def _make_not_found_error(name: object) -> NotFoundError:
    return NotFoundError(
        _("没有找到项目 %(name)s。") % {"name": name},
        hint=_("请核对代码；它也可能不在您的管辖范围内。"),
    )


def get_project(actor: Actor, key: str) -> Project:
    """Return a project by its key, also a retired one; raise NotFoundError if there is none in scope."""
    clean_key = key.replace("\x00", "�").strip()[:40]
    project: Project | None = (
        Project.objects.visible_to(actor).select_related("kind", "unit").filter(key=clean_key).first()
    )
    if project is None:
        raise _make_not_found_error(clean_key)
    return project


def get_project_by_id(actor: Actor, project_id: int, *, for_change: bool = False) -> Project:
    """Return a project by its id, locked if `for_change`; see `get_project`."""
    rows = Project.objects.visible_to(actor).filter(pk=project_id)
    project: Project | None = (rows.select_for_update(no_key=True) if for_change else rows).first()
    if project is None:
        raise _make_not_found_error(project_id)
    return project


def can_see_project(actor: Actor, project_id: int) -> bool:
    """Return whether the actor may see the project, for its attachments."""
    return bool(Project.objects.visible_to(actor).filter(pk=project_id).exists())


def get_task_for_change(actor: Actor, task_id: int) -> Task:
    """Return a task, locked; raise NotFoundError if it is out of scope or no longer in the plan."""
    return _get_locked(Task, actor, task_id, _("任务"))


def get_permit_for_change(actor: Actor, permit_id: int) -> Permit:
    """Return a permit, locked; raise NotFoundError if it is out of scope or no longer in the plan."""
    return _get_locked(Permit, actor, permit_id, _("许可"))


def _get_locked(model: type[M], actor: Actor, pk: int, label: str) -> M:
    rows: Any = model._default_manager
    row: M | None = (
        rows.filter(pk=pk, active=True, project__active=True, project__in=Project.objects.visible_to(actor))
        .select_for_update(no_key=True, of=("self",))
        .select_related("project")
        .first()
    )
    if row is None:
        raise NotFoundError(
            _("没有这项%(what)s，或它已不在计划内。") % {"what": label}, hint=_("请回到项目页再选。")
        )
    return row
