"""Write a document as a file in one of the formats that a reader can download."""

from collections.abc import Callable

from django.template.loader import render_to_string

from jiedao.indicators.figure import Figure
from jiedao.reports.document import Document
from jiedao.reports.output.pdf import write_pdf
from jiedao.reports.output.web import write_html
from jiedao.reports.output.word import write_word

FORMATS = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


def write_file(document: Document, suffix: str, find_url: Callable[[Figure], str] | None = None) -> bytes:
    """Return the file of a document in a format of `FORMATS`; raise KeyError for another one.

    Args:
        find_url: the address of a figure in an HTML file; without it the numbers are no links, because an address of
            this office is of no use to a reader elsewhere.
    """
    return {"html": lambda: _write_page(document, find_url), "docx": lambda: write_word(document),
            "pdf": lambda: write_pdf(document)}[suffix]()  # fmt: skip


def _write_page(document: Document, find_url: Callable[[Figure], str] | None) -> bytes:
    body = write_html(document, find_url or (lambda _figure: ""))
    context = {"title": document.title, "body": body}
    return render_to_string("reports/page.html", context).encode()
