"""Blanks in Word: the tables of the document's body, named 表1, 表2 and so on."""

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.forms.blank import MOST_COLUMNS, Blank, CellRef, Grid, GridCell, ListBlock, Value
from jiedao.reports.forms.package import Element

DOCUMENT = "word/document.xml"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
TABLE_NAME = "表"  # part of the stored name of a cell, so it is the same in every language


class DocumentBlank(Blank):
    """A .docx file."""

    def _read_grids(self) -> list[Grid]:
        return [
            self._read_grid(f"{TABLE_NAME}{number}", table)
            for number, table in enumerate(self._list_tables(), start=1)
        ]

    def _list_tables(self) -> list[Element]:
        body = self.package.get_tree(DOCUMENT).find(f"{W}body")
        return [] if body is None else body.findall(f"{W}tbl")

    def get_table(self, name: str) -> Element | None:
        """Return the table with a name such as 表2, None if there is none."""
        tables = {f"{TABLE_NAME}{n}": table for n, table in enumerate(self._list_tables(), start=1)}
        return tables.get(name)

    def _read_grid(self, name: str, table: Element) -> Grid:
        grid = Grid(name)
        open_spans: dict[int, tuple[int, int]] = {}  # column -> the cell that continues downwards
        for row, line in enumerate(table.findall(f"{W}tr"), start=1):
            column = 1 + _read_number(line, f"{W}trPr/{W}gridBefore")
            for cell in line.findall(f"{W}tc"):
                span = _read_number(cell, f"{W}tcPr/{W}gridSpan") or 1
                merge = cell.find(f"{W}tcPr/{W}vMerge")
                origin = open_spans.get(column)
                if merge is not None and merge.get(f"{W}val") != "restart" and origin is not None:
                    above = grid.cells[origin]
                    rows = row - origin[0] + 1
                    grid.cells[origin] = GridCell(above.text, above.is_formula, rows, above.columns)
                    self._cover(grid, origin, row, column, span)
                else:
                    grid.cells[row, column] = GridCell(_read_text(cell), _has_field(cell), 1, span)
                    self._cover(grid, (row, column), row, column, span)
                    open_spans[column] = (row, column)
                    if merge is None:
                        open_spans.pop(column)
                column += span
            grid.rows, grid.columns = row, max(grid.columns, min(column - 1, MOST_COLUMNS))
        return grid

    @staticmethod
    def _cover(grid: Grid, origin: tuple[int, int], row: int, column: int, span: int) -> None:
        for covered in range(column, column + span):
            if (row, covered) != origin:
                grid.covered[row, covered] = origin

    def write(
        self,
        values: Mapping[CellRef, Value],
        lists: Sequence[ListBlock],
        percents: Collection[CellRef] = (),
    ) -> bytes:
        """Return the document with values in its cells; new rows are copies of the last row of their list."""
        for number, table in enumerate(self._list_tables(), start=1):
            name = f"{TABLE_NAME}{number}"
            lines = table.findall(f"{W}tr")
            for ref, value in values.items():
                if ref.sheet == name:
                    _write_text(find_cell(lines[ref.row - 1], ref.column), value)
            for block in sorted((b for b in lists if b.sheet == name), key=lambda b: -b.first_row):
                self._write_list(table, lines, block)
        return self.package.write()

    @staticmethod
    def _write_list(table: Element, lines: list[Element], block: ListBlock) -> None:
        own = lines[block.first_row - 1 : block.last_row]
        if block.added and own[-1].find(f".//{W}vMerge") is not None:
            raise UserError(
                _("“%(cell)s”一行有上下合并的单元格，不能增加行。")
                % {"cell": f"{block.sheet}!{block.last_row}"},
                hint=_("请让上级在空白表里留足行，或改为手工填写。"),
            )
        template = deepcopy(own[-1])
        after = own[-1]
        for _number in range(block.added):
            copy = deepcopy(template)
            for paragraph in copy.iter(f"{W}p"):  # ids of paragraphs are unique in a document
                for key in [key for key in paragraph.attrib if key.endswith(("}paraId", "}textId"))]:
                    del paragraph.attrib[key]
            after.addnext(copy)
            after = copy
            own.append(copy)
        for line, record in zip(own, block.rows, strict=False):
            for column, value in zip(block.columns, record, strict=True):
                _write_text(find_cell(line, column), value)


def _read_number(element: Element, path: str) -> int:
    match = element.find(path)
    value = match.get(f"{W}val", "") if match is not None else ""
    return min(int(value), MOST_COLUMNS) if value.isdecimal() else 0


def _read_text(cell: Element) -> str:
    lines = [
        "".join(text.text or "" for text in paragraph.iter(f"{W}t")) for paragraph in cell.findall(f"{W}p")
    ]
    return "\n".join(lines).strip()


def _has_field(cell: Element) -> bool:
    """Return whether Word computes the cell, such as =SUM(ABOVE)."""
    codes = [node.get(f"{W}instr", "") for node in cell.iter(f"{W}fldSimple")]
    codes += [node.text or "" for node in cell.iter(f"{W}instrText")]
    return any(code.strip().startswith("=") for code in codes)


def find_cell(line: Element, column: int) -> Element:
    """Return the cell of a table's row that begins with a column; raise UserError where none does."""
    position = 1 + _read_number(line, f"{W}trPr/{W}gridBefore")
    for cell in line.findall(f"{W}tc"):
        if position == column:
            return cell
        position += _read_number(cell, f"{W}tcPr/{W}gridSpan") or 1
    raise UserError(
        _("空白表的第 %(column)d 列不是一个单元格。") % {"column": column}, hint=_("请重新绑定这一格。")
    )


def _write_text(cell: Element, value: Value) -> None:
    """Write a value into the first paragraph of a cell, in the look of its first run; other text is replaced."""
    if value is None:
        return
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    paragraphs = cell.findall(f"{W}p")
    if not paragraphs:
        return
    first = paragraphs[0]
    look = next((run.find(f"{W}rPr") for run in first.iter(f"{W}r")), None)
    if look is None:  # an empty paragraph keeps the look of its text in its mark
        mark = first.find(f"{W}pPr/{W}rPr")
        look = mark
    for paragraph in paragraphs:
        for run in [node for node in paragraph if node.tag != f"{W}pPr"]:
            paragraph.remove(run)
    for paragraph in paragraphs[1:]:
        cell.remove(paragraph)
    run = first.makeelement(f"{W}r", {})
    if look is not None:
        run.append(deepcopy(look))
    for number, line in enumerate(text.split("\n")):
        if number:
            run.append(first.makeelement(f"{W}br", {}))
        words = first.makeelement(f"{W}t", {SPACE: "preserve"})
        words.text = line
        run.append(words)
    first.append(run)
