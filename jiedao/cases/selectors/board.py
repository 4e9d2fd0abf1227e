"""The board: counts and rates of the loop for a period, by unit, area, category or channel."""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jiedao.cases.figures import build_spec
from jiedao.cases.models import Case
from jiedao.cases.selectors.counting import NO_VALUE, Narrowing, find_cases, get_no_value_label
from jiedao.cases.selectors.deciding import DECIDING, DecidingColumn
from jiedao.cases.selectors.former_places import NOW
from jiedao.cases.selectors.lists import COLUMNS, PAGE, CaseRow
from jiedao.cases.selectors.measures import MEASURES, RATES, Measure, Rate, Window, compute_rates
from jiedao.cases.selectors.splits import Group, read_groups
from jiedao.cases.stored_counts.reading import count_run
from jiedao.kernel import clock, figures
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import AREA, UNIT, Reading
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import UNITS
from jiedao.places.selectors import EVERY_AREA

SPECS = [build_spec(code) for code in MEASURES]
TREND = ("reported", "due", "closed")


@dataclass(frozen=True)
class BoardRow:
    """One line of the board. `key` is a stable code ("-" for none), `counts` by measure, `rates` by rate."""

    key: str
    label: str
    counts: dict[str, int]
    rates: dict[str, float | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the row flat, as `jiedao board --json` prints it."""
        return {"key": self.key, "label": self.label, **self.counts, **self.rates}


@dataclass(frozen=True)
class Board:
    """The lines of a split and their total."""

    period: Period
    by: str
    rows: list[BoardRow]
    total: BoardRow
    places: str = ""


@dataclass(frozen=True)
class TrendPoint:
    """One period of the trend."""

    period: Period
    counts: dict[str, int]


def read_totals(actor: Actor, period: Period) -> BoardRow:
    """Return the total of a period as one row, in four statements."""
    actor.require("cases.board:view")
    return _build_total_row(figures.read_many(SPECS, period=period, viewer=actor))


def read_board(actor: Actor, period: Period, by: str, *, places: str = "") -> Board:
    """Return the board of a period, split by "unit", "area", "category" or "channel".

    Rows without anything to count are left out; cases without a value of the split come last, under "-".
    The total counts each case once, so the column 派遣 by unit may add up to more. Needs `cases.board:view`.

    Args:
        places: NOW to count past areas and units for those that alone took their place; by default cases count for the
            place that they had then.
    """
    actor.require("cases.board:view")
    groups = read_groups(by)
    with figures.count_by_present_places(places == NOW):
        readings = figures.read_many(SPECS, period=period, splits=(by,), viewer=actor)
    counts: dict[str, dict[str, int]] = {}
    for code, reading in zip(MEASURES, readings, strict=True):
        for cell in reading.cells:
            counts.setdefault(cell.key[0], dict.fromkeys(MEASURES, 0))[code] = cell.rows
    keys = [(group.value if by == AREA else group.key, group) for group in groups]
    ended = _list_ended(by) if places == NOW else frozenset()
    rows = [
        _build_row(group.key, _label_row(group, ended), counts[key]) for key, group in keys if key in counts
    ]
    if figures.NONE in counts:
        rows.append(_build_row(NO_VALUE, get_no_value_label(by), counts[figures.NONE]))
    return Board(period, by, rows, _build_total_row(readings), places)


def _list_ended(by: str) -> frozenset[Any]:
    """Return the values of a split that no longer exist: what is not counted for another one cannot be placed."""
    if by == AREA:
        return frozenset(area.path for area in EVERY_AREA.get().values() if not area.active)
    return (
        frozenset(unit.id for unit in UNITS.get().values() if not unit.active) if by == UNIT else frozenset()
    )


def _label_row(group: Group, ended: frozenset[Any]) -> str:
    if group.value not in ended:
        return group.label
    return _("%(name)s（已撤并，这些案件无法归入现行的）") % {"name": group.label}


def _build_total_row(readings: list[Reading]) -> BoardRow:
    counts = {code: reading.rows for code, reading in zip(MEASURES, readings, strict=True)}
    return _build_row("", _("合计"), counts)


def _build_row(key: str, label: str, counts: dict[str, int]) -> BoardRow:
    return BoardRow(key, label, counts, compute_rates(counts))


def read_trend(actor: Actor, run: list[Period]) -> list[TrendPoint]:
    """Return the measures of TREND for each of the periods, oldest first, in a few statements."""
    actor.require("cases.board:view")
    return [TrendPoint(*point) for point in zip(run, count_run(actor, TREND, run), strict=True)]


def get_measure(code: str) -> Measure:
    """Return a measure by its code; raise UserError for an unknown one."""
    if code not in MEASURES:
        raise UserError(
            _("没有这个指标：%(code)s。") % {"code": code[:30]}, hint=_("请从看板重新点开。"), field="measure"
        )
    return MEASURES[code]


def find_board_cases(actor: Actor, measure: str, period: Period, where: Narrowing = ()) -> QuerySet[Case]:
    """Return the cases behind one number of the board; without `where` those of the total."""
    actor.require("cases.board:view")
    return find_cases(actor, get_measure(measure).code, period, where)


def get_rate(code: str) -> Rate:
    """Return a rate by its code; raise UserError for an unknown one."""
    if code not in RATES:
        raise UserError(
            _("没有这个指标：%(code)s。") % {"code": code[:30]}, hint=_("请从看板重新点开。"), field="rate"
        )
    return RATES[code]


class Part(Enum):
    """A part of the denominator of a rate."""

    ALL = "all"
    MET = "met"
    FAILING = "failing"


def find_rate_cases(
    actor: Actor, rate: Rate, part: Part, period: Period, where: Narrowing = ()
) -> QuerySet[Case]:
    """Return the cases of the denominator of a rate, or of one of its two parts."""
    cases = find_board_cases(actor, rate.denominator, period, where)
    if part is Part.ALL:
        return cases
    counted = find_board_cases(actor, rate.numerator, period, where).order_by().values("pk")
    is_numerator = (part is Part.FAILING) == rate.low_is_good
    return cases.filter(pk__in=counted) if is_numerator else cases.exclude(pk__in=counted)


def count_failing(rate: Rate, counts: dict[str, int]) -> int:
    """Return how many cases of the denominator fail, from the counts of a row of the board."""
    numerator, denominator = counts[rate.numerator], counts[rate.denominator]
    return numerator if rate.low_is_good else denominator - numerator


@dataclass(frozen=True)
class FigureRow:
    """A case behind a figure, with the values of the columns by which it counts, and whether it fails the rate."""

    case: CaseRow
    cells: list[tuple[DecidingColumn, Any]]
    failing: bool = False


@dataclass(frozen=True)
class FigurePage:
    """One page of the cases behind a figure; `parts` holds the size of each part of a rate."""

    rows: list[FigureRow]
    columns: tuple[DecidingColumn, ...]
    next: str
    total: int
    parts: dict[Part, int] = field(default_factory=dict)


def read_measure_page(
    actor: Actor, code: str, period: Period, *, where: Narrowing = (), after: int | None = None
) -> FigurePage:
    """Return one page of the cases behind a number, newest first.

    Two statements, and one for each deciding column.

    Args:
        after: the last id of the page before.
    """
    cases = find_board_cases(actor, code, period, where)
    columns = DECIDING.get(code, ())
    rows, next_after = _read_figure_rows(cases, columns, period, after)
    return FigurePage(rows, columns, next_after, cases.count())


def read_rate_page(
    actor: Actor,
    rate: Rate,
    part: Part,
    period: Period,
    *,
    where: Narrowing = (),
    after: int | None = None,
) -> FigurePage:
    """Return one page of the cases of a rate or of one part of them, newest first; each row states whether it fails.

    Args:
        after: the last id of the page before.
    """
    everything = find_rate_cases(actor, rate, Part.ALL, period, where)
    failing = find_rate_cases(actor, rate, Part.FAILING, period, where)
    parts = {Part.ALL: everything.count(), Part.FAILING: failing.count()}
    parts[Part.MET] = parts[Part.ALL] - parts[Part.FAILING]
    columns = DECIDING[rate.numerator]
    cases = find_rate_cases(actor, rate, part, period, where)
    rows, next_after = _read_figure_rows(cases, columns, period, after)
    ids = [row.case.id for row in rows]
    failing_ids = set(failing.filter(pk__in=ids).values_list("pk", flat=True))
    rows = [replace(row, failing=row.case.id in failing_ids) for row in rows]
    return FigurePage(rows, columns, next_after, parts[part], parts)


def _read_figure_rows(
    cases: QuerySet[Case], columns: tuple[DecidingColumn, ...], period: Period, after: int | None
) -> tuple[list[FigureRow], str]:
    """Return a page of rows, and the `after` of the next page, "" on the last."""
    cases_after = cases if after is None else cases.filter(pk__lt=after)
    read = [CaseRow(*row) for row in cases_after.order_by("-pk").values_list(*COLUMNS)[: PAGE + 1]]
    page = read[:PAGE]
    window, ids = Window(period, clock.now()), [row.id for row in page]
    values = [column.read(ids, window) for column in columns]
    rows = [
        FigureRow(
            row, [(column, by_case.get(row.id)) for column, by_case in zip(columns, values, strict=True)]
        )
        for row in page
    ]
    return rows, str(page[-1].id) if len(read) > PAGE else ""
