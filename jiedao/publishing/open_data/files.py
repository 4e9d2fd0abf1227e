"""The files of a data set: CSV, JSON and GeoJSON, each made once a day at its first download.

A thousand downloads then cost as much as one, and the three formats of a day have the same rows. Each definition has
files of its own: after a change, the values of the earlier definition are no longer sent. The rows behind a figure are
written at each request and not stored, because there are too many ways to filter a data set.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from jiedao.kernel import clock
from jiedao.kernel.csvfile import write_csv
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.snapshots import read_snapshot
from jiedao.publishing.open_data.columns import LAT, LON
from jiedao.publishing.open_data.definition import OpenSet
from jiedao.publishing.open_data.narrowing import RowFilter
from jiedao.publishing.open_data.rows import Row, count_rows, iterate_rows

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "geojson": "application/geo+json",
}
LANGUAGE = "zh-hans"  # the same file for every reader


def get_file(data_set: OpenSet, suffix: str, day: date | None = None) -> Path:
    """Return the file of a data set as of today, made now if it is the first request of the day.

    Raise NotFoundError for a format that the data set does not have.
    """
    _require_format(data_set, suffix)
    folder = Path(settings.JIEDAO_DATA) / "open-data"
    day = day or clock.today()
    path = folder / f"{data_set.row.key}-{day:%Y%m%d}-{data_set.digest[:12]}.{suffix}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with _lock_folder(folder):
            if not path.exists():  # another request has not written it meanwhile
                _write(path, data_set, WRITERS[suffix])
                _remove_earlier(folder, data_set.row.key, path)
    return path


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """Let one request of all processes write at a time: many at the same moment would each read all rows."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # which releases the lock


def _write(path: Path, data_set: OpenSet, write: Callable[..., None]) -> None:
    """Write the file under another name first, so that a reader never gets a part of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    os.close(descriptor)
    try:
        with override(LANGUAGE), read_snapshot():
            write(Path(name), data_set)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _remove_earlier(folder: Path, key: str, path: Path) -> None:
    """Remove the files of earlier days and definitions; one that a reader still has open stays until it is read."""
    digest = path.stem.removeprefix(f"{key}-")
    for other in folder.glob(f"{key}-*"):
        # the key of another data set may begin with this one
        parts = other.stem.removeprefix(f"{key}-").split("-")
        if len(parts) == 2 and len(parts[0]) == 8 and "-".join(parts) != digest:
            with suppress(OSError):
                other.unlink()


def open_narrowed_file(data_set: OpenSet, narrowed: RowFilter, suffix: str) -> BinaryIO:
    """Return an open file with the rows behind a figure, as they are now; it is removed when it is closed.

    Raise NotFoundError for a format that the data set does not have.
    """
    _require_format(data_set, suffix)
    descriptor, name = tempfile.mkstemp(suffix=f".{suffix}")
    os.close(descriptor)
    path = Path(name)
    try:
        with override(LANGUAGE), read_snapshot():
            WRITERS[suffix](path, data_set, narrowed)
        return path.open("rb")
    finally:
        path.unlink(missing_ok=True)  # the open file stays readable


def _require_format(data_set: OpenSet, suffix: str) -> None:
    if suffix not in data_set.formats:
        raise NotFoundError(_("这个数据集没有这种格式。"), hint=" ".join(data_set.formats))


def write_csv_file(path: Path, data_set: OpenSet, narrowed: RowFilter | None = None) -> None:
    """Write a table with the labels of its columns; choices are written in words."""
    columns = data_set.columns
    rows = (
        tuple(_word(column.choices, row.get(column.key)) for column in columns)
        for row in iterate_rows(data_set, narrowed)
    )
    headers = [column.heading for column in columns]
    write_csv(path, headers=headers, rows=rows, count=count_rows(data_set, narrowed))


def _word(choices: Any, value: Any) -> Any:
    return choices.get(value, value) if choices and value is not None else value


def write_json_file(path: Path, data_set: OpenSet, narrowed: RowFilter | None = None) -> None:
    """Write the rows as objects by the key of their columns, below the data dictionary and the licence."""
    head = orjson.dumps(describe_set(data_set))[:-1] + b',"rows":['
    with path.open("wb") as file:
        file.write(head)
        for chunk in _join(orjson.dumps(row) for row in iterate_rows(data_set, narrowed)):
            file.write(chunk)
        file.write(b"]}\n")


def write_geojson_file(path: Path, data_set: OpenSet, narrowed: RowFilter | None = None) -> None:
    """Write the rows as points (RFC 7946); a row without a position is a feature without geometry."""
    head = orjson.dumps({"type": "FeatureCollection", "metadata": describe_set(data_set)})[:-1]
    with path.open("wb") as file:
        file.write(head + b',"features":[')
        for chunk in _join(orjson.dumps(_build_feature(row)) for row in iterate_rows(data_set, narrowed)):
            file.write(chunk)
        file.write(b"]}\n")


def _build_feature(row: Row) -> dict[str, Any]:
    properties = {key: value for key, value in row.items() if key not in {LON, LAT}}
    point = {"type": "Point", "coordinates": [row[LON], row[LAT]]} if row.get(LON) is not None else None
    return {"type": "Feature", "geometry": point, "properties": properties}


def _join(parts: Iterator[bytes]) -> Iterator[bytes]:
    comma = b""
    for part in parts:
        yield comma + part
        comma = b",\n"


def describe_set(data_set: OpenSet) -> dict[str, Any]:
    """Return a data set with its licence and its data dictionary, for machines."""
    row = data_set.row
    return {
        "key": row.key,
        "name": row.label,
        "note": row.note_label,
        "as_of": clock.today().isoformat(),
        "licence": {"code": row.licence, "name": row.get_licence_display(), "url": row.licence_url},
        "position": row.position_kind,
        "columns": [column.describe() for column in data_set.columns],
    }


WRITERS: dict[str, Callable[..., None]] = {
    "csv": write_csv_file,
    "json": write_json_file,
    "geojson": write_geojson_file,
}
