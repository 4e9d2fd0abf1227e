"""Marking the days whose stored counts a change makes stale, in the transaction of the change."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from django.db import connection

from jiedao.cases.models import CountChange
from jiedao.kernel import clock

BATCH = 500  # cases in one statement
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
_CASES = f"SELECT reported_date, {', '.join(CASE_TIMES)} FROM cases_case WHERE id IN (%s)"  # noqa: S608
_EVENTS = (
    "SELECT at FROM cases_casemove WHERE case_id IN (%s)"
    " UNION SELECT dispatched_at FROM cases_assignment WHERE case_id IN (%s)"
    " UNION SELECT ended_at FROM cases_assignment WHERE case_id IN (%s)"
    " UNION SELECT due_at FROM cases_clock WHERE case_id IN (%s) AND stage = 'ACCEPT'"
)


@contextmanager
def mark_changes(case_ids: Sequence[int]) -> Iterator[None]:
    """Mark the days in which the cases count before the block and after it; call it in the block's transaction.

    All days of a case are marked, because a column such as the unit or the state decides over each of them.
    """
    days = find_days(case_ids)
    yield
    _write(days | find_days(case_ids))


def mark_new_cases(case_ids: Sequence[int]) -> None:
    """Mark the past days in which new cases count. Days from today on are never read from the store."""
    mark_past_days(find_days(case_ids))


def mark_past_days(days: Iterable[date]) -> None:
    """Mark those of the days that are past."""
    today = clock.today()
    _write({day for day in days if day < today})


def find_days(case_ids: Sequence[int]) -> set[date]:
    """Return every local day in which one of the cases may count."""
    values: set[Any] = set()
    with connection.cursor() as cursor:
        for start in range(0, len(case_ids), BATCH):
            ids = list(case_ids[start : start + BATCH])
            marks = ", ".join(["%s"] * len(ids))
            cursor.execute(_CASES % marks, ids)
            values.update(chain.from_iterable(cursor.fetchall()))
            cursor.execute(_EVENTS % ((marks,) * 4), ids * 4)
            values.update(row[0] for row in cursor.fetchall())
    return {_read_day(value) for value in values if value is not None}


def _read_day(value: Any) -> date:
    """Return the local day of a column as a cursor returns it; SQLite has texts or times without a zone, of UTC."""
    if isinstance(value, str):
        value = (
            date.fromisoformat(value) if len(value) == len("2020-05-04") else datetime.fromisoformat(value)
        )
    if not isinstance(value, datetime):
        day: date = value
        return day
    moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return moment.astimezone(clock.TOWN_TZ).date()


def _write(days: set[date]) -> None:
    if days:
        CountChange.objects.create(days=sorted(day.isoformat() for day in days))
