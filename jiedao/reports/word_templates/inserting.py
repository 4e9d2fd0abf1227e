"""Put the text, tables and pictures of a report in place of their marks in a filled Word template."""

from collections.abc import Sequence
from copy import deepcopy
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from docx import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph as WordParagraph

from jiedao.kernel.errors import UserError
from jiedao.reports.document import Block, Heading, Layout, Level, Paragraph, Run
from jiedao.reports.output.layout import BODY_PT, MEASURES, TITLE_PT, Face
from jiedao.reports.output.word import FACES, add_drawing, add_table, set_outline
from jiedao.reports.output.word_text import set_face
from jiedao.reports.sandbox import MARK
from jiedao.reports.templating import Marks

KEPT_OUT = ("w:sectPr", "w:numPr")  # what a copy of the paragraph's format must not repeat


def insert_blocks(content: bytes, marks: Marks, body: Sequence[Block]) -> bytes:
    """Return the document with the blocks of its marks; `body` replaces the mark of the body.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        word = WordDocument(BytesIO(content))
    except (KeyError, ValueError, AttributeError) as fault:
        raise UserError(
            _("这份 Word 文件读不了。"),
            hint=_("请用 WPS 或 Office 打开后另存为 .docx，再上传。"),
            field="file",
        ) from fault
    for element in list(word.element.body.iter(qn("w:p"))):
        match = MARK.fullmatch("".join(text.text or "" for text in element.iter(qn("w:t"))).strip())
        if match is not None:
            item = marks.get(match[1])
            _replace(word, element, [item] if isinstance(item, Block) else list(body))
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def _replace(word: Any, place: Any, blocks: Sequence[Block]) -> None:
    look = _Look(place)
    for block in blocks:
        if isinstance(block, Heading | Paragraph):
            place.addprevious(look.make_paragraph(word, block))
        else:
            for element in _make_elements(word, block):
                place.addprevious(element)
    cell = place.getparent()
    is_last_of_cell = cell.tag == qn("w:tc") and place.getnext() is None
    if place.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None or is_last_of_cell:
        # The end of a section, and the paragraph that a cell must end with, stay without their text.
        for run in place.findall(qn("w:r")):
            place.remove(run)
    else:
        cell.remove(place)


def _make_elements(word: Any, block: Any) -> list[Any]:
    """Return the elements of a table or picture, which are made at the end of the document and removed from there."""
    parent = word.element.body
    before = set(parent)
    if hasattr(block, "rows"):
        add_table(word, block, MEASURES[Layout.OFFICIAL])
    else:
        add_drawing(word, block, MEASURES[Layout.OFFICIAL])
    return [element for element in parent if element not in before]


class _Look:
    """The format of the paragraph in which the mark is: that of the text which replaces it."""

    def __init__(self, place: Any) -> None:
        self.format = deepcopy(place.find(qn("w:pPr")))
        if self.format is None:
            self.format = OxmlElement("w:pPr")
        for name in KEPT_OUT:
            for element in self.format.findall(qn(name)):
                self.format.remove(element)
        self.letters = next((run.find(qn("w:rPr")) for run in place.iter(qn("w:r"))), None)

    def make_paragraph(self, word: Any, block: Heading | Paragraph) -> Any:
        """Return a paragraph with the runs of a block."""
        element = OxmlElement("w:p")
        element.append(deepcopy(self.format))
        paragraph = WordParagraph(element, word._body)
        is_title = isinstance(block, Heading) and block.level is Level.TITLE
        for run in block.runs:
            self._add_run(paragraph, run, block)
        if is_title:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.paragraph_format.first_line_indent = None
        elif element.find(f"{qn('w:pPr')}/{qn('w:ind')}") is None:
            indent = OxmlElement("w:ind")
            indent.set(qn("w:firstLineChars"), "200")
            indent.set(qn("w:firstLine"), str(round(self._find_size() * 2 * 20)))
            element.pPr._insert_ind(indent)
        if isinstance(block, Heading) and not is_title:
            paragraph.paragraph_format.keep_with_next = True
            set_outline(paragraph, block.level - 1)
        return element

    def _find_size(self) -> float:
        """Return the size of the letters in points; that of official documents where it is not stated."""
        size = None if self.letters is None else self.letters.find(qn("w:sz"))
        return float(size.get(qn("w:val"))) / 2 if size is not None else BODY_PT

    def _add_run(self, paragraph: Any, run: Run, block: Heading | Paragraph) -> None:
        added = paragraph.add_run(run.text)
        if self.letters is not None:
            added._r.insert(0, deepcopy(self.letters))
        if run.is_strong:
            added.font.bold = True
        if isinstance(block, Heading):
            face: Face = FACES[block.level]
            size = TITLE_PT if block.level is Level.TITLE else None
            set_face(added, face, size, is_strong=run.is_strong)
