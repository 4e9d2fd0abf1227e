"""The check of an uploaded file, the sheet of its refused rows, and the start of its import."""

import tempfile
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.cases import catalogue
from jiedao.cases.models import Channel
from jiedao.desk.imports.running import start_import
from jiedao.desk.imports.upload import Upload, read_upload
from jiedao.desk.navigation import IMPORT
from jiedao.exchange.mappings import find_fitting_mappings
from jiedao.exchange.messages import MessageCheck, Sample, check_messages, write_refused_messages
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.reading import WrongSheetError
from jiedao.kernel.workbook import CONTENT_TYPE
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.places.selectors import area_text

MAX_CHECKED = 20_000  # rows; about ten seconds. The import itself reads all of them
MAX_SHOWN_FAULTS = 100


@require_staff(IMPORT)
@require_http_methods(["GET", "POST"])
def check_upload(request: DeskRequest) -> HttpResponse:
    """Show what the import of a waiting file would do; a POST starts it."""
    try:
        upload = read_upload(request.actor, request.POST if request.method == "POST" else request.GET)
    except UserError as fault:
        return _render_fault(request, None, fault)
    if request.method == "GET" and upload.saved is None and (better := _find_only_mapping(request, upload)):
        return redirect(better)
    try:
        check = _check(request, upload)
        if request.method == "POST":
            row = start_import(
                request.actor,
                upload,
                check.source,
                check.account.passed_over.sheet,
                check.rows_hint or check.account.read,
                allow_doubles=request.POST.get("doubles") == "allow",
            )
            return redirect("desk:task", row.task_id)
    except UserError as fault:
        return _render_fault(request, upload, fault)
    return _render_check(request, upload, check)


@require_staff(IMPORT)
@require_safe
def send_refused_rows(request: DeskRequest) -> HttpResponse | FileResponse:
    """Send the rows of a waiting file that would be refused, with the reason beside each, as a workbook."""
    try:
        upload = read_upload(request.actor, request.GET)
        check = _check(request, upload)
    except UserError as fault:
        return _render_fault(request, None, fault)
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    write_refused_messages(check.account, upload.file.path, Path(file.name), sheet=upload.sheet or None)
    name = _("%(name)s-待改正.xlsx") % {"name": Path(upload.file.name).stem}
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def _check(request: DeskRequest, upload: Upload) -> MessageCheck:
    return check_messages(
        request.actor,
        upload.file.path,
        upload.mapping,
        upload.channel,
        sheet=upload.sheet or None,
        name=upload.file.name,
        most_rows=1 if request.method == "POST" else MAX_CHECKED,
    )


def _find_only_mapping(request: DeskRequest, upload: Upload) -> str:
    """Return the address with the one saved mapping that fits, where the headers alone are not recognised."""
    if request.GET.get("auto") == "no":
        return ""
    try:
        check_messages(
            request.actor,
            upload.file.path,
            None,
            upload.channel,
            sheet=upload.sheet or None,
            name=upload.file.name,
            most_rows=1,
        )
    except UserError:
        fitting = _list_fitting(upload)
        return upload.make_address("desk:import_check", mapping=fitting[0].pk) if len(fitting) == 1 else ""
    return ""


def _list_fitting(upload: Upload) -> list[Any]:
    try:
        return find_fitting_mappings(upload.file.path, sheet=upload.sheet or None, name=upload.file.name)
    except UserError:
        return []


def _list_sheets(upload: Upload, names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"name": name, "address": upload.make_address("desk:import_check", sheet=name)} for name in names]


def _render_fault(request: DeskRequest, upload: Upload | None, fault: UserError) -> HttpResponse:
    """Show why the file cannot be read as it is, and the ways on: another sheet, a saved mapping, chosen columns."""
    others = fault.sheets if isinstance(fault, WrongSheetError) else ()
    context = {
        "upload": upload,
        "fault": fault,
        "others": _list_sheets(upload, others) if upload is not None else [],
        "fitting": [
            {"name": row.name, "address": upload.make_address("desk:import_check", mapping=row.pk)}
            for row in _list_fitting(upload)
        ]
        if upload is not None and upload.saved is None
        else [],
        "columns_url": upload.make_address("desk:import_columns", mapping="") if upload is not None else "",
    }
    return render(request, "desk/imports/check.html", context, status=fault.status)


def _render_check(request: DeskRequest, upload: Upload, check: MessageCheck) -> HttpResponse:
    account = check.account
    context = {
        "upload": upload,
        "account": account,
        "check": check,
        "channel_label": Channel(upload.channel).label,
        "sheet_name": account.passed_over.sheet,
        "values": upload.list_values(sheet=account.passed_over.sheet),
        "samples": [_describe_sample(sample) for sample in check.samples],
        "errors": account.errors[:MAX_SHOWN_FAULTS],
        "more": max(0, account.refused - MAX_SHOWN_FAULTS),
        "left_open": account.left_open[:MAX_SHOWN_FAULTS],
        "notes": account.list_notes(),
        "doubles": account.doubles if account.doubles.count else None,
        "asks_doubles": account.doubles.count > 0 or check.has_more,
        "foresight": account.foresight if account.created else None,
        "others": _list_sheets(upload, tuple(account.passed_over.other_sheets)),
        "ready": account.created + account.existing > 0,
        "anything": account.created + account.answered + len(account.left_open) > 0,
        "refused_url": upload.make_address("desk:import_refused", sheet=account.passed_over.sheet),
        "columns_url": upload.make_address("desk:import_columns", sheet=account.passed_over.sheet),
        "now": clock.now(),
    }
    return render(request, "desk/imports/check.html", context)


def _describe_sample(sample: Sample) -> dict[str, Any]:
    category = catalogue.category_info(sample.category_id)
    suggested = catalogue.category_info(sample.suggested_id)
    if sample.is_closed:
        state, tone = _("已有，会办结"), "good"
    elif not sample.is_new:
        state, tone = _("已有"), "neutral"
    elif sample.ended_at is not None:
        state, tone = _("新建，已办结"), "good"
    else:
        state, tone = _("新建，待受理"), "info"
    return {
        "row": sample,
        "channel": Channel(sample.channel).label,
        "category": category.label if category is not None else "",
        "suggested": suggested.label if category is None and suggested is not None else "",
        "area": area_text(sample.area_path),
        "state": state,
        "tone": tone,
    }
