"""Sheets of a register: the template, the list as a workbook, and the import in two steps."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.desk.registers import pending_sheets
from jiedao.desk.registers.query import read_query
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.registers.access import get_register, need_write
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.actions import SheetFile, check_sheet, import_sheet
from jiedao.registers.sheets.export import export_name, write_export
from jiedao.registers.sheets.template import write_template

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_SHOWN_FAULTS = (
    200  # more faults make the page too long; the command `jiedao import register` prints all of them
)


def _send_workbook(write: Callable[[Path], str]) -> FileResponse:
    """Send a workbook; `write` writes it to a path and returns its file name."""
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    name = write(Path(file.name))
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


@require_staff("registers.record:view")
@require_safe
def send_template(request: DeskRequest, key: str) -> FileResponse:
    """Send the workbook that users fill in for an import."""
    info = get_register(request.actor, key)

    def write(path: Path) -> str:
        write_template(info, path)
        return _("%(name)s-模板.xlsx") % {"name": info.label}

    return _send_workbook(write)


@require_staff("registers.record:view")
@require_safe
def export_records(request: DeskRequest, key: str) -> FileResponse:
    """Send the records that match the filters, now or as of a past day, as a workbook."""
    info = get_register(request.actor, key)
    query = read_query(request.actor, info, request.GET)

    def write(path: Path) -> str:
        count = write_export(request.actor, info, query.filters, path, query.as_of)
        return export_name(info, count, query.as_of)

    return _send_workbook(write)


@require_staff("registers.record:edit")
@require_http_methods(["GET", "POST"])
def import_records(request: DeskRequest, key: str) -> HttpResponse:
    """Check an uploaded sheet and show what it would change; the second step imports the same sheet."""
    info = get_register(request.actor, key)
    need_write(request.actor, info)
    if request.method == "GET":
        return _render_page(request, info)
    try:
        token = request.POST.get("token", "")
        if token:
            return _import_checked_sheet(request, info, token)
        return _check_upload(request, info)
    except UserError as fault:
        return _render_page(request, info, fault=fault, status=fault.status)


def _check_upload(request: DeskRequest, info: RegisterInfo) -> HttpResponse:
    upload = request.FILES.get("file")
    if upload is None:
        raise UserError(_("没有选择文件。"), hint=_("请选择 Excel 或 CSV 表格。"), field="file")
    token = pending_sheets.store_sheet(request.actor, upload)
    path, name = pending_sheets.get_sheet(request.actor, token), upload.name or ""
    try:
        account = check_sheet(request.actor, info, SheetFile(path, name=name))
    except UserError:
        pending_sheets.delete_sheet(path)
        raise
    if not account.sound:
        pending_sheets.delete_sheet(path)
    return _render_page(
        request, info, account=account, token=token, name=name, status=200 if account.sound else 422
    )


def _import_checked_sheet(request: DeskRequest, info: RegisterInfo, token: str) -> HttpResponse:
    path, name = pending_sheets.get_sheet(request.actor, token), request.POST.get("name", "")[:200]
    account = import_sheet(
        actor=request.actor, info=info, file=SheetFile(path, name=name), why=request.POST.get("why", "")[:300]
    )
    pending_sheets.delete_sheet(path)
    if not account.sound:  # another user has changed the register since the check
        return _render_page(request, info, account=account, name=name, status=409)
    message = _("已导入：新增 %(created)d 条，更改 %(changed)d 条，%(existing)d 条没有变化。")
    messages.success(request, message % account.counts())
    return redirect(reverse("desk:register", args=[info.key]))


def _render_page(
    request: DeskRequest,
    info: RegisterInfo,
    *,
    account: SheetAccount | None = None,
    token: str = "",
    name: str = "",
    fault: UserError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "info": info,
        "account": account,
        "token": token if account is not None and account.sound else "",
        "name": name,
        "fault": fault,
        "errors": account.errors[:MAX_SHOWN_FAULTS] if account is not None else [],
        "more": max(0, account.faults - MAX_SHOWN_FAULTS) if account is not None else 0,
        "anything": account is not None and account.created + account.changed > 0,
        "list_url": reverse("desk:register", args=[info.key]),
    }
    return render(request, "desk/registers/import.html", context, status=status)
