"""What a case adds to the stored counts, computed from its rows in Python.

It is what `counting.count_days` would count of this case alone, once all of its deadlines have passed.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from jiedao.cases.selectors.former_places import (
    AREA_PATH,
    LEAD_UNIT,
    PLACES,
    find_place,
    get_moment_column,
)
from jiedao.cases.selectors.measures import MEASURES, Measure, Table
from jiedao.cases.selectors.splits import SPLITS
from jiedao.cases.stored_counts.cells import ALL, CellKey
from jiedao.cases.stored_counts.definitions import Definitions
from jiedao.cases.stored_counts.evaluating import Row
from jiedao.cases.stored_counts.reach import BY_UNIT, REACH, REACH_UNIT, make_unit_key
from jiedao.kernel import clock
from jiedao.kernel.figures import AREA, UNIT, format_month_key

BATCH = 500  # cases in one statement
# Day, split, key, measure and the month in which the case counted before ("" for none), with the number of cases.
Entry = tuple[date, str, str, str, str]
Entries = dict[Entry, int]

# Every time by which a measure puts a case into a period; a test compares them with the table of measures.
CASE_TIMES = (
    "accepted_at",
    "filed_at",
    "handle_due_at",
    "close_due_at",
    "checked_at",
    "visited_at",
    "ended_at",
    "handled_at",
    "closed_at",
)
CASE_DAYS = ("reported_date", *CASE_TIMES)
# Every other column of a case that decides whether and for which key it counts.
CASE_COLUMNS = (
    "lead_unit_id",
    "area_path",
    "category_id",
    "channel",
    "state",
    "self_handled",
    "dispatched_at",
    "handled_on_time",
    "closed_on_time",
    "extensions",
    "reworks",
    "has_reporter",
    "solved",
    "satisfaction",
    "reported_at",
    "relocated",
)
_CASES = f"SELECT id, {', '.join((*CASE_DAYS, *CASE_COLUMNS))} FROM cases_case WHERE id IN (%s)"  # noqa: S608
_MOVES = ", ".join(
    f"'{move}'" for move in sorted({m.kind["move"] for m in MEASURES.values() if m.table is Table.MOVE})
)
_EVENTS = f"""
SELECT 'move', case_id, move, to_state, at, CAST(NULL AS timestamptz), CAST(NULL AS bigint), CAST(NULL AS boolean),
CAST(NULL AS boolean) FROM cases_casemove WHERE case_id IN (%s) AND move IN ({_MOVES})
UNION ALL SELECT 'assignment', case_id, role, outcome, dispatched_at, ended_at, unit_id, wrong, succeeds
FROM cases_assignment WHERE case_id IN (%s)
UNION ALL SELECT 'clock', case_id, stage, '', due_at, stopped_at, NULL, NULL, NULL
FROM cases_clock WHERE case_id IN (%s) AND stage = 'ACCEPT'
"""  # noqa: S608 (codes of moves)
_FORMER = """
SELECT case_id, until, area_path, lead_unit_id FROM cases_formerplace WHERE case_id IN (%s) ORDER BY until
"""
_EVENT_COLUMNS = {
    "move": ("move", "to_state", "at"),
    "assignment": ("role", "outcome", "dispatched_at", "ended_at", "unit_id", "wrong", "succeeds"),
    "clock": ("stage", "", "due_at", "stopped_at"),
}
_EVENT_TIMES = {"move": ("at",), "assignment": ("dispatched_at", "ended_at"), "clock": ("due_at",)}


class CaseRows:
    """A case with its events, as dictionaries of the columns that measures read."""

    def __init__(self, case: Row) -> None:
        self.case = case
        self.events: dict[str, list[Row]] = {"move": [], "assignment": [], "clock": []}
        self.former: list[Row] = []  # its former places, the earliest first

    def list_values(self) -> tuple[Any, ...]:
        """Return everything that was read of the case, for a comparison."""
        events = [sorted(map(repr, rows)) for rows in self.events.values()]
        return (self.case, events, self.former)

    def list_days(self) -> set[date]:
        """Return every local day in which the case may count, by whatever definitions."""
        values = [self.case[name] for name in CASE_DAYS]
        for table, rows in self.events.items():
            values += [row[name] for row in rows for name in _EVENT_TIMES[table]]
        return {get_day(value) for value in values if value is not None}


def read_cases(case_ids: Sequence[int]) -> list[CaseRows]:
    """Read the cases with their events, in two statements for each 500, and three where one of them was relocated."""
    cases: dict[int, CaseRows] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(case_ids), BATCH):
            ids = list(case_ids[start : start + BATCH])
            marks = ", ".join(["%s"] * len(ids))
            cursor.execute(_CASES % marks, ids)
            for line in cursor.fetchall():
                names = zip((*CASE_DAYS, *CASE_COLUMNS), line[1:], strict=True)
                cases[line[0]] = CaseRows({name: _read_value(name, value) for name, value in names})
            cursor.execute(_EVENTS % ((marks,) * 3), ids * 3)
            for table, case_id, *values in cursor.fetchall():
                names = zip(_EVENT_COLUMNS[table], values, strict=False)
                row = {name: _read_value(name, value) for name, value in names}
                cases[case_id].events[table].append(row)
            _read_former_places(
                cursor, cases, [pk for pk in ids if pk in cases and cases[pk].case["relocated"]]
            )
    return list(cases.values())


def _read_former_places(cursor: Any, cases: dict[int, CaseRows], relocated: Sequence[int]) -> None:
    if not relocated:
        return
    cursor.execute(_FORMER % ", ".join(["%s"] * len(relocated)), relocated)
    names = ("until", AREA_PATH, LEAD_UNIT)
    for case_id, *values in cursor.fetchall():
        row = {name: _read_value(name, value) for name, value in zip(names, values, strict=True)}
        cases[case_id].former.append(row)


def _read_value(name: str, value: Any) -> Any:
    """Return a value as the ORM would: for a time or day a cursor of SQLite returns a text or a time without a zone."""
    if isinstance(value, str) and name.endswith("_date"):
        return date.fromisoformat(value)
    if isinstance(value, str) and (name in {"at", "until"} or name.endswith("_at")):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def get_day(value: date | datetime) -> date:
    """Return the local day of a day or time."""
    return value.astimezone(clock.TOWN_TZ).date() if isinstance(value, datetime) else value


def add_case(entries: Entries, rows: CaseRows, definitions: Definitions, sign: int = 1) -> None:
    """Add what a case counts to the entries, or with the sign -1 take it away."""
    cells = _CaseCells(rows, definitions)
    for (table, time), measures in definitions.measures.items():
        if table is Table.CASE:
            _add_columns(entries, measures, cells, sign)
        else:
            for measure in measures:
                test = definitions.tests[measure.code]
                events = [
                    event
                    for event in rows.events[table.value]
                    if event[time] is not None and test(event, rows.case)
                ]
                if events:
                    _add_events(entries, events, measure, cells, sign)


class _CaseCells:
    """The cells in which a case counts.

    Attributes:
        of_case: those in which the case counts at any time: in total, by category and channel, and of the roots that
            see it now.
        roots: the roots that see it.
    """

    def __init__(self, rows: CaseRows, definitions: Definitions) -> None:
        self.rows, self.definitions = rows, definitions
        self._keys = definitions.find_keys(rows.case)
        units = [rows.case["lead_unit_id"], *(event["unit_id"] for event in rows.events["assignment"])]
        self.roots = definitions.reach.find_roots(self._keys[AREA], units)
        splits = [split for split in SPLITS if split not in PLACES]
        self.of_case: tuple[CellKey, ...] = (
            (ALL, ""),
            *((split, self._keys[split]) for split in splits),
            *((REACH, root) for root in self.roots),
        )
        self._present = self._list_places(self._keys[AREA], self._keys[UNIT])

    def list_places(self, at: datetime) -> tuple[CellKey, ...]:
        """Return the cells of the case by area and unit, for its place at a moment."""
        if not self.rows.former:
            return self._present
        area = find_place(self.rows.case, self.rows.former, AREA_PATH, at)
        unit = find_place(self.rows.case, self.rows.former, LEAD_UNIT, at)
        return self._list_places(self.definitions.find_community(area), self.definitions.find_unit(unit))

    def list_event_places(self, event: Row, measure: Measure) -> tuple[CellKey, ...]:
        """Return the cells of an event by area and unit; an assignment has a unit of its own."""
        cells = self.list_places(event[measure.time])
        if measure.table is not Table.ASSIGNMENT:
            return cells
        unit = self.definitions.find_unit(event["unit_id"])
        return (*(cell for cell in cells if cell[0] not in BY_UNIT), *self._list_units(unit))

    def _list_places(self, community: str, unit: str) -> tuple[CellKey, ...]:
        return ((AREA, community), *self._list_units(unit))

    def _list_units(self, unit: str) -> tuple[CellKey, ...]:
        return ((UNIT, unit), *((REACH_UNIT, make_unit_key(root, unit)) for root in self.roots))


def _add_columns(entries: Entries, measures: Iterable[Measure], cells: _CaseCells, sign: int) -> None:
    """Add the measures of one time column of the table of cases."""
    measures, case = list(measures), cells.rows.case
    time = measures[0].time
    if case[time] is None:
        return
    day = get_day(case[time])
    counted = [row for row in measures if cells.definitions.tests[row.code](case, case)]
    places = cells.list_places(case[get_moment_column(time)]) if counted else ()
    for measure in counted:
        for split, key in (*cells.of_case, *places):
            _add(entries, (day, split, key, measure.code, ""), sign)


def _add_events(
    entries: Entries, events: Sequence[Row], measure: Measure, cells: _CaseCells, sign: int
) -> None:
    """Add a measure of events: a case counts once a day, and repeats where it counted on an earlier day.

    It repeats only in the same cell: an event counts for its own unit, and for the place that the case had then.
    """
    days: dict[CellKey, set[date]] = {
        cell: {get_day(event[measure.time]) for event in events} for cell in cells.of_case
    }
    for event in events:
        for cell in cells.list_event_places(event, measure):
            days.setdefault(cell, set()).add(get_day(event[measure.time]))
    for (split, key), own_days in days.items():
        before = ""
        for day in sorted(own_days):
            _add(entries, (day, split, key, measure.code, before), sign)
            before = format_month_key(day)


def _add(entries: Entries, entry: Entry, number: int) -> None:
    total = entries.get(entry, 0) + number
    if total:
        entries[entry] = total
    else:
        entries.pop(entry, None)
