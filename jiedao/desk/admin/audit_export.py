"""The audit log as a file: the filtered list in words, at once or as a task; every export is an entry itself."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.http import FileResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.audit.lists import EntryFilter, count_entries, find_newest_id, iterate_chunks
from jiedao.desk.admin.audit_filters import read_entry_filter
from jiedao.desk.admin.audit_rows import describe_entries
from jiedao.desk.task_kinds import EXPORT_AUDIT
from jiedao.kernel import clock, csvfile, workbook
from jiedao.kernel.csvfile import write_csv
from jiedao.kernel.errors import UserError
from jiedao.kernel.workbook import Cell, write_table
from jiedao.orgs.actor import Actor
from jiedao.tasks.actions import start_task
from jiedao.tasks.kinds import TaskResult, TaskRun
from jiedao.tasks.models import Task

RIGHT = "audit.entry:view"
MAX_ROWS = 200_000
MAX_ROWS_AT_ONCE = 2_000  # takes about three seconds; a longer export is a task in the background
FORMATS = {"xlsx": workbook.CONTENT_TYPE, "csv": csvfile.CONTENT_TYPE}


def _list_headers() -> list[tuple[str, int]]:
    return [
        (_("序号"), 9),
        (_("时间"), 17),
        (_("操作人"), 26),
        (_("做了什么"), 24),
        (_("对象"), 32),
        (_("从"), 36),
        (_("到"), 36),
        (_("为什么"), 32),
        (_("来自地址"), 16),
    ]


def _iterate_rows(
    actor: Actor, entry_filter: EntryFilter, newest_id: int, advance: Callable[[int], None]
) -> Iterator[list[Cell]]:
    for chunk in iterate_chunks(entry_filter, newest_id):
        for row in describe_entries(actor, chunk):
            before = [f"{name} {old}" for name, old, _new in row.changes if old]
            after = [f"{name} {new}" for name, _old, new in row.changes if new]
            texts = ("；".join(before), "；".join(after), row.why, row.address)
            yield [row.id, row.at, row.who, row.did, row.object_text, *texts]
        advance(len(chunk))


def _write_file(
    actor: Actor,
    entry_filter: EntryFilter,
    bounds: tuple[int, int],
    target: tuple[str, Path],
    advance: Callable[[int], None],
) -> None:
    (newest_id, count), (format_, path) = bounds, target
    columns = _list_headers()
    headers = [header for header, _width in columns]
    rows = _iterate_rows(actor, entry_filter, newest_id, advance)
    if format_ == "csv":
        write_csv(path, headers=headers, rows=rows, count=count)
        return
    at = timezone.localtime(clock.now())
    note = _("共 %(n)d 条 · %(at)s 由 %(who)s 导出") % {
        "n": count,
        "at": f"{at:%Y-%m-%d %H:%M}",
        "who": actor.label,
    }
    widths = [width for _header, width in columns]
    write_table(path, sheet=_("审计日志"), note=note, headers=headers, rows=rows, count=count, widths=widths)


def _find_bounds(entry_filter: EntryFilter) -> tuple[int, int]:
    """Return the newest id and the number of rows, so that the stated number is that of the file."""
    newest_id = find_newest_id()
    count = count_entries(entry_filter, newest_id)
    if count > MAX_ROWS:
        raise UserError(
            _("超过 %(most)s 条，一次导不完。") % {"most": f"{MAX_ROWS:,}"},
            hint=_("请用日期缩小范围，分几次导出。"),
        )
    return newest_id, count


def _record_export(actor: Actor, query: str, format_: str, count: int) -> None:
    record_entry(
        actor=actor,
        action="audit.entry:export",
        obj_type="audit.entry",
        obj_id=None,
        after={"entries": count, "format": format_, "filters": query},
    )


def _name_file(count: int, format_: str) -> str:
    at = timezone.localtime(clock.now())
    return _("审计日志-%(at)s-%(n)d条") % {"at": f"{at:%Y%m%d-%H%M}", "n": count} + f".{format_}"


def export_entries(actor: Actor, get: QueryDict, format_: str) -> FileResponse | Task:
    """Return the filtered log as a download, or the task that makes it where it has over 2,000 entries.

    Raises:
        NotAllowed: without the right.
        UserError: an unknown format, a period that cannot be read, or over 200,000 entries.
    """
    actor.require(RIGHT)
    if format_ not in FORMATS:
        raise UserError(
            _("不能导出为“%(format)s”。") % {"format": format_[:20]}, hint=_("请选 xlsx 或 csv。")
        )
    query = clean_query(get)
    entry_filter = read_entry_filter(QueryDict(query))
    newest_id, count = _find_bounds(entry_filter)
    if count > MAX_ROWS_AT_ONCE:
        title = _("导出 %(n)d 条审计日志（%(format)s）") % {"n": count, "format": format_}
        return start_task(
            actor, EXPORT_AUDIT, title=title, arguments={"query": query, "format": format_}, total=count
        )
    file = tempfile.NamedTemporaryFile(suffix=f".{format_}")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    _write_file(actor, entry_filter, (newest_id, count), (format_, Path(file.name)), lambda _count: None)
    _record_export(actor, query, format_, count)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=_name_file(count, format_), content_type=FORMATS[format_]
    )


def clean_query(get: Mapping[str, Any]) -> str:
    """Return the filters of an address without its page and format."""
    query = QueryDict(mutable=True)
    for key, value in get.items():
        if value and key not in {"cursor", "after", "format"}:
            query[key] = value
    return query.urlencode()


def run_export(run: TaskRun) -> TaskResult:
    """Write the file of a task: the log as it is when the task runs."""
    run.actor.require(RIGHT)
    query, format_ = run.arguments["query"], run.arguments["format"]
    entry_filter = read_entry_filter(QueryDict(query))
    newest_id, count = _find_bounds(entry_filter)
    run.set_total(count)
    target = (format_, run.make_file(f".{format_}"))
    _write_file(run.actor, entry_filter, (newest_id, count), target, run.advance)
    _record_export(run.actor, query, format_, count)
    return TaskResult(
        summary=_("共 %(n)d 条") % {"n": count},
        file_name=_name_file(count, format_),
        content_type=FORMATS[format_],
    )
