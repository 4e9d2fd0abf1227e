"""Write a document as Word, laid out to GB/T 9704-2012."""

from io import BytesIO
from typing import Any

from docx import Document as WordDocument
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from jiedao.reports.document import Block, Document, Drawing, Heading, Level, Paragraph, Run, Table
from jiedao.reports.output.drawings import draw
from jiedao.reports.output.layout import (
    BODY_FACE,
    BODY_PT,
    BOTTOM_MM,
    FIRST_FACE,
    LEFT_MM,
    LINE_PITCH_PT,
    NUMBER_FACE,
    NUMBER_PT,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    RIGHT_MM,
    SECOND_FACE,
    TABLE_PT,
    TITLE_FACE,
    TITLE_PT,
    TOP_MM,
    Face,
)
from jiedao.reports.output.pdf import convert_svg

FACES = {Level.TITLE: TITLE_FACE, Level.FIRST: FIRST_FACE, Level.SECOND: SECOND_FACE, Level.THIRD: BODY_FACE}
AFTER_OUTLINE = ("w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange")  # in the order of the format
GRID_STYLE = "Table Grid"
FOOTER_MM = 28  # the page number is 7 mm below the type area


def write_word(document: Document) -> bytes:
    """Return the .docx file of a document."""
    word = WordDocument()
    _lay_out_page(word)
    _set_body_style(word)
    for block in document.blocks:
        _add_block(word, block)
    word.core_properties.title = document.title[:200]
    word.core_properties.author = ""
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def _lay_out_page(word: Any) -> None:
    section = word.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(PAGE_WIDTH_MM), Mm(PAGE_HEIGHT_MM)
    section.top_margin, section.bottom_margin = Mm(TOP_MM), Mm(BOTTOM_MM)
    section.left_margin, section.right_margin = Mm(LEFT_MM), Mm(RIGHT_MM)
    section.footer_distance = Mm(FOOTER_MM - 2)
    _set_grid(section)
    word.settings.odd_and_even_pages_header_footer = True
    _add_page_number(section.footer, WD_ALIGN_PARAGRAPH.RIGHT)
    _add_page_number(section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)


def _set_grid(section: Any) -> None:
    """Let the page hold 22 lines, as the standard asks."""
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(LINE_PITCH_PT * 20)))


def _add_page_number(footer: Any, alignment: WD_ALIGN_PARAGRAPH) -> None:
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.alignment = alignment
    # One character of room at the outer edge.
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(NUMBER_PT)
    for text, kind in (("— ", ""), ("", "begin"), ("PAGE", "code"), ("", "end"), (" —", "")):
        run = paragraph.add_run(text if not kind else "")
        set_face(run, NUMBER_FACE, NUMBER_PT)
        if kind == "code":
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = text
            run._r.append(code)
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


def _set_body_style(word: Any) -> None:
    style = word.styles["Normal"]
    style.font.name, style.font.size = BODY_FACE.word, Pt(BODY_PT)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY_FACE.word)
    spacing = style.paragraph_format
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE_PITCH_PT)
    spacing.space_before = spacing.space_after = Pt(0)
    spacing.widow_control = False


def set_face(run: Any, face: Face, size: float | None, *, is_strong: bool = False) -> None:
    """Give a run its font, for Chinese letters as well; without a size it keeps its own."""
    run.font.name, run.font.bold = face.word, is_strong
    if size is not None:
        run.font.size = Pt(size)
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face.word)


def _add_block(word: Any, block: Block) -> None:
    if isinstance(block, Heading):
        _add_heading(word, block)
    elif isinstance(block, Paragraph):
        _add_runs(_add_indented(word), block.runs, BODY_FACE, BODY_PT)
    elif isinstance(block, Table):
        add_table(word, block)
    else:
        add_drawing(word, block)


def _add_heading(word: Any, heading: Heading) -> None:
    if heading.level is Level.TITLE:
        paragraph = word.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _add_runs(paragraph, heading.runs, TITLE_FACE, TITLE_PT)
        word.add_paragraph()
        return
    paragraph = _add_indented(word)
    paragraph.paragraph_format.keep_with_next = True
    _add_runs(paragraph, heading.runs, FACES[heading.level], BODY_PT)
    set_outline(paragraph, heading.level - 1)


def set_outline(paragraph: Any, level: int) -> None:
    """Let the heading appear in Word's navigation without the look of Word's own headings."""
    outline = OxmlElement("w:outlineLvl")
    outline.set(qn("w:val"), str(level))
    paragraph._p.get_or_add_pPr().insert_element_before(outline, *AFTER_OUTLINE)


def _add_indented(word: Any) -> Any:
    paragraph = word.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    indent = OxmlElement("w:ind")
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), str(BODY_PT * 2 * 20))
    paragraph._p.get_or_add_pPr().append(indent)
    return paragraph


def _add_runs(paragraph: Any, runs: tuple[Run, ...], face: Face, size: float) -> None:
    for run in runs:
        set_face(paragraph.add_run(run.text), face, size, is_strong=run.is_strong)


def add_table(word: Any, table: Table) -> None:
    """Add a table at the end of a document."""
    if table.caption:
        _add_caption(word, table.caption)
    grid = word.add_table(rows=1, cols=len(table.header))
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    _set_lines(word, grid)
    for cell, words in zip(grid.rows[0].cells, table.header, strict=True):
        _fill_cell(cell, (Run(words),), FIRST_FACE, is_first=False)
    _repeat_header(grid.rows[0])
    for row in table.rows:
        for position, (cell, runs) in enumerate(zip(grid.add_row().cells, row, strict=True)):
            _fill_cell(cell, runs, BODY_FACE, is_first=position == 0)
    word.add_paragraph()


def _set_lines(word: Any, grid: Any) -> None:
    """Draw the lines of a table: by Word's style, or one by one in a document that lacks it."""
    if GRID_STYLE in word.styles:
        grid.style = GRID_STYLE
        return
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "auto")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    grid._tbl.tblPr.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")


def _fill_cell(cell: Any, runs: tuple[Run, ...], face: Face, *, is_first: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if is_first else WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.line_spacing = Pt(TABLE_PT * 1.5)
    _add_runs(paragraph, runs, face, TABLE_PT)


def _repeat_header(row: Any) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _add_caption(word: Any, caption: str) -> None:
    paragraph = word.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    _add_runs(paragraph, (Run(caption),), FIRST_FACE, TABLE_PT)


def add_drawing(word: Any, drawing: Drawing) -> None:
    """Add a chart or map as a picture at the end of a document."""
    _add_caption(word, drawing.caption)
    paragraph = word.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.line_spacing_rule = (
        WD_LINE_SPACING.SINGLE
    )  # an exact pitch would cut the picture
    paragraph.add_run().add_picture(BytesIO(convert_svg(draw(drawing))), width=Mm(140))
