"""Counting cases by the stored counts where they answer, else from the rows; the result is the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from jiedao.cases.models import Case, CountFill, Grain, StoredCount, build_scope_filter
from jiedao.cases.selectors.counting import (
    NO_VALUE,
    PLACES_OF,
    Counts,
    Narrowing,
    add_parts,
    count_measures,
    count_periods,
    counts_by_then,
    has_places,
    overlaps,
    sees_all_cases,
    split_keys,
    subtract,
)
from jiedao.cases.selectors.measures import MEASURES, Measure, Table
from jiedao.cases.selectors.splits import SPLITS, read_groups
from jiedao.cases.stored_counts.cells import ALL, CellKey, Tallies, Tally, add_up, group_by_month, join_ranges
from jiedao.cases.stored_counts.counting import count_days
from jiedao.cases.stored_counts.definitions import compute_digest
from jiedao.cases.stored_counts.pending import Pending, read_pending
from jiedao.cases.stored_counts.reach import REACH, REACH_UNIT, REACHES, get_unit, make_unit_key
from jiedao.cases.stored_counts.updating import PK
from jiedao.cases.stored_counts.waiting import count_waiting
from jiedao.kernel.figures import AREA, MONTH, UNIT, format_month_key
from jiedao.kernel.periods import Period, build_period, month_of
from jiedao.kernel.snapshots import is_in_read_snapshot, read_once, read_snapshot
from jiedao.orgs.actor import Actor

ATTEMPTS = 2  # to read between two writes of the worker, inside a transaction that does not see one state
NEVER = "9999-99"  # after every month


def count_cases(
    actor: Actor, codes: Iterable[str], period: Period, splits: Sequence[str] = (), where: Narrowing = ()
) -> Counts:
    """Count the cases of measures by splits, as `count_measures` does, reading what is stored.

    The store answers an actor who sees all cases, for one split or month, or for one filter that is a value of a split.
    It answers a post with the scope of its unit, or of the community to which its unit belongs, in total, by month and
    by unit; cases that only the user's own reports make visible are added from the rows. From the rows are also counted
    open cases whose deadline is to come, and in a period that neither begins with a month nor is a single day, what
    happens to a case more than once.
    """
    wanted = list(dict.fromkeys(codes))
    if not has_places(splits, where):  # the places of now are those of then where no place is counted
        where = [pair for pair in where if pair[0] != PLACES_OF]
    if len(splits) <= 1:
        for _attempt in range(ATTEMPTS):
            with read_snapshot():
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
    if not are_months:
        with read_snapshot():
            reader = _open_reader(actor, codes, span, (), ())
            counts = reader.read_run(run) if reader is not None else None
        return count_periods(actor, codes, run) if counts is None else counts
    cells = count_cases(actor, codes, span, (MONTH,)).cells
    return [
        {
            code: sum(
                number
                for (month,), number in cells[code].items()
                if format_month_key(period.first) <= month <= format_month_key(period.last)
            )
            for code in codes
        }
        for period in run
    ]


@dataclass(frozen=True)
class _Cells:
    """The stored cells that answer a reading.

    Attributes:
        split: whose cells are added up or returned one by one.
        keys: to which the cells are narrowed, None for all.
        whole: the cell in which each case counts once, where those of the split overlap.
        scope: the cases that the cells count, None for all.
        own: the cases that the actor sees beside those, None for none.
    """

    split: str
    keys: frozenset[str] | None = None
    whole: CellKey = (ALL, "")
    scope: QuerySet[Case] | None = None
    own: QuerySet[Case] | None = None

    def has(self, split: str, key: str) -> bool:
        """Return whether the cell is one of the split that is wanted."""
        return split == self.split and (self.keys is None or key in self.keys)

    def label(self, key: str) -> str:
        """Return the key of a cell as a reading states it."""
        return get_unit(key) if self.split == REACH_UNIT else key


def _open_reader(
    actor: Actor,
    codes: Sequence[str],
    period: Period,
    splits: tuple[str, ...],
    where: tuple[tuple[str, str], ...],
) -> "_Reader | None":
    """Return a reader of what is stored of the period; None where nothing is, or the store does not answer."""
    cells = (
        _choose_cells(splits, where, period)
        if sees_all_cases(actor)
        else _choose_scope_cells(actor, splits, where)
    )
    if cells is None:
        return None
    fill = read_once(CountFill, lambda: CountFill.objects.filter(pk=PK).first())
    if fill is None or fill.first_date is None or period.first < fill.first_date:
        return None
    if fill.digest != compute_digest():
        return None
    return _Reader(actor, codes, period, splits, where, cells, fill)


def _choose_scope_cells(
    actor: Actor, splits: tuple[str, ...], where: tuple[tuple[str, str], ...]
) -> _Cells | None:
    """Return the cells of what a limited post sees, None where the store has none."""
    root = REACHES.get().find_root(actor) if actor.can("cases.case:view") else None
    if root is None or where or splits not in {(), (MONTH,), (UNIT,)}:
        return None
    in_scope = build_scope_filter(actor)
    scope = Case.objects.filter(in_scope)
    own = Case.objects.filter(~in_scope, reported_by_id__in=actor.own_ids)
    whole = (REACH, root)
    if splits != (UNIT,):
        return _Cells(REACH, frozenset({root}), whole, scope, own)
    units = ("", *(group.key for group in read_groups(UNIT)))
    return _Cells(REACH_UNIT, frozenset(make_unit_key(root, unit) for unit in units), whole, scope, own)


def _choose_cells(
    splits: tuple[str, ...], where: tuple[tuple[str, str], ...], period: Period
) -> _Cells | None:
    split = splits[0] if splits else ALL
    if split not in {ALL, MONTH, *SPLITS} or len(where) > 1 or (where and split in SPLITS):
        return None
    if not where:
        return _Cells(ALL if split == MONTH else split)
    by, written = where[0]
    keys = split_keys(written)
    # A case that two units had, or that was in two places, counts for both, and once in the sum.
    are_shared = len(keys) > 1 and (by == UNIT or counts_by_then(period, splits, where))
    if by not in SPLITS or NO_VALUE in keys or are_shared:
        return None
    groups = {group.key: group for group in read_groups(by)}
    if any(key not in groups for key in keys):
        return None
    if by == AREA and len({len(group.value) for group in groups.values()}) > 1:
        return None
    return _Cells(by, frozenset(groups[key].value if by == AREA else key for key in keys))


@dataclass(frozen=True)
class _Reader:
    """One reading of a period that is stored."""

    actor: Actor
    codes: Sequence[str]
    period: Period
    splits: tuple[str, ...]
    where: tuple[tuple[str, str], ...]
    cells: _Cells
    fill: CountFill

    def read(self) -> Counts | None:
        """Return the counts; None where the worker wrote meanwhile."""
        wanted = add_parts(MEASURES[code] for code in self.codes)
        counted = [measure for measure in wanted.values() if measure.minus is None]
        plain = [] if self._adds_up else [m for m in counted if m.table is not Table.CASE]
        stored = [measure for measure in counted if measure not in plain]
        tallies = self._collect(stored)
        if tallies is None:
            return None
        counts = Counts({code: {} for code in wanted}, {})
        self._fold(counts, stored, tallies)
        scope, own = self.cells.scope, self.cells.own
        self._take_away(counts, count_waiting(scope, stored, self.period, self.splits, self.where))
        if own is not None:
            codes = [measure.code for measure in stored]
            _add_counts(counts, count_measures(self.actor, codes, self.period, self.splits, cases=own))
        if plain:
            rest = count_measures(self.actor, [m.code for m in plain], self.period, self.splits, self.where)
            counts.cells.update(rest.cells)
            counts.whole.update(rest.whole)
        for measure in wanted.values():
            if measure.minus is not None:
                subtract(counts, measure.code, *measure.minus)
        return counts

    def read_run(self, run: Sequence[Period]) -> list[dict[str, int]] | None:
        """Return the counts of measures of the table of cases in periods of any days; None as `read` does."""
        measures = [MEASURES[code] for code in self.codes]
        tallies = self._collect(measures, by_day=True)
        if tallies is None:
            return None
        counts = []
        for period in run:
            days = {day: cells for day, cells in tallies.items() if period.first <= day <= period.last}
            sums = self._sum(add_up(days.values()), measures, NEVER)
            waiting = count_waiting(self.cells.scope, measures, period, (), ()).cells
            counts.append({code: number - waiting[code].get((), 0) for code, number in sums.items()})
        if self.cells.own is not None:
            added = count_periods(self.actor, self.codes, run, cases=self.cells.own)
            for numbers, own in zip(counts, added, strict=True):
                for code, number in own.items():
                    numbers[code] += number
        return counts

    def _collect(self, measures: Sequence[Measure], *, by_day: bool = False) -> Tallies | None:
        """Return the cells of the period's days and months with all that waits; None where the worker wrote meanwhile.

        Args:
            by_day: read each day, and no month.
        """
        pending = read_once(Pending, lambda: read_pending(self.fill.digest))
        stale = {day for day in pending.stale if self.period.first <= day <= self.period.last}
        tallies = self._read_tallies(stale, by_day=by_day)
        if not is_in_read_snapshot() and self._is_overtaken():
            return None
        self._add_pending(tallies, pending)
        if stale:
            codes = [measure.code for measure in measures]
            counted_days = count_days(join_ranges(stale), splits=self._list_splits(measures), codes=codes)
            _add_tallies(tallies, counted_days)
        return tallies

    def _is_overtaken(self) -> bool:
        """Return whether the worker has stored counts since the reading began, which only a snapshot would hide."""
        return not CountFill.objects.filter(pk=PK, version=self.fill.version).exists()

    @property
    def _adds_up(self) -> bool:
        """Whether the cells state how often a case counts in the period: by month, or in its only day."""
        return self.period.first.day == 1 or self.period.first == self.period.last

    @property
    def _first_month(self) -> str:
        """The month from which on an earlier count is one of the period; in a single day no case counts twice."""
        return format_month_key(self.period.first) if self.period.first.day == 1 else NEVER

    def _add_pending(self, tallies: Tallies, pending: Pending) -> None:
        """Add what waits to be stored; of a stale day nothing, because it is counted from the rows."""
        needs_whole = self._needs_whole([MEASURES[code] for code in self.codes])
        chosen = {
            day: {
                (split, key): tally
                for (split, key), tally in cells.items()
                if self.cells.has(split, key) or (needs_whole and (split, key) == self.cells.whole)
            }
            for day, cells in pending.tallies.items()
            if self.period.first <= day <= self.period.last and day not in pending.stale
        }
        _add_tallies(tallies, chosen)

    def _take_away(self, counts: Counts, waiting: Counts) -> None:
        for code, cells in waiting.cells.items():
            for key, number in cells.items():
                _put(counts, code, key, -number)
        for code, number in waiting.whole.items():
            counts.whole[code] -= number

    def _list_splits(self, measures: Sequence[Measure]) -> list[str]:
        """Return the splits whose cells are read: beside the requested one the total, where its cells overlap."""
        split = self.cells.split
        return [split, self.cells.whole[0]] if self._needs_whole(measures) else [split]

    def _needs_whole(self, measures: Sequence[Measure]) -> bool:
        """Return whether the cells of a measure overlap by unit, or by the places of then."""
        if self.where or MONTH in self.splits:
            return False
        return any(overlaps(measure.table, self.splits, by_then=self._by_then) for measure in measures)

    @property
    def _by_then(self) -> bool:
        return counts_by_then(self.period, self.splits, self.where)

    def _read_tallies(self, stale: set[date], *, by_day: bool) -> Tallies:
        """Return the stored cells: months that are complete and not stale, and the single days of the others."""
        first, last = self.period.first, self.period.last
        dirty = {day.replace(day=1) for day in stale}
        if first.day != 1:
            dirty.add(first.replace(day=1))
        if month_of(last).last > last:
            dirty.add(last.replace(day=1))
        months = Q(grain=Grain.MONTH, first_date__range=(first.replace(day=1), last))
        condition = months & ~Q(first_date__in=sorted(dirty)) if dirty else months
        for month in sorted(dirty):
            condition |= Q(
                grain=Grain.DAY, first_date__range=(max(month, first), min(month_of(month).last, last))
            )
        if by_day:
            condition = Q(grain=Grain.DAY, first_date__range=(first, last))
        splits = self._list_splits([MEASURES[code] for code in add_parts(MEASURES[c] for c in self.codes)])
        rows = StoredCount.objects.filter(condition, split__in=splits)
        if self.cells.keys is not None:
            rows = rows.filter(key__in=sorted({*self.cells.keys, self.cells.whole[1]}))
        tallies = Tallies()
        for day, split, key, counts, repeats in rows.values_list(
            "first_date", "split", "key", "counts", "repeats"
        ):
            if day not in stale:  # a month with a stale day is read by day, so no month is left out here
                tallies.setdefault(day, {})[split, key] = Tally(counts, repeats)
        return tallies

    def _fold(self, counts: Counts, measures: Sequence[Measure], tallies: Tallies) -> None:
        """Add the cells of the tallies up to the requested splits."""
        first_month = self._first_month
        total = add_up(tallies.values())
        if MONTH in self.splits:
            self._fold_months(counts, measures, tallies)
            whole = self._sum(total, measures, first_month)
        elif self.splits:
            self._fold_keys(counts, measures, total, first_month)
            cell = total.get(self.cells.whole, Tally())
            whole = {measure.code: cell.count(measure.code, first_month) for measure in measures}
        else:
            whole = self._sum(total, measures, first_month)
            for code, number in whole.items():
                _put(counts, code, (), number)
        counts.whole.update(
            {m.code: whole[m.code] for m in measures if overlaps(m.table, self.splits, by_then=self._by_then)}
        )

    def _fold_months(self, counts: Counts, measures: Sequence[Measure], tallies: Tallies) -> None:
        for first, cells in group_by_month(tallies).items():
            month = format_month_key(first)
            first_month = month if self.period.first.day == 1 else NEVER
            for code, number in self._sum(cells, measures, first_month).items():
                _put(counts, code, (month,), number)

    def _fold_keys(
        self, counts: Counts, measures: Sequence[Measure], total: dict[CellKey, Tally], first_month: str
    ) -> None:
        for (split, key), tally in total.items():
            for measure in measures if self.cells.has(split, key) else ():
                number = tally.count(measure.code, first_month)
                _put(counts, measure.code, (self.cells.label(key),), number)

    def _sum(
        self, cells: dict[CellKey, Tally], measures: Sequence[Measure], first_month: str
    ) -> dict[str, int]:
        """Return the counts over the cells of the one split, narrowed to the keys of the filter."""
        chosen = [tally for (split, key), tally in cells.items() if self.cells.has(split, key)]
        return {m.code: sum(tally.count(m.code, first_month) for tally in chosen) for m in measures}


def _add_tallies(tallies: Tallies, others: Tallies) -> None:
    for day, cells in others.items():
        own = tallies.setdefault(day, {})
        for key, tally in cells.items():
            own.setdefault(key, Tally()).add_tally(tally)


def _add_counts(counts: Counts, others: Counts) -> None:
    """Add the counts of other cases."""
    for code, cells in others.cells.items():
        for key, number in cells.items():
            _put(counts, code, key, number)
    for code, number in others.whole.items():
        counts.whole[code] += number


def _put(counts: Counts, code: str, key: tuple[str, ...], number: int) -> None:
    """Add to a cell; a cell of which nothing is left is removed."""
    total = counts.cells[code].get(key, 0) + number
    if total:
        counts.cells[code][key] = total
    else:
        counts.cells[code].pop(key, None)
