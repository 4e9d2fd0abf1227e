"""Contents on disk, named by their hash: `JIEDAO_DATA/files/ab/cdef...`."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from jiedao.kernel import clock

JUST_STORED = 3600.0  # seconds


def get_content_path(sha256: str) -> Path:
    """Return the path of the content with this hash."""
    return Path(settings.JIEDAO_DATA) / "files" / sha256[:2] / sha256[2:]


def save_content(content: bytes) -> str:
    """Store the content and return its SHA-256; a content that exists already is not written again.

    The file appears complete or not at all: it is written beside its place, flushed to the disk, then renamed.
    It exists before any database row refers to it; when the row is rolled back, the next upload uses the file.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    target = get_content_path(sha256)
    if target.exists() and target.stat().st_size == len(content):
        os.utime(target)  # see erase_content
        return sha256
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    _flush_folder(target.parent)
    return sha256


def _flush_folder(folder: Path) -> None:
    """Make the rename itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def erase_content(sha256: str) -> None:
    """Erase a content that no row refers to any more.

    A content that was stored again within the last hour stays: the row of that upload may not be committed yet.
    """
    target = get_content_path(sha256)
    with suppress(FileNotFoundError):
        if clock.real_now().timestamp() - target.stat().st_mtime > JUST_STORED:
            target.unlink()


def open_content(sha256: str) -> BinaryIO:
    """Open the content for reading; raise FileNotFoundError when it is missing."""
    return get_content_path(sha256).open("rb")
