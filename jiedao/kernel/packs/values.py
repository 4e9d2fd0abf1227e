"""Check single values against the columns of their table, and convert them."""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.tables import Column, Kind, Shape, Table
from jiedao.kernel.readers.codes import find_lost_code
from jiedao.kernel.worktime import Limit

KIND_NAMES = {
    Kind.TEXT: pgettext_lazy("value", "一段文字"),
    Kind.TEXTS: pgettext_lazy("value", "一组文字"),
    Kind.KEYS: pgettext_lazy("value", "一组代码"),
    Kind.BOOL: pgettext_lazy("value", "“是”或“否”"),
    Kind.INT: pgettext_lazy("value", "整数"),
    Kind.NUMBER: pgettext_lazy("value", "数"),
    Kind.DATE: pgettext_lazy("value", "日期"),
    Kind.LIMIT: pgettext_lazy("value", "时限"),
    Kind.LIMITS: pgettext_lazy("value", "各环节的时限"),
    Kind.NAMES: pgettext_lazy("value", "一组代码和名称"),
    Kind.NUMBERS: pgettext_lazy("value", "一组代码和数"),
}
LIMIT_HINT = gettext_lazy('写 "4wh"（工作时）、"2wd"（工作日）或 "24h"（自然时）。')
HINTS = {
    Kind.TEXT: gettext_lazy('写成文字：在 TOML 里加引号，如 "A"；在地图里把这一列设为文本。'),
    Kind.TEXTS: gettext_lazy('写成列表：["A", "B"]。'),
    Kind.KEYS: gettext_lazy("各个代码之间空一格；在 TOML 里写成列表。"),
    Kind.BOOL: gettext_lazy("写 true 或 false；在 CSV 里写“是”或“否”。"),
    Kind.INT: gettext_lazy("写整数，如 3，不加引号。"),
    Kind.NUMBER: gettext_lazy("写数，如 114.1061；在 TOML 里不加引号。"),
    Kind.DATE: gettext_lazy("写存在的日期，如 2027-01-31。"),
    Kind.LIMIT: LIMIT_HINT,
    Kind.LIMITS: gettext_lazy('写成：{ handle = "4wh", close = "2wd" }'),
    Kind.NAMES: gettext_lazy('写成：{ HOME = ["居住", "Dwelling"], SHOP = "商铺" }'),
    Kind.NUMBERS: gettext_lazy("写成：{ spaces = 120, land = 4500.5 }"),
}
TRUE_WORDS = {"yes", "true", "1", "是"}
FALSE_WORDS = {"no", "false", "0", "否"}
MAX_CODE, MAX_NAME = 40, 80  # the longest code and name, in characters, in a table of codes with their names
MAX_NUMBER = 1e12
KEYS = {"code", "key"}
MULTILINE = 400  # a column that allows texts of this length allows line breaks, too


