"""Read one sheet of a workbook in a separate process, and write its rows to standard output.

Run as `python -I workbook_child.py FILE SETTINGS`, where SETTINGS is a JSON object with the limits and the
sheet. It imports nothing of jiedao: a hostile workbook gets a process with little memory, little time and
no database.

openpyxl reads the small parts: the list of sheets and the formats. The rows and the shared strings, which are large,
are read here with expat, about six times as fast as through a temporary tree. A document type declaration, which
could define entities, is refused.

The output has one JSON value a line: first `{"sheet", "sheets", "rows_hint", "from_1904", "merges", "hidden_columns",
"others"}`, then `[row number, [cells], hidden]` for each row that is not empty, last `{"end": n}` or
`{"fault": CODE, "detail": text}`.
A date cell is `{"t": ISO text}`, a cell that is formatted as a percentage `{"p": number}`, a formula without a stored
value `{"formula": true}`, a picture in a cell `{"picture": true}`, a cell over the limit `{"long": characters}`; a row
over the limit is one cell `{"wide": columns}`. A merged range is `[first row, first column, last row, last column]`,
counted from 1; `others` has the name and the first rows of each other sheet.
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
    ("OFD.xml", "OFD"),
)
# Strict Open XML differs from the common form in the names of its namespaces; openpyxl knows only the common ones.
STRICT_NAMES = (
    (STRICT.encode(), SHEET.encode()),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"http://schemas.openxmlformats.org/drawingml/2006/main"),
)
MAX_MERGES = 50_000
MAX_OTHERS = 100  # sheets of which the first rows are read
OTHER_ROWS = 20
OTHER_BYTES = 2 * 1024 * 1024
OTHER_CHARS = 200  # characters of a cell of another sheet: enough for a header


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


class Package(zipfile.ZipFile):
    """The parts of a package, under the names by which other parts refer to them.

    The names in the archive of some writers have backslashes or begin with a slash, and part names do not distinguish
    upper and lower case.
    """

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        for part in self.infolist():
            part.filename = part.filename.replace("\\", "/").lstrip("/")
        self.NameToInfo = {part.filename: part for part in self.infolist()}
        self._names = {name.lower(): name for name in self.NameToInfo}

    def getinfo(self, name: str) -> zipfile.ZipInfo:
        """Return the part with a name; raise KeyError when there is none."""
        plain = name.replace("\\", "/").lstrip("/")
        return super().getinfo(plain if plain in self.NameToInfo else self._names.get(plain.lower(), plain))

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        """Return a small part, with the namespaces of the common form."""
        content = super().read(name, pwd)
        if b"purl.oclc.org" in content:
            for strict, common in STRICT_NAMES:
                content = content.replace(strict, common)
        return content


def check_package(path: Path, settings: dict[str, Any]) -> None:
    """Refuse a package that is no workbook, is locked, or would exceed the limits when unpacked."""
    with Package(path) as package:
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


def make_reader(path: Path) -> Any:
    """Return openpyxl's reader, changed to be safe and to read the workbooks of other programs."""
    from openpyxl.reader import excel  # noqa: PLC0415 (only after `confine`)
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet  # noqa: PLC0415
    from openpyxl.xml.constants import SHARED_STRINGS  # noqa: PLC0415

    class Sheet(ReadOnlyWorksheet):
        def _get_size(self) -> None:
            """Read the claimed size from the beginning of the sheet: it is only a hint."""
            with self._get_source() as source:  # type: ignore[attr-defined]
                claim = DIMENSION.search(source.read(8192))
            self._max_row = int(claim[1]) if claim else None

    class Reader(excel.ExcelReader):
        def read_strings(self) -> None:
            part = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
            if part is not None:
                with self.archive.open(part.PartName) as source:
                    self.shared_strings = SharedStrings(source).texts

        def read_properties(self) -> None:
            """Leave out what no table needs: a fault in it is no reason to refuse the workbook."""

        read_custom = read_theme = read_properties

        def read_worksheets(self) -> None:
            for sheet, relation in self.parser.find_sheets():
                with suppress(KeyError):
                    if "chartsheet" in relation.Type or not self.archive.getinfo(relation.target):
                        continue
                    page: Any = Sheet(self.wb, sheet.name, relation.target, self.shared_strings)
                    page.sheet_state = sheet.state
                    self.wb._sheets.append(page)  # type: ignore[attr-defined]

    excel.ZipFile = lambda file, _mode: Package(file)  # type: ignore[assignment, attr-defined]
    # A file, not a path: the content decides, and openpyxl would refuse a path without a suffix that it knows.
    return Reader(path.open("rb"), read_only=True, data_only=True, keep_links=False)


