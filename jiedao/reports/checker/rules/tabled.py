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
_FEW = 4  # shares in a table, of which one may tell its base
_MOST_TOTALS = 80  # the largest numbers of a table, of which one may be its total
_AGREEMENT = 0.5  # part of the shares that must have a base, before another share is wrong
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
        yield from ShareTable(context, list(cells)).check()


class ShareTable:
    """The shares of a table, with what they agree on: a base at the same place in each row, or one total."""

    def __init__(self, context: Context, cells: list[TableCell]) -> None:
        self._context = context
        self._numbers = {number.index: number for number in _read_numbers(context, cells)}
        self._totals = _list_totals(context, cells)
        self._shares = [
            (self._numbers[index - 1], number)
            for index, number in self._numbers.items()
            if number.quantity.is_percent
            and index - 1 in self._numbers
            and not self._numbers[index - 1].quantity.is_percent
            and self._numbers[index - 1].quantity.value > 0
        ]
        self._offsets: Counter[int] = Counter()
        self._fixed: Counter[Decimal] = Counter()
        for part, share in self._shares:
            self._count(part.quantity, share)

    def _count(self, part: Quantity, share: NumberCell) -> None:
        for offset in range(2, _REACH):
            whole = self._numbers.get(share.index - offset)
            if whole and not whole.quantity.is_percent and _fits_padded(part, whole.quantity, share.quantity):
                self._offsets[offset] += 1
        self._fixed.update(
            {total.value for total in self._totals if _fits_padded(part, total, share.quantity)}
        )

    def check(self) -> Iterator[Claim]:
        """Yield the shares whose base is known."""
        for part, share in self._shares:
            candidates = [
                self._numbers[share.index - offset].quantity
                for offset in range(2, _REACH)
                if share.index - offset in self._numbers
            ]
            whole = self._choose_base(part.quantity, share, candidates)
            if whole is not None:
                yield from self._judge(part.quantity, share.quantity, whole, candidates)

    def _choose_base(self, part: Quantity, share: NumberCell, candidates: list[Quantity]) -> Quantity | None:
        """Return the base on which the shares agree; the one that fits, where this share has another in its row."""
        offset, same_place = max(self._offsets.items(), key=lambda item: item[1], default=(0, 0))
        value, same_total = max(self._fixed.items(), key=lambda item: item[1], default=(Decimal(0), 0))
        whole: Quantity | None = None
        if same_total >= max(2, same_place):
            whole = next((total for total in self._totals if total.value == value), None)
        elif same_place >= 2 and share.index - offset in self._numbers:
            whole = self._numbers[share.index - offset].quantity
        elif len(self._shares) <= _FEW:
            whole = _find_padded(part, share.quantity, [*candidates, *self._totals])
        if whole is None or _fits_padded(part, whole, share.quantity):
            return whole
        return next((total for total in candidates if _fits_padded(part, total, share.quantity)), whole)

    def _judge(
        self, part: Quantity, share: Quantity, whole: Quantity, candidates: list[Quantity]
    ) -> Iterator[Claim]:
        result = compute_percentage(read_interval(part), read_interval(whole))
        if result is None:
            return
        reason = _("%(part)s ÷ %(whole)s = %(result)s%%，表中为 %(printed)s%%") % {
            "part": part.printed, "whole": whole.printed,
            "result": format_number(result.middle, share.places + 2), "printed": share.printed,
        }  # fmt: skip
        agreement = max([*self._offsets.values(), *self._fixed.values()], default=0) / len(self._shares)
        if is_printed_as(result, share):
            verdict, confidence = Verdict.HOLDS, 0.8
        elif _find_padded(part, share, [whole]):
            verdict, confidence = Verdict.WRONG, 0.4
            reason += _("；末位的 0 是补上的")
        elif agreement >= _AGREEMENT and not any(_fits(part, other, share) for other in candidates):
            verdict, confidence = Verdict.WRONG, 0.8
        else:
            return
        yield self._context.claim(
            Kind.RATIO, verdict, share, reason, others=(part, whole), confidence=confidence, first=part
        )


def _read_numbers(context: Context, cells: list[TableCell]) -> Iterator[NumberCell]:
    for index, cell in enumerate(cells):
        quantities = context.list_between(cell.start, cell.end)
        if len(quantities) == 1 and len(cell.text.rstrip("件宗个家人%")) == len(quantities[0].printed):
            yield NumberCell(cell, index, quantities[0])


def _list_totals(context: Context, cells: list[TableCell]) -> list[Quantity]:
    """Return the numbers of a table and of the text before it."""
    first, last = cells[0].start, cells[-1].end
    numbers = context.list_between(max(0, first - _TOTALS_BEFORE), last)
    by_value = {
        number.value: number for number in reversed(numbers) if not number.is_percent and number.value > 0
    }
    return [by_value[value] for value in sorted(by_value, reverse=True)[:_MOST_TOTALS]]


def _fits(part: Quantity, whole: Quantity, share: Quantity) -> bool:
    if whole.value < part.value or whole is part:
        return False
    result = compute_percentage(read_interval(part), read_interval(whole))
    return result is not None and is_printed_as(result, share)


def _fits_padded(part: Quantity, whole: Quantity, share: Quantity) -> bool:
    return _fits(part, whole, share) or _find_padded(part, share, [whole]) is not None


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
