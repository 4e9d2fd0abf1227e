"""Kinds of tasks: each room or face declares what it lets users start.

EXPORT = TaskKind("cases.export", _("导出案件"), "jiedao.desk.cases.export.run_export")
register_task_kinds(EXPORT)  # in the AppConfig.ready
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string

from jiedao.orgs.actor import Actor
from jiedao.tasks import storage
from jiedao.tasks.models import Task

WRITE_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class TaskResult:
    """What a task has made.

    Attributes:
        summary: one sentence for the user, such as "共 12268 件".
        file_name, content_type: of the file that it wrote to `TaskRun.make_file`; "" without one.
        url: the page of the result where it is no file.
    """

    summary: str = ""
    file_name: str = ""
    content_type: str = ""
    url: str = ""


@dataclass
class TaskRun:
    """One run of a task, given to the function of its kind."""

    task_id: int
    actor: Actor
    arguments: dict[str, Any]
    done: int = 0
    file: str = ""
    _written_at: float = field(default=0.0, repr=False)

    def set_total(self, total: int) -> None:
        """State how much there is to do."""
        Task.objects.filter(pk=self.task_id).update(total=total)

    def advance(self, count: int = 1) -> None:
        """Add to what is done; it is written at most twice a second."""
        self.done += count
        now = time.monotonic()
        if now - self._written_at >= WRITE_EVERY_SECONDS:
            self._written_at = now
            Task.objects.filter(pk=self.task_id).update(done=self.done)

    def make_file(self, suffix: str) -> Path:
        """Return the path to which the result is written, in a folder that only the server can read."""
        self.file = storage.make_name(self.task_id, suffix)
        return storage.get_path(self.file)


TaskFunction = Callable[[TaskRun], TaskResult]


@dataclass(frozen=True)
class TaskKind:
    """A kind of task: a stored code, its name, and the dotted path of its function."""

    code: str
    label: Any
    function: str

    def load(self) -> TaskFunction:
        """Return the function."""
        function: TaskFunction = import_string(self.function)
        return function


_KINDS: dict[str, TaskKind] = {}


def register_task_kinds(*kinds: TaskKind) -> None:
    """Let users start tasks of these kinds. Called from an AppConfig.ready."""
    for kind in kinds:
        if _KINDS.get(kind.code, kind) != kind:
            raise ValueError(f"two kinds of tasks have the code {kind.code!r}")
        _KINDS[kind.code] = kind


def find_task_kind(code: str) -> TaskKind | None:
    """Return the kind with this code, None for one that is not registered (any more)."""
    return _KINDS.get(code)
