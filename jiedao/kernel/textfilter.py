"""Search in tables too small for an index of their own: the words of a phrase in a few columns.

It follows the same rules as the full-text search: all words must occur, synonyms of the town count, a number is a word
(3号楼 is not in 13号楼), and a numeral that numbers a building is the same as digits.
"""

import re
from collections.abc import Sequence

from django.db.models import Q

from jiedao.kernel.folding import fold_width
from jiedao.kernel.numerals import NUMERALS, write_numbers, write_numerals
from jiedao.kernel.storable import make_storable
from jiedao.kernel.synonyms import expand_phrase

MOST_WORDS = 8


def build_text_filter(text: str, columns: Sequence[str]) -> Q:
    """Return the filter for rows in whose columns every word of the text occurs; it is empty without a word."""
    condition = Q()
    for forms in _list_words(text):
        word = Q()
        for form in forms:
            pattern = _write_pattern(form)
            for column in columns:
                word |= Q(**{f"{column}__iregex": pattern} if pattern else {f"{column}__icontains": form})
        condition &= word
    return condition


def contains_words(text: str, texts: Sequence[str]) -> bool:
    """Return whether every word of the text occurs in one of the texts; True without a word."""
    folded = [fold_width(other).lower() for other in texts]
    return all(
        any(re.search(_write_pattern(form) or re.escape(form), other) for form in forms for other in folded)
        for forms in _list_words(text)
    )


def _list_words(text: str) -> list[list[str]]:
    """Return the words of the text, each with the forms in which it may be written."""
    words = fold_width(make_storable(text)).split()[:MOST_WORDS]
    return [
        list(
            dict.fromkeys(
                form
                for phrase in expand_phrase(word)
                for form in (phrase, write_numbers(phrase), write_numerals(phrase))
            )
        )
        for word in words
    ]


def _write_pattern(form: str) -> str:
    """Return a pattern that does not begin or end within a longer number, "" for a form without a number there."""
    start = r"(^|[^0-9])" if form[0].isdecimal() else rf"(^|[^{NUMERALS}])" if form[0] in NUMERALS else ""
    end = r"($|[^0-9])" if form[-1].isdecimal() else ""
    return f"{start}{re.escape(form)}{end}" if start or end else ""
