"""The figures that the office publishes to the district: those of the measures that the pack marks as published."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jiedao.indicators import wordings
from jiedao.indicators.compute import compute_figures, read_measures
from jiedao.indicators.figure import Figure
from jiedao.indicators.models import Measure, PeriodLock
from jiedao.indicators.versions import compute_versions
from jiedao.kernel import clock
from jiedao.kernel.periods import Period
from jiedao.kernel.wordings import Wording


@dataclass(frozen=True)
class PublishedFigure:
    """A figure of the complete town, with the version of its definition.

    Attributes:
        note: why there is no value; None where there is one.
        is_ended: whether the period is over.
        is_locked: whether the office has locked the period for the theme of the measure.
    """

    figure: Figure
    version: str
    note: Wording | None
    is_ended: bool
    is_locked: bool

    @property
    def measure(self) -> Measure:
        """The measure of the figure."""
        return self.figure.measure


@dataclass(frozen=True)
class PublishedFigures:
    """The published figures of a period, in the order of the catalogue."""

    period: Period
    as_of: datetime
    figures: tuple[PublishedFigure, ...]


def read_published_figures(period: Period) -> PublishedFigures:
    """Return the published figures of the town in a period: numbers only, no rows and no parts."""
    measures = read_measures()
    versions = compute_versions(measures)
    published = sorted(
        (measure for measure in measures.values() if measure.published),
        key=lambda measure: (measure.theme.position, measure.position, measure.key),
    )
    computed = compute_figures(published, period)
    locked = set(
        PeriodLock.objects.filter(first_date=period.first, last_date=period.last).values_list(
            "theme_id", flat=True
        )
    )
    return PublishedFigures(
        period,
        clock.now(),
        tuple(
            PublishedFigure(
                figure=computed[measure.key],
                version=versions[measure.key],
                note=_find_note(computed[measure.key]),
                is_ended=period.last < clock.today(),
                is_locked=measure.theme_id in locked,
            )
            for measure in published
        ),
    )


def _find_note(figure: Figure) -> Wording | None:
    if figure.value is not None:
        return None
    return figure.missing or Wording(wordings.NO_VALUE_STATED)


def read_own_versions() -> Mapping[str, tuple[Measure, str]]:
    """Return the office's own measures with their versions, by key."""
    measures = read_measures()
    versions = compute_versions(measures)
    return {key: (measure, versions[key]) for key, measure in measures.items()}
