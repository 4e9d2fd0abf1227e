"""Columns of tables that follow from others: growth, rates, differences and row totals.

Which columns a rate is computed from is seldom printed. Where a formula gives the printed value in most rows, it is
the formula of the column, and a row in which it does not is wrong.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import HUNDRED, Interval, is_printed_as, read_interval
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.grid import Grid, GridNumber, read_grids

_MOST_COLUMNS = 14
_MOST_ROWS = 80  # in which a formula is looked for
_HOPELESS_ROWS = 6  # in which a formula must fit once, to be tried on
_MAJORITY = Decimal("0.6")
_FEW_DIGITS = 3  # a rate with fewer fits by chance
_LEAST_ROWS = 2
_LEAST_DIFFERENCES = 3  # rows with differences of few digits that must fit
_LEAST_SHORT_ROWS = 4  # rows with rates of few digits that must fit
_CHANGE = re.compile(r"同比|环比|增减|增幅|增长|幅度|升降|变化")
_TOTAL = re.compile(r"^(?:总计|合计|小计|总数|共计|受理总数)")


@dataclass(frozen=True)
class Formula:
    """How a number is computed from others of its row, and the words for it with a place for each of them."""

    kind: Kind
    compute: Callable[[Sequence[GridNumber]], Interval | None]
    words: str
    is_rate: bool = False


@dataclass(frozen=True)
class Column:
    """A column that follows from others, and in how many of its rows it is printed so."""

    formula: Formula
    position: int
    sources: tuple[int, ...]
    fits: int
    rows: int


def check_formulas(context: Context) -> Iterator[Claim]:
    """Yield the numbers of tables whose column follows from others."""
    for grid in read_grids(context):
        context.check_time()
        for column in find_columns(context, grid):
            yield from _check_column(context, grid, column)


def find_columns(context: Context, grid: Grid) -> Iterator[Column]:
    """Yield the columns of a table that follow from others, with the formula that fits most rows."""
    for position in range(min(grid.width, _MOST_COLUMNS)):
        context.check_time()
        candidates = [column for column in _list_candidates(grid, position) if _is_established(grid, column)]
        best = max(candidates, key=lambda column: (column.fits, -len(column.sources)), default=None)
        if best:
            yield best


def _list_candidates(grid: Grid, position: int) -> Iterator[Column]:
    others = [index for index in range(min(grid.width, _MOST_COLUMNS)) if index != position]
    pairs = [pair for pair in permutations(others, 2) if all(_is_amount(grid, index) for index in pair)]
    if _is_rate(grid, position):
        for pair in pairs:
            yield _try(grid, position, pair, GROWTH)
            yield _try(grid, position, pair, RATIO)
    if _is_change(grid, position):
        for pair in pairs:
            yield _try(grid, position, pair, DIFFERENCE)
    if not _is_marked_percent(grid, position) and _is_amount(grid, position):
        yield from _list_sums(grid, position)


def _list_sums(grid: Grid, position: int) -> Iterator[Column]:
    """Yield the sums of neighbouring columns before one."""
    for first in range(position):
        for last in range(first + 2, position + 1):
            sources = tuple(range(first, last))
            if all(_is_amount(grid, index) for index in sources):
                yield _try(grid, position, sources, SUM)


def _list_cells(grid: Grid, position: int) -> list[GridNumber]:
    return [cell for row in grid.rows if (cell := row.cells[position])]


def _is_rate(grid: Grid, position: int) -> bool:
    """Return whether a column is of percentages: it has the sign, or decimals without one."""
    cells = _list_cells(grid, position)
    rates = sum(cell.is_percent or cell.places > 0 for cell in cells)
    return len(cells) > 1 and rates * 2 > len(cells)


def _is_change(grid: Grid, position: int) -> bool:
    """Return whether a column is of differences: it has signs, or a name such as 增减."""
    cells = _list_cells(grid, position)
    is_named = bool(grid.names and _CHANGE.search(grid.names[position]))
    return (is_named or any(cell.is_signed for cell in cells)) and not _is_marked_percent(grid, position)


def _is_marked_percent(grid: Grid, position: int) -> bool:
    return any(cell.is_percent for cell in _list_cells(grid, position))


def _is_amount(grid: Grid, position: int) -> bool:
    cells = _list_cells(grid, position)
    return len(cells) > 1 and not any(cell.is_percent or cell.is_signed for cell in cells)


def _try(grid: Grid, position: int, sources: tuple[int, ...], formula: Formula) -> Column:
    """Return a column with a formula, and the number of rows that it fits; a hopeless one is tried on a few."""
    fits = rows = 0
    for printed, operands in _list_rows(grid, position, sources):
        rows += 1
        fits += _is_right(formula, printed, operands)
        if rows == _HOPELESS_ROWS and not fits:
            break
    return Column(formula, position, sources, fits, rows)


def _list_rows(
    grid: Grid, position: int, sources: tuple[int, ...]
) -> Iterator[tuple[GridNumber, list[GridNumber]]]:
    """Yield the printed number and its operands of each row in which they say something about the formula."""
    for row in grid.rows[:_MOST_ROWS]:
        printed = row.cells[position]
        operands = [cell for index in sources if (cell := row.cells[index])]
        if printed and len(operands) == len(sources) and _is_telling(printed, operands):
            yield printed, operands


def _is_telling(printed: GridNumber, operands: list[GridNumber]) -> bool:
    """Return whether a row may refute a formula: 0, 100 % and a sum with a single addend fit by chance."""
    if printed.is_percent and printed.value == HUNDRED:
        return False
    return printed.value != 0 and sum(operand.value != 0 for operand in operands) > 1


def _is_right(formula: Formula, printed: GridNumber, operands: Sequence[GridNumber]) -> bool:
    result = formula.compute(operands)
    if result is None:
        return False
    if not formula.is_rate:
        is_negative = printed.value < 0 or (not printed.is_signed and result.high < 0)
        value = -abs(printed.value) if is_negative else printed.value
        room = printed.quantity.room
        return result.low <= value + room and result.high >= value - room
    if printed.is_signed and result.middle and (result.middle < 0) != (printed.value < 0):
        return False
    return is_printed_as(_take_absolute(result), printed.quantity)


def _take_absolute(result: Interval) -> Interval:
    if result.low >= 0:
        return result
    return Interval(Decimal(0) if result.high > 0 else -result.high, max(-result.low, result.high))


def _compute_growth(operands: Sequence[GridNumber]) -> Interval | None:
    now, before = (read_interval(operand.quantity) for operand in operands)
    if before.low <= 0:
        return None
    change = now - before
    is_down = change.middle < 0
    rate = (before - now if is_down else change).divide_by(before)
    if rate is None:
        return None
    rate = rate.multiply_by(HUNDRED)
    return Interval(-rate.high, -rate.low) if is_down else rate


def _compute_ratio(operands: Sequence[GridNumber]) -> Interval | None:
    above, below = (read_interval(operand.quantity) for operand in operands)
    share = above.divide_by(below)
    return share.multiply_by(HUNDRED) if share else None


def _compute_difference(operands: Sequence[GridNumber]) -> Interval | None:
    first, second = (read_interval(operand.quantity) for operand in operands)
    return first - second


def _compute_sum(operands: Sequence[GridNumber]) -> Interval | None:
    total = Interval(Decimal(0), Decimal(0))
    for operand in operands:
        total += read_interval(operand.quantity)
    return total


GROWTH = Formula(Kind.GROWTH, _compute_growth, "({0} − {1}) ÷ {1}", is_rate=True)
RATIO = Formula(Kind.RATIO, _compute_ratio, "{0} ÷ {1}", is_rate=True)
DIFFERENCE = Formula(Kind.GROWTH, _compute_difference, "{0} − {1}")
SUM = Formula(Kind.SUM, _compute_sum, "")


def _is_established(grid: Grid, column: Column) -> bool:
    """Return whether a formula fits so many rows that it is the one of the column."""
    name = grid.names[column.position] if grid.names else ""
    is_named = (
        bool((_TOTAL if column.formula is SUM else _CHANGE).search(name)) and column.formula is not RATIO
    )
    if is_named and column.fits and column.fits * 2 >= column.rows and column.rows < 4:
        return column.fits > 1 or column.rows == 2
    least = _LEAST_ROWS
    digits = [
        len(cell.quantity.printed.replace(".", "").replace("-", "").lstrip("0"))
        for cell in _list_cells(grid, column.position)
    ]
    if column.formula is not SUM and digits and sorted(digits)[len(digits) // 2] < _FEW_DIGITS:
        least = _LEAST_DIFFERENCES if column.formula is DIFFERENCE else _LEAST_SHORT_ROWS
    return column.fits >= least and column.fits >= column.rows * _MAJORITY


def _check_column(context: Context, grid: Grid, column: Column) -> Iterator[Claim]:
    for printed, operands in _list_rows(grid, column.position, column.sources):
        result = column.formula.compute(operands)
        if result is None:
            continue
        holds = _is_right(column.formula, printed, operands)
        quantity = printed.quantity
        is_rate = column.formula.is_rate
        numbers = [operand.quantity.printed for operand in operands]
        words = column.formula.words.format(*numbers) if column.formula.words else " + ".join(numbers)
        reason = _("%(sum)s = %(result)s%(unit)s，表中为 %(printed)s%(unit)s，其余 %(fits)s 行按此计算相符") % {
            "sum": words,
            "result": format_number(result.middle, quantity.places + 2 if is_rate else quantity.places),
            "printed": format_number(printed.value, quantity.places),
            "unit": "%" if is_rate else "", "fits": column.fits - holds,
        }  # fmt: skip
        yield context.claim(
            column.formula.kind, Verdict.HOLDS if holds else Verdict.WRONG, quantity, reason,
            others=tuple(operand.quantity for operand in operands), confidence=0.85 if holds else 0.8,
            first=_find_first(operands),
        )  # fmt: skip


def _find_first(operands: Sequence[GridNumber]) -> Quantity:
    return min((operand.quantity for operand in operands), key=lambda quantity: quantity.start)
