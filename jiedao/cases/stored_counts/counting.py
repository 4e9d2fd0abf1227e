"""Counting cases by day from the rows, for all splits at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Case as Choice
from django.db.models import F, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate

from jiedao.cases.selectors.counting import MODELS, build_group_column, find_visible_rows, read_key
from jiedao.cases.selectors.former_places import LEAD_UNIT, build_place_column, read_last_relocation
from jiedao.cases.selectors.measures import MEASURES, Measure, Table, Window
from jiedao.cases.selectors.splits import SPLITS, Groups, read_groups
from jiedao.cases.stored_counts.cells import ALL, CellKey, Tallies, Tally
from jiedao.cases.stored_counts.reach import BY_UNIT, REACH, REACH_UNIT, REACHES, make_unit_key
from jiedao.kernel import clock
from jiedao.kernel.figures import AREA, UNIT
from jiedao.kernel.periods import build_period
from jiedao.orgs.actor import make_system_actor

Range = tuple[date, date]
STORED_SPLITS = (ALL, *SPLITS, REACH, REACH_UNIT)
# Every unit that a case was given to.
_UNITS = {
    "postgresql": "(SELECT string_agg(DISTINCT g.unit_id::text, ',') FROM cases_assignment g WHERE g.case_id = {case})",
    "sqlite": "(SELECT group_concat(DISTINCT g.unit_id) FROM cases_assignment g WHERE g.case_id = {case})",
}
Line = tuple[Any, ...]


@dataclass(frozen=True)
class Days(Window):
    """Several ranges of days as filters need them; every deadline in them counts as passed."""

    ranges: tuple[Range, ...] = ()

    def build_filter(self, column: str) -> Q:
        """Return the filter that a column of times or dates lies in one of the ranges."""
        windows = [Window(build_period(first, last), self.now) for first, last in self.ranges]
        return reduce(or_, (window.build_filter(column) for window in windows))


def make_days(ranges: Sequence[Range]) -> Days:
    """Return the ranges as a window in which every deadline has passed."""
    return Days(build_period(ranges[0][0], ranges[-1][1]), None, tuple(ranges))


def list_stored_measures() -> list[str]:
    """Return the codes of the measures that are counted; the others are differences of them."""
    return [code for code, measure in MEASURES.items() if measure.minus is None]


def count_days(
    ranges: Sequence[Range],
    *,
    splits: Sequence[str] = STORED_SPLITS,
    codes: Iterable[str] | None = None,
) -> Tallies:
    """Return what every day of the ranges counts once all deadlines have passed, by the cells of the splits.

    One statement for each time column on PostgreSQL, two for that of the assignments; on SQLite one for each split too.

    Args:
        codes: the measures to count, which are no differences; all by default.
    """
    days, tallies = make_days(ranges), Tallies()
    groups: Groups = {
        split: {group.value: group for group in read_groups(split)}
        for split in {*splits, UNIT, AREA} & {*SPLITS}
    }
    if REACH_UNIT in splits and REACH not in splits:
        splits = (*splits, REACH)
    wanted = list_stored_measures() if codes is None else codes
    # Not from the cache: what a worker stores by an outdated one would stay.
    by_then = read_last_relocation() is not None
    for measures in _group_measures(MEASURES[code] for code in wanted):
        counter = _GroupCounter(measures, days, groups, by_then=by_then)
        for chosen in counter.choose_splits(splits):
            for split, day, value, numbers in counter.count(chosen):
                if not numbers:
                    continue
                for cell in counter.list_cells(split, value):
                    tally = tallies.setdefault(day, {}).setdefault(cell, Tally())
                    for code, number, month in numbers:
                        tally.add(code, number, month)
    return tallies


def _group_measures(measures: Iterable[Measure]) -> list[list[Measure]]:
    """Return the measures that are counted together: those of one table and time."""
    groups: dict[tuple[Table, str], list[Measure]] = {}
    for measure in measures:
        groups.setdefault((measure.table, measure.time), []).append(measure)
    return list(groups.values())


class _GroupCounter:
    """Counts the measures of one table and one time column by day.

    Attributes:
        by_then: whether cases may have had other places at the times of their events.
    """

    def __init__(self, measures: Sequence[Measure], days: Days, groups: Groups, *, by_then: bool) -> None:
        self.by_then = by_then
        self.measures, self.days, self.groups = measures, days, groups
        self.table, self.time = measures[0].table, measures[0].time
        self.codes = [measure.code for measure in measures]
        self.reach = REACHES.get()
        self.cells: dict[tuple[str, str], list[CellKey]] = {}

    def list_cells(self, split: str, value: Any) -> list[CellKey]:
        """Return the cells to which a line of a split belongs; that of `REACH` belongs to those of each root."""
        if split == ALL:
            return [(ALL, "")]
        if split not in {REACH, REACH_UNIT}:
            return [(split, read_key(split, value, self.groups))]
        if (split, value) not in self.cells:
            self.cells[split, value] = self._list_reach(split, value)
        return self.cells[split, value]

    def _list_reach(self, split: str, value: str) -> list[CellKey]:
        own, lead, path, others = value.split("|")
        community = read_key(AREA, path, self.groups)
        units = [int(unit) for unit in (lead, *others.split(",")) if unit]
        key = read_key(UNIT, int(own), self.groups) if own else ""
        roots = self.reach.find_roots(community, units)
        if split == REACH_UNIT:
            return [(REACH_UNIT, make_unit_key(root, key)) for root in roots]
        if self._has_units_apart:
            return [(REACH, root) for root in roots]
        return [cell for root in roots for cell in ((REACH, root), (REACH_UNIT, make_unit_key(root, key)))]

    def choose_splits(self, splits: Sequence[str]) -> list[list[str]]:
        """Return the splits that one statement answers.

        A case has one value of each split, but an assignment has a unit of its own, and an event the place of then:
        by unit, a case repeats only where the same unit had it before, and by area only in the same area. The lines of
        `REACH` state both what a root sees and by which unit.
        """
        if not self._has_units_apart:
            return [[split for split in splits if split != REACH_UNIT]]
        by_area = [split for split in splits if split == AREA and self.by_then]
        by_unit = [split for split in splits if split in BY_UNIT]
        by_case = [split for split in splits if split not in {*by_area, *by_unit}]
        return [part for part in (by_case, by_unit, by_area) if part]

    @property
    def _has_units_apart(self) -> bool:
        """Whether the rows of one case may count for several units."""
        return self.table is Table.ASSIGNMENT or (self.by_then and self.table is not Table.CASE)

    def count(
        self, splits: Sequence[str]
    ) -> Iterator[tuple[str, date, Any, list[tuple[str, int, str | None]]]]:
        """Yield split, day, value of the split, and (code, number, repeated month or None)."""
        columns = [split for split in splits if split != ALL]
        rows = self._build_rows(columns)
        inner, parameters = rows.query.sql_with_params()
        if self.table is Table.CASE:
            source, measured = f"({inner}) AS q", [f"sum(m_{code})" for code in self.codes]
            condition, grouped = "", list[str]()
        else:
            source = self._build_events(inner, columns)
            measured, grouped = ["count(*)"], [f"{kind}_{code}" for code in self.codes for kind in "mp"]
            condition, own = self._build_day_condition()
            parameters = (*parameters, *own)
        with connection.cursor() as cursor:
            for split, sql in _build_statements(source, condition, splits, grouped, measured):
                cursor.execute(sql, parameters)
                while lines := cursor.fetchmany(5000):
                    for line in lines:
                        yield self._read_line(line, split, columns)

    def _read_line(
        self, line: Line, split: str | None, columns: Sequence[str]
    ) -> tuple[str, date, Any, list[tuple[str, int, str | None]]]:
        """Return a line of the result; `split` is None where a number in the line states it (GROUPING)."""
        day = line[0] if isinstance(line[0], date) else date.fromisoformat(line[0])
        if split is None:
            split, value = _find_split(line[1], line[2 : 2 + len(columns)], columns)
            rest = line[2 + len(columns) :]
        elif split == ALL:
            value, rest = None, line[1:]
        else:
            value, rest = line[1], line[2:]
        if self.table is Table.CASE:
            numbers: list[tuple[str, int, str | None]] = [
                (code, int(number), None) for code, number in zip(self.codes, rest, strict=True) if number
            ]
            return split, day, value, numbers
        flags, number = rest[:-1], int(rest[-1])
        return (
            split,
            day,
            value,
            [
                (code, number, flags[2 * position + 1])
                for position, code in enumerate(self.codes)
                if flags[2 * position]
            ],
        )

    def _build_rows(self, columns: Sequence[str]) -> QuerySet[Any]:
        """Return the rows of the table that may count, with day, keys and one flag for each measure."""
        rows = find_visible_rows(make_system_actor("figures"), self.table)
        day = F(self.time) if self.time.endswith("_date") else TruncDate(self.time, tzinfo=clock.TOWN_TZ)
        annotations: dict[str, Any] = {"c_day": day}
        annotations |= {
            f"k_{split}": self._build_reach_column(split)
            if split in {REACH, REACH_UNIT}
            else build_group_column(
                split, self.table, self.groups[split].values(), self.time if self.by_then else None
            )
            for split in columns
        }
        annotations |= {
            f"m_{measure.code}": _build_flag(Q(**measure.kind) & measure.build_condition(self.days.now))
            for measure in self.measures
        }
        kinds = reduce(or_, (Q(**measure.kind) for measure in self.measures))
        in_days = rows.filter(kinds & self.days.build_filter(self.time)).order_by()
        if self.table is Table.CASE:
            keyed: QuerySet[Any] = in_days.annotate(**annotations).values(*annotations)
            return keyed
        # What happened before to the cases that count in these days decides whether they repeat.
        events = rows.filter(kinds, **{f"{self.time}__lt": self.days.period.end_at}).order_by()
        events = events.filter(case_id__in=in_days.values("case_id"))
        annotations["c_case"] = F("case_id")
        keyed_events: QuerySet[Any] = events.annotate(**annotations).values(*annotations)
        return keyed_events

    def _build_reach_column(self, split: str) -> Any:
        """Return the text of everything that decides which roots see a case.

        It is the unit by which the row counts, the case's unit, its community and every unit that ever had it.
        """
        prefix = "" if self.table is Table.CASE else "case__"
        lead = f"{prefix}lead_unit_id"
        own: Any = F(lead)
        if self.table is Table.ASSIGNMENT:
            own = F("unit_id") if split == REACH_UNIT else own
        elif self.by_then and (self.table is Table.CASE or split == REACH_UNIT):
            own = build_place_column(LEAD_UNIT, self.table, self.time)
        area = build_group_column(AREA, self.table, self.groups[AREA].values())
        column = (
            "cases_case.id" if self.table is Table.CASE else f"{MODELS[self.table]._meta.db_table}.case_id"
        )
        text, nothing, bar = TextField(), Value("", TextField()), Value("|", TextField())
        units = RawSQL(_UNITS[connection.vendor].format(case=column), (), output_field=text)  # noqa: S611
        parts: list[Any] = [
            *(Coalesce(Cast(unit, text), nothing) for unit in (own, F(lead))),
            Cast(area, text),
            Coalesce(units, nothing),
        ]
        joined = [piece for part in parts for piece in (bar, part)]
        return Concat(*joined[1:], output_field=text)

    def _build_events(self, inner: str, columns: Sequence[str]) -> str:
        """Return the days of each case, and for each measure the month in which it counted last before."""
        keys = [f"k_{split}" for split in columns]
        group = ", ".join(["c_case", "c_day", *keys])
        flags = ", ".join(f"max(m_{code}) AS m_{code}" for code in self.codes)
        partition = ", ".join(["c_case", *(key for key in keys if self._is_own_key(key))])
        month = "to_char({}, 'YYYY-MM')" if connection.vendor == "postgresql" else "substr({}, 1, 7)"
        before = "max(CASE WHEN m_{0} = 1 THEN c_day END) OVER w"
        repeats = ", ".join(
            f"CASE WHEN m_{code} = 1 THEN {month.format(before.format(code))} END AS p_{code}"
            for code in self.codes
        )
        names = ", ".join(["c_day", *keys, *(f"m_{code}" for code in self.codes)])
        return (
            f"(SELECT {names}, {repeats} FROM"  # noqa: S608 (names of columns and codes of measures)
            f" (SELECT {group}, {flags} FROM ({inner}) AS i GROUP BY {group}) AS e"
            f" WINDOW w AS (PARTITION BY {partition} ORDER BY c_day"
            " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS q"
        )

    def _is_own_key(self, key: str) -> bool:
        apart = {*(BY_UNIT if self._has_units_apart else ()), *((AREA,) if self.by_then else ())}
        return key in {f"k_{split}" for split in apart}

    def _build_day_condition(self) -> tuple[str, list[Any]]:
        parts = " OR ".join(["c_day BETWEEN %s AND %s"] * len(self.days.ranges))
        values: list[Any] = [day for ends in self.days.ranges for day in ends]
        if connection.vendor != "postgresql":
            values = [day.isoformat() for day in values]
        return f"WHERE {parts}", values


def _build_flag(condition: Q) -> Any:
    """Return 1 for the rows that count and 0 for the others; a condition may be empty."""
    if not condition:
        return Value(1)
    return Choice(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _build_statements(
    source: str, condition: str, splits: Sequence[str], grouped: Sequence[str], measured: Sequence[str]
) -> Iterator[tuple[str | None, str]]:
    """Yield the statements that group the source by day and each split, with the split that each answers.

    On PostgreSQL one statement answers all of them, and states the split of a line by GROUPING.
    """
    if connection.vendor == "postgresql" and len(splits) > 1:
        keys = [f"k_{split}" for split in splits if split != ALL]
        sets = ", ".join(
            "(" + ", ".join(["c_day", *([f"k_{split}"] if split != ALL else []), *grouped]) + ")"
            for split in splits
        )
        selected = ", ".join(["c_day", f"GROUPING({', '.join(keys)})", *keys, *grouped, *measured])
        yield None, f"SELECT {selected} FROM {source} {condition} GROUP BY GROUPING SETS ({sets})"  # noqa: S608
        return
    for split in splits:
        names = ", ".join(["c_day", *([f"k_{split}"] if split != ALL else []), *grouped])
        yield split, f"SELECT {', '.join([names, *measured])} FROM {source} {condition} GROUP BY {names}"  # noqa: S608


def _find_split(grouping: int, values: Sequence[Any], columns: Sequence[str]) -> tuple[str, Any]:
    """Return the split of a line and its value: the bit of a column is 0 where the line is grouped by it."""
    for position, column in enumerate(columns):
        if not grouping & (1 << (len(columns) - 1 - position)):
            return column, values[position]
    return ALL, None
