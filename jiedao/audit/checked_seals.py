"""Checking seals one by one: each against its own link and its own entries.

One seal needs no other for this, so ranges of a long chain are checked in several processes. That the seals continue
one another, and which ids they leave open, the caller checks in their order.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TypedDict

from django.db.models.functions import Length

from jiedao.audit.coverage import HIGHEST_ID, LEAF_BYTES, UNREADABLE, check_members, merge_ranges
from jiedao.audit.digest import Range, compute_root, hash_leaf
from jiedao.audit.models import Seal, build_id_filters
from jiedao.audit.reading import read_encoded
from jiedao.kernel.processes import make_processes

MAX_FAULTS = 1000
RANGE_SEALS, RANGE_BYTES = 500, 16_384 * LEAF_BYTES  # seals and leaves that are checked together
RANGES_PER_PROCESS = 8  # with fewer ranges, starting a process takes longer than checking
LOWEST_ID = -(2**63)
NUMBERS = ("first_id", "last_id", "high_id", "floor_id", "count")
Texts = dict[int, bytes]  # the canonical bytes of entries by their id, empty for one that cannot be read


class Fault(TypedDict):
    """One fault.

    `kind` is changed, missing, inserted, unreadable or unsealed for an entry, seal or head for the chain.
    """

    kind: str
    entry: int | None
    seal: int | None
    message: str


def make_fault(kind: str, message: str, *, entry: int | None = None, seal: int | None = None) -> Fault:
    """Return a fault of an entry, of a seal, or of the chain."""
    return {"kind": kind, "entry": entry, "seal": seal, "message": message}


@dataclass
class CheckedSeal:
    """What one seal states, and its faults.

    Attributes:
        chain: its link as it is stored, also that of a seal that cannot be read.
        prev: the link that it continues, None where it cannot be read.
        ranges: its members. numbers: its columns of `NUMBERS`, which its members do not need.
        faults: of the seal and its entries, at most 1,000. error: why the seal cannot be checked.
    """

    number: int
    chain: str
    prev: str | None = None
    ranges: list[Range] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    error: str = ""


def check_all_seals(processes: int) -> Iterator[CheckedSeal]:
    """Yield all seals in their order, checked in up to so many processes; few are checked in this one."""
    chain = list(split_chain())
    processes = min(processes, len(chain) // RANGES_PER_PROCESS)
    if processes < 2:
        for numbers in chain:
            yield from check_seals(numbers)
        return
    with make_processes(processes) as checkers:
        try:
            for checked in checkers.map(check_seals, chain):
                yield from checked
        finally:  # the caller may have enough faults before the end
            checkers.shutdown(wait=False, cancel_futures=True)


def split_chain() -> Iterator[list[int]]:
    """Yield the numbers of all seals in order, by ranges that are checked together."""
    numbers, size = list[int](), 0
    seals = Seal.objects.order_by("id").values_list("id", Length("leaves"))
    for number, leaf_bytes in list(seals):
        numbers.append(number)
        size += leaf_bytes
        if size >= RANGE_BYTES or len(numbers) == RANGE_SEALS:
            yield numbers
            numbers, size = [], 0
    if numbers:
        yield numbers


def check_seals(numbers: Sequence[int]) -> list[CheckedSeal]:
    """Check some seals, and their entries, which are read together: most seals have few."""
    links = dict(Seal.objects.filter(pk__in=numbers).values_list("id", "chain"))
    checked = [CheckedSeal(number, str(links.get(number))) for number in numbers]
    try:
        stored = {seal.pk: seal for seal in Seal.objects.filter(pk__in=numbers)}
    except UNREADABLE:  # one of them: each is read alone
        stored = {}
    seals = [read_seal(result, stored.get(result.number)) for result in checked]
    texts: Texts | None = None
    with suppress(*UNREADABLE):  # where the ids of one seal are none, each seal reads its own entries
        texts = read_texts(pair for result in checked for pair in result.ranges)
    for seal, result in zip(seals, checked, strict=True):
        if seal is not None:
            compare_seal(seal, result, texts)
    return checked


def read_seal(result: CheckedSeal, seal: Seal | None) -> Seal | None:
    """Fill in what a seal states and return it; return None, with the error filled in, if it cannot be read."""
    try:
        seal = seal or Seal.objects.get(pk=result.number)
        result.prev = str(seal.prev)
        result.ranges = check_members(seal.members, len(split_leaves(seal)))
        result.numbers = {name: getattr(seal, name) for name in NUMBERS}
    except (*UNREADABLE, Seal.DoesNotExist) as unreadable:
        result.error = str(unreadable)
        return None
    return seal


def read_texts(ranges: Iterable[Range]) -> Texts:
    """Return the canonical bytes of the entries in these ranges."""
    merged = merge_ranges(ranges, LOWEST_ID - 1)
    if merged and not LOWEST_ID <= merged[0][0] <= merged[-1][1] <= HIGHEST_ID:
        raise ValueError("its members are no ids")
    return {
        number: encoded
        for id_filter in build_id_filters(merged)
        for number, _row, encoded in read_encoded(id_filter)
    }


def compare_seal(seal: Seal, result: CheckedSeal, texts: Texts | None) -> None:
    """Fill in the faults of a seal; read its entries if they are not given."""
    try:
        entries = read_texts(result.ranges) if texts is None else texts
        result.faults = list(islice(find_seal_faults(seal, result.ranges, entries), MAX_FAULTS))
    except UNREADABLE as unreadable:
        result.error = str(unreadable)


def find_seal_faults(seal: Seal, ranges: list[Range], texts: Texts) -> Iterator[Fault]:
    """Yield the faults of one seal and of its entries."""
    leaves = split_leaves(seal)
    if compute_root(seal.algorithm, leaves).hex() != seal.root or seal.compute_link() != seal.chain:
        yield make_fault("seal", f"seal {seal.pk} was changed", seal=seal.pk)
    for entry_id, leaf in zip(list_member_ids(ranges), leaves, strict=True):
        text = texts.get(entry_id)
        if text is None:
            yield make_fault("missing", f"entry {entry_id} is missing", entry=entry_id, seal=seal.pk)
        elif not text:
            message = f"entry {entry_id} was changed: it cannot be read"
            yield make_fault("changed", message, entry=entry_id, seal=seal.pk)
        elif hash_leaf(seal.algorithm, text) != leaf:
            yield make_fault("changed", f"entry {entry_id} was changed", entry=entry_id, seal=seal.pk)


def split_leaves(seal: Seal) -> list[bytes]:
    """Return the stored leaves of a seal."""
    stored = bytes(seal.leaves)
    return [stored[start : start + LEAF_BYTES] for start in range(0, len(stored), LEAF_BYTES)]


def list_member_ids(ranges: Sequence[Sequence[int]]) -> list[int]:
    """Return the ids of the ranges, ascending."""
    return [number for first, last in ranges for number in range(first, last + 1)]
