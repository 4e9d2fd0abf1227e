# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Fills registers with made-up records and with states that they had: run in a process of its own with `house`.

    python -m benchmarks.fill_records N     N records of one register; prints as JSON what to ask them for

N/50 records are imported from sheets on the first days of ten months, and a fifth of them changed months later, as
people would; they are copied 49 times by INSERT ... SELECT. Three further registers of the same definition have 3,
300 and 10,000 records.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import django

COPIES = 49
MONTHS = 10
SMALL = {"three": 3, "hundreds": 300, "small": 10_000}
LARGE = "large"


@contextmanager
def _month(n: int) -> Iterator[None]:
    """Live on the first day of the n-th month of 2020 and what follows."""
    from jiedao.kernel import clock

    with clock.at(datetime(2020 + n // 12, n % 12 + 1, 1, 9, tzinfo=clock.TOWN_TZ)):
        yield


class Filler:
    """Writes the records of each register."""

    def __init__(self, folder: Path) -> None:
        from jiedao.orgs.actor import system
        from jiedao.places.models import Area

        self.folder, self.actor = folder, system("benchmark")
        self.grids = list(Area.objects.filter(kind="GRID").order_by("code").values_list("code", flat=True))

    def declare(self, key: str) -> Any:
        """Declare one more register of buildings."""
        from jiedao.registers.tests.parts import HOUSES, declare

        return declare(replace(HOUSES, key=key, name=f"出租屋 {key}", unit=""))

    def load(self, info: Any, numbers: Iterable[int], **other: Any) -> None:
        """Import a sheet with these numbers; those that are there are changed."""
        from jiedao.registers.importing.actions import SheetFile, import_sheet
        from jiedao.registers.tests.sheets import house, workbook

        grids = self.grids
        # One in forty is a shop: a value that few records have.
        rows = (
            house(n, **({"网格": grids[n % len(grids)], "用途*": "居住" if n % 40 else "商铺"} | other))
            for n in numbers
        )
        account = import_sheet(
            actor=self.actor, info=info, file=SheetFile(workbook(self.folder / "rows.xlsx", rows))
        )
        if not account.written:
            raise RuntimeError(f"{account.counts()} {account.errors[:3]}")

    def months(self, info: Any, many: int) -> None:
        """Import a tenth of the records a month, and change every fifth of them five months later."""
        part = many // MONTHS
        for n in range(MONTHS + 5):
            with _month(n):
                if n < MONTHS:
                    self.load(info, range(n * part, (n + 1) * part))
                if n >= 5:
                    changed = range((n - 5) * part, (n - 4) * part, 5)
                    self.load(info, changed, **{"层数（层）": 9, "面积": 200.5})


def copy(table: str, register_id: int, step: int, moved: dict[str, str]) -> None:
    """Write every row of a register COPIES times more; `moved` gives what a column says in the n-th copy.

    Args:
        step: how far the ids of one copy are from those of the one before.
    """
    from django.apps import apps
    from django.db import connection

    model = apps.get_model("registers", table)
    given = {f.column: f'was."{f.column}"' for f in model._meta.concrete_fields} | moved
    key = "record_id" if "record_id" in given else "id"
    given[key] = f'was."{key}" + copies.n * {step}'
    if key != "id":
        del given["id"]
    names, name = ", ".join(f'"{one}"' for one in given), model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE copies (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {COPIES}) "
            f"INSERT INTO {name} ({names}) SELECT {', '.join(given.values())} "
            f"FROM copies CROSS JOIN {name} AS was WHERE was.register_id = {register_id}"
        )
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))")


def find(info: Any) -> None:
    """Write the search rows of copies anew."""
    from jiedao.registers.bulk import chunks
    from jiedao.registers.models import Record
    from jiedao.registers.search import search_text, write_rows

    said = Record.objects.filter(register_id=info.id).values_list("id", "code", "name", "place_text")
    for chunk in chunks(said.iterator(chunk_size=5000), 5000):
        write_rows([(pk, search_text(*words)) for pk, *words in chunk])


def main() -> None:
    """Fill, analyse, and print what is asked for: areas and a grid worker's session."""
    django.setup()
    from django.db import connection, transaction

    from benchmarks.town import session_of
    from jiedao.accounts.models import User
    from jiedao.places.models import Area
    from jiedao.registers.models import Record

    many = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        filler = Filler(Path(folder))
        for key, count in SMALL.items():
            info = filler.declare(key)
            with _month(0):
                filler.load(info, range(count))
        info = filler.declare(LARGE)
        filler.months(info, many // (COPIES + 1))
    fields = {one.key: one for one in info.definition.fields}
    licence = fields["licence"].slot
    code = {"code": "was.code || '-' || copies.n"}
    moved = {**code, licence: f"was.{licence} || '-' || copies.n"} if licence else code
    ids = Record.objects.filter(register_id=info.id).order_by("id").values_list("id", flat=True)
    step = ids[len(ids) - 1] - ids[0] + 1
    with transaction.atomic():
        copy("RecordVersion", info.id, step, moved)
        copy("Record", info.id, step, {**moved, "client_uuid": "NULL"})
        find(info)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    community = Area.objects.filter(kind="COMMUNITY").order_by("code")[0]
    grid = Area.objects.filter(kind="GRID", path__startswith=community.path).order_by("code")[0]
    json.dump(
        {
            "community": community.pk,
            "community_path": community.path,
            "grid": grid.pk,
            "records": Record.objects.filter(register_id=info.id).count(),
            "worker": session_of(User.objects.get(username="wangge")),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
