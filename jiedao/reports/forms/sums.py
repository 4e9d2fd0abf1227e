"""The results of the sums of a sheet, for the page: Excel and WPS compute every formula when they open the file."""

import re
from decimal import Decimal, InvalidOperation

from jiedao.reports.forms.blank import Grid, number_column

MOST_CELLS_OF_SUM = 20_000
_DEEPEST = 20  # sums of sums
_CELL = r"\$?([A-Z]{1,3})\$?([1-9]\d{0,5})"
_SUM = re.compile(r"SUM\(([A-Z\d$:,\s]+)\)", re.IGNORECASE)
_ADDED = re.compile(rf"\+?{_CELL}(?:\+{_CELL})*")
_PART = re.compile(rf"{_CELL}(?::{_CELL})?")


def compute_sum(grid: Grid, row: int, column: int, depth: int = 0) -> Decimal | None:
    """Return the result of =SUM(C4:C9) or =C4+C5; None for other formulas and where a part is unknown."""
    formula = grid.get(row, column).formula.replace(" ", "").upper()
    match = _SUM.fullmatch(formula)
    if match is not None:
        parts = match[1].split(",")
    elif _ADDED.fullmatch(formula):
        parts = formula.strip("+").split("+")
    else:
        return None
    total = Decimal(0)
    for part in parts:
        cells = _list_cells(part)
        if cells is None or depth == _DEEPEST:
            return None
        for place in cells:
            value = _read_number(grid, *place, depth, is_strict=match is None)
            if value is None:
                return None
            total += value
    return total


def _list_cells(part: str) -> list[tuple[int, int]] | None:
    match = _PART.fullmatch(part)
    if match is None:
        return None
    left, top = number_column(match[1]), int(match[2])
    right, bottom = (number_column(match[3]), int(match[4])) if match[3] else (left, top)
    (left, right), (top, bottom) = sorted((left, right)), sorted((top, bottom))
    if (bottom - top + 1) * (right - left + 1) > MOST_CELLS_OF_SUM:
        return None
    return [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]


def _read_number(grid: Grid, row: int, column: int, depth: int, *, is_strict: bool) -> Decimal | None:
    """Return the number of a cell: 0 for an empty one, and for a text too where it is not added by name."""
    if (row, column) in grid.covered:
        return Decimal(0)
    cell = grid.get(row, column)
    if cell.is_formula:
        return compute_sum(grid, row, column, depth + 1)
    try:
        number = Decimal(cell.text or "0")
    except InvalidOperation:
        return None if is_strict else Decimal(0)
    return number if number.is_finite() else Decimal(0)
