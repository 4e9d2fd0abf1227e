"""Cleaning texts so that every database can store them and every page, workbook and XML document can show them."""

import re
from typing import Any

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def make_storable(text: str) -> str:
    """Return the text without control characters, marks of direction and lone surrogates; tabs and line breaks stay.

    PostgreSQL refuses NUL and surrogates; workbooks and XML refuse the other control characters. Marks of direction
    make a text appear in another order than it has: a file name or an amount that reads as something else.
    """
    if text.isprintable():  # a fast check that nearly every text passes
        return text
    return _FORBIDDEN.sub("", text)


def make_all_storable(value: Any) -> Any:
    """Return the value with all texts in it, also in lists and dictionaries, made storable."""
    if isinstance(value, str):
        return make_storable(value)
    if isinstance(value, list):
        return [make_all_storable(item) for item in value]
    if isinstance(value, dict):
        return {make_storable(str(key)): make_all_storable(item) for key, item in value.items()}
    return value
