"""What a case adds to the stored counts, computed from its rows in Python.

It is what `counting.count_days` would count of this case alone, once all of its deadlines have passed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

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
)
_CASES = f"SELECT id, {', '.join((*CASE_DAYS, *CASE_COLUMNS))} FROM cases_case WHERE id IN (%s)"  # noqa: S608
_MOVES = ", ".join(
    f"'{move}'" for move in sorted({m.kind["move"] for m in MEASURES.values() if m.table is Table.MOVE})
)
_EVENTS = f"""
SELECT 'move', case_id, move, to_state, at, CAST(NULL AS timestamptz), CAST(NULL AS bigint), CAST(NULL AS boolean)
FROM cases_casemove WHERE case_id IN (%s) AND move IN ({_MOVES})
UNION ALL SELECT 'assignment', case_id, role, outcome, dispatched_at, ended_at, unit_id, wrong
FROM cases_assignment WHERE case_id IN (%s)
UNION ALL SELECT 'clock', case_id, stage, '', due_at, stopped_at, NULL, NULL
FROM cases_clock WHERE case_id IN (%s) AND stage = 'ACCEPT'
"""  # noqa: S608 (codes of moves)
_EVENT_COLUMNS = {
    "move": ("move", "to_state", "at"),
    "assignment": ("role", "outcome", "dispatched_at", "ended_at", "unit_id", "wrong"),
    "clock": ("stage", "", "due_at", "stopped_at"),
}
_EVENT_TIMES = {"move": ("at",), "assignment": ("dispatched_at", "ended_at"), "clock": ("due_at",)}


class CaseRows:
    """A case with its events, as dictionaries of the columns that measures read."""

    def __init__(self, case: Row) -> None:
        self.case = case
        self.events: dict[str, list[Row]] = {"move": [], "assignment": [], "clock": []}

    def list_values(self) -> tuple[Any, ...]:
        """Return everything that was read of the case, for a comparison."""
        events = [sorted(map(repr, rows)) for rows in self.events.values()]
        return (self.case, events)

    def list_days(self) -> set[date]:
        """Return every local day in which the case may count, by whatever definitions."""
        values = [self.case[name] for name in CASE_DAYS]
        for table, rows in self.events.items():
            values += [row[name] for row in rows for name in _EVENT_TIMES[table]]
        return {get_day(value) for value in values if value is not None}


def read_cases(case_ids: Sequence[int]) -> list[CaseRows]:
    """Read the cases with their events, in two statements for each 500."""
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
    return list(cases.values())


def _read_value(name: str, value: Any) -> Any:
    """Return a value as the ORM would: for a time or day a cursor of SQLite returns a text or a time without a zone."""
    if isinstance(value, str) and name.endswith("_date"):
        return date.fromisoformat(value)
    if isinstance(value, str) and (name == "at" or name.endswith("_at")):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def get_day(value: date | datetime) -> date:
    """Return the local day of a day or time."""
    return value.astimezone(clock.TOWN_TZ).date() if isinstance(value, datetime) else value


def add_case(entries: Entries, rows: CaseRows, definitions: Definitions, sign: int = 1) -> None:
    """Add what a case counts to the entries, or with the sign -1 take it away."""
    keys = _find_cells(rows, definitions)
    for (table, time), measures in definitions.measures.items():
        if table is Table.CASE:
            _add_columns(entries, rows.case, measures, definitions, (keys, sign))
        else:
            for measure in measures:
                test = definitions.tests[measure.code]
                events = [
                    event
                    for event in rows.events[table.value]
                    if event[time] is not None and test(event, rows.case)
                ]
                if events:
                    _add_events(entries, events, measure, definitions, (keys, sign))


@dataclass(frozen=True)
class _CaseCells:
    """The cells in which a case counts: those of its own columns and events, and the roots that reach it."""

    of_case: tuple[CellKey, ...]
    roots: frozenset[str]


def _find_cells(rows: CaseRows, definitions: Definitions) -> _CaseCells:
    keys = definitions.find_keys(rows.case)
    units = [rows.case["lead_unit_id"], *(event["unit_id"] for event in rows.events["assignment"])]
    roots = definitions.reach.find_roots(keys[AREA], units)
    by_reach = [
        cell for root in roots for cell in ((REACH, root), (REACH_UNIT, make_unit_key(root, keys[UNIT])))
    ]
    return _CaseCells((*((split, keys[split]) for split in SPLITS), *by_reach), roots)


def _add_columns(
    entries: Entries,
    case: Row,
    measures: Iterable[Measure],
    definitions: Definitions,
    cell: tuple["_CaseCells", int],
) -> None:
    """Add the measures of one time column of the table of cases."""
    keys, sign = cell
    measures = list(measures)
    value = case[measures[0].time]
    if value is None:
        return
    day = get_day(value)
    for measure in measures:
        if definitions.tests[measure.code](case, case):
            _add(entries, (day, ALL, "", measure.code, ""), sign)
            for split, key in keys.of_case:
                _add(entries, (day, split, key, measure.code, ""), sign)


def _add_events(
    entries: Entries,
    events: Sequence[Row],
    measure: Measure,
    definitions: Definitions,
    cell: tuple["_CaseCells", int],
) -> None:
    """Add a measure of events: a case counts once a day, and repeats where it counted on an earlier day."""
    keys, sign = cell
    days = sorted({get_day(event[measure.time]) for event in events})
    before = ""
    for day in days:
        _add(entries, (day, ALL, "", measure.code, before), sign)
        for split, key in keys.of_case:
            if measure.table is not Table.ASSIGNMENT or split not in BY_UNIT:
                _add(entries, (day, split, key, measure.code, before), sign)
        before = format_month_key(day)
    if measure.table is not Table.ASSIGNMENT:
        return
    # An assignment counts for its own unit, and repeats only where the same unit had the case before.
    for unit_id in {event["unit_id"] for event in events}:
        before, key = "", definitions.find_unit(unit_id)
        for day in sorted({get_day(event[measure.time]) for event in events if event["unit_id"] == unit_id}):
            _add(entries, (day, UNIT, key, measure.code, before), sign)
            for root in keys.roots:
                _add(entries, (day, REACH_UNIT, make_unit_key(root, key), measure.code, before), sign)
            before = format_month_key(day)


def _add(entries: Entries, entry: Entry, number: int) -> None:
    total = entries.get(entry, 0) + number
    if total:
        entries[entry] = total
    else:
        entries.pop(entry, None)
