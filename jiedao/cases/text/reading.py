"""Read messages for grouping: the names that identify the place, and the rest of the wording, which is the cause."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from jiedao.cases.text.addresses import contains_name, is_other_name, is_part_of_other_name
from jiedao.cases.text.causes import find_classes
from jiedao.cases.text.names import (
    TAIL,
    KnownPlaces,
    Name,
    build_matcher,
    find_names,
    guess_names,
    keep_word_breaks,
)
from jiedao.cases.text.proximity import FAR, Point, compute_distance

MAX_CHARACTERS = 800  # of a detail: later pages repeat and digress
OPENING = 120
SUBJECT, EARLY, LATE = 1.0, 0.9, 0.6
SUBJECT_REPEAT = 3
COMMON_FROM = 3  # premises that share a name of no known place

_POLITE = re.compile(
    r"[a-z]?\d*[省市区县](?!民)|尊敬|您好|你好|书记|市长|局长|领导|谢谢|感谢|政府|部门|希望|请求|恳请|关于|投诉|反映|举报|咨询|"
    r"建议|小区|业主|居民|我们|\d+"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The content of one message.

    Attributes:
        names: every name in it, weighted by where it occurs.  main: the names in the subject.
        cause: the grams of the remaining text with their counts.  subject_grams: the grams of the subject.
        about: the broad classes.  class_in_subject: whether the subject states them.
    """

    names: dict[str, float]
    main: frozenset[str]
    cause: Counter[str]
    subject_grams: frozenset[str]
    about: frozenset[str]
    class_in_subject: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """All messages: subjects, names, readings, unit cause vectors (a sparse row for each message), points and kinds.

    A kind is the category that a message was registered under, "class.subclass"; empty until it is registered. A
    premise is the key of the known premise where it happened, or empty.
    """

    subjects: list[str]
    texts: list[str]
    names: dict[str, Name]
    readings: list[Reading]
    causes: sparse.csr_matrix
    points: list[Point | None]
    kinds: list[str]
    premises: list[str]


def read_corpus(
    subjects: Sequence[str],
    details: Sequence[str],
    points: Sequence[Point | None],
    kinds: Sequence[str],
    *,
    premises: Sequence[str] = (),
    known_places: Collection[str] = (),
) -> Corpus:
    """Read subjects and details into names and causes.

    Args:
        points, kinds, premises: of each message, None or "" where it has none; no premises at all may be given.
        known_places: the names of premises, roads and communities. A message whose premise is known takes no other
            names from its text, and a name that several premises share is a common word: 路段禁停线.
    """
    premises = premises or [""] * len(subjects)
    heads = [keep_word_breaks(subject) for subject in subjects]
    texts = [
        f"{head}  {keep_word_breaks(detail)[:MAX_CHARACTERS]}"
        for head, detail in zip(heads, details, strict=True)
    ]
    names = find_names(texts)
    known = KnownPlaces(known_places)
    if known_places:
        common = _find_common_words(names, known, texts, premises)
        names = {text: name for text, name in names.items() if text not in common}
    automaton = build_matcher(names)
    readings = []
    for head, text, premise in zip(heads, texts, premises, strict=True):
        hits = [(end + 1 - len(name), end + 1, name) for end, name in automaton.iter(text)] if names else []
        trusted = known if premise and known_places else None
        readings.append(_read_message(text, len(head), _keep_whole_names(text, hits), trusted))
    causes = _build_vectors([reading.cause for reading in readings])
    return Corpus(heads, texts, names, readings, causes, list(points), list(kinds), list(premises))


def _find_common_words(
    names: Collection[str], known: KnownPlaces, texts: Sequence[str], premises: Sequence[str]
) -> set[str]:
    """Return the names of no known place that occur in messages from three or more known premises."""
    automaton = build_matcher(names)
    holders: dict[str, set[str]] = defaultdict(set)
    for text, premise in zip(texts, premises, strict=True):
        for _end, name in automaton.iter(text) if premise and names else ():
            holders[name].add(premise)
    return {name for name, where in holders.items() if len(where) >= COMMON_FROM and name not in known}


def take_first(corpus: Corpus, count: int) -> Corpus:
    """Return the corpus of the first `count` messages, with the names and weights found in all of them."""
    return Corpus(
        corpus.subjects[:count],
        corpus.texts[:count],
        corpus.names,
        corpus.readings[:count],
        corpus.causes[:count],
        corpus.points[:count],
        corpus.kinds[:count],
        corpus.premises[:count],
    )


