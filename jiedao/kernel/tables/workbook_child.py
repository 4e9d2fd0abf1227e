"""Read one sheet of a workbook in a process of its own, and write its rows to standard output.

Run as `python -I workbook_child.py FILE SETTINGS`, where SETTINGS is a JSON object with the limits and the
sheet. It imports nothing of jiedao: a hostile workbook gets a process with little memory, little time and
no database.

openpyxl reads what is small: the list of sheets and the formats. Rows and shared strings, the bulk, are read here with
expat, some six times as fast as through a tree that is built and thrown away; a document type, the door of entities,
is refused at its first word.

Lines out, one JSON value each: first `{"sheet", "sheets", "rows_hint", "from_1904"}`, then `[row number, [cells]]`
for each row that holds something, last `{"end": n}` or `{"fault": CODE, "detail": text}`. A date cell is `{"t":
ISO text}`, a cell over the limit `{"long": characters}`; a row over the limit is one cell `{"wide": columns}`.
"""

import json
import os
import re
import resource
import sys
import xml.parsers.expat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import orjson

EXCEL_ROWS = 1_048_576
BLOCK = 256 * 1024
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
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


def expat(start: Callable[..., None], end: Callable[..., None]) -> xml.parsers.expat.XMLParserType:
    """Return a parser that refuses a document type and gives texts whole."""

    def refuse(*_args: object) -> None:
        raise Refused("BROKEN", "document type")

    parser = xml.parsers.expat.ParserCreate(namespace_separator="}")
    parser.buffer_text, parser.buffer_size = True, 64 * 1024
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start, end
    return parser


def local(name: str) -> str:
    """Return the name of an element of a worksheet, "" for any other."""
    space, _, plain = name.rpartition("}")
    return plain if space in {SHEET, STRICT, ""} else ""


class Tags(dict[str, str]):
    """The names of elements as `local` says them, each looked at once."""

    def __missing__(self, name: str) -> str:
        self[name] = found = local(name)
        return found


