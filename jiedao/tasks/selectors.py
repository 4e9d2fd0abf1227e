"""Reads of tasks. A user reads their own alone."""

from collections.abc import Collection

from jiedao.orgs.actor import Actor
from jiedao.tasks.models import Task

SHOWN = 50


def list_tasks(actor: Actor) -> list[Task]:
    """Return the user's last fifty tasks, the newest first, in one statement."""
    return list(Task.objects.filter(user_id=actor.user_id or 0).order_by("-id")[:SHOWN])


def find_task(actor: Actor, task_id: int) -> Task | None:
    """Return a task of the user, None for any other."""
    return Task.objects.filter(pk=task_id, user_id=actor.user_id or 0).first()


def find_tasks(actor: Actor, ids: Collection[int]) -> list[Task]:
    """Return the tasks among the ids that are the user's, in one statement."""
    return list(Task.objects.filter(pk__in=ids, user_id=actor.user_id or 0))
