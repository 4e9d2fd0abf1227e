"""What this version will do to an office before `jiedao migrate` does it: `jiedao upgrade --check`.

Nothing is written, so it runs with the new version on the database with which the old one works.
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.apps.registry import Apps
from django.db import connection, migrations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation

from jiedao.backup.manifest import Manifest, compute_key_fingerprint, read_manifest
from jiedao.backup.restoring import list_known_migrations
from jiedao.backup.upgrade_pack import check_pack, compare_with_shipped, find_applied_pack
from jiedao.backup.upgrade_settings import SettingChanges, compare_settings
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.keymark import is_right_key
from jiedao.kernel.models import KeyMark
from jiedao.kernel.postgresql.servers import OLDEST_VERSION

# Seconds for each row, about twice the processor time that tables of 100,000 cases and 480,000 moves took on SQLite; a
# migration takes some time whatever it does.
REWRITE = {"sqlite": 8e-6, "postgresql": 6e-6}  # and all indexes anew
INDEX = {"sqlite": 2e-6, "postgresql": 2e-6}
CONVERT = 150e-6  # by code of the migration, which may read and write every row of its room
EACH = 0.6

NAMED = (
    migrations.AddField,
    migrations.AlterField,
    migrations.RemoveField,
    migrations.RenameField,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.AddConstraint,
    migrations.RemoveConstraint,
    migrations.AlterUniqueTogether,
)


@dataclass
class PendingMigration:
    """A migration that has not run: the tables that it changes with their rows, and how long it probably takes."""

    name: str
    tables: dict[str, int] = field(default_factory=dict)
    seconds: float = EACH
    converts: bool = False


@dataclass
class Check:
    """What an upgrade will do.

    Attributes:
        version: of the program. pending: its migrations that the database has not had, in their order.
        backup: the newest backup of this office, with its folder; None without one.
        faults: why the upgrade must not begin now.
        settings: what differs from those of the version that made the newest backup.
        pack: what `jiedao pack check` of this version reports about the pack, None where there is none.
    """

    version: str
    pending: list[PendingMigration]
    backup: dict[str, Any] | None
    needed_bytes: int
    free_bytes: int
    faults: list[str]
    settings: SettingChanges
    pack: dict[str, Any] | None = None

    @property
    def seconds(self) -> float:
        """Return how long `jiedao migrate` probably takes."""
        return sum(migration.seconds for migration in self.pending)


def check_upgrade(backups: Path, pack: Path | None = None) -> Check:
    """Return what the upgrade of the office to this version will do; nothing is written.

    Args:
        pack: the folder of the town's pack, None for the one that was applied last.

    Raises:
        UserError: there is no office in the database.
    """
    tables = set(connection.introspection.table_names())
    if "django_migrations" not in tables:
        raise UserError(
            "There is no office in this database.", hint="Check JIEDAO_DATABASE_URL and JIEDAO_DATA."
        )
    pending = estimate_migrations(tables)
    backup = find_newest_backup(backups)
    needed, free = measure_space() if pending else (0, 0)
    faults = list(list_faults(tables, backup, backups, needed, free))
    settings = compare_settings(str(backup["version"]) if backup else "")
    check = Check(version("jiedao"), pending, backup, needed, free, faults, settings)
    add_pack(check, pack, tables)
    return check


def add_pack(check: Check, folder: Path | None, tables: set[str]) -> None:
    """Check the pack in a folder, or else the one that was applied last, by the rules of this version."""
    applied = find_applied_pack(tables)
    path = folder or (applied.path if applied else None)
    if path is None:
        return
    code, document = check_pack(path)
    check.pack = {**document, "checked": str(folder or ""), "applied": "", "shipped": []}
    if applied is not None:
        check.pack["applied"] = f"{applied.name} {applied.version}"
        check.pack["shipped"] = compare_with_shipped(applied)
    if code and folder is not None:
        check.faults.append(
            f"The pack {folder} does not pass the check of this version: jiedao pack check {folder}"
        )


# Migrations


def estimate_migrations(tables: set[str]) -> list[PendingMigration]:
    """Return the migrations that have not run, with estimates from the sizes of the tables."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    counts: dict[str, int] = {}
    if not plan:
        return []
    loader = executor.loader
    known = [key for key in loader.applied_migrations or () if key in loader.graph.nodes]
    state = loader.project_state(known)
    pending = []
    for migration, _backwards in plan:
        item = PendingMigration(f"{migration.app_label}.{migration.name}")
        before = state.apps
        state = migration.mutate_state(state, preserve=True)
        for operation in flatten(migration.operations):
            for table, cost, converts in estimate_operation(
                operation, migration.app_label, before, state.apps
            ):
                if table not in tables:
                    continue
                if table not in counts:
                    counts[table] = count_rows(table)
                item.tables[table] = counts[table]
                item.seconds += counts[table] * cost
                item.converts = item.converts or converts
        pending.append(item)
    return pending


