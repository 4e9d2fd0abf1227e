"""Read an .xlsx workbook through a confined process (see `workbook_child`)."""

import fcntl
import json
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import orjson
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.rows import (
    MIB,
    PICTURE,
    UNSTORED_FORMULA,
    Cell,
    Limits,
    MergedRange,
    Percent,
    Row,
    join_words,
)

CHILD = Path(__file__).with_name("workbook_child.py")
BLOCK = 256 * 1024
DAYS_TO_1904 = 1462


def _make_refusal(code: str, detail: str, name: str, limits: Limits) -> UserError:
    """Return the error to show for a fault code of the child process."""
    resave = _("请用 WPS 或 Excel 打开后另存为 .xlsx，或导出为 UTF-8 编码的 .csv 再上传。")
    split = _("请删去不需要的工作表、格式和图片，或把它拆成几个较小的文件再上传。")
    texts: dict[str, tuple[str, str]] = {
        "ENCRYPTED": (_("“%(name)s”有打开密码。"), _("请去掉密码后另存再上传。")),
        "XLSB": (_("“%(name)s”是二进制工作簿（.xlsb）。"), resave),
        "ODS": (_("“%(name)s”是 OpenDocument 文件。"), resave),
        "NUMBERS": (_("“%(name)s”是 Numbers 文件。"), resave),
        "WORD": (_("“%(name)s”是 Word 文档，不是表格。"), resave),
        "POWERPOINT": (_("“%(name)s”是演示文稿，不是表格。"), resave),
        "OFD": (_("“%(name)s”是 OFD 版式文件，不是表格。"), _("请向发文的单位要 .xlsx 或 .csv 格式的表格。")),
        "MERGES": (_("“%(name)s”的合并单元格超过 %(detail)s 处，没有读入。"), _("请取消合并后再上传。")),
        "NOT_WORKBOOK": (_("“%(name)s”是压缩包，不是工作簿。"), _("请先解压，再上传其中的 .xlsx 或 .csv。")),
        "UNPACKED": (_("“%(name)s”解开后太大，没有读入。"), split),
        "MEMORY": (_("读“%(name)s”需要的内存超过限度，没有读入。"), split),
        "TIME": (_("读“%(name)s”用时太长，已停止。"), split),
        "ROWS": (
            _("“%(name)s”超过 %(rows)s 行，读到第 %(detail)s 行为止。"),
            _("请拆成几个文件；已导入的行再次导入时会自动跳过。"),
        ),
    }
    broken = (_("“%(name)s”已损坏，读不出来（%(detail)s）。"), resave)
    message, hint = texts.get(code, broken)
    values = {"name": name, "detail": detail, "rows": limits.rows}
    return UserError(message % values, hint=hint)


def _make_no_sheet_error(detail: str, name: str, sheet: str | None) -> UserError:
    names = json.loads(detail)
    if not names:
        return UserError(_("“%(name)s”里没有工作表。") % {"name": name}, hint=_("请换一个文件。"))
    return UserError(
        _("“%(name)s”里没有名为“%(sheet)s”的工作表。") % {"name": name, "sheet": sheet},
        hint=_("有这些工作表：%(names)s。") % {"names": join_words(names)},
    )


def _unpack_cell(value: Any) -> Cell:
    """Return the cell from the form in which the child process sent it."""
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    if "p" in value:
        return Percent(value["p"])
    if "picture" in value:
        return PICTURE
    if "formula" in value:
        return UNSTORED_FORMULA
    text = value["t"]
    if "T" in text:
        return datetime.fromisoformat(text)
    return time.fromisoformat(text) if ":" in text else date.fromisoformat(text)


