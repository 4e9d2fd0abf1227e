"""Columns of tables: a row 合计 that is the sum of the rows, and growth beside the two amounts that give it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import (
    HUNDRED,
    add_up,
    find_transposition,
    is_printed_as,
    read_interval,
)
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.layout import TableCell
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity

_SUM_LABEL = re.compile(r"^(?:合计|总计|共计|小计|总数|合计数)(?:[((].*)?$")
_SEQUENCE = re.compile(r"^\d{1,3}$")
_LEAST_FITTING = 2  # rows in which a column must be growth, before another row is wrong
_MAJORITY = Decimal("0.6")


@dataclass(frozen=True)
class Row:
    """A row with the words of its first cells and the numbers behind them."""

    label: str
    numbers: tuple[Quantity, ...]

    @property
    def is_sum(self) -> bool:
        """Whether the row states the sum of the others."""
        return bool(_SUM_LABEL.match(re.sub(r"\s", "", self.label)))


def check_columns(context: Context) -> Iterator[Claim]:
    """Yield the sums and growth rates of the tables of a text."""
    for _table, cells in groupby(context.layout.cells, key=lambda cell: cell.table):
        rows = list(read_rows(context, list(cells)))
        yield from _check_sums(context, rows)
        yield from _check_growth(context, rows)


def read_rows(context: Context, cells: list[TableCell]) -> Iterator[Row]:
    """Yield the rows with numbers. Words after numbers begin a row, whether a line holds a row or a single cell."""
    label, numbers = "", list[Quantity]()
    line = -1
    is_by_line = len({cell.line for cell in cells}) < len(cells) / 2
    for cell in cells:
        number = _read_number(context, cell)
        begins = cell.line != line if is_by_line else number is None
        if begins and numbers:
            yield Row(label, tuple(numbers))
            label, numbers = "", []
        line = cell.line
        if number is None:
            if cell.text and not numbers:
                label = cell.text
        else:
            numbers.append(number)
    if numbers:
        yield Row(label, tuple(numbers))


def _read_number(context: Context, cell: TableCell) -> Quantity | None:
    quantities = context.list_between(cell.start, cell.end)
    is_number = (
        len(quantities) == 1 and cell.text.rstrip("件宗个家人户次起%").lstrip("+") == quantities[0].printed
    )
    return quantities[0] if is_number else None


def _check_sums(context: Context, rows: list[Row]) -> Iterator[Claim]:
    """Yield the numbers of a row 合计.

    Which rows it adds is not printed. It is certain where another column of the same rows comes out, or where two
    exchanged digits explain the difference.
    """
    for index, total in enumerate(rows):
        if not total.is_sum:
            continue
        before, after = rows[:index], rows[index + 1 :]
        parts = _list_parts(before or after, total)
        if len(parts) < 2:
            continue
        columns = [
            (number, [row.numbers[position] for row in parts])
            for position, number in enumerate(total.numbers)
            if not number.is_percent and not any(row.numbers[position].is_percent for row in parts)
        ]
        fitting = [add_up(addends).overlaps(read_interval(number)) for number, addends in columns]
        for (number, addends), fits in zip(columns, fitting, strict=True):
            total_sum = sum((addend.value for addend in addends), Decimal(0))
            slip = find_transposition(number, total_sum)
            if fits or slip or (any(fitting) and _is_added(number, addends)):
                yield _state_sum(context, number, addends, Verdict.HOLDS if fits else Verdict.WRONG)


def _list_parts(rows: list[Row], total: Row) -> list[Row]:
    """Return the rows with as many numbers as the total; one number more is that of the row."""
    parts = []
    for row in rows:
        numbers = row.numbers
        if len(numbers) == len(total.numbers) + 1 and _SEQUENCE.match(numbers[0].printed):
            numbers = numbers[1:]
        if len(numbers) == len(total.numbers) and not row.is_sum:
            parts.append(Row(row.label, numbers))
    return parts


def _is_added(number: Quantity, addends: list[Quantity]) -> bool:
    """Return whether a column is of counts that add up, and not of averages, of which the sum is twice as much."""
    total_sum = sum((addend.value for addend in addends), Decimal(0))
    return number.value * Decimal("0.55") < total_sum < number.value * Decimal("1.8")


def _state_sum(context: Context, number: Quantity, addends: list[Quantity], verdict: Verdict) -> Claim:
    total_sum = sum((addend.value for addend in addends), Decimal(0))
    reason = _("本列各行之和为 %(result)s，合计为 %(total)s") % {
        "result": number.format(total_sum), "total": number.printed,
    }  # fmt: skip
    return context.claim(Kind.SUM, verdict, number, reason, others=tuple(addends), confidence=0.75)


def _check_growth(context: Context, rows: list[Row]) -> Iterator[Claim]:
    """Yield the growth rates behind this year's and last year's amount, where most rows have them there."""
    width = max((len(row.numbers) for row in rows), default=0)
    for position in range(2, width):
        triples = [
            (row.numbers[position - 2], row.numbers[position - 1], row.numbers[position])
            for row in rows
            if len(row.numbers) > position and row.numbers[position].is_percent
        ]
        triples = [triple for triple in triples if not triple[0].is_percent and triple[1].value > 0]
        fitting = [triple for triple in triples if _is_growth(*triple)]
        if len(fitting) < _LEAST_FITTING or len(fitting) < len(triples) * _MAJORITY:
            continue
        for now, before, rate in triples:
            result = (now.value - before.value) / before.value * HUNDRED
            reason = _("(%(now)s − %(before)s) ÷ %(before)s = %(result)s%%，表中为 %(printed)s%%") % {
                "now": now.printed, "before": before.printed, "printed": rate.printed,
                "result": format_number(result, rate.places + 2),
            }  # fmt: skip
            verdict = Verdict.HOLDS if _is_growth(now, before, rate) else Verdict.WRONG
            yield context.claim(
                Kind.GROWTH, verdict, rate, reason, others=(now, before), confidence=0.75, first=now
            )


def _is_growth(now: Quantity, before: Quantity, rate: Quantity) -> bool:
    if now.is_percent or before.is_percent:
        return False
    difference = read_interval(now) - read_interval(before)
    if now.value < before.value:
        difference = read_interval(before) - read_interval(now)
    result = difference.divide_by(read_interval(before))
    is_signed = (now.value < before.value) == (rate.value < 0) or now.value == before.value
    return result is not None and is_signed and is_printed_as(result.multiply_by(HUNDRED), rate)
