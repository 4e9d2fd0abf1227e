"""The XML of a worksheet: its rows and cells, in which single cells are written."""

import re
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.forms.blank import CellRef, Value, name_column, number_column
from jiedao.reports.forms.package import Element

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
MAIN_2006 = "{http://schemas.microsoft.com/office/excel/2006/main}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
LONGEST_NUMBER = 15  # digits that Excel stores exactly; a longer one is written as a text


class SheetRows:
    """The rows of a worksheet's XML, in which single cells are written."""

    def __init__(self, root: Element) -> None:
        data = root.find(f"{S}sheetData")
        if data is None:
            data = root.makeelement(f"{S}sheetData", {})
            root.append(data)
        self.data = data
        self.rows: dict[int, Element] = {}
        self.cells: dict[tuple[int, int], Element] = {}
        for line in data.iterfind(f"{S}row"):
            self.rows[int(line.get("r", "0"))] = line
            for cell in line.iterfind(f"{S}c"):
                self.cells[read_place(cell)] = cell

    def write(self, row: int, column: int, value: Value) -> None:
        """Write a value into a cell, which keeps its look; None leaves the cell as it is."""
        if value is None:
            return
        cell = self.get_cell(row, column)
        for child in list(cell):
            cell.remove(child)
        cell.attrib.pop("t", None)
        number = _write_number(value)
        if number is not None:
            content = cell.makeelement(f"{S}v", {})
            content.text = number
            cell.append(content)
            return
        cell.set("t", "inlineStr")
        inline = cell.makeelement(f"{S}is", {})
        text = inline.makeelement(f"{S}t", {SPACE: "preserve"})
        text.text = str(value)
        inline.append(text)
        cell.append(inline)

    def get_style(self, ref: CellRef) -> int:
        """Return the number of a cell's style."""
        cell = self.cells.get((ref.row, ref.column))
        return int(cell.get("s", "0")) if cell is not None else 0

    def get_cell(self, row: int, column: int) -> Element:
        """Return a cell's element, a new one where the sheet has none."""
        if (row, column) not in self.cells:
            line = self._get_row(row)
            cell = line.makeelement(f"{S}c", {"r": f"{name_column(column)}{row}"})
            after = [other for other in line.iterfind(f"{S}c") if read_place(other)[1] < column]
            if after:
                after[-1].addnext(cell)
            else:
                line.insert(0, cell)
            self.cells[row, column] = cell
        return self.cells[row, column]

    def _get_row(self, row: int) -> Element:
        if row not in self.rows:
            line = self.data.makeelement(f"{S}row", {"r": str(row)})
            above = [number for number in self.rows if number < row]
            if above:
                self.rows[max(above)].addnext(line)
            else:
                self.data.insert(0, line)
            self.rows[row] = line
        return self.rows[row]


def _write_number(value: Value) -> str | None:
    """Return a number as the XML holds it, None for a text and for a number that Excel would round."""
    if isinstance(value, Decimal | int):
        text = f"{value:f}"
        if len(text.lstrip("-").replace(".", "").lstrip("0")) <= LONGEST_NUMBER:
            return text
    return None


def read_place(cell: Element) -> tuple[int, int]:
    """Return (row, column) of a cell; raise UserError where it does not state them."""
    match = CELL.fullmatch(cell.get("r", ""))
    if match is None:
        raise UserError(
            _("这份工作簿的单元格没有写明位置。"),
            hint=_("请用 WPS 或 Office 打开后重新保存，再上传。"),
            field="blank",
        )
    return int(match[2]), number_column(match[1])
