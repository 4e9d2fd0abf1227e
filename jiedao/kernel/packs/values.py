"""Check single values against the columns of their table, and convert them."""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.tables import Column, Kind, Shape, Table
from jiedao.kernel.readers.codes import find_lost_code
from jiedao.kernel.worktime import Limit

LIMIT_HINT = 'Write "4wh" (working hours), "2wd" (working days) or "24h" (natural hours).'
HINTS = {
    Kind.TEXT: 'Write it as a text: in "quotes" in TOML, in a column of type text in a map.',
    Kind.TEXTS: 'Write a list of texts: ["A", "B"].',
    Kind.KEYS: "Write the codes with spaces between them; in TOML a list of texts.",
    Kind.BOOL: "Write true or false; in CSV 是 or 否.",
    Kind.INT: "Write a whole number such as 3, without quotes.",
    Kind.NUMBER: "Write a number such as 114.1061, without quotes in TOML.",
    Kind.DATE: "Write a day that exists, such as 2027-01-31.",
    Kind.LIMIT: LIMIT_HINT,
    Kind.LIMITS: '{ handle = "4wh", close = "2wd" }',
    Kind.NAMES: '{ HOME = ["居住", "Dwelling"], SHOP = "商铺" }',
    Kind.NUMBERS: "{ spaces = 120, land = 4500.5 }",
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
                    self.report.error_at(row, key, "unknown-key", f"unknown key {key!r}", hint)
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
                hint = column.hint or f"Every entry needs {name!r}: write it here."
                self.report.error_at(row, "", "missing-key", f"{name!r} is missing", hint)

    def read_value(self, row: Row, column: Column, raw: Any) -> Any:
        """Return the converted value, None with a fault in the report."""
        key, value = column.name, CONVERTERS[column.kind](raw)
        if value is None:
            hint = " ".join(filter(None, (HINTS[column.kind], column.hint)))
            message = f"{key!r} is not a {column.kind.value}: {_shorten(raw)}"
            self.report_value(row, key, "bad-type", message, hint)
            return None
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and (lost := find_lost_code(text)):
                message = f"{key!r} holds {lost}: Excel has shortened a code, its last digits are lost"
                hint = "Format the column as text in Excel, and enter the complete code again."
                self.report_value(row, key, "lost-code", message, hint)
                return None
            character = _find_control_character(
                text, multiline=column.most is None or column.most >= MULTILINE
            )
            if character:
                message = f"{key!r} holds the control sign U+{ord(character):04X}"
                hint = "Delete the text and type it anew: the sign cannot be seen."
                self.report_value(row, key, "bad-value", message, hint)
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
            hint = did_you_mean(value, column.choices, noun="Write one of")
            self.report_value(row, key, "bad-value", f"{key!r} cannot be {value!r}", hint)
            return None
        size = len(value) if isinstance(value, str) else value
        if isinstance(size, int | float) and not isinstance(size, bool):
            if column.most is not None and size > column.most:
                most = f"{column.most:g}"
                excess = f"is longer than {most} characters" if isinstance(value, str) else f"is over {most}"
                self.report_value(
                    row, key, "bad-value", f"{key!r} {excess}", column.hint or _build_bounds_hint(column)
                )
                return None
            if column.least is not None and size < column.least:
                hint = column.hint or _build_bounds_hint(column)
                self.report_value(row, key, "bad-value", f"{key!r} is under {column.least:g}", hint)
                return None
        return value if column.digits is None else self.read_decimal(row, column, value)

    def read_decimal(self, row: Row, column: Column, value: float) -> Decimal:
        """Return the number with the digits that were written. Too many decimals are reported and still returned."""
        number = Decimal(str(value))
        if number != round(number, column.digits):
            message = f"{column.name!r} has too many decimals: {number}"
            self.report.error_at(
                row, column.name, "bad-value", message, f"Write at most {column.digits} decimals."
            )
        return number

    def read_limit(self, row: Row, column: Column, text: str) -> str:
        """Check a limit. A wrong limit is reported and replaced by "", so that it is not reported as missing, too."""
        limit = _parse_limit(text)
        if limit is None:
            self.report_value(row, column.name, "bad-limit", f"{text!r} is not a limit", LIMIT_HINT)
        return limit or ""

    def read_limits(self, row: Row, column: Column, table: Values) -> dict[str, str]:
        """Check a table of limits by stage; as in `read_limit`, a wrong limit is replaced by ""."""
        key, stages = column.name, column.choices
        limits = {}
        for stage, text in table.items():
            if stage not in stages:
                hint = did_you_mean(stage, stages)
                self.report_value(row, key, "unknown-key", f"unknown stage {stage!r}", hint)
                continue
            limit = _parse_limit(text)
            if limit is None:
                message = f"{_shorten(text)} of {stage!r} is not a limit"
                self.report_value(row, key, "bad-limit", message, LIMIT_HINT)
            limits[stage] = limit or ""
        return limits

    def read_names(self, row: Row, column: Column, table: Values) -> dict[str, tuple[str, str]]:
        """Check a table of codes with their names: code -> (name, English name)."""
        key = column.name
        names = {}
        for code, raw in table.items():
            texts = [raw] if isinstance(raw, str) else raw
            if not (isinstance(texts, list) and 1 <= len(texts) <= 2 and all(map(_to_text, texts))):
                message = f"{_shorten(raw)} of {code!r} is no name"
                self.report_value(row, key, "bad-value", message, HINTS[Kind.NAMES])
                continue
            too_long = max(map(len, texts)) > MAX_NAME or len(code) > MAX_CODE
            if too_long or any(_find_control_character(text, multiline=False) for text in texts):
                message = f"{code!r} cannot be called {_shorten(raw)}"
                hint = f"At most {MAX_CODE} characters of a code, {MAX_NAME} of a name, on one line."
                self.report_value(row, key, "bad-value", message, hint)
                continue
            names[code] = (texts[0].strip(), texts[1].strip() if len(texts) > 1 else "")
        return names

    def read_numbers(self, row: Row, column: Column, table: Values) -> dict[str, float]:
        """Check a table of codes with their numbers."""
        numbers = {}
        for code, raw in table.items():
            number = None if isinstance(raw, str) else _to_number(raw)
            if number is None or abs(number) > MAX_NUMBER:
                message = f"{_shorten(raw)} of {code!r} is no number"
                self.report_value(row, column.name, "bad-value", message, HINTS[Kind.NUMBERS])
            else:
                numbers[code] = number
        return numbers

    def report_value(self, row: Row, key: str, code: str, message: str, hint: str) -> None:
        """Report a value and mark it as faulty."""
        row.faulty.add(key)
        self.report.error_at(row, key, code, message, hint)


def _is_given(raw: Any) -> bool:
    return bool(raw.strip()) if isinstance(raw, str) else raw is not None


def _shorten(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _find_control_character(text: Any, *, multiline: bool) -> str:
    """Return the first control character or character that changes the reading direction; no name should hold one."""
    if not isinstance(text, str):
        return ""
    allowed = {"\n", "\r", "\t"} if multiline else set()
    return next(
        (char for char in text if unicodedata.category(char) in {"Cc", "Cf"} and char not in allowed), ""
    )


def _build_bounds_hint(column: Column) -> str:
    if column.kind in {Kind.INT, Kind.NUMBER}:
        return f"Write a number from {column.least:g} to {column.most:g}."
    return f"Write at most {column.most:g} characters."


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
