"""The account of an import: what a sheet would change in a register, or has changed."""

from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel.tables.passed_over import PassedOver

# A hundred thousand faults in one sheet have one cause; the first ones are enough to find it.
MOST_ERRORS = 10_000
MOST_SAMPLES = 100


@dataclass(frozen=True)
class CellError:
    """A fault in a sheet. `cell` is its address, such as "C17", or "" for a fault of a row or of the complete sheet."""

    row: int
    column: str
    cell: str
    reason: str

    def __str__(self) -> str:
        place = self.cell or _("第 %(row)d 行") % {"row": self.row}
        return f"{place}{f'“{self.column}”' if self.column else ''}：{self.reason}"


@dataclass(frozen=True)
class Change:
    """A record that a row changes: its code, and the names of the columns and fields that differ."""

    row: int
    code: str
    fields: list[str]


@dataclass
class SheetAccount:
    """The account of a sheet. Either every row is imported or, if there is any fault, none.

    Attributes:
        read: number of rows with content, without the header and the example row.
        created, changed: number of rows that add or change a record (or would, before writing); 0 with a fault.
        existing: number of rows that change nothing.
        refused: number of rows with a fault.
        faults: number of faults; `errors` holds the first 10,000.
        changes: the first hundred records that change.
        written: whether the rows have been written to the database.
        reasons: the faults of each refused row, for the sheet that is returned.
        passed_over: what the reader passed over in the file.
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
    reasons: dict[int, list[str]] = field(default_factory=dict)
    passed_over: PassedOver = field(default_factory=PassedOver)

    def fault(self, row: int, column: str, cell: str, reason: str) -> None:
        """Add a fault."""
        self.faults += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(CellError(row, column, cell, reason))
        self.reasons.setdefault(row, []).append(f"“{column}”：{reason}" if column else reason)

    def change(self, row: int, code: str, fields: list[str]) -> None:
        """Count a row that changes a record."""
        self.changed += 1
        if len(self.changes) < MOST_SAMPLES:
            self.changes.append(Change(row, code, fields))

    @property
    def sound(self) -> bool:
        """Return whether the sheet has no fault."""
        return self.faults == 0

    def counts(self) -> dict[str, int]:
        """Return the numbers without the lists."""
        return {
            name: getattr(self, name)
            for name in ("read", "created", "changed", "existing", "refused", "faults")
        }

    def as_json(self) -> dict[str, Any]:
        """Return the account as the command prints it."""
        return {
            **self.counts(),
            "written": self.written,
            "errors": [asdict(error) for error in sorted(self.errors, key=lambda error: error.row)],
            "changes": [asdict(change) for change in self.changes],
            "notes": [asdict(note) for note in self.passed_over.list_notes()],
            "passed_over": self.passed_over.as_json(),
        }
