"""A list of cases as a file: the complete list with every field but the reporter, at once or as a task."""

from django.http import FileResponse, HttpResponseRedirect, QueryDict

from jiedao.cases.selectors.exporting import read_export_ids
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.desk.case_files import build_export
from jiedao.desk.exporting import run_export as run_list_export
from jiedao.desk.exporting import send_export
from jiedao.desk.task_kinds import EXPORT_CASES
from jiedao.orgs.actor import Actor
from jiedao.tasks.kinds import TaskResult, TaskRun


def export_cases(actor: Actor, filters: CaseFilters, format_: str) -> FileResponse | HttpResponseRedirect:
    """Return the complete list as a download, or the page of the task that makes it.

    Raises:
        UserError: over 200,000 cases.
    """
    export = build_export(actor, read_export_ids(actor, filters), filters.query(), format_)
    arguments = {"filters": filters.query(), "format": format_}
    return send_export(actor, export, EXPORT_CASES, arguments)


def run_export(run: TaskRun) -> TaskResult:
    """Write the file of a task: the list as it is when the task runs."""
    run.actor.require("cases.case:export")
    filters, faults = CaseFilters.read(QueryDict(run.arguments["filters"]))
    if faults:
        raise faults[0]
    ids = read_export_ids(run.actor, filters)
    return run_list_export(run, build_export(run.actor, ids, filters.query(), run.arguments["format"]))
