"""The user's tasks in the background: their progress, and the file that one has made."""

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.tasks import storage
from jiedao.tasks.actions import find_task_actor
from jiedao.tasks.kinds import find_task_kind
from jiedao.tasks.models import Task, TaskState
from jiedao.tasks.selectors import find_task as select_task
from jiedao.tasks.selectors import list_tasks

REFRESH_SECONDS = 3
TONES = {"WAITING": "neutral", "RUNNING": "info", "DONE": "good", "FAILED": "bad"}


def _build_line(task: Task) -> dict[str, object]:
    kind = find_task_kind(task.kind)
    return {
        "task": task,
        "kind": kind.label if kind is not None else "",
        "state": TaskState(task.state).label,
        "tone": TONES[task.state],
        "url": reverse("desk:task", args=[task.pk]),
        "file_url": reverse("desk:task_file", args=[task.pk]) if task.file else "",
    }


def find_task(request: DeskRequest, task_id: int) -> Task:
    """Return a task of the user; raise NotFoundError for any other."""
    task = select_task(request.actor, task_id)
    if task is None:
        raise NotFoundError(_("没有这项任务。"), hint=_("任务只有开始它的人能看到，30 天后删除。"))
    return task


@require_staff()
@require_safe
@take_filters()
def show_tasks(request: DeskRequest) -> HttpResponse:
    """List the user's tasks; while one is unfinished, the page loads itself again."""
    tasks = list_tasks(request.actor)
    context = {
        "lines": [_build_line(task) for task in tasks],
        "refresh": REFRESH_SECONDS if any(not task.is_finished for task in tasks) else 0,
        "now": clock.now(),
    }
    return render(request, "desk/home/tasks.html", context)


@require_staff()
@require_safe
@take_filters()
def show_task(request: DeskRequest, task_id: int) -> HttpResponse:
    """Show one task; while it is unfinished, the page loads itself again."""
    task = find_task(request, task_id)
    context = {
        "line": _build_line(task),
        "task": task,
        "refresh": 0 if task.is_finished else REFRESH_SECONDS,
        "now": clock.now(),
    }
    return render(request, "desk/home/task.html", context)


@require_staff()
@require_safe
def send_task_file(request: DeskRequest, task_id: int) -> FileResponse:
    """Send the file of a task to the user who started it, as long as they hold the post in which they did."""
    task = find_task(request, task_id)
    find_task_actor(task)
    path = storage.get_path(task.file) if task.file else None
    if path is None or not path.is_file():
        raise NotFoundError(_("文件已经删除。"), hint=_("结果文件只保留一天，请重新开始。"))
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=task.file_name, content_type=task.content_type
    )
