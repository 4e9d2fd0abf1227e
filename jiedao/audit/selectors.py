"""Checking the sealed entries, and proving that one of them was sealed."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, TypedDict

from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.audit.checked_seals import (
    LOWEST_ID,
    MAX_FAULTS,
    CheckedSeal,
    Fault,
    check_all_seals,
    list_member_ids,
    make_fault,
    split_leaves,
)
from jiedao.audit.coverage import (
    HIGHEST_ID,
    LEAF_BYTES,
    UNREADABLE,
    check_members,
    iterate_seals,
    read_coverage,
)
from jiedao.audit.digest import FORMAT, Range, compute_path, format_moment
from jiedao.audit.fields import SEALED_FIELDS
from jiedao.audit.heads import NAME, read_heads
from jiedao.audit.macs import has_right_mac
from jiedao.audit.models import Entry, Seal, build_id_filters, encode_entry
from jiedao.audit.reading import read_entries
from jiedao.audit.sealing import find_gaps, is_authentic, read_boundary
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError

# The worker seals every minute; if an entry waits longer than this, something prevents its sealing, or no worker runs.
UNSEALED_LIMIT = timedelta(minutes=10)


class Verdict(TypedDict):
    """The result of `verify`; `head` is the newest link of the chain, to be stored outside the database."""

    entries: int
    sealed: int
    intact: bool
    head: str
    faults: list[Fault]


def verify(*, head: str = "", with_noted_heads: bool = True, processes: int = 1) -> Verdict:
    """Check every entry and the complete chain.

    The result lists entries that were changed, are missing, cannot be read, were inserted where no transaction can
    still be open, or wait too long for their seal; and seals that were changed, removed or replaced, at most 1,000
    faults. Every head that was noted outside the database (`heads`) must still be in the chain, and `head`, a link that
    was noted elsewhere.

    Args:
        with_noted_heads: False for a database that the heads in JIEDAO_DATA do not belong to, as during a restore.
        processes: that check seals at a time. More than one see only what is committed.
    """
    faults = list(
        islice(find_faults(head, with_noted_heads=with_noted_heads, processes=processes), MAX_FAULTS)
    )
    newest = Seal.objects.order_by("-id").values_list("chain", flat=True).first()
    return {
        "entries": Entry.objects.count(),
        "sealed": read_coverage().count,
        "intact": not faults,
        "head": newest or "",
        "faults": faults,
    }


@dataclass
class ChainWalk:
    """What the seals read so far have shown."""

    prev: str = ""
    floor: int = 0
    high: int = 0
    knows_high: bool = True
    covered: list[Range] = field(default_factory=list)
    chains: set[str] = field(default_factory=set)


def find_faults(head: str, *, with_noted_heads: bool, processes: int) -> Iterator[Fault]:
    """Yield the faults of the seals in order, then of heads, of entries in closed gaps, and of unsealed entries."""
    # Read the heads first: a seal that is written meanwhile must not look as if it were missing.
    heads, unreadable_lines = read_heads() if with_noted_heads else ([], [])
    walk = ChainWalk()
    for seal in check_all_seals(processes):
        yield from follow_seal(seal, walk)
    if head and head not in walk.chains:
        yield make_fault("head", "the given head is not in the chain: the chain was replaced or cut")
    missing = [noted for noted in heads if noted.chain and noted.chain not in walk.chains]
    if missing:
        last = missing[-1]
        noted_heads = f"{len(missing)} heads noted in {NAME}, the last of seal {last.seal} at {last.at}"
        yield make_fault("head", f"{noted_heads}, are not in the chain: the chain was replaced or cut")
    for line in unreadable_lines:
        yield make_fault("head", f"line {line} of {NAME} cannot be read")
    for gap_filter in build_id_filters(find_gaps(walk.covered, LOWEST_ID, walk.floor)):
        for number, row in read_entries(gap_filter):
            if row is not None and row[-1] is not None and not has_right_mac(row):
                yield make_fault("changed", f"entry {number} was changed before its seal", entry=number)
            else:
                yield make_fault("inserted", f"entry {number} was put in after its time", entry=number)
    yield from find_unsealed_faults(walk)


def follow_seal(seal: CheckedSeal, walk: ChainWalk) -> Iterator[Fault]:
    """Yield the faults of one seal, of its place in the chain, and of its entries; add it to the walk."""
    if seal.prev not in {None, walk.prev}:
        message = f"seal {seal.number} does not continue the seal before it"
        yield make_fault("seal", message, seal=seal.number)
    yield from seal.faults
    if seal.error:
        walk.knows_high = False
        yield make_fault("seal", f"seal {seal.number} cannot be checked: {seal.error}", seal=seal.number)
    else:
        yield from add_members(seal, walk)
    walk.prev = seal.chain
    walk.chains.add(walk.prev)


def add_members(seal: CheckedSeal, walk: ChainWalk) -> Iterator[Fault]:
    """Add the members of a seal to the walk; yield its numbers that do not follow from them, and those listed twice."""
    number, ranges = seal.number, seal.ranges
    walk.high = max(walk.high, ranges[-1][1])
    derived = {
        "first_id": ranges[0][0],
        "last_id": ranges[-1][1],
        "count": sum(last - first + 1 for first, last in ranges),
        "high_id": walk.high if walk.knows_high else seal.numbers["high_id"],
    }
    for name, value in derived.items():
        if seal.numbers[name] != value:
            yield make_fault("seal", f"seal {number} was changed: {name} is not {value}", seal=number)
    if seal.numbers["floor_id"] > walk.high:
        yield make_fault("seal", f"seal {number} closes ids that no seal has reached", seal=number)
    else:
        walk.floor = max(walk.floor, seal.numbers["floor_id"])
    if find_overlap(walk.covered, ranges):
        yield make_fault("seal", f"seal {number} lists entries that were sealed before it", seal=number)
    for pair in ranges:
        insort(walk.covered, pair)


def find_overlap(covered: list[Range], ranges: list[Range]) -> bool:
    """Return whether one of the ranges has an id that the sorted ranges cover already."""
    for first, last in ranges:
        position = bisect_right(covered, (last, HIGHEST_ID))
        if position and covered[position - 1][1] >= first:
            return True
    return False


def find_unsealed_faults(walk: ChainWalk) -> Iterator[Fault]:
    """Yield the unsealed entries with a fault of their own, and one fault for those that wait.

    An entry was changed or inserted past the application where its authentication code is wrong or missing.
    """
    now, waiting, boundary = clock.now(), list[int](), read_boundary()
    gaps = find_gaps(walk.covered, walk.floor + 1, walk.high)
    for unsealed_filter in [*build_id_filters(gaps), Q(id__gt=max(walk.floor, walk.high))]:
        for number, row in read_entries(unsealed_filter):
            if row is None:
                yield make_fault("unreadable", f"entry {number} cannot be read", entry=number)
            elif not is_authentic(row, boundary):
                is_changed = row[-1] is not None
                words = "was changed before its seal" if is_changed else "was put in past the application"
                yield make_fault(
                    "changed" if is_changed else "inserted", f"entry {number} {words}", entry=number
                )
            elif row[1] > now + UNSEALED_LIMIT:
                yield make_fault("changed", f"entry {number} is dated in the future", entry=number)
            elif row[1] < now - UNSEALED_LIMIT:
                waiting.append(number)
    if waiting:
        minutes = int(UNSEALED_LIMIT.total_seconds() // 60)
        message = (
            f"{len(waiting)} entries from {waiting[0]} on have waited over {minutes} minutes for their seal"
        )
        yield make_fault("unsealed", f"{message}: is the worker running?", entry=waiting[0])


def build_proof(entry_id: int) -> dict[str, Any]:
    """Return the proof that an entry was sealed, for `digest.check_proof`, as JSON values.

    Raise NotFoundError when the entry does not exist or is not sealed yet.
    """
    values = Entry.objects.filter(pk=entry_id).values_list(*SEALED_FIELDS).first()
    seal = find_seal_of(entry_id)
    if values is None or seal is None:
        raise NotFoundError(
            _("没有编号为 %(id)s 的已封存日志。") % {"id": entry_id},
            hint=_("请核对编号；刚写入的日志请在一分钟后再试，或运行 jiedao audit seal。"),
        )
    index = list_member_ids(seal.members).index(entry_id)
    path = compute_path(seal.algorithm, split_leaves(seal), index)
    seal_fields = {
        "id": seal.pk,
        "at": format_moment(seal.at),
        "floor_id": seal.floor_id,
        "members": seal.members,
    }
    return {
        "format": FORMAT,
        "algorithm": seal.algorithm,
        "entry": encode_entry(values).decode("ascii"),
        "index": index,
        "size": seal.count,
        "path": [sibling.hex() for sibling in path],
        "root": seal.root,
        "seal": {**seal_fields, "prev": seal.prev, "chain": seal.chain},
    }


def find_seal_of(entry_id: int) -> Seal | None:
    """Return the seal that lists the entry, which only the members of the seals state."""
    for number, _chain, seal in iterate_seals(0):
        try:
            ranges = check_members(seal.members, seal.leaf_bytes // LEAF_BYTES) if seal is not None else []  # type: ignore[attr-defined]
        except UNREADABLE:
            continue
        if any(first <= entry_id <= last for first, last in ranges):
            return Seal.objects.get(pk=number)
    return None
