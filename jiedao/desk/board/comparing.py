"""The change of the figures against the period before and against the year before.

A count changes by cases, a rate by percentage points. Where the other period has no data, nothing is compared, and the
page states so. A period that still runs is compared with as many days of the other one.
"""

from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.selectors import board as figures
from jiedao.cases.selectors.board import BoardRow
from jiedao.cases.selectors.measures import Rate
from jiedao.kernel import clock
from jiedao.kernel.periods import DAY, Period
from jiedao.orgs.actor import Actor

MINUS = "\N{MINUS SIGN}"


class Basis(TextChoices):
    """What a period is compared with."""

    PREVIOUS = "previous", gettext_lazy("上期")
    YEAR = "year", gettext_lazy("去年同期")


@dataclass(frozen=True)
class Comparison:
    """The figures of another period. `total` is None where it has no data; `rows` by key, where they were read.

    `cut` is whether it was cut to as many days as the present period has had so far.
    """

    basis: Basis
    period: Period
    cut: bool
    total: BoardRow | None
    rows: dict[str, BoardRow] = field(default_factory=dict)

    def find_row(self, key: str) -> BoardRow | None:
        """Return the row of the other period, "" for the total; None where it has no data."""
        return self.rows.get(key) if key else self.total


def read_comparisons(
    actor: Actor, period: Period, by: str, *, with_rows: Basis | None = None, places: str = ""
) -> list[Comparison]:
    """Return what the period is compared with, the period before first; four statements each.

    The year before is left out where it is the period before. `with_rows` is read with its rows, split as the table is.
    """
    comparisons: list[Comparison] = []
    for basis in Basis:
        other = period.previous() if basis is Basis.PREVIOUS else period.year_before()
        if other is None or any(comparison.period == other for comparison in comparisons):
            continue
        part = other.take_days((clock.today() - period.first) // DAY + 1) if _is_running(period) else other
        if basis == with_rows:
            board = figures.read_board(actor, part, by, places=places)
            rows, total = {row.key: row for row in board.rows}, board.total
        else:
            rows, total = {}, figures.read_totals(actor, part)
        has_data = any(total.counts.values())
        comparisons.append(Comparison(basis, part, part != other, total if has_data else None, rows))
    return comparisons


def _is_running(period: Period) -> bool:
    return period.first <= clock.today() < period.last


def describe_comparison(comparison: Comparison) -> str:
    """Return what is compared with, or that it has no data."""
    values = {"basis": comparison.basis.label, "period": comparison.period.label}
    if comparison.total is None:
        return _("%(basis)s（%(period)s）没有数据，不作对比") % values
    if comparison.cut:
        return _("与%(basis)s的同样天数（%(period)s）对比") % values
    return _("与%(basis)s（%(period)s）对比") % values


def describe_missing_row(comparison: Comparison) -> str:
    """Return that a line of the table has no data in the other period."""
    return _("%(basis)s没有数据") % {"basis": comparison.basis.label}


def compute_percentage(rate: Rate, row: BoardRow) -> float:
    """Return the rate in percent at one decimal, rounded once; the rates of the row are already rounded."""
    return round(100 * row.counts[rate.numerator] / row.counts[rate.denominator], 1)


def format_rate(rate: Rate, row: BoardRow) -> str:
    """Return the rate in percent, "—" where its denominator is 0."""
    return f"{compute_percentage(rate, row)}%" if row.counts[rate.denominator] else "—"


def compute_point_change(rate: Rate, row: BoardRow, before: BoardRow | None) -> float | None:
    """Return the change of a rate in percentage points, as the two printed rates differ; None without both."""
    if before is None or not row.counts[rate.denominator] or not before.counts[rate.denominator]:
        return None
    return round(compute_percentage(rate, row) - compute_percentage(rate, before), 1)


def format_count_change(code: str, row: BoardRow, before: BoardRow | None) -> str:
    """Return the change of a count in a cell, such as "+3"; "" without a row to compare with, and from 0 to 0."""
    if before is None or not (row.counts[code] or before.counts[code]):
        return ""
    return _format_signed(row.counts[code] - before.counts[code])


def format_rate_change(rate: Rate, row: BoardRow, before: BoardRow | None) -> str:
    """Return the change of a rate in a cell, such as "+2.1 百分点"; "" without two rates to compare."""
    change = compute_point_change(rate, row, before)
    if change is None:
        return ""
    return _("%(n)s 百分点") % {"n": _format_signed(change)} if change else _("持平")


def _format_signed(change: float) -> str:
    if not change:
        return _("持平")
    return f"+{change}" if change > 0 else f"{MINUS}{abs(change)}"


def describe_count_changes(code: str, row: BoardRow, comparisons: list[Comparison]) -> list[str]:
    """Return how a count changed against each comparison, in words."""
    return [
        _describe_change(comparison.basis, change)
        for comparison in comparisons
        if comparison.total is not None
        for change in [row.counts[code] - comparison.total.counts[code]]
    ]


def describe_rate_changes(rate: Rate, row: BoardRow, comparisons: list[Comparison]) -> list[str]:
    """Return how a rate changed against each comparison, in words and percentage points."""
    if not row.counts[rate.denominator]:
        return []
    texts = []
    for comparison in comparisons:
        change = compute_point_change(rate, row, comparison.total)
        if change is None:
            texts.append(_("%(basis)s没有可算的案件") % {"basis": comparison.basis.label})
        else:
            texts.append(_describe_point_change(comparison.basis, change))
    return texts


def _describe_point_change(basis: Basis, change: float) -> str:
    values = {"basis": basis.label, "n": abs(change)}
    if not change:
        return _("与%(basis)s持平") % values
    return (_("比%(basis)s高 %(n)s 个百分点") if change > 0 else _("比%(basis)s低 %(n)s 个百分点")) % values


def _describe_change(basis: Basis, change: int) -> str:
    values = {"basis": basis.label, "n": abs(change)}
    if not change:
        return _("与%(basis)s持平") % values
    return (_("比%(basis)s多 %(n)s") if change > 0 else _("比%(basis)s少 %(n)s")) % values