class Strings:
    """The shared strings of a workbook: of each the text of its runs, without the reading aids (phonetics)."""

    def __init__(self, source: Any) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._aside = 0
        self._tags = Tags()
        parser = expat(self._start, self._end)
        self._parser = parser
        while block := source.read(BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        tag = self._tags[name]
        if tag == "rPh":
            self._aside += 1
        elif tag == "t" and not self._aside:
            self._parser.CharacterDataHandler = self._parts.append

    def _end(self, name: str) -> None:
        tag = self._tags[name]
        if tag == "t":
            self._parser.CharacterDataHandler = None
        elif tag == "rPh":
            self._aside -= 1
        elif tag == "si":
            self.found.append(unescaped("".join(self._parts)))
            self._parts.clear()


def unescaped(text: str) -> str:
    """Return the text with the signs that workbooks write as _x000D_: line ends, tabs, and "_" before such a word."""
    if "_x" not in text:
        return text
    return re.sub(r"_x(000[9aAdD]|005[fF])_", lambda found: chr(int(found[1], 16)), text)


def open_sheet(path: Path, wanted: str | None) -> tuple[Any, list[str], bool]:
    """Return the wanted sheet, or the first visible one, the names of all sheets, whether days count from 1904."""
    from openpyxl.reader.excel import ExcelReader  # noqa: PLC0415 (only after `confine`)
    from openpyxl.utils.datetime import CALENDAR_MAC_1904  # noqa: PLC0415
    from openpyxl.xml import functions  # noqa: PLC0415
    from openpyxl.xml.constants import SHARED_STRINGS  # noqa: PLC0415

    if not functions.iterparse.__module__.startswith("defusedxml"):
        raise Refused("UNSAFE_PARSER")

    class Reader(ExcelReader):
        def read_strings(self) -> None:
            part = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
            if part is not None:
                with self.archive.open(part.PartName[1:]) as source:
                    self.shared_strings = Strings(source).found

    reader = Reader(path, read_only=True, data_only=True, keep_links=False)
    reader.read()
    book = reader.wb
    sheets = list(book.worksheets)
    names = [sheet.title for sheet in sheets]
    if wanted is not None and wanted not in names:
        raise Refused("NO_SHEET", json.dumps(names, ensure_ascii=False))
    if not sheets:
        raise Refused("NO_SHEET", "[]")
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
    sheet = sheets[names.index(wanted)] if wanted is not None else visible[0]
    return sheet, names, book.epoch == CALENDAR_MAC_1904


class Rows:
    """The rows of a sheet, (number, cells) each, as expat comes upon them.

    A cell costs five calls from expat, and they are what reading takes: so little happens in each.
    """

    def __init__(self, sheet: Any) -> None:
        from openpyxl.utils.datetime import from_excel, from_ISO8601  # noqa: PLC0415

        book = sheet.parent
        self._from_iso: Callable[[str], Any] = from_ISO8601
        self._from_excel: Callable[..., Any] = from_excel
        self._epoch = book.epoch
        self._strings: list[str] = sheet._shared_strings
        self._dates = {str(style) for style in book._date_formats}
        self._spans = {str(style) for style in book._timedelta_formats}
        self._done: list[tuple[int, list[Any]]] = []
        self._row: list[Any] = []
        self._number = 0
        self._digits = 1  # how many the number has: the letters of a cell's place are what stands before them
        self._kind = self._style = ""
        self._column = 0
        self._texts: list[str] = []  # what stands in the element that is being read, which may come in parts
        self._runs: list[str] = []  # the texts of a cell that holds its own
        self._columns: dict[str, int] = {}
        self._aside = False
        self._tags = Tags()
        self._parser = expat(self._start, self._end)
        self._parser.CharacterDataHandler = self._texts.append

    def __call__(self, source: Any) -> Iterator[tuple[int, list[Any]]]:
        """Yield the rows of the part."""
        while block := source.read(BLOCK):
            self._parser.Parse(block, False)
            yield from self._done
            self._done.clear()
        self._parser.Parse(b"", True)
        yield from self._done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self._tags[name]
        if tag == "c":
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            place = attributes.get("r")
            if place is None:
                self._column += 1
            else:
                self._column = self._columns.get(place[: -self._digits]) or self._column_of(place)
        elif tag in {"v", "t"}:
            self._texts.clear()
        elif tag == "rPh":
            self._aside = True
        elif tag == "row":
            self._number = int(attributes["r"]) if "r" in attributes else self._number + 1
            self._digits = len(str(self._number))
            self._row, self._column = [], 0
            self._texts.clear()

    def _end(self, name: str) -> None:
        tag = self._tags[name]
        if tag == "v":
            if self._texts:
                self._put("".join(self._texts))
        elif tag == "c":
            if self._runs:
                self._put("".join(self._runs))
                self._runs.clear()
        elif tag == "t":
            if not self._aside:
                self._runs += self._texts
        elif tag == "rPh":
            self._aside = False
        elif tag == "row":
            self._done.append((self._number, self._row))

    def _column_of(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        if (column := self._columns.get(letters)) is None:
            if not re.fullmatch("[A-Z]{1,3}", letters):
                raise ValueError(f"cell {place[:20]!r}")
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            self._columns[letters] = column
        return column

    def _put(self, text: str) -> None:
        value = self._strings[int(text)] if self._kind == "s" else self._value(text)
        missing = self._column - 1 - len(self._row)
        if missing > 0:
            self._row += [None] * missing
        if missing >= 0:
            self._row.append(value)
        else:
            self._row[self._column - 1] = value

    def _value(self, text: str) -> Any:
        kind = self._kind
        if kind == "n":
            return self._figure(text)
        if kind == "b":
            return bool(int(text))
        if kind == "d":
            return self._from_iso(text)
        return unescaped(text)

    def _figure(self, text: str) -> Any:
        value = float(text) if "." in text or "E" in text or "e" in text else int(text)
        if self._style not in self._dates:
            return value
        try:
            return self._from_excel(value, self._epoch, timedelta=self._style in self._spans)
        except (OverflowError, ValueError):
            return "#VALUE!"


PLAIN = frozenset({type(None), bool, int, float})


def portable(cell: Any, cell_chars: int) -> Any:
    """Return a cell that is not `PLAIN` as JSON can carry it."""
    if isinstance(cell, datetime | date | time):
        return {"t": cell.isoformat()}
    text = str(cell)
    return text if len(text) <= cell_chars else {"long": len(text)}


def rows_of(sheet: Any, settings: dict[str, Any]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows that hold something; raise Refused past a limit."""
    found = 0
    most, chars = settings["columns"], settings["cell_chars"]
    with sheet._get_source() as source:
        for number, cells in Rows(sheet)(source):
            if number > EXCEL_ROWS:
                raise Refused("ROWS", number)
            while cells and cells[-1] in (None, ""):
                cells.pop()
            if not cells:
                continue
            found += 1
            if found > settings["rows"]:
                raise Refused("ROWS", number)
            if len(cells) > most:
                yield number, [{"wide": len(cells)}]
                continue
            yield number, [cell if cell.__class__ in PLAIN else portable(cell, chars) for cell in cells]


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
