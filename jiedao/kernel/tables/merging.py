"""Merged cells: the value of the first cell holds for all of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jiedao.kernel.tables.rows import Cell, MergedRange, Row


@dataclass
class _OpenRange:
    """A range that the current row belongs to, and the value of its first cell."""

    merge: MergedRange
    value: Cell = None
    filled: bool = False


class MergeFiller:
    """Fills merged cells of rows that arrive in their order.

    Attributes:
        filled: the ranges of which a cell was filled, in the order of the rows.
    """

    def __init__(self, merges: Iterable[MergedRange], *, above: int = 0, only_down: bool = False) -> None:
        """Fill the ranges that begin below the row `above`; `only_down` leaves out all but the first column."""
        self.filled: list[MergedRange] = []
        self._only_down = only_down
        below = (merge for merge in merges if merge.first_row > above)
        self._waiting = iter(sorted(below, key=lambda merge: merge.first_row))
        self._next = next(self._waiting, None)
        self._open: dict[int, _OpenRange] = {}  # by column, counted from 0

    def fill(self, row: Row) -> Row:
        """Return the row with its merged cells filled, the same row when there are none."""
        self._open_ranges(row)
        if not self._open:
            return row
        cells = list(row.cells)
        for column in sorted(self._open):
            part = self._open[column]
            if part.merge.last_row < row.number:
                del self._open[column]
            elif part.value not in (None, "") and _get_cell(cells, column) in (None, ""):
                cells += [None] * (column + 1 - len(cells))
                cells[column] = part.value
                if not part.filled:
                    part.filled = True
                    self.filled.append(part.merge)
        return Row(row.number, tuple(cells), row.fault, row.hidden)

    def fill_all(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows with their merged cells filled."""
        return map(self.fill, rows)

    def _open_ranges(self, row: Row) -> None:
        """Open the ranges that begin in this row; one that began in an empty row has no value."""
        while self._next is not None and self._next.first_row <= row.number:
            merge, self._next = self._next, next(self._waiting, None)
            if merge.first_row < row.number:
                continue
            value = _get_cell(row.cells, merge.first_column - 1)
            part = _OpenRange(merge, value)
            last_column = merge.first_column if self._only_down else merge.last_column
            self._open.update(dict.fromkeys(range(merge.first_column - 1, last_column), part))


def _get_cell(cells: tuple[Cell, ...] | list[Cell], column: int) -> Cell:
    return cells[column] if column < len(cells) else None
