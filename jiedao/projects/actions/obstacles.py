"""Raise an obstacle to a project: a case is filed at once, and the obstacle is cleared when the case is closed."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.actions.intake import MAX_SUBJECT, NewCase, file_cases
from jiedao.cases.models import Channel
from jiedao.cases.origins import OriginEvent, OriginKind, store_origins
from jiedao.kernel.client_keys import find_sent_before
from jiedao.kernel.errors import UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.projects.access import get_project_by_id
from jiedao.projects.actions.reporting import EDIT
from jiedao.projects.models import Obstacle, Project, Task

ORIGIN = "projects.obstacle"


@transaction.atomic
def raise_obstacle(
    *,
    actor: Actor,
    project_id: int,
    text: str,
    task_id: int | None = None,
    category_id: int | None = None,
    client_uuid: uuid.UUID | None = None,
) -> Obstacle:
    """Raise an obstacle to a project, and file the case that is to clear it in the same transaction.

    Args:
        text: what prevents progress, 4 to 1,000 characters.
        task_id: the task that is blocked, None for the complete project.
        category_id: the category of the case; None lets the intake clerk choose.
        client_uuid: identifies input that a client may send twice; the second call returns the first obstacle.

    Raises:
        NotFoundError: the project is out of scope. NotAllowed: without the right to edit projects or to report cases.
        UserError: no text, or a task of another project.
    """
    actor.require(EDIT)
    project = get_project_by_id(actor, project_id, for_change=True)
    existing = find_sent_before(Obstacle, client_uuid, project_id=project.pk)
    if existing is not None:
        return existing
    clean_text = " ".join(make_storable(text).split())
    if not 4 <= len(clean_text) <= 1000:
        raise UserError(
            _("没有写明遇到什么障碍。"), hint=_("请写明什么事、卡在哪里，4 到 1000 个字。"), field="text"
        )
    task = _get_task(project, task_id)
    case = file_cases([_build_case(project, task, clean_text, category_id)], actor=actor)[0]
    obstacle: Obstacle = Obstacle.objects.create(
        project=project,
        task=task,
        case_id=case.id,
        text=clean_text,
        actor_label=actor.label,
        client_uuid=client_uuid,
    )
    store_origins(ORIGIN, {case.id: obstacle.pk})
    record_entry(
        actor=actor,
        action="projects.project:obstacle",
        obj_type="projects.project",
        obj_id=project.pk,
        after={"case": case.number, "task": task.code if task is not None else ""},
    )
    return obstacle


def _build_case(project: Project, task: Task | None, text: str, category_id: int | None) -> NewCase:
    """Return the case that clears an obstacle, at the place of the project."""
    subject = f"{project.name}：{task.name}" if task is not None else project.name
    return NewCase(
        channel=Channel.OTHER.value,
        subject=f"{subject}：{text}"[:MAX_SUBJECT],
        detail=text,
        place_text=project.premise.name if project.premise is not None else "",
        area_id=project.area_id,
        premise_id=project.premise_id,
        category_id=category_id,
    )


def _ignore_event(event: OriginEvent) -> None:
    """Do nothing: an obstacle has no state of its own and is open as long as its case is open."""


OBSTACLE = OriginKind(ORIGIN, on_end=_ignore_event, on_reopen=_ignore_event)


def _get_task(project: Project, task_id: int | None) -> Task | None:
    if task_id is None:
        return None
    task = Task.objects.filter(pk=task_id, project=project, active=True).first()
    if task is None:
        raise UserError(_("这项任务不在项目里。"), hint=_("请重新选择任务。"), field="task")
    return task
