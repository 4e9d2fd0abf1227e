"""The tables of an office, and the values of their columns in one form for all databases."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import orjson
from django.apps import apps
from django.db.models import Field, ForeignKey

WIDTH = 10_000  # numbers of rows of one part: rows are read, compared and replaced by parts
_EXPONENT = re.compile(r"\d[eE][+-]?\d|-0\.0")
_KINDS = {
    "BooleanField": "bool",
    "FloatField": "float",
    "DecimalField": "decimal",
    "JSONField": "json",
    "DateTimeField": "datetime",
    "DateField": "date",
    "TimeField": "time",
    "UUIDField": "uuid",
    "BinaryField": "bytes",
    "GenericIPAddressField": "address",
}
_NUMBERS = re.compile(r"Integer|Auto")

Row = tuple[Any, ...]
Part = tuple[int, bytes]  # the number of rows of a part, and their digest
NO_ROWS: Part = (0, b"")


@dataclass(frozen=True)
class Column:
    """A column and the kind of its values; `places` are the decimals of a decimal number."""

    name: str
    kind: str
    places: int = 0


@dataclass(frozen=True)
class Table:
    """A table with one column as its key, which is the first of its columns.

    Attributes:
        has_numbers: whether the key is a number. Other tables are small and are one part.
        generated: columns that the database computes, which cannot be written.
        texts: of a table of search rows, the table and the columns that its tokens are made from.
    """

    name: str
    columns: tuple[Column, ...]
    has_numbers: bool = True
    generated: frozenset[str] = frozenset()
    texts: tuple[str, tuple[str, ...]] | None = None

    @property
    def key(self) -> str:
        """Return the name of the key."""
        return self.columns[0].name


@dataclass
class TableDigest:
    """Rows and digest of each part of a table.

    Attributes:
        long_rows: keys of rows that may change without a trace in `sqlite_changes.list_changed_rowids`.
    """

    parts: dict[int, Part] = field(default_factory=dict)
    long_rows: set[Any] = field(default_factory=set)

    def replace_part(self, number: int, part: Part) -> None:
        """Replace a part; one without rows is none."""
        self.parts[number] = part
        if part == NO_ROWS:
            del self.parts[number]

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return sum(rows for rows, _digest in self.parts.values())

    @property
    def hex(self) -> str:
        """Return the digest of the complete table."""
        total = hashlib.blake2b(digest_size=16)
        for number, (_rows, digest) in sorted(self.parts.items()):
            total.update(number.to_bytes(8, "big", signed=True) + digest)
        return total.hexdigest()


SEARCH_TABLES = {
    "cases_searchrow": ("case_id", "cases_case", ("subject", "place_text", "detail")),
    "registers_searchrow": ("record_id", "registers_record", ("code", "name", "place_text")),
}


def list_tables() -> list[Table]:
    """Return all tables that an office of this version has: those of the models, of the search and of migrations."""
    tables = [_describe_model(model) for model in _list_models()]
    migrations = [Column("id", "int"), Column("app", "text"), Column("name", "text")]
    tables.append(Table("django_migrations", (*migrations, Column("applied", "datetime"))))
    for name, (key, source, texts) in SEARCH_TABLES.items():
        tables.append(Table(name, (Column(key, "int"), Column("tokens", "tokens")), texts=(source, texts)))
    return tables


def _list_models() -> Iterator[Any]:
    seen = set()
    for model in apps.get_models(include_auto_created=True):
        name = model._meta.db_table
        if model._meta.managed and not model._meta.proxy and name not in seen:
            seen.add(name)
            yield model


def _describe_model(model: Any) -> Table:
    key = model._meta.pk
    fields = [key, *(own for own in model._meta.local_concrete_fields if own is not key)]
    columns = tuple(_describe_field(own) for own in fields if not own.generated)
    generated = frozenset(str(own.column) for own in fields if own.generated)
    return Table(model._meta.db_table, columns, columns[0].kind == "int", generated)


def _describe_field(own: "Field[Any, Any]") -> Column:
    target: Any = own
    while isinstance(target, ForeignKey):
        target = target.target_field
    name = target.get_internal_type()
    kind = "int" if _NUMBERS.search(name) else _KINDS.get(name, "text")
    return Column(str(own.column), kind, getattr(target, "decimal_places", 0) or 0)


# Values in one form: what orjson writes in one way for every database.


def canonicalize(table: Table, rows: Sequence[Row], converters: dict[str, Callable[..., Any]]) -> list[Any]:
    """Return the columns of rows, each with its values in the form that is the same for all databases.

    Args:
        converters: for each kind whose values the driver returns in another form, the function of one value.
    """
    columns: list[Any] = list(zip(*rows, strict=True)) or [() for _column in table.columns]
    for number, column in enumerate(table.columns):
        if column.kind == "decimal":
            columns[number] = [format_decimal(value, column.places) for value in columns[number]]
        elif column.kind == "json":  # most texts are equal to others, such as "{}"
            known = {text: None if text is None else read_json(text) for text in set(columns[number])}
            columns[number] = [known[text] for text in columns[number]]
        elif convert := converters.get(column.kind):
            columns[number] = [None if value is None else convert(value) for value in columns[number]]
    return columns


def hash_columns(columns: Sequence[Any]) -> bytes:
    """Return the digest of rows, which are sorted by their key, by their columns in canonical form."""
    data = orjson.dumps(columns, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS)
    return hashlib.blake2b(data, digest_size=16).digest()


def format_decimal(value: Any, places: int) -> str | None:
    """Return a decimal number with all of its places, however a database stores it."""
    return None if value is None else f"{Decimal(str(value)):.{places}f}"


def read_datetime(text: str) -> datetime:
    """Return the moment of a text of SQLite, as UTC without a time zone."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def read_json(text: str) -> list[Any]:
    """Return a JSON value in a list, by which the value null differs from no value.

    PostgreSQL stores numbers as decimal digits: 1e16 and 10000000000000000 are one number.
    """
    value = orjson.loads(text)
    return [fold_numbers(value) if _EXPONENT.search(text) else value]


