"""Counting cases by the stored counts where they answer, else from the rows; the result is the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from jiedao.cases.models import CountChange, CountFill, Grain, StoredCount
from jiedao.cases.selectors.counting import (
    NO_VALUE,
    SPLITS,
    Counts,
    Narrowing,
    add_line,
    add_parts,
    annotate_keys,
    count_measures,
    count_periods,
    count_rows,
    find_visible_rows,
    narrow,
    overlaps,
    read_groups,
    sees_all_cases,
    split_keys,
    subtract,
)
from jiedao.cases.selectors.measures import MEASURES, Measure, Table
from jiedao.cases.stored_counts.cells import CellKey, Tallies, Tally, add_up, group_by_month, join_ranges
from jiedao.cases.stored_counts.counting import ALL, Range, count_days, make_days
from jiedao.cases.stored_counts.definitions import compute_digest
from jiedao.cases.stored_counts.updating import DAY, PK
from jiedao.kernel import clock
from jiedao.kernel.figures import AREA, MONTH, UNIT, format_month_key
from jiedao.kernel.periods import Period, build_period, month_of
from jiedao.orgs.actor import Actor

ATTEMPTS = 2  # to read between two writes of the worker


def count_cases(
    actor: Actor, codes: Iterable[str], period: Period, splits: Sequence[str] = (), where: Narrowing = ()
) -> Counts:
    """Count the cases of measures by splits, as `count_measures` does, reading what is stored.

    The store answers an actor who sees all cases, for one split or month, or for one filter that is a value of a split.
    Days that are stale, not stored or not over are counted from the rows. So is, in a period that does not begin with a
    month, what happens to a case more than once.
    """
    wanted = list(dict.fromkeys(codes))
    if sees_all_cases(actor) and len(splits) <= 1:
        for _attempt in range(ATTEMPTS):
            reader = _open_reader(actor, wanted, period, tuple(splits), tuple(where))
            if reader is None:
                break
            counts = reader.read()
            if counts is not None:
                return counts
    return count_measures(actor, wanted, period, splits, where)


def count_run(actor: Actor, codes: Sequence[str], run: Sequence[Period]) -> list[dict[str, int]]:
    """Return the counts of measures of the table of cases for each of consecutive periods, oldest first."""
    span = build_period(run[0].first, run[-1].last)
    are_months = all(
        month_of(period.first).first == period.first and month_of(period.last).last == period.last
        for period in run
    )
    if not are_months or not sees_all_cases(actor):
        return count_periods(actor, codes, run)
    counts = count_cases(actor, codes, span, (MONTH,))
    return [
        {
            code: sum(
                number
                for (month,), number in counts.cells[code].items()
                if format_month_key(period.first) <= month <= format_month_key(period.last)
            )
            for code in codes
        }
        for period in run
    ]


@dataclass(frozen=True)
class _Cells:
    """The stored cells that answer a reading: a split, the keys to which a filter narrows it, None for all."""

    split: str
    keys: frozenset[str] | None = None


def _open_reader(
    actor: Actor,
    codes: Sequence[str],
    period: Period,
    splits: tuple[str, ...],
    where: tuple[tuple[str, str], ...],
) -> "_Reader | None":
    """Return a reader of what is stored of the period; None where nothing is, or the store does not answer."""
    cells = _choose_cells(splits, where)
    if cells is None:
        return None
    fill = CountFill.objects.filter(pk=PK).first()
    if fill is None or fill.first_date is None or fill.last_date is None or period.first < fill.first_date:
        return None
    ended = clock.now().astimezone(clock.TOWN_TZ).date() - DAY
    last = min(period.last, fill.last_date, ended)
    if last < period.first or fill.digest != compute_digest():
        return None
    return _Reader(actor, codes, period, splits, where, cells, fill.version, last)


def _choose_cells(splits: tuple[str, ...], where: tuple[tuple[str, str], ...]) -> _Cells | None:
    split = splits[0] if splits else ALL
    if split not in {ALL, MONTH, *SPLITS} or len(where) > 1 or (where and split in SPLITS):
        return None
    if not where:
        return _Cells(ALL if split == MONTH else split)
    by, written = where[0]
    keys = split_keys(written)
    if by not in SPLITS or NO_VALUE in keys or (by == UNIT and len(keys) > 1):
        return None  # a case that two units had counts for both, and once in the sum
    groups = {group.key: group for group in read_groups(by)}
    if any(key not in groups for key in keys):
        return None
    if by == AREA and len({len(group.value) for group in groups.values()}) > 1:
        return None
    return _Cells(by, frozenset(groups[key].value if by == AREA else key for key in keys))


@dataclass(frozen=True)
class _Reader:
    """One reading of a period whose days up to `last` are stored."""

    actor: Actor
    codes: Sequence[str]
    period: Period
    splits: tuple[str, ...]
    where: tuple[tuple[str, str], ...]
    cells: _Cells
    version: int
    last: date

    def read(self) -> Counts | None:
        """Return the counts; None where the worker wrote meanwhile."""
        wanted = add_parts(MEASURES[code] for code in self.codes)
        counted = [measure for measure in wanted.values() if measure.minus is None]
        plain = [m for m in counted if m.table is not Table.CASE and self.period.first.day != 1]
        stored = [measure for measure in counted if measure not in plain]
        # The changes before the counts: a change that the worker settles between the two is counted from the rows.
        stale = self._find_stale_days()
        tallies = self._read_tallies(stale)
        if not CountFill.objects.filter(pk=PK, version=self.version).exists():
            return None
        counts = Counts({code: {} for code in wanted}, {})
        fresh = self._list_fresh_ranges(stale)
        by_day = [m for m in stored if fresh and (m.table is not Table.CASE or MONTH in self.splits)]
        if by_day:
            codes = [measure.code for measure in by_day]
            for day, cells in count_days(fresh, splits=self._list_splits(stored), codes=codes).items():
                own = tallies.setdefault(day, {})
                for key, tally in cells.items():
                    own.setdefault(key, Tally()).add_tally(tally)
        self._fold(counts, stored, tallies)
        at_once = [measure for measure in stored if measure not in by_day]
        if fresh and at_once:
            self._count_fresh(counts, at_once, fresh)
        if plain:
            rest = count_measures(self.actor, [m.code for m in plain], self.period, self.splits, self.where)
            counts.cells.update(rest.cells)
            counts.whole.update(rest.whole)
        for measure in wanted.values():
            if measure.minus is not None:
                subtract(counts, measure.code, *measure.minus)
        return counts

    def _find_stale_days(self) -> set[date]:
        changes = CountChange.objects.values_list("days", flat=True)
        days = {date.fromisoformat(day) for change in changes for day in change}
        return {day for day in days if self.period.first <= day <= self.last}

    def _list_fresh_ranges(self, stale: set[date]) -> list[Range]:
        """Return the days that are counted from the rows: stale ones, and those after the last stored day."""
        ranges = join_ranges(stale)
        if self.last < self.period.last:
            first = self.last + DAY
            if ranges and ranges[-1][1] == self.last:
                first = ranges.pop()[0]
            ranges.append((first, self.period.last))
        return ranges

    def _list_splits(self, measures: Sequence[Measure]) -> list[str]:
        """Return the splits whose cells are read: beside the requested one the total, where its cells overlap."""
        split = self.cells.split
        needs_whole = split == UNIT and not self.where and any(m.table is Table.ASSIGNMENT for m in measures)
        return [split, ALL] if needs_whole else [split]

    def _read_tallies(self, stale: set[date]) -> Tallies:
        """Return the stored cells: months that are complete and not stale, and the single days of the others."""
        dirty = {day.replace(day=1) for day in stale}
        first = self.period.first
        if first.day != 1:
            dirty.add(first.replace(day=1))
        last_month = month_of(self.last)
        if last_month.last > self.last:
            dirty.add(last_month.first)
        months = Q(grain=Grain.MONTH, first_date__range=(first.replace(day=1), self.last))
        condition = months & ~Q(first_date__in=sorted(dirty))
        for month in sorted(dirty):
            low, high = max(month, first), min(month_of(month).last, self.last)
            condition |= Q(grain=Grain.DAY, first_date__range=(low, high))
        splits = self._list_splits([MEASURES[code] for code in add_parts(MEASURES[c] for c in self.codes)])
        rows = StoredCount.objects.filter(condition, split__in=splits)
        if self.cells.keys is not None:
            rows = rows.filter(key__in=sorted(self.cells.keys))
        tallies = Tallies()
        for day, split, key, counts, repeats in rows.values_list(
            "first_date", "split", "key", "counts", "repeats"
        ):
            if day not in stale:  # a month with a stale day is read by day, so no month is left out here
                tallies.setdefault(day, {})[split, key] = Tally(counts, repeats)
        return tallies

    def _fold(self, counts: Counts, measures: Sequence[Measure], tallies: Tallies) -> None:
        """Add the cells of the tallies up to the requested splits."""
        first_month = format_month_key(self.period.first)
        total = add_up(tallies.values())
        if MONTH in self.splits:
            self._fold_months(counts, measures, tallies)
            whole = self._sum(total, measures, first_month)
        elif self.splits:
            self._fold_keys(counts, measures, total, first_month)
            cell = total.get((ALL, ""), Tally())
            whole = {measure.code: cell.count(measure.code, first_month) for measure in measures}
        else:
            whole = self._sum(total, measures, first_month)
            for code, number in whole.items():
                _put(counts, code, (), number)
        counts.whole.update({m.code: whole[m.code] for m in measures if overlaps(m.table, self.splits)})

    def _fold_months(self, counts: Counts, measures: Sequence[Measure], tallies: Tallies) -> None:
        for first, cells in group_by_month(tallies).items():
            month = format_month_key(first)
            for code, number in self._sum(cells, measures, month).items():
                _put(counts, code, (month,), number)

    def _fold_keys(
        self, counts: Counts, measures: Sequence[Measure], total: dict[CellKey, Tally], first_month: str
    ) -> None:
        for (split, key), tally in total.items():
            for measure in measures:
                if split == self.cells.split:
                    _put(counts, measure.code, (key,), tally.count(measure.code, first_month))

    def _sum(
        self, cells: dict[CellKey, Tally], measures: Sequence[Measure], first_month: str
    ) -> dict[str, int]:
        """Return the counts over the cells of the one split, narrowed to the keys of the filter."""
        chosen = [
            tally
            for (split, key), tally in cells.items()
            if split == self.cells.split and (self.cells.keys is None or key in self.cells.keys)
        ]
        return {m.code: sum(tally.count(m.code, first_month) for tally in chosen) for m in measures}

    def _count_fresh(self, counts: Counts, measures: Sequence[Measure], ranges: Sequence[Range]) -> None:
        """Add what the table of cases counts in the ranges, in one statement: there each case has one day."""
        groups = {split: {group.value: group for group in read_groups(split)} for split in self.splits}
        rows = narrow(find_visible_rows(self.actor, Table.CASE), Table.CASE, self.where)
        keyed = annotate_keys(rows, Table.CASE, self.splits, groups, measures[0].time)
        for line in count_rows(keyed, measures, make_days(ranges), self.splits):
            add_line(counts, line, self.splits, groups)


def _put(counts: Counts, code: str, key: tuple[str, ...], number: int) -> None:
    if number:
        counts.cells[code][key] = counts.cells[code].get(key, 0) + number
