"""Compare the stored counts with a recount of the rows."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from django.db.models import Q

from jiedao.cases.models import Grain, StoredCount
from jiedao.cases.selectors.counting import count_measures
from jiedao.cases.selectors.measures import MEASURES
from jiedao.cases.selectors.splits import SPLITS
from jiedao.cases.stored_counts.cells import ALL, Tallies, Tally, group_by_month
from jiedao.cases.stored_counts.counting import count_days
from jiedao.cases.stored_counts.definitions import compute_digest
from jiedao.cases.stored_counts.pending import Pending, read_pending
from jiedao.cases.stored_counts.reach import REACH, REACH_UNIT
from jiedao.cases.stored_counts.reading import count_cases
from jiedao.cases.stored_counts.updating import DAY, read_cells, read_fill
from jiedao.kernel.figures import Difference
from jiedao.kernel.periods import LAST, month_of
from jiedao.kernel.snapshots import read_snapshot
from jiedao.orgs.actor import make_system_actor


def find_differences() -> Iterator[Difference]:
    """Yield every stored count that differs from a recount of the rows, first by month and then by day.

    Months are compared as the board reads them, with what waits to be stored. Days that wait to be counted again are
    left out: readers count them from the rows.
    """
    fill = read_fill()
    if fill.first_date is None or fill.digest != compute_digest():
        return
    with read_snapshot():
        pending = read_pending(fill.digest)
        differences = [*_compare_months(), *_compare_days(fill.first_date, pending)]
    yield from differences


def _compare_months() -> Iterator[Difference]:
    actor = make_system_actor("figures")
    codes = [code for code, measure in MEASURES.items() if measure.minus is None]
    # Also the months of the days: one that has days and was never added up is a difference.
    days = StoredCount.objects.values_list("first_date", flat=True).distinct()
    for month in map(month_of, sorted({day.replace(day=1) for day in days})):
        for split in (ALL, *SPLITS):
            splits = () if split == ALL else (split,)
            stored = count_cases(actor, codes, month, splits).cells
            counted = count_measures(actor, codes, month, splits).cells
            for code in codes:
                for key in sorted({*stored[code], *counted[code]}):
                    stored_count, recount = stored[code].get(key, 0), counted[code].get(key, 0)
                    if stored_count != recount:
                        yield Difference(
                            month.text, code, split, key[0] if key else "", stored_count, recount
                        )


def _compare_days(first: date, pending: Pending) -> Iterator[Difference]:
    """Compare by day: the stored counts and the changes that wait, with the rows as if every deadline had passed."""
    stale = sorted(day for day in pending.stale if first <= day <= LAST)
    bounds = [first - DAY, *stale, LAST + DAY]
    ranges = [(before + DAY, after - DAY) for before, after in pairwise(bounds) if before + DAY < after]
    expected = count_days(ranges)
    stored = read_cells(Grain.DAY, Q(first_date__range=(first, LAST)))
    for day, cells in pending.tallies.items():
        if first <= day <= LAST:
            for cell, tally in cells.items():
                stored.setdefault(day, {}).setdefault(cell, Tally()).add_tally(tally)
    for day in sorted({*stored, *expected} - {*stale}):
        yield from _compare_cells(day, day.isoformat(), stored, expected)
    if not stale:
        yield from _compare_reach(expected, pending)


def _compare_reach(expected: Tallies, pending: Pending) -> Iterator[Difference]:
    """Compare the months of what limited posts see, which the board of the town does not read."""
    reach = Q(split__in=(REACH, REACH_UNIT))
    stored = read_cells(Grain.MONTH, reach)
    for first, cells in group_by_month(pending.tallies).items():
        for cell, tally in cells.items():
            stored.setdefault(first, {}).setdefault(cell, Tally()).add_tally(tally)
    months = group_by_month(expected)
    for first in sorted({*stored, *months}):
        sides = [
            {
                first: {
                    cell: tally
                    for cell, tally in side.get(first, {}).items()
                    if cell[0] in {REACH, REACH_UNIT}
                }
            }
            for side in (stored, months)
        ]
        yield from _compare_cells(first, month_of(first).text, *sides)


def _compare_cells(day: date, label: str, stored: Tallies, expected: Tallies) -> Iterator[Difference]:
    stored_cells, expected_cells = stored.get(day, {}), expected.get(day, {})
    for cell in sorted({*stored_cells, *expected_cells}):
        tally, recounted = stored_cells.get(cell, Tally()), expected_cells.get(cell, Tally())
        tally.drop_zeros()
        for code in sorted({*tally.counts, *recounted.counts}):
            stored_count, recount = tally.counts.get(code, 0), recounted.counts.get(code, 0)
            has_same_repeats = tally.repeats.get(code, {}) == recounted.repeats.get(code, {})
            if stored_count != recount or not has_same_repeats:
                yield Difference(label, code, *cell, stored_count, recount)
