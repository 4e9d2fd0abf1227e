"""Read a .csv or .tsv file: detect encoding and delimiter, keep quoted newlines, and mark broken rows."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.rows import MIB, Limits, MergedRange, Row

DELIMITERS = ",\t;|"
SAMPLE_CHARS = 64 * 1024
# When this number of non-ASCII characters decode one after another, the file is in that encoding.
CONVINCING_CHARS = 8
MAX_FIELD_CHARS = 2_000_000
# The csv module has one limit for the process; its default (131,072) is too small for a long message.
csv.field_size_limit(MAX_FIELD_CHARS)


@dataclass(frozen=True)
class TextShape:
    """How to read the bytes of a text file.

    Attributes:
        encoding: its name in Python.
        damaged: whether some bytes are invalid in the encoding; the rows with such bytes are refused one by one.
        lines: number of line ends.
    """

    encoding: str
    damaged: bool
    lines: int


@dataclass(frozen=True)
class _EncodingTrial:
    fits: bool
    non_ascii: int  # decoded characters beyond ASCII, up to the first fault
    lines: int


def _count_non_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _try_encoding(path: Path, encoding: str) -> _EncodingTrial:
    """Decode the file in blocks; the decoder completes a character that the end of a block has cut."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    non_ascii = lines = 0
    with path.open("rb") as file:
        while True:
            block = file.read(MIB)
            lines += max(block.count(b"\n"), block.count(b"\r"))  # Excel for Mac ends lines with CR alone
            try:
                non_ascii += _count_non_ascii(decoder.decode(block, final=not block))
            except UnicodeDecodeError as fault:
                decoded = fault.object[: fault.start].decode(encoding, "ignore")
                return _EncodingTrial(False, non_ascii + _count_non_ascii(decoded), lines)
            if not block:
                return _EncodingTrial(True, non_ascii, lines)


def detect_shape(path: Path, name: str) -> TextShape:
    """Return the file's encoding; raise UserError when it is not UTF-8, UTF-16 with a mark or GB18030."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_CHARS)
    if head.startswith(codecs.BOM_UTF32_LE):  # its first bytes equal the mark of UTF-16
        raise _make_unreadable_error(name)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        trial = _try_encoding(path, "utf-16")
        return TextShape("utf-16", not trial.fits, trial.lines)
    if head.count(0) > len(head) // 10:
        raise _make_unreadable_error(name)
    utf8 = _try_encoding(path, "utf-8")
    if utf8.fits or head.startswith(codecs.BOM_UTF8) or utf8.non_ascii >= CONVINCING_CHARS:
        return TextShape("utf-8-sig", not utf8.fits, utf8.lines)
    gb18030 = _try_encoding(path, "gb18030")
    if gb18030.fits or gb18030.non_ascii >= CONVINCING_CHARS:
        return TextShape("gb18030", not gb18030.fits, gb18030.lines)
    raise _make_unreadable_error(name)


def _make_unreadable_error(name: str) -> UserError:
    return UserError(
        _("“%(name)s”不是文本表格，或文字编码无法识别。") % {"name": name},
        hint=_("请用 WPS 或 Excel 打开后另存为 .xlsx，或另存为“CSV UTF-8”。"),
    )


def _cut_last_line(sample: str) -> str:
    """Return the beginning of a file without its last line, which the end of the sample may have cut."""
    if len(sample) < SAMPLE_CHARS:
        return sample
    return sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1]


def find_delimiter(sample: str) -> str:
    """Return the delimiter that splits the first rows into the most regular table."""

    def score(delimiter: str) -> tuple[bool, int, int]:
        records = list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))[:20]
        widths = Counter(len(record) for record in records if record)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return width > 1, count, width

    return max(DELIMITERS, key=score)


class _Lines:
    """The lines of a file, with the number of quotes since the current record began."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file
        self.quotes = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._file)
        self.quotes += line.count('"')
        return line


class TextSource:
    """The rows of a delimited text file; raises UserError when the file is no text or is broken."""

    kind = "text"
    sheet = ""
    sheets: tuple[str, ...] = ()
    serial_shift = 0
    merges: list[MergedRange] = []
    hidden_columns: frozenset[int] = frozenset()
    other_heads: dict[str, list[list[str]]] = {}

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        self._name, self._limits = name, limits
        self.shape = detect_shape(path, name)
        self.rows_hint: int | None = self.shape.lines
        self._file = path.open(encoding=self.shape.encoding, errors="replace", newline="")
        self.delimiter = find_delimiter(_cut_last_line(self._file.read(SAMPLE_CHARS)))
        self._file.seek(0)

    def __iter__(self) -> Iterator[Row]:
        lines = _Lines(self._file)
        reader = csv.reader(lines, delimiter=self.delimiter)
        number = row_count = 0
        while True:
            lines.quotes = 0
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as fault:
                raise self._make_unclosed_error(number) from fault
            if not any(cells):
                continue
            if not row_count:
                cells[0] = cells[0].lstrip("\ufeff")  # some programs write the mark twice
            row_count += 1
            if row_count > self._limits.rows:
                raise self._make_too_many_error(number)
            yield Row(number, tuple(cells), self._find_fault(cells, unclosed=lines.quotes % 2 == 1))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _find_fault(self, cells: list[str], *, unclosed: bool) -> str:
        if unclosed:
            return _("引号没有成对，这一行和后面的行可能连在了一起；请检查双引号后再导入。")
        if len(cells) > self._limits.columns:
            return _("这一行超过 %(columns)s 列；请检查分隔符和引号。") % {"columns": self._limits.columns}
        if any("\x00" in cell for cell in cells):
            return _("这一行含有空字符（NUL），文件可能在传输中损坏；请重新导出。")
        if self.shape.damaged and any("�" in cell for cell in cells):
            return _("这一行有无法识别的文字，编码可能损坏；请重新导出为 UTF-8。")
        for column, cell in enumerate(cells, 1):
            if len(cell) > self._limits.cell_chars:
                fault = _("第 %(column)s 列有 %(chars)s 个字，超过单元格限度；请缩短后再导入。")
                return fault % {"column": column, "chars": len(cell)}
        return ""

    def _make_unclosed_error(self, number: int) -> UserError:
        return UserError(
            _("“%(name)s”第 %(row)s 行有一格超过 %(chars)s 个字，读到此为止。")
            % {"name": self._name, "row": number, "chars": MAX_FIELD_CHARS},
            hint=_("多半是一个双引号没有闭合；改正后再导入，已导入的行会自动跳过。"),
        )

    def _make_too_many_error(self, number: int) -> UserError:
        return UserError(
            _("“%(name)s”超过 %(rows)s 行，读到第 %(detail)s 行为止。")
            % {"name": self._name, "rows": self._limits.rows, "detail": number},
            hint=_("请拆成几个文件；已导入的行再次导入时会自动跳过。"),
        )
