"""Fold what cannot be seen or does not matter in a text: widths, invisible signs, the wrappers of spreadsheets.

Texts are folded to be compared: `fold_key` for keys, codes and names by which something is looked up (fold both
sides), `normalise_words` for the words of a text.
"""

import re
import unicodedata

_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
_NO_WORD = re.compile(r"[\W_]+")  # every character for which str.isalnum is false
# Signs of the category Cf (zero-width spaces, joiners, byte order mark, soft hyphen, marks of direction), and the
# variation selectors and fillers that are invisible too. Control characters are handled by `storable`.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63]")
_PLAIN = re.compile(r"[\w.:/-]*", re.ASCII)
_WRAPPED = re.compile(r'="(.*)"|=(.*)|"(.*)"|[\'`\u2018\u2019](.*)', re.DOTALL)


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


def drop_invisible(text: str) -> str:
    """Return the text without the signs that nobody can see: zero-width spaces, soft hyphens, byte order marks."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def fold_key(text: str) -> str:
    """Return the form in which keys and the names that serve as keys are compared; folding it again changes nothing.

    Width, invisible signs, spaces and the kind of a dash make no difference, nor does what a spreadsheet puts around
    a number to keep it a text: ="00012", "00012", '00012. Upper and lower case remain two things.
    """
    if _PLAIN.fullmatch(text):  # what nearly every number looks like
        return text
    folded = text
    while True:
        plain = "".join(_DASHES.sub("-", fold_width(drop_invisible(folded))).split())
        if match := _WRAPPED.fullmatch(plain):
            plain = next(part for part in match.groups() if part is not None)
        if plain == folded:
            return plain
        folded = plain


def normalise_words(text: str) -> str:
    """Reduce a text to its words: NFKC, lower case, letters and digits only (any script).

    Two texts that differ only in width, blanks or punctuation become equal.
    """
    return _NO_WORD.sub("", fold_width(text).lower())
