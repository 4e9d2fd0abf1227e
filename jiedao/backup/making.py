"""Making a backup."""

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

from jiedao.backup.databases import database_size, snapshot
from jiedao.backup.manifest import FileInfo, Manifest, Progress, copy, key_mark, pour
from jiedao.files.storage import path_of
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError

LOCK = ".lock"


def make_backup(target: Path, progress: Progress) -> Manifest:
    """Write a backup of the whole office to a new folder, while it runs, and return what is in it.

    The folder appears when everything is in it. Raise UserError when it exists and is not empty, or there is no room.
    """
    with claim_folder(target) as part:
        file = "database.sqlite3" if connection.vendor == "sqlite" else "database.pgdump"
        check_room(part)
        with snapshot(part / file, progress) as cursor:
            migrations, counts, head, blobs = read_facts(cursor)
        files = {file: copy_in_place(part / file)}
        missing = copy_blobs(part, blobs, files, progress)
        models = sorted(path for path in (settings.JIEDAO_DATA / "models").glob("[!.]*") if path.is_file())
        for path in models:
            files[f"models/{path.name}"] = copy(path, part / "models" / path.name, progress)
        manifest = Manifest(
            version=version("jiedao"),
            made_at=clock.now().isoformat(timespec="seconds"),
            vendor=connection.vendor,
            migrations=migrations,
            counts=counts,
            head=head,
            key=key_mark(),
            files=files,
            missing=missing,
        )
        manifest.write(part)
    return manifest


@contextmanager
def claim_folder(target: Path) -> Iterator[Path]:
    """Give a folder beside the target; after the block it becomes the target, after a failure it is gone.

    What a killed backup left there is removed first.
    """
    refuse_target(target)
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
        for left in part.iterdir():
            if left.name != LOCK:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        try:
            yield part
            (part / LOCK).unlink()
            os.sync()
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def refuse_target(target: Path) -> None:
    """Raise UserError unless the target can be made: a new or empty folder in one that is there."""
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


def check_room(part: Path) -> None:
    """Raise UserError when the disk has less room than the backup needs."""
    stored = (settings.JIEDAO_DATA / "files").rglob("*")
    needed = database_size() + sum(path.stat().st_size for path in stored if path.is_file())
    free = shutil.disk_usage(part).free
    if free < needed:
        raise UserError(
            _("磁盘空间不够：约需 %(needed)d MB，只有 %(free)d MB。")
            % {"needed": needed >> 20, "free": free >> 20},
            hint=_("请换一块磁盘，或删除旧的备份。"),
        )


def read_facts(cursor: Any) -> tuple[list[str], dict[str, int], str, list[tuple[str, int]]]:
    """Return the migrations, the rows by table, the head of the audit chain and the stored contents of a snapshot."""
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
    migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
    counts = {}
    for table in sorted(connection.introspection.django_table_names(only_existing=True)):
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (a name of ours)
        counts[table] = cursor.fetchone()[0]
    cursor.execute("SELECT chain FROM audit_seal ORDER BY id DESC LIMIT 1")
    head = cursor.fetchone()
    cursor.execute("SELECT sha256, size FROM files_blob ORDER BY sha256")
    return migrations, counts, head[0] if head else "", [(name, size) for name, size in cursor.fetchall()]


def copy_in_place(path: Path) -> FileInfo:
    """Return length and digest of a file that is there already."""
    with path.open("rb") as file:
        digest = pour(file, None, lambda _n: None)
    return FileInfo(path.stat().st_size, digest)


def copy_blobs(
    part: Path, blobs: list[tuple[str, int]], files: dict[str, FileInfo], progress: Progress
) -> list[str]:
    """Copy the contents that the snapshot names; return those that are gone or not as they were stored."""
    missing = []
    for sha256, _size in blobs:
        name = f"files/{sha256[:2]}/{sha256[2:]}"
        try:
            copied = copy(path_of(sha256), part / name, progress)
        except FileNotFoundError:
            (part / name).unlink(missing_ok=True)
            missing.append(sha256)
            continue
        files[name] = copied
        if copied.sha256 != sha256:
            missing.append(sha256)
    return missing
