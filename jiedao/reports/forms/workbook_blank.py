"""Blanks in Excel: the cells of the worksheets, read from and written to their XML."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from jiedao.reports.forms.blank import (
    MOST_COLUMNS,
    Blank,
    CellRef,
    Grid,
    GridCell,
    ListBlock,
    Value,
    move_row,
    number_column,
)
from jiedao.reports.forms.new_rows import insert_copies, move_attributes, move_pivot_table
from jiedao.reports.forms.package import Element
from jiedao.reports.forms.sheet_xml import CELL, MAIN_2006, R_ID, S, SheetRows, read_place
from jiedao.reports.forms.shifting import AddedRows, copy_formula

WORKBOOK = "xl/workbook.xml"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_PIVOT_CACHE = re.compile(r"xl/pivotCache/pivotCacheDefinition\d*\.xml", re.IGNORECASE)
_VML_ROW = re.compile(r"(<(?:\w+:)?Row>\s*)(\d+)(\s*</(?:\w+:)?Row>)")


class WorkbookBlank(Blank):
    """A .xlsx file."""

    @cached_property
    def parts(self) -> dict[str, str]:
        """The parts of the worksheets by name, in their order; other kinds of sheets have no cells."""
        relations = self.package.read_relations(WORKBOOK)
        parts = {}
        for sheet in self.package.get_tree(WORKBOOK).iterfind(f"{S}sheets/{S}sheet"):
            kind, part = relations.get(sheet.get(R_ID, ""), ("", ""))
            if kind == "worksheet" and part in self.package:
                parts[sheet.get("name", "")] = part
        return parts

    @cached_property
    def _strings(self) -> list[str]:
        part = next(
            (
                part
                for kind, part in self.package.read_relations(WORKBOOK).values()
                if kind == "sharedStrings"
            ),
            "",
        )
        if part not in self.package:
            return []
        return [_read_string(item) for item in self.package.get_tree(part).iterfind(f"{S}si")]

    @cached_property
    def _percent_styles(self) -> set[int]:
        """The numbers of the styles that show a number as a percentage."""
        part = next(
            (part for kind, part in self.package.read_relations(WORKBOOK).values() if kind == "styles"), ""
        )
        if part not in self.package:
            return set()
        root = self.package.get_tree(part)
        own = {
            item.get("numFmtId")
            for item in root.iterfind(f"{S}numFmts/{S}numFmt")
            if "%" in re.sub(r'"[^"]*"|\\.', "", item.get("formatCode", ""))
        }
        formats = {"9", "10"} | own  # 9 and 10 are 0% and 0.00% in every workbook
        return {
            number
            for number, style in enumerate(root.iterfind(f"{S}cellXfs/{S}xf"))
            if style.get("numFmtId") in formats
        }

    def _read_grids(self) -> list[Grid]:
        return [self._read_grid(name, part) for name, part in self.parts.items()]

    def _read_grid(self, name: str, part: str) -> Grid:
        root = self.package.get_tree(part)
        grid = Grid(name)
        masters: dict[str, tuple[str, str]] = {}
        for cell in root.iterfind(f"{S}sheetData/{S}row/{S}c"):
            row, column = read_place(cell)
            text, is_formula = self._read_cell(cell)
            if column > MOST_COLUMNS:
                continue
            if text or is_formula:
                grid.cells[row, column] = GridCell(text, is_formula, formula=_read_formula(cell, masters))
            if text or is_formula or cell.get("s", "0") != "0":  # a cell with a look is part of the form
                grid.rows, grid.columns = max(grid.rows, row), max(grid.columns, column)
        for merge in root.iterfind(f"{S}mergeCells/{S}mergeCell"):
            _add_merge(grid, merge.get("ref", ""))
        return grid

    def _read_cell(self, cell: Element) -> tuple[str, bool]:
        kind, value = cell.get("t", "n"), cell.findtext(f"{S}v") or ""
        is_formula = cell.find(f"{S}f") is not None
        if kind == "s":
            strings = self._strings
            return (
                strings[int(value)] if value.isdecimal() and int(value) < len(strings) else ""
            ), is_formula
        if kind == "inlineStr":
            inline = cell.find(f"{S}is")
            return (_read_string(inline) if inline is not None else ""), is_formula
        return value.strip(), is_formula

    # -- writing -------------------------------------------------------------------------------------------------

    def write(
        self,
        values: Mapping[CellRef, Value],
        lists: Sequence[ListBlock],
        percents: Collection[CellRef] = (),
    ) -> bytes:
        """Return the workbook with values in its cells. Excel and WPS compute its formulas when they open it."""
        for name, part in self.parts.items():
            sheet = SheetRows(self.package.get_tree(part))
            for ref, value in values.items():
                if ref.sheet == name:
                    is_hundredth = ref in percents and sheet.get_style(ref) in self._percent_styles
                    if is_hundredth and isinstance(value, Decimal):
                        value = value / 100  # noqa: PLW2901 (the same number, as the blank writes it)
                    sheet.write(ref.row, ref.column, value)
            self._write_lists(name, part, [block for block in lists if block.sheet == name])
        self._compute_on_opening()
        return self.package.write()

    def _write_lists(self, name: str, part: str, lists: Sequence[ListBlock]) -> None:
        # The lowest list first, so that the rows of those above stay where they are.
        for block in sorted(lists, key=lambda block: -block.first_row):
            if block.added:
                self._add_rows(name, part, AddedRows(name, block.last_row, block.added))
        sheet = SheetRows(self.package.get_tree(part))
        for block in lists:
            first = move_row(block.first_row, lists, name)
            for offset, record in enumerate(block.rows):
                for column, value in zip(block.columns, record, strict=True):
                    sheet.write(first + offset, column, value)

    def _compute_on_opening(self) -> None:
        """Drop the stored results of formulas and pivot tables, which belong to the empty form.

        Excel and WPS compute them when they open the file.
        """
        for source in self._iterate_pivot_sources():
            source.getparent().getparent().set("refreshOnLoad", "1")
        has_formulas = False
        for part in self.parts.values():
            for cell in self.package.get_tree(part).iterfind(f"{S}sheetData/{S}row/{S}c"):
                result = cell.find(f"{S}v")
                if cell.find(f"{S}f") is not None:
                    has_formulas = True
                    if result is not None:
                        cell.remove(result)
                        cell.attrib.pop("t", None)
        if not has_formulas:
            return
        book = self.package.get_tree(WORKBOOK)
        setting = book.find(f"{S}calcPr")
        if setting is None:
            setting = book.makeelement(f"{S}calcPr", {})
            before = next(
                (
                    child
                    for name in ("definedNames", "externalReferences", "functionGroups", "sheets")
                    if (child := book.find(f"{S}{name}")) is not None
                ),
                None,
            )
            if before is not None:
                before.addnext(setting)
        setting.set("fullCalcOnLoad", "1")

    def _add_rows(self, name: str, part: str, added: AddedRows) -> None:
        for sheet, other in self.parts.items():
            self._spread_shared_formulas(other)
            for formula in self._iterate_formulas(other):
                formula.text = added.move_formula(formula.text, sheet)
        for defined in self.package.get_tree(WORKBOOK).iterfind(f"{S}definedNames/{S}definedName"):
            defined.text = added.move_formula(defined.text, "") if defined.text else defined.text
        root = self.package.get_tree(part)
        move_attributes(root, added)
        insert_copies(root, added)
        self._move_related(part, added)
        for source in self._iterate_pivot_sources():
            if source.get("sheet") == name and source.get("ref"):
                source.set("ref", added.move_ref(source.get("ref")))
        chain = next((n for n in self.package.names if n.lower() == "xl/calcchain.xml"), "")
        self.package.remove(chain)  # the order of computing; Excel makes it anew

    def _iterate_pivot_sources(self) -> Iterator[Element]:
        """Yield the ranges of cells of which the pivot tables are made."""
        for name in [n for n in self.package.names if _PIVOT_CACHE.fullmatch(n)]:
            yield from self.package.get_tree(name).iterfind(f"{S}cacheSource/{S}worksheetSource")

    def _spread_shared_formulas(self, part: str) -> None:
        """Write out formulas that cells share with the first of them: rows between them would break the sharing."""
        masters: dict[str, tuple[str, str]] = {}
        for cell in self.package.get_tree(part).iterfind(f"{S}sheetData/{S}row/{S}c"):
            formula = cell.find(f"{S}f")
            if formula is None or formula.get("t") != "shared":
                continue
            index, place = formula.get("si", ""), cell.get("r", "")
            if formula.text:
                masters[index] = (formula.text, place)
            elif index in masters:
                formula.text = copy_formula(*masters[index], place)
            for name in ("t", "si", "ref"):
                formula.attrib.pop(name, None)

    def _iterate_formulas(self, part: str) -> Iterator[Element]:
        """Yield the elements of a sheet that hold formulas: of cells, conditional formats and drop-down lists."""
        tags = {f"{S}f", f"{S}formula", f"{S}formula1", f"{S}formula2", f"{MAIN_2006}f"}
        yield from (node for node in self.package.get_tree(part).iter(*tags) if node.text)

    def _move_related(self, part: str, added: AddedRows) -> None:
        """Move what other parts place on the sheet: drawings, comments and tables; and the ranges of all charts."""
        for kind, other in self.package.read_relations(part).values():
            if other in self.package:
                self._move_part(kind, other, added)
        for other in [n for n in self.package.names if re.fullmatch(r"xl/charts/chart(Ex)?\d*\.xml", n)]:
            for formula in self.package.get_tree(other).iter("{*}f"):
                formula.text = added.move_formula(formula.text, "") if formula.text else formula.text

    def _move_part(self, kind: str, part: str, added: AddedRows) -> None:
        if kind == "drawing":
            for row in self.package.get_tree(part).iter(f"{DRAWING}row"):
                if (row.text or "").isdecimal():
                    row.text = str(added.move(int(row.text) + 1) - 1)
        elif kind == "pivotTable":
            move_pivot_table(self.package.get_tree(part), added)
        elif kind in {"comments", "threadedComment", "table"}:
            for node in self.package.get_tree(part).iter("{*}*"):
                if node.get("ref"):
                    node.set("ref", added.move_ref(node.get("ref")))
        elif kind == "vmlDrawing":
            text = self.package.get_text(part)
            moved = _VML_ROW.sub(lambda m: f"{m[1]}{added.move(int(m[2]) + 1) - 1}{m[3]}", text)
            self.package.set_text(part, moved)


def _read_string(item: Element) -> str:
    """Return the text of a string, without the readings that some writers put above Chinese characters."""
    phonetic = f"{S}rPh"
    return "".join(text.text or "" for text in item.iter(f"{S}t") if text.getparent().tag != phonetic).strip()


def _read_formula(cell: Element, masters: dict[str, tuple[str, str]]) -> str:
    """Return the formula of a cell, also where it shares that of an earlier cell, which `masters` holds."""
    formula = cell.find(f"{S}f")
    if formula is None:
        return ""
    if formula.get("t") == "shared":
        index, place = formula.get("si", ""), cell.get("r", "")
        if formula.text:
            masters[index] = (formula.text, place)
        elif index in masters:
            return copy_formula(*masters[index], place)
    return formula.text or ""


def _add_merge(grid: Grid, ref: str) -> None:
    first, _colon, second = ref.partition(":")
    start, end = CELL.fullmatch(first), CELL.fullmatch(second)
    if start is None or end is None:
        return
    top, left = int(start[2]), number_column(start[1])
    bottom, right = int(end[2]), min(number_column(end[1]), MOST_COLUMNS)
    if right < left or bottom < top:
        return
    grid.merge(top, left, bottom, right)
