"""The tiles of the leaders' page: figures of the present day, month or year, and how they changed since yesterday.

A pack declares the tiles. They show the complete town, so all readers share them: they are computed once in some
seconds, however many screens refresh themselves. A server computes them in the background while the page is read.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from django.utils.translation import get_language, override

from jiedao.indicators.comparison import Comparison, compare_figures
from jiedao.indicators.compute import compute_figures, has_past_state
from jiedao.indicators.entries import find_latest_periods
from jiedao.indicators.models import Measure, MeasureKind, Tile, TileSpan
from jiedao.kernel import clock, periods
from jiedao.kernel.memo import WarmMemo
from jiedao.kernel.periods import Period
from jiedao.kernel.snapshots import read_snapshot

SECONDS = 20.0
PERIODS: dict[str, Callable[[date], Period]] = {
    TileSpan.DAY: periods.day_of,
    TileSpan.WEEK: periods.week_of,
    TileSpan.MONTH: periods.month_of,
    TileSpan.QUARTER: periods.quarter_of,
    TileSpan.HALF: periods.half_of,
    TileSpan.YEAR: periods.year_of,
}


@dataclass(frozen=True)
class TileFigure:
    """The figure of a tile.

    Attributes:
        is_earlier: nothing was entered for the present period; the figure is that of the latest one.
        since: how the value changed since the end of the day before yesterday; None where that is not known.
    """

    measure: Measure
    span: str
    comparison: Comparison
    since: Decimal | None
    is_earlier: bool = False


def read_tiles() -> list[TileFigure]:
    """Return the tiles in the order of the pack, at most some seconds old."""
    language = get_language() or ""
    if language not in _MEMOS:
        _MEMOS[language] = WarmMemo(partial(_compute_in, language), seconds=SECONDS)
    return _MEMOS[language].get()


_MEMOS: dict[str, WarmMemo[list[TileFigure]]] = {}  # by language: notes and names are texts


def _compute_in(language: str) -> list[TileFigure]:
    with override(language or None):
        return compute_tiles()


def compute_tiles() -> list[TileFigure]:
    """Return the tiles as they are now."""
    with read_snapshot():
        return _compute_tiles()


def _compute_tiles() -> list[TileFigure]:
    tiles = list(Tile.objects.filter(measure__active=True).select_related("measure__theme"))
    today = clock.today()
    by_span: dict[str, list[Measure]] = defaultdict(list)
    for tile in tiles:
        by_span[tile.span].append(tile.measure)
    entered = [tile.measure for tile in tiles if tile.measure.kind == MeasureKind.ENTERED]
    latest = find_latest_periods(entered, today)
    figures: dict[tuple[str, str], TileFigure] = {}
    for span, measures in by_span.items():
        period = PERIODS[span](today)
        comparisons = compare_figures(measures, period)
        changes = _compute_changes(measures, period, comparisons)
        for measure in measures:
            key = measure.key
            figures[key, span] = TileFigure(measure, span, comparisons[key], changes.get(key))
            if (period_of := latest.get(measure.pk)) is not None and not _has_data(comparisons[key]):
                earlier = compare_figures([measure], period_of)[key]
                figures[key, span] = TileFigure(measure, span, earlier, None, is_earlier=True)
    return [figures[tile.measure.key, tile.span] for tile in tiles]


def _has_data(comparison: Comparison) -> bool:
    figure = comparison.figure
    return figure.value is not None or figure.growth is not None or figure.rank is not None


def _compute_changes(
    measures: list[Measure], period: Period, comparisons: dict[str, Comparison]
) -> dict[str, Decimal]:
    """Return how each value changed since the end of the day before yesterday, as far as the period had begun then.

    What people enter, and what is judged as it is now, has no state on an earlier day.
    """
    counted = [measure for measure in measures if has_past_state(measure)]
    days = (clock.today() - periods.DAY - period.first).days
    if days < 1 or not counted:
        return {}
    earlier = compute_figures(counted, period.take_days(days))
    changes = {}
    for measure in counted:
        now, before = comparisons[measure.key].figure.rounded, earlier[measure.key].rounded
        if now is not None and before is not None:
            changes[measure.key] = now - before
    return changes
