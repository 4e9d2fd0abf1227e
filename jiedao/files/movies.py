"""Films and sound in boxes (ISO 14496-12, QuickTime, 3GPP): which they are, and removing where they were taken.

A phone writes the place into boxes of metadata (`udta`, `meta`, `uuid`) and, in some models, into a track of its own.
Such a box is not cut out, because the tables of the other tracks hold positions in the file: it becomes a box `free` of
the same length, filled with zeros, which players skip. The samples of a metadata track are filled with zeros too.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"edts"}
_METADATA = {b"udta", b"meta", b"uuid", b"free", b"skip", b"wide", b"XMP_", b"loci"}
_SHOWN_TRACKS = {b"vide", b"soun"}
_MAX_BOXES = 20_000
_TOP_LEVEL = {
    *(b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"udta", b"moof", b"mfra"),
    *(b"sidx", b"styp", b"pnot", b"pdin", b"ssix", b"prft", b"emsg", b"junk", b"PICT"),
}


class BrokenMovie(ValueError):  # noqa: N818 (it names what is wrong)
    """The boxes do not fit into each other, or a film has no track that could be played."""


@dataclass(frozen=True)
class Box:
    """A box of a file: its type, where it starts, where its contents start, and where it ends."""

    type: bytes
    start: int
    inside: int
    end: int


@dataclass(frozen=True)
class Movie:
    """A film or a sound without the place where it was taken."""

    content: bytes
    has_video: bool


def is_movie(content: bytes) -> bool:
    """Return whether the content starts with a box of a film; old QuickTime files have no `ftyp`."""
    return content[4:8] in {b"ftyp", b"moov", b"mdat", b"wide"}


def clean_movie(content: bytes) -> Movie:
    """Return the film or sound without metadata, byte for byte as long as before; raise BrokenMovie."""
    boxes = list(_list_boxes(content, 0, len(content)))
    tracks = [box for box in boxes if box.type == b"trak"]
    kinds = {box: _read_track_kind(content, box, boxes) for box in tracks}
    if not _SHOWN_TRACKS & set(kinds.values()):
        raise BrokenMovie
    hidden = [track for track, kind in kinds.items() if kind not in _SHOWN_TRACKS]
    if hidden and any(box.type == b"moof" for box in boxes):
        raise BrokenMovie  # the samples of a film in fragments are listed elsewhere: they could not be removed
    clean = bytearray(content)
    for track in hidden:
        _blank_samples(clean, [box for box in boxes if track.inside <= box.start < track.end])
    for box in [*hidden, *(box for box in boxes if box.type in _METADATA)]:
        clean[box.start + 4 : box.start + 8] = b"free"
        clean[box.inside : box.end] = bytes(box.end - box.inside)
    return Movie(bytes(clean), b"vide" in kinds.values())


def _list_boxes(content: bytes, start: int, end: int, depth: int = 0) -> Iterator[Box]:
    """Yield the boxes of a part of the file, each before those inside it."""
    count = 0
    while end - start >= 8:
        size, kind = struct.unpack_from(">I4s", content, start)
        inside = start + 8
        if size == 1 and end - start >= 16:
            size, inside = struct.unpack_from(">Q", content, start + 8)[0], start + 16
        elif size == 0 and depth == 0:
            size = end - start
        elif size == 0:
            return  # the zeros that end the list of a QuickTime box
        count += 1
        if size < inside - start or size > end - start or count > _MAX_BOXES or depth > 8:
            raise BrokenMovie
        if depth == 0 and kind not in _TOP_LEVEL:
            raise BrokenMovie
        yield Box(kind, start, inside, start + size)
        if kind in _CONTAINERS:
            yield from _list_boxes(content, inside, start + size, depth + 1)
        start += size
    if depth == 0 and start != end:
        raise BrokenMovie


def _read_track_kind(content: bytes, track: Box, boxes: list[Box]) -> bytes:
    """Return the kind of a track's samples, such as `vide`, `soun` or `meta`; b"" where it is not stated."""
    for box in boxes:
        if box.type == b"hdlr" and track.inside <= box.start < track.end and box.end - box.inside >= 12:
            kind = content[box.inside + 8 : box.inside + 12]
            if kind not in {b"alis", b"url "}:  # the handler of QuickTime's data, not that of the medium
                return kind
    return b""


def _blank_samples(clean: bytearray, boxes: list[Box]) -> None:
    """Fill the samples of a track with zeros; raise BrokenMovie where its tables lead outside the file."""
    tables = {box.type: box for box in boxes}
    try:
        sizes = _read_sizes(clean, tables[b"stsz"])
        chunks = _read_chunks(clean, tables.get(b"co64") or tables[b"stco"], wide=b"co64" in tables)
        runs = _read_table(clean, tables[b"stsc"], ">III")
    except (KeyError, struct.error) as fault:
        raise BrokenMovie from fault
    done, run = 0, -1
    for number, offset in enumerate(chunks, start=1):
        while run + 1 < len(runs) and runs[run + 1][0] <= number:
            run += 1
        per_chunk = runs[run][1] if run >= 0 else 0
        length = sum(sizes[done : done + per_chunk])
        if offset + length > len(clean):
            raise BrokenMovie
        clean[offset : offset + length] = bytes(length)
        done += per_chunk


def _read_table(content: bytearray, box: Box, layout: str) -> list[tuple[int, ...]]:
    """Return the rows of a table whose count follows its version."""
    start = box.inside + 8
    length = struct.unpack_from(">I", content, start - 4)[0] * struct.calcsize(layout)
    if length > box.end - start:
        raise BrokenMovie
    return list(struct.iter_unpack(layout, content[start : start + length]))


def _read_chunks(content: bytearray, box: Box, *, wide: bool) -> list[int]:
    return [row[0] for row in _read_table(content, box, ">Q" if wide else ">I")]


def _read_sizes(content: bytearray, box: Box) -> list[int]:
    """Return the size of each sample; the box states one for all, or lists them."""
    common, count = struct.unpack_from(">II", content, box.inside + 4)
    if common:
        if count > len(content):
            raise BrokenMovie
        return [common] * count
    start = box.inside + 12
    if count * 4 > box.end - start:
        raise BrokenMovie
    return [row[0] for row in struct.iter_unpack(">I", content[start : start + count * 4])]
