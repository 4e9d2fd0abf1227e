"""Compute the scores of a period: figures become values, rules make points of them, and points are ranked and graded.

Everything is computed from the figures of the room `indicators` as they are displayed, with the decimals of their
measure, so that a reader who fills the numbers into the formula comes to the same points.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.evaluation import wordings
from jiedao.evaluation.definition import (
    MEAN,
    ItemDefinition,
    VersionDefinition,
    is_compared,
    read_item,
    read_version,
)
from jiedao.evaluation.models import ManualPoints, Missing, Score, SheetItem, SheetVersion
from jiedao.evaluation.rules.rule import VALUE, Points, RuleFault, format_decimal
from jiedao.evaluation.scoring import (
    Grade,
    Portion,
    add_up,
    compute_mean,
    find_grade,
    rank_values,
    round_points,
)
from jiedao.evaluation.subjects import ScoredSubject, list_subjects
from jiedao.indicators.compute import compute_figures, compute_places, read_measures
from jiedao.indicators.figure import Figure, RowsPart
from jiedao.indicators.models import Better, Measure, MeasureKind, Target
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import Period
from jiedao.kernel.wordings import BothNames, Wording, make_text

HUNDRED = Decimal(100)
SCORE_ROWS = "evaluation.score"  # the kind of list that is the sheet of a score
CASES = "cases"  # the source whose rows appeals strike


@dataclass(frozen=True)
class LineResult:
    """The points of one item.

    Attributes:
        points: None without data; `note` states why.
        note: worded in the reader's language with str().
        figures: the figure behind each value that has one, by the value's name.
        scores: the published scores whose mean is the value, of an item that reads another sheet.
    """

    item: SheetItem
    out_of: Decimal
    points: Decimal | None = None
    value: Decimal | None = None
    formula: str = ""
    note: Wording | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class SubjectResult:
    """The score of a unit, community or post."""

    subject: ScoredSubject
    total: Decimal
    lines: tuple[LineResult, ...]
    points: Decimal | None = None
    rank: int | None = None
    rank_of: int | None = None
    grade: Grade | None = None
    note: Wording | None = None
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
    version: SheetVersion,
    period: Period,
    excluded: Mapping[str, Collection[str]] | None = None,
    items: Sequence[SheetItem] | None = None,
) -> list[SubjectResult]:
    """Return the score of everyone whom a version scores, in the order of the town's list.

    Args:
        excluded: the numbers of the cases that do not count, by the key of the subject ("unit:URBAN").
        items: those of a version that is not stored, as a simulation computes them.

    Raises:
        UserError: the version cannot be read, or names a measure that no longer exists.
    """
    return _Run(version, period, excluded or {}, items).compute()


class _Run:
    """One computation of a sheet, with all figures read together."""

    def __init__(
        self,
        version: SheetVersion,
        period: Period,
        excluded: Mapping[str, Collection[str]],
        items: Sequence[SheetItem] | None,
    ) -> None:
        self.version, self.period = version, period
        self.definition = read_version_or_refuse(version)
        rows = version.items.filter(active=True) if items is None else items
        self.items = [_read_item(row) for row in rows]
        self.measures = self._read_measures()
        self.subjects = list_subjects(version.sheet, self.definition, period.last)
        self.shown = [subject for subject in self.subjects if not subject.hidden]
        self.excluded = {key: tuple(sorted(set(numbers))) for key, numbers in excluded.items() if numbers}
        self.figures = self._read_figures()
        self.targets = self._read_targets()
        self.scores = {
            key: self._read_scores(key)
            for key in {item.definition.scores_of for item in self.items if item.definition is not None}
            - {""}
        }
        self.manual = {
            (points.item.key, points.place_key): points
            for points in ManualPoints.objects.filter(
                item__version__sheet=version.sheet,
                first_date=period.first,
                last_date=period.last,
                current=True,
            ).select_related("item")
        }

    def _read_measures(self) -> dict[str, Measure]:
        keys = {key for item in self.items if item.definition is not None for key in item.definition.measures}
        keys |= {self.definition.minimum_measure} - {""}
        return read_measures(sorted(keys))

    def _read_figures(self) -> dict[ScoredSubject, dict[str, Figure]]:
        """Return the figures of everyone who is scored, in the town's order."""
        measures = list(self.measures.values())
        places = list(dict.fromkeys(subject.place for subject in self.shown))
        computed = compute_places(measures, self.period, places)
        figures = {
            subject: {measure.key: computed[measure.key, subject.place.key] for measure in measures}
            for subject in self.shown
        }
        for subject in figures:
            if numbers := self.excluded.get(subject.key):
                figures[subject] = compute_figures(
                    measures, self.period, subject.place, excluded={CASES: numbers}
                )
        return figures

    def _read_scores(self, sheet: str) -> dict[str, list[Score]]:
        """Return the published scores of a sheet whose periods lie in this one, by the key of the subject."""
        rows = Score.objects.filter(
            sheet_version__sheet__key=sheet,
            current=True,
            first_date__gte=self.period.first,
            last_date__lte=self.period.last,
        ).select_related("sheet_version__sheet")
        scores: dict[str, list[Score]] = {}
        for score in rows.order_by("first_date"):
            scores.setdefault(score.place_key, []).append(score)
        return scores

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
        """Return the results, ranked; those of hidden subjects have neither lines nor points."""
        notes = {subject: self._find_shortfall(figures) for subject, figures in self.figures.items()}
        compared = [subject for subject, note in notes.items() if not note]
        lines = {subject: list[LineResult]() for subject in self.figures}
        for item in self.items:
            values = self._read_values(item, compared)
            for subject in self.figures:
                lines[subject].append(self._compute_line(item, subject, values.get(subject)))
        results = [
            SubjectResult(subject, self.version.total, (), note=subject.hidden)
            if subject.hidden
            else self._build_result(subject, tuple(lines[subject]), notes[subject])
            for subject in self.subjects
        ]
        return rank_results(results)

    def _find_shortfall(self, figures: Mapping[str, Figure]) -> Wording | None:
        """Return why a subject is not scored, None where it is."""
        key, minimum = self.definition.minimum_measure, self.definition.minimum
        if not key:
            return None
        figure = figures[key]
        if figure.value is not None and figure.value >= minimum:
            return None
        params = {
            "name": BothNames(figure.measure.name, figure.measure.name_en),
            "value": figure.text,
            "minimum": format_decimal(minimum),
        }
        return Wording(wordings.TOO_FEW, params)

    def _read_values(
        self, item: _Item, compared: Sequence[ScoredSubject]
    ) -> dict[ScoredSubject, dict[str, Decimal | None]]:
        """Return the values of an item by subject, with those that come from comparing the subjects."""
        definition = item.definition
        if definition is None or definition.is_manual:
            return {}
        values: dict[ScoredSubject, dict[str, Decimal | None]] = {
            subject: {
                name: self._read_value(figures[key], definition.reads if name == VALUE else "value")
                for name, key in definition.values.items()
                if key != MEAN
            }
            for subject, figures in self.figures.items()
        }
        if definition.scores_of:
            for subject, row in values.items():
                row[VALUE] = self._read_mean_score(definition.scores_of, subject)
        main = {subject.key: values[subject].get(VALUE) for subject in compared}
        mean = compute_mean(main.values())
        for name, key in definition.values.items():
            if key == MEAN:
                for row in values.values():
                    row[name] = mean
        if is_compared(definition.rule):
            less_is_better = False
            if not definition.scores_of:
                less_is_better = self.measures[definition.values[VALUE]].better == Better.LESS
            ranks = rank_values(main, less_is_better=less_is_better)
            best = max((value for value in main.values() if value is not None), default=None)
            for subject, row in values.items():
                rank = ranks.get(subject.key)
                row["rank"] = Decimal(rank) if rank is not None else None
                row["count"], row["best"] = Decimal(len(ranks)), best
        return values

    def _list_scores(self, sheet: str, subject: ScoredSubject) -> list[Score]:
        return [score for score in self.scores[sheet].get(subject.key, ()) if score.points is not None]

    def _read_mean_score(self, sheet: str, subject: ScoredSubject) -> Decimal | None:
        """Return the mean of published scores, with the decimals of this sheet."""
        mean = compute_mean(score.points for score in self._list_scores(sheet, subject))
        return None if mean is None else round_points(mean, self.version.digits)

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
        self, item: _Item, subject: ScoredSubject, values: Mapping[str, Decimal | None] | None
    ) -> LineResult:
        line = LineResult(item.row, item.out_of)
        if item.definition is None:
            return replace(line, note=Wording(wordings.ITEM_FAULT, {"why": item.fault}))
        if item.definition.is_manual:
            return self._compute_manual(line, item.definition, subject)
        figures = {
            name: self.figures[subject][key] for name, key in item.definition.values.items() if key != MEAN
        }
        known = values or {}
        result = item.definition.rule.apply(known)
        line = replace(line, value=known.get(VALUE), figures=figures)
        if item.definition.scores_of:
            line = self._add_scores(line, item.definition.scores_of, subject)
        if result.points is None:
            return _fill_missing(line, item.definition, _explain_missing(item.definition, known, figures))
        return replace(line, points=result.points, formula=result.formula)

    def _add_scores(self, line: LineResult, sheet: str, subject: ScoredSubject) -> LineResult:
        """Return a line with the scores that it is the mean of, and how many periods have none."""
        scores = self._list_scores(sheet, subject)
        published = {score.first_date for rows in self.scores[sheet].values() for score in rows}
        left_out = len(published) - len(scores)
        note = Wording(wordings.PERIODS_LEFT_OUT, {"n": left_out}) if scores and left_out else None
        return replace(line, scores=tuple(scores), note=note)

    def _compute_manual(
        self, line: LineResult, definition: ItemDefinition, subject: ScoredSubject
    ) -> LineResult:
        manual_points = self.manual.get((line.item.key, subject.key))
        if manual_points is None:
            return _fill_missing(line, definition, Wording(wordings.NOT_GIVEN))
        result: Points = definition.rule.apply({VALUE: manual_points.points})
        return replace(
            line,
            points=result.points,
            value=manual_points.points,
            formula=result.formula,
            note=make_text(manual_points.reason),
        )

    def _build_result(
        self, subject: ScoredSubject, lines: tuple[LineResult, ...], note: Wording | None
    ) -> SubjectResult:
        result = SubjectResult(
            subject, self.version.total, lines, note=note, excluded=self.excluded.get(subject.key, ())
        )
        if note:
            return result
        points = add_up((Portion(line.points, line.out_of) for line in lines), self.version.digits)
        left_out = sum(line.points is None for line in lines)
        if points is None:
            note = Wording(wordings.NO_ITEM_HAS_DATA)
        elif left_out:
            note = Wording(wordings.SCALED, {"n": left_out})
        return replace(result, points=points, grade=find_grade(self.definition.grades, points), note=note)


