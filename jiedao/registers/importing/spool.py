"""Checked rows that wait to be written, in a temporary file. Personal values in it are encrypted already."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import orjson

from jiedao.registers.bulk import STATE_COLUMNS


@dataclass(frozen=True)
class SpooledRow:
    """A row as it will be stored.

    Attributes:
        state: the values of `bulk.STATE_COLUMNS`, in order; JSON as text, dates as ISO text.
        record_id, version: of the record that the row changes; 0 for a new record.
        before, after: the values of the audit entry of a change.
    """

    state: list[Any]
    record_id: int = 0
    version: int = 0
    before: Any = None
    after: Any = None


def to_state(columns: Mapping[str, Any]) -> list[Any]:
    """Return the columns of a record in the order of `STATE_COLUMNS`, JSON as text; missing columns are None."""
    state = [columns.get(name) for name in STATE_COLUMNS]
    for position in JSON_POSITIONS:
        state[position] = orjson.dumps(state[position]).decode()
    return state


JSON_POSITIONS = tuple(STATE_COLUMNS.index(name) for name in ("values", "grade_note"))


class Spool:
    """A temporary file of rows; closing the spool deletes it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=1024 * 1024)  # noqa: SIM115 (closed by `close`)

    def add(self, row: SpooledRow) -> None:
        """Append a row."""
        line = [row.record_id, row.version, row.before, row.after, row.state]
        self._file.write(orjson.dumps(line) + b"\n")

    def rows(self, *, new: bool) -> Iterator[SpooledRow]:
        """Yield the rows that add a record, or those that change one, in the order of the sheet."""
        self._file.seek(0)
        for line in self._file:
            record_id, version, before, after, state = orjson.loads(line)
            if new == (record_id == 0):
                yield SpooledRow(state, record_id, version, before, after)

    def close(self) -> None:
        """Close and delete the file."""
        self._file.close()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