class RowCleaner:
    """Checks and converts the values of one table's rows."""

    def __init__(self, table: Table, report: Report) -> None:
        self.table = table
        self.report = report
        self.columns = {column.name: column for column in table.columns}

    def clean(self, row: Row) -> Row:
        """Replace the values of the row by converted ones; a wrong value is left out and reported."""
        if self.table.shape is Shape.MAP:
            row.values["value"] = self.read_value(row, self.columns["value"], row.values["value"]) or []
            return row
        values: Values = {}
        for key, raw in row.values.items():
            column = self.columns.get(key)
            if column is None:
                if row.file.endswith(".toml"):  # in other files, unknown columns are reported by `reading`
                    hint = did_you_mean(key, self.columns)
                    message = _("没有 %(key)s 这一项") % {"key": key}
                    self.report.error_at(row, key, "unknown-key", message, hint)
            elif column.kind is Kind.ANY:
                values[key] = raw
            elif (value := self.read_value(row, column, raw)) is not None:
                values[key] = value
        if row.faulty & KEYS:
            self.report.unread.add(row.file)  # what names the row by its right key is no other fault
        self.require_values(row)
        row.values = values
        return row

    def require_values(self, row: Row) -> None:
        """Report each needed value that the row lacks; one that is wrong was reported as such."""
        for name, column in self.columns.items():
            if not column.required or column.kind is Kind.ANY or name in row.faulty:
                continue
            if not _is_given(row.values.get(name)):
                hint = column.hint or _("这里每一条都要有 %(key)s，请补上。") % {"key": name}
                message = _("缺少 %(key)s") % {"key": name}
                self.report.error_at(row, "", "missing-key", message, hint)

    def read_value(self, row: Row, column: Column, raw: Any) -> Any:
        """Return the converted value, None with a fault in the report."""
        key, value = column.name, CONVERTERS[column.kind](raw)
        if value is None:
            hint = _join_sentences(HINTS[column.kind], column.hint)
            words = {"key": key, "kind": KIND_NAMES[column.kind], "value": _shorten(raw)}
            message = _("%(key)s 应是%(kind)s，现在是 %(value)s") % words
            self.report_value(row, key, "bad-type", message, hint)
            return None
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and (lost := find_lost_code(text)):
                message = _("%(key)s 里有 %(lost)s：Excel 把代码缩写了，末几位已经丢失")
                hint = _("在 Excel 里把这一列设为“文本”，重新填写完整的代码。")
                self.report_value(row, key, "lost-code", message % {"key": key, "lost": lost}, hint)
                return None
            character = _find_control_character(
                text, multiline=column.most is None or column.most >= MULTILINE
            )
            if character:
                message = _("%(key)s 里有看不见的字符 U+%(code)04X")
                hint = _("把这段文字删去，重新输入。")
                self.report_value(row, key, "bad-value", message % {"key": key, "code": ord(character)}, hint)
                return None
        readers: dict[Kind, Callable[[Row, Column, Any], Any]] = {
            Kind.LIMIT: self.read_limit,
            Kind.LIMITS: self.read_limits,
            Kind.NAMES: self.read_names,
            Kind.NUMBERS: self.read_numbers,
        }
        return readers.get(column.kind, self.read_bounded)(row, column, value)

    def read_bounded(self, row: Row, column: Column, value: Any) -> Any:
        """Check choices, bounds and decimals."""
        key = column.name
        if column.choices and value not in column.choices:
            hint = did_you_mean(value, column.choices, noun=_("写其中一个"))
            message = _("%(key)s 不能是 %(value)s") % {"key": key, "value": _shorten(value)}
            self.report_value(row, key, "bad-value", message, hint)
            return None
        size = len(value) if isinstance(value, str) else value
        if isinstance(size, int | float) and not isinstance(size, bool):
            if column.most is not None and size > column.most:
                message = _("%(key)s 大于 %(most)g")
                if isinstance(value, str):
                    message = _("%(key)s 超过 %(most)g 个字")
                message %= {"key": key, "most": column.most}
                self.report_value(row, key, "bad-value", message, column.hint or _build_bounds_hint(column))
                return None
            if column.least is not None and size < column.least:
                message = _("%(key)s 小于 %(least)g") % {"key": key, "least": column.least}
                self.report_value(row, key, "bad-value", message, column.hint or _build_bounds_hint(column))
                return None
        return value if column.digits is None else self.read_decimal(row, column, value)

    def read_decimal(self, row: Row, column: Column, value: float) -> Decimal:
        """Return the number with the digits that were written. Too many decimals are reported and still returned."""
        number = Decimal(str(value))
        if number != round(number, column.digits):
            message = _("%(key)s 的小数位太多：%(number)s")
            hint = _("最多写 %(digits)d 位小数。") % {"digits": column.digits}
            self.report.error_at(
                row, column.name, "bad-value", message % {"key": column.name, "number": number}, hint
            )
        return number

    def read_limit(self, row: Row, column: Column, text: str) -> str:
        """Check a limit. A wrong limit is reported and replaced by "", so that it is not reported as missing, too."""
        limit = _parse_limit(text)
        if limit is None:
            message = _("%(value)s 不是时限") % {"value": _shorten(text)}
            self.report_value(row, column.name, "bad-limit", message, LIMIT_HINT)
        return limit or ""

    def read_limits(self, row: Row, column: Column, table: Values) -> dict[str, str]:
        """Check a table of limits by stage; as in `read_limit`, a wrong limit is replaced by ""."""
        key, stages = column.name, column.choices
        limits = {}
        for stage, text in table.items():
            if stage not in stages:
                hint = did_you_mean(stage, stages)
                message = _("没有 %(stage)s 这个环节") % {"stage": stage}
                self.report_value(row, key, "unknown-key", message, hint)
                continue
            limit = _parse_limit(text)
            if limit is None:
                message = _("%(stage)s 的 %(value)s 不是时限")
                self.report_value(
                    row, key, "bad-limit", message % {"stage": stage, "value": _shorten(text)}, LIMIT_HINT
                )
            limits[stage] = limit or ""
        return limits

    def read_names(self, row: Row, column: Column, table: Values) -> dict[str, tuple[str, str]]:
        """Check a table of codes with their names: code -> (name, English name)."""
        key = column.name
        names = {}
        for code, raw in table.items():
            texts = [raw] if isinstance(raw, str) else raw
            if not (isinstance(texts, list) and 1 <= len(texts) <= 2 and all(map(_to_text, texts))):
                message = _("%(code)s 的 %(value)s 不是名称")
                message %= {"code": code, "value": _shorten(raw)}
                self.report_value(row, key, "bad-value", message, HINTS[Kind.NAMES])
                continue
            too_long = max(map(len, texts)) > MAX_NAME or len(code) > MAX_CODE
            if too_long or any(_find_control_character(text, multiline=False) for text in texts):
                message = _("%(code)s 不能叫做 %(value)s")
                hint = _("代码最多 %(code)d 个字，名称最多 %(name)d 个字，写在一行里。")
                message %= {"code": code, "value": _shorten(raw)}
                self.report_value(row, key, "bad-value", message, hint % {"code": MAX_CODE, "name": MAX_NAME})
                continue
            names[code] = (texts[0].strip(), texts[1].strip() if len(texts) > 1 else "")
        return names

    def read_numbers(self, row: Row, column: Column, table: Values) -> dict[str, float]:
        """Check a table of codes with their numbers."""
        numbers = {}
        for code, raw in table.items():
            number = None if isinstance(raw, str) else _to_number(raw)
            if number is None or abs(number) > MAX_NUMBER:
                message = _("%(code)s 的 %(value)s 不是数")
                message %= {"code": code, "value": _shorten(raw)}
                self.report_value(row, column.name, "bad-value", message, HINTS[Kind.NUMBERS])
            else:
                numbers[code] = number
        return numbers

    def report_value(self, row: Row, key: str, code: str, message: str, hint: str | Promise) -> None:
        """Report a value and mark it as faulty."""
        row.faulty.add(key)
        self.report.error_at(row, key, code, message, hint)


