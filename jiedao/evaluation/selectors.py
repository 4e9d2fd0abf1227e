"""Read results: of published scores as they were stored, or of a period that is not published yet as they are now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from jiedao.evaluation.access import OF_APPEAL, PERIOD_OF, build_own_filter, get_version
from jiedao.evaluation.computing import (
    SCORE_ROWS,
    LineResult,
    SubjectResult,
    compute_scores,
    describe_line,
    read_version_or_refuse,
)
from jiedao.evaluation.definition import VersionDefinition, read_version
from jiedao.evaluation.models import (
    DECIDE,
    Appeal,
    AppealState,
    PeriodKind,
    Score,
    ScoreLine,
    ScoreSheet,
    SheetItem,
    SheetVersion,
    Subject,
)
from jiedao.evaluation.rules.rule import format_decimal
from jiedao.evaluation.scoring import round_points
from jiedao.indicators.models import Better, Measure
from jiedao.kernel import clock
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import Period, parse_period
from jiedao.kernel.wordings import Wording, read_wording
from jiedao.orgs.actor import Actor
from jiedao.places.models import in_language

DAY_STEPS = 12  # periods that the choice offers
MOST_APPEALS = 500  # of a list


@dataclass(frozen=True)
class ValueView:
    """One value behind the points of an item.

    Attributes:
        text: the value with its unit.
        fraction: numerator and denominator of a rate, the filled-in formula of a computed measure, "" for others.
        link, denominator_link: the lists of rows.
        parts, denominator_parts: the lists of a side that several sources make up, with their number of rows.
        is_term: whether it is a term of the formula of the value before it.
        is_less_better: whether few rows are good; of a rate, few rows of the numerator.
    """

    name: str
    label: str
    text: str
    meaning: str = ""
    fraction: str = ""
    source: str = ""
    rows: int | None = None
    link: RowsLink | None = None
    denominator_link: RowsLink | None = None
    parts: tuple[tuple[int, RowsLink], ...] = ()
    denominator_parts: tuple[tuple[int, RowsLink], ...] = ()
    is_term: bool = False
    is_less_better: bool = False

    @property
    def links(self) -> list[RowsLink]:
        """Every list of rows behind the value."""
        single = [link for link in (self.link, self.denominator_link) if link is not None]
        return [*single, *(link for _rows, link in (*self.parts, *self.denominator_parts))]


@dataclass(frozen=True)
class LineView:
    """One item of a result."""

    item: SheetItem
    out_of: Decimal
    points: Decimal | None
    value: Decimal | None
    formula: str
    note: str
    values: tuple[ValueView, ...] = ()

    @property
    def share(self) -> float | None:
        """The points as a share of those that the item is worth, None without data."""
        return float(self.points / self.out_of) if self.points is not None and self.out_of else None

    @property
    def tone(self) -> str:
        """The tone in which pages display the share."""
        if self.share is None:
            return "neutral"
        return (
            "good"
            if self.share >= 0.95
            else "info"
            if self.share >= 0.85
            else "warn"
            if self.share >= 0.6
            else "bad"
        )


@dataclass(frozen=True)
class ResultView:
    """The score of a unit or community, stored or computed now. `list_mark` is "red", "black" or ""."""

    code: str
    label: str
    points: Decimal | None
    total: Decimal
    rank: int | None
    rank_of: int | None
    grade: str
    tone: str
    note: str
    lines: tuple[LineView, ...]
    score: Score | None = None
    excluded: tuple[str, ...] = ()
    list_mark: str = ""


@dataclass(frozen=True)
class Results:
    """The results of a sheet in a period, best first; those without a score come last."""

    sheet: ScoreSheet
    version: SheetVersion
    period: Period
    is_published: bool
    rows: tuple[ResultView, ...]
    items: tuple[SheetItem, ...] = field(default=())

    def find_row(self, code: str) -> ResultView | None:
        """Return the result of a unit or community by its code."""
        return next((row for row in self.rows if row.code == code), None)


def list_sheets() -> list[ScoreSheet]:
    """Return the active sheets in their order."""
    return list(ScoreSheet.objects.filter(active=True))


def list_periods(sheet: ScoreSheet, period: Period, limit: int = DAY_STEPS) -> list[Period]:
    """Return the periods of a sheet up to the present one, the latest first, and the displayed one in any case."""
    period_of = PERIOD_OF[PeriodKind(sheet.period)]
    periods = [period_of(clock.today())]
    while len(periods) < limit and (before := periods[-1].previous()) is not None:
        periods.append(before)
    return periods if period in periods else [*periods, period]


def read_results(sheet: ScoreSheet, period: Period) -> Results:
    """Return the published results of a period, or what the records result in now if it is not published."""
    version = get_version(sheet, period)
    definition = read_version_or_refuse(version)
    rows = read_version_results(version, period)
    if not rows:
        measures = _read_all_measures()
        rows = _order(
            [_view_result(result, measures) for result in compute_scores(version, period)], definition
        )
    is_published = any(row.score is not None for row in rows)
    items = tuple(version.items.filter(active=True))
    return Results(sheet, version, period, is_published, tuple(rows), items)


def read_version_results(version: SheetVersion, period: Period) -> list[ResultView]:
    """Return the published results of a version in a period, best first; none before they are published."""
    definition = read_version_or_refuse(version)
    stored = list(
        Score.objects.filter(
            sheet_version=version, first_date=period.first, last_date=period.last, current=True
        )
        .select_related("unit", "area", "post__unit")
        .prefetch_related("lines__item")
    )
    measures = _read_all_measures()
    return _order([view_score(score, definition, measures) for score in stored], definition)


def read_score(score: Score) -> ResultView:
    """Return one stored version of a score."""
    return view_score(score, read_version(score.sheet_version.spec), _read_all_measures())


def list_versions(score: Score) -> list[Score]:
    """Return all versions of a score, the newest first."""
    return list(
        Score.objects.filter(
            sheet_version=score.sheet_version_id,
            first_date=score.first_date,
            last_date=score.last_date,
            place_key=score.place_key,
        ).order_by("-number")
    )


def list_appeals(actor: Actor, score: Score | None = None) -> list[Appeal]:
    """Return the appeals that the actor may see, waiting ones first; of one score with all its versions."""
    rows = _find_visible_appeals(actor).select_related(*OF_APPEAL).prefetch_related("cases__case")
    if score is not None:
        rows = rows.filter(
            score__sheet_version=score.sheet_version_id,
            score__place_key=score.place_key,
            score__first_date=score.first_date,
            score__last_date=score.last_date,
        )
    rows = rows.annotate(is_waiting=Q(state=AppealState.WAITING)).order_by("-is_waiting", "-made_at")
    return list(rows[:MOST_APPEALS])


def count_waiting_appeals(actor: Actor) -> int:
    """Return how many appeals that the actor may see wait for a decision."""
    return _find_visible_appeals(actor).filter(state=AppealState.WAITING).count()


def _find_visible_appeals(actor: Actor) -> QuerySet[Appeal]:
    rows = Appeal.objects.all()
    return rows if actor.can(DECIDE) else rows.filter(build_own_filter(actor, "score__"))


def view_score(score: Score, definition: VersionDefinition, measures: dict[str, Measure]) -> ResultView:
    """Return a stored score as a page, an export and the command show it."""
    grade = next((grade for grade in definition.grades if grade.label == score.grade), None)
    return ResultView(
        code=score.code,
        label=score.place_label,
        points=score.points,
        total=score.total,
        rank=score.rank,
        rank_of=score.rank_of,
        grade=in_language(grade.label, grade.label_en) if grade is not None else score.grade,
        tone=grade.tone if grade is not None else "neutral",
        note=_write_note(read_wording(score.note)),
        lines=tuple(
            _view_line(line, read_wording(line.note), line.explanation, measures)
            for line in score.lines.all()
        ),
        score=score,
        excluded=tuple(score.excluded),
    )


def _view_result(result: SubjectResult, measures: dict[str, Measure]) -> ResultView:
    grade = result.grade
    return ResultView(
        code=result.subject.code,
        label=result.subject.label,
        points=result.points,
        total=result.total,
        rank=result.rank,
        rank_of=result.rank_of,
        grade=in_language(grade.label, grade.label_en) if grade is not None else "",
        tone=grade.tone if grade is not None else "neutral",
        note=_write_note(result.note),
        lines=tuple(_view_line(line, line.note, describe_line(line), measures) for line in result.lines),
        excluded=result.excluded,
    )


def _write_note(note: Wording | None) -> str:
    return "" if note is None else str(note)


def describe_reason(score: Score) -> str:
    """Return why a version of a score replaced the one before, in the reader's language; "" for the first."""
    return _write_note(read_wording(score.reason))