def write_json(value: list[Any]) -> str:
    """Return the text of a value of `read_json`, as Django writes it."""
    return json.dumps(value[0])


def fold_numbers(value: Any) -> Any:
    """Return the value with large whole numbers in floating point as integers, and without a negative zero."""
    if isinstance(value, float):
        return int(value) if abs(value) >= 1e16 and abs(value) < 2**63 else value + 0.0
    if isinstance(value, list):
        return [fold_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: fold_numbers(item) for key, item in value.items()}
    return value


def sort_tokens(tokens: str) -> list[str]:
    """Return the distinct tokens of a search row."""
    return sorted(set(tokens.split()))


FROM_SQLITE: dict[str, Callable[..., Any]] = {
    "bool": bool,
    "datetime": read_datetime,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "bytes": bytes.hex,
    "tokens": sort_tokens,
}
FROM_POSTGRESQL: dict[str, Callable[..., Any]] = {"bytes": bytes.hex, "tokens": sorted}
# From the canonical form to what Django stores in SQLite.
TO_SQLITE: dict[str, Callable[..., Any]] = {
    "bool": int,
    "json": write_json,
    "datetime": lambda moment: moment.isoformat(" "),
    "date": date.isoformat,
    "time": time.isoformat,
    "bytes": bytes.fromhex,
    "tokens": " ".join,
}
# To a text that PostgreSQL reads.
TO_POSTGRESQL: dict[str, Callable[..., Any]] = {
    "json": write_json,
    "datetime": lambda moment: moment.isoformat(" ") + "+00",
    "bytes": lambda text: "\\x" + text,
    "tokens": lambda tokens: " ".join(f"'{token}'" for token in tokens),
}
