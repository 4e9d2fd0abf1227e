"""How the office responds, month by month: the same measures as the board of the desk, over the complete town."""

from dataclasses import dataclass
from typing import Any

from jiedao.cases.figures import build_spec
from jiedao.cases.selectors.measures import MEASURES, RATES
from jiedao.kernel import clock, figures
from jiedao.kernel.figures import MONTH, format_month_key
from jiedao.kernel.periods import Period, build_period, month_of

MONTHS = 13  # the present month, and the twelve before it
COUNTS = (
    "reported",
    "closed_in",
    "due",
    "on_time",
    "to_respond",
    "responded",
    "reached",
    "solved",
    "satisfied",
)
SHOWN_COUNTS = ("reported", "closed_in")
SHOWN_RATES = ("response_rate", "on_time_rate", "solved_rate", "satisfaction_rate")


@dataclass(frozen=True)
class ResponseMonth:
    """The counts of a month by measure; `is_running` is whether the month is not over."""

    period: Period
    counts: dict[str, int]
    is_running: bool

    def compute_rate(self, code: str) -> float | None:
        """Return a rate as a share of 1; None where nothing was due."""
        rate = RATES[code]
        denominator = self.counts[rate.denominator]
        return self.counts[rate.numerator] / denominator if denominator else None


@dataclass(frozen=True)
class Definition:
    """What a column of the table means: how it is counted, in the reader's language."""

    code: str
    label: str
    formula: str


def read_response_months() -> list[ResponseMonth]:
    """Return the months, the latest first, in a few statements; months before the first case are left out."""
    periods = list_months()
    span = build_period(periods[-1].first, periods[0].last)
    readings = figures.read_many([build_spec(code) for code in COUNTS], period=span, splits=(MONTH,))
    cells: dict[str, dict[str, int]] = {
        code: {cell.key[0]: cell.rows for cell in reading.cells}
        for code, reading in zip(COUNTS, readings, strict=True)
    }
    today = clock.today()
    months = [
        ResponseMonth(
            period,
            {code: cells[code].get(format_month_key(period.first), 0) for code in COUNTS},
            is_running=period.last >= today,
        )
        for period in periods
    ]
    while len(months) > 1 and not any(months[-1].counts.values()):
        months.pop()
    return months


def list_months() -> list[Period]:
    """Return the present month and the ones before it, the latest first."""
    year, month = clock.today().year, clock.today().month
    first_days = []
    for _number in range(MONTHS):
        first_days.append((year, month))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    today = clock.today()
    return [month_of(today.replace(year=y, month=m, day=1)) for y, m in first_days]


def list_definitions() -> list[Definition]:
    """Return what every column means, with the formula of a rate in words."""
    definitions = [
        Definition(code, str(MEASURES[code].label), str(MEASURES[code].formula)) for code in SHOWN_COUNTS
    ]
    for code in SHOWN_RATES:
        rate = RATES[code]
        above, below = MEASURES[rate.numerator], MEASURES[rate.denominator]
        formula = (
            f"{above.label} ÷ {below.label}。{above.label}：{above.formula}。{below.label}：{below.formula}。"
        )
        definitions.append(Definition(code, str(rate.label), formula))
    return definitions


def describe_months(months: list[ResponseMonth]) -> list[dict[str, Any]]:
    """Return the months as JSON values, for programs that calculate with them."""
    return [
        {
            "month": month.period.text,
            "running": month.is_running,
            **month.counts,
            **{
                code: None if (share := month.compute_rate(code)) is None else round(share, 4)
                for code in SHOWN_RATES
            },
        }
        for month in months
    ]