def _view_line(
    line: ScoreLine | LineResult,
    note: Wording | None,
    explanation: Iterable[dict[str, Any]],
    measures: dict[str, Measure],
) -> LineView:
    return LineView(
        item=line.item,
        out_of=line.out_of,
        points=line.points,
        value=line.value,
        formula=line.formula,
        note=_write_note(note),
        values=tuple(_view_values(explanation, measures)),
    )


def _view_values(explanation: Iterable[dict[str, Any]], measures: dict[str, Measure]) -> Iterable[ValueView]:
    for row in explanation:
        yield _view_score_value(row) if row["name"] == SCORE_ROWS else _view_value(row, measures)


def _view_value(row: dict[str, Any], measures: dict[str, Measure]) -> ValueView:
    measure = measures.get(row["measure"])
    unit = measure.unit_after if measure is not None else ""
    number = row["value"]
    fraction = f"{row['numerator']} ÷ {row['denominator']}" if row["denominator"] is not None else ""
    return ValueView(
        name=row["name"],
        label=measure.label if measure is not None else row["measure"],
        meaning=measure.meaning_label if measure is not None else "",
        text=_("没有数据") if number is None else f"{number}{unit if unit == '%' else f' {unit}'}",
        fraction=fraction or row.get("formula", ""),
        source=row["source"],
        rows=row["rows"],
        link=_read_link(row["link"]),
        denominator_link=_read_link(row["denominator_link"]),
        parts=tuple(_read_parts(row.get("parts", ()))),
        denominator_parts=tuple(_read_parts(row.get("denominator_parts", ()))),
        is_term="." in row["name"],
        is_less_better=measure is not None and measure.better == Better.LESS,
    )


