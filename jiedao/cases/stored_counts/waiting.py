"""What the stored counts contain and a reader must not count yet: deadlines that are still to come.

A measure of deadlines counts a row once its deadline has passed, or earlier once the row is done. The stored counts
contain all of them, so that they never change by time alone. What is left to take away are open rows with a deadline
between now and the end of the period: few, found by the index of the deadline.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from jiedao.cases.models import Case
from jiedao.cases.selectors.counting import (
    MODELS,
    Counts,
    Narrowing,
    add_line,
    annotate_keys,
    count_rows,
    counts_by_then,
    find_rows,
    group_by_time,
    narrow,
    overlaps,
)
from jiedao.cases.selectors.measures import MEASURES, Measure, Table, Window
from jiedao.cases.selectors.splits import Groups, read_groups
from jiedao.kernel import clock
from jiedao.kernel.figures import MONTH, UNIT, format_month_key
from jiedao.kernel.periods import Period, month_of
from jiedao.kernel.snapshots import is_in_read_snapshot, read_once


def count_waiting(
    cases: QuerySet[Case] | None,
    measures: Sequence[Measure],
    period: Period,
    splits: Sequence[str],
    where: Narrowing,
) -> Counts:
    """Return what the measures count too much of a period once all deadlines count as passed.

    Args:
        cases: those that are counted; None for all.
    """
    counts = Counts({measure.code: {} for measure in measures}, {})
    window = Window(period, clock.now())
    waiting = [measure for measure in measures if measure.until is not None]
    now = clock.now()
    if not waiting or period.end_at <= now:
        return counts
    groups: Groups = {
        split: {group.value: group for group in read_groups(split)} for split in splits if split != MONTH
    }
    by_then = counts_by_then(period, splits, where)
    is_shared = cases is None and not where and _can_share(period, now, splits)
    if is_shared:
        _add_shared(counts, period, waiting, splits)
    for table in (Table.CLOCK,) if is_shared else (Table.CASE, Table.CLOCK):
        own = [measure for measure in waiting if measure.table is table]
        count = _count_cases if table is Table.CASE else _count_clocks
        # A deadline that is to come counts for the present place; other clocks of the same case may not.
        then = own[0].time if own and table is Table.CLOCK and by_then else None
        for chosen in (group_by_time(own) if MONTH in splits else [own]) if own else []:
            rows = narrow(_find_rows(table, cases), table, where, then)
            keyed = annotate_keys(rows, table, splits, groups, chosen[0].time, then=then)
            for line in count(keyed, chosen, window, splits):
                add_line(counts, line, splits, groups)
        if own and overlaps(table, splits, by_then=then is not None):
            rows = narrow(_find_rows(table, cases), table, where, then)
            counts.whole.update(count(rows, own, window, ())[0])
    return counts


def _can_share(period: Period, now: datetime, splits: Sequence[str]) -> bool:
    """Return whether the open cases of a reading are those of a running period, by unit or in its last month.

    The board reads them by unit and, for its course over months, once more: they are the same cases.
    """
    if not period.start_at <= now or not is_in_read_snapshot():
        return False
    is_last_month = month_of(clock.today()) == month_of(period.last)
    return tuple(splits) in {(), (UNIT,)} or (tuple(splits) == (MONTH,) and is_last_month)


def _add_shared(counts: Counts, period: Period, measures: Sequence[Measure], splits: Sequence[str]) -> None:
    """Add the open cases of a running period, which are read once from one state of the database."""
    by_unit = read_once(("cases.waiting", period.last), lambda: _read_by_unit(period))
    for measure in measures:
        if measure.table is not Table.CASE:
            continue
        for key, number in by_unit.cells[measure.code].items():
            cell = key if UNIT in splits else (format_month_key(period.last),) if MONTH in splits else ()
            counts.cells[measure.code][cell] = counts.cells[measure.code].get(cell, 0) + number


def _read_by_unit(period: Period) -> Counts:
    """Count the open cases of all measures of deadlines by unit, in one statement."""
    measures = [row for row in MEASURES.values() if row.until is not None and row.table is Table.CASE]
    groups: Groups = {UNIT: {group.value: group for group in read_groups(UNIT)}}
    counts = Counts({measure.code: {} for measure in measures}, {})
    rows = annotate_keys(Case.objects.all(), Table.CASE, (UNIT,), groups, measures[0].time)
    for line in _count_cases(rows, measures, Window(period, clock.now()), (UNIT,)):
        add_line(counts, line, (UNIT,), groups)
    return counts


def _find_rows(table: Table, cases: QuerySet[Case] | None) -> QuerySet[Any]:
    return find_rows(table, cases) if cases is not None else MODELS[table].objects.all()


def _count_cases(
    rows: QuerySet[Any], measures: Sequence[Measure], window: Window, splits: Sequence[str]
) -> list[dict[str, Any]]:
    """Count open cases whose deadline is to come, in one statement."""
    base = Q()
    for time, until in {(str(measure.time), str(measure.until)) for measure in measures}:
        base |= window.build_filter(time) & Q(**{f"{time}__gt": window.now, f"{until}__isnull": True})
    counts = {measure.code: Count("pk", filter=measure.build_waiting_filter(window)) for measure in measures}
    rows = rows.filter(base).order_by()
    if not splits:
        return [rows.aggregate(**counts)]
    return list(rows.values(*(f"key_{split}" for split in splits)).annotate(**counts))


def _count_clocks(
    rows: QuerySet[Any], measures: Sequence[Measure], window: Window, splits: Sequence[str]
) -> list[dict[str, Any]]:
    """Count the cases of clocks that still run, but for those that another clock of the period counts already."""
    waiting = Q()
    for measure in measures:
        waiting |= measure.build_waiting_filter(window)
    cases = rows.filter(waiting).order_by().values("case_id")
    open_rows = rows.filter(case_id__in=cases)
    later = count_rows(open_rows, measures, Window(window.period, None), splits)
    if not any(line[measure.code] for line in later for measure in measures):
        return later  # as mostly: a report is to be answered within hours
    keys = [f"key_{split}" for split in splits]
    now = {tuple(line[key] for key in keys): line for line in count_rows(open_rows, measures, window, splits)}
    for line in later:
        present = now.get(tuple(line[key] for key in keys))
        for measure in measures if present is not None else ():
            line[measure.code] -= present[measure.code]  # type: ignore[index]
    return later