def _explain_missing(
    definition: ItemDefinition, values: Mapping[str, Decimal | None], figures: Mapping[str, Figure]
) -> Wording:
    """Return which value is missing and why."""
    if definition.scores_of and values.get(VALUE) is None:
        return Wording(wordings.NO_SCORE)
    for name, figure in figures.items():
        if values.get(name) is None:
            if definition.reads == "completion" and figure.value is not None:
                return Wording(wordings.NO_TARGET)
            if definition.reads == "growth" and figure.value is not None:
                return Wording(wordings.NO_GROWTH)
            return figure.missing or Wording(wordings.NO_DATA)
    return Wording(wordings.NOTHING_TO_COMPARE)


def _fill_missing(line: LineResult, definition: ItemDefinition, why: Wording) -> LineResult:
    if definition.missing is Missing.FULL:
        note = Wording(wordings.FULL_POINTS, {"why": why})
        return replace(line, points=line.out_of, formula=format_decimal(line.out_of), note=note)
    return replace(line, note=why)


def rank_results(results: Sequence[SubjectResult]) -> list[SubjectResult]:
    """Return the results with their ranks by points."""
    ranks = rank_values({result.subject.key: result.points for result in results})
    return [
        replace(
            result,
            rank=ranks.get(result.subject.key),
            rank_of=len(ranks) if result.subject.key in ranks else None,
        )
        for result in results
    ]


