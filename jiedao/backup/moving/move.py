"""A move of an office, and its result."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jiedao.backup.moving.digests import Steps
from jiedao.backup.moving.side import Side
from jiedao.backup.moving.tables import Table, TableDigest, list_tables


@dataclass
class Outcome:
    """The result of a move.

    Attributes:
        tables: rows and digest by table, equal on both sides.
        changed_rows: rows that the office changed while it was copied, replaced afterwards.
        still_seconds: how long nothing could be written.
        audit: the verdict on the audit chain of the copy, before the last step; what the last step adds is compared by
            the digests of its tables.
        missing_files: attachments that are not in JIEDAO_DATA, or have another length there.
    """

    tables: dict[str, TableDigest] = field(default_factory=dict)
    changed_rows: int = 0
    still_seconds: float = 0.0
    seconds: float = 0.0
    audit: dict[str, Any] = field(default_factory=dict)
    missing_files: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Return the number of rows of all tables."""
        return sum(digest.rows for digest in self.tables.values())


@dataclass(frozen=True)
class Move:
    """A move of an office.

    Attributes:
        url: of the target, with its password.
        office: the mark of the office's field key.
        folder: the new data folder, None where the office continues with its own.
    """

    source: Side
    target: Side
    url: str
    office: str
    steps: Steps
    folder: Path | None = None
    tables: list[Table] = field(default_factory=list_tables)
