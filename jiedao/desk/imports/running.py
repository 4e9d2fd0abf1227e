"""The tasks of imports and exports: what the worker runs when a user has started one."""

from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.selectors.exporting import read_export_ids
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.desk.exporting import ListExport
from jiedao.desk.exporting import run_export as run_list_export
from jiedao.desk.imports.upload import Upload
from jiedao.desk.task_kinds import IMPORT_MESSAGES, UNDO_IMPORT
from jiedao.exchange import pending_sheets
from jiedao.exchange.account import Account
from jiedao.exchange.batches import get_import
from jiedao.exchange.mapping import Mapping, parse_mapping
from jiedao.exchange.mappings import get_mapping
from jiedao.exchange.message_importer import RIGHT
from jiedao.exchange.messages import import_messages, write_refused_messages
from jiedao.exchange.models import MessageImport, MessageMapping
from jiedao.exchange.outgoing import select_source, write_outgoing_sheet
from jiedao.exchange.undoing import describe_undo, undo_import
from jiedao.kernel import clock
from jiedao.kernel.workbook import CONTENT_TYPE
from jiedao.orgs.actor import Actor
from jiedao.tasks.actions import lock_tasks, start_task
from jiedao.tasks.kinds import TaskResult, TaskRun
from jiedao.tasks.models import Task


@transaction.atomic
def start_import(
    actor: Actor, upload: Upload, source: str, sheet: str, total: int, *, allow_doubles: bool = False
) -> MessageImport:
    """Start the import of a checked file; a second click returns the one that is running.

    Args:
        source: with which the source keys of its cases begin.
        sheet: the name of the sheet that was checked.
        total: the approximate number of rows.
        allow_doubles: import messages too that are cases already under another source.
    """
    actor.require(RIGHT)
    lock_tasks(actor)
    running = MessageImport.objects.filter(
        token=upload.file.token, sheet=sheet, user_id=actor.user_id or 0, finished_at=None
    ).first()
    row = running or MessageImport.objects.create(
        user_id=actor.user_id,
        actor_label=actor.label,
        file_name=upload.file.name,
        token=upload.file.token,
        sheet=sheet,
        channel=upload.channel,
        source=source,
        allows_doubles=allow_doubles,
        mapping_name=upload.saved.name if upload.saved is not None else "",
        mapping_text=upload.saved.text if upload.saved is not None else "",
    )
    title = _("导入来件：%(name)s") % {"name": upload.file.name}
    task = start_task(actor, IMPORT_MESSAGES, title=title, arguments={"import_id": row.pk}, total=total)
    MessageImport.objects.filter(pk=row.pk).update(task_id=task.pk)
    row.task_id = task.pk
    return row


@transaction.atomic
def start_undo(actor: Actor, row: MessageImport, *, only_untouched: bool, total: int) -> Task:
    """Start undoing an import in the background; a second click returns the one that is running."""
    actor.require(RIGHT)
    title = _("撤销导入：%(name)s") % {"name": row.file_name}
    arguments = {"import_id": row.pk, "only_untouched": only_untouched, "removed": row.removed}
    return start_task(actor, UNDO_IMPORT, title=title, arguments=arguments, total=total)


def run_undo(run: TaskRun) -> TaskResult:
    """Undo an import. Where an earlier run of the task had done it when it was killed, only the page is returned."""
    import_id, url = run.arguments["import_id"], reverse("desk:import", args=[run.arguments["import_id"]])
    row = get_import(import_id)
    if row.undone_at is not None and row.removed > run.arguments["removed"]:
        return TaskResult(_("撤销了 %(removed)d 件。") % {"removed": row.removed}, url=url)
    result = undo_import(actor=run.actor, import_id=import_id, only_untouched=run.arguments["only_untouched"])
    return TaskResult(describe_undo(result), url=url)


def run_import(run: TaskRun) -> TaskResult:
    """Import the file. A second run after the worker was killed continues: numbers identify the imported rows."""
    row = MessageImport.objects.get(pk=run.arguments["import_id"], user_id=run.actor.user_id or 0)
    file = pending_sheets.get_sheet(run.actor, row.token)

    def show_progress(done: int, total: int | None) -> None:
        if total:
            run.set_total(max(done, total))
        run.advance(max(0, done - run.done))

    account = import_messages(
        run.actor,
        file.path,
        _parse(row),
        row.channel,
        show_progress,
        sheet=row.sheet or None,
        name=row.file_name,
        import_id=row.pk,
        allow_doubles=row.allows_doubles,
    )
    result = TaskResult(summary=_describe(account), url=reverse("desk:import", args=[row.pk]))
    if account.refused:
        path = run.make_file(".xlsx")
        write_refused_messages(account, file.path, path, sheet=row.sheet or None)
        name = _("%(name)s-未导入.xlsx") % {"name": row.file_name.rpartition(".")[0] or row.file_name}
        result = TaskResult(result.summary, name, CONTENT_TYPE, result.url)
    if not account.passed_over.other_sheets and not account.stopped:
        pending_sheets.delete_sheet(file)
    return result


def _parse(row: MessageImport) -> Mapping | None:
    return parse_mapping(row.mapping_text, row.mapping_name) if row.mapping_text else None


def _describe(account: Account) -> str:
    text = _("新建 %(created)d 件，已有 %(existing)d 件（其中办结 %(answered)d 件），未导入 %(refused)d 行。")
    return text % {**account.counts(), "answered": account.answered}


def _record_outgoing(actor: Actor, filters: CaseFilters, source: str, count: int) -> None:
    record_entry(
        actor=actor,
        action="cases.case:export",
        obj_type="cases.case",
        obj_id=None,
        after={"cases": count, "format": "source", "source": source, "filters": filters.query()},
    )


def build_outgoing(
    actor: Actor, filters: CaseFilters, source: str, ids: list[int], saved: MessageMapping | None
) -> ListExport:
    """Return the export of cases in the shape in which they came from a source."""
    mapping = parse_mapping(saved.text, saved.name) if saved is not None else None
    values = {"n": len(ids), "at": f"{timezone.localtime(clock.now()):%Y%m%d-%H%M}"}
    return ListExport(
        count=len(ids),
        title=_("按来件格式导出 %(n)d 件") % values,
        name=_("来件办理情况-%(at)s-%(n)d件") % values,
        summary=_("共 %(n)d 件") % values,
        write=lambda path, advance: write_outgoing_sheet(actor, ids, path, mapping, advance),
        record=lambda: _record_outgoing(actor, filters, source, len(ids)),
    )


def run_export(run: TaskRun) -> TaskResult:
    """Write the cases of a source in the shape in which they came."""
    run.actor.require("cases.case:export")
    filters, faults = CaseFilters.read(QueryDict(run.arguments["filters"]))
    if faults:
        raise faults[0]
    source, mapping_id = run.arguments["source"], run.arguments["mapping"]
    ids = select_source(read_export_ids(run.actor, filters), source)
    saved = get_mapping(mapping_id) if mapping_id else None
    return run_list_export(run, build_outgoing(run.actor, filters, source, ids, saved))
