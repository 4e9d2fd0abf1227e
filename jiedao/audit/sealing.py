"""Sealing entries in batches, so that writers never wait for a chain.

The database assigns an id before the transaction commits, so an entry may still appear below an id that is
already sealed. A seal therefore lists exactly the ids it holds, and every run checks the ids again that
earlier runs left open. A run closes an open id (`floor_id` moves past it) when the id is still empty an hour
(`GRACE`) or more after a higher id was sealed: its transaction was rolled back, and an entry that appears
there later is a fault. No transaction of jiedao takes that long; if one did, its entry would be reported,
not lost.

The sealer may stop for days, because only a run that has looked at an id closes it. Two sealers at once are
harmless: `Seal.prev` is unique, so only one of them can continue the chain.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, Q, Sum

from jiedao.audit.digest import Range, compute_root, hash_leaf
from jiedao.audit.models import SEALED_FIELDS, Entry, Seal, build_id_filters, encode_entry, group_into_ranges
from jiedao.kernel import clock

BATCH = 8192
GRACE = timedelta(hours=1)


def seal_entries(*, batch: int = BATCH) -> int:
    """Seal all committed entries that are not sealed yet; return their number."""
    total = 0
    while True:
        sealed = seal_batch(batch)
        total += sealed
        if sealed < batch:
            return total


def seal_batch(batch: int) -> int:
    """Write one seal over at most `batch` entries; return their number, 0 when another sealer was faster."""
    last_seal = Seal.objects.order_by("-id").defer("leaves").first()
    floor = last_seal.floor_id if last_seal else 0
    # Read this before the entries: a later seal could close ids that this run has not looked at.
    closable_id = Seal.objects.filter(at__lte=clock.now() - GRACE).aggregate(high=Max("high_id"))["high"] or 0
    rows = read_unsealed(floor, last_seal.high_id if last_seal else 0, batch)
    if not rows:
        return 0
    seal = build_seal(rows, last_seal)
    if len(rows) < batch:
        seal.floor_id = max(floor, closable_id)
    seal.chain = seal.compute_link()
    try:
        with transaction.atomic():
            seal.save()
    except IntegrityError:
        return 0
    return len(rows)


def build_seal(rows: Sequence[tuple[Any, ...]], last_seal: Seal | None) -> Seal:
    """Return an unsaved seal over the rows that continues the last seal; its link is still missing."""
    algorithm = settings.JIEDAO_DIGEST
    leaves = [hash_leaf(algorithm, encode_entry(row)) for row in rows]
    ids = [row[0] for row in rows]
    return Seal(
        at=clock.now(),
        first_id=ids[0],
        last_id=ids[-1],
        high_id=max(ids[-1], last_seal.high_id if last_seal else 0),
        floor_id=last_seal.floor_id if last_seal else 0,
        count=len(ids),
        members=[list(pair) for pair in group_into_ranges(ids)],
        leaves=b"".join(leaves),
        algorithm=algorithm,
        root=compute_root(algorithm, leaves).hex(),
        prev=last_seal.chain if last_seal else "",
    )


def read_unsealed(floor: int, high: int, batch: int) -> list[tuple[Any, ...]]:
    """Return the values of up to `batch` unsealed entries above the floor, the lowest ids first."""
    rows: list[tuple[Any, ...]] = []
    for unsealed_filter in build_unsealed_filters(floor, high):
        if len(rows) < batch:
            entries = Entry.objects.filter(unsealed_filter).order_by("id").values_list(*SEALED_FIELDS)
            rows += entries[: batch - len(rows)]
    return rows


def build_unsealed_filters(floor: int, high: int) -> list[Q]:
    """Return filters that together match the unsealed entries: those in gaps above the floor, and above all seals."""
    seals = Seal.objects.filter(high_id__gt=floor)
    covered = [
        (first, last) for members in seals.values_list("members", flat=True) for first, last in members
    ]
    return [*build_id_filters(find_gaps(covered, floor + 1, high)), Q(id__gt=high)]


def count_entries() -> tuple[int, int]:
    """Return the numbers of sealed and of unsealed entries."""
    last_seal = Seal.objects.order_by("-id").defer("leaves").first()
    filters = (
        build_unsealed_filters(last_seal.floor_id, last_seal.high_id)
        if last_seal
        else build_unsealed_filters(0, 0)
    )
    sealed = Seal.objects.aggregate(n=Sum("count"))["n"] or 0
    return sealed, sum(Entry.objects.filter(unsealed_filter).count() for unsealed_filter in filters)


def find_gaps(ranges: Iterable[Range], start: int, end: int) -> list[Range]:
    """Return the parts of start to end, both included, that the ranges do not cover."""
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
