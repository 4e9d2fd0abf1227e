"""What protects persons in open data: blurred positions, and numbers that could be a phone or an identity number."""

import re

STEP = 0.005  # degrees: about 550 m from south to north, 510 m from west to east at 22 degrees north
MASK = "＊＊＊"

# Mobile and landline numbers, and identity numbers of 18 signs; longer runs of digits are masked as a whole, too.
_NUMBER = re.compile(
    r"(?<![\d.])(?:0\d{2,3}[- ]?)?\d{7,}[\dXx]?(?![\d.])|(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"
)


def blur_point(lon: float, lat: float) -> tuple[float, float]:
    """Return the centre of the square of 0.005 degrees in which a point lies.

    All points of a square get the same position, so that no number of downloads tells more than one does.
    """
    return _blur(lon), _blur(lat)


def _blur(degrees: float) -> float:
    return round((degrees // STEP + 0.5) * STEP, 4)


def mask_numbers(text: str) -> str:
    """Return a text in which numbers that could belong to a person are replaced by stars."""
    return _NUMBER.sub(MASK, text)
