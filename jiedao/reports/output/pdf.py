"""Write a document as PDF with typst, laid out to GB/T 9704-2012."""

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import typst
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
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
    RIGHT_MM,
    SECOND_FACE,
    TABLE_PT,
    TITLE_FACE,
    TITLE_PT,
    TOP_MM,
    Face,
)

_SPECIAL = re.compile(r"([\\#$*_`<>@\[\]\"'/~=+\-])")
FACES = {Level.FIRST: FIRST_FACE, Level.SECOND: SECOND_FACE, Level.THIRD: BODY_FACE}


def write_pdf(document: Document) -> bytes:
    """Return the PDF file of a document; raise UserError where the machine has no font for Chinese."""
    _require_font()
    with TemporaryDirectory(prefix="jiedao-pdf-") as folder:
        source = _write_source(document, Path(folder))
        (Path(folder) / "main.typ").write_text(source, encoding="utf-8")
        return bytes(typst.compile(str(Path(folder) / "main.typ"), root=folder))


def convert_svg(svg: str) -> bytes:
    """Return a drawing as PNG, sharp enough for print; raise UserError where the machine has no font for Chinese."""
    _require_font()
    with TemporaryDirectory(prefix="jiedao-png-") as folder:
        (Path(folder) / "drawing.svg").write_text(svg, encoding="utf-8")
        source = '#set page(width: auto, height: auto, margin: 2pt)\n#image("drawing.svg", width: 360pt)\n'
        (Path(folder) / "main.typ").write_text(source, encoding="utf-8")
        return bytes(typst.compile(str(Path(folder) / "main.typ"), root=folder, format="png", ppi=200.0))


@cache
def _list_fonts() -> frozenset[str]:
    fonts = typst.Fonts()
    return frozenset(str(family) for family in fonts.families())


def _require_font() -> None:
    if not set(BODY_FACE.pdf) & _list_fonts():
        raise UserError(
            _("本机没有中文字体，不能生成 PDF。"),
            hint=_("请安装字体，例如 Debian 的 fonts-noto-cjk，再重试。"),
        )


def _write_source(document: Document, folder: Path) -> str:
    number = f"#set text(font: {_write_fonts(NUMBER_FACE)}, size: {NUMBER_PT}pt)"
    gap = LINE_PITCH_PT - BODY_PT
    margins = f"top: {TOP_MM}mm, left: {LEFT_MM}mm, right: {RIGHT_MM}mm, bottom: {BOTTOM_MM}mm"
    edges = f"top-edge: {BODY_PT}pt, bottom-edge: 0pt"
    lines = [
        f'#set document(title: "{_quote(document.title)}")',
        (
            f'#set page(paper: "a4", margin: ({margins}), footer-descent: 5mm, footer: context {{ '
            "let n = counter(page).get().first(); let side = if calc.odd(n) { right } else { left }; "
            f"align(side, pad(x: {NUMBER_PT}pt)[{number}; — #n —]) }})"
        ),
        f'#set text(font: {_write_fonts(BODY_FACE)}, size: {BODY_PT}pt, lang: "zh", {edges})',
        f"#set par(leading: {gap}pt, spacing: {gap}pt, justify: true, first-line-indent: (amount: 2em, all: true))",
    ]
    for index, block in enumerate(document.blocks):
        lines.append(_write_block(block, folder, index))
    return "\n\n".join(lines)


def _write_block(block: Block, folder: Path, index: int) -> str:
    if isinstance(block, Heading) and block.level is Level.TITLE:
        text = f"#text(font: {_write_fonts(TITLE_FACE)}, size: {TITLE_PT}pt)[{_write_runs(block.runs)}]"
        return f"#align(center)[#par(first-line-indent: 0em, justify: false)[{text}]]\n#v({LINE_PITCH_PT - BODY_PT}pt)"
    if isinstance(block, Heading):
        # Sticky: a heading does not stay alone at the end of a page.
        gap = LINE_PITCH_PT - BODY_PT
        text = f"#text(font: {_write_fonts(FACES[block.level])})[{_write_runs(block.runs)}]"
        return f"#block(sticky: true, above: {gap}pt, below: {gap}pt)[{text}]"
    if isinstance(block, Paragraph):
        return _write_runs(block.runs)
    if isinstance(block, Table):
        return _write_table(block)
    return _write_drawing(block, folder, index)


def _write_table(table: Table) -> str:
    columns = ", ".join(["1fr"] * len(table.header))
    header = ", ".join(
        f"[#text(font: {_write_fonts(FIRST_FACE)})[{_escape(words)}]]" for words in table.header
    )
    rows = ",\n".join(", ".join(f"[{_write_runs(cell)}]" for cell in row) for row in table.rows)
    caption = (
        f"#align(center)[#text(font: {_write_fonts(FIRST_FACE)}, size: {TABLE_PT}pt)[{_escape(table.caption)}]]\n"
        if table.caption
        else ""
    )
    return (
        f"{caption}#block[#set text(size: {TABLE_PT}pt)\n"
        "#set par(first-line-indent: 0em, leading: 6pt, justify: false)\n"
        f"#table(columns: ({columns}), align: (x, y) => if x == 0 {{ left }} else {{ center }}, inset: 5pt,\n"
        f"table.header({header}),\n{rows})]"
    )


def _write_drawing(drawing: Drawing, folder: Path, index: int) -> str:
    name = f"chart{index}.svg"
    (folder / name).write_text(draw(drawing), encoding="utf-8")
    caption = f"#text(font: {_write_fonts(FIRST_FACE)}, size: {TABLE_PT}pt)[{_escape(drawing.caption)}]"
    # The picture stays with its caption.
    return (
        "#block(breakable: false, width: 100%)[#align(center)["
        f'#par(first-line-indent: 0em)[{caption}]\n#image("{name}", width: 140mm)]]'
    )


def _write_runs(runs: tuple[Run, ...]) -> str:
    return "".join(f"#strong[{_escape(run.text)}]" if run.is_strong else _escape(run.text) for run in runs)


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("\n", " #linebreak() ")


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _write_fonts(face: Face) -> str:
    known = [name for name in face.pdf if name in _list_fonts()]
    return "(" + "".join(f'"{name}", ' for name in known or face.pdf[-1:]) + ")"
