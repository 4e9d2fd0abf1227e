"""A blank form: the grids of its cells, and the writing of values into them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.forms.package import Package

Value = str | Decimal | int | None
MOST_CELLS = 60_000  # of all grids of a blank
MOST_COLUMNS = 200
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
    """

    text: str = ""
    is_formula: bool = False
    rows: int = 1
    columns: int = 1


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
