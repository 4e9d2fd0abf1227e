"""Work in the background that a user started, with its progress and its result."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.kernel import clock


class TaskState(models.TextChoices):
    """How far a task has come."""

    WAITING = "WAITING", _("等待开始")
    RUNNING = "RUNNING", _("正在进行")
    DONE = "DONE", _("已完成")
    FAILED = "FAILED", _("没有完成")


UNFINISHED = Q(state__in=[TaskState.WAITING.value, TaskState.RUNNING.value])


class Task(models.Model):
    """A task of one user. `total` is 0 while it is not known; `file` is the name in the folder of results."""

    user = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="+")
    post_id = models.BigIntegerField(null=True)
    represents_id = models.BigIntegerField(null=True)  # the absent user in whose post a deputy started it
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    arguments: Any = models.JSONField(default=dict)
    language = models.CharField(max_length=12)
    state = models.CharField(max_length=8, choices=TaskState, default=TaskState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    job_id = models.BigIntegerField(null=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    summary = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=300, blank=True)  # of the page where the result is, if it is no file
    file = models.CharField(max_length=80, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    file_bytes = models.BigIntegerField(default=0)
    fault = models.CharField(max_length=500, blank=True)
    hint = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    keep_until = models.DateTimeField(null=True, blank=True)  # when the file is erased; None once it is

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="task_user"),
            models.Index(fields=["keep_until"], name="task_keep", condition=Q(keep_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in {TaskState.DONE, TaskState.FAILED}

    @property
    def percent(self) -> int:
        """How much is done, 0 to 100; below 100 until it has ended."""
        if self.state == TaskState.DONE:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0
