"""Read one sheet of a workbook in a process of its own, and write its rows to standard output.

Run as `python -I workbook_child.py FILE SETTINGS`, where SETTINGS is a JSON object with the limits and the
sheet. It imports nothing of jiedao: a hostile workbook gets a process with little memory, little time and
no database.

Lines out, one JSON value each: first `{"sheet", "sheets", "rows_hint", "from_1904"}`, then `[row number, [cells]]`
for each row that holds something, last `{"end": n}` or `{"fault": CODE, "detail": text}`. A date cell is `{"t":
ISO text}`, a cell over the limit `{"long": characters}`; a row over the limit is one cell `{"wide": columns}`.
"""

import json
import os
import resource
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import orjson

EXCEL_ROWS = 1_048_576
FOREIGN_PARTS = (
    ("xl/workbook.bin", "XLSB"),
    ("word/", "WORD"),
    ("ppt/", "POWERPOINT"),
    ("content.xml", "ODS"),
    ("Index/", "NUMBERS"),
)


class Refused(Exception):  # noqa: N818 (a refusal by the limits, not a fault of this program)
    """The workbook is not read further."""

    def __init__(self, code: str, detail: object = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = str(detail)


def confine(settings: dict[str, Any]) -> None:
    """Give this process little memory and little time, and keep large libraries out of it."""
    # Not every system lets a process bound its address space; the other caps still hold there.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (settings["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (settings["cpu_seconds"], settings["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["OPENPYXL_LXML"] = "False"  # lxml's reader would bypass defusedxml
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl imports it for its types only


def check_package(path: Path, settings: dict[str, Any]) -> None:
    """Refuse a package that is no workbook, is locked, or would unpack to more than the limits."""
    with zipfile.ZipFile(path) as package:
        parts = package.infolist()
    names = [part.filename for part in parts]
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        for sign, code in FOREIGN_PARTS:
            if any(name.startswith(sign) for name in names):
                raise Refused(code)
        raise Refused("NOT_WORKBOOK")
    if "xl/workbook.bin" in names:
        raise Refused("XLSB")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("ENCRYPTED")
    # A part that lies about its size is cut at the size it claims: zipfile never reads past it.
    if len(parts) > settings["parts"] or sum(part.file_size for part in parts) > settings["unpacked_bytes"]:
        raise Refused("UNPACKED")


def open_sheet(path: Path, wanted: str | None) -> tuple[Any, list[str], bool]:
    """Return the wanted sheet, or the first visible one, the names of all sheets, whether days count from 1904."""
    import openpyxl  # noqa: PLC0415 (only after `confine`)
    from openpyxl.utils.datetime import CALENDAR_MAC_1904  # noqa: PLC0415
    from openpyxl.xml import functions  # noqa: PLC0415

    if not functions.iterparse.__module__.startswith("defusedxml"):
        raise Refused("UNSAFE_PARSER")
    book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    sheets = list(book.worksheets)
    names = [sheet.title for sheet in sheets]
    if wanted is not None and wanted not in names:
        raise Refused("NO_SHEET", json.dumps(names, ensure_ascii=False))
    if not sheets:
        raise Refused("NO_SHEET", "[]")
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
    sheet = sheets[names.index(wanted)] if wanted is not None else visible[0]
    return sheet, names, book.epoch == CALENDAR_MAC_1904


def portable(cell: Any, cell_chars: int) -> Any:
    """Return the cell as JSON can carry it."""
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    if isinstance(cell, datetime | date | time):
        return {"t": cell.isoformat()}
    text = str(cell)
    return text if len(text) <= cell_chars else {"long": len(text)}


def rows_of(sheet: Any, settings: dict[str, Any]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows that hold something; raise Refused past a limit."""
    sheet.reset_dimensions()  # the claimed size may be a lie in either direction
    found = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > EXCEL_ROWS:
            raise Refused("ROWS", number)
        width = len(cells)
        while width and cells[width - 1] in (None, ""):
            width -= 1
        if not width:
            continue
        found += 1
        if found > settings["rows"]:
            raise Refused("ROWS", number)
        if width > settings["columns"]:
            yield number, [{"wide": width}]
            continue
        yield number, [portable(cell, settings["cell_chars"]) for cell in cells[:width]]


def run(path: Path, settings: dict[str, Any]) -> None:
    """Write the sheet's rows and the last line that says how it ended."""
    out = sys.stdout.buffer
    count = 0
    try:
        check_package(path, settings)
        sheet, names, from_1904 = open_sheet(path, settings["sheet"])
        hint = min(sheet.max_row, settings["rows"]) if sheet.max_row else None
        head = {"sheet": sheet.title, "sheets": names, "rows_hint": hint, "from_1904": from_1904}
        out.write(orjson.dumps(head) + b"\n")
        out.flush()
        for number, cells in rows_of(sheet, settings):
            # Python integers go past what JSON readers take: such a cell travels as text.
            out.write(orjson.dumps([number, cells], default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n")
            count += 1
        last: dict[str, Any] = {"end": count}
    except Refused as refusal:
        last = {"fault": refusal.code, "detail": refusal.detail}
    except MemoryError:
        last = {"fault": "MEMORY"}
    except Exception as fault:  # whatever a broken file makes the library raise, the answer is: broken
        code = "MEMORY" if "out of memory" in str(fault) else "BROKEN"
        said = (str(fault).splitlines() or [""])[0].replace(str(path), path.name)
        last = {"fault": code, "detail": f"{type(fault).__name__}: {said}"[:300]}
    out.write(orjson.dumps(last) + b"\n")
    out.flush()


if __name__ == "__main__":
    limits = json.loads(sys.argv[2])
    confine(limits)
    run(Path(sys.argv[1]), limits)
