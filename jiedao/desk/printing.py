"""Sending a printout: the file in its format and with its name, its audit entry, and the address in its code."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from jiedao.pages.entry import DeskRequest
from jiedao.reports.document import Document
from jiedao.reports.output.files import FORMATS, write_file
from jiedao.reports.printing.recording import Sheet, record_printout

PRINTED = ("pdf", "docx")
NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')
MOST_IN_NAME = 60  # characters of one part of a file's name
# A browser shows a PDF by a page of its own, to which the policy of the file applies as well.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:"


@dataclass(frozen=True)
class Printout:
    """A document that was put together for a user.

    Attributes:
        name: the parts of the file's name, such as ("案件工作单", "2020063000012").
        object_type, ids: what was printed, for the audit.
        revealed: whether personal data is in clear.
    """

    document: Document
    name: Sequence[str]
    sheet: Sheet
    object_type: str
    ids: Iterable[int]
    revealed: bool = False


def need_format(suffix: str) -> str:
    """Return the format of a printout; raise Http404 for another one."""
    if suffix not in PRINTED:
        raise Http404
    return suffix


def make_file_name(parts: Iterable[str], suffix: str) -> str:
    """Return the name of a file that every system can store."""
    clean = (NOT_IN_NAMES.sub(" ", part).strip(" .")[:MOST_IN_NAME] for part in parts)
    return f"{'-'.join(part for part in clean if part)}.{suffix}"


def send_printout(request: DeskRequest, printout: Printout, suffix: str) -> HttpResponse:
    """Return the file of a printout and record who printed it. A PDF opens in the browser, which can print it.

    `?save=1` downloads the PDF instead. The entry is written last: a file that fails is not printed.
    """
    content = write_file(printout.document, need_format(suffix))
    record_printout(
        actor=request.actor,
        sheet=printout.sheet,
        suffix=suffix,
        object_type=printout.object_type,
        ids=printout.ids,
        revealed=printout.revealed,
    )
    answer = HttpResponse(content, content_type=FORMATS[suffix])
    is_shown = suffix == "pdf" and "save" not in request.GET
    name = make_file_name(printout.name, suffix)
    answer["Content-Disposition"] = content_disposition_header(not is_shown, name) or "inline"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = PDF_POLICY
    return answer
