"""Read tables from untrusted files."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.merging import MergeFiller
from jiedao.kernel.tables.passed_over import PassedOver, SheetColumn, is_reason_header
from jiedao.kernel.tables.rows import (
    Cell,
    CellFault,
    Limits,
    Row,
    Source,
    format_column,
    join_words,
    normalise_header,
    read_headers,
)
from jiedao.kernel.tables.sniff import detect_table_kind
from jiedao.kernel.tables.textfile import TextSource
from jiedao.kernel.tables.workbook import WorkbookSource

__all__ = ["Cell", "CellFault", "Limits", "Row", "Table", "read_table"]

HEAD_ROWS = 20
# Part of the headers that another sheet must share to count as one more of the same sheets, such as one for each month.
SAME_HEADER = 0.8


class WrongSheetError(UserError):
    """The sheet is not the expected table; the workbook has other sheets, which `sheets` names."""

    def __init__(self, message: object, *, hint: object, sheets: tuple[str, ...]) -> None:
        super().__init__(message, hint=hint)
        self.sheets = sheets


class Table:
    """The rows of a sheet or a text file, read once from top to bottom. Close it: it holds a file or a process.

    Attributes:
        name: the file's name, for messages.
        kind: "xlsx" or "text".
        sheet: the sheet's name, empty for text.
        others: the names of the workbook's other sheets.
        serial_shift: days to add to plain numbers that are dates (`DateReader`).
        rows_hint: the approximate number of rows, only for a progress bar; None when unknown.
        head: the first rows that are not empty, at most 20, in which the header is searched. A cell that is merged with
            the one above it has its text.
        passed_over: what the reader passed over; complete when all rows have been read.
    """

    def __init__(self, source: Source, name: str) -> None:
        self._source = source
        self._rows = iter(source)
        self.name, self.kind, self.sheet, self.rows_hint = name, source.kind, source.sheet, source.rows_hint
        self.others = tuple(sheet for sheet in source.sheets if sheet != source.sheet)
        self.serial_shift = source.serial_shift
        self.passed_over = PassedOver(self.sheet)
        self._first_rows = [row for row in itertools.islice(self._rows, HEAD_ROWS) if not row.empty]
        self.head = list(MergeFiller(source.merges, only_down=True).fill_all(self._first_rows))
        if not self.head:
            raise self.refuse(
                _("“%(name)s”里没有内容。") % {"name": name}, "" if self.others else _("请换一个文件。")
            )

    def describe_header(self, header: Row, read: Iterable[int]) -> None:
        """Enter in the account what the header shows: columns not read or hidden, and sheets with the same header.

        Args:
            read: the indexes of the columns that are read.
        """
        account, used, titles = self.passed_over, set(read), read_headers(header)
        account.header_row = header.number
        account.unread_columns = [
            SheetColumn(format_column(index), title)
            for index, title in enumerate(titles)
            if title and index not in used and not is_reason_header(title)
        ]
        account.hidden_columns = [
            SheetColumn(format_column(index), title)
            for index, title in enumerate(titles)
            if title and index in used and index in self._source.hidden_columns
        ]
        account.other_sheets = [
            name for name, rows in self._source.other_heads.items() if _has_same_header(titles, rows)
        ]

    def refuse(self, message: str, hint: str) -> UserError:
        """Return the error that the sheet is not the expected table; its hint names the other sheets."""
        if not self.others:
            return UserError(message, hint=hint)
        choice = _("读的是工作表“%(sheet)s”；也许要的是另一张：%(names)s。")
        values = {"sheet": self.sheet, "names": join_words(self.others)}
        return WrongSheetError(message, hint=choice % values + hint, sheets=self.others)

    def __enter__(self) -> "Table":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file or end the process that reads it."""
        self._source.close()

    def below(self, header: Row) -> Iterator[Row]:
        """Yield the rows below the header that are not empty, with their merged cells filled.

        Raise UserError where the file is broken.
        """
        account = self.passed_over
        titled = {index for index, title in enumerate(read_headers(header)) if title}
        first_untitled = next(index for index in itertools.count() if index not in titled)
        filler = MergeFiller(self._source.merges, above=header.number)
        first_rows = (row for row in self._first_rows if row.number > header.number)
        untitled: set[int] = set()
        for row in filler.fill_all(itertools.chain(first_rows, self._rows)):
            if row.empty:
                continue
            if row.hidden:
                account.add_hidden_row(row.number)
            for merge in filler.filled:
                account.add_merged_range(str(merge))
            filler.filled.clear()
            for index, cell in enumerate(row.cells[first_untitled:], first_untitled):
                if cell not in (None, "") and index not in titled:
                    untitled.add(index)
            yield row
        account.unread_columns += [SheetColumn(format_column(index), "") for index in sorted(untitled)]

    def body(self, header: Row) -> Iterator[Row]:
        """Yield the rows below the header that are not empty, padded to its width.

        A row of a text file that has another number of cells than the header is yielded with a fault: its values
        may be under the wrong headers. Raise UserError where the file is broken.
        """
        width = len(header.cells)
        for row in self.below(header):
            cells = row.cells
            extra = [cell for cell in cells[width:] if cell not in (None, "")]
            ragged = self.kind == "text" and not row.fault and (extra or len(cells) < width)
            padded = cells[:width] + (None,) * (width - len(cells))
            fault = _describe_ragged_row(len(cells), width) if ragged else row.fault
            yield Row(row.number, padded, fault, row.hidden)


def _has_same_header(titles: tuple[str, ...], rows: list[list[str]]) -> bool:
    """Return whether one of the rows has nearly the same headers, with a row below it."""
    wanted = {normalise_header(title) for title in titles if not is_reason_header(title)} - {""}
    return any(
        len(wanted & {normalise_header(text) for text in row}) >= max(2, SAME_HEADER * len(wanted))
        for row in rows[:-1]
    )


def _describe_ragged_row(cells: int, expected: int) -> str:
    fault = _("这一行有 %(found)s 列，表头有 %(expected)s 列；请检查是否少了引号，或文字里有分隔符、换行。")
    return fault % {"found": cells, "expected": expected}


def read_table(
    path: Path | str, *, sheet: str | None = None, limits: Limits | None = None, name: str = ""
) -> Table:
    """Open a table file by its content: .xlsx, or text in UTF-8 or GB18030 with any common delimiter.

    Args:
        path: the file on disk.
        sheet: which sheet of a workbook; the first visible one when None.
        limits: the resources that the file may use.
        name: the name of the file in messages; the name of the path when empty.

    Raises:
        UserError: the file is no table, broken, locked, too big or empty; the hint states what to do.
    """
    path, limits = Path(path), limits or Limits()
    name = name or path.name
    source: Source
    if detect_table_kind(path, name, limits) == "xlsx":
        source = WorkbookSource(path, name, sheet, limits)
    else:
        source = TextSource(path, name, limits)
    try:
        return Table(source, name)
    except BaseException:
        source.close()
        raise