def read_version_or_refuse(version: SheetVersion) -> VersionDefinition:
    """Return the definition of a version; raise UserError for one that cannot be read."""
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
    """Return the values of a line as JSON: what they are, how they were made, and the lists of their rows.

    The terms of a formula follow it, named "value.due", each with its own list.
    """
    described: list[dict[str, Any]] = []
    for name, figure in line.figures.items():
        described += _describe_figure(name, figure)
    return described + [_describe_score(score) for score in line.scores]


def _describe_figure(name: str, figure: Figure) -> Iterable[dict[str, Any]]:
    yield {
        "name": name,
        "measure": figure.measure.key,
        "value": _write(figure.rounded),
        "numerator": _write(figure.numerator),
        "denominator": _write(figure.denominator),
        "rows": figure.rows,
        "source": figure.source,
        "formula": figure.how if figure.measure.kind == MeasureKind.FORMULA else "",
        "link": _write_link(figure.link),
        "denominator_link": _write_link(figure.denominator_link),
        "parts": _write_parts(figure.parts) if figure.link is None else [],
        "denominator_parts": _write_parts(figure.denominator_parts)
        if figure.denominator_link is None
        else [],
    }
    for term in figure.terms:
        yield from _describe_figure(f"{name}.{term.measure.key}", term)


def _describe_score(score: Score) -> dict[str, Any]:
    period = score.period.text
    link = RowsLink(SCORE_ROWS, (score.sheet_version.sheet.key, score.code), (("period", period),))
    return {"name": SCORE_ROWS, "period": period, "value": _write(score.points), "link": _write_link(link)}


def _write(number: Decimal | None) -> str | None:
    return None if number is None else format_decimal(number)


def _write_link(link: RowsLink | None) -> dict[str, Any] | None:
    if link is None:
        return None
    return {"kind": link.kind, "args": list(link.args), "query": [list(pair) for pair in link.query]}


def _write_parts(parts: Iterable[RowsPart]) -> list[dict[str, Any]]:
    return [
        {"rows": part.rows, "weight": _write(part.weight), "link": _write_link(part.link)} for part in parts
    ]