def _unpack_row(number: int, values: list[Any], hidden: bool, limits: Limits) -> Row:
    """Return the row, with a fault when it has too many cells or a cell that is too long."""
    if dict not in set(map(type, values)):
        return Row(number, tuple(values), hidden=hidden)
    for column, value in enumerate(values, 1):
        if isinstance(value, dict) and "wide" in value:
            fault = _("这一行写到了第 %(found)s 列，超过 %(columns)s 列；请删去右边多余的格子。")
            return Row(number, (), fault % {"found": value["wide"], "columns": limits.columns}, hidden)
        if isinstance(value, dict) and "long" in value:
            fault = _("第 %(column)s 列有 %(chars)s 个字，超过单元格限度；请缩短后再导入。")
            return Row(number, (), fault % {"column": column, "chars": value["long"]}, hidden)
    return Row(number, tuple(_unpack_cell(value) for value in values), hidden=hidden)


class WorkbookSource:
    """The rows of one sheet.

    The constructor raises UserError for a file that cannot be opened, the iteration for one that is broken or
    exceeds a limit.
    """

    kind = "xlsx"

    def __init__(self, path: Path, name: str, sheet: str | None, limits: Limits) -> None:
        self._name, self._wanted, self._limits = name, sheet, limits
        settings = json.dumps({**asdict(limits), "sheet": sheet})
        self._child = subprocess.Popen(  # noqa: S603 (our own program, its arguments are a path and JSON)
            [sys.executable, "-I", str(CHILD), str(path.resolve()), settings],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._widen_pipe()
        self._lines = self._read_lines()
        try:
            first = orjson.loads(next(self._lines))
            if "fault" in first:
                raise self._fault(first)
        except BaseException:
            self.close()
            raise
        self.sheet: str = first["sheet"]
        self.sheets: tuple[str, ...] = tuple(first["sheets"])
        self.rows_hint: int | None = first["rows_hint"]
        self.serial_shift = DAYS_TO_1904 if first["from_1904"] else 0
        self.merges = [MergedRange(*merge) for merge in first["merges"]]
        self.hidden_columns = frozenset[int](first["hidden_columns"])
        self.other_heads: dict[str, list[list[str]]] = dict(first["others"])

    def __iter__(self) -> Iterator[Row]:
        for line in self._lines:
            value = orjson.loads(line)
            if isinstance(value, list):
                number, cells, hidden = value
                yield _unpack_row(number, cells, hidden, self._limits)
            elif "fault" in value:
                raise self._fault(value)
            else:
                return

    def close(self) -> None:
        """Stop the reading process."""
        self._child.kill()
        if self._child.stdout:
            self._child.stdout.close()
        self._child.wait()

    def _widen_pipe(self) -> None:
        """Enlarge the pipe, so that the child reads on while this process writes: 64 kB hold only a few rows."""
        assert self._child.stdout is not None
        with suppress(OSError, AttributeError):  # the system limits the size of pipes, or cannot change it
            fcntl.fcntl(self._child.stdout, fcntl.F_SETPIPE_SZ, MIB)

    def _fault(self, value: dict[str, str]) -> UserError:
        code, detail = value["fault"], value.get("detail", "")
        if code == "NO_SHEET":
            return _make_no_sheet_error(detail, self._name, self._wanted)
        return _make_refusal(code, detail, self._name, self._limits)

    def _read_lines(self) -> Iterator[bytes]:
        """Yield the child's lines; raise UserError when it sends nothing for too long or dies before its last line."""
        pipe = self._child.stdout
        assert pipe is not None
        pending: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                if not selector.select(self._limits.silent_seconds):
                    raise self._fault({"fault": "TIME"})
                block = pipe.read(BLOCK)
                if not block:
                    break
                first, *lines = block.split(b"\n")
                pending.append(first)
                for line in lines:
                    yield b"".join(pending)
                    pending = [line]
        # The child's last line ends the iteration in `__iter__`. Without it, the kernel ended the process at one of
        # its limits.
        ended_by = self._child.wait()
        raise self._fault({"fault": "TIME" if ended_by == -signal.SIGXCPU else "MEMORY"})
