"""The audit log as a file: the filtered list in words, at once or as a task; every export is an entry itself."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.audit.lists import EntryFilter, count_entries, find_newest_id, iterate_chunks
from jiedao.desk.admin.audit_filters import read_entry_filter
from jiedao.desk.admin.audit_rows import describe_entries
from jiedao.desk.exporting import ListExport, send_export
from jiedao.desk.exporting import run_export as run_list_export
from jiedao.desk.task_kinds import EXPORT_AUDIT
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.listfile import Advance, check_format, write_list
from jiedao.kernel.workbook import Cell
from jiedao.orgs.actor import Actor
from jiedao.tasks.kinds import TaskResult, TaskRun

RIGHT = "audit.entry:view"
MAX_ROWS = 200_000


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
    actor: Actor, entry_filter: EntryFilter, newest_id: int, advance: Advance
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
    advance: Advance,
) -> None:
    (newest_id, count), (format_, path) = bounds, target
    at = timezone.localtime(clock.now())
    values = {"n": count, "at": f"{at:%Y-%m-%d %H:%M}", "who": actor.label}
    write_list(
        path,
        format_,
        sheet=_("审计日志"),
        note=_("共 %(n)d 条 · %(at)s 由 %(who)s 导出") % values,
        columns=_list_headers(),
        rows=_iterate_rows(actor, entry_filter, newest_id, advance),
        count=count,
    )


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


def _build_export(actor: Actor, query: str, format_: str) -> ListExport:
    entry_filter = read_entry_filter(QueryDict(query))
    newest_id, count = _find_bounds(entry_filter)
    values = {"n": count, "format": format_, "at": f"{timezone.localtime(clock.now()):%Y%m%d-%H%M}"}
    return ListExport(
        count=count,
        title=_("导出 %(n)d 条审计日志（%(format)s）") % values,
        name=_("审计日志-%(at)s-%(n)d条") % values,
        summary=_("共 %(n)d 条") % values,
        write=lambda path, advance: _write_file(
            actor, entry_filter, (newest_id, count), (format_, path), advance
        ),
        record=lambda: _record_export(actor, query, format_, count),
        format=format_,
    )


def export_entries(actor: Actor, get: QueryDict, format_: str) -> FileResponse | HttpResponseRedirect:
    """Return the filtered log as a download, or the page of the task that makes it.

    Raises:
        NotAllowed: without the right.
        UserError: an unknown format, a period that cannot be read, or over 200,000 entries.
    """
    actor.require(RIGHT)
    query, format_ = clean_query(get), check_format(format_)
    export = _build_export(actor, query, format_)
    return send_export(actor, export, EXPORT_AUDIT, {"query": query, "format": format_})


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
    return run_list_export(run, _build_export(run.actor, run.arguments["query"], run.arguments["format"]))
