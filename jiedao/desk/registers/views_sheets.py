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

from jiedao.desk.registers import waiting
from jiedao.desk.registers.query import read_query
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.registers.access import get_register, need_write
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.actions import SheetFile, check_sheet, import_sheet
from jiedao.registers.sheets.export import export_name, write_export
from jiedao.registers.sheets.template import write_template

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 200  # faults on the page; the command tells them all


def _download(write: Callable[[Path], str]) -> FileResponse:
    """Return the workbook that `write` writes to a path, under the name it gives."""
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    name = write(Path(file.name))
    return FileResponse(file, as_attachment=True, filename=name, content_type=TYPE)


@require_staff("registers.record:view")
@require_safe
def template(request: DeskRequest, key: str) -> FileResponse:
    """Give out the workbook to fill in."""
    info = get_register(request.actor, key)

    def write(path: Path) -> str:
        write_template(info, path)
        return _("%(name)s-模板.xlsx") % {"name": info.label}

    return _download(write)


@require_staff("registers.record:view")
@require_safe
def export(request: DeskRequest, key: str) -> FileResponse:
    """Give out the filtered list, now or as of the chosen day."""
    info = get_register(request.actor, key)
    query = read_query(request.actor, info, request.GET)

    def write(path: Path) -> str:
        count = write_export(request.actor, info, query.filters, path, query.as_of)
        return export_name(info, count, query.as_of)

    return _download(write)


@require_staff("registers.record:edit")
@require_http_methods(["GET", "POST"])
def import_page(request: DeskRequest, key: str) -> HttpResponse:
    """Check a sheet and show what it would do; the second step writes exactly that sheet."""
    info = get_register(request.actor, key)
    need_write(request.actor, info)
    if request.method == "GET":
        return _draw(request, info)
    try:
        token = request.POST.get("token", "")
        if token:
            return _import(request, info, token)
        return _check(request, info)
    except UserError as fault:
        return _draw(request, info, fault=fault, status=fault.status)


def _check(request: DeskRequest, info: RegisterInfo) -> HttpResponse:
    upload = request.FILES.get("file")
    if upload is None:
        raise UserError(_("没有选择文件。"), hint=_("请选择 Excel 或 CSV 表格。"), field="file")
    token = waiting.keep(request.actor, upload)
    path, name = waiting.kept(request.actor, token), upload.name or ""
    try:
        account = check_sheet(request.actor, info, SheetFile(path, name=name))
    except UserError:
        waiting.drop(path)
        raise
    if not account.sound:
        waiting.drop(path)
    return _draw(request, info, account=account, token=token, name=name, status=200 if account.sound else 422)


def _import(request: DeskRequest, info: RegisterInfo, token: str) -> HttpResponse:
    path, name = waiting.kept(request.actor, token), request.POST.get("name", "")[:200]
    account = import_sheet(
        actor=request.actor, info=info, file=SheetFile(path, name=name), why=request.POST.get("why", "")[:300]
    )
    waiting.drop(path)
    if not account.sound:  # somebody wrote in the register since the check
        return _draw(request, info, account=account, name=name, status=409)
    words = _("已导入：新增 %(created)d 条，更改 %(changed)d 条，%(existing)d 条没有变化。")
    messages.success(request, words % account.counts())
    return redirect(reverse("desk:register", args=[info.key]))


def _draw(
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
        "errors": account.errors[:SHOWN] if account is not None else [],
        "more": max(0, account.faults - SHOWN) if account is not None else 0,
        "anything": account is not None and account.created + account.changed > 0,
        "list_url": reverse("desk:register", args=[info.key]),
    }
    return render(request, "desk/registers/import.html", context, status=status)
