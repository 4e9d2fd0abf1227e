"""Write a document as Word, laid out to GB/T 9704-2012 or as a sheet."""

from io import BytesIO
from typing import Any

from docx import Document as WordDocument
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from jiedao.reports.document import (
    AreaMap,
    Block,
    Chart,
    Document,
    Drawing,
    Heading,
    Layout,
    Level,
    Paragraph,
    Run,
    Table,
    read_text,
)
from jiedao.reports.output.drawings import draw
from jiedao.reports.output.layout import (
    BODY_FACE,
    FIRST_FACE,
    HEADER_MM,
    MEASURES,
    NUMBER_FACE,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    SECOND_FACE,
    SHORT_CELL,
    TITLE_FACE,
    Face,
    Measures,
    find_widths,
)
from jiedao.reports.output.pdf import convert_svg
from jiedao.reports.output.word_sheet import add_sheet_block, fill_sheet_footer
from jiedao.reports.output.word_text import add_field, add_runs, fix_widths, keep_row_together, set_face

FACES = {Level.TITLE: TITLE_FACE, Level.FIRST: FIRST_FACE, Level.SECOND: SECOND_FACE, Level.THIRD: BODY_FACE}
AFTER_OUTLINE = ("w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange")  # in the order of the format
GRID_STYLE = "Table Grid"
FOOTER_MM = 28  # the page number is 7 mm below the type area


def write_word(document: Document) -> bytes:
    """Return the .docx file of a document."""
    word = WordDocument()
    measures = MEASURES[document.layout]
    _lay_out_page(word, document, measures)
    _set_body_style(word, measures)
    for block in document.blocks:
        _add_block(word, block, document.layout)
    word.core_properties.title = document.title[:200]
    word.core_properties.author = ""
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def _lay_out_page(word: Any, document: Document, measures: Measures) -> None:
    section = word.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(PAGE_WIDTH_MM), Mm(PAGE_HEIGHT_MM)
    section.top_margin, section.bottom_margin = Mm(measures.top_mm), Mm(measures.bottom_mm)
    section.left_margin, section.right_margin = Mm(measures.left_mm), Mm(measures.right_mm)
    if document.header:
        word.settings.odd_and_even_pages_header_footer = document.layout is Layout.OFFICIAL
        for header in (section.header, section.even_page_header):
            _fill_header(header, document.header, measures)
        section.header_distance = Mm(HEADER_MM - 8)
    if document.layout is Layout.SHEET:
        section.footer_distance = Mm(measures.bottom_mm - 8)
        fill_sheet_footer(section.footer, document.footer, measures)
        return
    section.footer_distance = Mm(FOOTER_MM - 2)
    _set_grid(section, measures)
    word.settings.odd_and_even_pages_header_footer = True
    _add_page_number(section.footer, WD_ALIGN_PARAGRAPH.RIGHT, measures)
    _add_page_number(section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT, measures)


def _fill_header(header: Any, words: str, measures: Measures) -> None:
    header.is_linked_to_previous = False
    paragraph = header.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    set_face(paragraph.add_run(words), FIRST_FACE, measures.body_pt)


def _set_grid(section: Any, measures: Measures) -> None:
    """Let the page hold 22 lines, as the standard asks."""
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(measures.pitch_pt * 20)))


def _add_page_number(footer: Any, alignment: WD_ALIGN_PARAGRAPH, measures: Measures) -> None:
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.alignment = alignment
    # One character of room at the outer edge.
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(measures.number_pt)
    set_face(paragraph.add_run("— "), NUMBER_FACE, measures.number_pt)
    add_field(paragraph, "PAGE", NUMBER_FACE, measures.number_pt)
    set_face(paragraph.add_run(" —"), NUMBER_FACE, measures.number_pt)


def _set_body_style(word: Any, measures: Measures) -> None:
    style = word.styles["Normal"]
    style.font.name, style.font.size = BODY_FACE.word, Pt(measures.body_pt)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY_FACE.word)
    spacing = style.paragraph_format
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(measures.pitch_pt)
    spacing.space_before = spacing.space_after = Pt(0)
    spacing.widow_control = False


