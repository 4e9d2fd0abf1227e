"""Compute the scores of a period: figures become values, rules make points of them, and points are ranked and graded.

Everything is computed from the figures of the room `indicators` as they are displayed, with the decimals of their
measure, so that a reader who fills the numbers into the formula comes to the same points.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.evaluation.definition import (
    MEAN,
    ItemDefinition,
    VersionDefinition,
    is_compared,
    read_item,
    read_version,
)
from jiedao.evaluation.models import ManualPoints, Missing, SheetItem, SheetVersion, Subject
from jiedao.evaluation.rules import VALUE, Points, RuleFault, format_decimal
from jiedao.evaluation.scoring import (
    Grade,
    Portion,
    add_up,
    compute_mean,
    find_grade,
    rank_values,
)
from jiedao.indicators.compute import compute_by_place, compute_figures, read_measures
from jiedao.indicators.figure import Figure, Place
from jiedao.indicators.models import Better, Measure, Target
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import AREA, UNIT
from jiedao.kernel.periods import Period
from jiedao.orgs.units import UNITS

HUNDRED = Decimal(100)
SPLIT_OF = {Subject.UNIT: UNIT, Subject.AREA: AREA}
CASES = "cases"  # the source whose rows appeals strike


@dataclass(frozen=True)
class LineResult:
    """The points of one item.

    Attributes:
        points: None without data; `note` states why.
        figures: the figure behind each value that has one, by the value's name.
    """

    item: SheetItem
    out_of: Decimal
    points: Decimal | None = None
    value: Decimal | None = None
    formula: str = ""
    note: str = ""
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class SubjectResult:
    """The score of a unit or community."""

    place: Place
    total: Decimal
    lines: tuple[LineResult, ...]
    points: Decimal | None = None
    rank: int | None = None
    rank_of: int | None = None
    grade: Grade | None = None
    note: str = ""
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Item:
    row: SheetItem
    definition: ItemDefinition | None
    fault: str = ""

    @property
    def out_of(self) -> Decimal:
        return self.definition.rule.points if self.definition is not None else Decimal(0)


def compute_scores(
    version: SheetVersion, period: Period, excluded: Mapping[str, Collection[str]] | None = None
) -> list[SubjectResult]:
    """Return the score of every unit or community that a version scores, in the order of the town's list.

    Args:
        excluded: the numbers of the cases that do not count, by the key of the place ("unit:URBAN").

    Raises:
        UserError: the version cannot be read, or names a measure that no longer exists.
    """
    return _Run(version, period, excluded or {}).compute()


class _Run:
    """One computation of a sheet, with all figures read together."""

    def __init__(
        self, version: SheetVersion, period: Period, excluded: Mapping[str, Collection[str]]
    ) -> None:
        self.version, self.period = version, period
        self.subject = Subject(version.sheet.subject)
        self.definition = _read_version(version)
        self.items = [_read_item(row) for row in version.items.filter(active=True)]
        self.measures = self._read_measures()
        self.excluded = {key: tuple(sorted(set(numbers))) for key, numbers in excluded.items() if numbers}
        self.figures = self._read_figures()
        self.targets = self._read_targets()
        self.manual = {
            (points.item_id, points.place_key): points
            for points in ManualPoints.objects.filter(
                item__version=version, first_date=period.first, last_date=period.last, current=True
            )
        }

    def _read_measures(self) -> dict[str, Measure]:
        keys = {key for item in self.items if item.definition is not None for key in item.definition.measures}
        keys |= {self.definition.minimum_measure} - {""}
        return read_measures(sorted(keys))

    def _read_figures(self) -> dict[Place, dict[str, Figure]]:
        """Return the figures of every place that is scored, in the town's order."""
        measures = list(self.measures.values())
        everything = compute_by_place(measures, self.period, SPLIT_OF[self.subject])
        figures = {place: found for place, found in everything.items() if self._includes(place)}
        for place in figures:
            if numbers := self.excluded.get(place.key):
                figures[place] = compute_figures(measures, self.period, place, excluded={CASES: numbers})
        return figures

    def _includes(self, place: Place) -> bool:
        if self.subject is Subject.UNIT:
            kinds = {unit.code: unit.kind for unit in UNITS.get().values() if unit.active}
            kind = kinds.get(place.unit_code)
            return kind is not None and self.definition.includes(place.unit_code, kind)
        return self.definition.includes(place.area_code)

    def _read_targets(self) -> dict[tuple[int, str], Target]:
        """Return the target of each measure and place that fits the period best, if an item reads completions."""
        measures = {
            self.measures[key].pk
            for item in self.items
            if item.definition is not None and item.definition.reads == "completion"
            for key in item.definition.measures
        }
        if not measures:
            return {}
        rows = Target.objects.filter(
            measure__in=measures, first_date=self.period.first, last_date__gte=self.period.last
        )
        return {(target.measure_id, target.place_key): target for target in rows.order_by("-last_date")}

    def compute(self) -> list[SubjectResult]:
        """Return the results, ranked."""
        notes = {place: self._find_shortfall(figures) for place, figures in self.figures.items()}
        compared = [place for place, note in notes.items() if not note]
        lines = {place: list[LineResult]() for place in self.figures}
        for item in self.items:
            values = self._read_values(item, compared)
            for place in self.figures:
                lines[place].append(self._compute_line(item, place, values.get(place)))
        results = [self._build_result(place, tuple(lines[place]), notes[place]) for place in self.figures]
        return rank_results(results)

    def _find_shortfall(self, figures: Mapping[str, Figure]) -> str:
        """Return why a place is not scored, "" where it is."""
        key, minimum = self.definition.minimum_measure, self.definition.minimum
        if not key:
            return ""
        figure = figures[key]
        if figure.value is not None and figure.value >= minimum:
            return ""
        return _("%(name)s %(value)s，不足 %(minimum)s，不参加考评") % {
            "name": figure.measure.label,
            "value": figure.text,
            "minimum": format_decimal(minimum),
        }

    def _read_values(self, item: _Item, compared: Sequence[Place]) -> dict[Place, dict[str, Decimal | None]]:
        """Return the values of an item by place, with those that come from comparing the places."""
        definition = item.definition
        if definition is None or definition.is_manual:
            return {}
        values: dict[Place, dict[str, Decimal | None]] = {
            place: {
                name: self._read_value(figures[key], definition.reads if name == VALUE else "value")
                for name, key in definition.values.items()
                if key != MEAN
            }
            for place, figures in self.figures.items()
        }
        main = {place.key: values[place].get(VALUE) for place in compared}
        mean = compute_mean(main.values())
        for name, key in definition.values.items():
            if key == MEAN:
                for row in values.values():
                    row[name] = mean
        if is_compared(definition.rule):
            measure = self.measures[definition.values[VALUE]]
            ranks = rank_values(main, less_is_better=measure.better == Better.LESS)
            best = max((value for value in main.values() if value is not None), default=None)
            for place, row in values.items():
                rank = ranks.get(place.key)
                row["rank"] = Decimal(rank) if rank is not None else None
                row["count"], row["best"] = Decimal(len(ranks)), best
        return values

    def _read_value(self, figure: Figure, reads: str) -> Decimal | None:
        if reads == "growth":
            return figure.growth
        if reads == "completion":
            target = self.targets.get((figure.measure.pk, figure.place.key))
            if target is None or not target.value or figure.value is None:
                return None
            return round(figure.value / target.value * HUNDRED, 2)
        return figure.rounded

    def _compute_line(
        self, item: _Item, place: Place, values: Mapping[str, Decimal | None] | None
    ) -> LineResult:
        line = LineResult(item.row, item.out_of)
        if item.definition is None:
            return replace(line, note=_("规则无法读取：%(why)s") % {"why": item.fault})
        if item.definition.is_manual:
            return self._compute_manual(line, item, place)
        figures = {
            name: self.figures[place][key] for name, key in item.definition.values.items() if key != MEAN
        }
        known = values or {}
        result = item.definition.rule.apply(known)
        line = replace(line, value=known.get(VALUE), figures=figures)
        if result.points is None:
            return _fill_missing(line, item.definition, _explain_missing(item.definition, known, figures))
        return replace(line, points=result.points, formula=result.formula)

    def _compute_manual(self, line: LineResult, item: _Item, place: Place) -> LineResult:
        given = self.manual.get((item.row.pk, place.key))
        if item.definition is None or given is None:
            assert item.definition is not None
            return _fill_missing(line, item.definition, _("没有人工评分"))
        result: Points = item.definition.rule.apply({VALUE: given.points})
        return replace(
            line, points=result.points, value=given.points, formula=result.formula, note=given.reason
        )

    def _build_result(self, place: Place, lines: tuple[LineResult, ...], note: str) -> SubjectResult:
        result = SubjectResult(
            place, self.version.total, lines, note=note, excluded=self.excluded.get(place.key, ())
        )
        if note:
            return result
        points = add_up((Portion(line.points, line.out_of) for line in lines), self.version.digits)
        left_out = sum(line.points is None for line in lines)
        if points is None:
            note = _("各项都没有数据")
        elif left_out:
            note = _("%(n)d 项没有数据，按其余各项折算") % {"n": left_out}
        return replace(result, points=points, grade=find_grade(self.definition.grades, points), note=note)


