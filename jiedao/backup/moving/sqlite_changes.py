"""Which rows of an SQLite database may have changed, read from the pages in its write-ahead log.

SQLite writes every changed page to the log before it reaches the database file, whichever process changes it. While a
connection reads an older state, no page that changed since is removed from the log, and none is copied into the file.
So the pages of the log, and the same pages in the file, contain every row that was inserted, changed or deleted.

The formats: https://www.sqlite.org/fileformat2.html, sections 1.6 (b-tree pages) and 4 (the log).
"""

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOG_HEADER = struct.Struct(">4xIIIII8x")  # version, bytes of a page, checkpoint, two salts
FRAME_HEADER = struct.Struct(">IIII8x")  # page, pages after a commit or 0, two salts
TABLE_LEAF = 0x0D
FILE_HEADER = 100  # bytes before the first page's own header


@dataclass(frozen=True)
class LogPosition:
    """A place in the log: its salts, which change when it is begun anew, and the number of frames before the place."""

    salts: tuple[int, int] = (0, 0)
    frames: int = 0


@dataclass(frozen=True)
class Frame:
    """A page in the log: its number, whether it ends a transaction, and its content."""

    page: int
    is_commit: bool
    content: bytes


def get_log_path(database: Path) -> Path:
    """Return the path of the write-ahead log of a database."""
    return database.with_name(database.name + "-wal")


def read_log(database: Path) -> tuple[tuple[int, int], Iterator[Frame]]:
    """Return the salts of the log and its frames, also those of transactions that are not committed."""
    try:
        file = get_log_path(database).open("rb")
    except FileNotFoundError:
        return (0, 0), iter(())
    header = file.read(LOG_HEADER.size)
    if len(header) < LOG_HEADER.size:
        file.close()
        return (0, 0), iter(())
    _version, size, _checkpoint, *salts = LOG_HEADER.unpack(header)

    def read_frames() -> Iterator[Frame]:
        with file:
            while len(head := file.read(FRAME_HEADER.size)) == FRAME_HEADER.size:
                page, pages, *own = FRAME_HEADER.unpack(head)
                content = file.read(size)
                if own != salts or len(content) < size:  # what an earlier log has left behind
                    return
                yield Frame(page, pages > 0, content)

    return (salts[0], salts[1]), read_frames()


def find_log_position(database: Path) -> LogPosition:
    """Return the place after the last committed transaction; no other connection may write meanwhile."""
    salts, frames = read_log(database)
    last = 0
    for number, frame in enumerate(frames, 1):
        if frame.is_commit:
            last = number
    return LogPosition(salts, last)


def list_changed_rowids(file: int, database: Path, since: LogPosition, most: int) -> set[int] | None:
    """Return the rowids of all rows, of any table, that may have changed since; None where there are more than `most`.

    A row with so much text that it fills pages of its own may change in these alone: it may be missing here.

    Args:
        file: the open database file. Closing it would end the locks of this process, so the caller keeps it open.
    """
    salts, frames = read_log(database)
    first = since.frames if salts == since.salts else 0
    rowids: set[int] = set()
    before: dict[int, set[int]] = {}  # of each page, its rows at the place
    for number, frame in enumerate(frames):
        present = set(list_rowids(frame.page, frame.content))
        if number < first:
            before[frame.page] = present
            continue
        if frame.page not in before:
            size = len(frame.content)
            stored = os.pread(file, size, (frame.page - 1) * size)
            before[frame.page] = set(list_rowids(frame.page, stored))
        rowids |= before[frame.page] | present
        if len(rowids) > most:
            return None
    return rowids


def list_rowids(number: int, page: bytes) -> Iterator[int]:
    """Yield the rowids on a page that is a leaf of a table.

    A page of another kind that begins alike only yields numbers of rows that have not changed.
    """
    start = FILE_HEADER if number == 1 else 0
    if len(page) < start + 8 or page[start] != TABLE_LEAF:
        return
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    pointers = page[start + 8 : start + 8 + 2 * count]
    for (cell,) in struct.iter_unpack(">H", pointers[: len(pointers) & ~1]):
        with suppress(IndexError):
            _length, position = read_varint(page, cell)
            rowid, _position = read_varint(page, position)
            yield rowid


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return a number of one to nine bytes, and the position after it."""
    value = 0
    for offset in range(8):
        byte = data[position + offset]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position + offset + 1
    value = value << 8 | data[position + 8]
    return value - (1 << 64) if value >= 1 << 63 else value, position + 9
