"""Filling the stored counts, bringing them up to date, and comparing them with a recount."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Min, Q

from jiedao.cases.models import Assignment, Case, CaseMove, Clock, CountChange, CountFill, Grain, StoredCount
from jiedao.cases.selectors.counting import SPLITS, count_measures
from jiedao.cases.selectors.measures import MEASURES, Table
from jiedao.cases.stored_counts.cells import (
    CellKey,
    Tallies,
    Tally,
    group_by_month,
    is_in_ranges,
    join_ranges,
)
from jiedao.cases.stored_counts.counting import ALL, Range, count_days, list_stored_measures
from jiedao.cases.stored_counts.definitions import compute_digest
from jiedao.kernel import clock
from jiedao.kernel.figures import Difference, format_month_key
from jiedao.kernel.periods import FIRST, month_of
from jiedao.orgs.actor import make_system_actor

DAY = timedelta(days=1)
CHUNK = timedelta(days=366)  # filled in one step
# A day is stored this long after its end. Writers do not mark days that have not ended, so a transaction that began
# before midnight must have ended when its day is counted.
MARGIN = timedelta(hours=1)
BATCH = 1000
MAX_CHANGES = 100_000  # read in one step
PK = 1  # of the one row of CountFill
MODELS: dict[Table, Any] = {
    Table.CASE: Case,
    Table.ASSIGNMENT: Assignment,
    Table.MOVE: CaseMove,
    Table.CLOCK: Clock,
}


def update_counts(*, steps: int = 1000) -> int:
    """Bring the stored counts up to date, and fill them backwards; return how many days were counted.

    Args:
        steps: how many times to count and write at most. Each step is complete in itself.
    """
    counted = 0
    for _step in range(steps):
        days = _take_step()
        if days is None:
            break
        counted += days
    return counted


def find_horizon() -> date:
    """Return the last day that can be stored now."""
    return (clock.now() - MARGIN).astimezone(clock.TOWN_TZ).date() - DAY


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
        "last": fill.last_date.isoformat() if fill.last_date else None,
        "updated_at": fill.updated_at.isoformat() if fill.updated_at else None,
        "waiting_changes": CountChange.objects.count(),
    }


def clear_counts() -> None:
    """Forget every stored count; the worker fills them again."""
    with transaction.atomic():
        StoredCount.objects.all().delete()
        CountFill.objects.filter(pk=PK).update(
            first_date=None, last_date=None, digest="", version=F("version") + 1
        )


@dataclass(frozen=True)
class _Step:
    """What is counted next, and how far the counts are filled afterwards."""

    first: date
    last: date
    ranges: list[Range] = field(default_factory=list)


def _take_step() -> int | None:
    """Count what is due next and swap it in; return the number of days, None where nothing is left to do."""
    CountFill.objects.get_or_create(pk=PK)
    fill = read_fill()
    digest = compute_digest()
    if fill.digest != digest:
        fill.first_date = fill.last_date = None
    # Before counting: a change that is committed later has a row that is not in this list.
    changes = list(CountChange.objects.order_by("pk").values_list("pk", "days")[:MAX_CHANGES])
    stale = {date.fromisoformat(day) for _pk, days in changes for day in days}
    step = _choose_step(fill, stale)
    if step is None and not changes:
        return None
    step = step or _Step(*_get_ends(fill))
    tallies = count_days(step.ranges) if step.ranges else {}
    if not _write(fill, digest, step, tallies, [pk for pk, _days in changes]):
        return None  # another worker wrote meanwhile: what it wrote may be newer
    return sum((last - first).days + 1 for first, last in step.ranges)


def _get_ends(fill: CountFill) -> Range:
    if fill.first_date is None or fill.last_date is None:
        raise LookupError("nothing is filled yet")
    return fill.first_date, fill.last_date


def _choose_step(fill: CountFill, stale: set[date]) -> _Step | None:
    """Return the next step: stale and new days first, then a year further back; None once all is filled."""
    horizon = find_horizon()
    if fill.first_date is None or fill.last_date is None:
        earliest = _find_earliest_day() or horizon
        first = max(earliest, horizon - CHUNK)
        return _Step(min(first, horizon), horizon, [(min(first, horizon), horizon)])
    first, last = fill.first_date, fill.last_date
    days = {day for day in stale if first <= day <= last}
    newest = max(last, horizon)
    days |= {last + DAY * n for n in range(1, (newest - last).days + 1)}
    if days:
        return _Step(first, newest, join_ranges(days))
    if first == FIRST:
        return None
    earliest_day = _find_earliest_day()
    if earliest_day is None or earliest_day >= first:
        return _Step(FIRST, last)
    before = max(earliest_day, first - CHUNK)
    return _Step(before, last, [(before, first - DAY)])


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


def _write(fill: CountFill, digest: str, step: _Step, tallies: Tallies, change_ids: Sequence[int]) -> bool:
    """Swap the counted days and their months in, unless another process wrote since `fill` was read."""
    with transaction.atomic():
        swapped = CountFill.objects.filter(pk=PK, version=fill.version).update(
            first_date=step.first,
            last_date=step.last,
            digest=digest,
            version=fill.version + 1,
            updated_at=clock.now(),
        )
        if not swapped:
            return False
        if fill.first_date is None:
            StoredCount.objects.all().delete()
        days = Q()
        for first, last in step.ranges:
            days |= Q(first_date__range=(first, last))
        if days:
            _replace(Grain.DAY, days, tallies)
        _write_months(fill, step, tallies)
        for start in range(0, len(change_ids), BATCH):
            CountChange.objects.filter(pk__in=change_ids[start : start + BATCH]).delete()
    return True


def _replace(grain: Grain, dates: Q, tallies: Tallies) -> None:
    """Let the stored cells of some days or months be those of the tallies; cells that did not change stay.

    A thousand changed cases touch many days, and few cells of each: reading a cell costs a tenth of writing one.
    """
    same, outdated = set[tuple[date, CellKey]](), list[int]()
    rows = StoredCount.objects.filter(dates, grain=grain)
    for pk, day, split, key, counts, repeats in rows.values_list(
        "pk", "first_date", "split", "key", "counts", "repeats"
    ).iterator():
        if tallies.get(day, {}).get((split, key)) == Tally(counts, repeats):
            same.add((day, (split, key)))
        else:
            outdated.append(pk)
    for start in range(0, len(outdated), BATCH):
        StoredCount.objects.filter(pk__in=outdated[start : start + BATCH]).delete()
    StoredCount.objects.bulk_create(
        (
            StoredCount(
                grain=grain,
                first_date=day,
                split=cell[0],
                key=cell[1],
                counts=tally.counts,
                repeats=tally.repeats,
            )
            for day, cells in tallies.items()
            for cell, tally in cells.items()
            if (day, cell) not in same
        ),
        batch_size=BATCH,
    )


def _write_months(fill: CountFill, step: _Step, tallies: Tallies) -> None:
    """Add up the months that the step touched and that are stored completely."""
    touched = {month.first: month for month in map(month_of, _list_days(step.ranges))}
    if step.first == FIRST and fill.first_date not in {
        None,
        FIRST,
    }:  # nothing is before the first month any more
        month = month_of(fill.first_date)
        touched[month.first] = month
    complete = {
        first: month
        for first, month in touched.items()
        if (step.first == FIRST or step.first <= first) and month.last <= step.last
    }
    months = Tallies()
    for first, month in complete.items():
        is_counted = any(low <= first and month.last <= high for low, high in step.ranges)
        days = _take_month(tallies, first) if is_counted else read_days([(first, month.last)])
        months |= group_by_month(days)
    if touched:
        _replace(Grain.MONTH, Q(first_date__in=list(touched)), months)


def _take_month(tallies: Tallies, first: date) -> Tallies:
    """Return the days of a month."""
    return {day: cells for day, cells in tallies.items() if day.replace(day=1) == first}


def read_days(ranges: Sequence[Range], splits: Sequence[str] = (ALL, *SPLITS)) -> Tallies:
    """Return the stored days of the ranges."""
    tallies = Tallies()
    for first, last in ranges:
        rows = StoredCount.objects.filter(grain=Grain.DAY, first_date__range=(first, last), split__in=splits)
        for day, split, key, counts, repeats in rows.values_list(
            "first_date", "split", "key", "counts", "repeats"
        ).iterator():
            tallies.setdefault(day, {})[split, key] = Tally(counts, repeats)
    return tallies


def _list_days(ranges: Sequence[Range]) -> Iterator[date]:
    for first, last in ranges:
        for n in range((last - first).days + 1):
            yield first + DAY * n


# -- comparing with a recount --------------------------------------------------------------------------------


def find_differences() -> Iterator[Difference]:
    """Yield every stored count that differs from a recount of the rows, first by month and then by day.

    Months are counted as the board counts without the store. Days that wait to be counted again are left out: readers
    count them from the rows.
    """
    fill = read_fill()
    if fill.first_date is None or fill.last_date is None or fill.digest != compute_digest():
        return
    stale = {
        date.fromisoformat(day) for days in CountChange.objects.values_list("days", flat=True) for day in days
    }
    first = max(fill.first_date, _find_earliest_day() or fill.last_date)
    if first > fill.last_date:
        return
    yield from _find_month_differences(stale)
    ranges = join_ranges(day for day in _list_days([(first, fill.last_date)]) if day not in stale)
    if not ranges:
        return
    expected = count_days(ranges)
    stored = {
        day: cells
        for day, cells in read_days([(FIRST, fill.last_date)]).items()
        if is_in_ranges(day, ranges) or day < first
    }
    yield from _compare_days(stored, expected)


def _find_month_differences(stale: set[date]) -> Iterator[Difference]:
    actor, codes = make_system_actor("figures"), list_stored_measures()
    firsts = StoredCount.objects.filter(grain=Grain.MONTH).values_list("first_date", flat=True)
    for first in sorted(set(firsts)):
        month = month_of(first)
        if any(month.first <= day <= month.last for day in stale):
            continue
        cells = StoredCount.objects.filter(grain=Grain.MONTH, first_date=first)
        stored = {
            (split, key): Tally(counts, repeats)
            for split, key, counts, repeats in cells.values_list("split", "key", "counts", "repeats")
        }
        for split in (ALL, *SPLITS):
            counts = count_measures(actor, codes, month, () if split == ALL else (split,))
            for code in codes:
                expected = {key[0] if key else "": number for key, number in counts.cells[code].items()}
                keys = {key for own, key in stored if own == split} | set(expected)
                for key in sorted(keys):
                    tally = stored.get((split, key), Tally())
                    number = tally.count(code, format_month_key(first))
                    if number != expected.get(key, 0):
                        yield Difference(month.text, code, split, key, number, expected.get(key, 0))


def _compare_days(stored: Tallies, expected: Tallies) -> Iterator[Difference]:
    for day in sorted({*stored, *expected}):
        ours, theirs = stored.get(day, {}), expected.get(day, {})
        for cell in sorted({*ours, *theirs}):
            own, right = ours.get(cell, Tally()), theirs.get(cell, Tally())
            for code in sorted({*own.counts, *right.counts}):
                numbers = own.counts.get(code, 0), right.counts.get(code, 0)
                repeats = own.repeats.get(code, {}), right.repeats.get(code, {})
                if numbers[0] != numbers[1] or repeats[0] != repeats[1]:
                    yield Difference(day.isoformat(), code, *cell, *numbers)
