"""Texts that every database keeps and every page, workbook and XML document shows."""

import re
from typing import Any

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def storable(text: str) -> str:
    """Return the text without control signs and lone surrogates; tabs and line breaks stay.

    PostgreSQL refuses NUL and surrogates, workbooks and XML refuse the other control signs.
    """
    if text.isprintable():  # nearly every text is, and that is quickly seen
        return text
    return _UNFIT.sub("", text)


def storable_all(value: Any) -> Any:
    """Return texts, and texts in lists and dictionaries, made storable; everything else as it is."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_all(one) for one in value]
    if isinstance(value, dict):
        return {storable(str(key)): storable_all(one) for key, one in value.items()}
    return value
