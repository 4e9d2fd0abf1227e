"""Compare a figure: with its target and the even pace, with the period before and the year before, and its rank."""

from dataclasses import dataclass
from decimal import Decimal

from jiedao.indicators.compute import compute_figures
from jiedao.indicators.entries import EntryFigures
from jiedao.indicators.figure import TOWN, Figure, Place
from jiedao.indicators.models import Better, Measure, MeasureKind, Target
from jiedao.kernel import clock
from jiedao.kernel.periods import Period, build_period

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Change:
    """The change of a value against an earlier one, in the value's unit and in per cent.

    Attributes:
        points: the difference; of a rate it is in percentage points.
        percent: None for a rate, and where the earlier value is 0.
        is_better: None where the measure has no good direction, or nothing changed.
    """

    earlier: Figure
    points: Decimal
    percent: Decimal | None
    is_better: bool | None


@dataclass(frozen=True)
class Progress:
    """How far a measure is from its target.

    Attributes:
        completion: the value in per cent of the target.
        pace: the part of the target's period that has passed, in per cent: 序时进度.
        ahead: completion minus pace, in percentage points.
    """

    target: Target
    completion: Decimal | None
    pace: Decimal
    ahead: Decimal | None


@dataclass(frozen=True)
class Comparison:
    """A figure with everything that it is compared with; what is not known is None."""

    figure: Figure
    before: Change | None = None
    year_before: Change | None = None
    progress: Progress | None = None


def compare_figures(measures: list[Measure], period: Period, place: Place = TOWN) -> dict[str, Comparison]:
    """Return the comparison of each measure by key, in three computations for all of them.

    A period that has not ended is compared with as many days of the earlier period.
    """
    figures = compute_figures(measures, period, place)
    earlier = [_cut(period, other) for other in (period.previous(), period.year_before())]
    before, year_before = (compute_figures(measures, other, place) if other else {} for other in earlier)
    targets = find_targets(measures, period, place)
    return {
        measure.key: Comparison(
            figure=figures[measure.key],
            before=_compare(figures[measure.key], before.get(measure.key)),
            year_before=_compare(figures[measure.key], year_before.get(measure.key)),
            progress=_measure_progress(figures[measure.key], targets.get(measure.pk)),
        )
        for measure in measures
    }


def find_targets(measures: list[Measure], period: Period, place: Place = TOWN) -> dict[int, Target]:
    """Return the target of each measure that fits the period best, by the measure's id.

    The target of the period itself is preferred; else that of the shortest longer period that contains it and begins
    with it, so that the first half of a year is measured against the year's target.
    """
    targets = Target.objects.filter(
        measure__in=measures, place_key=place.key, first_date=period.first, last_date__gte=period.last
    ).select_related("measure")
    best: dict[int, Target] = {}
    for target in targets.order_by("-last_date"):
        best[target.measure_id] = target
    return best


def _cut(period: Period, other: Period | None) -> Period | None:
    if other is None:
        return None
    passed = (min(clock.today(), period.last) - period.first).days + 1
    return other if passed >= period.days or passed < 1 else other.take_days(passed)


def _compare(figure: Figure, earlier: Figure | None) -> Change | None:
    if earlier is None or figure.value is None or earlier.value is None or _has_growth_of_its_own(figure):
        return None
    points = figure.value - earlier.value
    percent = (
        None if is_in_percent(figure.measure) or not earlier.value else points / abs(earlier.value) * HUNDRED
    )
    return Change(earlier, points, percent, _is_better(figure.measure, points))


def _has_growth_of_its_own(figure: Figure) -> bool:
    """Return whether growth is only what was entered: at comparable prices or in one scope, amounts are not divided."""
    is_entered = figure.measure.kind == MeasureKind.ENTERED
    return is_entered and (figure.growth is not None or bool(figure.scope_words))


def is_in_percent(measure: Measure) -> bool:
    """Return whether the values of a measure are percentages, whose changes are percentage points."""
    return measure.kind == MeasureKind.RATE or measure.unit_label == "%"


def _is_better(measure: Measure, points: Decimal) -> bool | None:
    if not points or measure.better == Better.NEITHER:
        return None
    return (points > 0) == (measure.better == Better.MORE)


def _measure_progress(figure: Figure, target: Target | None) -> Progress | None:
    if target is None:
        return None
    span = build_period(target.first_date, target.last_date)
    passed = (min(clock.today(), figure.period.last) - span.first).days + 1
    pace = Decimal(max(0, min(passed, span.days))) / span.days * HUNDRED
    completion = figure.value / target.value * HUNDRED if figure.value is not None and target.value else None
    return Progress(target, completion, pace, completion - pace if completion is not None else None)


def compare_with_peers(measure: Measure, period: Period) -> list[Figure]:
    """Return the entered figures of the town and of other sub-districts, best first; nothing without others."""
    if measure.kind != MeasureKind.ENTERED:
        return []
    entries, now = EntryFigures([measure], period), clock.now()
    places = [TOWN, *entries.list_peers(measure)]
    if len(places) < 2:
        return []
    figures = [entries.build_figure(Figure(measure, period, place, now)) for place in places]
    return sorted(figures, key=lambda figure: (figure.rank is None, figure.rank or 0))


def rank_figures(figures: list[Figure]) -> list[tuple[int, Figure]]:
    """Return figures with their rank, best first; equal values share a rank, and figures without a value have none."""
    with_value = [figure for figure in figures if figure.rounded is not None]
    reverse = bool(with_value) and with_value[0].measure.better != Better.LESS
    ordered = sorted(with_value, key=lambda figure: figure.rounded or Decimal(0), reverse=reverse)
    ranked: list[tuple[int, Figure]] = []
    for position, figure in enumerate(ordered, start=1):
        is_tied = ranked and ranked[-1][1].rounded == figure.rounded
        ranked.append((ranked[-1][0] if is_tied else position, figure))
    return ranked
