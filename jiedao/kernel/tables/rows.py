"""The parts of a table file: limits, cells, rows, and the fault of a cell."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol

from django.utils.translation import gettext as _

Cell = str | int | float | bool | datetime | date | time | None

MIB = 1024 * 1024

# the values that a failed formula leaves in its cell
UNSTORED_FORMULA = (
    "#FORMULA!"  # ours, in the cell of a formula that the program which wrote the file has not computed
)
PICTURE = "#PICTURE!"  # ours, in a cell that holds a picture instead of a value
FORMULA_FAULTS = frozenset(
    {UNSTORED_FORMULA, PICTURE, "#N/A", "#DIV/0!", "#REF!", "#NAME?", "#VALUE!", "#NUM!", "#NULL!"}
)
# A spreadsheet stores 15 digits of a number: the file has already lost the last digits of a longer one.
MAX_EXACT = 10**15


class Percent(float):
    """A number in a cell that is formatted as a percentage: 0.85 where the sheet shows 85 %."""

    def __str__(self) -> str:
        return f"{float(self) * 100:.10g}%"


@dataclass(frozen=True)
class Limits:
    """The resources that a file may use on this machine.

    Attributes:
        file_bytes: size of the file on disk.
        unpacked_bytes: total size of a workbook's parts after unpacking.
        parts: number of a workbook's parts.
        rows: rows that are not empty, including the header.
        columns: cells in one row.
        cell_chars: characters in one cell; a longer cell makes its row unusable, not the file.
        memory_bytes: address space of the process that reads a workbook.
        cpu_seconds: processor time of that process.
        silent_seconds: the time that process may take to send the next row.
    """

    file_bytes: int = 64 * MIB
    unpacked_bytes: int = 512 * MIB
    parts: int = 2_000
    rows: int = 200_000
    columns: int = 256
    cell_chars: int = 200_000
    memory_bytes: int = 1024 * MIB
    cpu_seconds: int = 120
    silent_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file, unchanged.

    Attributes:
        number: its row number as in a spreadsheet program (the first row is 1).
        cells: its values; trailing empty cells may be missing.
        fault: why the row cannot be used, in the reader's language; empty when it can.
        hidden: whether the spreadsheet hides the row, by hand or by a filter.
    """

    number: int
    cells: tuple[Cell, ...]
    fault: str = ""
    hidden: bool = False

    @property
    def empty(self) -> bool:
        """Whether all cells are blank."""
        return not self.fault and all(cell is None or not str(cell).strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class MergedRange:
    """Cells that a spreadsheet shows as one; only the first has a value. Rows and columns are counted from 1."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        first = f"{format_column(self.first_column - 1)}{self.first_row}"
        return f"{first}:{format_column(self.last_column - 1)}{self.last_row}"


class Source(Protocol):
    """A reader of one file format, used once."""

    kind: str  # "xlsx" or "text"
    sheet: str  # name of the sheet, empty for text
    sheets: tuple[str, ...]
    rows_hint: int | None  # the approximate number of rows, only for a progress bar
    serial_shift: int  # days to add to plain numbers that are dates
    merges: list[MergedRange]
    hidden_columns: frozenset[int]
    other_heads: dict[str, list[list[str]]]  # the first rows of the other sheets, as texts

    def __iter__(self) -> Iterator[Row]: ...

    def close(self) -> None:
        """Close the file and end the process that reads it."""


class CellFault(ValueError):  # noqa: N818 (a fault of the file, not an error of this program)
    """A value that cannot be read. The text states what is wrong and what to do, in the reader's language."""

    def __init__(self, reason: str, column: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column


def describe_formula_fault(text: str) -> str:
    """Return what is wrong with one of the `FORMULA_FAULTS` and what to do."""
    if text == UNSTORED_FORMULA:
        return _("这一格是公式，文件里没有算好的值；请用 WPS 或 Excel 打开、保存后再导入，或直接填上内容。")
    if text == PICTURE:
        return _("这一格里是图片，不是内容；请改成文字，图片另作附件。")
    return _("这一格的公式出错（%(text)s）；请改正公式或填上内容。") % {"text": text}


def format_cell(cell: Cell) -> str:
    """Return the cell as text without surrounding blanks, integral floats without ".0", midnights without the time."""
    if cell is None or isinstance(cell, str):
        return (cell or "").strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Percent):
        return str(cell)
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def join_words(words: Iterable[str]) -> str:
    """Return the words joined with the comma of the reader's language."""
    return _("、").join(words)


def normalise_header(header: str) -> str:
    """Return a header in a form to compare, without case, blanks, punctuation and remarks in brackets.

    "留言编号（必填）*" becomes "留言编号".
    """
    text = unicodedata.normalize("NFKC", header).lower()
    text = re.sub(r"\([^)]*\)|\[[^]]*\]", "", text)
    return re.sub(r"[\W_]+", "", text)


def read_headers(row: Row) -> tuple[str, ...]:
    """Return the cells of a header row as text, without surrounding blanks."""
    return tuple(format_cell(cell) for cell in row.cells)


def format_column(place: int) -> str:
    """Return the letters that a spreadsheet shows for a column counted from 0: 0 is "A", 26 is "AA"."""
    letters, place = "", place + 1
    while place:
        place, digit = divmod(place - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
