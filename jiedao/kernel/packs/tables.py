"""What a file of a pack may contain: its tables, and the columns of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.utils.functional import Promise


class Kind(Enum):
    """The kind of a value."""

    TEXT = auto()
    TEXTS = auto()  # a list
    KEYS = auto()  # a list of codes; in a CSV file or a map one cell, with spaces between the codes
    BOOL = auto()
    INT = auto()
    NUMBER = auto()
    DATE = auto()
    LIMIT = auto()  # stored as its text, such as "4wh"
    LIMITS = auto()  # a table by stage; `choices` are the stages
    NAMES = auto()  # a table: code -> (name, English name)
    NUMBERS = auto()  # a table: code -> number
    ANY = auto()  # not checked here


class Shape(Enum):
    """How a table is written."""

    ONE = "one"  # [name], at most once
    MANY = "many"  # [[name]], or the lines of a CSV file, or the features of a map
    MAP = "map"  # [name] with free keys: rows with `code` and `value`


@dataclass(frozen=True)
class Column:
    """One key of a table, or one column of a CSV file.

    Attributes:
        least, most: bounds of a number. `most` is also the greatest length of a text, unlimited where it is None.
        digits: most decimals of a number, which is then read as a Decimal: 35.42 is not 35.4200000001.
        default: the value of a row without this column; for the kind TEXT, None means an empty text.
        hint: the hint of the fault when the value is wrong or missing: what to write, lazily translated.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    digits: int | None = None
    default: Any = None
    hint: str | Promise = ""

    @property
    def empty(self) -> Any:
        """The value of a row without this column."""
        return "" if self.default is None and self.kind is Kind.TEXT else self.default


def require_field(
    name: str, kind: Kind = Kind.TEXT, most: float | None = None, hint: str | Promise = ""
) -> Column:
    """Return a column that every row must fill."""
    return Column(name, kind, required=True, most=most, hint=hint)


WAS = Column("was", Kind.KEYS)  # the codes that a row had before: see `successions`


@dataclass(frozen=True)
class Table:
    """The columns of a table."""

    columns: tuple[Column, ...]
    shape: Shape = Shape.MANY


@dataclass(frozen=True)
class FileSpec:
    """One file of a pack, or with a name such as "registers/*.toml" a folder of files with the same tables.

    The name of the single table of a CSV or GeoJSON file is "".
    """

    name: str
    tables: Mapping[str, Table]
    required: bool = True

    @property
    def is_folder(self) -> bool:
        """Return whether the spec describes every file of a folder."""
        return "*" in self.name
