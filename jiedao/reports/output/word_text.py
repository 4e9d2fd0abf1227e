"""Runs, fonts, fields and the widths of tables in Word."""

from collections.abc import Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from jiedao.reports.document import Run
from jiedao.reports.output.layout import Face


def set_face(run: Any, face: Face, size: float | None, *, is_strong: bool = False) -> None:
    """Set font and size of a run, for Chinese characters as well; without a size it keeps its own."""
    run.font.name, run.font.bold = face.word, is_strong
    if size is not None:
        run.font.size = Pt(size)
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face.word)


def add_runs(paragraph: Any, runs: tuple[Run, ...], face: Face, size: float) -> None:
    """Add runs to a paragraph."""
    for run in runs:
        set_face(paragraph.add_run(run.text), face, size, is_strong=run.is_strong)


def add_field(paragraph: Any, name: str, face: Face, size: float) -> None:
    """Add a field that Word computes, such as PAGE."""
    for kind in ("begin", "code", "end"):
        run = paragraph.add_run("")
        set_face(run, face, size)
        if kind == "code":
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = name
            run._r.append(code)
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


def fix_widths(grid: Any, widths_mm: Sequence[float]) -> None:
    """Fix the widths of a table's columns: a long word is broken instead of widening its column."""
    grid.autofit = False
    for column, width in zip(grid.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for row in grid.rows:
        for cell, width in zip(row._tr.tc_lst, widths_mm, strict=False):
            cell.width = Mm(width)


def keep_row_together(row: Any) -> None:
    """Move a row that does not fit to the next page instead of breaking it."""
    mark = OxmlElement("w:cantSplit")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)
