"""Reading entries as they are stored, whatever a person has made of them."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import ExpressionWrapper, F, Q, TextField

from jiedao.audit.coverage import UNREADABLE
from jiedao.audit.fields import READ_FIELDS
from jiedao.audit.models import Entry, encode_entry

CHUNK = 2000  # entries of a statement
BEFORE, AFTER = READ_FIELDS.index("before"), READ_FIELDS.index("after")
# JSON as it is stored: Django would return a text that is no JSON, which SQLite can be made to store, as a JSON string.
COLUMNS = [
    ExpressionWrapper(F(name), TextField()) if name in {"before", "after"} else name for name in READ_FIELDS
]
Row = tuple[Any, ...]
Reading = tuple[int, Row | None, bytes]  # the id, the values and their canonical bytes


def read_entries(condition: Q) -> Iterator[tuple[int, Row | None]]:
    """Yield the id and the values of the entries in order of id; None for the values that cannot be read or encoded.

    The values are those of READ_FIELDS.
    """
    for number, row, _encoded in read_encoded(condition):
        yield number, row


def read_encoded(condition: Q) -> Iterator[Reading]:
    """Yield what `read_entries` does, each with its canonical bytes, which are empty for one that cannot be read."""
    entries = Entry.objects.filter(condition).order_by("id")
    chunk = _read_chunk(entries)
    while chunk:
        yield from chunk
        chunk = _read_chunk(entries.filter(id__gt=chunk[-1][0])) if len(chunk) == CHUNK else []


def _read_chunk(entries: Any) -> list[Reading]:
    try:
        return _encode_rows(list(entries.values_list(*COLUMNS)[:CHUNK]))
    except UNREADABLE:
        return [_read_entry(number) for number in entries.values_list("id", flat=True)[:CHUNK]]


def _read_entry(number: int) -> Reading:
    try:
        return _encode_rows([Entry.objects.values_list(*COLUMNS).get(pk=number)])[0]
    except (*UNREADABLE, Entry.DoesNotExist):
        return number, None, b""


def _encode_rows(stored: list[Row]) -> list[Reading]:
    """Return rows with their canonical bytes; raise one of UNREADABLE unless all of them can be encoded."""
    texts = {row[position] for row in stored for position in (BEFORE, AFTER)}  # most are equal to others
    values = {text: None if text is None else json.loads(text) for text in texts}
    rows = [(*row[:BEFORE], values[row[BEFORE]], values[row[AFTER]], *row[AFTER + 1 :]) for row in stored]
    return [(row[0], row, encode_entry(row)) for row in rows]