def open_sheet(path: Path, wanted: str | None) -> tuple[Any, list[Any], bool]:
    """Return the wanted or the first visible sheet, all sheets, and whether days count from 1904."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904  # noqa: PLC0415 (only after `confine`)
    from openpyxl.xml import functions  # noqa: PLC0415

    if not functions.iterparse.__module__.startswith("defusedxml"):
        raise Refusal("UNSAFE_PARSER")
    reader = make_reader(path)
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
    return sheet, sheets, book.epoch == CALENDAR_MAC_1904


def find_merges(source: Any, max_columns: int) -> list[list[int]]:
    """Return the merged ranges of a sheet.

    They follow the rows, but the rows cannot be understood without them. A search through the bytes takes a tenth of
    the time of parsing.
    """
    merges: list[list[int]] = []
    tail = b""
    while block := source.read(BLOCK):
        text = tail + block
        if (rows_end := text.rfind(b"sheetData>")) >= 0:
            merges.clear()
            text = text[rows_end:]
        for match in MERGE.finditer(text):
            first_column, last_column = read_letters(match[1].decode()), read_letters(match[3].decode())
            merges.append([int(match[2]), first_column, int(match[4]), min(last_column, max_columns)])
            if len(merges) > MAX_MERGES:
                raise Refusal("MERGES", MAX_MERGES)
        # The end of the block may have cut an element.
        _before, opening, rest = text.rpartition(b"<")
        tail = opening + rest if b">" not in rest and len(rest) < MERGE_BYTES else b""
    return merges


DIMENSION = re.compile(rb'dimension\s+ref="[A-Z]+\d+:[A-Z]+(\d{1,7})"')
MERGE_BYTES = 400
MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]{0,80}?ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})"[^>]{0,80}>'
)


COLUMNS_BYTES = 256 * 1024  # a sheet states its columns before its rows
COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]{0,400})>")
COLUMN_ATTRIBUTE = re.compile(rb'\b(min|max|hidden)="(\w{1,7})"')


def find_hidden_columns(source: Any, max_columns: int) -> list[int]:
    """Return the indexes of the columns that the sheet hides, counted from 0."""
    head, _rows, _rest = source.read(COLUMNS_BYTES).partition(b"sheetData")
    hidden: set[int] = set()
    for match in COLUMN.finditer(head):
        attributes = dict(COLUMN_ATTRIBUTE.findall(match[1]))
        first, last = attributes.get(b"min", b""), attributes.get(b"max", b"")
        if attributes.get(b"hidden") in {b"1", b"true"} and first.isdigit() and last.isdigit():
            hidden |= set(range(max(int(first), 1) - 1, min(int(last), max_columns)))
    return sorted(hidden)


def read_letters(letters: str) -> int:
    """Return the number of a column, counted from 1: "A" is 1, "AA" is 27."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column


class Beginning:
    """The first bytes of a part, so that a look at a sheet does not read all of it."""

    def __init__(self, source: Any) -> None:
        self._source, self._left = source, OTHER_BYTES

    def read(self, size: int) -> bytes:
        """Return the next bytes, b"" after the limit."""
        block: bytes = self._source.read(min(size, self._left))
        self._left -= len(block)
        return block


def read_first_rows(sheet: Any, max_columns: int) -> list[list[str]]:
    """Return the texts of the first rows of a sheet that are not empty."""
    rows: list[list[str]] = []
    # A broken sheet that nobody asked for is no reason to refuse the workbook.
    with (
        suppress(ValueError, IndexError, KeyError, Refusal, xml.parsers.expat.ExpatError, zipfile.BadZipFile),
        sheet._get_source() as source,
    ):
        for _number, cells, _hidden in RowReader(sheet)(Beginning(source)):
            texts = ["" if cell is None else str(cell)[:OTHER_CHARS] for cell in cells[:max_columns]]
            if any(texts):
                rows.append(texts)
            if len(rows) == OTHER_ROWS:
                break
    return rows


PICTURE = ("=DISPIMG(", "=_xlfn.DISPIMG(")  # what WPS stores as the text of a cell that holds a picture


class Picture:
    """A cell that holds a picture."""


class UnstoredFormula:
    """The cell of a formula that has no stored value: the program that wrote the file has not computed it."""


class PercentNumber(float):
    """The number of a cell that is formatted as a percentage."""


