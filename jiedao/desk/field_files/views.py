"""Importing the file into which a phone exported its queue: the last resort of a phone that cannot send."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.desk.links import get_case_url
from jiedao.fieldwork.actions.files import ImportLine, import_queue
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff

# One of these rights is needed to use the app; each item is checked by its own action.
RIGHTS = (
    "cases.case:report",
    "cases.case:verify",
    "cases.case:handle",
    "cases.case:check",
    "registers.visit:make",
)


@require_staff(*RIGHTS)
@require_http_methods(["GET", "POST"])
def import_file(request: DeskRequest) -> HttpResponse:
    """Carry out the items of the uploaded file and show the result of each."""
    if request.method == "GET":
        return render(request, "desk/field_files/import.html", {})
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise UserError(_("没有选择文件。"), hint=_("请选择手机导出的文件。"), field="file")
        lines = import_queue(request.actor, upload)
    except UserError as fault:
        return render(request, "desk/field_files/import.html", {"fault": fault}, status=fault.status)
    return render(request, "desk/field_files/import.html", {"lines": [_describe(line) for line in lines]})


def _describe(line: ImportLine) -> dict[str, Any]:
    """Return an item as a row: its words, its result, and a link to its case."""
    row: dict[str, Any] = {"label": line.label or _("不明"), "summary": line.summary, "fault": line.fault}
    if line.receipt is None:
        return row | {"state": _("没有导入"), "tone": "bad"}
    number = line.receipt.result.get("case")
    return row | {
        "state": _("已导入") if line.receipt.created else _("以前已收到"),
        "tone": "good" if line.receipt.created else "neutral",
        "number": number,
        "url": get_case_url(number) if number else "",
    }
