"""Suggest a category by the keywords of the pack, until a model has been trained."""

import math
from collections import defaultdict
from collections.abc import Iterable

import ahocorasick

from jiedao.cases.text.suggestion import Suggestion
from jiedao.kernel.folding import normalise_words

MAX_WORDS = 4
SUBJECT_WEIGHT = 2.0
DOUBT = 4.0  # the score at which a lone category is believed by half


class KeywordSuggester:
    """Find all keywords of all categories in one pass (Aho-Corasick) and weigh them by length and rarity.

    A keyword that occurs scores its length times log(1 + categories / categories that list it), doubled if it is in
    the subject, and only once however often it is repeated. A keyword inside a longer one at the same place does not
    count. The confidence is the score divided by the sum of all scores plus a constant: it orders suggestions and is
    not a probability.
    """

    def __init__(self, categories: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Take (code, keywords) pairs; skip a keyword that is empty after normalising."""
        owners: dict[str, dict[str, str]] = defaultdict(dict)
        codes = set()
        for code, keywords in categories:
            codes.add(code)
            for keyword in keywords:
                if clean := normalise_words(keyword):
                    owners[clean].setdefault(code, keyword.strip())
        self._automaton = ahocorasick.Automaton()
        for clean, by_code in owners.items():
            weight = len(clean) * math.log(1 + len(codes) / len(by_code))
            self._automaton.add_word(clean, (clean, weight, tuple(by_code.items())))
        self._empty = not owners
        self._automaton.make_automaton()

    def suggest(self, subject: str, detail: str, top: int = 3) -> list[Suggestion]:
        """Return at most `top` categories, best first, ties by code; none if no keyword occurs."""
        if self._empty:
            return []
        scores: dict[str, float] = defaultdict(float)
        words: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for weight, by_code in self._find_keywords(normalise_words(subject), normalise_words(detail)):
            for code, keyword in by_code:
                scores[code] += weight
                words[code].append((weight, keyword))
        total = sum(scores.values()) + DOUBT
        best = sorted(scores, key=lambda code: (-scores[code], code))[:top]
        return [
            Suggestion(
                code,
                scores[code] / total,
                [word for _, word in sorted(words[code], key=lambda item: (-item[0], item[1]))[:MAX_WORDS]],
            )
            for code in best
        ]

    def _find_keywords(self, subject: str, detail: str) -> list[tuple[float, tuple[tuple[str, str], ...]]]:
        """List (weight, owners) of each distinct keyword outside longer ones; the subject takes precedence."""
        hits: dict[str, tuple[float, tuple[tuple[str, str], ...]]] = {}
        for text, factor in ((subject, SUBJECT_WEIGHT), (detail, 1.0)):
            spans = [(end + 1 - len(hit[0]), end + 1, hit) for end, hit in self._automaton.iter(text)]
            reach = 0
            for start, end, (clean, weight, by_code) in sorted(spans, key=lambda span: (span[0], -span[1])):
                if end <= reach and start >= 0:
                    continue
                reach = end
                hits.setdefault(clean, (weight * factor, by_code))
        return list(hits.values())
