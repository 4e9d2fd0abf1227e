"""The result of an import, with the errors by row."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from jiedao.exchange.doubles import Doubles
from jiedao.kernel.tables.passed_over import Note, PassedOver

# When a file has 200,000 bad rows, they have one cause, which the first errors show.
MAX_ERRORS = 10_000


@dataclass(frozen=True)
class RowError:
    """A row that was not imported."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        prefix = _("第 %(row)d 行") % {"row": self.row}
        return f"{prefix}{f'“{self.column}”' if self.column else ''}：{self.reason}"


@dataclass
class Foresight:
    """What a check foresees of the cases that would be new: where their categories and places would come from."""

    given: int = 0  # categories of the file
    suggested: int = 0
    no_category: int = 0
    placed: int = 0  # in an area
    outside: int = 0
    no_place: int = 0


@dataclass
class Account:
    """The account of an import: `read` is the sum of `created`, `existing` and `refused`.

    Attributes:
        read: rows that are not empty, without the header.
        existing: rows whose message was imported before; their cases are left unchanged.
        refused: rows that were not imported; `errors` lists the first 10,000.
        answered: of the existing, those whose open case a reply or an end in the file has closed.
        left_open: rows whose reply or end did not close their open case, with the number of the case in `column`; the
            first 10,000.
        notes: what the import did with values that it could not use, and how often.
        stopped: why the file was not read to its end; empty when it was.
        reasons: the reason by row of every refused row, for the sheet that is returned.
        passed_over: what the reader passed over in the file.
        doubles: rows that are cases already, from another source.
        foresight: of a check alone, None of an import.
        import_id: the `MessageImport`, None of a check.
    """

    read: int = 0
    created: int = 0
    existing: int = 0
    refused: int = 0
    errors: list[RowError] = field(default_factory=list)
    answered: int = 0
    left_open: list[RowError] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    stopped: str = ""
    reasons: dict[int, list[str]] = field(default_factory=dict)
    passed_over: PassedOver = field(default_factory=PassedOver)
    doubles: Doubles = field(default_factory=Doubles)
    foresight: Foresight | None = None
    import_id: int | None = None

    @property
    def complete(self) -> bool:
        """Return whether the file was read to its end and not all of its rows were refused."""
        return not self.stopped and (self.refused == 0 or self.created + self.existing > 0)

    def refuse(self, row: int, column: str, reason: str) -> None:
        """Count a row that was not imported."""
        self.refused += 1
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(RowError(row, column, reason))
        self.reasons.setdefault(row, []).append(f"“{column}”：{reason}" if column else reason)

    def leave_open(self, row: int, number: str, reason: str) -> None:
        """Name a case that the reply or the end in the file did not close."""
        if len(self.left_open) < MAX_ERRORS:
            self.left_open.append(RowError(row, number, reason))

    def list_notes(self) -> list[Note]:
        """Return what the reader passed over, then the other notes, the most frequent first."""
        return [
            *self.passed_over.list_notes(),
            *(Note(text, count) for text, count in self.notes.most_common()),
        ]

    def counts(self) -> dict[str, int]:
        """Return the four counts by name."""
        return {
            "read": self.read,
            "created": self.created,
            "existing": self.existing,
            "refused": self.refused,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the account as the commands print it."""
        return {
            **self.counts(),
            "errors": [vars(error) for error in sorted(self.errors, key=lambda error: error.row)],
            "notes": [{"text": note.text, "count": note.count} for note in self.list_notes()],
            "stopped": self.stopped,
            "passed_over": self.passed_over.as_json(),
            "answered": self.answered,
            "left_open": [vars(row) for row in self.left_open],
            "doubles": self.doubles.as_json(),
            "foresight": vars(self.foresight) if self.foresight is not None else None,
            "import": self.import_id,
        }
