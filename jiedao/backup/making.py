"""Creating a backup."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from jiedao.backup.databases import estimate_snapshot_size, find_schema, write_snapshot
from jiedao.backup.manifest import (
    FileInfo,
    Manifest,
    Progress,
    compute_key_fingerprint,
    copy_and_hash,
    copy_file,
)
from jiedao.files.storage import get_content_path
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError

LOCK = ".lock"


def make_backup(target: Path, progress: Progress) -> Manifest:
    """Write a backup of the office to a new folder, while the office runs, and return its manifest.

    The folder appears under its name when it is complete.

    Raises:
        UserError: the folder exists and is not empty, or the disk has too little space.
    """
    with claim_folder(target) as part:
        file = "database.sqlite3" if connection.vendor == "sqlite" else "database.pgdump"
        check_free_space(part)
        with write_snapshot(part / file, progress) as cursor:
            migrations, counts, head, blobs = read_facts(cursor)
        files = {file: describe_file(part / file)}
        missing = copy_blobs(part, blobs, files, progress)
        models = sorted(path for path in (settings.JIEDAO_DATA / "models").glob("[!.]*") if path.is_file())
        for path in models:
            files[f"models/{path.name}"] = copy_file(path, part / "models" / path.name, progress)
        manifest = Manifest(
            version=version("jiedao"),
            made_at=clock.real_now().isoformat(timespec="seconds"),
            vendor=connection.vendor,
            migrations=migrations,
            counts=counts,
            head=head,
            key=compute_key_fingerprint(),
            files=files,
            missing=missing,
            schema=find_schema(),
        )
        manifest.write(part)
    return manifest


@contextmanager
def claim_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder beside the target; rename it to the target after the block, or remove it on failure.

    Files that a killed backup left there are removed first. Raise UserError if the target cannot be used, or if
    another process writes a backup to it.
    """
    check_target(target)
    part = target.parent / f".{target.name}.part"
    part.mkdir(mode=0o700, exist_ok=True)
    with (part / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                _("另一个备份正在写入 %(target)s。") % {"target": target},
                hint=_("请等它完成，或换一个文件夹。"),
            ) from None
        for path in part.iterdir():
            if path.name != LOCK:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        try:
            yield part
            (part / LOCK).unlink()
            os.sync()
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def check_target(target: Path) -> None:
    """Raise UserError unless the target is a new or empty folder in an existing one."""
    if not target.parent.is_dir():
        raise UserError(
            _("没有文件夹 %(folder)s。") % {"folder": target.parent},
            hint=_("请先建立它，或检查磁盘是否已挂载。"),
        )
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise UserError(
            _("%(target)s 已经存在，而且不是空的。") % {"target": target},
            hint=_("每次备份用一个新文件夹，如 backup-$(date +%F)。"),
        )
    if target.is_mount():
        raise UserError(
            _("%(target)s 是磁盘的挂载点。") % {"target": target}, hint=_("请写其中的一个新文件夹。")
        )


def check_free_space(part: Path) -> None:
    """Raise UserError if the disk has less space than the backup needs."""
    stored = (settings.JIEDAO_DATA / "files").rglob("*")
    needed = estimate_snapshot_size() + sum(path.stat().st_size for path in stored if path.is_file())
    free = shutil.disk_usage(part).free
    if free < needed:
        raise UserError(
            _("磁盘空间不够：约需 %(needed)d MB，只有 %(free)d MB。")
            % {"needed": needed >> 20, "free": free >> 20},
            hint=_("请换一块磁盘，或删除旧的备份。"),
        )


def read_facts(cursor: Any) -> tuple[list[str], dict[str, int], str, list[tuple[str, int]]]:
    """Return what a snapshot contains.

    Returns:
        The migrations as "app.name", the number of rows by table, the head of the audit chain ("" for none), and
        (SHA-256, bytes) of each stored content.
    """
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
    migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
    counts = {}
    for table in sorted(connection.introspection.django_table_names(only_existing=True)):
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (a table name of our models)
        counts[table] = cursor.fetchone()[0]
    cursor.execute("SELECT chain FROM audit_seal ORDER BY id DESC LIMIT 1")
    head = cursor.fetchone()
    cursor.execute("SELECT sha256, size FROM files_blob ORDER BY sha256")
    return migrations, counts, head[0] if head else "", [(name, size) for name, size in cursor.fetchall()]


def describe_file(path: Path) -> FileInfo:
    """Return the length and digest of an existing file."""
    with path.open("rb") as file:
        digest = copy_and_hash(file, None, lambda _n: None)
    return FileInfo(path.stat().st_size, digest)


def copy_blobs(
    part: Path, blobs: list[tuple[str, int]], files: dict[str, FileInfo], progress: Progress
) -> list[str]:
    """Copy the contents that the snapshot names; return those that are missing or damaged."""
    missing = []
    for sha256, _size in blobs:
        name = f"files/{sha256[:2]}/{sha256[2:]}"
        try:
            copied = copy_file(get_content_path(sha256), part / name, progress)
        except FileNotFoundError:
            (part / name).unlink(missing_ok=True)
            missing.append(sha256)
            continue
        files[name] = copied
        if copied.sha256 != sha256:
            missing.append(sha256)
    return missing
