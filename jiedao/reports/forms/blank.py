"""A blank form: the grids of its cells, and the writing of values into them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.forms.package import Package

Value = str | Decimal | int | None
MOST_CELLS = 60_000  # of all grids of a blank
MOST_COLUMNS = 200
MOST_ROWS = 10_000  # of a sheet, up to its last text
MOST_EMPTY_ROWS = 1_000  # rows with a look below the last text that belong to the form
MOST_COVERED = 200_000  # cells of a sheet that are merged into others
_NUMBER = re.compile(r"[-+]?[\d.,]+%?")
_REF = re.compile(r"(.+)!([A-Z]{1,3})([1-9]\d{0,5})", re.DOTALL)


class CellRef(NamedTuple):
    """A cell of a blank, written 月报!C5; the tables of a Word document are 表1, 表2 and so on."""

    sheet: str
    row: int
    column: int

    @property
    def text(self) -> str:
        """The written form."""
        return f"{self.sheet}!{name_column(self.column)}{self.row}"

    @property
    def short(self) -> str:
        """The written form without the sheet: C5."""
        return f"{name_column(self.column)}{self.row}"


def parse_ref(text: str) -> CellRef:
    """Return the cell of a written form; raise UserError for any other text."""
    match = _REF.fullmatch(text)
    if match is None:
        raise UserError(
            _("没有单元格“%(cell)s”。") % {"cell": text[:60]}, hint=_("请从表上点选。"), field="cell"
        )
    return CellRef(match[1], int(match[3]), number_column(match[2]))


def name_column(number: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def number_column(letters: str) -> int:
    """Return the number of a column's letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


@dataclass(frozen=True)
class GridCell:
    """A cell with something in it, or that spans several.

    Attributes:
        is_formula: the cell computes its value; it is never written.
        formula: how, without the equals sign; "" where the file has it elsewhere.
    """

    text: str = ""
    is_formula: bool = False
    rows: int = 1
    columns: int = 1
    formula: str = ""


EMPTY = GridCell()


@dataclass
class Grid:
    """The cells of a sheet or table.

    Attributes:
        cells: by (row, column), from 1; cells without text that span nothing are left out.
        covered: (row, column) of cells below a spanning one -> that cell's own (row, column).
    """

    sheet: str
    rows: int = 0
    columns: int = 0
    cells: dict[tuple[int, int], GridCell] = field(default_factory=dict)
    covered: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    @cached_property
    def label_rows(self) -> dict[int, list[int]]:
        """For each column the rows, in ascending order, whose texts may be words of the cells below."""
        rows: dict[int, list[int]] = {}
        labels = {place for place, cell in self.cells.items() if self.is_label(cell)}
        for row, column in labels:
            rows.setdefault(column, []).append(row)
        for (row, column), place in self.covered.items():
            if place in labels:
                rows.setdefault(column, []).append(row)
        return {column: sorted(numbers) for column, numbers in rows.items()}

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        """Let the first cell of a range cover the others; raise UserError where a sheet has too many of them."""
        if len(self.covered) + (bottom - top + 1) * (right - left + 1) > MOST_COVERED:
            raise UserError(
                _("工作表“%(sheet)s”合并的单元格太多。") % {"sheet": self.sheet},
                hint=_("请取消表格以外的合并单元格，再上传。"),
                field="blank",
            )
        own = self.cells.get((top, left), EMPTY)
        self.cells[top, left] = replace(own, rows=bottom - top + 1, columns=right - left + 1)
        self.rows, self.columns = max(self.rows, bottom), max(self.columns, right)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) != (top, left):
                    self.covered[row, column] = (top, left)
                    self.cells.pop((row, column), None)

    def is_label(self, cell: GridCell) -> bool:
        """Return whether a text names what is below it: not a number, and not a title over the complete width."""
        is_title = cell.columns >= max(3, self.columns - 1)
        return bool(cell.text) and not cell.is_formula and not is_title and not _NUMBER.fullmatch(cell.text)

    def limit_rows(self) -> None:
        """Leave out rows without words that are far below the form: some programs write them to the end of a sheet.

        Raises:
            UserError: there are too many rows with words.
        """
        last = max((row + cell.rows - 1 for (row, _column), cell in self.cells.items()), default=0)
        if last > MOST_ROWS:
            raise UserError(
                _("工作表“%(sheet)s”有 %(rows)d 行，超过 %(most)d 行。")
                % {"sheet": self.sheet, "rows": last, "most": MOST_ROWS},
                hint=_("请只留表头、要填的行和表尾，再上传；清单的行由系统按记录增加。"),
                field="blank",
            )
        self.rows = min(self.rows, last + MOST_EMPTY_ROWS)

    def get(self, row: int, column: int) -> GridCell:
        """Return a cell; a covered one is the cell that covers it."""
        return self.cells.get(self.covered.get((row, column), (row, column)), EMPTY)

    def has(self, ref: CellRef) -> bool:
        """Return whether a cell lies in the grid and is its own."""
        return (
            1 <= ref.row <= self.rows
            and 1 <= ref.column <= self.columns
            and (ref.row, ref.column) not in self.covered
        )


@dataclass(frozen=True)
class ListBlock:
    """Rows of records to write: from a first row of the blank, in its own rows and as many more as needed.

    Attributes:
        last_row: the last row of the blank that belongs to the list; further rows are added after it.
        columns: the columns of the values in `rows`.
    """

    sheet: str
    first_row: int
    last_row: int
    columns: tuple[int, ...]
    rows: Sequence[Sequence[Value]]

    @property
    def added(self) -> int:
        """How many rows the list adds to the blank."""
        return max(0, len(self.rows) - (self.last_row - self.first_row + 1))


class Blank(ABC):
    """An opened blank. It is written once; open it again for the next filling."""

    def __init__(self, package: Package) -> None:
        self.package = package

    @cached_property
    def grids(self) -> list[Grid]:
        """The grids in the order of the file; raise UserError where they are too large."""
        grids = self._read_grids()
        for grid in grids:
            grid.limit_rows()
        if sum(len(grid.cells) for grid in grids) > MOST_CELLS:
            raise UserError(
                _("这份空白表的单元格太多。"), hint=_("请只留要填的工作表，再上传。"), field="blank"
            )
        if not any(grid.rows for grid in grids):
            raise UserError(_("文件里没有表格。"), hint=_("请上传带表格的 .xlsx 或 .docx。"), field="blank")
        return grids

    def get_grid(self, sheet: str) -> Grid | None:
        """Return a grid by name, None if there is none."""
        return next((grid for grid in self.grids if grid.sheet == sheet), None)

    @abstractmethod
    def _read_grids(self) -> list[Grid]: ...

    @abstractmethod
    def write(
        self,
        values: Mapping[CellRef, Value],
        lists: Sequence[ListBlock],
        percents: Collection[CellRef] = (),
    ) -> bytes:
        """Return the file with values in cells and lists in rows; nothing else of the blank changes.

        Args:
            percents: cells whose numbers are in per cent. Where the blank shows a cell as a percentage, a hundredth is
                written, because it shows 0.333 as 33.3%.
        """


def move_row(row: int, lists: Sequence[ListBlock], sheet: str) -> int:
    """Return where a row of the blank is in the filled file, after the rows that lists added above it."""
    return row + sum(block.added for block in lists if block.sheet == sheet and row > block.last_row)
