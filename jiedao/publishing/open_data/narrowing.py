"""The rows of a data set behind one figure, so that a reader can check the figure by counting them.

Rows are selected only by columns that the data set shows: a figure that depends on any other column has no rows here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases.models import Case
from jiedao.cases.selectors.counting import find_cases
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import Period, build_period, parse_period
from jiedao.orgs.actor import Actor
from jiedao.publishing.models.open_data import DataSource
from jiedao.publishing.open_data.definition import OpenSet
from jiedao.registers.selectors.filters import RecordFilters

CASES, RECORDS = "cases.measure", "registers.records"  # the kinds of links that can be narrowed
MEASURE, PERIOD, DAY, GRADE = "measure", "period", "on", "grade"
# Which cases a measure counts follows from these columns alone; a data set must have all of them.
MEASURE_COLUMNS: dict[str, tuple[str, ...]] = {
    "reported": ("reported_date",),
    "filed": ("filed_date",),
    "due": ("due_date", "handled_date", "state"),
    "handled": ("due_date", "handled_date", "state"),
    "on_time": ("due_date", "handled_on_time", "state"),
    "overdue": ("due_date", "handled_on_time", "state"),
    "handled_in": ("handled_date",),
    "closed_in": ("closed_date",),
}

# For these measures the date column alone decides, so that the rows of an earlier day can be listed.
MEASURES_OF_ONE_DAY = ("reported", "filed", "handled_in", "closed_in")


@dataclass(frozen=True)
class RowFilter:
    """The filter that selects the rows of a data set behind a figure.

    Attributes:
        measure, period: of a figure over cases.
        grade, values, day: of a figure over a register, as `RecordFilters` has them; `day` is a past day whose states
            count.
    """

    measure: str = ""
    period: Period | None = None
    grade: str = ""
    values: Mapping[str, str] | None = None
    day: date | None = None

    def find_cases(self, actor: Actor) -> Any:
        """Return the cases that a figure counts."""
        if self.period is None:
            return Case.objects.all()
        return find_cases(actor, self.measure, self.period, ())

    @property
    def filters(self) -> RecordFilters:
        """The filters of a figure over a register."""
        return RecordFilters(grade=self.grade, values=self.values or {})


def take_names(data_set: OpenSet, query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of an address that could be filters of a data set."""
    names = {MEASURE, PERIOD} if data_set.row.source == DataSource.CASES else {GRADE, DAY}
    return {name: value for name, value in query.items() if name in names or name.startswith("f.")}


def read_row_filter(data_set: OpenSet, query: Mapping[str, str]) -> RowFilter | None:
    """Return the filter of an address, None for all rows.

    Raise UserError for a column that the data set does not show, and for a value that cannot be read.
    """
    if data_set.row.source == DataSource.CASES:
        return _read_case_query(data_set, query)
    return _read_record_query(data_set, query)


def find_rows_query(
    data_sets: Iterable[OpenSet], link: RowsLink | None, day: date
) -> tuple[OpenSet, dict[str, str]] | None:
    """Return the data set that has the rows behind a figure, with the query for them; None for none.

    Args:
        day: the day on which the figure was computed. The query is for the rows of that day where they can be read.
    """
    if link is None:
        return None
    for data_set in data_sets:
        is_cases = link.kind == CASES and data_set.row.source == DataSource.CASES
        is_register = link.kind == RECORDS and link.args[:1] == (data_set.row.register,)
        if not (is_cases or is_register):
            continue
        try:
            read_row_filter(data_set, dict(link.query))
        except UserError:
            continue
        return data_set, _limit_to_day(dict(link.query), day, is_cases=is_cases)
    return None


def _limit_to_day(query: dict[str, str], day: date, *, is_cases: bool) -> dict[str, str]:
    """Return the query for the rows as they were on a day, where the records of a past day can be read."""
    if not is_cases:
        return query | {DAY: min(query.get(DAY, day.isoformat()), day.isoformat())}
    if query.get(MEASURE) not in MEASURES_OF_ONE_DAY:
        return query
    period = parse_period(query[PERIOD])
    if not period.first <= day < period.last:
        return query
    return query | {PERIOD: build_period(period.first, day).text}


def _read_case_query(data_set: OpenSet, query: Mapping[str, str]) -> RowFilter | None:
    if not query:
        return None
    measure = query.get(MEASURE, "")
    shown = {column.key for column in data_set.columns}
    is_known = set(query) == {MEASURE, PERIOD} and measure in MEASURE_COLUMNS
    if not is_known or not set(MEASURE_COLUMNS[measure]) <= shown:
        raise _make_error()
    return RowFilter(measure=measure, period=parse_period(query[PERIOD]))


def _read_record_query(data_set: OpenSet, query: Mapping[str, str]) -> RowFilter | None:
    assert data_set.register is not None
    shown = {column.key for column in data_set.columns}
    values: dict[str, str] = {}
    grade, day = "", None
    for name, value in query.items():
        if name == GRADE and GRADE in shown:
            grade = value
        elif name == DAY:
            day = _read_day(value)
        elif name.startswith("f."):
            key, end = _split_name(name)
            if key not in shown:
                raise _make_error()
            values[key] = _join_range(values.get(key, ""), end, value)
        else:
            raise _make_error()
    if not values and not grade and day is None:
        return None
    narrowed = RowFilter(grade=grade, values=values, day=day)
    narrowed.filters.condition(data_set.register)  # raises UserError for a wrong value
    return narrowed


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise _make_error() from fault


def _split_name(name: str) -> tuple[str, str]:
    """Return the field of a parameter, and which end of a range it is: "", "from" or "to"."""
    key = name.removeprefix("f.")
    for end in ("from", "to"):
        if key.endswith(f".{end}"):
            return key.removesuffix(f".{end}"), end
    return key, ""


def _join_range(present: str, end: str, value: str) -> str:
    if not end:
        return value
    low, _dots, high = present.partition("..")
    return f"{value}..{high}" if end == "from" else f"{low}..{value}"


def _make_error() -> UserError:
    return UserError(_("这个数据集不能这样筛选。"), hint=_("请打开数据集，下载全部记录后自己筛选。"))