def _explain_missing(
    definition: ItemDefinition, values: Mapping[str, Decimal | None], figures: Mapping[str, Figure]
) -> str:
    """Return which value is missing and why."""
    for name, figure in figures.items():
        if values.get(name) is None:
            if definition.reads == "completion" and figure.value is not None:
                return _("没有设定目标")
            if definition.reads == "growth" and figure.value is not None:
                return _("没有增速")
            return figure.note or _("没有数据")
    return _("没有可比的单位或社区")


def _fill_missing(line: LineResult, definition: ItemDefinition, why: str) -> LineResult:
    if definition.missing is Missing.FULL:
        note = _("%(why)s，给满分") % {"why": why}
        return replace(line, points=line.out_of, formula=format_decimal(line.out_of), note=note)
    return replace(line, note=why)


def rank_results(results: Sequence[SubjectResult]) -> list[SubjectResult]:
    """Return the results with their ranks by points."""
    ranks = rank_values({result.place.key: result.points for result in results})
    return [
        replace(
            result,
            rank=ranks.get(result.place.key),
            rank_of=len(ranks) if result.place.key in ranks else None,
        )
        for result in results
    ]


def simulate_weights(
    version: SheetVersion, results: Sequence[SubjectResult], weights: Mapping[str, Decimal]
) -> list[SubjectResult]:
    """Return what the results would be with other points for the items: each line in proportion, the total added up.

    Args:
        weights: the points by the key of the item; an item that is not named stays as it is.
    """
    definition = _read_version(version)

    def convert(line: LineResult) -> LineResult:
        weight = weights.get(line.item.key, line.out_of)
        if line.points is None or not line.out_of:
            return replace(line, out_of=weight)
        return replace(line, out_of=weight, points=line.points * weight / line.out_of)

    changed = []
    for result in results:
        lines = tuple(convert(line) for line in result.lines)
        total = sum((line.out_of for line in lines), Decimal(0))
        points = None
        if result.points is not None:
            points = add_up((Portion(line.points, line.out_of) for line in lines), version.digits)
        grade = find_grade(definition.grades, points)
        changed.append(replace(result, lines=lines, total=total, points=points, grade=grade))
    return rank_results(changed)


