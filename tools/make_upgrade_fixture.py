"""Dump a small office of this version, from which tests/deploy/test_upgrade.py rehearses the upgrade to later ones.

    python tools/make_upgrade_fixture.py

Run it once for each release, on the commit of its tag, and commit the files: tests/deploy/databases/VERSION.sqlite3.xz,
VERSION.pgdump.sql.xz (plain SQL, which every later PostgreSQL reads) and VERSION.json with the facts that must still
hold after the upgrade; and jiedao/backup/released_settings.json, to which it adds the settings of the version. The
office is the demonstration with fewer cases and inspections. It needs PostgreSQL.
"""

import json
import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # When this file runs as a script, Python would not find the package `tools`.

from tools.test_pg import find_server_programs, throwaway_postgres  # noqa: E402

TARGET = ROOT / "tests" / "deploy" / "databases"
KEY = "the key of an office that exists for tests only"
CASES = 300
INSPECTIONS = 300
KEPT = {"rental_buildings", "small_premises"}  # their records are inspected by name
RECORDS = 60  # of each other register


def shorten_pack(folder: Path) -> Path:
    """Return a copy of the reference pack with fewer records."""
    pack = folder / "buji"
    shutil.copytree(ROOT / "packs" / "buji", pack)
    for path in (pack / "demo" / "registers").glob("*.csv"):
        if path.stem not in KEPT:
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join(lines[: RECORDS + 1]), encoding="utf-8")
    return pack


def fill() -> None:
    """Write the office into the database of this process, and print its facts as JSON."""
    import django  # noqa: PLC0415 (only the process with the environment of the office may load it)

    django.setup()
    from django.db import connection  # noqa: PLC0415

    from jiedao.audit.sealing import seal_entries  # noqa: PLC0415
    from jiedao.cases.models import Case  # noqa: PLC0415
    from jiedao.demo.commands import make_town  # noqa: PLC0415
    from jiedao.kernel.crypto import decrypt  # noqa: PLC0415
    from jiedao.registers.models import Inspection  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        make_town(shorten_pack(Path(folder)), today=True, cases=CASES, batch=CASES)
    kept = Inspection.objects.order_by("-id").values_list("id", flat=True)[:INSPECTIONS]
    spare = Inspection.objects.exclude(id__in=list(kept)).filter(findings__isnull=True, state="DONE")
    Inspection.objects.filter(id__in=list(spare.values_list("id", flat=True))).delete()
    while seal_entries():
        pass
    case = Case.objects.filter(reporter__isnull=False).order_by("id").last()
    assert case is not None
    assert case.reporter is not None
    facts: dict[str, Any] = {
        "key": KEY,
        "case": case.number,
        "reporter": decrypt(case.reporter.name),
        "counts": {},
        "states": {},
    }
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if not table.startswith(("django_", "auth_")) and "searchrow" not in table:
                cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (a name from the database)
                facts["counts"][table] = cursor.fetchone()[0]
        cursor.execute("SELECT state, count(*) FROM cases_case GROUP BY state ORDER BY state")
        facts["states"] = dict(cursor.fetchall())
    json.dump(facts, sys.stdout)


def run_fill(data: Path, url: str) -> dict[str, Any]:
    """Fill the database at the address in a process of its own; return the facts."""
    variables = {"JIEDAO_DATA": str(data), "JIEDAO_DATABASE_URL": url, "JIEDAO_SECRET_KEY": KEY}
    done = subprocess.run(
        [sys.executable, __file__, "fill"],
        env={**os.environ, **variables, "DJANGO_SETTINGS_MODULE": "jiedao.settings", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def dump_sqlite(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """Return the file of an office on SQLite, and its facts."""
    facts = run_fill(folder, f"sqlite:///{folder / 'office.sqlite3'}")
    with closing(sqlite3.connect(folder / "office.sqlite3")) as connection:
        connection.create_function("django_date_extract", 2, lambda *_values: None)  # an index names it
        connection.execute("VACUUM INTO ?", (str(folder / "small.sqlite3"),))
    return (folder / "small.sqlite3").read_bytes(), facts


def dump_postgresql(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """Return the SQL of an office on PostgreSQL, and its facts."""
    with throwaway_postgres() as address:
        facts = run_fill(folder, address)
        dump = [find_server_programs() / "pg_dump", "--no-owner", "--no-privileges", "--dbname", address]
        sql = subprocess.run(dump, check=True, stdout=subprocess.PIPE).stdout
    # newer programs write what older ones do not know
    lines = [
        line
        for line in sql.splitlines(keepends=True)
        if not line.startswith((b"\\restrict", b"\\unrestrict", b"SET transaction_timeout"))
    ]
    return b"".join(lines), facts


def write_settings(version: str) -> None:
    """Add the settings of this version to those of earlier ones, which `jiedao upgrade --check` compares."""
    os.environ["JIEDAO_SECRET_KEY"] = KEY  # else the settings make a key
    from jiedao.backup.upgrade_settings import RELEASES, read_defaults, read_released_defaults  # noqa: PLC0415

    released = {**read_released_defaults(), version: dict(sorted(read_defaults().items()))}
    RELEASES.write_text(json.dumps(released, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Write the three files of this version, and add its settings to those of the earlier ones."""
    if sys.argv[1:] == ["fill"]:
        fill()
        return
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    TARGET.mkdir(parents=True, exist_ok=True)
    facts = {}
    for name, dump in (("sqlite3", dump_sqlite), ("pgdump.sql", dump_postgresql)):
        with tempfile.TemporaryDirectory() as folder:
            content, facts[name.partition(".")[0]] = dump(Path(folder))
        path = TARGET / f"{version}.{name}.xz"
        path.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e3:.0f} kB")
    (TARGET / f"{version}.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_settings(version)


if __name__ == "__main__":
    main()
