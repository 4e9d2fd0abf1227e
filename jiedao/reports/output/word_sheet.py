"""The blocks of a printout in Word."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from docx.enum.table import WD_ALIGN_VERTICAL, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from jiedao.reports.document import (
    Closing,
    Fact,
    Facts,
    Imprint,
    Masthead,
    PageBreak,
    Picture,
    PictureKind,
    Pictures,
    Run,
    SheetBlock,
    SignatureLines,
)
from jiedao.reports.output.layout import (
    BODY_FACE,
    CODE_MM,
    DIGEST_PT,
    FIRST_FACE,
    IMPRINT_PT,
    INNER_RULE_MM,
    NUMBER_FACE,
    OUTER_RULE_MM,
    TITLE_FACE,
    Face,
    Measures,
    find_closing_room,
    find_label_mm,
)
from jiedao.reports.output.pdf import convert_svg
from jiedao.reports.output.word_text import add_field, add_runs, fix_widths, keep_row_together, set_face

CAPTION_PT = 9
GAP_MM = 4  # between pictures
CELL_MARGIN_MM = 3.8  # left and right of the text of a cell together


def fill_sheet_footer(footer: Any, words: str, measures: Measures) -> None:
    """Write the footer of a sheet: its line at the left, the number of the page and of the pages at the right."""
    before, middle, after = _("第 # 页，共 # 页").split("#")
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.style = "Normal"  # the style of footers has a tab stop in the middle
    stops = paragraph.paragraph_format.tab_stops
    stops.add_tab_stop(Mm(measures.width_mm), WD_TAB_ALIGNMENT.RIGHT)
    size = measures.number_pt
    paragraph.paragraph_format.line_spacing = Pt(size * 1.4)
    set_face(paragraph.add_run(f"{words}\t{before}"), NUMBER_FACE, size)
    add_field(paragraph, "PAGE", NUMBER_FACE, size)
    set_face(paragraph.add_run(middle), NUMBER_FACE, size)
    add_field(paragraph, "NUMPAGES", NUMBER_FACE, size)
    set_face(paragraph.add_run(after), NUMBER_FACE, size)


def add_sheet_block(word: Any, block: SheetBlock, measures: Measures) -> None:
    """Add a block of a printout."""
    if isinstance(block, Masthead):
        _add_masthead(word, block, measures)
    elif isinstance(block, Facts):
        _add_facts(word, block, measures)
    elif isinstance(block, Pictures):
        _add_pictures(word, block, measures)
    elif isinstance(block, SignatureLines):
        _add_signature_lines(word, block, measures)
    elif isinstance(block, Closing):
        _add_closing(word, block, measures)
    elif isinstance(block, Imprint):
        _add_imprint(word, block, measures)
    else:
        assert isinstance(block, PageBreak)
        _add_page_break(word)


def _add_masthead(word: Any, masthead: Masthead, measures: Measures) -> None:
    side = CODE_MM + CELL_MARGIN_MM if masthead.code is not None else 0
    grid = word.add_table(rows=1, cols=2 if side else 1)
    fix_widths(grid, [measures.width_mm - side, side] if side else [measures.width_mm])
    title = _use_cell(grid.rows[0].cells[0])
    title.paragraph_format.line_spacing = Pt(measures.title_pt * 1.4)
    add_runs(title, (Run(masthead.title),), TITLE_FACE, measures.title_pt)
    for line in masthead.lines:
        paragraph = grid.rows[0].cells[0].add_paragraph()
        add_runs(paragraph, (Run(line),), BODY_FACE, measures.body_pt)
    if masthead.code is not None:
        _fill_with_picture(grid.rows[0].cells[1], masthead.code, CODE_MM, CODE_MM)
    _add_gap(word)


def _add_facts(word: Any, facts: Facts, measures: Measures) -> None:
    grid = word.add_table(rows=0, cols=4)
    grid.style, grid.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    for row_facts in _pair(facts.facts):
        row = grid.add_row()
        cells = row.cells
        if len(row_facts) == 1:
            cells[1].merge(cells[3])
        for position, fact in enumerate(row_facts):
            _shade(cells[position * 2])  # first: Word expects the shade before the vertical alignment
            _fill_cell(cells[position * 2], fact.label, FIRST_FACE, measures)
            _fill_cell(cells[position * 2 + 1], fact.value, BODY_FACE, measures)
            if fact.height_mm:
                cells[position * 2 + 1].vertical_alignment = WD_ALIGN_VERTICAL.TOP
        if height := max(fact.height_mm for fact in row_facts):
            row.height, row.height_rule = Mm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
    _fix_pair_widths(grid, find_label_mm(facts, measures), measures)
    _add_gap(word)


def _pair(facts: Sequence[Fact]) -> Iterator[list[Fact]]:
    """Yield the facts of each line: two, or one that is wide or has no neighbour."""
    waiting: list[Fact] = []
    for fact in facts:
        if fact.is_wide:
            if waiting:
                yield waiting
            yield [fact]
            waiting = []
            continue
        waiting.append(fact)
        if len(waiting) == 2:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _fix_pair_widths(grid: Any, label_mm: float, measures: Measures) -> None:
    widths = [label_mm, measures.width_mm / 2 - label_mm] * 2
    fix_widths(grid, widths)
    for row in grid.rows:
        if len(row._tr.tc_lst) == 2:
            row._tr.tc_lst[1].width = Mm(sum(widths[1:]))


def _fill_cell(cell: Any, text: str, face: Face, measures: Measures) -> None:
    paragraph = _use_cell(cell)
    paragraph.paragraph_format.line_spacing = Pt(measures.table_pt * 1.5)
    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    add_runs(paragraph, (Run(text),), face, measures.table_pt)


def _use_cell(cell: Any) -> Any:
    """Return the one paragraph that is left of a cell, also after merging."""
    for paragraph in cell.paragraphs[1:]:
        paragraph._p.getparent().remove(paragraph._p)
    return cell.paragraphs[0]


def _shade(cell: Any) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), "F0F0F0")
    cell._tc.get_or_add_tcPr().append(shade)


def _add_pictures(word: Any, pictures: Pictures, measures: Measures) -> None:
    columns = pictures.columns
    width = measures.width_mm / columns
    grid = word.add_table(rows=0, cols=columns)
    for start in range(0, len(pictures.pictures), columns):
        row = grid.add_row()
        keep_row_together(row)
        for cell, picture in zip(row.cells, pictures.pictures[start : start + columns], strict=False):
            _fill_with_picture(cell, picture, width - GAP_MM, pictures.height_mm)
    fix_widths(grid, [width] * columns)
    _add_gap(word)


def _fill_with_picture(cell: Any, picture: Picture, width_mm: float, height_mm: float) -> None:
    paragraph = _use_cell(cell)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE  # an exact pitch would cut it
    content = convert_svg(picture.content.decode()) if picture.kind is PictureKind.SVG else picture.content
    width = min(width_mm, height_mm * picture.ratio)
    paragraph.add_run().add_picture(BytesIO(content), width=Mm(width))
    if picture.caption:
        caption = cell.add_paragraph()
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
        caption.paragraph_format.line_spacing = Pt(CAPTION_PT * 1.5)
        add_runs(caption, (Run(picture.caption),), BODY_FACE, CAPTION_PT)


def _add_signature_lines(word: Any, block: SignatureLines, measures: Measures) -> None:
    _add_gap(word)
    grid = word.add_table(rows=1, cols=len(block.labels))
    for cell, label in zip(grid.rows[0].cells, block.labels, strict=True):
        paragraph = _use_cell(cell)
        stops = paragraph.paragraph_format.tab_stops
        stops.add_tab_stop(Mm(measures.width_mm / len(block.labels) - CELL_MARGIN_MM))
        add_runs(paragraph, (Run(label),), BODY_FACE, measures.body_pt)
        line = paragraph.add_run("\t")
        set_face(line, BODY_FACE, measures.body_pt)
        line.font.underline = True
    fix_widths(grid, [measures.width_mm / len(block.labels)] * len(block.labels))
    _add_gap(word)


def _add_closing(word: Any, closing: Closing, measures: Measures) -> None:
    if word.paragraphs:
        # The sender and the day never stand on a page without text.
        word.paragraphs[-1].paragraph_format.keep_with_next = True
    word.add_paragraph().paragraph_format.keep_with_next = True
    for line, room in zip(closing.lines, find_closing_room(closing.lines), strict=True):
        paragraph = word.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = Pt(measures.body_pt * room)
        paragraph.paragraph_format.keep_with_next = line != closing.lines[-1]
        add_runs(paragraph, (Run(line),), BODY_FACE, measures.body_pt)


def _add_imprint(word: Any, imprint: Imprint, measures: Measures) -> None:
    """Add the imprint as a table that floats to the lower edge of the text of the last page."""
    rows = [*((line, IMPRINT_PT) for line in imprint.lines), (imprint.digest, DIGEST_PT)]
    grid = word.add_table(rows=len(rows), cols=1)
    fix_widths(grid, [measures.width_mm])
    for row, (words, size) in zip(grid.rows, rows, strict=True):
        keep_row_together(row)
        paragraph = _use_cell(row.cells[0])
        paragraph.paragraph_format.line_spacing = Pt(size * 1.6)
        add_runs(paragraph, (Run(words),), BODY_FACE, size)
    _rule_imprint(grid)
    _float_to_foot(grid)
    _add_gap(word)  # the paragraph to which the table is anchored


def _rule_imprint(grid: Any) -> None:
    borders = OxmlElement("w:tblBorders")
    for side, width in (("top", OUTER_RULE_MM), ("bottom", OUTER_RULE_MM), ("insideH", INNER_RULE_MM)):
        line = OxmlElement(f"w:{side}")
        eighths = str(round(Mm(width).pt * 8))
        for name, value in (("val", "single"), ("sz", eighths), ("space", "0"), ("color", "auto")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    grid._tbl.tblPr.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")


def _float_to_foot(grid: Any) -> None:
    place = OxmlElement("w:tblpPr")
    for name, value in (
        ("leftFromText", "0"),
        ("rightFromText", "0"),
        ("vertAnchor", "margin"),
        ("horzAnchor", "margin"),
        ("tblpXSpec", "center"),
        ("tblpYSpec", "bottom"),
    ):
        place.set(qn(f"w:{name}"), value)
    grid._tbl.tblPr.insert_element_before(
        place,
        "w:tblOverlap",
        "w:bidiVisual",
        "w:tblStyleRowBandSize",
        "w:tblStyleColBandSize",
        "w:tblW",
        "w:jc",
    )


def _add_page_break(word: Any) -> None:
    """Let the next block begin on a new page; the paragraph that is needed for it takes no room."""
    paragraph = word.add_paragraph()
    paragraph.paragraph_format.line_spacing = Pt(1)
    paragraph.paragraph_format.page_break_before = True


def _add_gap(word: Any) -> None:
    """Part two tables, which Word would join, by a paragraph of a few points."""
    word.add_paragraph().paragraph_format.line_spacing = Pt(6)
