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
    compute_path,
    compute_root,
    format_moment,
    hash_leaf,
)
from jiedao.audit.models import SEALED_FIELDS, Entry, Seal, build_id_filters, encode_entry
from jiedao.audit.sealing import find_gaps
from jiedao.kernel.errors import NotFoundError

MAX_FAULTS = 1000
LOWEST_ID = -(2**63)
LEAF_BYTES = 32


class Fault(TypedDict):
    """One fault. `kind` is changed, missing or inserted for an entry, seal or head for the chain."""

    kind: str
    entry: int | None
    seal: int | None
    message: str


class Verdict(TypedDict):
    """The result of `verify`; `head` is the newest link of the chain, to be stored outside the database."""

    entries: int
    sealed: int
    intact: bool
    head: str
    faults: list[Fault]


def make_fault(kind: str, message: str, *, entry: int | None = None, seal: int | None = None) -> Fault:
    """Return a fault of an entry, of a seal, or of the chain."""
    return {"kind": kind, "entry": entry, "seal": seal, "message": message}


def verify(*, head: str = "") -> Verdict:
    """Check every sealed entry and the complete chain.

    The result lists entries that were changed, are missing, or were inserted where no transaction can still
    be open, and seals that were changed, removed or replaced, at most 1,000 faults. Entries that are not sealed
    yet are only counted. A person who can write the complete database can also write a new chain: to detect
    that, pass `head`, a link that was noted earlier outside the database.
    """
    faults = list(islice(find_faults(head), MAX_FAULTS))
    newest = Seal.objects.order_by("-id").values_list("chain", flat=True).first()
    return {
        "entries": Entry.objects.count(),
        "sealed": Seal.objects.aggregate(n=Sum("count"))["n"] or 0,
        "intact": not faults,
        "head": newest or "",
        "faults": faults,
    }


def find_faults(head: str) -> Iterator[Fault]:
    """Yield the faults of the seals in order, then the entries in closed gaps, then a missing head."""
    prev, floor, covered = "", 0, list[Range]()
    for number in list(Seal.objects.order_by("id").values_list("id", flat=True)):
        seal = Seal.objects.get(pk=number)
        if seal.prev != prev:
            yield make_fault("seal", f"seal {number} does not continue the seal before it", seal=number)
        try:
            yield from find_seal_faults(seal)
            covered += [(first, last) for first, last in seal.members]
        except (TypeError, ValueError, DigestUnavailable) as unreadable:
            yield make_fault("seal", f"seal {number} cannot be checked: {unreadable}", seal=number)
        prev, floor = seal.chain, max(floor, seal.floor_id)
    for gap_filter in build_id_filters(find_gaps(covered, LOWEST_ID, floor)):
        for number in Entry.objects.filter(gap_filter).order_by("id").values_list("id", flat=True):
            yield make_fault("inserted", f"entry {number} was put in after its time", entry=number)
    if head and not Seal.objects.filter(chain=head).exists():
        yield make_fault("head", "the given head is not in the chain: the chain was replaced or cut")


def find_seal_faults(seal: Seal) -> Iterator[Fault]:
    """Yield the faults of one seal and of its entries; raise ValueError or TypeError for an unreadable seal."""
    leaves = split_leaves(seal)
    size = sum(last - first + 1 for first, last in seal.members)
    if not 0 < size == seal.count == len(leaves):
        raise ValueError("it lists another number of entries than it counts")
    if compute_root(seal.algorithm, leaves).hex() != seal.root or seal.compute_link() != seal.chain:
        yield make_fault("seal", f"seal {seal.pk} was changed", seal=seal.pk)
    leaves_now = dict(read_leaves(seal))
    for entry_id, leaf in zip(list_member_ids(seal), leaves, strict=True):
        if entry_id not in leaves_now:
            yield make_fault("missing", f"entry {entry_id} is missing", entry=entry_id, seal=seal.pk)
        elif leaves_now[entry_id] != leaf:
            yield make_fault("changed", f"entry {entry_id} was changed", entry=entry_id, seal=seal.pk)


def split_leaves(seal: Seal) -> list[bytes]:
    """Return the stored leaves of a seal."""
    stored = bytes(seal.leaves)
    return [stored[start : start + LEAF_BYTES] for start in range(0, len(stored), LEAF_BYTES)]


def list_member_ids(seal: Seal) -> list[int]:
    """Return the ids that a seal lists, ascending."""
    return [number for first, last in seal.members for number in range(first, last + 1)]


def read_leaves(seal: Seal) -> Iterator[tuple[int, bytes]]:
    """Yield the id and the leaf of each entry of the seal as it is in the database now."""
    for member_filter in build_id_filters(seal.members):
        for row in Entry.objects.filter(member_filter).values_list(*SEALED_FIELDS).iterator(chunk_size=2000):
            yield row[0], hash_leaf(seal.algorithm, encode_entry(row))


def build_proof(entry_id: int) -> dict[str, Any]:
    """Return the proof that an entry was sealed, for `digest.check_proof`, as JSON values.

    Raise NotFoundError when the entry does not exist or is not sealed yet.
    """
    values = Entry.objects.filter(pk=entry_id).values_list(*SEALED_FIELDS).first()
    seal = next(
        (candidate for candidate in find_candidate_seals(entry_id) if entry_id in list_member_ids(candidate)),
        None,
    )
    if values is None or seal is None:
        raise NotFoundError(
            _("没有编号为 %(id)s 的已封存日志。") % {"id": entry_id},
            hint=_("请核对编号；刚写入的日志请在一分钟后再试，或运行 jiedao audit seal。"),
        )
    index = list_member_ids(seal).index(entry_id)
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


def find_candidate_seals(entry_id: int) -> Iterator[Seal]:
    """Yield the seals whose span includes the id, the most likely first."""
    spans = Seal.objects.filter(high_id__gte=entry_id, first_id__lte=entry_id, last_id__gte=entry_id)
    return spans.order_by("high_id", "id").iterator(chunk_size=4)
