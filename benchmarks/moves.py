# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Moving an office from SQLite to PostgreSQL, compared with bare reading and bare COPY of the same rows.

python -m benchmarks.moves audit N     writes N sealed audit entries; run as a process on the office's database
"""

import io
import json
import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.report import Line
from benchmarks.servers import POSTGRES_OPTIONS, Office, prepare_office
from benchmarks.texts import ROOT
from tools.test_pg import throwaway_postgres

TABLES = (
    "cases_case",
    "cases_casemove",
    "cases_assignment",
    "cases_clock",
    "audit_entry",
    "registers_record",
)
ENTRIES_PER_CASE = 6
MOST_MINUTES = 15


def measure(cases: int) -> list[Line]:
    """Fill an office, move it, and read and load its largest tables without any work on them."""
    with (
        prepare_office("sqlite") as office,
        throwaway_postgres(durable=True, options=POSTGRES_OPTIONS) as address,
    ):
        office.run("benchmarks.fill", str(cases))
        office.run("benchmarks.moves", "audit", str(ENTRIES_PER_CASE * cases))
        result = move(office, address)
        read, load, rows = measure_floor(office.folder / "jiedao.sqlite3", address)
    share = result["seconds"] / (result["rows"] / rows)
    label = f"move of an office with {cases:,} cases ({result['rows']:,} rows) from SQLite to PostgreSQL"
    return [
        Line(f"{label}: bare reading, and bare COPY, of {rows:,} of them", f"{read:.0f} s and {load:.0f} s"),
        Line(
            f"{label}: with indexes, every digest compared and the audit chain verified",
            f"{result['rows'] / result['seconds']:,.0f} rows/s ({result['seconds'] / 60:.1f} min)",
            f"{share / (read + load):.1f} times the floor",
            f"< {MOST_MINUTES} min",
            met=result["seconds"] < MOST_MINUTES * 60,
        ),
        Line(f"{label}: how long the desk is still", f"{result['still_seconds']:.0f} s"),
        Line(
            f"{label}: processor time of the command, and of PostgreSQL",
            f"{result['cpu']:.0f} s and {result['server_cpu']:.0f} s",
        ),
    ]


def move(office: Office, address: str) -> dict[str, Any]:
    """Run the command and return its document, with the processor time that it and the server have used."""
    command = [sys.executable, "-m", "jiedao", "move", "--to", address, "--json"]
    there = replace(office, vendor="postgresql", address=address)
    before, server = resource.getrusage(resource.RUSAGE_CHILDREN), there.database_cpu()
    done = subprocess.run(command, cwd=ROOT, env=office.environment, stdout=subprocess.PIPE, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result: dict[str, Any] = json.loads(done.stdout)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**result, "cpu": used, "server_cpu": there.database_cpu() - server}


def measure_floor(path: Path, address: str) -> tuple[float, float, int]:
    """Return the seconds of reading and of loading the largest tables, and the number of their rows."""
    began, count = time.perf_counter(), 0
    with closing(sqlite3.connect(path)) as source:
        for table in TABLES:
            for _row in source.execute(f"SELECT * FROM {table}"):
                count += 1
    read, load = time.perf_counter() - began, 0.0
    with psycopg.connect(address, autocommit=True) as target:
        for table in TABLES:
            content = io.BytesIO()
            with target.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                for block in copy:
                    content.write(block)
            target.execute(f"CREATE TABLE floor (LIKE {table})")
            began = time.perf_counter()
            with target.cursor().copy("COPY floor FROM STDIN") as into:
                into.write(content.getvalue())
            load += time.perf_counter() - began
            target.execute("DROP TABLE floor")
    return read, load, count


def write_entries(number: int) -> None:
    """Write and seal audit entries, as the work of an office does."""
    from django.db import transaction

    from jiedao.audit.actions import record_entries
    from jiedao.audit.sealing import seal_entries
    from jiedao.orgs.actor import make_system_actor

    actor = make_system_actor("雅宝社区网格员")
    after = {"state": "DISPATCHED", "unit": 12, "due_at": "2026-06-30T09:00:00+08:00"}
    for first in range(1, number + 1, 10_000):
        with transaction.atomic():
            record_entries(
                [
                    {
                        "actor": actor,
                        "action": "cases.case:dispatch",
                        "obj_type": "cases.case",
                        "obj_id": pk // ENTRIES_PER_CASE + 1,
                        "before": {"state": "FILED"},
                        "after": after,
                    }
                    for pk in range(first, min(first + 10_000, number + 1))
                ]
            )
    seal_entries()


if __name__ == "__main__":
    import django

    django.setup()
    write_entries(int(sys.argv[2]))
