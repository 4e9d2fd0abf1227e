# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Importing 100,000 rows of a register from Excel with all checks, compared with bare reading and bare COPY of them.

    python -m benchmarks.ledger N     prints seconds and megabytes as JSON

Run as a process on a database of `prepare_office`.
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
from benchmarks.servers import Server, prepare_office

ROWS = 100_000


def measure(vendor: str) -> list[Line]:
    """Import, import again, and grade again; compare with reading and loading in the same run."""
    name = "PostgreSQL" if vendor == "postgresql" else "SQLite"
    with prepare_office(vendor) as office:
        results: dict[str, float] = json.loads(office.run("benchmarks.ledger", str(ROWS)))
    rate, floor = ROWS / results["import"], results["read"] + results["load"]
    has_target = vendor == "postgresql"
    label = f"register of {ROWS:,} rows, {name}"
    return [
        Line(
            f"{label}: bare reading of the workbook, then bare loading of the same rows",
            f"{results['read']:.1f} s and {results['load']:.1f} s",
        ),
        Line(
            f"{label}: import with full checking",
            f"{rate:,.0f} rows/s ({results['import']:.1f} s)",
            f"{results['import'] / floor:.1f} times the floor",
            "≥ 5,000 rows/s" if has_target else "",
            met=rate >= 5000 if has_target else None,
        ),
        Line(
            f"{label}: memory of the import with its reader, at its highest",
            f"{results['both']:.0f} MB "
            f"(the import alone {results['memory']:.0f} MB, the reader {results['reader']:.0f} MB)",
            target="< 500 MB",
            met=results["both"] < 500,
        ),
        Line(f"{label}: the same sheet again", f"{ROWS / results['again']:,.0f} rows/s, nothing changed"),
        Line(
            f"{label}: preview of new grades, and writing {results['changes']:,.0f} of them",
            f"{results['plan']:.1f} s and {results['apply']:.1f} s",
        ),
    ]


def _time_call(seconds: dict[str, float], name: str, call: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = call()
    seconds[name] = time.perf_counter() - started
    return result


@contextmanager
def _track_memory() -> Iterator[list[float]]:
    """Read the resident memory of this process and its children every 20 ms; yield the highest sum so far in MB."""
    highest, over = [0.0], threading.Event()
    processes = Server(0, os.getpid())

    def read() -> None:
        while not over.wait(0.02):
            with suppress(OSError):  # a child that ends in the meantime
                pages = sum(
                    int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in processes.processes()
                )
                highest[0] = max(highest[0], pages * os.sysconf("SC_PAGE_SIZE") / 1024**2)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield highest
    finally:
        over.set()
        reader.join()


def _count_rows(path: Path) -> int:
    from jiedao.kernel.tables.reading import read_table

    with read_table(path) as table:
        return sum(1 for _row in table.below(table.head[0]))


def _prepare_load() -> Callable[[], None]:
    """Return a function that loads the records once more into a table with the same columns and indexes."""
    from django.db import connection

    cursor = connection.cursor()
    if connection.vendor != "postgresql":
        cursor.execute("CREATE TEMPORARY TABLE floor AS SELECT * FROM registers_record WHERE 1 = 0")
        return lambda: cursor.execute("INSERT INTO floor SELECT * FROM registers_record")
    cursor.execute("CREATE TABLE floor (LIKE registers_record INCLUDING ALL)")
    content = io.BytesIO()
    with cursor.copy("COPY registers_record TO STDOUT") as copy:
        for block in copy:
            content.write(block)

    def load() -> None:
        with cursor.copy("COPY floor FROM STDIN") as into:
            into.write(content.getvalue())

    return load


def main() -> None:
    """Measure, and print the results."""
    django.setup()
    from jiedao.orgs.actor import make_system_actor
    from jiedao.places.models import Area
    from jiedao.registers.actions.grading import apply_regrade, plan_regrade
    from jiedao.registers.importing.actions import SheetFile, import_sheet
    from jiedao.registers.tests.parts import HOUSES, declare
    from jiedao.registers.tests.sheets import house_row as row
    from jiedao.registers.tests.sheets import workbook

    many, actor, seconds = int(sys.argv[1]), make_system_actor("benchmark"), dict[str, float]()
    info = declare(replace(HOUSES, rules=HOUSES.rules[1:]))
    grids = list(Area.objects.filter(kind="GRID").order_by("code").values_list("code", flat=True))
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        rows = (row(number, 网格=grids[number % len(grids)]) for number in range(many))
        file = SheetFile(workbook(Path(folder) / "register.xlsx", rows))
        _time_call(seconds, "read", lambda: _count_rows(file.path))
        with _track_memory() as highest:
            first = _time_call(seconds, "import", lambda: import_sheet(actor=actor, info=info, file=file))
        seconds["both"] = highest[0]
        seconds["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds["reader"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        again = _time_call(seconds, "again", lambda: import_sheet(actor=actor, info=info, file=file))
    if (first.created, again.existing) != (many, many):
        raise RuntimeError(f"{first.counts()} {first.errors[:3]}, then {again.counts()}")
    _time_call(seconds, "load", _prepare_load())
    info = declare()
    plan = _time_call(seconds, "plan", lambda: plan_regrade(actor, info))
    _time_call(seconds, "apply", lambda: apply_regrade(actor=actor, info=info, plan=plan))
    json.dump({**seconds, "changes": plan.changes + plan.reasons}, sys.stdout)


if __name__ == "__main__":
    main()
