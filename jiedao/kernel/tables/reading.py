"""Read tables from untrusted files."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.rows import Cell, CellFault, Limits, Row, Source, join_words
from jiedao.kernel.tables.sniff import detect_table_kind
from jiedao.kernel.tables.textfile import TextSource
from jiedao.kernel.tables.workbook import WorkbookSource

__all__ = ["Cell", "CellFault", "Limits", "Row", "Table", "read_table"]

HEAD_ROWS = 20


class Table:
    """The rows of a sheet or a text file, read once from top to bottom. Close it: it holds a file or a process.

    Attributes:
        name: the file's name, for messages.
        kind: "xlsx" or "text".
        sheet: the sheet's name, empty for text.
        others: the names of the workbook's other sheets.
        serial_shift: days to add to plain numbers that are dates (`DateReader`).
        rows_hint: the approximate number of rows, only for a progress bar; None when unknown.
        head: the first rows that are not empty, at most 20, in which the header is searched.
    """

    def __init__(self, source: Source, name: str) -> None:
        self._source = source
        self._rows = iter(source)
        self.name, self.kind, self.sheet, self.rows_hint = name, source.kind, source.sheet, source.rows_hint
        self.others = tuple(sheet for sheet in source.sheets if sheet != source.sheet)
        self.serial_shift = source.serial_shift
        self.head = [row for row in itertools.islice(self._rows, HEAD_ROWS) if not row.empty]
        if not self.head:
            raise UserError(
                _("“%(name)s”里没有内容。") % {"name": name}, hint=self.other_sheets() or _("请换一个文件。")
            )

    def other_sheets(self) -> str:
        """Return a sentence for a hint that names the other sheets; empty when there are none."""
        if not self.others:
            return ""
        return _("读的是工作表“%(sheet)s”；也许要的是另一张：%(names)s（--sheet 名称）。") % {
            "sheet": self.sheet,
            "names": join_words(self.others),
        }

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
        """Yield the rows below the header that are not empty, unchanged; raise UserError where the file is broken."""
        for row in itertools.chain((row for row in self.head if row.number > header.number), self._rows):
            if not row.empty:
                yield row

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
            yield Row(row.number, padded, _describe_ragged_row(len(cells), width) if ragged else row.fault)


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
