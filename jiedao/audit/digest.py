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


class DigestUnavailable(RuntimeError):  # noqa: N818 (named for what the caller meets)
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


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC to the microsecond, 2026-11-23T01:02:03.000000+00:00."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def canonical(*parts: Any) -> bytes:
    """Return the one byte form of JSON values: an ASCII JSON list after FORMAT, keys sorted, no spaces."""
    text = json.dumps([FORMAT, *parts], ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text.encode()


def leaf_hash(algorithm: str, entry: bytes) -> bytes:
    """Return the leaf of an entry's canonical bytes."""
    return hash_bytes(algorithm, LEAF + entry)


def merkle_root(algorithm: str, leaves: Sequence[bytes]) -> bytes:
    """Return the root over at least one leaf; a node without a sister rises unchanged (RFC 6962)."""
    level = list(leaves)
    while len(level) > 1:
        level = next_level(algorithm, level)
    return level[0]


def next_level(algorithm: str, level: Sequence[bytes]) -> list[bytes]:
    """Return the nodes above a level."""
    pairs = range(0, len(level) - 1, 2)
    above = [hash_bytes(algorithm, NODE + level[place] + level[place + 1]) for place in pairs]
    return above + list(level[len(above) * 2 :])


def merkle_path(algorithm: str, leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the sisters from the leaf at `index` up to the root."""
    level, path = list(leaves), list[bytes]()
    while len(level) > 1:
        sister = index ^ 1
        if sister < len(level):
            path.append(level[sister])
        level, index = next_level(algorithm, level), index // 2
    return path


def root_of_path(algorithm: str, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf and its sisters lead to; raise ValueError for a path that does not fit."""
    if not 0 <= index < size:
        raise ValueError("the index is not in the tree")
    sisters, found = iter(path), leaf
    while size > 1:
        if index ^ 1 < size:
            sister = next(sisters, None)
            if sister is None:
                raise ValueError("the path is too short")
            left, right = (sister, found) if index % 2 else (found, sister)
            found = hash_bytes(algorithm, NODE + left + right)
        index, size = index // 2, (size + 1) // 2
    if next(sisters, None) is not None:
        raise ValueError("the path is too long")
    return found


def link_hash(
    algorithm: str, *, prev: str, root: str, at: str, floor_id: int, members: Sequence[Sequence[int]]
) -> bytes:
    """Return a seal's link: it binds the link before, the root, the moment and the ids that were sealed."""
    ranges = [list(pair) for pair in members]
    return hash_bytes(algorithm, LINK + canonical("seal", prev, root, at, floor_id, ranges))


def check_proof(proof: dict[str, Any]) -> bool:
    """Tell whether a proof holds: the entry leads to the root, and the root is bound in the seal's link.

    Compare the entry's text with what you were told, and the link ("chain") with one you got elsewhere.
    Raise DigestUnavailable when this machine lacks the digest.
    """
    try:
        algorithm, seal = proof["algorithm"], proof["seal"]
        leaf = leaf_hash(algorithm, proof["entry"].encode("ascii"))
        path = [bytes.fromhex(sister) for sister in proof["path"]]
        root = root_of_path(algorithm, leaf, proof["index"], proof["size"], path).hex()
        bound = {name: seal[name] for name in ("prev", "at", "floor_id", "members")}
        size = sum(last - first + 1 for first, last in seal["members"])
        link = link_hash(algorithm, root=root, **bound).hex()
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return bool(size == proof["size"] and link == seal["chain"])