def _read_version(version: SheetVersion) -> VersionDefinition:
    try:
        return read_version(version.spec)
    except RuleFault as fault:
        raise UserError(
            _("评分表“%(name)s”无法读取：%(why)s") % {"name": version.sheet.label, "why": fault},
            hint=_("请更正数据包中的 scoresheets.toml，再应用一次。"),
            field="sheet",
        ) from fault


def _read_item(row: SheetItem) -> _Item:
    try:
        return _Item(row, read_item(row.spec))
    except RuleFault as fault:
        return _Item(row, None, str(fault))


def describe_line(line: LineResult) -> list[dict[str, Any]]:
    """Return the values of a line as JSON: what they are, how they were made, and the lists of their rows."""
    return [_describe_value(name, figure) for name, figure in line.figures.items()]


def _describe_value(name: str, figure: Figure) -> dict[str, Any]:
    def write(number: Decimal | None) -> str | None:
        return None if number is None else format_decimal(number)

    def write_link(link: Any) -> dict[str, Any] | None:
        if link is None:
            return None
        return {"kind": link.kind, "args": list(link.args), "query": [list(pair) for pair in link.query]}

    return {
        "name": name,
        "measure": figure.measure.key,
        "value": write(figure.rounded),
        "numerator": write(figure.numerator),
        "denominator": write(figure.denominator),
        "rows": figure.rows,
        "source": figure.source,
        "link": write_link(figure.link),
        "denominator_link": write_link(figure.denominator_link),
    }
