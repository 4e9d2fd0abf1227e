"""Filling the stored counts, and bringing them up to date.

Every day from `CountFill.first_date` on is stored, days to come too: a deadline of tomorrow counts as if it had passed,
and a reader takes away what does not count yet (`waiting`). Each step is one transaction that sees one state of the
database, so a change is either in the rows that the step counts and in the changes that it deletes, or in neither.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F, Min, Q

from jiedao.cases.models import Assignment, Case, CaseMove, Clock, CountChange, CountFill, Grain, StoredCount
from jiedao.cases.selectors.measures import MEASURES, Table
from jiedao.cases.stored_counts.cells import (
    CellKey,
    Tallies,
    Tally,
    group_by_month,
    is_in_ranges,
    join_ranges,
)
from jiedao.cases.stored_counts.counting import Range, count_days
from jiedao.cases.stored_counts.definitions import compute_digest
from jiedao.cases.stored_counts.pending import Pending, read_pending
from jiedao.kernel import clock
from jiedao.kernel.periods import FIRST, LAST, Period, month_of
from jiedao.kernel.snapshots import is_overtaken, write_snapshot

DAY = timedelta(days=1)
# Filled in one step. On SQLite a step holds the write lock, so it is short there.
CHUNKS = {"postgresql": timedelta(days=366), "sqlite": timedelta(days=31)}
BATCH = 1000
PK = 1  # of the one row of CountFill
MODELS: dict[Table, Any] = {
    Table.CASE: Case,
    Table.ASSIGNMENT: Assignment,
    Table.MOVE: CaseMove,
    Table.CLOCK: Clock,
}


def update_counts(*, steps: int = 1000) -> int:
    """Bring the stored counts up to date, and fill them backwards; return how many days were written.

    Args:
        steps: how many times to count and write at most. Each step is complete in itself.
    """
    written = 0
    CountFill.objects.get_or_create(pk=PK)
    for number in range(steps):
        try:
            with write_snapshot():
                days = _take_step(is_first=number == 0)
        except OperationalError as fault:
            if not is_overtaken(fault):
                raise
            break  # another worker settled the same changes
        if days is None:
            break
        written += days
    return written


def read_fill() -> CountFill:
    """Return how far the counts are filled."""
    return CountFill.objects.filter(pk=PK).first() or CountFill(pk=PK)


def describe_counts() -> dict[str, Any]:
    """Return the fill state: `state` is empty, filling, filled, or outdated by other definitions."""
    fill = read_fill()
    state = "filled" if fill.first_date == FIRST else "filling" if fill.first_date else "empty"
    if fill.first_date is not None and fill.digest != compute_digest():
        state = "outdated"
    return {
        "state": state,
        "first": fill.first_date.isoformat() if fill.first_date else None,
        "last": clock.today().isoformat() if fill.first_date else None,  # and all days to come
        "updated_at": fill.updated_at.isoformat() if fill.updated_at else None,
        "waiting_changes": CountChange.objects.count(),
    }


def clear_counts() -> None:
    """Forget every stored count; the worker fills them again."""
    with transaction.atomic():
        StoredCount.objects.all().delete()
        CountFill.objects.filter(pk=PK).update(first_date=None, digest="", version=F("version") + 1)


@dataclass(frozen=True)
class _Step:
    """The first day that is stored afterwards, and the days that are counted from the rows."""

    first: date
    ranges: list[Range]


def _take_step(*, is_first: bool) -> int | None:
    """Do what is due next; return the number of days written, None where nothing is left to do.

    The first step only adds what waits, because filling a year takes long; a later one also fills further back.
    """
    fill, digest = read_fill(), compute_digest()
    if fill.first_date is None or fill.digest != digest:
        StoredCount.objects.all().delete()
        step, pending = _begin(), Pending()
    else:
        pending = read_pending(digest)
        stale = {day for day in pending.stale if fill.first_date <= day <= LAST}
        further = None if stale or (is_first and not pending.is_empty) else _go_back(fill.first_date)
        if further is None and pending.is_empty:
            return None
        step = further or _Step(fill.first_date, join_ranges(stale))
    tallies = count_days(step.ranges) if step.ranges else Tallies()
    if compute_digest() != digest:  # the counts mix an old and a new definition
        transaction.set_rollback(True)
        return 0
    return _write(fill, digest, step, tallies, pending)


def _begin() -> _Step:
    """Return the first step of filling: the last year, and all days to come."""
    earliest = _find_earliest_day()
    if earliest is None:
        return _Step(FIRST, [])
    first = max(earliest, clock.today() - _get_chunk()).replace(day=1)
    return _Step(first, [(first, LAST)])


def _go_back(first: date) -> _Step | None:
    """Return the step that fills the months before the first stored day; None once all is filled."""
    if first == FIRST:
        return None
    earliest = _find_earliest_day()
    if earliest is None or earliest >= first:
        return _Step(FIRST, [])
    before = max(earliest, first - _get_chunk()).replace(day=1)
    return _Step(before, [(before, first - DAY)])


def _get_chunk() -> timedelta:
    return CHUNKS[connection.vendor]


def _find_earliest_day() -> date | None:
    """Return the first day in which any case counts, from 2000 on; each time is read from its index."""
    days = []
    for table, time in sorted({(m.table.value, m.time) for m in MEASURES.values()}):
        rows = MODELS[Table(table)].objects.all()
        kinds = {
            tuple(sorted(m.kind.items()))
            for m in MEASURES.values()
            if (m.table.value, m.time) == (table, time)
        }
        for kind in kinds:
            value = rows.filter(Q(**dict(kind)), **{f"{time}__isnull": False}).aggregate(first=Min(time))[
                "first"
            ]
            if value is not None:
                days.append(
                    value if not hasattr(value, "astimezone") else value.astimezone(clock.TOWN_TZ).date()
                )
    return max(min(days), FIRST) if days else None


def _write(fill: CountFill, digest: str, step: _Step, tallies: Tallies, pending: Pending) -> int:
    """Write the days that were counted, add what waits to the others and to their months; return the days written.

    A day that was counted contains all changes that the transaction sees.
    """
    CountFill.objects.filter(pk=PK).update(
        first_date=step.first, digest=digest, version=fill.version + 1, updated_at=clock.now()
    )
    added = {
        day: cells
        for day, cells in pending.tallies.items()
        if fill.first_date is not None
        and fill.first_date <= day <= LAST
        and not is_in_ranges(day, step.ranges)
    }
    for first, last in step.ranges:
        StoredCount.objects.filter(grain=Grain.DAY, first_date__range=(first, last)).delete()
    _insert(Grain.DAY, tallies)
    _add(Grain.DAY, added)
    recounted = _write_months(step.ranges, tallies)
    months = group_by_month(added)
    _add(Grain.MONTH, {first: cells for first, cells in months.items() if first not in recounted})
    CountChange.objects.all().delete()  # all that this transaction sees
    return len(added) + sum((min(last, clock.today()) - first).days + 1 for first, last in step.ranges)


def _write_months(ranges: Sequence[Range], tallies: Tallies) -> set[date]:
    """Add the days of the months that the ranges touch up again; return the first days of these months."""
    touched, months = set[date](), Tallies()
    by_month = group_by_month(tallies)
    for low, high in ranges:
        for month in _iterate_months(low, high):
            touched.add(month.first)
            if any(low <= month.first and month.last <= high for low, high in ranges):
                months[month.first] = by_month.get(month.first, {})
            else:
                in_month = Q(first_date__range=(month.first, month.last))
                months |= group_by_month(read_cells(Grain.DAY, in_month))
    for start in range(0, len(touched), BATCH):
        first_dates = sorted(touched)[start : start + BATCH]
        StoredCount.objects.filter(grain=Grain.MONTH, first_date__in=first_dates).delete()
    _insert(Grain.MONTH, months)
    return touched


def _iterate_months(low: date, high: date) -> Iterator[Period]:
    """Yield the months from that of `low` to that of `high`, months to come too."""
    month = month_of(low)
    while month.first <= high:
        yield month
        month = month_of(month.last + DAY)


def _insert(grain: Grain, tallies: Tallies) -> None:
    rows = (
        _build_row(grain, first, cell, tally)
        for first, cells in tallies.items()
        for cell, tally in cells.items()
    )
    StoredCount.objects.bulk_create(rows, batch_size=BATCH)


def _build_row(grain: Grain, first: date, cell: CellKey, tally: Tally) -> StoredCount:
    return StoredCount(
        grain=grain,
        first_date=first,
        split=cell[0],
        key=cell[1],
        counts=tally.counts,
        repeats=tally.repeats,
    )


def _add(grain: Grain, added: Tallies) -> None:
    """Add tallies to the stored cells of days or months."""
    stored = read_cells(grain, Q(first_date__in=sorted(added)))
    changed = []
    for first, cells in added.items():
        for cell, tally in cells.items():
            if tally.is_zero:
                continue
            own = stored.get(first, {}).get(cell, Tally())
            own.add_tally(tally)
            own.drop_zeros()
            changed.append(_build_row(grain, first, cell, own))
    StoredCount.objects.bulk_create(
        changed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["split", "grain", "first_date", "key"],
        update_fields=["counts", "repeats"],
    )


def read_cells(grain: Grain, condition: Q) -> Tallies:
    """Return the stored cells of days, or of months by their first day."""
    tallies = Tallies()
    rows = StoredCount.objects.filter(condition, grain=grain)
    for first, *cell, counts, repeats in rows.values_list(
        "first_date", "split", "key", "counts", "repeats"
    ).iterator():
        tallies.setdefault(first, {})[cell[0], cell[1]] = Tally(counts, repeats)
    return tallies
