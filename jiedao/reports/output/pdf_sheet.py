"""The blocks of a printout in the language of typst."""

from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.reports.document import (
    Closing,
    Fact,
    Facts,
    Imprint,
    Masthead,
    PageBreak,
    Picture,
    Pictures,
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
    Measures,
    find_closing_room,
    find_label_mm,
)
from jiedao.reports.output.typst_text import (
    LONG_WORD_OF_LABEL,
    quote,
    write_cell,
    write_fonts,
    write_heading_text,
    write_text,
)

CAPTION_PT = 9
CAPTION_GAP_PT = 1  # besides the room that the line itself has at its top
PLAIN = "#set par(first-line-indent: 0em, leading: 5pt, spacing: 5pt, justify: false);"


def write_sheet_footer(footer: str, measures: Measures) -> str:
    """Return the footer of a sheet: its line at the left, the number of the page and of the pages at the right."""
    before, middle, after = _("第 # 页，共 # 页").split("#")
    size = f"#set text(font: {write_fonts(NUMBER_FACE)}, size: {measures.number_pt}pt);"
    return (
        f"context [{size}{PLAIN}#grid(columns: (1fr, auto), gutter: 4mm, [{write_text(footer)}], "
        f"[#{quote(before)};#counter(page).display();#{quote(middle)};"
        f"#counter(page).final().first();#{quote(after)};])]"
    )


def write_sheet_block(block: SheetBlock, measures: Measures, folder: Path, index: int) -> str:
    """Return a block of a printout as content; its pictures are written into the folder."""
    if isinstance(block, Masthead):
        return _write_masthead(block, measures, folder, index)
    if isinstance(block, Facts):
        return _write_facts(block, measures)
    if isinstance(block, Pictures):
        return _write_pictures(block, folder, index)
    if isinstance(block, SignatureLines):
        return _write_signature_lines(block, measures)
    if isinstance(block, PageBreak):
        return "#pagebreak(weak: true)"
    return _write_imprint(block) if isinstance(block, Imprint) else _write_closing(block, measures)


def _write_closing(closing: Closing, measures: Measures) -> str:
    lines = "\n\n".join(
        f"#align(right)[#block(above: {measures.gap_pt}pt, inset: (right: {room}em))[{write_text(line)}]]"
        for line, room in zip(closing.lines, find_closing_room(closing.lines), strict=True)
    )
    return f"#v({measures.pitch_pt}pt)\n#block(breakable: false, width: 100%)[{lines}]"


def _write_imprint(imprint: Imprint) -> str:
    """Return the imprint; the room above it grows, so that its last rule is at the lower edge of the text."""
    rows = [_write_imprint_row(line, IMPRINT_PT) for line in imprint.lines]
    rows.append(_write_imprint_row(imprint.digest, DIGEST_PT))
    outer = f"table.hline(stroke: {OUTER_RULE_MM}mm)"
    inner = f", table.hline(stroke: {INNER_RULE_MM}mm), ".join(rows)
    inset = f"(x: {IMPRINT_PT}pt, y: 4pt)"
    return (
        f"#v(1fr)\n#block(breakable: false, width: 100%, below: 0pt)[{PLAIN}"
        f"#table(columns: 1fr, stroke: none, align: left + horizon, inset: {inset}, {outer}, {inner}, {outer})]"
    )


def _write_imprint_row(words: str, size: float) -> str:
    return f"[#set text(size: {size}pt, top-edge: {size}pt, bottom-edge: 0pt);{write_text(words)}]"


