"""Mappings of other systems' columns: choosing the columns of a file, saving, exporting and deleting a mapping."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk.imports.upload import Upload, read_upload
from jiedao.desk.navigation import IMPORT
from jiedao.exchange.header import ALIASES, TITLES
from jiedao.exchange.mapping import Mapping
from jiedao.exchange.mapping_faults import MappingError
from jiedao.exchange.mapping_text import FileColumns, read_file_columns, write_mapping_text
from jiedao.exchange.mappings import MAX_TEXT, delete_mapping, get_mapping, save_mapping
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff

REQUIRED = {"number", "reported_at"}
EITHER = {"subject", "detail"}


@require_staff(IMPORT)
@require_http_methods(["GET", "POST"])
def choose_columns(request: DeskRequest) -> HttpResponse:
    """Let the user choose a column of the file for each field, and save the choice under a name."""
    values = request.POST if request.method == "POST" else request.GET
    try:
        upload = read_upload(request.actor, values)
        file = read_file_columns(upload.file.path, sheet=upload.sheet or None, name=upload.file.name)
    except UserError as fault:
        return render(
            request, "desk/imports/check.html", {"upload": None, "fault": fault}, status=fault.status
        )
    if request.method == "GET":
        return _render_columns(request, upload, file, _list_initial(upload, file))
    chosen = {field: request.POST.get(f"field_{field}", "") for field in ALIASES}
    try:
        text = _write_text(request, chosen, file)
        saved = save_mapping(actor=request.actor, name=request.POST.get("name", ""), text=text)
    except UserError as fault:
        return _render_columns(request, upload, file, chosen, fault)
    messages.success(request, _("已存为“%(name)s”，下次自动认出。") % {"name": saved.name})
    return redirect(upload.make_address("desk:import_check", mapping=saved.pk))


def _list_initial(upload: Upload, file: FileColumns) -> dict[str, str]:
    """Return the header of each field: that of the mapping that is in use, else the one that was recognised."""
    mapping: Mapping | None = None
    if upload.saved is not None:
        try:
            mapping = upload.mapping
        except MappingError:
            mapping = None
    if mapping is None:
        return file.recognised
    return {field: headers[0] for field, headers in mapping.columns.items()}


def _write_text(request: DeskRequest, chosen: dict[str, str], file: FileColumns) -> str:
    headers = {column.header for column in file.columns}
    columns = {field: header for field, header in chosen.items() if header in headers}
    missing = [str(TITLES[field]) for field in REQUIRED if field not in columns]
    if not EITHER & columns.keys():
        missing.append(f"{TITLES['subject']}/{TITLES['detail']}")
    if missing:
        raise UserError(
            _("还没有选：%(names)s。") % {"names": "、".join(missing)},
            hint=_("编号和时间必须选，标题和内容至少选一项。"),
        )
    closed_words = request.POST.get("closed_words", "").replace("、", ",").replace("，", ",").split(",")
    return write_mapping_text(
        source=request.POST.get("source", "").strip(),
        columns=columns,
        constants={},
        closed_words=[word.strip() for word in closed_words if word.strip()] if "status" in columns else (),
    )


def _render_columns(
    request: DeskRequest,
    upload: Upload,
    file: FileColumns,
    chosen: dict[str, str],
    fault: UserError | None = None,
) -> HttpResponse:
    fields: list[dict[str, Any]] = [
        {
            "name": f"field_{field}",
            "title": TITLES[field],
            "chosen": chosen.get(field, ""),
            "required": field in REQUIRED,
            "either": field in EITHER,
        }
        for field in ALIASES
    ]
    mapping = _find_mapping(upload)
    context = {
        "upload": upload,
        "file": file,
        "fields": sorted(fields, key=lambda row: not (row["required"] or row["either"])),
        "values": upload.list_values(),
        "fault": fault,
        "name": request.POST.get("name", upload.saved.name if upload.saved is not None else ""),
        "source": request.POST.get("source", mapping.source if mapping is not None else ""),
        "closed_words": request.POST.get("closed_words", _join_closed_words(mapping)),
        "back_url": upload.make_address("desk:import_check"),
    }
    return render(request, "desk/imports/columns.html", context, status=fault.status if fault else 200)


def _find_mapping(upload: Upload) -> Mapping | None:
    try:
        return upload.mapping
    except MappingError:
        return None


def _join_closed_words(mapping: Mapping | None) -> str:
    table = mapping.values.get("status", {}) if mapping is not None else {}
    return "、".join(word for word, meaning in table.items() if meaning == "CLOSED")


@require_staff(IMPORT)
@require_POST
def upload_mapping(request: DeskRequest) -> HttpResponse:
    """Save a mapping file that was written or exported elsewhere, under the name of the file."""
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise UserError(_("没有选择文件。"), hint=_("请选择 .toml 对照文件。"), field="file")
        raw = upload.read(MAX_TEXT + 1)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("gb18030", errors="replace")
        name = request.POST.get("name", "").strip() or (upload.name or "").rpartition(".")[0]
        saved = save_mapping(actor=request.actor, name=name, text=text)
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}".strip())
    else:
        messages.success(request, _("已存为“%(name)s”，下次自动认出。") % {"name": saved.name})
    return redirect("desk:imports")


@require_staff(IMPORT)
@require_safe
def send_mapping(request: DeskRequest, mapping_id: int) -> HttpResponse:
    """Send a saved mapping as the file that `jiedao import messages --mapping` reads."""
    saved = get_mapping(mapping_id)
    response = HttpResponse(saved.text, content_type="application/toml; charset=utf-8")
    name = content_disposition_header(True, f"{saved.name}.toml")
    response["Content-Disposition"] = name or "attachment"
    return response


@require_staff(IMPORT)
@require_POST
def delete_saved_mapping(request: DeskRequest, mapping_id: int) -> HttpResponse:
    """Delete a saved mapping."""
    name = delete_mapping(actor=request.actor, mapping_id=mapping_id)
    messages.success(request, _("已删除对照“%(name)s”。") % {"name": name})
    return redirect("desk:imports")
