"""Word, PDF and HTML, read back: the measures of GB/T 9704-2012, fonts, page numbers, and the text."""

import re
from io import BytesIO
from typing import Any

import pytest
from docx import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Length
from pypdf import PdfReader

from jiedao.reports.document import Document, Heading, Level, Paragraph, Run, Table
from jiedao.reports.output.layout import BODY_FACE, CHARACTERS, LINES
from jiedao.reports.output.pdf import write_pdf
from jiedao.reports.output.typst_text import list_fonts
from jiedao.reports.output.web import write_html
from jiedao.reports.output.word import write_word

MM_PER_POINT = 25.4 / 72
has_font = pytest.mark.skipif(
    not set(BODY_FACE.pdf) & list_fonts(), reason="no font for Chinese is installed"
)


def make_document(paragraphs: int = 1) -> Document:
    return Document(
        (
            Heading(Level.TITLE, (Run("某街道半年工作总结"),)),
            Heading(Level.FIRST, (Run("一、主要工作"),)),
            Heading(Level.SECOND, (Run("(一)安全生产"),)),
            *(
                Paragraph((Run("共检查企业"), Run("320", is_strong=True), Run("家 <& #。")))
                for _ in range(paragraphs)
            ),
            Table(("社区", "件数"), (((Run("东湖"),), (Run("120"),)),), "各社区工单"),
        )
    )


@pytest.fixture(scope="module")
def word() -> Any:
    return WordDocument(BytesIO(write_word(make_document())))


def find_paragraph(word: Any, text: str) -> Any:
    return next(paragraph for paragraph in word.paragraphs if text in paragraph.text)


def test_word_has_the_margins_of_the_standard(word: Any) -> None:
    section = word.sections[0]

    margins = [section.top_margin, section.left_margin, section.right_margin, section.bottom_margin]

    assert [round(margin.mm) for margin in margins] == [37, 28, 26, 35]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)


def test_a_page_of_word_holds_22_lines(word: Any) -> None:
    section = word.sections[0]
    grid = section._sectPr.find(qn("w:docGrid"))
    pitch = int(grid.get(qn("w:linePitch"))) / 20
    height = Length(section.page_height - section.top_margin - section.bottom_margin).pt

    assert grid.get(qn("w:type")) == "lines"
    assert int(height / pitch) == LINES
    assert word.styles["Normal"].paragraph_format.line_spacing.pt == pytest.approx(pitch, abs=0.1)


def test_a_line_of_word_holds_28_characters(word: Any) -> None:
    section = word.sections[0]
    width = Length(section.page_width - section.left_margin - section.right_margin).pt

    assert round(width / word.styles["Normal"].font.size.pt) == CHARACTERS


@pytest.mark.parametrize(
    ("text", "face", "size"),
    [
        ("半年工作总结", "方正小标宋简体", 22),
        ("一、主要工作", "黑体", 16),
        ("(一)安全生产", "楷体", 16),
        ("共检查企业", "仿宋", 16),
    ],
)
def test_parts_of_word_have_their_fonts_and_sizes(word: Any, text: str, face: str, size: int) -> None:
    run = find_paragraph(word, text).runs[0]

    assert run._r.rPr.rFonts.get(qn("w:eastAsia")) == face
    assert run.font.size.pt == size


def test_paragraphs_of_word_are_indented_by_two_characters(word: Any) -> None:
    indent = find_paragraph(word, "共检查企业")._p.pPr.find(qn("w:ind"))

    assert indent.get(qn("w:firstLineChars")) == "200"


def test_word_has_page_numbers_at_the_outer_edge(word: Any) -> None:
    section = word.sections[0]

    assert word.settings.odd_and_even_pages_header_footer
    for footer in (section.footer, section.even_page_footer):
        assert "PAGE" in footer.paragraphs[0]._p.xml
        assert footer.paragraphs[0].text.startswith("— ")
    assert section.footer.paragraphs[0].alignment != section.even_page_footer.paragraphs[0].alignment


def test_word_has_the_table_with_a_header_that_is_repeated(word: Any) -> None:
    (table,) = word.tables

    assert [[cell.text for cell in row.cells] for row in table.rows] == [["社区", "件数"], ["东湖", "120"]]
    assert "tblHeader" in table.rows[0]._tr.xml


def test_word_names_no_author(word: Any) -> None:
    assert word.core_properties.author == ""
    assert word.core_properties.title == "某街道半年工作总结"


@has_font
def test_the_pdf_has_the_text_the_margins_and_22_lines() -> None:
    reader = PdfReader(BytesIO(write_pdf(make_document(paragraphs=60))))
    page = reader.pages[1]
    places: list[tuple[float, float]] = []

    def visit(text: str, matrix: list[float], _place: Any, _font: Any, size: float) -> None:
        if text.strip() and size > 15:
            places.append((matrix[4], matrix[5]))

    page.extract_text(visitor_text=visit)
    lines = {round(top) for _left, top in places}
    text = re.sub(r"\s", "", page.extract_text())

    assert "共检查企业320家<&#。" in text
    assert "—2—" in text
    assert [round(float(side) * MM_PER_POINT) for side in page.mediabox[2:]] == [210, 297]
    assert len(lines) == LINES
    assert min(left for left, _top in places) * MM_PER_POINT >= 27.9


def test_html_escapes_the_text_and_has_one_title() -> None:
    html = write_html(make_document(), lambda _figure: "")

    assert html.count("<h1>") == 1
    assert "<strong>320</strong>" in html
    assert "&lt;&amp; #。" in html
