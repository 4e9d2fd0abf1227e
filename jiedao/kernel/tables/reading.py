"""Read tables from files that anybody may have made."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.rows import Cell, CellFault, Limits, Row, Source, listing
from jiedao.kernel.tables.sniff import table_kind
from jiedao.kernel.tables.textfile import TextSource
from jiedao.kernel.tables.workbook import WorkbookSource

__all__ = ["Cell", "CellFault", "Limits", "Row", "Table", "read_table"]

HEAD_ROWS = 20


class Table:
    """Rows of one sheet or text file, read once from top to bottom. Close it: it holds a file or a process.

    Attributes:
        name: the file's name, for messages.
        kind: "xlsx" or "text".
        sheet: the sheet's name, empty for text.
        others: the names of the workbook's other sheets.
        serial_shift: days to add to bare numbers that are dates (`DateReader`).
        rows_hint: about how many rows there are, for a progress bar only; None when unknown.
        head: the first rows that hold something, at most 20, where the header is looked for.
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
        """Return a sentence that names the other sheets, for a hint; empty when there are none."""
        if not self.others:
            return ""
        return _("读的是工作表“%(sheet)s”；也许要的是另一张：%(names)s（--sheet 名称）。") % {
            "sheet": self.sheet,
            "names": listing(self.others),
        }

    def __enter__(self) -> "Table":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()

    def below(self, header: Row) -> Iterator[Row]:
        """Yield the rows below the header as they stand, empty ones left out; raise UserError where the file breaks."""
        for row in itertools.chain((row for row in self.head if row.number > header.number), self._rows):
            if not row.empty:
                yield row

    def body(self, header: Row) -> Iterator[Row]:
        """Yield the rows below the header, padded to its width.

        A row of a text file with another number of cells than its header is yielded with a fault: its
        values may stand under the wrong headers. Empty rows are left out. Raises UserError when the file
        breaks half way.
        """
        width = len(header.cells)
        for row in self.below(header):
            cells = row.cells
            extra = [cell for cell in cells[width:] if cell not in (None, "")]
            ragged = self.kind == "text" and not row.fault and (extra or len(cells) < width)
            padded = cells[:width] + (None,) * (width - len(cells))
            yield Row(row.number, padded, _ragged(len(cells), width) if ragged else row.fault)


def _ragged(found: int, expected: int) -> str:
    fault = _("这一行有 %(found)s 列，表头有 %(expected)s 列；请检查是否少了引号，或文字里有分隔符、换行。")
    return fault % {"found": found, "expected": expected}


def read_table(
    path: Path | str, *, sheet: str | None = None, limits: Limits | None = None, name: str = ""
) -> Table:
    """Open a table file, told by its content: .xlsx, or text in UTF-8 or GB18030 with any usual delimiter.

    Args:
        path: the file on disk.
        sheet: which sheet of a workbook; the first visible one when None.
        limits: what the file may ask of the machine.
        name: what to call the file in messages; the path's own name when empty.

    Raises:
        UserError: no table, broken, locked, too big, or empty; the text says what to do.
    """
    path, limits = Path(path), limits or Limits()
    name = name or path.name
    source: Source
    if table_kind(path, name, limits) == "xlsx":
        source = WorkbookSource(path, name, sheet, limits)
    else:
        source = TextSource(path, name, limits)
    try:
        return Table(source, name)
    except BaseException:
        source.close()
        raise
