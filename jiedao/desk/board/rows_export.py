"""The cases behind a figure of the board as a file, with the rights, the columns and the audit of the list of cases."""

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from jiedao.cases.models import Case
from jiedao.cases.selectors import board as figures
from jiedao.cases.selectors.counting import label_narrowing
from jiedao.cases.selectors.exporting import MAX_ROWS, check_export_ids
from jiedao.desk.case_files import build_export
from jiedao.desk.exporting import ListExport, send_export
from jiedao.desk.exporting import run_export as run_list_export
from jiedao.desk.task_kinds import EXPORT_FIGURE_ROWS
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.reading import read_period
from jiedao.tasks.kinds import TaskResult, TaskRun


def read_where(query: QueryDict) -> list[tuple[str, str]]:
    """Return what a list behind a figure is narrowed to: pairs of a split and a key."""
    pairs = zip(query.getlist("by"), query.getlist("key"), strict=False)
    return [(by, key) for by, key in pairs if by]


def read_part(text: str) -> figures.Part:
    """Return the part of a rate, by default all of it; raise UserError for an unknown one."""
    try:
        return figures.Part(text or "all")
    except ValueError:
        raise UserError(
            _("没有这一部分：%(part)s。") % {"part": text[:20]}, hint=_("请从看板重新点开。"), field="part"
        ) from None


def _find_cases(actor: Actor, query: QueryDict) -> tuple[str, QuerySet[Case]]:
    """Return the words of a figure, with its period and narrowing, and its cases."""
    period, where = read_period(query), read_where(query)
    if "rate" in query:
        rate = figures.get_rate(str(query["rate"]))
        part = read_part(query.get("part", ""))
        label = str({figures.Part.FAILING: rate.failing, figures.Part.MET: rate.met}.get(part, rate.label))
        cases = figures.find_rate_cases(actor, rate, part, period, where)
    else:
        measure = figures.get_measure(query.get("measure", ""))
        label, cases = str(measure.label), figures.find_board_cases(actor, measure.code, period, where)
    words = (label, label_narrowing(where), period.label)
    return " · ".join(str(word) for word in words if word), cases


def _build(actor: Actor, query: QueryDict, format_: str) -> ListExport:
    label, cases = _find_cases(actor, query)
    ids = check_export_ids(list(cases.order_by("-pk").values_list("pk", flat=True)[: MAX_ROWS + 1]))
    return build_export(actor, ids, query.urlencode(), format_, label)


def export_figure_rows(actor: Actor, query: QueryDict, format_: str) -> FileResponse | HttpResponseRedirect:
    """Return the cases behind a figure as a download, or the page of the task that makes it.

    Args:
        query: the parameters of the list behind the figure.

    Raises:
        UserError: an unknown figure, part or period, or over 200,000 cases.
    """
    arguments = {"query": query.urlencode(), "format": format_}
    return send_export(actor, _build(actor, query, format_), EXPORT_FIGURE_ROWS, arguments)


def run_export(run: TaskRun) -> TaskResult:
    """Write the file of a task: the cases of the figure when the task runs."""
    run.actor.require("cases.case:export")
    query = QueryDict(run.arguments["query"])
    return run_list_export(run, _build(run.actor, query, run.arguments["format"]))
