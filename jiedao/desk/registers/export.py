"""A register's list as a file: the complete list without personal values, at once or as a task."""

from django.http import FileResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from jiedao.desk.exporting import ListExport, send_export
from jiedao.desk.exporting import run_export as run_list_export
from jiedao.desk.registers.query import read_query
from jiedao.desk.task_kinds import EXPORT_RECORDS
from jiedao.kernel.listfile import check_format
from jiedao.orgs.actor import Actor
from jiedao.registers.access import get_register
from jiedao.registers.sheets.export import choose_records
from jiedao.tasks.kinds import TaskResult, TaskRun

OTHERS = ("cursor", "count", "format")  # names in the address of an export that are no filters


def _build_export(actor: Actor, key: str, params: QueryDict) -> tuple[ListExport, str]:
    """Return the export and its filters as a query string; raise UserError for a filter that cannot be read."""
    query = read_query(actor, get_register(actor, key), params, others=OTHERS)
    if query.faults:
        raise query.faults[0]
    format_ = check_format(params.get("format", ""))
    chosen = choose_records(actor, query.info, query.filters, query.as_of, order=query.order)
    values = {"n": chosen.count, "name": query.info.label, "format": format_}
    export = ListExport(
        count=chosen.count,
        title=_("导出 %(name)s %(n)d 条（%(format)s）") % values,
        name=chosen.name,
        summary=_("共 %(n)d 条") % values,
        write=lambda path, advance: chosen.write(path, advance, format_),
        record=lambda: chosen.record(format_),
        format=format_,
    )
    return export, query.encode(format=format_)


def export_list(actor: Actor, key: str, params: QueryDict) -> FileResponse | HttpResponseRedirect:
    """Return the complete list as a download, or the page of the task that makes it.

    Raises:
        UserError: over 200,000 records, or a filter or a format that cannot be read.
    """
    export, query = _build_export(actor, key, params)
    return send_export(actor, export, EXPORT_RECORDS, {"register": key, "query": query})


def run_export(run: TaskRun) -> TaskResult:
    """Write the file of a task: the list as it is when the task runs."""
    run.actor.require("registers.record:view")
    export, _query = _build_export(run.actor, run.arguments["register"], QueryDict(run.arguments["query"]))
    return run_list_export(run, export)