def _write_masthead(masthead: Masthead, measures: Measures, folder: Path, index: int) -> str:
    title = (
        f"#text(font: {write_fonts(TITLE_FACE)}, size: {measures.title_pt}pt, top-edge: {measures.title_pt}pt)"
        f"[{write_text(masthead.title)}]"
    )
    lines = "".join(f"\n\n{write_text(line)}" for line in masthead.lines)
    words = f"[{PLAIN}\n{title}\n\n#v(2pt){lines}]"
    if masthead.code is None:
        return f"#block(below: 10pt){words}"
    name = _store(masthead.code, folder, f"code{index}")
    caption = write_heading_text(masthead.code.caption, BODY_FACE, CAPTION_PT)
    code = f'[{PLAIN}#block(below: {CAPTION_GAP_PT}pt, image("{name}", width: {CODE_MM}mm));#align(center)[{caption}]]'
    return f"#block(below: 10pt)[#grid(columns: (1fr, {CODE_MM}mm), gutter: 6mm, {words}, {code})]"


def _write_facts(facts: Facts, measures: Measures) -> str:
    cells: list[str] = []
    column = 0
    for position, fact in enumerate(facts.facts):
        following = facts.facts[position + 1] if position + 1 < len(facts.facts) else None
        is_alone = column == 0 and (following is None or following.is_wide)
        is_wide = fact.is_wide or is_alone
        cells.append(_write_fact(fact, is_wide=is_wide))
        column = 0 if is_wide else 1 - column
    label = find_label_mm(facts, measures)
    return (
        f"#block(above: {measures.gap_pt}pt, below: {measures.gap_pt}pt)[#set text(size: {measures.table_pt}pt)\n"
        f"{PLAIN}\n#table(columns: ({label}mm, 1fr, {label}mm, 1fr), inset: 5pt, align: left + horizon, "
        f"stroke: {measures.rule_pt}pt,\n" + ",\n".join(cells) + ")]"
    )


def _write_fact(fact: Fact, *, is_wide: bool) -> str:
    label = write_text(fact.label, LONG_WORD_OF_LABEL)
    room = f"#v({fact.height_mm}mm)" if fact.height_mm else ""
    value = write_cell(write_text(fact.value), len(fact.value))
    span = "colspan: 3, " if is_wide else ""
    return (
        f"table.cell(fill: luma(240))[#text(font: {write_fonts(FIRST_FACE)})[{label}]], "
        f"table.cell({span}align: left)[{value}{room}]"
    )


def _write_pictures(pictures: Pictures, folder: Path, index: int) -> str:
    cells = [
        _write_picture(picture, pictures.height_mm, _store(picture, folder, f"picture{index}-{position}"))
        for position, picture in enumerate(pictures.pictures)
    ]
    columns = ", ".join(["1fr"] * pictures.columns)
    grid = f"#grid(columns: ({columns}), column-gutter: 4mm, row-gutter: 4mm, {', '.join(cells)})"
    return f"#block(above: 8pt, below: 8pt)[{PLAIN}{grid}]"


def _write_picture(picture: Picture, height_mm: int, name: str) -> str:
    # The picture may be wider or higher than its cell, so the cell has a fixed height and the picture fits into it.
    image = f'image("{name}", width: 100%, height: 100%, fit: "contain")'
    box = f"#block(width: 100%, height: {height_mm}mm, below: {CAPTION_GAP_PT}pt, {image})"
    caption = (
        f"#align(center)[{write_heading_text(picture.caption, BODY_FACE, CAPTION_PT)}]"
        if picture.caption
        else ""
    )
    return f"block(breakable: false, width: 100%)[{box}{caption}]"


def _write_signature_lines(block: SignatureLines, measures: Measures) -> str:
    cells = ", ".join(
        f"[#grid(columns: (auto, 1fr), gutter: 2pt, [{write_text(label)}], "
        "align(bottom, line(length: 100%, stroke: 0.5pt)))]"
        for label in block.labels
    )
    columns = ", ".join(["1fr"] * len(block.labels))
    return (
        f"#block(above: {measures.pitch_pt}pt, below: {measures.gap_pt}pt, breakable: false)"
        f"[{PLAIN}#grid(columns: ({columns}), column-gutter: 5mm, {cells})]"
    )


def _store(picture: Picture, folder: Path, name: str) -> str:
    file_name = f"{name}.{picture.kind.value}"
    (folder / file_name).write_bytes(picture.content)
    return file_name
