"""Write a document as a file in one of the formats that a reader can download."""

from collections.abc import Callable
from pathlib import Path

from django.utils.html import format_html
from django.utils.safestring import mark_safe

from jiedao.indicators.figure import Figure
from jiedao.reports.document import Document
from jiedao.reports.output.web import write_html

STYLE = Path(__file__).with_name("page.css")
# A file that is read without this office: its style is inside.
PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
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
    if suffix == "html":
        return _write_page(document, find_url)
    # Imported here, so that a server that writes no file does not load the libraries of Word and PDF.
    from jiedao.reports.output.pdf import write_pdf  # noqa: PLC0415
    from jiedao.reports.output.word import write_word  # noqa: PLC0415

    return {"docx": write_word, "pdf": write_pdf}[suffix](document)


def _write_page(document: Document, find_url: Callable[[Figure], str] | None) -> bytes:
    body = write_html(document, find_url or (lambda _figure: ""))
    if document.header:
        body = format_html('<p class="mark">{}</p>\n{}', document.header, body)
    style = mark_safe(STYLE.read_text(encoding="utf-8"))  # noqa: S308 (a file of this room)
    return format_html(PAGE, title=document.title, style=style, body=body).encode()
