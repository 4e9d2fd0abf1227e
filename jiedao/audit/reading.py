"""Reading entries as they are stored, whatever a person has made of them."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Q

from jiedao.audit.coverage import UNREADABLE
from jiedao.audit.fields import READ_FIELDS
from jiedao.audit.models import Entry, encode_entry

CHUNK = 2000  # entries of a statement
JSON_POSITIONS = [READ_FIELDS.index(name) for name in ("before", "after")]
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
        return [(row[0], row, _encode_row(row)) for row in entries.values_list(*READ_FIELDS)[:CHUNK]]
    except UNREADABLE:
        return [_read_entry(number) for number in entries.values_list("id", flat=True)[:CHUNK]]


def _read_entry(number: int) -> Reading:
    try:
        row = Entry.objects.values_list(*READ_FIELDS).get(pk=number)
        return number, row, _encode_row(row)
    except (*UNREADABLE, Entry.DoesNotExist):
        return number, None, b""


def _encode_row(row: Row) -> bytes:
    """Return the canonical bytes of the values; raise one of UNREADABLE unless they can be encoded.

    Django returns a stored text that is no JSON as if it were a JSON string, which SQLite can be made to store.
    """
    if connection.vendor == "sqlite" and any(isinstance(row[position], str) for position in JSON_POSITIONS):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT json_valid(coalesce(before, 'null')) AND json_valid(coalesce(after, 'null')) "
                "FROM audit_entry WHERE id = %s",
                [row[0]],
            )
            if cursor.fetchone() != (1,):
                raise ValueError("no JSON")
    return encode_entry(row)
