"""Group messages on one matter: the same place and the same cause. See docs/explanation/heat.md."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from jiedao.cases.text.joining import SURE_PLACE, adopt_placeless_messages, join_groups
from jiedao.cases.text.near import group_near_duplicates
from jiedao.cases.text.proximity import find_neighbours
from jiedao.cases.text.reading import SUBJECT, Corpus, are_other_premises, are_strangers, is_same_class
from jiedao.cases.text.topics import join_placeless_matters

SAME_CAUSE = 0.1  # messages on one matter agree by 0.05 to 0.16, others about the same place by 0.01
ALIKE, UNLIKE, UNASKED = 0.02, 0.15, 0.5
LINK = 0.3
STRANGERS = 0.25
VAGUE = 0.7  # a name of no known kind is certain only in the subject
CROWD = 3000  # messages whose distances are compared at once: 72 MB
MOST_SHARED = 400
MOST_REPEATED = 50  # a text repeated more often is linked only to this many of its next copies
MOST_PAIRS = 4_000_000

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def group_messages(corpus: Corpus) -> list[list[int]]:
    """Group the messages: average-link clusters of pairs that agree on place and cause, then joined by centre or topic.

    Every message is in exactly one group, possibly alone.
    """
    size = len(corpus.texts)
    first, second, place = _list_pairs(corpus)
    cause = _compute_cosines(corpus.causes, first, second)
    score = place * np.minimum(1.0, _adjust_by_class(corpus, first, second, place, cause) / SAME_CAUSE)
    links = sparse.csr_matrix((score, (first, second)), shape=(size, size))
    links = (links + links.T).tocsr()
    groups: list[list[int]] = []
    for members in _split_components(links, np.arange(size), LINK * 0.8):
        groups.extend(_cluster(links, members))
    groups = join_placeless_matters(corpus, adopt_placeless_messages(corpus, join_groups(corpus, groups)))
    return [part for members in groups for part in _split_by_premise(corpus, members)]


def _split_by_premise(corpus: Corpus, members: list[int]) -> list[list[int]]:
    """Split a group whose messages come from several known premises; the others stay with the most frequent one."""
    counts = Counter(premise for index in members if (premise := corpus.premises[index]))
    if len(counts) < 2:
        return [members]
    most = min(counts, key=lambda premise: (-counts[premise], premise))
    parts: dict[str, list[int]] = defaultdict(list)
    for index in members:
        parts[corpus.premises[index] or most].append(index)
    return list(parts.values())


def _list_pairs(corpus: Corpus) -> tuple[Ints, Ints, Floats]:
    """List the pairs that share a name, a point or nearly all of the text, with how far their places agree (0 to 1)."""
    size = len(corpus.texts)
    parts = _list_pairs_by_name(corpus)
    for pairs, weight in ((_list_repeated_texts(corpus.texts), 0.9), (find_neighbours(corpus.points), 0.8)):
        keys = np.array([a * size + b for a, b in pairs], np.int64)
        parts.append((keys, np.full(len(pairs), weight, np.float32)))
    keys, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((-weights, keys))
    keep = order[np.flatnonzero(np.diff(keys[order], prepend=-1))]
    first, second = np.divmod(keys[keep], size)
    weights = weights[keep]
    foreign = np.array(
        [are_strangers(corpus, a, b) for a, b in zip(first.tolist(), second.tolist(), strict=True)], bool
    )
    weights[foreign] *= STRANGERS
    other = [are_other_premises(corpus, a, b) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    weights[np.array(other, bool)] = 0
    return first, second, weights


def _list_pairs_by_name(corpus: Corpus) -> list[tuple[Ints, Floats]]:
    """List, for each name that is not too common, the pairs sharing it (a * size + b) and the strength of the link."""
    size = len(corpus.texts)
    holders: dict[str, list[int]] = defaultdict(list)
    for index, reading in enumerate(corpus.readings):
        for name in reading.names:
            holders[name].append(index)
    parts: list[tuple[Ints, Floats]] = []
    total = 0
    for name in sorted(holders, key=lambda item: (len(holders[item]), item)):
        where = np.array(holders[name])
        total += len(where) ** 2 // 2
        if len(where) > max(MOST_SHARED, size // 20) or total > MOST_PAIRS:
            break
        strength = np.array([corpus.readings[i].names[name] for i in where], np.float32)
        if not corpus.names[name].of_a_kind:
            strength[strength < SUBJECT] *= VAGUE
        a, b = np.triu_indices(len(where), 1)
        rarity = math.log(size / len(where)) / math.log(max(3, size) / 2)
        pin = corpus.names[name].pin * (0.4 + 0.6 * min(1.0, rarity))
        bond = np.float32(pin) * np.minimum(strength[a], strength[b])
        parts.append((where[a] * size + where[b], bond))
    return parts


def _list_repeated_texts(texts: Sequence[str]) -> list[tuple[int, int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for index, number in enumerate(group_near_duplicates(texts)):
        groups[number].append(index)
    return [
        (a, b)
        for members in groups.values()
        for i, a in enumerate(members)
        for b in members[i + 1 : i + 1 + MOST_REPEATED]
    ]


def _compute_cosines(vectors: sparse.csr_matrix, first: Ints, second: Ints) -> Floats:
    """Compute the cosine of each pair of rows, in blocks that keep memory small."""
    result = np.zeros(len(first), np.float32)
    for start in range(0, len(first), 20_000):
        block = slice(start, start + 20_000)
        product = vectors[first[block]].multiply(vectors[second[block]])
        result[block] = np.asarray(product.sum(axis=1)).ravel()
    return result


def _adjust_by_class(corpus: Corpus, first: Ints, second: Ints, place: Floats, cause: Floats) -> Floats:
    """Raise the agreement of pairs about the same class of thing, and lower that of pairs about different ones.

    The registered kinds decide if both have one; otherwise the classes of their words do.
    """
    result = cause.copy()
    about = [reading.about for reading in corpus.readings]
    class_in_subject = [reading.class_in_subject for reading in corpus.readings]
    subject_grams = [reading.subject_grams for reading in corpus.readings]
    for k, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        kind_a, kind_b = corpus.kinds[a], corpus.kinds[b]
        if kind_a and kind_b:
            if kind_a != kind_b:
                result[k] *= UNASKED if is_same_class(kind_a, kind_b) else UNLIKE
            elif place[k] >= SURE_PLACE:
                result[k] += ALIKE
        elif about[a] & about[b]:
            result[k] += (
                ALIKE if place[k] >= SURE_PLACE and class_in_subject[a] and class_in_subject[b] else 0
            )
        elif about[a] and about[b]:
            result[k] *= UNLIKE
        elif subject_grams[a] and subject_grams[b] and not subject_grams[a] & subject_grams[b]:
            result[k] *= UNASKED
    return result


def _split_components(links: sparse.csr_matrix, members: Ints, least: float) -> list[Ints]:
    """Split messages into components connected by links above `least`; split a crowd again by stronger links."""
    strong = links[members][:, members]
    strong = strong.multiply(strong > least).tocsr()
    strong.eliminate_zeros()
    _, component = connected_components(strong, directed=False)
    order = np.argsort(component, kind="stable")
    parts = [members[part] for part in np.split(order, np.flatnonzero(np.diff(component[order])) + 1)]
    result: list[Ints] = []
    for part in parts:
        split = len(part) > CROWD and least < 1
        result.extend(_split_components(links, part, least + 0.1) if split else [part])
    return result


def _cluster(links: sparse.csr_matrix, members: Ints) -> list[list[int]]:
    if len(members) < 2:
        return [members.tolist()]
    distance = np.clip(1 - links[members][:, members].toarray(), 0, 1)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    label = fcluster(tree, 1 - LINK, "distance")
    return [members[label == number].tolist() for number in np.unique(label)]
