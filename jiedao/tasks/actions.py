"""Starting a task, running it, and storing how it ended."""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.jobtable import enqueue
from jiedao.kernel.outages import find_outage
from jiedao.kernel.problems import explain
from jiedao.notices.actions import notify
from jiedao.orgs.actor import Actor, find_actor
from jiedao.tasks import notices, storage
from jiedao.tasks.kinds import TaskKind, TaskResult, TaskRun, find_task_kind
from jiedao.tasks.models import UNFINISHED, Task, TaskState

log = logging.getLogger("jiedao.tasks")
KEEP_FILES = timedelta(days=1)
MAX_ATTEMPTS = 3
MAX_UNFINISHED = 5  # tasks of one user at a time


def lock_tasks(actor: Actor) -> None:
    """Let the actor's requests that start tasks wait for each other until the transaction ends.

    Two clicks at once would otherwise both find no unfinished task.
    """
    User.objects.select_for_update(no_key=True).filter(pk=actor.user_id or 0).first()


@transaction.atomic
def start_task(
    actor: Actor, kind: TaskKind, *, title: str, arguments: dict[str, Any], total: int = 0
) -> Task:
    """Start a task of the actor and return it; it runs if and only if the caller's transaction commits.

    An unfinished task of the same kind with the same arguments is returned instead: a second click starts nothing.

    Args:
        title: what it makes, in the language of the user.
        arguments: JSON values for the function of the kind; no personal data.
        total: how much there is to do, 0 where it is not known yet.

    Raises:
        UserError: five tasks of the user are unfinished.
    """
    if find_task_kind(kind.code) != kind:
        raise LookupError(f"the kind of task {kind.code!r} is not registered")
    if actor.user_id is None:
        raise LookupError("the system starts jobs, not tasks")
    lock_tasks(actor)
    seat = {"post_id": actor.post_id, "represents_id": actor.represents_id}
    unfinished = Task.objects.filter(UNFINISHED, user_id=actor.user_id, **seat)
    same = next((task for task in unfinished.filter(kind=kind.code) if task.arguments == arguments), None)
    if same is not None:
        return same
    if Task.objects.filter(UNFINISHED, user_id=actor.user_id).count() >= MAX_UNFINISHED:
        raise UserError(
            _("您已有 %(n)d 项后台任务没有结束。") % {"n": MAX_UNFINISHED},
            hint=_("请等其中一项结束后再试。"),
        )
    task = Task.objects.create(
        user_id=actor.user_id,
        **seat,
        kind=kind.code,
        title=title[:200],
        arguments=arguments,
        language=translation.get_language() or "zh-hans",
        total=total,
    )
    task.job_id = enqueue("tasks:run", task_id=task.pk)
    task.save(update_fields=["job_id"])
    return task


def run_task(task_id: int) -> None:
    """Run a task and store how it ended. It is not run in a transaction, so that its progress is visible.

    A fault that is no UserError is raised again, so that the job is tried again, until the last attempt.
    """
    task = Task.objects.filter(UNFINISHED, pk=task_id).select_related("user").first()
    if task is None:
        return
    storage.erase_results_of(task.pk)
    task.attempts += 1
    Task.objects.filter(pk=task.pk).update(
        state=TaskState.RUNNING, attempts=task.attempts, started_at=clock.now(), done=0
    )
    with translation.override(task.language):
        try:
            run = TaskRun(task.pk, find_task_actor(task), task.arguments)
            result = _load_function(task)(run)
        except UserError as fault:
            _fail(task, fault.message, fault.hint)
        except Exception as fault:
            log.exception("task %s failed at attempt %s of %s", task.pk, task.attempts, MAX_ATTEMPTS)
            if task.attempts >= MAX_ATTEMPTS:
                _fail(task, *_explain_fault(fault))
            else:
                Task.objects.filter(pk=task.pk).update(state=TaskState.WAITING)
            raise
        else:
            _finish(task, run, result)


def _explain_fault(fault: Exception) -> tuple[str, str]:
    """Return what happened and what to do: a database that is locked or away, and a full disk, are no fault of ours."""
    if status := find_outage(fault):
        return explain(status)
    return _("系统出错。"), _("请过一会儿重做；仍不行，请联系管理员。")


def find_task_actor(task: Task) -> Actor:
    """Return the user in the post in which they started the task, with the rights that they have now.

    Raise NotAllowed where the user does not hold the post any more.
    """
    # The second factor was checked when the task was started: it may have been the provider's, in that session only.
    seat = (task.post_id, task.represents_id)
    actor = (
        find_actor(task.user, task.post_id, represents_id=task.represents_id, has_factor=True)
        if task.user.is_active
        else None
    )
    if actor is None or (actor.post_id, actor.represents_id) != seat:
        raise NotAllowed(_("您已不担任开始这项任务的岗位。"), hint=_("请在现在的岗位上重新开始。"))
    return actor


def _load_function(task: Task) -> Any:
    kind = find_task_kind(task.kind)
    if kind is None:
        raise UserError(_("这种任务已经取消。"), hint=_("请从原来的页面重新开始。"))
    return kind.load()


@transaction.atomic
def _finish(task: Task, run: TaskRun, result: TaskResult) -> None:
    now = clock.now()
    keep_until = now + KEEP_FILES if run.file else None
    Task.objects.filter(pk=task.pk).update(
        state=TaskState.DONE,
        done=run.done,
        summary=result.summary[:300],
        url=result.url[:300],
        file=run.file,
        file_name=result.file_name[:200],
        content_type=result.content_type,
        file_bytes=storage.get_path(run.file).stat().st_size if run.file else 0,
        finished_at=now,
        keep_until=keep_until,
        fault="",
        hint="",
    )
    data = {"keep_until": keep_until.isoformat()} if keep_until else {}
    notify(
        user_ids=[task.user_id],
        kind=notices.DONE,
        object_id=task.pk,
        object_name=task.title,
        key=f"task:{task.pk}:done",
        data=data,
    )


@transaction.atomic
def _fail(task: Task, fault: object, hint: object) -> None:
    storage.erase_results_of(task.pk)
    Task.objects.filter(pk=task.pk).update(
        state=TaskState.FAILED, fault=str(fault)[:500], hint=str(hint)[:500], finished_at=clock.now()
    )
    notify(
        user_ids=[task.user_id],
        kind=notices.FAILED,
        object_id=task.pk,
        object_name=task.title,
        key=f"task:{task.pk}:failed",
        data={"fault": str(fault)[:200]},
    )


def fail_abandoned_task(task: Task) -> None:
    """End a task whose job is no longer there: its worker died at every attempt."""
    with translation.override(task.language):
        _fail(task, _("后台进程中断，没有做完。"), _("请重新开始；仍不行，请联系管理员。"))