def _view_score_value(row: dict[str, Any]) -> ValueView:
    return ValueView(
        name=row["name"],
        label=parse_period(row["period"]).label,
        text=_("%(points)s 分") % {"points": row["value"]},
        link=_read_link(row["link"]),
    )


def _read_parts(parts: Iterable[dict[str, Any]]) -> Iterable[tuple[int, RowsLink]]:
    for part in parts:
        link = _read_link(part["link"])
        if link is not None:
            yield part["rows"], link


def _read_link(data: dict[str, Any] | None) -> RowsLink | None:
    if data is None:
        return None
    query = tuple((str(name), str(value)) for name, value in data["query"])
    return RowsLink(data["kind"], tuple(data["args"]), query)


def _read_all_measures() -> dict[str, Measure]:
    return {measure.key: measure for measure in Measure.objects.all()}


def _order(rows: Sequence[ResultView], definition: VersionDefinition) -> list[ResultView]:
    """Return rows in the order of their ranks, with the marks of the red and of the black list."""
    ordered = sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.code))
    ranked = sum(row.rank is not None for row in ordered)
    marked = []
    for position, row in enumerate(ordered):
        mark = ""
        if row.rank is not None and row.rank <= definition.red:
            mark = "red"
        elif row.rank is not None and position >= ranked - definition.black:
            mark = "black"
        marked.append(replace(row, list_mark=mark))
    return marked


def view_results(results: Sequence[SubjectResult], version: SheetVersion) -> list[ResultView]:
    """Return computed results, such as those of a simulation, best first."""
    measures = _read_all_measures()
    return _order([_view_result(result, measures) for result in results], read_version(version.spec))


def format_points(points: Decimal | None, digits: int = 4) -> str:
    """Return points without needless zeros, a dash without data."""
    return "—" if points is None else format_decimal(round(points, digits))


def write_points(points: Decimal | None, digits: int) -> str:
    """Return a total with all decimals of its sheet, as totals in a column need it; a dash without data."""
    return "—" if points is None else f"{round_points(points, digits):f}"


def describe_subject(sheet: ScoreSheet) -> str:
    """Return what a sheet scores, in the reader's language."""
    return str(Subject(sheet.subject).label)
