"""The Word file of a report, read back: the page, fonts and sizes of GB/T 9704-2012."""

from io import BytesIO
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from jiedao.kernel.periods import parse_period
from jiedao.reports.building import build_document
from jiedao.reports.document import Document, Fact, Facts, Layout, Run, Table
from jiedao.reports.output.layout import LABEL_MM, MEASURES, find_closing_room, find_label_mm, find_widths
from jiedao.reports.output.word import write_word
from jiedao.reports.tests.conftest import TEXT, ReportTown

ALLOWED = Mm(1)


@pytest.fixture
def word(report_town: ReportTown) -> Any:
    """Return the Word file of the report of June, read back."""
    text = TEXT + "\n### （一）小标题\n\n正文。\n"
    return docx.Document(BytesIO(write_word(build_document(text, parse_period("2020-06")))))


def get_fonts(paragraph: Any) -> set[tuple[str, float]]:
    """Return East Asian font and size in points of the runs of a paragraph."""
    return {
        (run._r.rPr.rFonts.get(qn("w:eastAsia")), run.font.size.pt)
        for run in paragraph.runs
        if run.text.strip()
    }


def find_paragraph(word: Any, words: str) -> Any:
    return next(paragraph for paragraph in word.paragraphs if words in paragraph.text)


def test_the_page_has_the_margins_of_the_standard(word: Any) -> None:
    section = word.sections[0]
    sizes = (
        section.page_width,
        section.page_height,
        section.top_margin,
        section.left_margin,
        section.right_margin,
        section.bottom_margin,
    )
    for size, wanted in zip(sizes, (210, 297, 37, 28, 26, 35), strict=True):
        assert abs(size - Mm(wanted)) < ALLOWED


def test_a_page_holds_22_lines(word: Any) -> None:
    section = word.sections[0]
    height = section.page_height - section.top_margin - section.bottom_margin
    pitch = word.styles["Normal"].paragraph_format.line_spacing
    assert height // pitch == 22
    grid = section._sectPr.find(qn("w:docGrid"))
    assert abs(int(grid.get(qn("w:linePitch"))) / 20 - Pt(pitch.pt).pt) < 0.1


def test_title_headings_and_body_have_their_fonts_and_sizes(word: Any) -> None:
    assert get_fonts(find_paragraph(word, "工作月报")) == {("方正小标宋简体", 22.0)}
    assert get_fonts(find_paragraph(word, "一、违建")) == {("黑体", 16.0)}
    assert get_fonts(find_paragraph(word, "（一）小标题")) == {("楷体", 16.0)}
    assert get_fonts(find_paragraph(word, "拆除违建2处")) == {("仿宋", 16.0)}


def test_body_paragraphs_are_indented_by_two_characters(word: Any) -> None:
    indent = find_paragraph(word, "拆除违建2处")._p.pPr.find(qn("w:ind"))
    assert indent.get(qn("w:firstLineChars")) == "200"


def test_the_table_has_the_figures(word: Any) -> None:
    cells = [[cell.text for cell in row.cells] for row in word.tables[0].rows]
    assert cells[1][:3] == ["拆除违建", "2", "处"]
    assert cells[2][:3] == ["拆除面积", "540", "平方米"]


def test_columns_are_as_wide_as_their_texts() -> None:
    rows = (("街道应急管理和安全生产办公室", "12", "98.5"), ("城管科", "3", "100"))
    table = Table(
        ("单位", "受理处理投诉案件（宗）", "按期处置率（%）"),
        tuple(tuple((Run(text),) for text in row) for row in rows),
    )

    unit, reported, rate = find_widths(table, MEASURES[Layout.OFFICIAL])
    word = docx.Document(BytesIO(write_word(Document((table,)))))
    columns = [column.width.mm for column in word.tables[0].columns]

    assert unit == 29  # the fourteen characters of the longest name and a little room
    assert reported < unit / 2
    assert rate >= 8
    assert columns[0] > 2 * columns[2]
    assert sum(columns) == pytest.approx(156, abs=1)
    long = Table(("甲", "乙"), (((Run("字" * 90),), (Run("1"),)),))
    assert find_widths(long, MEASURES[Layout.OFFICIAL]) == (48, 8)


def test_a_latin_word_of_a_header_or_label_is_not_broken() -> None:
    measures = MEASURES[Layout.SHEET]
    row = tuple((Run("1"),) for _column in range(3))
    narrow = Table(("No.", "Item", "Not applicable"), (row,), widths=(7, 80, 9))

    number, item, applicable = find_widths(narrow, measures)

    assert (number, item) == (7, 80)
    assert applicable * measures.width_mm / 96 >= len("applicable") * 2  # a letter of 10.5 pt is 2 mm wide
    assert find_label_mm(Facts((Fact("负责人", "王磊"),)), measures) == LABEL_MM
    assert find_label_mm(Facts((Fact("Responsible unit", ""),)), measures) > LABEL_MM


def test_the_day_of_a_letter_begins_two_characters_after_its_sender() -> None:
    assert find_closing_room(("布吉街道办事处", "2020年7月1日")) == [3, 2]
    assert find_closing_room(("深圳市龙岗区布吉街道办事处", "2020年7月1日")) == [2, 7]
