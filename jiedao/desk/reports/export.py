"""Export promised against reported to a file: one list with every promise, sentence and object."""

from collections.abc import Iterator
from pathlib import Path

from django.http import FileResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.desk.exporting import ListExport, send_export
from jiedao.desk.exporting import run_export as run_list_export
from jiedao.desk.task_kinds import EXPORT_PROMISES
from jiedao.kernel.listfile import Advance, check_format, write_list
from jiedao.kernel.workbook import Cell
from jiedao.orgs.actor import Actor
from jiedao.reports.models import VIEW, Report
from jiedao.reports.planning.reviewing import Review, review_promises
from jiedao.reports.planning.states import StateCode
from jiedao.reports.selectors import get_report, read_report
from jiedao.tasks.kinds import TaskResult, TaskRun


def export_review(actor: Actor, report: Report, format_: str) -> FileResponse | HttpResponseRedirect:
    """Return the comparison of a report with the promises of the one before as a download.

    Raises:
        NotAllowed: without the right. UserError: an unknown format, or a report that can no longer be built.
    """
    actor.require(VIEW)
    export = _build_export(actor, report, check_format(format_))
    return send_export(actor, export, EXPORT_PROMISES, {"report": report.pk, "format": export.format})


def run_export(run: TaskRun) -> TaskResult:
    """Write the file of a task: the comparison as it is when the task runs."""
    report = get_report(run.actor, run.arguments["report"])
    return run_list_export(run, _build_export(run.actor, report, run.arguments["format"]))


def _build_export(actor: Actor, report: Report, format_: str) -> ListExport:
    rows = list(_list_rows(review_promises(actor, report, read_report(report))))
    values = {"n": len(rows), "name": report.label, "format": format_}
    return ListExport(
        count=len(rows),
        title=_("导出 %(name)s 的上期承诺对照 %(n)d 行（%(format)s）") % values,
        name=_("%(name)s-上期承诺对照") % values,
        summary=_("共 %(n)d 行") % values,
        write=lambda path, _advance: _write(path, _advance, format_, report, rows),
        record=lambda: _record(actor, report, format_, len(rows)),
        format=format_,
    )


def _list_rows(review: Review) -> Iterator[tuple[Cell, ...]]:
    for line in review.lines:
        is_hidden = line.state.code is StateCode.HIDDEN
        yield (
            str(line.mention.label),
            line.decision.sentence,
            line.decision.get_kind_display(),
            "" if is_hidden or line.decision.promise is None else str(line.decision.promise.label),
            str(line.state.code.label),
            line.state.detail,
            line.state.due_date,
            line.sentence,
        )
    words = _("报告了没承诺")
    for row in review.objects:
        yield (
            words,
            "",
            str(row.kind.label),
            str(row.object.label),
            str(StateCode.DONE.label),
            "",
            row.day,
            "",
        )
    for sentence in review.sentences:
        yield words, "", "", "", "", "", None, sentence.text


def _write(path: Path, _advance: Advance, format_: str, report: Report, rows: list[tuple[Cell, ...]]) -> int:
    columns = [
        (_("对照"), 18),
        (_("上期计划的句子"), 60),
        (_("种类"), 12),
        (_("任务"), 40),
        (_("现在"), 12),
        (_("进展"), 40),
        (_("日期"), 12),
        (_("本期报告的句子"), 60),
    ]
    note = _("%(name)s：上期承诺与本期报告的对照，共 %(n)d 行") % {"name": report.label, "n": len(rows)}
    return write_list(
        path, format_, sheet=_("上期承诺"), note=note, columns=columns, rows=rows, count=len(rows)
    )


def _record(actor: Actor, report: Report, format_: str, count: int) -> None:
    record_entry(
        actor=actor,
        action="reports.plan:export",
        obj_type="reports.report",
        obj_id=report.pk,
        after={"rows": count, "format": format_},
    )