def _add_block(word: Any, block: Block, layout: Layout) -> None:
    measures = MEASURES[layout]
    if isinstance(block, Heading):
        _add_heading(word, block, layout)
    elif isinstance(block, Paragraph):
        paragraph = _add_body_paragraph(word, layout, is_flush=block.is_flush)
        add_runs(paragraph, block.runs, BODY_FACE, measures.body_pt)
    elif isinstance(block, Table):
        add_table(word, block, measures)
    elif isinstance(block, Chart | AreaMap):
        add_drawing(word, block, measures)
    else:
        add_sheet_block(word, block, measures)


def _add_heading(word: Any, heading: Heading, layout: Layout) -> None:
    measures = MEASURES[layout]
    if heading.level is Level.TITLE:
        paragraph = word.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        add_runs(paragraph, heading.runs, TITLE_FACE, measures.title_pt)
        word.add_paragraph()
        return
    paragraph = _add_body_paragraph(word, layout)
    paragraph.paragraph_format.keep_with_next = True
    if layout is Layout.SHEET:
        paragraph.paragraph_format.space_before = Pt(measures.section_pt - measures.gap_pt)
    add_runs(paragraph, heading.runs, FACES[heading.level], measures.body_pt)
    set_outline(paragraph, heading.level - 1)


def set_outline(paragraph: Any, level: int) -> None:
    """Let the heading appear in Word's navigation without the look of Word's own headings."""
    outline = OxmlElement("w:outlineLvl")
    outline.set(qn("w:val"), str(level))
    paragraph._p.get_or_add_pPr().insert_element_before(outline, *AFTER_OUTLINE)


def _add_body_paragraph(word: Any, layout: Layout, *, is_flush: bool = False) -> Any:
    """Add a paragraph; in an official document its first line is indented by two characters."""
    paragraph = word.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    if layout is Layout.OFFICIAL and not is_flush:
        indent = OxmlElement("w:ind")
        indent.set(qn("w:firstLineChars"), "200")
        indent.set(qn("w:firstLine"), str(round(MEASURES[layout].body_pt * 2 * 20)))
        paragraph._p.get_or_add_pPr().append(indent)
    return paragraph


def add_table(word: Any, table: Table, measures: Measures) -> None:
    """Add a table at the end of a document."""
    if table.caption:
        _add_caption(word, table.caption, measures)
    grid = word.add_table(rows=1, cols=len(table.header))
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    _set_lines(word, grid)
    for cell, words in zip(grid.rows[0].cells, table.header, strict=True):
        _fill_cell(cell, (Run(words),), FIRST_FACE, measures, is_left=False)
    _repeat_header(grid.rows[0])
    for row in table.rows:
        word_row = grid.add_row()
        if all(len(read_text(runs)) <= SHORT_CELL for runs in row):
            keep_row_together(word_row)
        for position, (cell, runs) in enumerate(zip(word_row.cells, row, strict=True)):
            _fill_cell(cell, runs, BODY_FACE, measures, is_left=position in table.left)
    widths = find_widths(table, measures)
    fix_widths(grid, [measures.width_mm * width / sum(widths) for width in widths])
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


def _fill_cell(cell: Any, runs: tuple[Run, ...], face: Face, measures: Measures, *, is_left: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if is_left else WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.line_spacing = Pt(measures.table_pt * 1.5)
    add_runs(paragraph, runs, face, measures.table_pt)


def _repeat_header(row: Any) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _add_caption(word: Any, caption: str, measures: Measures) -> None:
    paragraph = word.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    add_runs(paragraph, (Run(caption),), FIRST_FACE, measures.table_pt)


def add_drawing(word: Any, drawing: Drawing, measures: Measures) -> None:
    """Add a chart or map as a picture at the end of a document."""
    _add_caption(word, drawing.caption, measures)
    paragraph = word.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    # An exact pitch would cut the picture.
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    paragraph.add_run().add_picture(BytesIO(convert_svg(draw(drawing))), width=Mm(140))
