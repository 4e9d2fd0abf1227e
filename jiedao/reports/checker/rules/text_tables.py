"""Totals in prose beside the table that they sum up: 共受理工单279件,办结272件,详见下表."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import Interval, add_up, find_transposition, read_interval
from jiedao.reports.checker.context import CHANGED, Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.layout import Span, TableCell
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.columns import Row, read_rows

_REACH = 300  # characters before a table in which its totals are printed
_REFERENCE = re.compile(r"(?:见|如)(?:下|附)?表|如下|见附[件表]|下表")
_GENERIC = re.compile(r"[((].*[))]|[数量额]$|^(?:总|合计|本[月年周季期])|\s")
_LEAST_ROWS = 2


@dataclass(frozen=True)
class Column:
    """A column with its name in the first line, its printed total, None where there is none, and its other numbers."""

    name: str
    total: Quantity | None
    numbers: tuple[Quantity, ...]


def check_text_tables(context: Context) -> Iterator[Claim]:
    """Yield the amounts before a table that bear the name of a column and are, or should be, its total."""
    for _table, group in groupby(context.layout.cells, key=lambda cell: cell.table):
        cells = list(group)
        context.check_time()
        rows = list(read_rows(context, cells))
        reference = context.layout.folded[max(0, cells[0].start - _REACH) : cells[0].start]
        is_referred = bool(_REFERENCE.search(reference))
        for column in _list_columns(cells, rows):
            if claim := _check_column(context, cells[0].start, column, is_referred=is_referred):
                yield claim


def _list_columns(cells: list[TableCell], rows: list[Row]) -> Iterator[Column]:
    """Yield the columns of amounts, of a table whose first line has their names."""
    header = [cell.text for cell in cells if cell.line == cells[0].line]
    total = next((row for row in rows if row.is_sum), None)
    parts = [row for row in rows if not row.is_sum]
    width = len(total.numbers) if total else len(parts[0].numbers) if parts else 0
    parts = [row for row in parts if len(row.numbers) == width]
    if not 0 < width < len(header) or len(parts) < _LEAST_ROWS:
        return
    for position, name in enumerate(header[-width:]):
        numbers = tuple(row.numbers[position] for row in parts)
        if not any(number.is_percent for number in numbers):
            yield Column(name, total.numbers[position] if total else None, numbers)


def _check_column(context: Context, position: int, column: Column, *, is_referred: bool) -> Claim | None:
    """Compare the only amount before a table that bears the name of a column with the total of the column."""
    core = _GENERIC.sub("", _GENERIC.sub("", column.name))
    before = context.list_amounts(Span(max(0, position - _REACH), position))
    named = [amount for amount in before if len(core) > 1 and _is_named(context, amount, core)]
    column_sum = add_up(column.numbers)
    whole = read_interval(column.total) if column.total else column_sum
    if len(named) != 1 or not column_sum.overlaps(whole):
        return None  # the table itself is wrong, or the text has several amounts of this name
    (amount,) = named
    reason = _("表中“%(name)s”合计为 %(total)s，文中为 %(printed)s") % {
        "name": column.name, "total": amount.format(whole.middle), "printed": amount.printed,
    }  # fmt: skip
    holds = whole.overlaps(read_interval(amount))
    is_slip = find_transposition(amount, whole.middle) is not None
    is_certain = column.total is not None and is_referred and _is_near(amount, whole)
    if not (holds or is_slip or is_certain):
        return None
    verdict = Verdict.HOLDS if holds else Verdict.WRONG
    others = (column.total,) if column.total else column.numbers
    return context.claim(Kind.SUM, verdict, amount, reason, others=others, confidence=0.7)


def _is_named(context: Context, amount: Quantity, core: str) -> bool:
    if context.layout.is_in_table(amount.start) or amount.is_word or not amount.is_exact:
        return False
    lead = context.find_lead(amount)
    return not CHANGED.search(lead) and re.sub(r"[\s共数量为有达了]", "", lead).endswith(core)


def _is_near(amount: Quantity, whole: Interval) -> bool:
    """Return whether an amount is so near to a total that it is meant to be it, and not a part."""
    return abs(amount.value - whole.middle) <= whole.middle * Decimal("0.2")
