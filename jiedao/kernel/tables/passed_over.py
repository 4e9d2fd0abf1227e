"""The account of what a reader of a table passed over, or read although the sheet does not show it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.kernel.tables.rows import join_words, normalise_header

MAX_LISTED = 1000  # row numbers and ranges in the account
MAX_NAMED = 20  # of them in a sentence
# The column that a sheet of refused rows adds; it is ignored when the sheet returns.
REASON_HEADERS = ("未导入原因", "Reason not imported")


def is_reason_header(title: str) -> bool:
    """Return whether a column holds the reasons that a sheet of refused rows states."""
    return normalise_header(title) in {normalise_header(header) for header in REASON_HEADERS}


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet: its letters, such as "C", and its header, empty for a column without one."""

    column: str
    title: str

    def __str__(self) -> str:
        return self.title or _("%(column)s 列（没有表头）") % {"column": self.column}


@dataclass(frozen=True)
class Note:
    """A sentence for the reader of the account, how often it applies, and whether it names each case itself."""

    text: str
    count: int
    is_complete: bool = False


@dataclass
class PassedOver:
    """What a reader passed over in a file, or read although the sheet does not show it.

    Attributes:
        sheet: the sheet that was read, empty for a text file.
        header_row: the number of the header's row; what is above it was not read.
        unread_columns: columns with a header that was not recognised or not needed, and columns with cells but without
            a header.
        other_sheets: sheets with the same header, which were not read.
        hidden_rows: number of hidden rows, which were read like the others.
        hidden_row_numbers: the first 1,000 of them.
        hidden_columns: hidden columns, which were read like the others.
        merged_cells: number of merged ranges whose value was used for all of their cells.
        merged_ranges: the first 1,000 of them, such as "E2:E4".
        example_rows: number of rows that were taken for the example of a template.
    """

    sheet: str = ""
    header_row: int = 0
    unread_columns: list[SheetColumn] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_row_numbers: list[int] = field(default_factory=list)
    hidden_columns: list[SheetColumn] = field(default_factory=list)
    merged_cells: int = 0
    merged_ranges: list[str] = field(default_factory=list)
    example_rows: int = 0

    def add_hidden_row(self, number: int) -> None:
        """Count a hidden row."""
        self.hidden_rows += 1
        if len(self.hidden_row_numbers) < MAX_LISTED:
            self.hidden_row_numbers.append(number)

    def add_merged_range(self, name: str) -> None:
        """Count a merged range whose value was used for its other cells."""
        self.merged_cells += 1
        if len(self.merged_ranges) < MAX_LISTED:
            self.merged_ranges.append(name)

    def list_notes(self) -> list[Note]:
        """Return the sentences for the reader, none for what did not occur."""
        notes: list[tuple[str, Sequence[object], int]] = [
            (_("没有读取的列：%(names)s。"), self.unread_columns, len(self.unread_columns)),
            (_("没有读取表头相同的工作表：%(names)s。"), self.other_sheets, len(self.other_sheets)),
            (
                ngettext(
                    "有 %(count)d 行在表格里是隐藏的，也读了：第 %(names)s 行。",
                    "有 %(count)d 行在表格里是隐藏的，也读了：第 %(names)s 行。",
                    self.hidden_rows,
                ),
                self.hidden_row_numbers,
                self.hidden_rows,
            ),
            (
                ngettext(
                    "有 %(count)d 列在表格里是隐藏的，也读了：%(names)s。",
                    "有 %(count)d 列在表格里是隐藏的，也读了：%(names)s。",
                    len(self.hidden_columns),
                ),
                self.hidden_columns,
                len(self.hidden_columns),
            ),
            (_("合并的单元格按同一个内容填到每一格：%(names)s。"), self.merged_ranges, self.merged_cells),
        ]
        sentences = [
            Note(text % {"names": _join_first(names, count), "count": count}, count, is_complete=True)
            for text, names, count in notes
            if count
        ]
        if self.example_rows:
            sentences.append(Note(_("模板里的示例行没有导入。"), self.example_rows))
        return sentences

    def as_json(self) -> dict[str, Any]:
        """Return the account as the commands print it."""
        columns = {
            name: [vars(column) for column in getattr(self, name)]
            for name in ("unread_columns", "hidden_columns")
        }
        return {**vars(self), **columns}


def _join_first(names: Sequence[object], count: int) -> str:
    text = join_words(str(name)[:40] for name in names[:MAX_NAMED])
    return text if count <= MAX_NAMED else _("%(names)s 等") % {"names": text}
