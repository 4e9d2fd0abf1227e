# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Fills registers with invented records and their former states: run as a process on a database of `prepare_office`.

    python -m benchmarks.fill_records N     N records of one register; prints as JSON what to query

N/50 records are imported from sheets on the first days of ten months, as people would do it, and a fifth of them is
changed five months later; they are copied 49 times by INSERT ... SELECT. Three further registers of the same definition
have 3, 300 and 10,000 records.
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
def _first_day_of_month(n: int) -> Iterator[None]:
    """Set the clock to the first day of a month, counted from January 2020 (0)."""
    from jiedao.kernel import clock

    with clock.at(datetime(2020 + n // 12, n % 12 + 1, 1, 9, tzinfo=clock.TOWN_TZ)):
        yield


class Filler:
    """Writes the records of each register."""

    def __init__(self, folder: Path) -> None:
        from jiedao.orgs.actor import make_system_actor
        from jiedao.places.models import Area

        self.folder, self.actor = folder, make_system_actor("benchmark")
        self.grids = list(Area.objects.filter(kind="GRID").order_by("code").values_list("code", flat=True))

    def declare(self, key: str) -> Any:
        """Declare a register of buildings."""
        from jiedao.registers.tests.parts import HOUSES, declare

        return declare(replace(HOUSES, key=key, name=f"出租屋 {key}", unit=""))

    def import_rows(self, info: Any, numbers: Iterable[int], **other: Any) -> None:
        """Import a sheet with these numbers; records that exist are changed."""
        from jiedao.registers.importing.actions import SheetFile, import_sheet
        from jiedao.registers.tests.sheets import house_row, workbook

        grids = self.grids
        # One in forty is a shop: a value that few records have.
        rows = (
            house_row(n, **({"网格": grids[n % len(grids)], "用途*": "居住" if n % 40 else "商铺"} | other))
            for n in numbers
        )
        account = import_sheet(
            actor=self.actor, info=info, file=SheetFile(workbook(self.folder / "rows.xlsx", rows))
        )
        if not account.written:
            raise RuntimeError(f"{account.counts()} {account.errors[:3]}")

    def import_history(self, info: Any, many: int) -> None:
        """Import a tenth of the records each month, and change every fifth of them five months later."""
        part = many // MONTHS
        for n in range(MONTHS + 5):
            with _first_day_of_month(n):
                if n < MONTHS:
                    self.import_rows(info, range(n * part, (n + 1) * part))
                if n >= 5:
                    changed = range((n - 5) * part, (n - 4) * part, 5)
                    self.import_rows(info, changed, **{"层数（层）": 9, "面积": 200.5})


def copy_rows(table: str, register_id: int, step: int, changed: dict[str, str]) -> None:
    """Copy every row of a register COPIES times.

    Args:
        step: distance between the ids of two successive copies.
        changed: SQL expression of each column that differs in the n-th copy.
    """
    from django.apps import apps
    from django.db import connection

    model = apps.get_model("registers", table)
    expressions = {f.column: f'was."{f.column}"' for f in model._meta.concrete_fields} | changed
    key = "record_id" if "record_id" in expressions else "id"
    expressions[key] = f'was."{key}" + copies.n * {step}'
    if key != "id":
        del expressions["id"]
    names, name = ", ".join(f'"{column}"' for column in expressions), model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE copies (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {COPIES}) "
            f"INSERT INTO {name} ({names}) SELECT {', '.join(expressions.values())} "
            f"FROM copies CROSS JOIN {name} AS was WHERE was.register_id = {register_id}"
        )
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))")


def write_search_rows(info: Any) -> None:
    """Write the search rows of all records of a register."""
    from jiedao.registers.bulk import split_chunks
    from jiedao.registers.models import Record
    from jiedao.registers.search import search_text, write_rows

    texts = Record.objects.filter(register_id=info.id).values_list("id", "code", "name", "place_text")
    for chunk in split_chunks(texts.iterator(chunk_size=5000), 5000):
        write_rows([(pk, search_text(*words)) for pk, *words in chunk])


def main() -> None:
    """Fill, analyse, and print what to query: areas, the number of records and the session of a grid worker."""
    django.setup()
    from django.db import connection, transaction

    from benchmarks.town import create_session
    from jiedao.accounts.models import User
    from jiedao.places.models import Area
    from jiedao.registers.models import Record

    many = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        filler = Filler(Path(folder))
        for key, count in SMALL.items():
            info = filler.declare(key)
            with _first_day_of_month(0):
                filler.import_rows(info, range(count))
        info = filler.declare(LARGE)
        filler.import_history(info, many // (COPIES + 1))
    fields = {field.key: field for field in info.definition.fields}
    licence = fields["licence"].slot
    code = {"code": "was.code || '-' || copies.n"}
    changed = {**code, licence: f"was.{licence} || '-' || copies.n"} if licence else code
    ids = Record.objects.filter(register_id=info.id).order_by("id").values_list("id", flat=True)
    step = ids[len(ids) - 1] - ids[0] + 1
    with transaction.atomic():
        copy_rows("RecordVersion", info.id, step, changed)
        copy_rows("Record", info.id, step, {**changed, "client_uuid": "NULL"})
        write_search_rows(info)
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
            "worker": create_session(User.objects.get(username="wangge")),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
