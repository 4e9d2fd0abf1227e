"""Fold full-width and other compatibility forms of a text, and reduce it to its words."""

import re
import unicodedata

_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
_NO_WORD = re.compile(r"[\W_]+")  # every character for which str.isalnum is false


def _to_half_width(sign: str) -> str:
    return " " if sign == "\u3000" else chr(ord(sign) - 0xFEE0)


def fold_width(text: str) -> str:
    """Return the text in NFKC, much faster than `unicodedata.normalize` does for ordinary Chinese.

    Such a text is in NFKC already except for its full-width punctuation. Once that is replaced, checking that the
    rest is normalised costs almost nothing. NFKC works character by character, so the result is the same.
    """
    half = text
    for sign in set(_FULL_WIDTH.findall(text)):  # a few distinct signs, each many times
        half = half.replace(sign, _to_half_width(sign))
    return half if unicodedata.is_normalized("NFKC", half) else unicodedata.normalize("NFKC", half)


def normalise_words(text: str) -> str:
    """Reduce a text to its words: NFKC, lower case, letters and digits only (any script).

    Two texts that differ only in width, blanks or punctuation become equal.
    """
    return _NO_WORD.sub("", fold_width(text).lower())
