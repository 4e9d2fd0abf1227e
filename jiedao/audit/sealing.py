"""Sealing entries in batches, so that writers never wait for a chain.

Ids are given out before transactions commit, so an id below one that is already sealed may still appear. A
seal therefore lists exactly the ids it holds, and every run looks again into the ids left open before. An
open id is closed (`floor_id` moves past it) by a run that still finds it empty an hour (`GRACE`) or more
after an id above it was sealed: it belonged to a transaction that was rolled back, and an entry that turns
up there later is a fault. No transaction of jiedao lives that long; if one did, its entry would be
reported, not lost.

The sealer may stop for days: only a run that has looked closes anything. Two sealers at once are harmless:
the seal before can be continued only once.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, Q, Sum

from jiedao.audit.digest import Range, leaf_hash, merkle_root
from jiedao.audit.models import SEALED_FIELDS, Entry, Seal, conditions, entry_bytes, to_ranges
from jiedao.kernel import clock

BATCH = 8192
GRACE = timedelta(hours=1)


def seal_entries(*, batch: int = BATCH) -> int:
    """Seal everything that is committed and unsealed; return how many entries that was."""
    total = 0
    while True:
        sealed = seal_batch(batch)
        total += sealed
        if sealed < batch:
            return total


def seal_batch(batch: int) -> int:
    """Write one seal over at most `batch` entries; return how many, 0 when another sealer was faster."""
    last = Seal.objects.order_by("-id").defer("leaves").first()
    floor = last.floor_id if last else 0
    # read before looking, so that whatever this closes has been looked into
    closing = Seal.objects.filter(at__lte=clock.now() - GRACE).aggregate(high=Max("high_id"))["high"] or 0
    rows = read_unsealed(floor, last.high_id if last else 0, batch)
    if not rows:
        return 0
    seal = make_seal(rows, last)
    if len(rows) < batch:
        seal.floor_id = max(floor, closing)
    seal.chain = seal.link()
    try:
        with transaction.atomic():
            seal.save()
    except IntegrityError:
        return 0
    return len(rows)


def make_seal(rows: Sequence[tuple[Any, ...]], last: Seal | None) -> Seal:
    """Return the unsaved seal over the rows, which continues the last one; its link is still missing."""
    algorithm = settings.JIEDAO_DIGEST
    leaves = [leaf_hash(algorithm, entry_bytes(row)) for row in rows]
    ids = [row[0] for row in rows]
    return Seal(
        at=clock.now(),
        first_id=ids[0],
        last_id=ids[-1],
        high_id=max(ids[-1], last.high_id if last else 0),
        floor_id=last.floor_id if last else 0,
        count=len(ids),
        members=[list(pair) for pair in to_ranges(ids)],
        leaves=b"".join(leaves),
        algorithm=algorithm,
        root=merkle_root(algorithm, leaves).hex(),
        prev=last.chain if last else "",
    )


def read_unsealed(floor: int, high: int, batch: int) -> list[tuple[Any, ...]]:
    """Return the values of up to `batch` unsealed entries above the floor, the lowest ids first."""
    rows: list[tuple[Any, ...]] = []
    for condition in unsealed(floor, high):
        if len(rows) < batch:
            found = Entry.objects.filter(condition).order_by("id").values_list(*SEALED_FIELDS)
            rows += found[: batch - len(rows)]
    return rows


def unsealed(floor: int, high: int) -> list[Q]:
    """Return the conditions of which an unsealed entry fulfils one: in a gap above the floor, or above all seals."""
    seals = Seal.objects.filter(high_id__gt=floor)
    covered = [
        (first, last) for members in seals.values_list("members", flat=True) for first, last in members
    ]
    return [*conditions(gaps_between(covered, floor + 1, high)), Q(id__gt=high)]


def count_entries() -> tuple[int, int]:
    """Return how many entries are sealed, and how many are not."""
    last = Seal.objects.order_by("-id").defer("leaves").first()
    waiting = unsealed(last.floor_id, last.high_id) if last else unsealed(0, 0)
    sealed = Seal.objects.aggregate(n=Sum("count"))["n"] or 0
    return sealed, sum(Entry.objects.filter(condition).count() for condition in waiting)


def gaps_between(ranges: Iterable[Range], start: int, end: int) -> list[Range]:
    """Return what the ranges leave open from start to end, both included."""
    gaps: list[Range] = []
    for first, last in sorted(ranges):
        if first > end:
            break
        if first > start:
            gaps.append((start, first - 1))
        start = max(start, last + 1)
    if start <= end:
        gaps.append((start, end))
    return gaps
