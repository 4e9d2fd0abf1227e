"""The names inside a compound file (OLE 2), the container of .doc, .xls, .ppt, .wps, .et and of much else.

Only the directory is read. The format: [MS-CFB], sections 2.2 (header), 2.3 (FAT), 2.6 (directory).
"""

import struct

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_MAX_ENTRIES = 20_000
_LAST_SECTOR = 0xFFFFFFFA  # higher numbers mark free sectors and the end of a chain


class BrokenFile(ValueError):  # noqa: N818 (it names what is wrong)
    """The directory cannot be read."""


def read_entry_names(content: bytes) -> set[str]:
    """Return the names of all streams and storages; raise BrokenFile."""
    if len(content) < _HEADER_BYTES or not content.startswith(SIGNATURE):
        raise BrokenFile
    shift = struct.unpack_from("<H", content, 30)[0]
    if shift not in {9, 12}:
        raise BrokenFile
    directory = _read_directory(content, 1 << shift)
    names = set()
    for start in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        length, kind = struct.unpack_from("<HB", directory, start + 64)
        if kind and 2 <= length <= 64:
            names.add(directory[start : start + length - 2].decode("utf-16-le", "replace"))
    if not names:
        raise BrokenFile
    return names


def _read_sector(content: bytes, number: int, size: int) -> bytes:
    """Return a sector; the header fills the sector before number 0. The last sector of a file may be short."""
    start = (number + 1) * size
    if number >= _LAST_SECTOR or start >= len(content):
        raise BrokenFile
    return content[start : start + size]


def _read_directory(content: bytes, size: int) -> bytes:
    """Follow the chain of the directory's sectors through the table of sectors."""
    sector = struct.unpack_from("<I", content, 48)[0]
    most = _MAX_ENTRIES * _ENTRY_BYTES // size
    parts: list[bytes] = []
    while sector < _LAST_SECTOR:
        if len(parts) >= most:  # also ends a chain that returns to itself
            raise BrokenFile
        parts.append(_read_sector(content, sector, size))
        sector = _find_next_sector(content, sector, size)
    return b"".join(parts)


def _find_next_sector(content: bytes, sector: int, size: int) -> int:
    """Return the number that the table of sectors has for this one."""
    part, place = divmod(sector, size // 4)
    table = _read_sector(content, _find_table_sector(content, part, size), size)
    if len(table) < place * 4 + 4:
        raise BrokenFile
    return int(struct.unpack_from("<I", table, place * 4)[0])


def _find_table_sector(content: bytes, part: int, size: int) -> int:
    """Return where a part of the table of sectors is: the header lists the first 109, a chain of sectors the others."""
    if part < 109:
        return int(struct.unpack_from("<I", content, 76 + part * 4)[0])
    part -= 109
    per_sector = size // 4 - 1
    sector = struct.unpack_from("<I", content, 68)[0]
    for _step in range(part // per_sector):
        sector = struct.unpack_from("<I", _read_sector(content, sector, size).ljust(size, b"\xff"), size - 4)[
            0
        ]
    listed = _read_sector(content, sector, size).ljust(size, b"\xff")
    return int(struct.unpack_from("<I", listed, part % per_sector * 4)[0])
