"""Fold full-width and other compatibility forms of a text, and reduce it to its words."""

import re
import unicodedata

_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
_NO_WORD = re.compile(r"[\W_]+")  # what str.isalnum refuses


def _half(sign: str) -> str:
    return " " if sign == "\u3000" else chr(ord(sign) - 0xFEE0)


def fold(text: str) -> str:
    """Return the text in NFKC, much faster than `unicodedata.normalize` on ordinary Chinese.

    Full-width punctuation is what keeps such a text from being NFKC already; once it is replaced, asking
    whether the rest is normalised costs next to nothing. NFKC decomposes sign by sign, so the result is the same.
    """
    half = text
    for sign in set(_FULL_WIDTH.findall(text)):  # a few distinct signs, each many times
        half = half.replace(sign, _half(sign))
    return half if unicodedata.is_normalized("NFKC", half) else unicodedata.normalize("NFKC", half)


def normalise(text: str) -> str:
    """Reduce a text to what its words are: NFKC, lower case, letters and digits only (any script).

    Full-width and half-width forms, blanks and punctuation no longer tell two texts apart.
    """
    return _NO_WORD.sub("", fold(text).lower())
