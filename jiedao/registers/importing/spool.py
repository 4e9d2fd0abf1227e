"""Rows that were checked and wait to be written: in a temporary file, personal values encrypted as they will lie."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import orjson

from jiedao.registers.bulk import STATED


@dataclass(frozen=True)
class Ready:
    """A row as it will lie.

    Attributes:
        state: the values of `bulk.STATED`, in order; JSON as text, days as ISO text.
        record_id, version: of the record that it changes, 0 where it is new.
        before, after: what the audit keeps of a change.
    """

    state: list[Any]
    record_id: int = 0
    version: int = 0
    before: Any = None
    after: Any = None


def stated(columns: Mapping[str, Any]) -> list[Any]:
    """Return the columns of a record in the order of `STATED`, JSON as text; those not named are empty."""
    found = [columns.get(name) for name in STATED]
    for place in JSON_PLACES:
        found[place] = orjson.dumps(found[place]).decode()
    return found


JSON_PLACES = tuple(STATED.index(name) for name in ("values", "grade_note"))


class Spool:
    """The temporary file; closing it deletes it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=1024 * 1024)  # noqa: SIM115 (closed by `close`)

    def add(self, ready: Ready) -> None:
        """Keep a row."""
        line = [ready.record_id, ready.version, ready.before, ready.after, ready.state]
        self._file.write(orjson.dumps(line) + b"\n")

    def rows(self, *, new: bool) -> Iterator[Ready]:
        """Yield the rows that add a record, or those that change one, in the order of the sheet."""
        self._file.seek(0)
        for line in self._file:
            record_id, version, before, after, state = orjson.loads(line)
            if new == (record_id == 0):
                yield Ready(state, record_id, version, before, after)

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
