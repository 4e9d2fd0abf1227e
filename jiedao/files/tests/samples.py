"""Builders of documents, films and sound for the tests; small, but with the structure of real ones."""

import io
import struct
import zipfile
from collections.abc import Iterable

PLACE = b"+22.6101+114.1372/"
SECRET_SAMPLE = b"GPS:22.6101,114.1372"
FRAMES = b"frames of the film"


def make_archive(*parts: str) -> bytes:
    """Return a ZIP archive with these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part in parts:
            # a fixed date: the same bytes in every test process
            archive.writestr(zipfile.ZipInfo(part, (2026, 1, 1, 0, 0, 0)), "x")
    return buffer.getvalue()


def make_compound(*names: str) -> bytes:
    """Return a compound file whose directory has these names beside the root."""
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HB", len(name) * 2 + 2, 5 if name == "Root Entry" else 2)
        + bytes(61)
        for name in ("Root Entry", *names)
    )
    count = -(-len(entries) // 512)
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<I", header, 48, 1)  # the first sector of the directory; the table is sector 0
    struct.pack_into("<I", header, 76, 0)
    chain = [0xFFFFFFFD, *range(2, count + 1), 0xFFFFFFFE]
    table = b"".join(struct.pack("<I", entry) for entry in chain).ljust(512, b"\xff")
    return bytes(header) + table + entries.ljust(count * 512, b"\0")


def make_box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box of a film."""
    inside = b"".join(parts)
    return struct.pack(">I4s", len(inside) + 8, kind) + inside


def make_track(kind: bytes, offset: int, size: int) -> bytes:
    """Return a track with one chunk of one sample."""
    return make_box(
        b"trak",
        make_box(
            b"mdia",
            make_box(b"hdlr", bytes(8), kind, bytes(13)),
            make_box(
                b"minf",
                make_box(
                    b"stbl",
                    make_box(b"stsz", bytes(4), struct.pack(">III", 0, 1, size)),
                    make_box(b"stsc", bytes(4), struct.pack(">IIII", 1, 1, 1, 1)),
                    make_box(b"stco", bytes(4), struct.pack(">II", 1, offset)),
                ),
            ),
        ),
    )


def make_movie(brand: bytes = b"isom", tracks: Iterable[bytes] = (b"vide", b"soun", b"meta")) -> bytes:
    """Return a film as a phone writes it: with its place in `udta` and in `meta`, and in a track of its own."""
    start = make_box(b"ftyp", brand, bytes(4), brand) + make_box(b"mdat", FRAMES, SECRET_SAMPLE)
    frames_at = start.index(FRAMES)
    rows = [
        make_track(kind, frames_at + len(FRAMES), len(SECRET_SAMPLE))
        if kind == b"meta"
        else make_track(kind, frames_at, len(FRAMES))
        for kind in tracks
    ]
    udta = make_box(b"udta", make_box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0x15C7), PLACE))
    keys = make_box(b"meta", bytes(4), b"com.apple.quicktime.location.ISO6709", PLACE)
    return (
        start + make_box(b"moov", make_box(b"mvhd", bytes(100)), *rows, udta, keys) + make_box(b"uuid", PLACE)
    )


def make_mp3(tag: bytes = b"") -> bytes:
    """Return two frames of 128 kbit/s at 44,100 Hz, after a tag."""
    head = b"ID3\4\0\0" + bytes([0, 0, 0, len(tag)]) + tag if tag else b""
    return head + (b"\xff\xfb\x90\x00" + bytes(413)) * 2


def make_wav() -> bytes:
    """Return a short recording without any sound."""
    return (
        b"RIFF"
        + struct.pack("<I", 44)
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
        + b"data\x08\0\0\0"
        + bytes(8)
    )
