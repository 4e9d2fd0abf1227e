"""The board: counts and rates of the loop for a period, by unit, area, category or channel."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jiedao.cases.figures import build_spec
from jiedao.cases.models import Case
from jiedao.cases.selectors.counting import (
    NO_VALUE,
    Narrowing,
    count_periods,
    find_cases,
    get_no_value_label,
    read_groups,
)
from jiedao.cases.selectors.lists import COLUMNS, PAGE, CasePage, CaseRow
from jiedao.cases.selectors.measures import MEASURES, Measure, compute_rates
from jiedao.kernel import figures
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import AREA, Reading
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor

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


@dataclass(frozen=True)
class TrendPoint:
    """One period of the trend."""

    period: Period
    counts: dict[str, int]


def read_totals(actor: Actor, period: Period) -> BoardRow:
    """Return the total of a period as one row, in four statements."""
    actor.require("cases.board:view")
    return _build_total_row(figures.read_many(SPECS, period=period, viewer=actor))


def read_board(actor: Actor, period: Period, by: str) -> Board:
    """Return the board of a period, split by "unit", "area", "category" or "channel".

    Rows without anything to count are left out; cases without a value of the split come last, under "-".
    The total counts each case once, so the column 派遣 by unit may add up to more. Needs `cases.board:view`.
    """
    actor.require("cases.board:view")
    groups = read_groups(by)
    readings = figures.read_many(SPECS, period=period, splits=(by,), viewer=actor)
    counts: dict[str, dict[str, int]] = {}
    for code, reading in zip(MEASURES, readings, strict=True):
        for cell in reading.cells:
            counts.setdefault(cell.key[0], dict.fromkeys(MEASURES, 0))[code] = cell.rows
    keys = [(group.value if by == AREA else group.key, group) for group in groups]
    rows = [_build_row(group.key, group.label, counts[key]) for key, group in keys if key in counts]
    if figures.NONE in counts:
        rows.append(_build_row(NO_VALUE, get_no_value_label(by), counts[figures.NONE]))
    return Board(period, by, rows, _build_total_row(readings))


def _build_total_row(readings: list[Reading]) -> BoardRow:
    counts = {code: reading.rows for code, reading in zip(MEASURES, readings, strict=True)}
    return _build_row("", _("合计"), counts)


def _build_row(key: str, label: str, counts: dict[str, int]) -> BoardRow:
    return BoardRow(key, label, counts, compute_rates(counts))


def read_trend(actor: Actor, run: list[Period]) -> list[TrendPoint]:
    """Return the measures of TREND for each of the periods, oldest first, in one statement."""
    actor.require("cases.board:view")
    return [TrendPoint(*point) for point in zip(run, count_periods(actor, TREND, run), strict=True)]


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


def read_case_page(
    actor: Actor, measure: str, period: Period, *, where: Narrowing = (), after: int | None = None
) -> CasePage:
    """Return one page of the cases behind a number, newest first, in two statements.

    Args:
        after: the last id of the page before.
    """
    cases = find_board_cases(actor, measure, period, where)
    total = cases.count()
    cases_after = cases if after is None else cases.filter(pk__lt=after)
    rows = [CaseRow(*row) for row in cases_after.order_by("-pk").values_list(*COLUMNS)[: PAGE + 1]]
    page_rows = rows[:PAGE]
    return CasePage(page_rows, "", str(page_rows[-1].id) if len(rows) > PAGE else "", total)
