"""The parts of a figure that a report may print: its value, and what it is compared with."""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum

from jiedao.indicators.comparison import Comparison, is_in_percent
from jiedao.indicators.figure import Figure


class Part(StrEnum):
    """What a report prints of a figure."""

    VALUE = "value"
    GROWTH = "growth"  # against the year before, in per cent, as entered or computed
    CHANGE = "change"  # against the period before, in per cent, of a rate in percentage points
    YEAR_CHANGE = "year_change"  # the same against the year before
    RANK = "rank"
    TARGET = "target"
    COMPLETION = "completion"  # the value in per cent of the target


def read_part(figure: Figure, part: Part, compare: Callable[[], Comparison]) -> Decimal | None:
    """Return a part of a figure, exact; None where it is not known.

    Args:
        compare: returns the figure's comparison; called only for a part that needs it.
    """
    if part is Part.RANK:
        return Decimal(figure.rank) if figure.rank is not None else None
    if part is Part.VALUE or (part is Part.GROWTH and figure.growth is not None):
        return figure.value if part is Part.VALUE else figure.growth
    comparison = compare()
    if part in {Part.TARGET, Part.COMPLETION}:
        return _read_progress(comparison, part)
    change = comparison.before if part is Part.CHANGE else comparison.year_before
    if change is None:
        return None
    if part is Part.GROWTH or not is_in_percent(figure.measure):
        return change.percent  # None where the earlier value is 0: there is no percentage of it
    return change.points


def _read_progress(comparison: Comparison, part: Part) -> Decimal | None:
    if comparison.progress is None:
        return None
    return comparison.progress.target.value if part is Part.TARGET else comparison.progress.completion