def flatten(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Yield the operations that change the database."""
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from flatten(operation.database_operations)
        else:
            yield operation


def estimate_operation(
    operation: Operation, app: str, before: Apps, after: Apps
) -> Iterator[tuple[str, float, bool]]:
    """Yield the tables that an operation changes, seconds for each row of them, and whether code converts the rows."""
    if isinstance(operation, (migrations.RunPython, migrations.RunSQL)):
        for model in before.get_app_config(app).get_models() if app in before.app_configs else ():
            yield model._meta.db_table, CONVERT, True
        return
    name = getattr(operation, "model_name", "") or getattr(operation, "name", "")
    if not isinstance(operation, NAMED) or not name:
        return
    try:
        table = before.get_model(app, name)._meta.db_table
    except LookupError:  # the migration makes the model
        return
    yield table, find_cost(operation, connection.vendor, table), False


def find_cost(operation: Operation, vendor: str, table: str) -> float:
    """Return the seconds that an operation on a table takes for each row.

    SQLite writes a table anew for most changes; PostgreSQL notes most of them in its catalogue alone.
    """
    if isinstance(operation, migrations.RemoveIndex):
        return 0.0
    if isinstance(operation, migrations.AddIndex):
        return INDEX[vendor]
    if isinstance(operation, migrations.AddField) and is_cheap_to_add(operation.field, vendor):
        return 0.0
    if vendor == "postgresql" and not isinstance(operation, migrations.AlterField):
        reads_rows = isinstance(operation, (migrations.AddField, migrations.AddConstraint))
        return INDEX[vendor] if reads_rows else 0.0
    return REWRITE[vendor] + INDEX[vendor] * count_indexes(table)


def is_cheap_to_add(field: Any, vendor: str) -> bool:
    """Return whether adding a field writes no rows: it has no index or reference, and no value to be filled in."""
    has_index = field.unique or field.db_index or field.remote_field
    return not has_index and (field.null or vendor == "postgresql")


def count_indexes(table: str) -> int:
    """Return the number of indexes of a table, which are made again with it; 0 for one that does not exist yet."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid = to_regclass(%s)", [table])
        else:
            cursor.execute("SELECT count(*) FROM pragma_index_list(%s)", [table])
        return int(cursor.fetchone()[0])


def count_rows(table: str) -> int:
    """Return the number of rows of a table; on PostgreSQL as its statistics have it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [table])
            estimate = cursor.fetchone()
            if estimate and estimate[0] >= 0:
                return int(estimate[0])
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
        return int(cursor.fetchone()[0])


def measure_space() -> tuple[int, int]:
    """Return the bytes that migrations may need, the size of the largest table or file, and those that are free.

    SQLite writes a changed table anew and stores the former one until the end. The disk of a PostgreSQL server cannot
    be measured from here: 0 and 0.
    """
    if connection.vendor != "sqlite":
        return 0, 0
    path = Path(str(connection.settings_dict["NAME"]))
    return path.stat().st_size, shutil.disk_usage(path.parent).free


# Backups and other conditions


def find_newest_backup(folder: Path) -> dict[str, Any] | None:
    """Return the newest backup of this office among the folders in a folder, None without one."""
    backups: list[tuple[datetime, Path, Manifest]] = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if not (path / "manifest.json").is_file():
            continue
        try:
            manifest = read_manifest(path)
            made_at = datetime.fromisoformat(manifest.made_at)
        except (UserError, ValueError):
            continue  # a broken one counts as none
        if manifest.key == compute_key_fingerprint() and manifest.vendor == connection.vendor:
            backups.append((made_at, path, manifest))
    if not backups:
        return None
    made_at, path, manifest = max(backups, key=lambda backup: backup[0])
    today = clock.real_now().astimezone(clock.TOWN_TZ).date()
    return {
        "folder": str(path),
        "made_at": manifest.made_at,
        "version": manifest.version,
        "today": made_at.astimezone(clock.TOWN_TZ).date() == today,
        "missing_attachments": len(manifest.missing),
    }


def list_faults(
    tables: set[str], backup: dict[str, Any] | None, backups: Path, needed: int, free: int
) -> Iterator[str]:
    """Yield why the upgrade must not begin now, each with what to do."""
    make_one = f"Make one with the version that is running: jiedao backup {backups}/jiedao-$(date +%F-%H%M)"
    if backup is None:
        yield f"There is no backup of this office in {backups}. {make_one}"
    elif not backup["today"]:
        yield f"The newest backup is of {backup['made_at']}, not of today. {make_one}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        unknown = sorted({f"{app}.{name}" for app, name in cursor.fetchall()} - list_known_migrations())
    if unknown:
        yield f"The database is of a newer version than this program, which does not know {unknown[-1]}."
    if KeyMark._meta.db_table in tables and not is_right_key():
        yield "The field key is not that of this database: set JIEDAO_FIELD_KEY_FILE as for the running version."
    if connection.vendor == "postgresql" and connection.pg_version < OLDEST_VERSION:  # type: ignore[attr-defined]
        yield f"PostgreSQL {connection.pg_version // 10000} is too old: {OLDEST_VERSION // 10000} or newer is needed."  # type: ignore[attr-defined]
    if needed > free:
        yield (
            f"The disk of the database has {free >> 20} MB free; migrations may need {needed >> 20} MB. "
            "Make space first."
        )
