"""What a sheet would do to a register, or has done."""

from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

# A sheet of a hundred thousand faults has one cause, not a hundred thousand.
MOST_ERRORS = 10_000
MOST_SAMPLES = 100


@dataclass(frozen=True)
class CellError:
    """A fault of a sheet; `cell` is its address, such as "C17", "" where it belongs to a whole row or the sheet."""

    row: int
    column: str
    cell: str
    reason: str

    def __str__(self) -> str:
        place = self.cell or _("第 %(row)d 行") % {"row": self.row}
        return f"{place}{f'“{self.column}”' if self.column else ''}：{self.reason}"


@dataclass(frozen=True)
class Change:
    """A record that a row changes: its code and the names of what differs."""

    row: int
    code: str
    fields: list[str]


@dataclass
class SheetAccount:
    """The account of a sheet. A register is taken whole: with one fault nothing is written.

    Attributes:
        read: rows that held something, header and example left out.
        created, changed: rows that add a record or change one, or would while nothing is written; 0 with a fault.
        existing: rows that say what is there already.
        refused: rows with a fault.  faults: faults in all; the first 10,000 stand in `errors`.
        changes: the first hundred records that change.
        written: whether it is in the database.
    """

    read: int = 0
    created: int = 0
    changed: int = 0
    existing: int = 0
    refused: int = 0
    faults: int = 0
    errors: list[CellError] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    sha256: str = ""
    written: bool = False

    def fault(self, row: int, column: str, cell: str, reason: str) -> None:
        """Note a fault."""
        self.faults += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(CellError(row, column, cell, reason))

    def change(self, row: int, code: str, fields: list[str]) -> None:
        """Count a row that changes a record."""
        self.changed += 1
        if len(self.changes) < MOST_SAMPLES:
            self.changes.append(Change(row, code, fields))

    @property
    def sound(self) -> bool:
        """Tell whether the sheet has no fault."""
        return self.faults == 0

    def counts(self) -> dict[str, int]:
        """Return the numbers."""
        return {
            name: getattr(self, name)
            for name in ("read", "created", "changed", "existing", "refused", "faults")
        }

    def as_json(self) -> dict[str, Any]:
        """Return the account as the command prints it."""
        return {
            **self.counts(),
            "written": self.written,
            "errors": [asdict(error) for error in sorted(self.errors, key=lambda one: one.row)],
            "changes": [asdict(change) for change in self.changes],
        }
