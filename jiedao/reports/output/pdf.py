"""Write a document as PDF with typst, laid out to GB/T 9704-2012 or as a sheet."""

from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from jiedao.reports.document import (
    AreaMap,
    Block,
    Chart,
    Closing,
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
    SECOND_FACE,
    TITLE_FACE,
    Measures,
    find_widths,
)
from jiedao.reports.output.pdf_sheet import write_sheet_block, write_sheet_footer
from jiedao.reports.output.typst_text import (
    quote,
    require_font,
    write_cell,
    write_fonts,
    write_heading_text,
    write_runs,
    write_text,
)

FACES = {Level.FIRST: FIRST_FACE, Level.SECOND: SECOND_FACE, Level.THIRD: BODY_FACE}


def write_pdf(document: Document) -> bytes:
    """Return the PDF file of a document; raise UserError where the machine has no font for Chinese."""
    require_font()
    with TemporaryDirectory(prefix="jiedao-pdf-") as folder:
        source = _write_source(document, Path(folder))
        (Path(folder) / "main.typ").write_text(source, encoding="utf-8")
        return bytes(typst.compile(str(Path(folder) / "main.typ"), root=folder))


def convert_svg(svg: str) -> bytes:
    """Return a drawing as PNG, sharp enough for print; raise UserError where the machine has no font for Chinese."""
    require_font()
    with TemporaryDirectory(prefix="jiedao-png-") as folder:
        (Path(folder) / "drawing.svg").write_text(svg, encoding="utf-8")
        source = '#set page(width: auto, height: auto, margin: 2pt)\n#image("drawing.svg", width: 360pt)\n'
        (Path(folder) / "main.typ").write_text(source, encoding="utf-8")
        return bytes(typst.compile(str(Path(folder) / "main.typ"), root=folder, format="png", ppi=200.0))


def _write_source(document: Document, folder: Path) -> str:
    measures = MEASURES[document.layout]
    is_sheet = document.layout is Layout.SHEET
    margins = (
        f"top: {measures.top_mm}mm, left: {measures.left_mm}mm, "
        f"right: {measures.right_mm}mm, bottom: {measures.bottom_mm}mm"
    )
    footer = write_sheet_footer(document.footer, measures) if is_sheet else _write_page_number(measures)
    edges = f"top-edge: {measures.body_pt}pt, bottom-edge: 0pt"
    indent = "0em" if is_sheet else "(amount: 2em, all: true)"
    gap = measures.gap_pt
    lines = [
        f"#set document(title: {quote(document.title)})",
        f'#set page(paper: "a4", margin: ({margins}), footer-descent: 5mm, footer: {footer})',
        f'#set text(font: {write_fonts(BODY_FACE)}, size: {measures.body_pt}pt, lang: "zh", {edges})',
        f"#set par(leading: {gap}pt, spacing: {gap}pt, justify: true, first-line-indent: {indent})",
    ]
    if document.header:
        lines.append(_write_header(document.header, measures))
    followers = (*document.blocks[1:], None)
    for index, (block, follower) in enumerate(zip(document.blocks, followers, strict=True)):
        source = _write_block(block, measures, folder, index)
        if isinstance(follower, Closing) and isinstance(block, Paragraph):
            # The sender and the day never stand on a page without text.
            # In a block that holds only words, Typst makes no paragraph of them, and so does not indent them.
            source = source if block.is_flush else f"#par[{source}]"
            source = f"#block(sticky: true, breakable: false)[{source}]"
        lines.append(source)
    return "\n\n".join(lines)


def _write_header(words: str, measures: Measures) -> str:
    """Return a line at the top of every page; it is in the margin, so that the text stays where it is."""
    text = write_heading_text(words, FIRST_FACE, measures.body_pt)
    rise = measures.top_mm - HEADER_MM
    return f"#set page(header-ascent: {max(rise - 8, 2)}mm, header: align(right)[{text}])"


def _write_page_number(measures: Measures) -> str:
    number = f"#set text(font: {write_fonts(NUMBER_FACE)}, size: {measures.number_pt}pt)"
    return (
        "context { let n = counter(page).get().first(); let side = if calc.odd(n) { right } else { left }; "
        f"align(side, pad(x: {measures.number_pt}pt)[{number}; — #n —]) }}"
    )


def _write_block(block: Block, measures: Measures, folder: Path, index: int) -> str:
    if isinstance(block, Heading) and block.level is Level.TITLE:
        text = (
            f"#text(font: {write_fonts(TITLE_FACE)}, size: {measures.title_pt}pt)[{write_runs(block.runs)}]"
        )
        return (
            f"#align(center)[#par(first-line-indent: 0em, justify: false)[{text}]]\n#v({measures.gap_pt}pt)"
        )
    if isinstance(block, Heading):
        # Sticky: a heading does not stay alone at the end of a page.
        above, below = measures.section_pt, measures.gap_pt
        text = f"#text(font: {write_fonts(FACES[block.level])})[{write_runs(block.runs)}]"
        return f"#block(sticky: true, above: {above}pt, below: {below}pt)[#par[{text}]]"
    if isinstance(block, Paragraph):
        words = write_runs(block.runs)
        return f"#par(first-line-indent: 0em)[{words}]" if block.is_flush else words
    if isinstance(block, Table):
        return _write_table(block, measures)
    if isinstance(block, Chart | AreaMap):
        return _write_drawing(block, measures, folder, index)
    return write_sheet_block(block, measures, folder, index)


def _write_table(table: Table, measures: Measures) -> str:
    columns = ", ".join(f"{width}fr" for width in find_widths(table, measures))
    header = ", ".join(
        f"[#text(font: {write_fonts(FIRST_FACE)})[{write_text(words)}]]" for words in table.header
    )
    rows = ",\n".join(", ".join(_write_cell(cell, measures) for cell in row) for row in table.rows)
    caption = (
        f"#align(center)[{write_heading_text(table.caption, FIRST_FACE, measures.table_pt)}]\n"
        if table.caption
        else ""
    )
    left = "".join(f"{column}, " for column in sorted(table.left))
    return (
        f"{caption}#block[#set text(size: {measures.table_pt}pt)\n"
        "#set par(first-line-indent: 0em, leading: 6pt, justify: false)\n"
        f"#table(columns: ({columns}), inset: 5pt, stroke: {measures.rule_pt}pt, "
        f"align: (x, y) => if y > 0 and x in ({left}) {{ left }} else {{ center }},\n"
        f"table.header({header}),\n{rows})]"
    )


def _write_cell(runs: tuple[Run, ...], measures: Measures) -> str:
    content = write_runs(runs)
    if measures is MEASURES[Layout.SHEET]:
        content = write_cell(content, len(read_text(runs)))
    return f"[{content}]"


def _write_drawing(drawing: Drawing, measures: Measures, folder: Path, index: int) -> str:
    name = f"drawing{index}.svg"
    (folder / name).write_text(draw(drawing), encoding="utf-8")
    caption = write_heading_text(drawing.caption, FIRST_FACE, measures.table_pt)
    # The picture stays with its caption.
    return (
        "#block(breakable: false, width: 100%)[#align(center)["
        f'#par(first-line-indent: 0em)[{caption}]\n#image("{name}", width: 140mm)]]'
    )
