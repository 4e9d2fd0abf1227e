# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""A hundred thousand rows of a register from Excel, fully checked, against bare reading and bare COPY of the same rows.

python -m benchmarks.ledger N     in a process of its own with `house`: prints seconds and megabytes as JSON
"""

import io
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import django

from benchmarks.report import Line
from benchmarks.servers import Server, house

ROWS = 100_000


def measure(vendor: str) -> list[Line]:
    """Import, import again, grade anew; compare with the floor of the same run."""
    name = "PostgreSQL" if vendor == "postgresql" else "SQLite"
    with house(vendor) as home:
        seen: dict[str, float] = json.loads(home.run("benchmarks.ledger", str(ROWS)))
    rate, floor = ROWS / seen["import"], seen["read"] + seen["load"]
    aimed = vendor == "postgresql"
    what = f"register of {ROWS:,} rows, {name}"
    return [
        Line(
            f"{what}: bare reading of the workbook, then bare loading of the same rows",
            f"{seen['read']:.1f} s and {seen['load']:.1f} s",
        ),
        Line(
            f"{what}: import with full checking",
            f"{rate:,.0f} rows/s ({seen['import']:.1f} s)",
            f"{seen['import'] / floor:.1f} times the floor",
            "≥ 5,000 rows/s" if aimed else "",
            met=rate >= 5000 if aimed else None,
        ),
        Line(
            f"{what}: memory of the import with its reader, at its highest",
            f"{seen['both']:.0f} MB (the import alone {seen['memory']:.0f} MB, the reader {seen['reader']:.0f} MB)",
            target="< 500 MB",
            met=seen["both"] < 500,
        ),
        Line(f"{what}: the same sheet again", f"{ROWS / seen['again']:,.0f} rows/s, nothing changed"),
        Line(
            f"{what}: preview of new grades, and writing {seen['changes']:,.0f} of them",
            f"{seen['plan']:.1f} s and {seen['apply']:.1f} s",
        ),
    ]


def _timed(seconds: dict[str, float], name: str, what: Callable[[], Any]) -> Any:
    begun = time.perf_counter()
    found = what()
    seconds[name] = time.perf_counter() - begun
    return found


@contextmanager
def _highest() -> Iterator[list[float]]:
    """Watch what this process and its children hold together, MB resident, every 20 ms; yield the highest so far."""
    highest, over = [0.0], threading.Event()
    here = Server(0, os.getpid())

    def watch() -> None:
        while not over.wait(0.02):
            with suppress(OSError):  # a child that ends while it is looked at
                pages = sum(
                    int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in here.processes()
                )
                highest[0] = max(highest[0], pages * os.sysconf("SC_PAGE_SIZE") / 1024**2)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield highest
    finally:
        over.set()
        watcher.join()


def _read(path: Path) -> int:
    from jiedao.kernel.tables.reading import read_table

    with read_table(path) as table:
        return sum(1 for _row in table.below(table.head[0]))


def _load() -> Callable[[], None]:
    """Return what loads the records once more into a table of the same columns and indexes, and nothing else."""
    from django.db import connection

    cursor = connection.cursor()
    if connection.vendor != "postgresql":
        cursor.execute("CREATE TEMPORARY TABLE floor AS SELECT * FROM registers_record WHERE 1 = 0")
        return lambda: cursor.execute("INSERT INTO floor SELECT * FROM registers_record")
    cursor.execute("CREATE TABLE floor (LIKE registers_record INCLUDING ALL)")
    kept = io.BytesIO()
    with cursor.copy("COPY registers_record TO STDOUT") as copy:
        for block in copy:
            kept.write(block)

    def load() -> None:
        with cursor.copy("COPY floor FROM STDIN") as into:
            into.write(kept.getvalue())

    return load


def main() -> None:
    """Print what was measured."""
    django.setup()
    from jiedao.orgs.actor import system
    from jiedao.places.models import Area
    from jiedao.registers.actions.grading import apply_regrade, plan_regrade
    from jiedao.registers.importing.actions import SheetFile, import_sheet
    from jiedao.registers.tests.parts import HOUSES, declare
    from jiedao.registers.tests.sheets import house as row
    from jiedao.registers.tests.sheets import workbook

    many, actor, seconds = int(sys.argv[1]), system("benchmark"), dict[str, float]()
    info = declare(replace(HOUSES, rules=HOUSES.rules[1:]))
    grids = list(Area.objects.filter(kind="GRID").order_by("code").values_list("code", flat=True))
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        rows = (row(number, 网格=grids[number % len(grids)]) for number in range(many))
        file = SheetFile(workbook(Path(folder) / "register.xlsx", rows))
        _timed(seconds, "read", lambda: _read(file.path))
        with _highest() as highest:
            made = _timed(seconds, "import", lambda: import_sheet(actor=actor, info=info, file=file))
        seconds["both"] = highest[0]
        seconds["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds["reader"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        again = _timed(seconds, "again", lambda: import_sheet(actor=actor, info=info, file=file))
    if (made.created, again.existing) != (many, many):
        raise RuntimeError(f"{made.counts()} {made.errors[:3]}, then {again.counts()}")
    _timed(seconds, "load", _load())
    info = declare()
    plan = _timed(seconds, "plan", lambda: plan_regrade(actor, info))
    _timed(seconds, "apply", lambda: apply_regrade(actor=actor, info=info, plan=plan))
    json.dump({**seconds, "changes": plan.changes + plan.reasons}, sys.stdout)


if __name__ == "__main__":
    main()
