"""Restoring a backup."""

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
from django.utils.translation import gettext_noop

from jiedao.audit.heads import RESTORE, note_head
from jiedao.backup import databases
from jiedao.backup.manifest import (
    Manifest,
    Progress,
    check_files,
    compute_key_fingerprint,
    copy_file,
    read_manifest,
)
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError

RESTORED = gettext_noop("备份以后可能已经发出")  # the reason of a delivery


@dataclass(frozen=True)
class Outcome:
    """The result of a restore.

    Attributes:
        manifest: of the backup.
        audit: the verdict on the audit chain.
        access: the sessions that were ended, and the tokens that were revoked or kept.
        former: where the former database is stored, None if there is none.
    """

    manifest: Manifest
    audit: dict[str, Any]
    access: dict[str, Any]
    former: Path | None


def restore_backup(
    folder: Path, *, overwrite: bool, other_key: bool, keep_tokens: bool, progress: Progress
) -> Outcome:
    """Replace the data by the backup, migrate them to this version, and verify the audit chain.

    Everything is checked before anything changes. On SQLite the new database is migrated beside the old one and then
    replaces it in one step; on PostgreSQL the data are loaded in one transaction, and the later steps can be repeated.

    Args:
        overwrite: whether existing data may be replaced.
        other_key: whether a backup with another field key is accepted.
        keep_tokens: whether the API tokens of the backup stay in force, also those that were revoked since. Sessions
            end in any case.

    Raises:
        UserError: the backup is damaged, of another database system or of a newer version; existing data may not be
            replaced; the field key differs; or another process uses the database.
    """
    manifest = read_manifest(folder)
    check_fit(manifest, other_key=other_key)
    check_files(folder, manifest, progress)
    restore = restore_sqlite if connection.vendor == "sqlite" else restore_postgres
    outcome = restore(
        folder,
        manifest,
        overwrite=overwrite,
        other_key=other_key,
        keep_tokens=keep_tokens,
        progress=progress,
    )
    # From here on the chain is that of the backup: heads that were noted since need not be in it.
    note_head(RESTORE, at=clock.real_now(), seal=0, chain=manifest.head)
    return outcome


def check_fit(manifest: Manifest, *, other_key: bool) -> None:
    """Raise UserError for a backup that this version or this office cannot restore."""
    if manifest.vendor != connection.vendor:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise UserError(
            _("这份备份是 %(theirs)s 的，这里用的是 %(ours)s。")
            % {"theirs": names.get(manifest.vendor, manifest.vendor), "ours": names[connection.vendor]},
            hint=_("请把 JIEDAO_DATABASE_URL 改为同一种数据库。"),
        )
    if newer := sorted(set(manifest.migrations) - list_known_migrations()):
        raise UserError(
            _("这份备份由更新的版本 %(version)s 做成，这里没有它的 %(name)s。")
            % {"version": manifest.version, "name": newer[0]},
            hint=_("请先升级 jiedao，再恢复。"),
        )
    if manifest.key != compute_key_fingerprint() and not other_key:
        raise UserError(
            _("这里的字段密钥不是做备份时的那一个：反映人的姓名和电话将读不出来。"),
            hint=_(
                "请把当时的密钥放回（JIEDAO_FIELD_KEY_FILE，或 JIEDAO_DATA 里的 secret_key）；"
                "密钥确实丢失时加 --other-key。"
            ),
        )


def list_known_migrations() -> set[str]:
    """Return the migrations of this version, each as "app.name"."""
    return {".".join(key) for key in MigrationLoader(None).disk_migrations or {}}


def make_overwrite_error() -> UserError:
    """Return the error for existing data that may not be replaced."""
    return UserError(
        _("这里已经有数据。"), hint=_("确实要用备份替换它，请加 --yes；不放心就先做一次 jiedao backup。")
    )


def restore_sqlite(
    folder: Path,
    manifest: Manifest,
    *,
    overwrite: bool,
    other_key: bool,
    keep_tokens: bool,
    progress: Progress,
) -> Outcome:
    """Prepare the new database beside the old one, then replace the old one."""
    name = str(connection.settings_dict["NAME"])
    if name == ":memory:" or "mode=memory" in name:
        raise UserError(_("内存数据库不能恢复。"), hint=_("请在 JIEDAO_DATABASE_URL 里写文件。"))
    database = Path(name)
    if database.exists() and database.stat().st_size and not overwrite:
        raise make_overwrite_error()
    databases.ensure_sqlite_is_unused(database)
    database.parent.mkdir(parents=True, exist_ok=True)
    staged = database.with_name(f".{database.name}.restoring")
    staged.unlink(missing_ok=True)
    databases.remove_log_files(staged)
    try:
        copy_file(folder / manifest.database, staged, progress)
        with closing(sqlite3.connect(staged)) as new:
            check_counts(new.cursor(), manifest)
        variables = {"JIEDAO_DATABASE_URL": f"sqlite:///{quote(str(staged.resolve()))}"}
        audit = migrate_and_verify(manifest, variables, other_key=other_key)
        access = end_access(variables, keep_tokens=keep_tokens)
        with closing(sqlite3.connect(staged)) as new:
            hold_messages(new.cursor())
            new.commit()
            new.execute("PRAGMA journal_mode=DELETE")
        restore_blobs(folder, manifest, progress)
        os.sync()
        # Again: another process may have opened it in the meantime.
        databases.ensure_sqlite_is_unused(database)
        former = databases.replace_sqlite(staged, database)
    finally:
        staged.unlink(missing_ok=True)
        databases.remove_log_files(staged)
    restore_models(folder, manifest, progress)
    return Outcome(manifest, audit, access, former)


