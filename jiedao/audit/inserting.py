"""The statements that insert entries, each with its authentication code.

The code binds the number of the entry, which the database assigns, so the statement makes it (`macs`).
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault

from jiedao.audit.fields import SEALED_FIELDS
from jiedao.audit.macs import compute_stamp, write_mac_sql

BATCH = 1000
JSON_FIELDS = ("before", "after")
_ARRAYS = {
    "id": "bigint",
    "at": "timestamptz",
    "user_id": "bigint",
    "post_id": "bigint",
    "object_id": "bigint",
}
# The newest number, also where an entry of the highest number was deleted or the sequence was set back.
NEXT_SQLITE_ID = (
    "(SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit_entry'), 0), "
    "coalesce((SELECT max(id) FROM audit_entry), 0)) + 1)"
)
NEXT_POSTGRES_ID = "nextval('audit_entry_id_seq')"


def _quote(names: Iterable[str], table: str = "") -> str:
    return ", ".join(f'{table}"{name}"' for name in names)


def _write_head(vendor: str) -> str:
    mac = write_mac_sql(vendor, stamp="e.stamp", entry="e.id", object_id="e.object_id")
    columns, values = _quote((*SEALED_FIELDS, "mac")), _quote(SEALED_FIELDS, "e.")
    return f"INSERT INTO audit_entry ({columns}) SELECT {values}, {mac}"


def _write_postgres() -> str:
    names = (*SEALED_FIELDS, "stamp")
    columns = ", ".join(
        f'u."{name}"' + ("::jsonb" if name in JSON_FIELDS else "") for name in names if name != "id"
    )
    arrays = ", ".join(f"%s::{_ARRAYS.get(name, 'text')}[]" for name in names)
    inner = (
        f"SELECT coalesce(u.id, {NEXT_POSTGRES_ID}), {columns} FROM unnest({arrays}) AS u({_quote(names)})"  # noqa: S608
    )
    return f"{_write_head('postgresql')} FROM ({inner}) AS e({_quote(names)})"


def _write_sqlite() -> str:
    columns = ", ".join(f'%s AS "{name}"' for name in (*SEALED_FIELDS, "stamp") if name != "id")
    return f"{_write_head('sqlite')} FROM (SELECT coalesce(%s, {NEXT_SQLITE_ID}) AS id, {columns}) AS e"


SQL = {"postgresql": _write_postgres(), "sqlite": _write_sqlite()}


def insert_entry(entry: Model) -> int:
    """Insert one entry and return its number: that of the object if it has one, else a new one."""
    values = _list_values(entry)
    bound = [[value] for value in values] if connection.vendor == "postgresql" else values
    with connection.cursor() as cursor:
        cursor.execute(f"{SQL[connection.vendor]} RETURNING id", bound)
        return int(cursor.fetchone()[0])


def insert_entries(entries: Sequence[Model]) -> None:
    """Insert many entries in one statement for each thousand; their numbers are not read back."""
    for start in range(0, len(entries), BATCH):
        rows = [_list_values(entry) for entry in entries[start : start + BATCH]]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(SQL["postgresql"], [list(column) for column in zip(*rows, strict=True)])
            else:
                cursor.executemany(SQL["sqlite"], rows)


def _list_values(entry: Model) -> list[Any]:
    """Return the values to bind, in the order of SEALED_FIELDS, and the stamp."""
    prepared: list[Any] = []
    plain: list[Any] = []
    for name in SEALED_FIELDS:
        field = entry._meta.get_field(name)
        value = getattr(entry, name)
        value = "" if isinstance(value, DatabaseDefault) else value
        if name in JSON_FIELDS:
            text = None if value is None else json.dumps(value, cls=DjangoJSONEncoder)
            prepared.append(text)
            plain.append(None if text is None else json.loads(text))
        else:
            clean = field.get_prep_value(value)  # type: ignore[union-attr]
            prepared.append(field.get_db_prep_save(clean, connection))  # type: ignore[union-attr]
            plain.append(clean)
    return [*prepared, compute_stamp(plain)]
