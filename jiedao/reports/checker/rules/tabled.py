"""Percentages in tables, whose denominator is at the same place in each row, or the total above."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import compute_percentage, is_printed_as, read_interval
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.layout import TableCell
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity

_REACH = 18  # cells before a percentage in which its denominator may be
_TOTALS_BEFORE = 500  # characters before a table in which its total may be


@dataclass(frozen=True)
class NumberCell:
    """A cell with its only number, and its place in the row of cells of the table."""

    cell: TableCell
    index: int
    quantity: Quantity


def check_tables(context: Context) -> Iterator[Claim]:
    """Yield the percentages of tables that have a number in the cell before."""
    for _table, cells in groupby(context.layout.cells, key=lambda cell: cell.table):
        yield from _check_table(context, list(cells))


def _check_table(context: Context, cells: list[TableCell]) -> Iterator[Claim]:
    numbers = {number.index: number for number in _read_numbers(context, cells)}
    shares = [
        (numbers[index - 1], number)
        for index, number in numbers.items()
        if number.quantity.is_percent
        and index - 1 in numbers
        and not numbers[index - 1].quantity.is_percent
        and numbers[index - 1].quantity.value > 0
    ]
    totals = _list_totals(context, cells)
    offsets: Counter[int] = Counter()
    fixed: Counter[Decimal] = Counter()
    for part, share in shares:
        for offset in range(2, _REACH):
            whole = numbers.get(share.index - offset)
            if (
                whole
                and not whole.quantity.is_percent
                and _fits_padded(part.quantity, whole.quantity, share.quantity)
            ):
                offsets[offset] += 1
        values = {total.value for total in totals if _fits_padded(part.quantity, total, share.quantity)}
        fixed.update(values)
    for part, share in shares:
        yield from _judge(context, part, share, numbers, offsets, fixed, totals, len(shares))


def _read_numbers(context: Context, cells: list[TableCell]) -> Iterator[NumberCell]:
    for index, cell in enumerate(cells):
        quantities = context.list_between(cell.start, cell.end)
        if len(quantities) == 1 and len(cell.text.rstrip("件宗个家人%")) == len(quantities[0].printed):
            yield NumberCell(cell, index, quantities[0])


def _list_totals(context: Context, cells: list[TableCell]) -> list[Quantity]:
    """Return the numbers of a table and of the text before it."""
    first, last = cells[0].start, cells[-1].end
    return [
        quantity
        for quantity in context.list_between(max(0, first - _TOTALS_BEFORE), last)
        if not quantity.is_percent and quantity.value > 0
    ]


def _fits(part: Quantity, whole: Quantity, share: Quantity) -> bool:
    if whole.value < part.value or whole is part:
        return False
    result = compute_percentage(read_interval(part), read_interval(whole))
    return result is not None and is_printed_as(result, share)


def _fits_padded(part: Quantity, whole: Quantity, share: Quantity) -> bool:
    return _fits(part, whole, share) or _find_padded(part, share, [whole]) is not None


def _judge(
    context: Context,
    part: NumberCell,
    share: NumberCell,
    numbers: dict[int, NumberCell],
    offsets: Counter[int],
    fixed: Counter[Decimal],
    totals: list[Quantity],
    count: int,
) -> Iterator[Claim]:
    """Compare a share with the base on which the others of its table agree."""
    candidates = [
        numbers[share.index - offset].quantity
        for offset in range(2, _REACH)
        if share.index - offset in numbers
    ]
    best_offset, same_place = max(offsets.items(), key=lambda item: item[1], default=(0, 0))
    best_total, same_total = max(fixed.items(), key=lambda item: item[1], default=(Decimal(0), 0))
    whole: Quantity | None = None
    if same_total >= max(2, same_place):
        whole = next((total for total in totals if total.value == best_total), None)
    elif same_place >= 2 and share.index - best_offset in numbers:
        whole = numbers[share.index - best_offset].quantity
    elif count <= 4:
        whole = _find_padded(part.quantity, share.quantity, [*candidates, *totals])
    if whole is None:
        return
    if not _fits_padded(part.quantity, whole, share.quantity):
        whole = next(
            (total for total in candidates if _fits_padded(part.quantity, total, share.quantity)), whole
        )
    others = (part.quantity, whole)
    result = compute_percentage(read_interval(part.quantity), read_interval(whole))
    if result is None:
        return
    reason = _("%(part)s ÷ %(whole)s = %(result)s%%，表中为 %(printed)s%%") % {
        "part": part.quantity.printed, "whole": whole.printed,
        "result": format_number(result.middle, share.quantity.places + 2), "printed": share.quantity.printed,
    }  # fmt: skip
    first = part.quantity
    if is_printed_as(result, share.quantity):
        yield context.claim(
            Kind.RATIO, Verdict.HOLDS, share.quantity, reason, others=others, confidence=0.8, first=first
        )
        return
    is_padded = bool(_find_padded(part.quantity, share.quantity, [whole]))
    others_fit = any(_fits(part.quantity, other, share.quantity) for other in candidates)
    agreement = max(same_place, same_total) / count
    if is_padded:
        reason += _("；末位的 0 是补上的")
        yield context.claim(
            Kind.RATIO, Verdict.WRONG, share.quantity, reason, others=others, confidence=0.4, first=first
        )
    elif agreement >= 0.5 and not others_fit:
        yield context.claim(
            Kind.RATIO, Verdict.WRONG, share.quantity, reason, others=others, confidence=0.8, first=first
        )


def _find_padded(part: Quantity, share: Quantity, totals: list[Quantity]) -> Quantity | None:
    """Return the total of which a share is right with fewer places: 29.00% printed for 29.0%."""
    if not share.printed.endswith("0") or "." not in share.printed:
        return None
    short = share.printed.rstrip("0").rstrip(".")
    if short == share.printed.partition(".")[0]:
        short += ".0"
    step = Decimal(1).scaleb(-len(short.partition(".")[2]))
    for total in totals:
        if total.value <= part.value:
            continue
        result = compute_percentage(read_interval(part), read_interval(total))
        if result and result.low < share.value + step and result.high >= share.value - step / 2:
            return total
    return None
