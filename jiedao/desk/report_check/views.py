"""The check of a text's numbers: a text is pasted or a file is uploaded, and nothing of it is stored."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.desk.report_check.page import cut_text, list_findings
from jiedao.kernel.errors import UserError
from jiedao.pages.documents import read_upload
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.reports.foreign_check import check_foreign_text
from jiedao.reports.reading import LONGEST, SUFFIXES, refuse_document


@require_staff()
@require_http_methods(["GET", "POST"])
def check_report(request: DeskRequest) -> HttpResponse:
    """Show the form, and after a POST the text with a mark at each finding."""
    context: dict[str, Any] = {
        "accept": ",".join(SUFFIXES),
        "longest": LONGEST,
        "text": request.POST.get("text", ""),
    }
    status = 200
    if request.method == "POST":
        try:
            context |= _check(context["text"], request.FILES.get("file"))
        except UserError as fault:
            context["fault"] = fault
            status = fault.status
    return render(request, "desk/report_check/check.html", context, status=status)


def _check(text: str, file: "UploadedFile[bytes] | None") -> dict[str, Any]:
    """Return what the page shows of a text; a file goes before a pasted text."""
    if file is not None:
        text = read_upload(file)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise UserError(_("没有可核对的文字。"), hint=_("请粘贴一段文字，或选一份文件。"), field="text")
    if len(text) > LONGEST:
        raise refuse_document("LONG", _("粘贴的文字"))
    result = check_foreign_text(text)
    findings = list_findings(result)
    return {
        "text": text,
        "name": file.name if file is not None else "",
        "pieces": cut_text(text, findings),
        "findings": findings,
        "checked": len(result.claims) + len(result.findings),
        "quantities": result.quantities,
        "wrong": len(result.alarms),
        "holding": len(result.claims),
        "implied": result.implied,
        "is_complete": result.is_complete,
    }
