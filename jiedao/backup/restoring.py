"""Putting a backup back."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from jiedao.backup import databases
from jiedao.backup.manifest import Manifest, Progress, check_files, copy, key_mark, read_manifest
from jiedao.kernel.errors import UserError


@dataclass(frozen=True)
class Outcome:
    """What was put back: the verdict on the audit chain, and where the former database is kept, None for nowhere."""

    manifest: Manifest
    audit: dict[str, Any]
    kept: Path | None


def restore_backup(folder: Path, *, overwrite: bool, other_key: bool, progress: Progress) -> Outcome:
    """Put the backup in the place of what is there, bring it to this version, and verify its audit chain.

    Everything is checked before anything is touched. On SQLite the database is brought to this version beside the
    old one and then takes its place in one step; on PostgreSQL the data come in one transaction, and what follows
    can be repeated.

    Raise UserError when the backup is broken, of another database or a newer version; when there is something
    already and not `overwrite`; when the field key is not the one, and not `other_key`; when somebody is at work.
    """
    manifest = read_manifest(folder)
    refuse_unfit(manifest, other_key=other_key)
    check_files(folder, manifest, progress)
    if connection.vendor == "sqlite":
        return restore_sqlite(folder, manifest, overwrite=overwrite, progress=progress)
    return restore_postgres(folder, manifest, overwrite=overwrite, progress=progress)


def refuse_unfit(manifest: Manifest, *, other_key: bool) -> None:
    """Raise UserError for a backup that this program or this office cannot take."""
    if manifest.vendor != connection.vendor:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise UserError(
            _("这份备份是 %(theirs)s 的，这里用的是 %(ours)s。")
            % {"theirs": names.get(manifest.vendor, manifest.vendor), "ours": names[connection.vendor]},
            hint=_("请把 JIEDAO_DATABASE_URL 改为同一种数据库。"),
        )
    if newer := sorted(set(manifest.migrations) - known_migrations()):
        raise UserError(
            _("这份备份由更新的版本 %(version)s 做成，这里没有它的 %(name)s。")
            % {"version": manifest.version, "name": newer[0]},
            hint=_("请先升级 jiedao，再恢复。"),
        )
    if manifest.key != key_mark() and not other_key:
        raise UserError(
            _("这里的字段密钥不是做备份时的那一个：反映人的姓名和电话将读不出来。"),
            hint=_(
                "请把当时的密钥放回（JIEDAO_FIELD_KEY_FILE，或 JIEDAO_DATA 里的 secret_key）；"
                "密钥确实丢失时加 --other-key。"
            ),
        )


def known_migrations() -> set[str]:
    """Return the migrations of this version, "app.name" of each."""
    return {".".join(key) for key in MigrationLoader(None).disk_migrations or {}}


def refuse_overwriting() -> UserError:
    """Return the refusal to replace data unasked."""
    return UserError(
        _("这里已经有数据。"), hint=_("确实要用备份替换它，请加 --yes；不放心就先做一次 jiedao backup。")
    )


def restore_sqlite(folder: Path, manifest: Manifest, *, overwrite: bool, progress: Progress) -> Outcome:
    """Prepare the database beside the old one, then let it take its place."""
    name = str(connection.settings_dict["NAME"])
    if name == ":memory:" or "mode=memory" in name:
        raise UserError(_("内存数据库不能恢复。"), hint=_("请在 JIEDAO_DATABASE_URL 里写文件。"))
    database = Path(name)
    if database.exists() and database.stat().st_size and not overwrite:
        raise refuse_overwriting()
    databases.release_sqlite(database)
    database.parent.mkdir(parents=True, exist_ok=True)
    staged = database.with_name(f".{database.name}.restoring")
    staged.unlink(missing_ok=True)
    databases.remove_logs(staged)
    try:
        copy(folder / manifest.database, staged, progress)
        with closing(sqlite3.connect(staged)) as new:
            refuse_other_counts(new.cursor(), manifest)
        address = f"sqlite:///{quote(str(staged.resolve()))}"
        audit = bring_up(manifest, {"JIEDAO_DATABASE_URL": address})
        with closing(sqlite3.connect(staged)) as new:
            new.execute("PRAGMA journal_mode=DELETE")
        put_blobs(folder, manifest, progress)
        os.sync()
        databases.release_sqlite(database)  # again: meanwhile somebody may have come
        kept = databases.swap_sqlite(staged, database)
    finally:
        staged.unlink(missing_ok=True)
        databases.remove_logs(staged)
    put_models(folder, manifest, progress)
    return Outcome(manifest, audit, kept)


def restore_postgres(folder: Path, manifest: Manifest, *, overwrite: bool, progress: Progress) -> Outcome:
    """Replace everything in one transaction, then bring it to this version."""
    with connection.cursor() as cursor:
        there = connection.introspection.table_names(cursor)
    if there and not overwrite:
        raise refuse_overwriting()
    if databases.has_company():
        raise databases.in_use()
    put_blobs(folder, manifest, progress)
    databases.restore_postgres(folder / manifest.database, progress)
    with connection.cursor() as cursor:
        refuse_other_counts(cursor, manifest)
    connection.close()
    put_models(folder, manifest, progress)
    return Outcome(manifest, bring_up(manifest, {}), None)


def refuse_other_counts(cursor: Any, manifest: Manifest) -> None:
    """Raise UserError when a table has another number of rows than the manifest says."""
    if table := databases.counts_differ(cursor, manifest):
        raise UserError(
            _("表 %(table)s 的行数与备份时不同。") % {"table": table},
            hint=_("请换用另一份备份，并报告这个问题。"),
        )


def bring_up(manifest: Manifest, changed: dict[str, str]) -> dict[str, Any]:
    """Migrate the restored database where it is of an older version; return the verdict on its audit chain."""
    if known_migrations() - set(manifest.migrations):
        run_jiedao(changed, "migrate")
    head = ["--head", manifest.head] if manifest.head else []
    verdict: dict[str, Any] = json.loads(
        run_jiedao(changed, "audit", "verify", "--json", *head, may_fail=True)
    )
    return verdict


def run_jiedao(changed: dict[str, str], *words: str, may_fail: bool = False) -> str:
    """Run a command of ours on the restored database, in a process of its own, and return what it printed."""
    command = [sys.executable, "-m", "jiedao", *words]
    environment = {**os.environ, "JIEDAO_DATA": str(settings.JIEDAO_DATA), **changed}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode and not (may_fail and done.stdout):
        hint = (
            ""
            if changed
            else _("数据已在原处。请按上面的原因处理，再运行 jiedao migrate 和 jiedao audit verify。")
        )
        raise databases.failed(f"jiedao {words[0]}", done.stderr.strip().rpartition("\n")[2], hint)
    return done.stdout


def put_blobs(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Put the attachments in their places; a content that is there already, whole, is left alone.

    They are named by their content and no row names them yet, so nothing is lost when this is interrupted.
    """
    for name, info in manifest.files.items():
        target = settings.JIEDAO_DATA / name
        if name.startswith("files/") and not (target.exists() and target.stat().st_size == info.size):
            put(folder / name, target, progress)


def put_models(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Replace the trained models."""
    for name in manifest.files:
        if name.startswith("models/"):
            put(folder / name, settings.JIEDAO_DATA / name, progress)


def put(source: Path, target: Path, progress: Progress) -> None:
    """Copy a file to its place, where it appears whole."""
    beside = target.with_name(f".{target.name}.restoring")
    copy(source, beside, progress)
    shutil.copymode(source, beside)
    beside.replace(target)
