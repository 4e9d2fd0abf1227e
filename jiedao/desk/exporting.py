"""Exports of lists: a short list is a download, a long one a task with progress. All lists of the desk use it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpResponseRedirect
from django.shortcuts import redirect

from jiedao.kernel.listfile import FORMATS, Advance
from jiedao.orgs.actor import Actor
from jiedao.tasks.actions import start_task
from jiedao.tasks.kinds import TaskKind, TaskResult, TaskRun

MAX_ROWS_AT_ONCE = 2_000  # two or three seconds; more is a task


@dataclass(frozen=True)
class ListExport:
    """A list to export, with its rows chosen, so that the stated number is that of the file.

    Attributes:
        count: the number of rows. title: of the task. name: of the file, without its suffix.
        summary: what the task states when it has ended.
        write: writes the file in its format.
        record: writes the audit entry, after the file.
        format: a key of `listfile.FORMATS`.
    """

    count: int
    title: str
    name: str
    summary: str
    write: Callable[[Path, Advance], object]
    record: Callable[[], None]
    format: str = "xlsx"

    @property
    def file_name(self) -> str:
        """The name of the file."""
        return f"{self.name}.{self.format}"


def send_export(
    actor: Actor, export: ListExport, kind: TaskKind, arguments: dict[str, Any]
) -> FileResponse | HttpResponseRedirect:
    """Return the list as a download, or the page of the task that makes it where it has over 2,000 rows.

    Args:
        arguments: from which the function of the task makes the same export.
    """
    if export.count > MAX_ROWS_AT_ONCE:
        task = start_task(actor, kind, title=export.title, arguments=arguments, total=export.count)
        return redirect("desk:task", task.pk)
    file = tempfile.NamedTemporaryFile(suffix=f".{export.format}")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    export.write(Path(file.name), lambda _count: None)
    export.record()
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=export.file_name, content_type=FORMATS[export.format]
    )


def run_export(run: TaskRun, export: ListExport) -> TaskResult:
    """Write the file of a task: the list as it is when the task runs."""
    run.set_total(export.count)
    export.write(run.make_file(f".{export.format}"), run.advance)
    export.record()
    return TaskResult(export.summary, export.file_name, FORMATS[export.format])
