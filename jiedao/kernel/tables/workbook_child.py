"""Read one sheet of a workbook in a separate process, and write its rows to standard output.

Run as `python -I workbook_child.py FILE SETTINGS`, where SETTINGS is a JSON object with the limits and the
sheet. It imports nothing of jiedao: a hostile workbook gets a process with little memory, little time and
no database.

openpyxl reads the small parts: the list of sheets and the formats. The rows and the shared strings, which are large,
are read here with expat, about six times as fast as through a temporary tree. A document type declaration, which
could define entities, is refused.

The output has one JSON value a line: first `{"sheet", "sheets", "rows_hint", "from_1904"}`, then `[row number,
[cells]]` for each row that is not empty, last `{"end": n}` or `{"fault": CODE, "detail": text}`. A date cell is
`{"t": ISO text}`, a cell over the limit `{"long": characters}`; a row over the limit is one cell `{"wide": columns}`.
A cell that is formatted as a percentage is `{"p": number}`.
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
# The formats that East Asian versions have built in and openpyxl does not know: 2020年3月5日, 3月5日, 上午9时30分.
EAST_ASIAN_DATES = frozenset({*range(27, 37), *range(50, 59)})
FOREIGN_PARTS = (
    ("xl/workbook.bin", "XLSB"),
    ("word/", "WORD"),
    ("ppt/", "POWERPOINT"),
    ("content.xml", "ODS"),
    ("Index/", "NUMBERS"),
)


class Refusal(Exception):  # noqa: N818 (a refusal by the limits, not a fault of this program)
    """The workbook is refused and not read further."""

    def __init__(self, code: str, detail: object = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = str(detail)


def confine(settings: dict[str, Any]) -> None:
    """Limit the memory and the time of this process, and prevent the import of large libraries."""
    # Not every system lets a process limit its address space; the other limits apply there too.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (settings["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (settings["cpu_seconds"], settings["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["OPENPYXL_LXML"] = "False"  # lxml's reader would bypass defusedxml
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl needs only its types


def check_package(path: Path, settings: dict[str, Any]) -> None:
    """Refuse a package that is no workbook, is locked, or would exceed the limits when unpacked."""
    with zipfile.ZipFile(path) as package:
        parts = package.infolist()
    names = [part.filename for part in parts]
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        for sign, code in FOREIGN_PARTS:
            if any(name.startswith(sign) for name in names):
                raise Refusal(code)
        raise Refusal("NOT_WORKBOOK")
    if "xl/workbook.bin" in names:
        raise Refusal("XLSB")
    if any(part.flag_bits & 1 for part in parts):
        raise Refusal("ENCRYPTED")
    # A part cannot exceed the size that it claims: zipfile does not read beyond it.
    if len(parts) > settings["parts"] or sum(part.file_size for part in parts) > settings["unpacked_bytes"]:
        raise Refusal("UNPACKED")


def make_parser(start: Callable[..., None], end: Callable[..., None]) -> xml.parsers.expat.XMLParserType:
    """Return a parser that refuses a document type declaration and buffers texts."""

    def refuse(*_args: object) -> None:
        raise Refusal("BROKEN", "document type")

    parser = xml.parsers.expat.ParserCreate(namespace_separator="}")
    parser.buffer_text, parser.buffer_size = True, 64 * 1024
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start, end
    return parser


def get_local_name(name: str) -> str:
    """Return the local name of an element of a worksheet, "" for any other element."""
    space, _, plain = name.rpartition("}")
    return plain if space in {SHEET, STRICT, ""} else ""


class TagNames(dict[str, str]):
    """The results of `get_local_name`, computed once for each name."""

    def __missing__(self, name: str) -> str:
        self[name] = local_name = get_local_name(name)
        return local_name


class SharedStrings:
    """The shared strings of a workbook: the text of the runs of each, without phonetic guides."""

    def __init__(self, source: Any) -> None:
        self.texts: list[str] = []
        self._text_parts: list[str] = []
        self._in_phonetic = 0
        self._tags = TagNames()
        parser = make_parser(self._start, self._end)
        self._parser = parser
        while block := source.read(BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        tag = self._tags[name]
        if tag == "rPh":
            self._in_phonetic += 1
        elif tag == "t" and not self._in_phonetic:
            self._parser.CharacterDataHandler = self._text_parts.append

    def _end(self, name: str) -> None:
        tag = self._tags[name]
        if tag == "t":
            self._parser.CharacterDataHandler = None
        elif tag == "rPh":
            self._in_phonetic -= 1
        elif tag == "si":
            self.texts.append(unescape("".join(self._text_parts)))
            self._text_parts.clear()


def unescape(text: str) -> str:
    """Return the text with the escapes of workbooks (such as _x000D_) replaced: line ends, tabs and underscores."""
    if "_x" not in text:
        return text
    return re.sub(r"_x(000[9aAdD]|005[fF])_", lambda match: chr(int(match[1], 16)), text)


def open_sheet(path: Path, wanted: str | None) -> tuple[Any, list[str], bool]:
    """Return the wanted or the first visible sheet, the names of all sheets, and whether days count from 1904."""
    from openpyxl.reader.excel import ExcelReader  # noqa: PLC0415 (only after `confine`)
    from openpyxl.utils.datetime import CALENDAR_MAC_1904  # noqa: PLC0415
    from openpyxl.xml import functions  # noqa: PLC0415
    from openpyxl.xml.constants import SHARED_STRINGS  # noqa: PLC0415

    if not functions.iterparse.__module__.startswith("defusedxml"):
        raise Refusal("UNSAFE_PARSER")

    class Reader(ExcelReader):
        def read_strings(self) -> None:
            part = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
            if part is not None:
                with self.archive.open(part.PartName[1:]) as source:
                    self.shared_strings = SharedStrings(source).texts

    reader = Reader(path, read_only=True, data_only=True, keep_links=False)
    reader.read()
    book = reader.wb
    sheets = list(book.worksheets)
    names = [sheet.title for sheet in sheets]
    if wanted is not None and wanted not in names:
        raise Refusal("NO_SHEET", json.dumps(names, ensure_ascii=False))
    if not sheets:
        raise Refusal("NO_SHEET", "[]")
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
    sheet = sheets[names.index(wanted)] if wanted is not None else visible[0]
    return sheet, names, book.epoch == CALENDAR_MAC_1904


class PercentNumber(float):
    """The number of a cell that is formatted as a percentage."""


class RowReader:
    """Reads the rows of a sheet, (number, cells) each, with expat.

    Expat makes five calls for a cell, and they take most of the time of reading: keep the handlers short.
    """

    def __init__(self, sheet: Any) -> None:
        from openpyxl.utils.datetime import from_excel, from_ISO8601  # noqa: PLC0415

        book = sheet.parent
        self._from_iso: Callable[[str], Any] = from_ISO8601
        self._from_excel: Callable[..., Any] = from_excel
        self._epoch = book.epoch
        self._strings: list[str] = sheet._shared_strings
        self._date_styles = {str(style) for style in book._date_formats}
        self._duration_styles = {str(style) for style in book._timedelta_formats}
        self._percent_styles: set[str] = set()
        self._digit_counts: dict[str, int] = {}  # by style, of numbers shown with leading zeros
        self._read_styles(book)
        self._finished_rows: list[tuple[int, list[Any]]] = []
        self._cells: list[Any] = []
        self._number = 0
        self._digits = 1  # how many digits the number has: the letters of a cell reference are before them
        self._cell_type = self._style = ""
        self._column = 0
        self._text_parts: list[str] = []  # the text of the current element, which may arrive in parts
        self._run_texts: list[str] = []  # the runs of a cell with an inline string
        self._columns: dict[str, int] = {}
        self._in_phonetic = False
        self._tags = TagNames()
        self._parser = make_parser(self._start, self._end)
        self._parser.CharacterDataHandler = self._text_parts.append

    def __call__(self, source: Any) -> Iterator[tuple[int, list[Any]]]:
        """Yield the rows of the sheet."""
        while block := source.read(BLOCK):
            self._parser.Parse(block, False)
            yield from self._finished_rows
            self._finished_rows.clear()
        self._parser.Parse(b"", True)
        yield from self._finished_rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self._tags[name]
        if tag == "c":
            self._cell_type, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            reference = attributes.get("r")
            if reference is None:
                self._column += 1
            else:
                self._column = self._columns.get(reference[: -self._digits]) or self._read_column(reference)
        elif tag in {"v", "t"}:
            self._text_parts.clear()
        elif tag == "rPh":
            self._in_phonetic = True
        elif tag == "row":
            self._number = int(attributes["r"]) if "r" in attributes else self._number + 1
            self._digits = len(str(self._number))
            self._cells, self._column = [], 0
            self._text_parts.clear()

    def _end(self, name: str) -> None:
        tag = self._tags[name]
        if tag == "v":
            if self._text_parts:
                self._store_value("".join(self._text_parts))
        elif tag == "c":
            if self._run_texts:
                self._store_value("".join(self._run_texts))
                self._run_texts.clear()
        elif tag == "t":
            if not self._in_phonetic:
                self._run_texts += self._text_parts
        elif tag == "rPh":
            self._in_phonetic = False
        elif tag == "row":
            self._finished_rows.append((self._number, self._cells))

    def _read_column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        if (column := self._columns.get(letters)) is None:
            if not re.fullmatch("[A-Z]{1,3}", letters):
                raise ValueError(f"cell {reference[:20]!r}")
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            self._columns[letters] = column
        return column

    def _store_value(self, text: str) -> None:
        value = self._strings[int(text)] if self._cell_type == "s" else self._read_value(text)
        missing = self._column - 1 - len(self._cells)
        if missing > 0:
            self._cells += [None] * missing
        if missing >= 0:
            self._cells.append(value)
        else:
            self._cells[self._column - 1] = value

    def _read_value(self, text: str) -> Any:
        kind = self._cell_type
        if kind == "n":
            return self._read_number(text)
        if kind == "b":
            return bool(int(text))
        if kind == "d":
            return self._from_iso(text)
        return unescape(text)

    def _read_styles(self, book: Any) -> None:
        """Find the styles by which a number means something else than its digits."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE  # noqa: PLC0415

        for index, style in enumerate(book._cell_styles):
            number, name = style.numFmtId, str(index)
            own = number - BUILTIN_FORMATS_MAX_SIZE
            code = book._number_formats[own] if own >= 0 else BUILTIN_FORMATS.get(number, "")
            plain = re.sub(r'"[^"]*"|\\.|\[[^]]*\]', "", code)
            if number in EAST_ASIAN_DATES:
                self._date_styles.add(name)
            elif "%" in plain and name not in self._date_styles:
                self._percent_styles.add(name)
            elif re.fullmatch("0{2,}", plain):
                self._digit_counts[name] = len(plain)

    def _read_number(self, text: str) -> Any:
        value = float(text) if "." in text or "E" in text or "e" in text else int(text)
        if self._style not in self._date_styles:
            if self._style in self._percent_styles:
                return PercentNumber(value)
            if self._style in self._digit_counts and isinstance(value, int) and value >= 0:
                return str(value).zfill(self._digit_counts[self._style])
            return value
        try:
            return self._from_excel(value, self._epoch, timedelta=self._style in self._duration_styles)
        except (OverflowError, ValueError):
            return "#VALUE!"


