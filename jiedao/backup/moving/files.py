"""Copying the data folder of an office: its attachments, models and drafts, to that of the new database."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from jiedao.backup.manifest import Progress, copy_and_hash, copy_file
from jiedao.backup.moving.side import Side
from jiedao.files.storage import get_content_path
from jiedao.kernel.errors import UserError

ATTACHMENTS = "files"
# A person copies the keys; the server makes static files and metrics anew.
LEFT_BEHIND = {"secret_key", "field_key", "static", "metrics", ATTACHMENTS}
Blob = tuple[str, int]  # SHA-256 and bytes


def check_folder(folder: Path, target: Side) -> None:
    """Raise UserError unless a folder can become the data folder of the office in the target; create it."""
    own = Path(settings.JIEDAO_DATA).resolve()
    if own == folder or own in folder.parents or folder in own.parents:
        raise UserError(
            f"--files {folder} is the data folder of the office, or a folder in or above it.",
            hint="Name another folder. Without --files the data folder stays where it is.",
        )
    if not folder.parent.is_dir():
        raise UserError(
            f"There is no folder {folder.parent}.", hint="Create it, or check that the disk is mounted."
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    keys = [name for name in ("secret_key", "field_key") if is_other_key(own / name, folder / name)]
    databases = [path.name for path in folder.glob("*.sqlite3") if f"sqlite:///{path}" != target.address]
    if keys or databases:
        raise UserError(
            f"--files {folder} is the data folder of another office: it holds {', '.join(keys + databases)}.",
            hint="Name an empty folder.",
        )


def is_other_key(own: Path, other: Path) -> bool:
    """Return whether a key file differs from that of the office."""
    return other.is_file() and not (own.is_file() and own.read_text() == other.read_text())


def list_blobs(source: Side) -> set[Blob]:
    """Return the attachments that the office's rows name."""
    return {(sha256, size) for sha256, size in source.execute("SELECT sha256, size FROM files_blob")}


def find_missing(blobs: Iterable[Blob]) -> list[str]:
    """Return the attachments that are not in JIEDAO_DATA, or have another length there."""
    missing = []
    for sha256, size in blobs:
        path = get_content_path(sha256)
        if not path.is_file() or path.stat().st_size != size:
            missing.append(sha256)
    return missing


def copy_attachments(blobs: Iterable[Blob], folder: Path, progress: Progress) -> list[str]:
    """Copy the attachments that the folder lacks, verify all by their digest, and return those that have none.

    Each gets its name when it is complete, so an interrupted copy continues where it was.
    """
    missing = []
    for sha256, size in blobs:
        name = Path(ATTACHMENTS) / sha256[:2] / sha256[2:]
        new = folder / name
        if new.is_file() and new.stat().st_size == size and read_digest(new, progress) == sha256:
            continue
        with suppress(FileNotFoundError):
            if copy_whole(get_content_path(sha256), new, progress) == sha256:
                continue
            new.unlink()  # the file of the office is damaged
        missing.append(sha256)
    return missing


def read_digest(path: Path, progress: Progress) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return copy_and_hash(file, None, progress)


def copy_others(folder: Path) -> None:
    """Copy the other files of the data folder that are new or have changed since the last copy."""
    own = Path(settings.JIEDAO_DATA)
    for path in list_others(own):
        new, state = folder / path.relative_to(own), path.stat()
        if new.is_file() and (new.stat().st_size, new.stat().st_mtime_ns) == (
            state.st_size,
            state.st_mtime_ns,
        ):
            continue
        with suppress(FileNotFoundError):  # a job has removed its file
            copy_whole(path, new, lambda _bytes: None)


def list_others(own: Path) -> Iterator[Path]:
    """Yield the files of a data folder without attachments, databases, keys and what is made anew."""
    for top in sorted(own.iterdir()):
        if top.name in LEFT_BEHIND or ".sqlite3" in top.name or top.name.startswith("."):
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path


def copy_whole(old: Path, new: Path, progress: Progress) -> str:
    """Copy a file with its time and mode, so that it appears under its name when it is complete; return its SHA-256.

    Raises:
        OSError: as of a full disk; nothing of the file is left.
    """
    part = new.with_name(f".{new.name}.moving")
    try:
        copied = copy_file(old, part, progress)
        shutil.copystat(old, part)
        part.replace(new)
    finally:
        part.unlink(missing_ok=True)
    return copied.sha256
