"""The page of imports: upload, recent imports, saved mappings, and the export back to the office that sent cases."""

import tempfile
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.cases.models import Channel
from jiedao.cases.selectors.exporting import read_export_ids
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.desk.exporting import send_export
from jiedao.desk.import_lines import list_import_lines
from jiedao.desk.imports.running import build_outgoing
from jiedao.desk.imports.upload import read_channel, read_saved_mapping
from jiedao.desk.navigation import IMPORT
from jiedao.desk.task_kinds import EXPORT_OUTGOING
from jiedao.exchange import pending_sheets
from jiedao.exchange.batches import count_cases, get_import
from jiedao.exchange.mappings import list_mappings
from jiedao.exchange.message_template import write_message_template
from jiedao.exchange.models import MessageImport
from jiedao.exchange.outgoing import count_sources, select_source
from jiedao.exchange.undoing import may_undo
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.workbook import CONTENT_TYPE
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.tasks.models import Task, TaskState
from jiedao.tasks.selectors import find_task, find_tasks

SHOWN = 20
EXPORT = "cases.case:export"


@require_staff(IMPORT)
@require_http_methods(["GET", "POST"])
@take_filters()
def show_imports(request: DeskRequest) -> HttpResponse:
    """Show the page; a POST stores a file and redirects to its check."""
    if request.method == "GET":
        return _render_imports(request)
    try:
        channel = read_channel(request.POST)
        upload = request.FILES.get("file")
        if upload is None:
            raise UserError(_("没有选择文件。"), hint=_("请选择 Excel 或 CSV 表格。"), field="file")
        mapping = read_saved_mapping(request.POST.get("mapping", ""))
        sheet = pending_sheets.store_sheet(request.actor, upload)
    except UserError as fault:
        return _render_imports(request, fault)
    address = f"{reverse('desk:import_check')}?token={sheet.token}&channel={channel}"
    return redirect(f"{address}&mapping={mapping.pk}" if mapping is not None else address)


def _render_imports(request: DeskRequest, fault: UserError | None = None) -> HttpResponse:
    rows = list(MessageImport.objects.order_by("-id")[:SHOWN])
    own_tasks = [row.task_id for row in rows if row.task_id and row.user_id == request.actor.user_id]
    tasks = {task.pk: task for task in find_tasks(request.actor, own_tasks)} if own_tasks else {}
    last = next((row for row in rows if row.user_id == request.actor.user_id), None)
    context = {
        "fault": fault,
        "channels": Channel.choices,
        "channel": request.POST.get("channel") or (last.channel if last else Channel.HOTLINE.value),
        "mappings": list_mappings(),
        "imports": [_describe_import(row, tasks.get(row.task_id or 0)) for row in rows],
        "register_imports": list_import_lines(request.actor),
        "may_export": request.actor.can(EXPORT),
        "now": clock.now(),
    }
    return render(request, "desk/imports/imports.html", context, status=fault.status if fault else 200)


def _describe_import(row: MessageImport, task: Task | None) -> dict[str, Any]:
    if row.undone_at is not None:
        state, tone = _("已撤销"), "neutral"
    elif row.finished_at is not None:
        state, tone = (_("没有读完"), "bad") if row.stopped else (_("已完成"), "good")
    elif task is not None:
        state, tone = str(TaskState(task.state).label), "bad" if task.state == TaskState.FAILED else "info"
    else:
        state, tone = _("没有完成"), "neutral"
    return {
        "row": row,
        "state": state,
        "tone": tone,
        "task": task,
        "url": reverse("desk:import", args=[row.pk]),
        "channel": Channel(row.channel).label,
    }


@require_staff(IMPORT)
@require_safe
def show_import(request: DeskRequest, import_id: int) -> HttpResponse:
    """Show the account of one import; its task while it is unfinished and the user's own."""
    row = get_import(import_id)
    is_own = row.user_id == request.actor.user_id
    task = find_task(request.actor, row.task_id) if row.task_id and is_own else None
    context = {
        "line": _describe_import(row, task),
        "row": row,
        "task": task,
        "cases_url": f"{reverse('desk:cases')}?import={row.pk}"
        if request.actor.can("cases.case:view") and count_cases(row.pk)
        else "",
        "undo_url": _find_undo_url(request, row),
        "again_url": _find_again_url(request, row) if row.finished_at is None or row.stopped else "",
        "now": clock.now(),
    }
    return render(request, "desk/imports/import.html", context)


def _find_undo_url(request: DeskRequest, row: MessageImport) -> str:
    if not may_undo(request.actor, row) or not count_cases(row.pk):
        return ""
    return reverse("desk:import_undo", args=[row.pk])


def _find_again_url(request: DeskRequest, row: MessageImport) -> str:
    """Return the address that checks the file again, "" if it is no longer stored or another user's."""
    try:
        pending_sheets.get_sheet(request.actor, row.token)
    except UserError:
        return ""
    mapping = next((saved.pk for saved in list_mappings() if saved.name == row.mapping_name), "")
    address = f"{reverse('desk:import_check')}?token={row.token}&channel={row.channel}"
    return f"{address}&mapping={mapping}" if mapping else address


@require_staff(IMPORT)
@require_safe
def send_template(_request: DeskRequest) -> FileResponse:
    """Send the workbook that users fill in for an import."""
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    write_message_template(Path(file.name))
    return FileResponse(file, as_attachment=True, filename=_("来件-模板.xlsx"), content_type=CONTENT_TYPE)


@require_staff(EXPORT)
@require_safe
def export_outgoing(request: DeskRequest) -> Any:
    """Send the cases of a list that came from one source in the shape in which they came.

    Where the list has cases of several sources, or mappings are saved, the user chooses first.
    """
    filters, faults = CaseFilters.read(request.GET, others=("source", "mapping", "cursor"))
    if faults:
        raise faults[0]
    ids = read_export_ids(request.actor, filters)
    source = request.GET.get("source", "")
    if not source:
        return _render_choice(request, filters, ids)
    source_ids = select_source(ids, source)
    if not source_ids:
        return _render_choice(request, filters, ids)
    saved = read_saved_mapping(request.GET.get("mapping", ""))
    export = build_outgoing(request.actor, filters, source, source_ids, saved)
    arguments = {
        "filters": filters.query(),
        "source": source,
        "mapping": saved.pk if saved is not None else None,
    }
    return send_export(request.actor, export, EXPORT_OUTGOING, arguments)


def _render_choice(request: DeskRequest, filters: CaseFilters, ids: list[int]) -> HttpResponse:
    counts = count_sources(ids)
    imports = MessageImport.objects.filter(source__in=list(counts)).order_by("id")
    mapping_of = {row.source: row.mapping_name for row in imports}
    labels = {code.lower(): label for code, label in Channel.choices}
    context = {
        "total": len(ids),
        "sources": [
            {
                "name": name,
                "label": labels.get(name, name),
                "count": count,
                "mapping": mapping_of.get(name, ""),
            }
            for name, count in counts.most_common()
        ],
        "pairs": filters.pairs(),
        "mappings": list_mappings(),
        "list_url": f"{reverse('desk:cases')}?{filters.query()}",
    }
    return render(request, "desk/imports/export.html", context)
