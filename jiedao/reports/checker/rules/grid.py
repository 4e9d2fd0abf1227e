"""Tables as rows of numbers, whether a line holds a complete row or a single cell."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise

from jiedao.reports.checker.context import Context
from jiedao.reports.checker.layout import TableCell
from jiedao.reports.checker.quantities import PERCENT, Quantity

_CELL = re.compile(
    r"(?P<direction>[↑↓▲▼↗↘+-]|上升|下降|增长|减少|增加|降低)?\s*(?P<digits>\d[\d,]*(?:\.\d+)?)\s*[件宗个家人户次起元%]?[↑↓]?"
)
_DOWN = frozenset({"↓", "▼", "↘", "-", "下降", "减少", "降低"})
_PLACEHOLDER = re.compile(r"[-—/\\*.\s]*|持平|无")


@dataclass(frozen=True)
class GridNumber:
    """The number of a cell, with the sign that a minus, an arrow or a word before it gives.

    Attributes:
        is_signed: a sign is printed, so that a number without one in the same column is positive.
    """

    quantity: Quantity
    value: Decimal
    is_signed: bool

    @property
    def is_percent(self) -> bool:
        """Whether the cell has a per cent sign."""
        return self.quantity.unit == PERCENT

    @property
    def places(self) -> int:
        """The number of printed decimal places."""
        return self.quantity.places


@dataclass(frozen=True)
class GridRow:
    """The last words before the first number of a row, and its cells from there; None for a cell without a number."""

    label: str
    cells: tuple[GridNumber | None, ...]


@dataclass(frozen=True)
class Grid:
    """A table: the rows that have as many cells as most, and the names of their columns where these are known."""

    start: int
    rows: tuple[GridRow, ...]
    names: tuple[str, ...]

    @property
    def width(self) -> int:
        """The number of columns behind the labels."""
        return len(self.rows[0].cells) if self.rows else 0


def read_grids(context: Context) -> Iterator[Grid]:
    """Yield the tables of a text that have two rows of numbers or more."""
    for _table, group in groupby(context.layout.cells, key=lambda cell: cell.table):
        cells = list(group)
        is_by_line = len({cell.line for cell in cells}) < len(cells) / 2
        lines = _split_lines(cells) if is_by_line else _split_items(context, cells)
        rows = [row for row in (_read_row(context, line) for line in lines) if row]
        width = max(
            Counter(len(row.cells) for row in rows).items(), key=lambda item: item[1], default=(0, 0)
        )[0]
        same = tuple(row for row in rows if len(row.cells) == width)
        if len(same) > 1:
            yield Grid(cells[0].start, same, _read_names(context, lines, width))


def read_number(context: Context, cell: TableCell) -> GridNumber | None:
    """Return the number of a cell that holds nothing else but its sign and its unit."""
    match = _CELL.fullmatch(cell.text)
    quantities = context.list_between(cell.start, cell.end) if match else []
    if match is None or len(quantities) != 1:
        return None
    (quantity,) = quantities
    direction = match["direction"] or ""
    is_down = direction in _DOWN or cell.text.endswith("↓")
    return GridNumber(quantity, -abs(quantity.value) if is_down else quantity.value, bool(direction))


def _split_lines(cells: Sequence[TableCell]) -> list[list[TableCell]]:
    return [list(line) for _number, line in groupby(cells, key=lambda cell: cell.line)]


def _split_items(context: Context, cells: Sequence[TableCell]) -> list[list[TableCell]]:
    """Cut a table with a cell on each line into rows: words behind a number begin one."""
    items: list[list[TableCell]] = [[]]
    has_number = False
    for cell in cells:
        number = read_number(context, cell)
        is_word = number is None and not _PLACEHOLDER.fullmatch(cell.text)
        if is_word and has_number:
            items.append([])
            has_number = False
        has_number = has_number or number is not None
        if cell.text:
            items[-1].append(cell)
    return items


def _read_row(context: Context, line: Sequence[TableCell]) -> GridRow | None:
    numbers = [read_number(context, cell) for cell in line]
    first = next((index for index, number in enumerate(numbers) if number), None)
    if first is None:
        return None
    label = next((cell.text for cell in reversed(line[:first]) if cell.text), "")
    return GridRow(re.sub(r"\s", "", label), tuple(numbers[first:]))


def _read_names(context: Context, lines: Sequence[Sequence[TableCell]], width: int) -> tuple[str, ...]:
    """Return the names of the columns from the last line of words before the numbers; empty where there is none."""
    for line, following in pairwise(lines):
        has_numbers = any(read_number(context, cell) for cell in following)
        if len(line) >= width and has_numbers and not any(read_number(context, cell) for cell in line):
            return tuple(re.sub(r"\s", "", cell.text) for cell in line[-width:])
    return ()
