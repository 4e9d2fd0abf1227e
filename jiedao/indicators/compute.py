"""Compute figures: the only place where a measure becomes a value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.indicators import wordings
from jiedao.indicators.definition import MeasureDefinition, Term, read_definition
from jiedao.indicators.entries import EntryFigures
from jiedao.indicators.figure import TOWN, Figure, Place, RowsPart
from jiedao.indicators.models import Measure, MeasureKind
from jiedao.kernel import clock, figures
from jiedao.kernel.errors import UserError
from jiedao.kernel.expressions import ComputingFault, DivisionByZero
from jiedao.kernel.figures import (
    AREA,
    CATEGORY,
    CHANNEL,
    MONTH,
    UNIT,
    DurationCell,
    DurationReading,
    Reading,
    RowsLink,
    Spec,
    format_month_key,
)
from jiedao.kernel.periods import Period, build_period, month_of
from jiedao.kernel.snapshots import read_snapshot
from jiedao.kernel.wordings import BothNames
from jiedao.orgs.figure_keys import find_area_by_code, find_unit_by_code
from jiedao.orgs.units import UNITS
from jiedao.places.models import AreaKind
from jiedao.places.selectors import EVERY_AREA

HUNDRED = Decimal(100)
SPLITS = (AREA, UNIT, CATEGORY, CHANNEL)
NOT_SPLIT = {
    AREA: wordings.NOT_BY_AREA,
    UNIT: wordings.NOT_BY_UNIT,
    CATEGORY: wordings.NOT_BY_CATEGORY,
    CHANNEL: wordings.NOT_BY_CHANNEL,
}


def read_measures(keys: Iterable[str] | None = None) -> dict[str, Measure]:
    """Return the active measures by key, all or those named; raise UserError for an unknown key."""
    measures = {
        measure.key: measure for measure in Measure.objects.filter(active=True).select_related("theme")
    }
    if keys is None:
        return measures
    wanted = list(keys)
    unknown = [key for key in wanted if key not in measures]
    if unknown:
        raise UserError(
            _("没有指标“%(key)s”。") % {"key": unknown[0][:60]},
            hint=_("可用的指标见指标目录，或运行 jiedao figures list。"),
            field="measure",
        )
    return {key: measures[key] for key in wanted}


def find_place(area: str = "", unit: str = "") -> Place:
    """Return the place of a community's or unit's code, the town for none; raise UserError for an unknown code."""
    if area and unit:
        raise UserError(_("只能按社区或按单位取数，不能同时。"), hint=_("请去掉其中一个。"), field="unit")
    if area:
        info = find_area_by_code(area)  # even a retired one
        if info is None or info.kind not in {AreaKind.COMMUNITY, AreaKind.STREET}:
            raise UserError(
                _("没有社区“%(code)s”。") % {"code": area[:20]},
                hint=_("请写社区的 12 位代码。"),
                field="area",
            )
        return (
            TOWN
            if info.kind == AreaKind.STREET
            else Place(area_code=info.code, area_path=info.path, label=info.label)
        )
    if unit:
        info_of_unit = next((info for info in UNITS.get().values() if info.code == unit), None)
        if info_of_unit is None:
            raise UserError(
                _("没有单位“%(code)s”。") % {"code": unit[:40]}, hint=_("请写单位的代码。"), field="unit"
            )
        return Place(unit_code=info_of_unit.code, label=info_of_unit.label)
    return TOWN


def compute_figure(measure: Measure, period: Period, place: Place = TOWN, *, viewer: Any = None) -> Figure:
    """Return one figure; see `compute_figures`."""
    return compute_figures([measure], period, place, viewer=viewer)[measure.key]


def compute_figures(
    measures: Sequence[Measure],
    period: Period,
    place: Place = TOWN,
    *,
    viewer: Any = None,
    excluded: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Figure]:
    """Return the figures of measures in a period by key.

    All specs of one source are read together, so that many measures cost hardly more statements than one.

    Args:
        viewer: the actor whose scope limits what is counted; None counts the complete town, as published figures do.
        excluded: the names of rows that do not count, by source: `{"cases": ["2020-00000012"]}`.
    """
    with_terms = _add_terms(measures)
    split = _choose_split(place)
    run = _Run(with_terms, period, place, split, viewer, excluded=excluded)
    return {measure.key: run.compute(measure) for measure in measures}


def compute_series(
    measure: Measure, run: Sequence[Period], place: Place = TOWN, *, viewer: Any = None
) -> list[Figure]:
    """Return the figure of a measure in each of consecutive periods, from one state of the database.

    Of the town's months, what the sources can state by month is read once for all of them.
    """
    with_terms = _add_terms([measure])
    split = _choose_split(place)
    with read_snapshot():
        known = _Known(_read_months(with_terms, run, viewer) if not split else {})
        runs = [_Run(with_terms, period, place, split, viewer, known=known) for period in run]
        return [own.compute(measure) for own in runs]


def _read_months(
    measures: Mapping[str, Measure], run: Sequence[Period], viewer: Any
) -> dict[str, dict[str, Reading]]:
    """Return the readings of each spec by the key of the month, for those that can be read by month.

    Nothing is returned for periods that are no months.
    """
    if any(month_of(period.first) != period for period in run):
        return {}
    specs: dict[str, Spec] = {}
    for measure in measures.values():
        try:
            definition = read_definition(measure.kind, measure.spec)
        except ValueError:
            continue
        specs |= {repr(spec): spec for spec in definition.specs if figures.reads_by_month(spec)}
    span = build_period(run[0].first, run[-1].last)
    readings = figures.read_many(list(specs.values()), period=span, splits=[MONTH], viewer=viewer)
    return {
        name: {cell.key[0]: Reading((), (replace(cell, key=()),)) for cell in reading.cells}
        for name, reading in zip(specs, readings, strict=True)
    }


def compute_split(
    measure: Measure, period: Period, split: str, *, viewer: Any = None, with_rest: bool = False
) -> list[Figure]:
    """Return the figure of each community, unit, category or channel that has data, in the order of the town's list.

    Raise UserError for a measure that is not split so.

    Args:
        with_rest: add the rows that are in no community or unit, if there are any, so that the parts add up.
    """
    if split not in measure.splits:
        raise UserError(
            _("指标“%(name)s”不能按此拆分。") % {"name": measure.label},
            hint=_("可用：%(splits)s") % {"splits": "、".join(measure.splits) or _("无")},
            field="by",
        )
    places = _list_places(split) if split in {AREA, UNIT} else _list_parts_of(measure, split)
    if with_rest and split in {AREA, UNIT}:
        places.append(Place(label=_("未定社区") if split == AREA else _("未定单位"), split=split))
    computed = compute_places([measure], period, places, viewer=viewer).values()
    return [
        figure
        for figure in computed
        if _has_data(figure) and (figure.rows or not (figure.place.split or _is_ended(figure.place)))
    ]


def _is_ended(place: Place) -> bool:
    """Return whether a community or unit no longer exists: it is listed only where it has rows."""
    area, unit = find_area_by_code(place.area_code), find_unit_by_code(place.unit_code)
    return (area is not None and not area.active) or (unit is not None and not unit.active)


def reads_source(measure: Measure, source: str) -> bool:
    """Return whether a measure, or one that its formula names, counts rows of a source."""
    try:
        definitions = [read_definition(row.kind, row.spec) for row in _add_terms([measure]).values()]
    except ValueError:
        return False
    terms = [term for row in definitions for term in (*row.numerator, *row.denominator)]
    return any(term.spec.get("source") == source for term in terms)


def has_past_state(measure: Measure) -> bool:
    """Return whether the figure of an earlier day shows the state of that day, so that it may be compared with now.

    Entered figures have no state on a day, and some counts judge their rows as they are now.
    """
    every = _add_terms([measure]).values()
    if any(row.kind == MeasureKind.ENTERED for row in every):
        return False
    try:
        definitions = [read_definition(row.kind, row.spec) for row in every]
    except ValueError:
        return False
    return not any(figures.reads_present(spec) for definition in definitions for spec in definition.specs)


def _has_data(figure: Figure) -> bool:
    return figure.value is not None or figure.growth is not None or figure.rank is not None


def _list_parts_of(measure: Measure, split: str) -> list[Place]:
    """Return the categories or channels that the source of a measure lists, those of the rows in none last."""
    every = _add_terms([measure])
    definitions = [read_definition(row.kind, row.spec) for row in every.values()]
    specs = [term.spec for definition in definitions for term in definition.numerator]
    keys = figures.name_keys(specs[0], split) if specs else {}
    return [Place(label=label, split=split, part=key) for key, label in keys.items()]


def compute_places(
    measures: Sequence[Measure], period: Period, places: Sequence[Place], *, viewer: Any = None
) -> dict[tuple[str, str], Figure]:
    """Return the figures of measures for several places by (key of the measure, key of the place).

    All communities are read together, and so are all units: many places cost no more statements than one.
    """
    figures_by_key: dict[tuple[str, str], Figure] = {}
    with_terms = _add_terms(measures)
    for split in ("", *SPLITS):
        own = [place for place in places if _choose_split(place) == split]
        if own:
            run = _Run(with_terms, period, TOWN, split, viewer)
            for place in own:
                for measure in measures:
                    figures_by_key[measure.key, place.key] = run.compute(measure, place)
    return figures_by_key


def _add_terms(measures: Sequence[Measure]) -> dict[str, Measure]:
    """Return measures by key with those that their formulas name, however deep."""
    known: dict[str, Measure] = {}
    waiting = list(measures)
    every: dict[str, Measure] = {}
    while waiting:
        measure = waiting.pop()
        if measure.key in known:
            continue
        known[measure.key] = measure
        if measure.kind == MeasureKind.FORMULA:
            every = every or read_measures()
            names = read_definition(measure.kind, measure.spec).terms.values()
            waiting += [every[name] for name in names if name in every]
    return known


def _choose_split(place: Place) -> str:
    if place.split:
        return place.split
    if place.area_path:
        return AREA
    return UNIT if place.unit_code else ""


def _list_places(split: str) -> list[Place]:
    if split == UNIT:
        return [Place(unit_code=unit.code, label=unit.label) for unit in UNITS.get().values()]
    communities = [area for area in EVERY_AREA.get().values() if area.kind == AreaKind.COMMUNITY]
    return [
        Place(area_code=area.code, area_path=area.path, label=area.label)
        for area in sorted(communities, key=lambda area: area.path)
    ]


@dataclass(frozen=True)
class _Sum:
    """What the terms of one side add up to."""

    amount: Decimal
    rows: int


@dataclass(frozen=True)
class _Known:
    """What several runs read once, by the spec.

    Attributes:
        months: readings of complete months by the key of the month.
        beginnings: the first day of which the source knows anything.
    """

    months: Mapping[str, Mapping[str, Reading]] = field(default_factory=dict)
    beginnings: dict[str, date | None] = field(default_factory=dict)


class _Run:
    """One computation of several measures for a period, with all specs read once."""

    def __init__(
        self,
        measures: Mapping[str, Measure],
        period: Period,
        place: Place,
        split: str,
        viewer: Any,
        *,
        excluded: Mapping[str, Sequence[str]] | None = None,
        known: "_Known | None" = None,
    ) -> None:
        self.measures, self.period, self.place, self.split, self.viewer = (
            measures,
            period,
            place,
            split,
            viewer,
        )
        self.as_of: datetime = clock.now()
        self.known = known or _Known()
        self.definitions: dict[str, MeasureDefinition] = {}
        self.faults: dict[str, str] = {}
        for key, measure in measures.items():
            try:
                definition = read_definition(measure.kind, measure.spec)
                self.definitions[key] = definition.exclude_rows(excluded) if excluded else definition
            except ValueError as fault:
                self.faults[key] = str(fault)
        self.readings = self._read_specs()
        self.durations: dict[str, DurationReading] = {}
        entered = [measure for measure in measures.values() if measure.kind == MeasureKind.ENTERED]
        self.entries = EntryFigures(entered, period) if entered else None
        self.stack: list[str] = []

    def _read_specs(self) -> dict[int, Reading]:
        """Return the readings by the id of their spec; a spec that cannot be read is a fault of its measure."""
        specs: list[Spec] = []
        known: dict[int, Reading] = {}
        splits = [self.split] if self.split else []
        for key, definition in self.definitions.items():
            if not self._is_split_so(self.measures[key]):
                continue
            if definition.kind is MeasureKind.DURATION and (
                faults := figures.check_duration(definition.numerator[0].spec)
            ):
                self.faults[key] = "; ".join(faults)
            for spec in definition.specs:
                faults = figures.check(spec, splits)
                if faults:
                    self.faults[key] = "; ".join(faults)
                elif repr(spec) in self.known.months:
                    month = format_month_key(self.period.first)
                    known[id(spec)] = self.known.months[repr(spec)].get(month, Reading())
                else:
                    specs.append(spec)
        readings = figures.read_many(specs, period=self.period, splits=splits, viewer=self.viewer)
        return known | {id(spec): reading for spec, reading in zip(specs, readings, strict=True)}

    def _is_split_so(self, measure: Measure) -> bool:
        """Return whether a measure that is computed from rows can be computed for one community or unit."""
        from_rows = measure.kind in {MeasureKind.AMOUNT, MeasureKind.RATE, MeasureKind.DURATION}
        return not self.split or not from_rows or self.split in measure.splits

    def compute(self, measure: Measure, place: Place | None = None) -> Figure:
        """Return the figure of a measure for a place, that of the run by default."""
        place = place or self.place
        empty = Figure(measure, self.period, place, self.as_of)
        if measure.key in self.faults:
            return empty.explain(wordings.SOURCE_FAULT, why=self.faults[measure.key])
        if not self._is_split_so(measure):
            return empty.explain(NOT_SPLIT.get(self.split, wordings.TOWN_ONLY))
        definition = self.definitions[measure.key]
        if definition.kind is MeasureKind.ENTERED and self.entries is not None:
            return self.entries.build_figure(empty)
        compute = {
            MeasureKind.FORMULA: self._compute_formula,
            MeasureKind.DURATION: self._compute_duration,
            MeasureKind.RATE: self._compute_rate,
        }.get(definition.kind, self._compute_amount)
        return compute(empty, definition)

    def _compute_amount(self, empty: Figure, definition: MeasureDefinition) -> Figure:
        total = self._add_up(definition.numerator, empty.place)
        if not total.rows and not total.amount and not self._has_begun(definition, definition.numerator):
            return self._explain_beginning(empty, definition, definition.numerator)
        return replace(
            empty,
            value=total.amount / definition.factor,
            rows=total.rows,
            link=self._find_link(definition.numerator, empty.place),
            parts=self._list_parts(definition.numerator, empty.place),
        )

    def _has_begun(self, definition: MeasureDefinition, terms: tuple[Term, ...]) -> bool:
        """Return whether what the terms count was in the system by the end of a past period.

        A period that has not ended is judged by what there is today: 0 is an amount there.
        """
        if self.period.last >= clock.today():
            return True
        beginning = self._find_beginning(definition, terms)
        return beginning is not None and beginning <= self.period.last

    def _find_beginning(self, definition: MeasureDefinition, terms: tuple[Term, ...]) -> date | None:
        """Return the day that the measure states, else the first day that a source of its terms knows."""
        if definition.since is not None:
            return definition.since
        for term in terms:
            if repr(term.spec) not in self.known.beginnings:
                self.known.beginnings[repr(term.spec)] = figures.find_beginning(term.spec)
        days = (self.known.beginnings[repr(term.spec)] for term in terms)
        return min((day for day in days if day is not None), default=None)

    def _explain_beginning(
        self, empty: Figure, definition: MeasureDefinition, terms: tuple[Term, ...]
    ) -> Figure:
        beginning = self._find_beginning(definition, terms)
        if beginning is None:
            return empty.explain(wordings.NO_RECORDS_YET)
        return empty.explain(wordings.RECORDED_SINCE, day=beginning.isoformat())

    def _compute_duration(self, empty: Figure, definition: MeasureDefinition) -> Figure:
        """Return a quantile of durations; without rows there is no data, which is not 0."""
        spec = definition.numerator[0].spec
        if empty.measure.key not in self.durations:
            self.durations[empty.measure.key] = figures.read_duration(
                spec, definition.quantile, period=self.period, split=self.split, viewer=self.viewer
            )
        reading = self.durations[empty.measure.key]
        cell = reading.whole
        if self.split:
            cells = [cell for cell in reading.cells if cell.key[0] == _get_cell_key(empty.place)]
            cell = cells[0] if cells else DurationCell((), None, 0)
        where = {self.split: _get_cell_key(empty.place)} if self.split else {}
        link = figures.list_duration_rows(spec, period=self.period, where=where)
        filled = replace(empty, rows=cell.rows, link=link)
        if cell.hours is None:
            return filled.explain(wordings.NO_CASES)
        return replace(filled, value=cell.hours / definition.factor)

    def _compute_rate(self, empty: Figure, definition: MeasureDefinition) -> Figure:
        above, below = (
            self._add_up(terms, empty.place) for terms in (definition.numerator, definition.denominator)
        )
        for side, total in ((definition.denominator, below), (definition.numerator, above)):
            if not total.rows and not total.amount and not self._has_begun(definition, side):
                return self._explain_beginning(empty, definition, side)
        name = BothNames(definition.denominator_name, definition.denominator_name_en)
        filled = replace(
            empty,
            numerator=above.amount,
            denominator=below.amount,
            denominator_name=str(name),
            rows=above.rows,
            link=self._find_link(definition.numerator, empty.place),
            parts=self._list_parts(definition.numerator, empty.place),
            denominator_rows=below.rows,
            denominator_link=self._find_link(definition.denominator, empty.place),
            denominator_parts=self._list_parts(definition.denominator, empty.place),
        )
        if not below.amount:
            return filled.explain(wordings.NO_DENOMINATOR, name=name)
        return replace(filled, value=above.amount / below.amount * HUNDRED)

    def _compute_formula(self, empty: Figure, definition: MeasureDefinition) -> Figure:
        if empty.measure.key in self.stack:
            return empty.explain(wordings.CIRCULAR, keys=" → ".join([*self.stack, empty.measure.key]))
        self.stack.append(empty.measure.key)
        try:
            terms = {
                name: self.compute(self.measures[key], empty.place) if key in self.measures else None
                for name, key in definition.terms.items()
            }
        finally:
            self.stack.pop()
        filled = replace(empty, terms=tuple(term for term in terms.values() if term is not None))
        values = {
            name: float(term.value) if term is not None and term.value is not None else None
            for name, term in terms.items()
        }
        try:
            result = definition.expression.evaluate(values)
        except DivisionByZero:
            return filled.explain(wordings.DIVISOR_ZERO)
        except ComputingFault as fault:
            return filled.explain(wordings.FORMULA_FAULT, why=fault.cause)
        if result is None:
            missing = [definition.terms[name] for name, value in values.items() if value is None]
            return filled.explain(wordings.TERMS_MISSING, names=[self._name(key) for key in missing])
        return replace(filled, value=Decimal(str(float(result))))

    def _name(self, key: str) -> BothNames:
        measure = self.measures.get(key)
        return BothNames(key) if measure is None else BothNames(measure.name, measure.name_en)

    def _add_up(self, terms: tuple[Term, ...], place: Place) -> _Sum:
        amount, rows = Decimal(0), 0
        for term in terms:
            reading = self.readings[id(term.spec)]
            if not self.split:
                amount, rows = amount + reading.total * term.weight, rows + reading.rows
                continue
            for cell in reading.cells:
                if cell.key[0] == _get_cell_key(place):
                    amount, rows = amount + cell.amount * term.weight, rows + cell.rows
        return _Sum(amount, rows)

    def _find_link(self, terms: tuple[Term, ...], place: Place) -> RowsLink | None:
        """Return the list of rows of a side, None where several specs make it up and no one list holds them."""
        if len(terms) != 1:
            return None
        return self._build_link(terms[0], place)

    def _list_parts(self, terms: tuple[Term, ...], place: Place) -> tuple[RowsPart, ...]:
        """Return each term with its own list of rows where several make up a side; else nothing."""
        if len(terms) == 1:
            return ()
        sums = [self._add_up((replace(term, weight=Decimal(1)),), place) for term in terms]
        names = figures.name_rows([term.spec for term in terms])
        return tuple(
            RowsPart(total.amount, term.weight, total.rows, self._build_link(term, place), name)
            for term, total, name in zip(terms, sums, names, strict=True)
        )

    def _build_link(self, term: Term, place: Place) -> RowsLink:
        where = {self.split: _get_cell_key(place)} if self.split else {}
        return figures.list_rows(term.spec, period=self.period, where=where)


def _get_cell_key(place: Place) -> str:
    """Return the key of the cell of a split that holds the rows of a place."""
    return place.part if place.split else place.area_path or place.unit_code