class RowReader:
    """Reads the rows of a sheet, (number, cells, hidden) each, with expat.

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
        self._finished_rows: list[tuple[int, list[Any], bool]] = []
        self._cells: list[Any] = []
        self._number = 0
        self._digits = 1  # how many digits the number has: the letters of a cell reference are before them
        self._cell_type = self._style = ""
        self._column = 0
        self._text_parts: list[str] = []  # the text of the current element, which may arrive in parts
        self._run_texts: list[str] = []  # the runs of a cell with an inline string
        self._columns: dict[str, int] = {}
        self._in_phonetic = self._in_formula = self._hidden = False
        self._tags = TagNames()
        self._parser = make_parser(self._start, self._end)
        self._parser.CharacterDataHandler = self._text_parts.append

    def __call__(self, source: Any) -> Iterator[tuple[int, list[Any], bool]]:
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
        elif tag == "f":
            self._in_formula = True
        elif tag == "rPh":
            self._in_phonetic = True
        elif tag == "row":
            self._hidden = attributes.get("hidden") in {"1", "true"}
            self._number = int(attributes["r"]) if "r" in attributes else self._number + 1
            self._digits = len(str(self._number))
            self._cells, self._column = [], 0
            self._text_parts.clear()

    def _end(self, name: str) -> None:
        tag = self._tags[name]
        if tag == "v":
            if self._text_parts:
                self._store_value("".join(self._text_parts))
            # The result of a formula may be an empty text.
            self._in_formula &= not self._text_parts and self._cell_type != "str"
        elif tag == "c":
            if self._run_texts or self._in_formula:
                self._end_cell()
        elif tag == "t":
            if not self._in_phonetic:
                self._run_texts += self._text_parts
        elif tag == "rPh":
            self._in_phonetic = False
        elif tag == "row":
            self._finished_rows.append((self._number, self._cells, self._hidden))

    def _end_cell(self) -> None:
        """Store the value of a cell that is not in its element `v`."""
        if self._run_texts:
            self._store_value("".join(self._run_texts))
            self._run_texts.clear()
        else:
            self._put_value(UnstoredFormula())
        self._in_formula = False

    def _read_column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        if (column := self._columns.get(letters)) is None:
            if not re.fullmatch("[A-Z]{1,3}", letters):
                raise ValueError(f"cell {reference[:20]!r}")
            self._columns[letters] = column = read_letters(letters)
        return column

    def _store_value(self, text: str) -> None:
        self._put_value(self._strings[int(text)] if self._cell_type == "s" else self._read_value(text))

    def _put_value(self, value: Any) -> None:
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
        if text.startswith(PICTURE):
            return Picture()
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
    if isinstance(cell, Picture):
        return {"picture": True}
    if isinstance(cell, UnstoredFormula):
        return {"formula": True}
    text = str(cell)
    return text if len(text) <= cell_chars else {"long": len(text)}


def read_rows(sheet: Any, settings: dict[str, Any]) -> Iterator[tuple[int, list[Any], bool]]:
    """Yield the rows that are not empty; raise Refusal when a limit is exceeded."""
    row_count = 0
    max_columns, max_chars = settings["columns"], settings["cell_chars"]
    with sheet._get_source() as source:
        for number, cells, hidden in RowReader(sheet)(source):
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
                yield number, [{"wide": len(cells)}], hidden
                continue
            yield (
                number,
                [cell if cell.__class__ in PLAIN else make_portable(cell, max_chars) for cell in cells],
                hidden,
            )


def write_rows(path: Path, settings: dict[str, Any]) -> None:
    """Write the rows of the sheet, and a last line with the number of rows or the fault."""
    output = sys.stdout.buffer
    count = 0
    try:
        check_package(path, settings)
        sheet, sheets, from_1904 = open_sheet(path, settings["sheet"])
        hint = min(sheet.max_row, settings["rows"]) if sheet.max_row else None
        with sheet._get_source() as source:
            merges = find_merges(source, settings["columns"])
        with sheet._get_source() as source:
            hidden_columns = find_hidden_columns(source, settings["columns"])
        others = [page for page in sheets if page is not sheet][:MAX_OTHERS]
        head = {
            "sheet": sheet.title,
            "sheets": [page.title for page in sheets],
            "rows_hint": hint,
            "from_1904": from_1904,
            "merges": merges,
            "hidden_columns": hidden_columns,
            "others": [[page.title, read_first_rows(page, settings["columns"])] for page in others],
        }
        output.write(orjson.dumps(head) + b"\n")
        output.flush()
        for row in read_rows(sheet, settings):
            # orjson cannot write integers beyond 64 bits: such a cell is sent as text.
            output.write(orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n")
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