def restore_postgres(
    folder: Path,
    manifest: Manifest,
    *,
    overwrite: bool,
    other_key: bool,
    keep_tokens: bool,
    progress: Progress,
) -> Outcome:
    """Load the data in one transaction, then migrate them to this version."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if tables and not overwrite:
        raise make_overwrite_error()
    if databases.has_other_connections():
        raise databases.make_in_use_error()
    restore_blobs(folder, manifest, progress)
    databases.load_dump(folder / manifest.database, manifest.schema, progress)
    with connection.cursor() as cursor:
        check_counts(cursor, manifest)
    connection.close()
    restore_models(folder, manifest, progress)
    audit = migrate_and_verify(manifest, {}, other_key=other_key)
    with connection.cursor() as cursor:
        hold_messages(cursor)
    return Outcome(manifest, audit, end_access({}, keep_tokens=keep_tokens), None)


def check_counts(cursor: Any, manifest: Manifest) -> None:
    """Raise UserError if the number of rows of a table differs from the manifest."""
    if table := databases.find_changed_table(cursor, manifest):
        raise UserError(
            _("表 %(table)s 的行数与备份时不同。") % {"table": table},
            hint=_("请换用另一份备份，并报告这个问题。"),
        )


def migrate_and_verify(manifest: Manifest, variables: dict[str, str], *, other_key: bool) -> dict[str, Any]:
    """Migrate the restored database if it is of an older version; return the verdict on its audit chain.

    With another key the database gets its mark: the user has accepted that the old one is lost.
    """
    if other_key or list_known_migrations() - set(manifest.migrations):
        run_jiedao(variables, "migrate", *(["--new-key"] if other_key else []))
    head = ["--head", manifest.head] if manifest.head else []
    words = ["audit", "verify", "--json", "--without-noted-heads", *head]
    verdict: dict[str, Any] = json.loads(run_jiedao(variables, *words, may_fail=True))
    # Entries that waited for their seal when the backup was made have waited since then.
    verdict["faults"] = [fault for fault in verdict["faults"] if fault["kind"] != "unsealed"]
    verdict["intact"] = not verdict["faults"]
    return verdict


def hold_messages(cursor: Any) -> None:
    """Mark the messages that waited when the backup was made: they have probably been sent since.

    A text message is never sent twice by itself. An administrator sees them and can send them again.
    """
    cursor.execute(
        "UPDATE delivery_delivery SET state = 'UNSURE', lease_token = '', lease_until = NULL, "  # noqa: S608 (a constant)
        f"ended_at = CURRENT_TIMESTAMP, reason = '{RESTORED}' WHERE state IN ('WAITING', 'SENDING')"
    )


def end_access(variables: dict[str, str], *, keep_tokens: bool) -> dict[str, Any]:
    """End the sessions of the restored database and revoke its API tokens; return what was ended."""
    words = ["user", "end-access", "--json", *(["--keep-tokens"] if keep_tokens else [])]
    ended: dict[str, Any] = json.loads(run_jiedao(variables, *words))
    return ended


def run_jiedao(variables: dict[str, str], *words: str, may_fail: bool = False) -> str:
    """Run a command of jiedao on the restored database in a process of its own; return its standard output."""
    command = [sys.executable, "-m", "jiedao", *words]
    environment = {**os.environ, "JIEDAO_DATA": str(settings.JIEDAO_DATA), **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode and not (may_fail and done.stdout):
        hint = (
            ""
            if variables
            else _("数据已在原处。请按上面的原因处理，再运行 jiedao migrate 和 jiedao audit verify。")
        )
        raise databases.make_program_error(
            f"jiedao {words[0]}", done.stderr.strip().rpartition("\n")[2], hint
        )
    return done.stdout


def restore_blobs(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Copy the attachments that are missing or incomplete.

    They are named by their content, and no row refers to them yet, so an interruption loses nothing.
    """
    for name, info in manifest.files.items():
        target = settings.JIEDAO_DATA / name
        if name.startswith("files/") and not (target.exists() and target.stat().st_size == info.size):
            replace_file(folder / name, target, progress)


def restore_models(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Replace the trained models."""
    for name in manifest.files:
        if name.startswith("models/"):
            replace_file(folder / name, settings.JIEDAO_DATA / name, progress)


def replace_file(source: Path, target: Path, progress: Progress) -> None:
    """Copy a file so that it appears under its name only when it is complete."""
    temporary = target.with_name(f".{target.name}.restoring")
    copy_file(source, temporary, progress)
    shutil.copymode(source, temporary)
    temporary.replace(target)
