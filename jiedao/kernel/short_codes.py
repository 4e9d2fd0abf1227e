"""Short codes that a person copies from paper or reads aloud, such as the follow-up code of a report."""

import secrets

from jiedao.kernel.folding import fold_key

# Letters and digits of which no two are mistaken for one another: neither 0 and O, nor 1, I and L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUP = 4
LONGEST_TYPED = 40  # characters, with what a person puts between the letters


def draw_code(length: int) -> str:
    """Return a new random code; each letter adds about 5 bits."""
    return "".join(secrets.choice(ALPHABET) for _position in range(length))


def derive_code(digest: bytes, length: int) -> str:
    """Return the code that belongs to a digest; the same digest has the same code."""
    number, letters = int.from_bytes(digest), ""
    for _position in range(length):
        number, index = divmod(number, len(ALPHABET))
        letters += ALPHABET[index]
    return letters


def format_code(code: str) -> str:
    """Return a code in groups of four: "7KQ2-M9PX-3FHD"."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_code(text: str) -> str:
    """Return the letters and digits of a code as a person typed it, "" for a text that is too long to be one.

    Upper and lower case, width, spaces, dashes and other punctuation make no difference. A sign that is not in the
    alphabet is not replaced: both of two signs that look alike are missing in it, so neither is meant.
    """
    if len(text) > LONGEST_TYPED:
        return ""
    return "".join(sign for sign in fold_key(text).upper() if sign.isalnum())
