"""Join groups of messages that comparing pairs left separate, and find what a group is about."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jiedao.cases.text.causes import find_classes
from jiedao.cases.text.reading import EARLY, OPENING, SUBJECT, Corpus, are_strangers

JOIN, JOIN_ALIKE = 0.22, 0.05
SURE_PLACE = 0.75
ADOPT, ADOPTER = 0.2, 10
# Complaints about lifts, fees or guards all mention the estate's management, so the class distinguishes little.
VAGUE_CLASSES = frozenset({"ESTATE"})

Floats = NDArray[np.float32]


def join_groups(corpus: Corpus, groups: list[list[int]]) -> list[list[int]]:
    """Join groups (single messages too) that share a leading name and whose cause centres agree, largest first.

    The centre of a large group is more reliable than any single message: it recognises a terse message that no pair
    matched, and it brings the two halves of one matter together.
    """
    groups = sorted((sorted(members) for members in groups), key=lambda members: (-len(members), members))
    leading = [find_leading_names(corpus, members) for members in groups]
    is_joined = [False] * len(groups)
    result = []
    by_name: dict[str, list[int]] = defaultdict(list)
    for number, names in enumerate(leading):
        for name in names:
            by_name[name].append(number)
    for number, members in enumerate(groups):
        if is_joined[number]:
            continue
        is_joined[number] = True
        all_members = list(members)
        if len(members) > 2:
            centre = _compute_centre(corpus, members)
            for other in sorted({o for name in leading[number] for o in by_name[name] if not is_joined[o]}):
                shared = set(leading[number]) & set(leading[other])
                pin = max(corpus.names[name].pin for name in shared)
                foreign = sum(are_strangers(corpus, groups[other][0], index) for index in members)
                if 2 * foreign <= len(members) and _is_same_matter(
                    corpus, members, centre, groups[other], pin
                ):
                    all_members += groups[other]
                    is_joined[other] = True
        result.append(sorted(all_members))
    return result


def adopt_placeless_messages(corpus: Corpus, groups: list[list[int]]) -> list[list[int]]:
    """Add each single message that names no place to the large group whose cause centre it agrees with."""
    large = [members for members in groups if len(members) >= ADOPTER]
    placeless = [
        m[0]
        for m in groups
        if len(m) == 1
        and not corpus.premises[m[0]]
        and not corpus.readings[m[0]].names
        and not corpus.readings[m[0]].main
    ]
    if not large or not placeless:
        return groups
    centres = np.array([_compute_centre(corpus, members) for members in large])
    nearness = corpus.causes[placeless] @ centres.T
    chosen = {i: int(row.argmax()) for i, row in zip(placeless, nearness, strict=True) if row.max() >= ADOPT}
    grown = [sorted(members + [i for i, k in chosen.items() if k == n]) for n, members in enumerate(large)]
    return grown + [m for m in groups if len(m) < ADOPTER and not (len(m) == 1 and m[0] in chosen)]


def _is_same_matter(corpus: Corpus, big: list[int], centre: Floats, small: list[int], pin: float) -> bool:
    """Compare the cause centres of two groups that share a name, more strictly if the name fits several places."""
    if _is_other_kind(corpus, big, small):
        return False
    agreement = float((corpus.causes[small] @ centre).sum()) / _compute_length(corpus, small)
    mentioned = Counter(code for index in big for code in corpus.readings[index].about)
    usual_classes = {code for code, count in mentioned.items() if 2 * count >= len(big)} - VAGUE_CLASSES
    classes_of_small = [
        corpus.readings[index].about | find_classes(corpus.texts[index][:OPENING]) for index in small
    ]
    if all(usual_classes & codes for codes in classes_of_small) and pin >= SURE_PLACE:
        return agreement >= JOIN_ALIKE
    other_thing = usual_classes and all(codes and not usual_classes & codes for codes in classes_of_small)
    return not other_thing and agreement >= JOIN / pin**2


def _is_other_kind(corpus: Corpus, big: Sequence[int], small: Sequence[int]) -> bool:
    """Return whether no message of the big group is registered under a kind of the small one."""
    small_kinds = {corpus.kinds[index] for index in small}
    return (
        "" not in small_kinds
        and not small_kinds & {corpus.kinds[index] for index in big}
        and any(corpus.kinds[index] for index in big)
    )


def find_leading_names(corpus: Corpus, members: Sequence[int]) -> list[str]:
    """List the names that half of the members contain (for one message: in its subject or opening), best first."""
    sums: dict[str, float] = defaultdict(float)
    for index in members:
        for name, weight in corpus.readings[index].names.items():
            sums[name] += weight if weight >= (EARLY if corpus.names[name].of_a_kind else SUBJECT) else 0
    half = [
        name for name, value in sums.items() if value >= 0.5 * len(members) and corpus.names[name].pin > 0.5
    ]
    return sorted(half, key=lambda name: (-sums[name] * corpus.names[name].pin, -len(name), name))


def find_central_member(corpus: Corpus, members: Sequence[int]) -> int:
    """Return the member whose wording is nearest to the group's, among those whose subject names the place."""
    leading = set(find_leading_names(corpus, members)[:3])
    named = [index for index in members if leading & corpus.readings[index].main] or list(members)
    nearness = corpus.causes[named] @ _compute_centre(corpus, members)
    return named[int(np.argmax(np.round(nearness, 5)))]


def _compute_centre(corpus: Corpus, members: Sequence[int]) -> Floats:
    centre = np.asarray(corpus.causes[list(members)].sum(axis=0), np.float32).ravel()
    return centre / max(float(np.linalg.norm(centre)), 1e-9)


def _compute_length(corpus: Corpus, members: Sequence[int]) -> float:
    """Return the length of the sum of the members' cause vectors; its direction is the centre."""
    total = corpus.causes[list(members)].sum(axis=0)
    return max(float(np.sqrt(np.square(total).sum())), 1e-9)
