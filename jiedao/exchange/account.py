"""What came of an import, row by row."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

# A file of two hundred thousand bad rows has one cause, not two hundred thousand.
MOST_ERRORS = 10_000


@dataclass(frozen=True)
class RowError:
    """A row that did not go in."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = _("第 %(row)d 行") % {"row": self.row}
        return f"{place}{f'“{self.column}”' if self.column else ''}：{self.reason}"


@dataclass
class Account:
    """The final account: `read` is the sum of `created`, `existing` and `refused`.

    Attributes:
        read: rows that held something, the header not counted.
        existing: rows whose message is there already; they were left as they are.
        refused: rows that did not go in; the first 10,000 stand in `errors`.
        notes: what the importer did with values it could not use, and how often.
        stopped: why the file was not read to its end; empty when it was.
    """

    read: int = 0
    created: int = 0
    existing: int = 0
    refused: int = 0
    errors: list[RowError] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Tell whether the file was read to its end and something of it is in."""
        return not self.stopped and (self.refused == 0 or self.created + self.existing > 0)

    def refuse(self, row: int, column: str, reason: str) -> None:
        """Note a row that did not go in."""
        self.refused += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(RowError(row, column, reason))

    def counts(self) -> dict[str, int]:
        """Return the four numbers."""
        return {
            "read": self.read,
            "created": self.created,
            "existing": self.existing,
            "refused": self.refused,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the account as the commands and the API print it."""
        return {
            **self.counts(),
            "errors": [vars(error) for error in sorted(self.errors, key=lambda error: error.row)],
            "notes": [{"text": text, "count": count} for text, count in self.notes.most_common()],
            "stopped": self.stopped,
        }
