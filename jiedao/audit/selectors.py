"""Checking the sealed entries, and proving that one of them was sealed."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypedDict

from django.db.models import Sum
from django.utils.translation import gettext as _

from jiedao.audit.digest import (
    FORMAT,
    DigestUnavailable,
    Range,
    leaf_hash,
    merkle_path,
    merkle_root,
    moment_text,
)
from jiedao.audit.models import SEALED_FIELDS, Entry, Seal, conditions, entry_bytes
from jiedao.audit.sealing import gaps_between
from jiedao.kernel.errors import NotFoundError

MOST_FAULTS = 1000
LOWEST_ID = -(2**63)
WIDTH = 32


class Fault(TypedDict):
    """One fault: kind is changed, missing, inserted (an entry), or seal, head (the chain)."""

    kind: str
    entry: int | None
    seal: int | None
    message: str


class Verdict(TypedDict):
    """What `verify` found; `head` is the newest link of the chain, to be kept elsewhere."""

    entries: int
    sealed: int
    intact: bool
    head: str
    faults: list[Fault]


def fault(kind: str, message: str, *, entry: int | None = None, seal: int | None = None) -> Fault:
    """Return a fault."""
    return {"kind": kind, "entry": entry, "seal": seal, "message": message}


def verify(*, head: str = "") -> Verdict:
    """Check every sealed entry and the whole chain.

    Finds entries that were changed, are missing, or were put in where no transaction can still be open, and
    seals that were changed, removed or replaced. Entries that are not sealed yet are only counted. Who can
    write the whole database can also write a whole new chain: pass `head`, a link noted earlier outside of
    it, to find that. At most 1,000 faults are listed.
    """
    faults = list(islice(find_faults(head), MOST_FAULTS))
    newest = Seal.objects.order_by("-id").values_list("chain", flat=True).first()
    return {
        "entries": Entry.objects.count(),
        "sealed": Seal.objects.aggregate(n=Sum("count"))["n"] or 0,
        "intact": not faults,
        "head": newest or "",
        "faults": faults,
    }


def find_faults(head: str) -> Iterator[Fault]:
    """Yield the faults of the seals in order, then the entries that no seal can account for."""
    prev, floor, covered = "", 0, list[Range]()
    for number in list(Seal.objects.order_by("id").values_list("id", flat=True)):
        seal = Seal.objects.get(pk=number)
        if seal.prev != prev:
            yield fault("seal", f"seal {number} does not continue the seal before it", seal=number)
        try:
            yield from seal_faults(seal)
            covered += [(first, last) for first, last in seal.members]
        except (TypeError, ValueError, DigestUnavailable) as unreadable:
            yield fault("seal", f"seal {number} cannot be checked: {unreadable}", seal=number)
        prev, floor = seal.chain, max(floor, seal.floor_id)
    for condition in conditions(gaps_between(covered, LOWEST_ID, floor)):
        for number in Entry.objects.filter(condition).order_by("id").values_list("id", flat=True):
            yield fault("inserted", f"entry {number} was put in after its time", entry=number)
    if head and not Seal.objects.filter(chain=head).exists():
        yield fault("head", "the given head is not in the chain: the chain was replaced or cut")


def seal_faults(seal: Seal) -> Iterator[Fault]:
    """Yield the faults of one seal and of its entries; raise ValueError or TypeError for nonsense."""
    leaves = split_leaves(seal)
    size = sum(last - first + 1 for first, last in seal.members)
    if not 0 < size == seal.count == len(leaves):
        raise ValueError("it lists another number of entries than it counts")
    if merkle_root(seal.algorithm, leaves).hex() != seal.root or seal.link() != seal.chain:
        yield fault("seal", f"seal {seal.pk} was changed", seal=seal.pk)
    found = dict(read_leaves(seal))
    for number, leaf in zip(member_ids(seal), leaves, strict=True):
        if number not in found:
            yield fault("missing", f"entry {number} is missing", entry=number, seal=seal.pk)
        elif found[number] != leaf:
            yield fault("changed", f"entry {number} was changed", entry=number, seal=seal.pk)


def split_leaves(seal: Seal) -> list[bytes]:
    """Return the kept leaves of a seal."""
    kept = bytes(seal.leaves)
    return [kept[place : place + WIDTH] for place in range(0, len(kept), WIDTH)]


def member_ids(seal: Seal) -> list[int]:
    """Return the ids that a seal lists, ascending."""
    return [number for first, last in seal.members for number in range(first, last + 1)]


def read_leaves(seal: Seal) -> Iterator[tuple[int, bytes]]:
    """Yield id and leaf of the seal's entries as they are now."""
    for condition in conditions(seal.members):
        for row in Entry.objects.filter(condition).values_list(*SEALED_FIELDS).iterator(chunk_size=2000):
            yield row[0], leaf_hash(seal.algorithm, entry_bytes(row))


def proof_of(entry_id: int) -> dict[str, Any]:
    """Return the proof that an entry was sealed, for `digest.check_proof`, as JSON values.

    Raise NotFoundError when there is no such entry, or none that is sealed.
    """
    values = Entry.objects.filter(pk=entry_id).values_list(*SEALED_FIELDS).first()
    seal = next((one for one in candidates(entry_id) if entry_id in member_ids(one)), None)
    if values is None or seal is None:
        raise NotFoundError(
            _("没有编号为 %(id)s 的已封存日志。") % {"id": entry_id},
            hint=_("请核对编号；刚写入的日志请在一分钟后再试，或运行 jiedao audit seal。"),
        )
    index = member_ids(seal).index(entry_id)
    path = merkle_path(seal.algorithm, split_leaves(seal), index)
    bound = {"id": seal.pk, "at": moment_text(seal.at), "floor_id": seal.floor_id, "members": seal.members}
    return {
        "format": FORMAT,
        "algorithm": seal.algorithm,
        "entry": entry_bytes(values).decode("ascii"),
        "index": index,
        "size": seal.count,
        "path": [sister.hex() for sister in path],
        "root": seal.root,
        "seal": {**bound, "prev": seal.prev, "chain": seal.chain},
    }


def candidates(entry_id: int) -> Iterator[Seal]:
    """Yield the seals whose span includes the id, the likeliest first."""
    spans = Seal.objects.filter(high_id__gte=entry_id, first_id__lte=entry_id, last_id__gte=entry_id)
    return spans.order_by("high_id", "id").iterator(chunk_size=4)