PLAIN = frozenset({type(None), bool, int, float})


def make_portable(cell: Any, cell_chars: int) -> Any:
    """Return a cell that is not `PLAIN` in a form that JSON can carry."""
    if isinstance(cell, datetime | date | time):
        return {"t": cell.isoformat()}
    if isinstance(cell, PercentNumber):
        return {"p": float(cell)}
    text = str(cell)
    return text if len(text) <= cell_chars else {"long": len(text)}


def read_rows(sheet: Any, settings: dict[str, Any]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows that are not empty; raise Refusal when a limit is exceeded."""
    row_count = 0
    max_columns, max_chars = settings["columns"], settings["cell_chars"]
    with sheet._get_source() as source:
        for number, cells in RowReader(sheet)(source):
            if number > EXCEL_ROWS:
                raise Refusal("ROWS", number)
            while cells and cells[-1] in (None, ""):
                cells.pop()
            if not cells:
                continue
            row_count += 1
            if row_count > settings["rows"]:
                raise Refusal("ROWS", number)
            if len(cells) > max_columns:
                yield number, [{"wide": len(cells)}]
                continue
            yield (
                number,
                [cell if cell.__class__ in PLAIN else make_portable(cell, max_chars) for cell in cells],
            )


def write_rows(path: Path, settings: dict[str, Any]) -> None:
    """Write the rows of the sheet, and a last line with the number of rows or the fault."""
    output = sys.stdout.buffer
    count = 0
    try:
        check_package(path, settings)
        sheet, names, from_1904 = open_sheet(path, settings["sheet"])
        hint = min(sheet.max_row, settings["rows"]) if sheet.max_row else None
        head = {"sheet": sheet.title, "sheets": names, "rows_hint": hint, "from_1904": from_1904}
        output.write(orjson.dumps(head) + b"\n")
        output.flush()
        for number, cells in read_rows(sheet, settings):
            # orjson cannot write integers beyond 64 bits: such a cell is sent as text.
            output.write(orjson.dumps([number, cells], default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n")
            count += 1
        last_line: dict[str, Any] = {"end": count}
    except Refusal as refusal:
        last_line = {"fault": refusal.code, "detail": refusal.detail}
    except MemoryError:
        last_line = {"fault": "MEMORY"}
    except Exception as fault:  # the library raises many kinds of errors for a broken file
        code = "MEMORY" if "out of memory" in str(fault) else "BROKEN"
        message = (str(fault).splitlines() or [""])[0].replace(str(path), path.name)
        last_line = {"fault": code, "detail": f"{type(fault).__name__}: {message}"[:300]}
    output.write(orjson.dumps(last_line) + b"\n")
    output.flush()


if __name__ == "__main__":
    limits = json.loads(sys.argv[2])
    confine(limits)
    write_rows(Path(sys.argv[1]), limits)
