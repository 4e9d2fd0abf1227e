"""Measure the filling of a form: 2,000 cells bound to figures of communities, written into a workbook.

    .venv/bin/python -m benchmarks.forms [--cells 2000] [--cases 20000]

The database is the one that the environment names; everything is rolled back. It prints one JSON document with the
seconds of computing, of writing, and of storing the draft, and exits with 1 where they add up to more than the limit.
"""

# ruff: noqa: PLC0415 (models are imported after django.setup)
import argparse
import io
import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

LIMIT_SECONDS = 5.0
COLUMNS = 20


def make_blank(cells: int) -> bytes:
    """Return a workbook with so many empty cells under headers."""
    from openpyxl import Workbook
    from openpyxl.styles import Border, Side

    book = Workbook()
    sheet = book.active
    sheet.title = "大表"
    line = Side(style="thin")
    sheet["A1"] = "项目"
    for column in range(2, COLUMNS + 2):
        sheet.cell(1, column, f"指标{column - 1}")
    for number in range(cells):
        row, column = 2 + number // COLUMNS, 2 + number % COLUMNS
        sheet.cell(row, 1, f"第{row - 1}行")
        sheet.cell(row, column).border = Border(left=line, right=line, top=line, bottom=line)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def build_bindings(form: Any, cells: int) -> list[Any]:
    """Return bindings over three measures, two communities and the town, four periods, and their aspects."""
    from jiedao.orgs.actor import make_system_actor
    from jiedao.reports.forms.actions.binding import _build_binding
    from jiedao.reports.forms.definition import read_spec
    from jiedao.reports.forms.opening import open_stored_blank
    from jiedao.reports.forms.selectors import get_blank

    blank, actor = open_stored_blank(get_blank(form)), make_system_actor()
    areas = ["", "990001001001", "990001001002"]
    rules = ["this", "year_before", "to_date", "previous"]
    rows = []
    for number in range(cells):
        row, column = 2 + number // COLUMNS, 2 + number % COLUMNS
        letters = chr(64 + column) if column <= 26 else f"A{chr(38 + column)}"
        spec = {
            "measure": f"m{number % 40}",
            "rule": rules[number % 4],
            "area": areas[number % 3],
            "aspect": "growth" if number % 10 == 9 else "value",
        }
        rows.append(_build_binding(actor, form, blank, f"大表!{letters}{row}", read_spec("FIGURE", spec)))
    return rows


def measure(cells: int, cases: int) -> dict[str, Any]:
    """Fill the form once and return the seconds."""
    from jiedao.indicators.tests.conftest import declare_measure
    from jiedao.kernel.periods import parse_period
    from jiedao.orgs.actor import make_system_actor
    from jiedao.reports.forms.actions.binding import DemandInput, add_form
    from jiedao.reports.forms.actions.filling import read_cells, start_fill
    from jiedao.reports.forms.filling import write_file
    from jiedao.reports.forms.models import FormBinding
    from jiedao.reports.forms.opening import open_stored_blank
    from jiedao.reports.tests.form_parts import add_cases, prepare_town

    town = prepare_town()
    for month in (5, 6):
        add_cases(town, month, {"G1": cases // 4, "G3": cases // 8}, {"G3": cases // 8})
    for number in range(40):
        spec = {"source": "cases", "measure": ("due", "handled", "reported", "closed")[number % 4]}
        kind = {
            "numerator": spec,
            "denominator": {"source": "cases", "measure": "due"},
            "denominator_name": "应处置",
        }
        declare_measure(f"m{number}", *(("amount", {"spec": spec}) if number % 2 else ("rate", kind)))
    actor = make_system_actor()
    given = DemandInput(name="大表", sender="区里", cycle="month")
    form = add_form(actor=actor, given=given, content=make_blank(cells), file_name="大表.xlsx")
    FormBinding.objects.bulk_create(build_bindings(form, cells), batch_size=500)
    begin = time.perf_counter()
    fill = start_fill(actor=actor, form=form, period=parse_period("2020-06"))
    computed = time.perf_counter()
    content = write_file(open_stored_blank(fill.blank), read_cells(fill))
    written = time.perf_counter()
    return {
        "cells": fill.total,
        "filled": fill.filled,
        "compute_and_store_seconds": round(computed - begin, 2),
        "write_seconds": round(written - computed, 2),
        "seconds": round(written - begin, 2),
        "bytes": len(content),
    }


def main() -> int:
    """Run the benchmark in a transaction that is rolled back."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cells", type=int, default=2000)
    parser.add_argument("--cases", type=int, default=20_000)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    import django

    django.setup()
    from django.db import transaction

    from jiedao.kernel import clock

    with clock.at(datetime(2020, 7, 1, 2, tzinfo=UTC)), transaction.atomic():
        result = measure(arguments.cells, arguments.cases)
        transaction.set_rollback(True)
    print(json.dumps(result, ensure_ascii=False))
    return 0 if result["seconds"] < LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
