"""What the seals cover, derived from their members alone.

The columns `first_id`, `last_id`, `high_id` and `count` of a seal are not part of its link: they serve people and old
versions, and are compared with the members when the seals are verified. Sealing never reads them, so a changed number
neither hides entries nor stops the sealing of what follows.
"""

import copy
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import Error
from django.db.models.functions import Length

from jiedao.audit.digest import DigestUnavailable, Range
from jiedao.audit.models import Seal

GRACE = timedelta(hours=1)
LEAF_BYTES = 32
HIGHEST_ID = 2**63 - 1
# What reading or encoding a row can raise that was changed past the application.
UNREADABLE = (TypeError, ValueError, AttributeError, OverflowError, KeyError, DigestUnavailable, Error)


def check_members(members: Any, leaf_count: int) -> list[Range]:
    """Return the ranges of a seal; raise ValueError unless they are ascending, disjoint and as many as its leaves."""
    if not isinstance(members, list) or not members:
        raise ValueError("its members are no list of ranges")
    ranges: list[Range] = []
    for pair in members:
        if not isinstance(pair, list) or len(pair) != 2 or any(type(number) is not int for number in pair):
            raise ValueError("its members are no list of ranges")
        first, last = pair
        if last < first or (ranges and first <= ranges[-1][1]):
            raise ValueError("its members are not in order")
        ranges.append((first, last))
    if not ranges[-1][1] <= HIGHEST_ID:
        raise ValueError("its members are no ids")
    if sum(last - first + 1 for first, last in ranges) != leaf_count:
        raise ValueError("it lists another number of entries than it has leaves")
    return ranges


@dataclass
class Coverage:
    """What the seals up to the newest cover.

    Attributes:
        last_id, chain: of the newest seal; 0 and "" without one.
        floor: ids up to it that no seal lists are closed.
        high: the highest sealed id. count: the number of sealed entries.
        ranges: the sealed ids above the floor, as disjoint ranges in order.
        recent: the moment and the highest sealed id of each seal of the last hour and of the one before.
    """

    last_id: int = 0
    chain: str = ""
    floor: int = 0
    high: int = 0
    count: int = 0
    ranges: list[Range] = field(default_factory=list)
    recent: tuple[tuple[datetime, int], ...] = ()

    def add(self, seal: Seal, ranges: list[Range]) -> None:
        """Add the next seal of the chain."""
        self.floor = max(self.floor, seal.floor_id)
        self.high = max(self.high, ranges[-1][1])
        self.count += sum(last - first + 1 for first, last in ranges)
        older = [pair for pair in self.recent if pair[0] <= seal.at - GRACE]
        self.recent = (*older[-1:], *self.recent[len(older) :], (seal.at, self.high))
        self.ranges = merge_ranges([*self.ranges, *ranges], self.floor)

    def find_closable_id(self, now: datetime) -> int:
        """Return the highest id that was sealed an hour (`GRACE`) or more before now."""
        return max((high for at, high in self.recent if at <= now - GRACE), default=0)


def merge_ranges(ranges: Iterable[Range], floor: int) -> list[Range]:
    """Return the union of the ranges above the floor as disjoint ranges in order."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if last <= floor:
            continue
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def iterate_seals(after: int) -> Iterator[tuple[int, str, Seal | None]]:
    """Yield the id, the link and, without its leaves, each seal above an id; None for a seal that cannot be read."""
    seals = Seal.objects.annotate(leaf_bytes=Length("leaves")).defer("leaves").order_by("id")
    while True:
        page = Seal.objects.filter(pk__gt=after).order_by("id").values_list("id", "chain")[:1000]
        links = {number: str(chain) for number, chain in page}
        numbers = list(links)
        if not numbers:
            return
        try:
            rows: dict[int, Seal | None] = {seal.pk: seal for seal in seals.filter(pk__in=numbers)}
        except UNREADABLE:
            rows = {number: _read_seal(seals, number) for number in numbers}
        for number in numbers:
            yield number, links[number], rows.get(number)
        after = numbers[-1]


def _read_seal(seals: Any, number: int) -> Seal | None:
    try:
        seal: Seal | None = seals.get(pk=number)
    except UNREADABLE:
        return None
    return seal


_lock = threading.Lock()
_cached = Coverage()


def read_coverage() -> Coverage:
    """Return what the seals cover now.

    A process reads each seal once: as the link of the newest seal binds all before it, only newer ones are read again
    while that seal is there. A seal whose link does not hold, or that cannot be read, covers nothing: its entries above
    the floor are sealed again, and `verify` names it.
    """
    global _cached  # noqa: PLW0603 (one cache for a process)
    with _lock:
        if not Seal.objects.filter(pk=_cached.last_id, chain=_cached.chain).exists():
            _cached = Coverage()
        for number, chain, seal in iterate_seals(_cached.last_id):
            _cached.last_id, _cached.chain = number, chain
            if seal is None:
                continue
            try:
                ranges = check_members(seal.members, seal.leaf_bytes // LEAF_BYTES)  # type: ignore[attr-defined]
                if seal.compute_link() == chain and seal.floor_id <= max(_cached.high, ranges[-1][1]):
                    _cached.add(seal, ranges)
            except UNREADABLE:
                continue
        return copy.copy(_cached)


def forget_coverage() -> None:
    """Read all seals again at the next call, as a new process does."""
    global _cached  # noqa: PLW0603
    with _lock:
        _cached = Coverage()
