"""Sealing entries in batches, so that writers never wait for a chain.

The database assigns an id before the transaction commits, so an entry may still appear below an id that is
already sealed. A seal therefore lists exactly the ids it holds, and every run checks the ids again that
earlier runs left open. A run closes an open id (`floor_id` moves past it) when the id is still empty an hour
(`GRACE`) or more after a higher id was sealed: its transaction was rolled back, and an entry that appears
there later is a fault. No transaction of jiedao takes that long; if one did, its entry would be reported,
not lost.

The sealer may stop for days, because only a run that has looked at an id closes it. Two sealers at once are
harmless: `Seal.prev` is unique, so only one of them can continue the chain.

An entry that cannot be read or whose authentication code is wrong (`macs`) was changed or written past the application.
It is left unsealed and stops nothing: `verify` names it.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from jiedao.audit.coverage import Coverage, read_coverage
from jiedao.audit.digest import Range, compute_root, hash_bytes, hash_leaf
from jiedao.audit.heads import SEAL, note_head
from jiedao.audit.macs import BEGIN, BOUNDARY_TYPE, find_boundary, has_right_mac
from jiedao.audit.models import Entry, Seal, build_id_filters, encode_entry, group_into_ranges
from jiedao.audit.reading import read_entries
from jiedao.kernel import clock

BATCH = 8192


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
    # Read the seals before the entries: a later seal could close ids that this run has not looked at.
    coverage = read_coverage()
    closable_id = coverage.find_closable_id(clock.now())
    rows = read_unsealed(coverage, batch)
    if not rows:
        return 0
    seal = build_seal(rows, coverage)
    if len(rows) < batch:
        seal.floor_id = max(coverage.floor, closable_id)
    seal.chain = seal.compute_link()
    if not save_seal(seal, coverage):
        return 0
    transaction.on_commit(partial(note_head, SEAL, at=seal.at, seal=seal.pk, chain=seal.chain))
    return len(rows)


def save_seal(seal: Seal, coverage: Coverage) -> bool:
    """Save the seal; return False when another sealer was faster.

    A seal that was inserted or changed past the application can have taken the place after the newest one. Sealing
    then continues with a link to nothing, which `verify` reports as a break in the chain.
    """
    try:
        with transaction.atomic():
            seal.save()
    except IntegrityError:
        if Seal.objects.filter(pk__gt=coverage.last_id).exists():
            return False
        damage = f"damaged after seal {coverage.last_id} {seal.at.isoformat()}"
        seal.prev = hash_bytes(seal.algorithm, damage.encode()).hex()
        seal.chain = seal.compute_link()
        try:
            with transaction.atomic():
                seal.save()
        except IntegrityError:
            return False
    return True


def build_seal(rows: Sequence[tuple[Any, ...]], coverage: Coverage) -> Seal:
    """Return an unsaved seal over the rows that continues the chain; its link is still missing."""
    algorithm = settings.JIEDAO_DIGEST
    leaves = [hash_leaf(algorithm, encode_entry(row)) for row in rows]
    ids = [row[0] for row in rows]
    return Seal(
        at=clock.now(),
        first_id=ids[0],
        last_id=ids[-1],
        high_id=max(ids[-1], coverage.high),
        floor_id=coverage.floor,
        count=len(ids),
        members=[list(pair) for pair in group_into_ranges(ids)],
        leaves=b"".join(leaves),
        algorithm=algorithm,
        root=compute_root(algorithm, leaves).hex(),
        prev=coverage.chain,
    )


def read_unsealed(coverage: Coverage, batch: int) -> list[tuple[Any, ...]]:
    """Return the values of up to `batch` unsealed entries above the floor that can be sealed, the lowest ids first."""
    boundary = read_boundary()
    unsealed = (
        row
        for unsealed_filter in build_unsealed_filters(coverage)
        for _number, row in read_entries(unsealed_filter)
        if row is not None and is_authentic(row, boundary)
    )
    return list(islice(unsealed, batch))


def read_boundary() -> int:
    """Return the number up to which entries may lack a right authentication code, 0 for none."""
    begins = read_entries(Q(object_type=BOUNDARY_TYPE, action=BEGIN))
    return find_boundary(row for _number, row in begins if row is not None)


def is_authentic(row: Sequence[Any], boundary: int) -> bool:
    """Return whether an unsealed entry has the right authentication code, or needs none."""
    return bool(row[0] <= boundary) or has_right_mac(row)


def build_unsealed_filters(coverage: Coverage) -> list[Q]:
    """Return filters that together match the unsealed entries: those in gaps above the floor, and above all seals."""
    gaps = find_gaps(coverage.ranges, coverage.floor + 1, coverage.high)
    return [*build_id_filters(gaps), Q(id__gt=max(coverage.floor, coverage.high))]


def count_entries() -> tuple[int, int]:
    """Return the numbers of sealed and of unsealed entries."""
    coverage = read_coverage()
    filters = build_unsealed_filters(coverage)
    return coverage.count, sum(Entry.objects.filter(unsealed_filter).count() for unsealed_filter in filters)


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
