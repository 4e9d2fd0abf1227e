"""Turn a message into numbers: hashed character 1- to 3-grams of the complete text, and separately of its beginning.

A gram is identified by a 64-bit hash, so that a model needs no list of strings; training and suggesting share this
code. A message becomes one array of hashes whose order implies the positions: first all single characters, then all
pairs, then all triples. The beginning is a prefix of the text, so its grams are among them.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LONGEST = 3
MAX_CHARACTERS = 1200  # of a detail: 94 of 100 messages are shorter, reading more improves nothing
OPENING = 60  # characters of the detail that count as the beginning, after the subject

_NOISE = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def normalise_for_counting(text: str) -> str:
    """Fold a text for counting: NFKC, lower case, every number as 0, one blank for whatever is no letter or digit."""
    return _NOISE.sub(" ", _DIGITS.sub("0", unicodedata.normalize("NFKC", text).lower()))


def join_subject_and_detail(subject: str, detail: str) -> tuple[str, int]:
    """Join subject and detail into the text to read; return it with the length of its beginning."""
    head = normalise_for_counting(subject[:MAX_CHARACTERS])
    text = f"{head} {normalise_for_counting(detail[:MAX_CHARACTERS])}"
    return text, min(len(text), len(head) + 1 + OPENING)


def compute_fingerprint(subject: str, detail: str) -> int:
    """Return a 64-bit number that identifies a text, whatever its blanks and punctuation."""
    text = normalise_for_counting(f"{subject} {detail}").replace(" ", "")
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def hash_grams(text: str) -> Hashes:
    """Hash all grams of a cleaned text of L characters: L singles, L-1 pairs, L-2 triples (none below 0)."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64) + np.uint64(1)
    singles = codes * _FACTORS[0]
    pairs = (singles[:-1] ^ codes[1:]) * _FACTORS[1]
    triples = (pairs[:-1] ^ codes[2:]) * _FACTORS[2]
    return np.concatenate((singles, pairs, triples))


def mark_beginning(length: int, head: int) -> NDArray[np.bool_]:
    """Mark the grams of a text of `length` characters that lie within its first `head` characters."""
    parts = []
    for width in range(1, LONGEST + 1):
        part = np.zeros(max(0, length - width + 1), np.bool_)
        part[: max(0, head - width + 1)] = True
        parts.append(part)
    return np.concatenate(parts)


def build_vocabulary(texts: Sequence[str], least: int) -> tuple[Hashes, Ints]:
    """Collect the grams that occur in at least `least` texts: sorted hashes, and the number of texts with each."""
    hashes, counts = np.empty(0, np.uint64), np.empty(0, np.int64)
    for start in range(0, len(texts), 2000):
        block = [np.unique(hash_grams(text)) for text in texts[start : start + 2000]]
        block_hashes, block_counts = np.unique(np.concatenate(block), return_counts=True)
        joined, place = np.unique(np.concatenate((hashes, block_hashes)), return_inverse=True)
        total = np.zeros(len(joined), np.int64)
        np.add.at(total, place, np.concatenate((counts, block_counts)))
        hashes, counts = joined, total
    keep = counts >= least
    return hashes[keep], counts[keep]


def find_indexes(vocabulary: Hashes, hashes: Hashes) -> Ints:
    """Return the index of each hash in the sorted vocabulary, -1 for an unknown one."""
    if not len(vocabulary):
        return np.full(len(hashes), -1, np.int64)
    index = np.searchsorted(vocabulary, hashes)
    index[index == len(vocabulary)] = 0
    index[vocabulary[index] != hashes] = -1
    return index


def weigh_grams(index: Ints, rarity: Floats) -> Floats:
    """Return the weight of each gram of one block, given by vocabulary indexes without -1.

    The n occurrences of a gram share a weight of (1 + log n) x rarity; the vector of the distinct grams is scaled
    to length 1.
    """
    order = np.argsort(index, kind="stable")
    ordered = index[order]
    edges = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1], [True])))
    number = np.diff(edges)
    times = np.empty(len(index), np.float32)
    times[order] = np.repeat(number, number)
    total = (1.0 + np.log(times)) * rarity[index]
    length = float(np.sqrt(np.sum(total * total / times))) or 1.0
    shares: Floats = total / (times * np.float32(length))
    return shares
