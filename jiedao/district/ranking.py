"""Rank offices by a published figure. Only figures of one definition and one period are compared; persons never are.

The reference is the definition of the district's own pack, or where it has none that of most offices. An office that
counts otherwise, or whose figure is older than the end of a period that is over, is listed apart with the reason.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from jiedao.district import wordings
from jiedao.district.models import Office, OfficeFigure
from jiedao.district.wordings import OfficeState
from jiedao.evaluation.scoring import rank_values
from jiedao.indicators.models import Better, Measure
from jiedao.indicators.published import read_own_versions
from jiedao.kernel import clock
from jiedao.kernel.periods import Period
from jiedao.kernel.wordings import BothNames, Wording
from jiedao.places.models import in_language


class Basis(StrEnum):
    """Whose definition the others are compared with."""

    OWN = "own"
    MAJORITY = "majority"
    NONE = "none"


@dataclass(frozen=True)
class Reference:
    """The definition by which offices are ranked; without a version none is."""

    basis: Basis
    name: str
    name_en: str = ""
    version: str = ""
    better: str = ""
    unit: str = ""
    unit_en: str = ""
    meaning: str = ""
    meaning_en: str = ""

    @property
    def label(self) -> str:
        """The name of the measure in the reader's language."""
        return in_language(self.name, self.name_en)

    @property
    def unit_text(self) -> str:
        """The unit in the reader's language."""
        return in_language(self.unit, self.unit_en)

    @property
    def meaning_label(self) -> str:
        """The definition in words, in the reader's language."""
        return in_language(self.meaning, self.meaning_en)


@dataclass(frozen=True)
class RankingRow:
    """An office in a ranking.

    Attributes:
        figure: what was read of it last; None where nothing was.
        rank: its place; None where it is not ranked.
        reason: why it is not ranked; None where it is, or where the measure has no direction.
    """

    office: Office
    figure: OfficeFigure | None
    rank: int | None = None
    reason: Wording | str | None = None

    @property
    def is_apart(self) -> bool:
        """Whether there is a value that is not compared with the others."""
        return self.reason is not None and self.figure is not None and self.figure.value is not None

    @property
    def is_stale(self) -> bool:
        """Whether the office did not answer when it was asked last, so that the figure is an older one."""
        return self.figure is not None and self.office.state != OfficeState.ANSWERS


@dataclass(frozen=True)
class Ranking:
    """The offices by one measure in one period."""

    measure: str
    period: Period
    reference: Reference
    ranked: tuple[RankingRow, ...]
    apart: tuple[RankingRow, ...]
    absent: tuple[RankingRow, ...]

    @property
    def rows(self) -> tuple[RankingRow, ...]:
        """Every office: the ranked, those listed apart, and those without data."""
        return (*self.ranked, *self.apart, *self.absent)

    def find_row(self, office: Office) -> RankingRow:
        """Return the row of an active office."""
        return self._by_office[office.pk]

    @cached_property
    def _by_office(self) -> dict[int, RankingRow]:
        return {row.office.pk: row for row in self.rows}


@dataclass(frozen=True)
class _Offices:
    """The offices of a period, which of them were read in it, and whether one of them states that it is over."""

    period: Period
    offices: Sequence[Office]
    read: set[int]
    is_over: bool


def build_rankings(period: Period, keys: Iterable[str] | None = None) -> dict[str, Ranking]:
    """Return the ranking of each measure that an office publishes in the period, or of the named ones, by key."""
    offices = list(Office.objects.filter(active=True))
    figures: dict[str, dict[int, OfficeFigure]] = {}
    for figure in OfficeFigure.objects.filter(
        office__in=offices, first_date=period.first, last_date=period.last
    ):
        figures.setdefault(figure.measure, {})[figure.office_id] = figure
    every_figure = [figure for row in figures.values() for figure in row.values()]
    of_period = _Offices(
        period,
        offices,
        read={figure.office_id for figure in every_figure},
        is_over=any(figure.is_ended for figure in every_figure),
    )
    own = read_own_versions()
    wanted = list(keys) if keys is not None else [*(key for key in own if key in figures), *figures]
    return {key: _rank(key, figures.get(key, {}), own.get(key), of_period) for key in dict.fromkeys(wanted)}


