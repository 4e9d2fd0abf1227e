"""Sheets of a register: the template, the list as a workbook, and the import in two steps."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.desk.import_lines import list_import_lines
from jiedao.desk.registers.export import export_list
from jiedao.exchange import pending_sheets
from jiedao.exchange.pending_sheets import PendingSheet
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.reading import WrongSheetError
from jiedao.kernel.workbook import CONTENT_TYPE
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.registers.access import get_register, need_write
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.actions import SheetFile, check_sheet, import_sheet, write_refused_sheet
from jiedao.registers.sheets.template import write_template

MAX_SHOWN_FAULTS = 200  # more faults make the page too long; the workbook of refused rows has all of them


@dataclass(frozen=True)
class SheetLink:
    """A sheet of the same file, and the address that checks it."""

    name: str
    address: str


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
def export_records(request: DeskRequest, key: str) -> Any:
    """Send the records that match the filters, now or as of a past day; a long list is made in the background."""
    return export_list(request.actor, key, request.GET)


@require_staff("registers.record:edit")
@require_http_methods(["GET", "POST"])
def import_records(request: DeskRequest, key: str) -> HttpResponse:
    """Check an uploaded sheet and show what it would change; the second step imports the same sheet.

    A workbook with several sheets waits until the user has chosen and imported those that are needed.
    """
    info = get_register(request.actor, key)
    need_write(request.actor, info)
    token = request.POST.get("token", "") or request.GET.get("token", "")
    try:
        if request.method == "POST" and token:
            return _import_checked_sheet(request, info, pending_sheets.get_sheet(request.actor, token))
        if request.method == "POST":
            return _check_upload(request, info)
        if token:
            return _check_sheet(request, info, pending_sheets.get_sheet(request.actor, token))
    except UserError as fault:
        return _render_page(request, info, fault=fault, status=fault.status)
    return _render_page(request, info)


@require_staff("registers.record:edit")
@require_safe
def send_refused_rows(request: DeskRequest, key: str) -> HttpResponse | FileResponse:
    """Send the rows of a sheet that was checked, with the faults beside them, as a workbook to correct and import."""
    info = get_register(request.actor, key)
    need_write(request.actor, info)
    try:
        sheet = pending_sheets.get_sheet(request.actor, request.GET.get("token", ""))
        file = _choose_sheet(request, sheet)
        account = check_sheet(request.actor, info, file)
    except UserError as fault:
        return _render_page(request, info, fault=fault, status=fault.status)

    def write(path: Path) -> str:
        write_refused_sheet(file, account, path)
        return _("%(name)s-待改正.xlsx") % {"name": Path(sheet.name).stem}

    return _send_workbook(write)


def _choose_sheet(request: DeskRequest, sheet: PendingSheet) -> SheetFile:
    wanted = request.POST.get("sheet", "") or request.GET.get("sheet", "")
    return SheetFile(sheet.path, sheet=wanted or None, name=sheet.name)


def _check_upload(request: DeskRequest, info: RegisterInfo) -> HttpResponse:
    upload = request.FILES.get("file")
    if upload is None:
        raise UserError(_("没有选择文件。"), hint=_("请选择 Excel 或 CSV 表格。"), field="file")
    return _check_sheet(request, info, pending_sheets.store_sheet(request.actor, upload))


def _check_sheet(request: DeskRequest, info: RegisterInfo, sheet: PendingSheet) -> HttpResponse:
    try:
        account = check_sheet(request.actor, info, _choose_sheet(request, sheet))
    except WrongSheetError as fault:
        return _render_page(request, info, sheet=sheet, others=fault.sheets, fault=fault, status=fault.status)
    except UserError:
        pending_sheets.delete_sheet(sheet)
        raise
    return _render_page(request, info, account=account, sheet=sheet, status=200 if account.sound else 422)


def _import_checked_sheet(request: DeskRequest, info: RegisterInfo, sheet: PendingSheet) -> HttpResponse:
    account = import_sheet(
        actor=request.actor,
        info=info,
        file=_choose_sheet(request, sheet),
        why=request.POST.get("why", "")[:300],
    )
    if not account.sound:  # another user has changed the register since the check
        return _render_page(request, info, account=account, sheet=sheet, status=409)
    message = _("已导入：新增 %(created)d 条，更改 %(changed)d 条，%(existing)d 条没有变化。")
    messages.success(request, message % account.counts())
    done = [*request.POST.getlist("done"), account.passed_over.sheet]
    rest = [name for name in account.passed_over.other_sheets if name not in done]
    if rest:
        query = urlencode({"token": sheet.token, "sheet": rest[0], "done": done}, doseq=True)
        return redirect(f"{reverse('desk:register-import', args=[info.key])}?{query}")
    pending_sheets.delete_sheet(sheet)
    return redirect(reverse("desk:register", args=[info.key]))


def _render_page(
    request: DeskRequest,
    info: RegisterInfo,
    *,
    account: SheetAccount | None = None,
    sheet: PendingSheet | None = None,
    others: tuple[str, ...] = (),
    fault: UserError | None = None,
    status: int = 200,
) -> HttpResponse:
    done = request.POST.getlist("done") + request.GET.getlist("done")
    if account is not None:
        rest = [name for name in account.passed_over.other_sheets if name not in done]
        account.passed_over.other_sheets, others = rest, tuple(rest)
    context = {
        "info": info,
        "account": account,
        "sheet": sheet,
        "sheet_name": account.passed_over.sheet if account is not None else "",
        "done": done,
        "others": _list_sheet_links(info, sheet, others, done) if sheet is not None else [],
        "counts": _describe_counts(account) if account is not None else "",
        "ready": account is not None and account.sound,
        "notes": account.passed_over.list_notes() if account is not None else [],
        "fault": fault,
        "errors": account.errors[:MAX_SHOWN_FAULTS] if account is not None else [],
        "more": max(0, account.faults - MAX_SHOWN_FAULTS) if account is not None else 0,
        "register_imports": list_import_lines(request.actor, info.id) if account is None else [],
        "now": clock.now(),
        "anything": account is not None and account.created + account.changed > 0,
    }
    return render(request, "desk/registers/import.html", context, status=status)


def _describe_counts(account: SheetAccount) -> str:
    text = _("读到 %(read)d 行；新增 %(created)d 条，更改 %(changed)d 条，%(existing)d 条没有变化。")
    return text % account.counts()


def _list_sheet_links(
    info: RegisterInfo, sheet: PendingSheet, names: tuple[str, ...], done: list[str]
) -> list[SheetLink]:
    """Return the links that check other sheets of the same file; `done` names those that have been imported."""
    address = reverse("desk:register-import", args=[info.key])
    return [
        SheetLink(
            name, f"{address}?{urlencode({'token': sheet.token, 'sheet': name, 'done': done}, doseq=True)}"
        )
        for name in names
    ]