def _is_given(raw: Any) -> bool:
    return bool(raw.strip()) if isinstance(raw, str) else raw is not None


def _shorten(raw: Any) -> str:
    """Return a value as TOML writes it, where that is short."""
    if isinstance(raw, bool):
        return str(raw).lower()
    text = raw.isoformat() if isinstance(raw, date | time) else repr(raw)  # a datetime is a date
    return text if len(text) <= 60 else f"{text[:57]}..."


def _join_sentences(*sentences: str | Promise) -> str:
    """Return sentences in one line; Chinese ones have no space between them."""
    texts = [str(sentence) for sentence in sentences if sentence]
    return ("" if texts[0].endswith("。") else " ").join(texts)


def _find_control_character(text: Any, *, multiline: bool) -> str:
    """Return the first control character or character that changes the reading direction; no name should hold one."""
    if not isinstance(text, str):
        return ""
    allowed = {"\n", "\r", "\t"} if multiline else set()
    return next(
        (char for char in text if unicodedata.category(char) in {"Cc", "Cf"} and char not in allowed), ""
    )


def _build_bounds_hint(column: Column) -> str:
    bounds = {"least": column.least, "most": column.most}
    if column.kind in {Kind.INT, Kind.NUMBER}:
        return _("写 %(least)g 到 %(most)g 的数。") % bounds
    return _("最多写 %(most)g 个字。") % bounds


def _parse_limit(text: Any) -> str | None:
    """Return the limit as it is stored, None for anything else."""
    try:
        return str(Limit.parse(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def _to_text(raw: Any) -> str | None:
    return raw.strip() if isinstance(raw, str) else None


def _to_texts(raw: Any) -> list[str] | None:
    is_list = isinstance(raw, list) and all(isinstance(item, str) and item.strip() for item in raw)
    return raw if is_list else None


def _to_keys(raw: Any) -> list[str] | None:
    return re.split(r"[\s,;，、；]+", raw.strip()) if isinstance(raw, str) else _to_texts(raw)


def _to_bool(raw: Any) -> bool | None:
    if isinstance(raw, str):
        word = raw.lower()
        return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None
    return raw if isinstance(raw, bool) else None


def _to_int(raw: Any) -> int | None:
    if isinstance(raw, str) and re.fullmatch(r"-?\d{1,9}", raw):
        return int(raw)
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def _to_number(raw: Any) -> float | None:
    if isinstance(raw, str) and re.fullmatch(r"-?\d{1,9}(\.\d+)?", raw):
        return float(raw)
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw)
    return raw if is_number else None


def _to_date(raw: Any) -> date | None:
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            return None
    return raw if isinstance(raw, date) and not isinstance(raw, datetime) else None


def _to_table(raw: Any) -> Values | None:
    return raw if isinstance(raw, dict) else None


CONVERTERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _to_text,
    Kind.TEXTS: _to_texts,
    Kind.KEYS: _to_keys,
    Kind.BOOL: _to_bool,
    Kind.INT: _to_int,
    Kind.NUMBER: _to_number,
    Kind.DATE: _to_date,
    Kind.LIMIT: _to_text,
    Kind.LIMITS: _to_table,
    Kind.NAMES: _to_table,
    Kind.NUMBERS: _to_table,
    Kind.ANY: lambda raw: raw,
}
