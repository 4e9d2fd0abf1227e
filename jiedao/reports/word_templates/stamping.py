"""Write a line at the top or the foot of every page of a Word file, without moving what is on the page.

The line is a frame in the header or footer: it has its own place on the page, so that the letterhead of an office and
its page numbers stay where they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from docx import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph as WordParagraph

from jiedao.reports.output.layout import BODY_FACE, BODY_PT, FIRST_FACE, PAGE_HEIGHT_MM, Face
from jiedao.reports.output.word_text import set_face

TOP_MM, FOOT_MM = 12, 10  # from the edges of the page to the lines
FOOT_PT = 7.5
WIDTH_MM = {"right": 30, "left": 170}  # of a line, by its side


@dataclass(frozen=True)
class _Line:
    """A line with its look and its place: how far from the upper edge of the page, and at which side of the text."""

    words: str
    face: Face
    size: float
    top_mm: float
    side: str


def stamp_pages(content: bytes, *, header: str = "", footer: str = "") -> bytes:
    """Return a Word file with a line at the top right and one at the foot of every page; "" writes none."""
    word = WordDocument(BytesIO(content))
    for index, section in enumerate(word.sections):
        height = section.page_height.mm if section.page_height else PAGE_HEIGHT_MM
        if header:
            line = _Line(header, FIRST_FACE, BODY_PT, TOP_MM, "right")
            for part in _list_parts(word, section, "header"):
                _stamp(part, line, is_first=index == 0)
        if footer:
            line = _Line(footer, BODY_FACE, FOOT_PT, height - FOOT_MM, "left")
            for part in _list_parts(word, section, "footer"):
                _stamp(part, line, is_first=index == 0)
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def _list_parts(word: Any, section: Any, kind: str) -> Iterator[Any]:
    """Yield the headers or footers of a section that the document uses."""
    yield getattr(section, kind)
    if word.settings.odd_and_even_pages_header_footer:
        yield getattr(section, f"even_page_{kind}")
    if any(other.different_first_page_header_footer for other in word.sections):
        yield getattr(section, f"first_page_{kind}")


def _stamp(part: Any, line: _Line, *, is_first: bool) -> None:
    if part.is_linked_to_previous:
        if not is_first:  # it repeats the one of the section before
            return
        part.is_linked_to_previous = False
    element = OxmlElement("w:p")
    part._element.insert(0, element)
    paragraph = WordParagraph(element, part)
    frame = OxmlElement("w:framePr")
    for name, value in (
        ("w", str(round(Mm(WIDTH_MM[line.side]).pt * 20))),
        ("wrap", "around"),
        ("vAnchor", "page"),
        ("hAnchor", "margin"),
        ("xAlign", line.side),
        ("y", str(round(Mm(line.top_mm).pt * 20))),
    ):
        frame.set(qn(f"w:{name}"), value)
    element.get_or_add_pPr().append(frame)
    alignment = OxmlElement("w:jc")
    alignment.set(qn("w:val"), line.side)
    paragraph.paragraph_format.line_spacing = Pt(line.size * 1.4)
    element.pPr.append(alignment)
    set_face(paragraph.add_run(line.words), line.face, line.size)