def _keep_whole_names(text: str, hits: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Leave out a name that is only the end of another one: 三号路 in 十三号路, 星河苑 in 新星河苑.

    The beginning of a longer name stays (碧水园 in 碧水园二期 is the same estate), and so does what follows a brand
    of two or more characters: 万科碧水园 is 碧水园 with its builder.
    """
    whole = []
    for start, end, name in hits:
        within = any(
            first == start - 1 and end <= last and is_other_name(name, longer) for first, last, longer in hits
        )
        if not within and not is_part_of_other_name(name, start, text):
            whole.append((start, end, name))
    return whole


def _read_message(
    text: str, head: int, hits: list[tuple[int, int, str]], known: KnownPlaces | None
) -> Reading:
    names: dict[str, float] = defaultdict(float)
    if known is not None:
        hits = [hit for hit in hits if hit[2] in known]
    mask = bytearray(len(text))
    for start, end, name in hits:
        where = SUBJECT if start < head else EARLY if start < head + OPENING else LATE
        names[name] = max(names[name], where)
        tail = TAIL.match(text, end)
        mask[start : tail.end() if tail else end] = b"\1" * ((tail.end() if tail else end) - start)
    rest = "".join(" " if mask[i] else char for i, char in enumerate(text))
    cause = Counter(_split_grams(rest[head:]))
    subject_grams = dict.fromkeys(_split_grams(rest[:head]))
    for gram in subject_grams:
        cause[gram] += SUBJECT_REPEAT
    guessed = {name for name in guess_names(text[:head]) if known is None or name in known}
    main = {name for name, weight in names.items() if weight == SUBJECT} | guessed
    subject_classes = find_classes(text[:head])
    about = subject_classes or find_classes(text[head : head + OPENING])
    return Reading(
        dict(names), frozenset(main), cause, frozenset(subject_grams), about, bool(subject_classes)
    )


def is_same_class(kind: str, other: str) -> bool:
    """Return whether two kinds are of one class."""
    return kind.partition(".")[0] == other.partition(".")[0]


def are_other_premises(corpus: Corpus, a: int, b: int) -> bool:
    """Return whether the premises of both messages are known and differ."""
    return bool(corpus.premises[a] and corpus.premises[b]) and corpus.premises[a] != corpus.premises[b]


def are_strangers(corpus: Corpus, a: int, b: int) -> bool:
    """Return whether two messages are certainly about different places.

    They are if their known premises differ, or their points are over 1 km apart; if both subjects name places and
    neither message mentions a main place of the other; or if they share only a stem that each continues differently
    (two estates of one builder).
    """
    if are_other_premises(corpus, a, b):
        return True
    point_a, point_b = corpus.points[a], corpus.points[b]
    if point_a and point_b and compute_distance(*point_a, *point_b) > FAR:
        return True
    places_a, places_b = corpus.readings[a].main, corpus.readings[b].main
    if not places_a or not places_b:
        return False
    if shared := places_a & places_b:
        continuations = [
            (_list_continuations(name, places_a), _list_continuations(name, places_b)) for name in shared
        ]
        return not any(after_a & after_b or "" in after_a | after_b for after_a, after_b in continuations)
    return not _mentions_any(corpus, b, places_a) and not _mentions_any(corpus, a, places_b)


def _mentions_any(corpus: Corpus, index: int, names: frozenset[str]) -> bool:
    """Return whether a message contains one of the names, other than within a longer name that it contains."""
    text, reading = corpus.texts[index], corpus.readings[index]
    return any(name in text and contains_name(text, name, (*reading.names, *reading.main)) for name in names)


def _list_continuations(name: str, names: frozenset[str]) -> set[str]:
    """List what follows a name in the longer ones: 碧水园南城 and 碧水园二期 give 南城 and ""."""
    rests = {longer.partition(name)[2] for longer in names if name in longer and name != longer}
    # The number on a road is the place, but the number of a building is only a part of the estate.
    numbered = name[-1] in "路街道巷"
    return (rests if numbered else {TAIL.sub("", rest, count=1) for rest in rests}) or {""}


def _split_grams(text: str) -> list[str]:
    clean = _POLITE.sub(" ", text)
    return [gram for gram in map("".join, pairwise(clean)) if " " not in gram]


def _build_vectors(causes: Sequence[Counter[str]]) -> sparse.csr_matrix:
    """Weight the cause grams by 1 + log count and log rarity, drop those that occur once, scale rows to length 1."""
    vocabulary: dict[str, int] = {}
    columns = [vocabulary.setdefault(gram, len(vocabulary)) for cause in causes for gram in cause]
    values = np.array([1 + math.log(count) for cause in causes for count in cause.values()], np.float32)
    starts = np.cumsum([0, *(len(cause) for cause in causes)])
    matrix = sparse.csr_matrix((values, columns, starts), shape=(len(causes), max(1, len(vocabulary))))
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rarity = np.where(counts > 1, np.log((len(causes) + 1) / np.maximum(counts, 1)), 0.0)
    matrix = (matrix @ sparse.diags(rarity)).tocsr()
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.maximum(lengths, 1e-9)) @ matrix).tocsr().astype(np.float32)
