"""The changes that wait to be added to the stored counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jiedao.cases.models import CountChange
from jiedao.cases.stored_counts.cells import Tallies, Tally


@dataclass
class Pending:
    """What waits: entries to add, by day, and the days that must be counted from the rows instead."""

    tallies: Tallies = field(default_factory=Tallies)
    stale: set[date] = field(default_factory=set)
    is_empty: bool = True


def read_pending(digest: str) -> Pending:
    """Return all changes that the worker has not settled yet, in one statement.

    Args:
        digest: of the definitions of the stored counts; the days of a change that was made by others are stale.
    """
    pending = Pending()
    sums: dict[tuple[Any, ...], int] = {}
    for own, days, entries in CountChange.objects.values_list("digest", "days", "entries").iterator():
        pending.is_empty = False
        if own != digest:
            pending.stale |= {date.fromisoformat(day) for day in days}
            continue
        for *entry, number in entries:
            key = tuple(entry)
            sums[key] = sums.get(key, 0) + number
    _add_sums(pending, sums.items())
    return pending


def _add_sums(pending: Pending, sums: Iterable[tuple[tuple[Any, ...], int]]) -> None:
    days: dict[str, date] = {}
    for (written, split, key, code, month), number in sums:
        if not number:
            continue
        day = days.get(written)
        if day is None:
            day = days[written] = date.fromisoformat(written)
        if day not in pending.stale:
            cells = pending.tallies.setdefault(day, {})
            cells.setdefault((split, key), Tally()).add(code, number, month or None)
