"""Digests, Merkle trees and proofs, from the standard library alone, so that anybody can check a proof.

Trees are those of RFC 6962, section 2.1: a leaf is H(0x00 || bytes), a node H(0x01 || left || right), split
at the largest power of two below the number of leaves. A seal's link in the chain is H(0x02 || its
canonical bytes).
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

FORMAT = "jiedao.audit/1"
ALGORITHMS = ("sha256", "sm3")
LEAF, NODE, LINK = b"\x00", b"\x01", b"\x02"
Range = tuple[int, int]
_ENCODER = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"))


class DigestUnavailable(RuntimeError):  # noqa: N818 (it names a state, as the callers' messages do)
    """The digest is unknown, or this Python's OpenSSL lacks it."""


def hash_bytes(algorithm: str, data: bytes) -> bytes:
    """Return the digest, 32 bytes, of "sha256" or "sm3"; raise DigestUnavailable."""
    if algorithm == "sha256":
        return hashlib.sha256(data).digest()
    if algorithm not in ALGORITHMS:
        raise DigestUnavailable(f"unknown digest {algorithm!r}; use one of: {', '.join(ALGORITHMS)}")
    try:
        return hashlib.new(algorithm, data).digest()
    except ValueError as fault:
        raise DigestUnavailable(
            f"the digest {algorithm!r} is not in this Python's OpenSSL; use sha256 or an OpenSSL with SM3"
        ) from fault


def format_moment(moment: datetime) -> str:
    """Return a moment in UTC to the microsecond, such as 2026-11-23T01:02:03.000000+00:00."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def encode_canonically(*parts: Any) -> bytes:
    """Return the only byte form of JSON values: an ASCII JSON list that begins with FORMAT, keys sorted, no spaces."""
    return _ENCODER.encode([FORMAT, *parts]).encode()


def hash_leaf(algorithm: str, entry: bytes) -> bytes:
    """Return the leaf hash of an entry's canonical bytes."""
    return hash_bytes(algorithm, LEAF + entry)


def compute_root(algorithm: str, leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle root over at least one leaf; a node without a sibling rises unchanged (RFC 6962)."""
    level = list(leaves)
    while len(level) > 1:
        level = compute_next_level(algorithm, level)
    return level[0]


def compute_next_level(algorithm: str, level: Sequence[bytes]) -> list[bytes]:
    """Return the nodes of the level above."""
    pairs = range(0, len(level) - 1, 2)
    above = [hash_bytes(algorithm, NODE + level[index] + level[index + 1]) for index in pairs]
    return above + list(level[len(above) * 2 :])


def compute_path(algorithm: str, leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the siblings on the way from the leaf at `index` to the root."""
    level, path = list(leaves), list[bytes]()
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level, index = compute_next_level(algorithm, level), index // 2
    return path


def compute_root_from_path(
    algorithm: str, leaf: bytes, index: int, size: int, path: Sequence[bytes]
) -> bytes:
    """Return the root that a leaf and its siblings lead to; raise ValueError when the path does not fit the tree."""
    if not 0 <= index < size:
        raise ValueError("the index is not in the tree")
    siblings, node = iter(path), leaf
    while size > 1:
        if index ^ 1 < size:
            sibling = next(siblings, None)
            if sibling is None:
                raise ValueError("the path is too short")
            left, right = (sibling, node) if index % 2 else (node, sibling)
            node = hash_bytes(algorithm, NODE + left + right)
        index, size = index // 2, (size + 1) // 2
    if next(siblings, None) is not None:
        raise ValueError("the path is too long")
    return node


def hash_link(
    algorithm: str, *, prev: str, root: str, at: str, floor_id: int, members: Sequence[Sequence[int]]
) -> bytes:
    """Return the link of a seal, which binds the link before it, the root, the moment and the sealed ids."""
    ranges = [list(pair) for pair in members]
    return hash_bytes(algorithm, LINK + encode_canonically("seal", prev, root, at, floor_id, ranges))


def check_proof(proof: dict[str, Any]) -> bool:
    """Return whether a proof holds: the entry leads to the root, and the seal's link binds the root.

    The caller still has to compare the entry's text with the claim, and the link ("chain") with a link from another
    source. Raise DigestUnavailable when this machine lacks the digest.
    """
    try:
        algorithm, seal = proof["algorithm"], proof["seal"]
        leaf = hash_leaf(algorithm, proof["entry"].encode("ascii"))
        path = [bytes.fromhex(sibling) for sibling in proof["path"]]
        root = compute_root_from_path(algorithm, leaf, proof["index"], proof["size"], path).hex()
        seal_fields = {name: seal[name] for name in ("prev", "at", "floor_id", "members")}
        size = sum(last - first + 1 for first, last in seal["members"])
        link = hash_link(algorithm, root=root, **seal_fields).hex()
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return bool(size == proof["size"] and link == seal["chain"])