def _rank(
    key: str, figures: Mapping[int, OfficeFigure], own: tuple[Measure, str] | None, of_period: _Offices
) -> Ranking:
    reference = _choose_reference(key, list(figures.values()), own)
    ranked, apart, absent = list[RankingRow](), list[RankingRow](), list[RankingRow]()
    for office in of_period.offices:
        figure = figures.get(office.pk)
        if figure is None or figure.value is None:
            absent.append(RankingRow(office, figure, reason=_explain_absence(office, figure, of_period.read)))
        elif (reason := _explain_difference(figure, reference, is_over=of_period.is_over)) is not None:
            apart.append(RankingRow(office, figure, reason=reason))
        else:
            ranked.append(RankingRow(office, figure))
    in_order = _assign_ranks(ranked, reference.better)
    return Ranking(key, of_period.period, reference, in_order, tuple(apart), tuple(absent))


def _choose_reference(key: str, figures: list[OfficeFigure], own: tuple[Measure, str] | None) -> Reference:
    if own is not None:
        measure, version = own
        return _make_reference(Basis.OWN, measure, version, measure.better)
    counts = Counter(figure.version for figure in figures).most_common(2)
    if not counts:
        return Reference(Basis.NONE, key)
    if len(counts) > 1 and counts[0][1] == counts[1][1]:
        return Reference(Basis.NONE, figures[0].name, figures[0].name_en)
    version = counts[0][0]
    of_most = [figure for figure in figures if figure.version == version]
    better = Counter(figure.better for figure in of_most).most_common(1)[0][0]
    return _make_reference(Basis.MAJORITY, of_most[0], version, better)


def _make_reference(basis: Basis, source: Measure | OfficeFigure, version: str, better: str) -> Reference:
    return Reference(
        basis,
        source.name,
        source.name_en,
        version,
        better,
        unit=source.unit_label,
        unit_en=source.unit_label_en,
        meaning=source.meaning,
        meaning_en=source.meaning_en,
    )


def _explain_difference(figure: OfficeFigure, reference: Reference, *, is_over: bool) -> Wording | None:
    """Return why a figure cannot be compared; None where it can."""
    meaning = BothNames(figure.meaning, figure.meaning_en)
    if reference.basis is Basis.NONE:
        return Wording(wordings.NO_MAJORITY, {"meaning": meaning})
    if figure.version != reference.version:
        return Wording(wordings.OTHER_DEFINITION, {"meaning": meaning})
    if is_over and not figure.is_ended:
        day = figure.as_of.astimezone(clock.TOWN_TZ).date().isoformat()
        return Wording(wordings.NOT_ENDED, {"day": day})
    return None


def _explain_absence(office: Office, figure: OfficeFigure | None, read: set[int]) -> Wording | str:
    if figure is not None:
        return figure.note_label
    if office.fault is not None:
        return office.fault
    return Wording(wordings.NOT_PUBLISHED if office.pk in read else wordings.NOT_READ)


def _assign_ranks(rows: list[RankingRow], better: str) -> tuple[RankingRow, ...]:
    """Return the rows in the order of the measure, with their ranks; equal printed values share one."""
    if better not in {Better.MORE, Better.LESS}:
        return tuple(rows)
    values = {row.office.code: row.figure.value for row in rows if row.figure is not None}
    ranks = rank_values(values, less_is_better=better == Better.LESS)
    in_order = sorted(rows, key=lambda row: (ranks[row.office.code], row.office.code))
    return tuple(replace(row, rank=ranks[row.office.code]) for row in in_order)
