"""A pack in memory: read from its folder, each row checked against the schema, none yet against another."""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jiedao.kernel.worktime import Limit
from jiedao.packs.faults import Report, did_you_mean
from jiedao.packs.reading import READERS, Row
from jiedao.packs.schema import FILES, FOLDERS, STAGES, Field, FileSpec, Kind, Shape, Table

LIMIT_HINT = 'Write "4wh" (working hours), "2wd" (working days) or "24h" (natural hours).'
YES = {"yes", "true", "1", "是"}
NO = {"no", "false", "0", "否"}
IGNORED = {"README.md", "README.zh.md", "LICENSE"}
MOST_CODE, MOST_NAME = 40, 80  # of a code with its names
MOST_NUMBER = 1e12
PROSE = 400  # texts that may be this long may have several lines
HINTS = {
    Kind.TEXT: 'Write it as a text: in "quotes" in TOML, in a column of type text in a map.',
    Kind.TEXTS: 'Write a list of texts: ["A", "B"].',
    Kind.BOOL: "Write true or false; in CSV 是 or 否.",
    Kind.INT: "Write a whole number such as 3, without quotes.",
    Kind.NUMBER: "Write a number such as 114.1061, without quotes in TOML.",
    Kind.DATE: "Write a day that exists, such as 2027-01-31.",
    Kind.LIMIT: LIMIT_HINT,
    Kind.LIMITS: '{ handle = "4wh", close = "2wd" }',
    Kind.NAMES: '{ HOME = ["居住", "Dwelling"], SHOP = "商铺" }',
    Kind.NUMBERS: "{ spaces = 120, land = 4500.5 }",
}


class Pack:
    """The rows of a pack by file and table. Rows keep their lines, so that later checks can name them."""

    def __init__(self, folder: Path, tables: dict[tuple[str, str], list[Row]]) -> None:
        self.folder = folder
        self.tables = tables

    def rows(self, file: str, table: str = "") -> list[Row]:
        """Return the rows of a table, in the order of the file."""
        return self.tables.get((file, table), [])

    def one(self, file: str, table: str) -> dict[str, Any]:
        """Return the values of a table that stands once, empty when it is missing."""
        rows = self.rows(file, table)
        return rows[0].values if rows else {}

    def coded(self, file: str, table: str = "", key: str = "code") -> dict[str, Row]:
        """Return the rows by code; of a code that stands twice, the first."""
        found: dict[str, Row] = {}
        for row in self.rows(file, table):
            if key in row.values:
                found.setdefault(row.values[key], row)
        return found

    def files(self, folder: str) -> list[str]:
        """Return the files of a folder of the pack, such as "registers", that could be read, by name."""
        return sorted({file for file, _table in self.tables if file.startswith(f"{folder}/")})

    @property
    def town(self) -> str:
        """The code of the sub-district."""
        return str(self.one("pack.toml", "pack").get("town", ""))


def load(folder: Path, report: Report) -> Pack:
    """Read every file of the folder; faults of files, syntax, keys and single values go into the report."""
    tables: dict[tuple[str, str], list[Row]] = {}
    for spec in FILES.values():
        path = folder / spec.name
        if not path.is_file():
            if spec.required:
                report.lost(spec.name, 0, "missing-file", "the file is missing", _missing_hint(folder, spec))
            continue
        tables |= _read(path, spec, report)
    for spec in FOLDERS.values():
        for path in sorted((folder / spec.name).parent.glob("*")):
            one = replace(spec, name=f"{path.parent.name}/{path.name}")
            if path.is_file() and path.match(spec.name):
                tables |= _read(path, one, report)
            elif not path.name.startswith("."):
                report.warn(one.name, 0, "unknown-file", "the file is not read", f"A pack has {spec.name}.")
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name not in {*FILES, *IGNORED} and not path.name.startswith("."):
            hint = did_you_mean(path.name, FILES, noun="A pack has")
            report.warn(path.name, 0, "unknown-file", "the file is not read", hint)
    return Pack(folder, tables)


def _read(path: Path, spec: FileSpec, report: Report) -> dict[tuple[str, str], list[Row]]:
    found = {}
    for name, rows in READERS[path.suffix](path, spec, report).items():
        cleaner = _Cleaner(spec.tables[name], report)
        found[spec.name, name] = [cleaner.clean(row) for row in rows]
    return found


def _missing_hint(folder: Path, spec: FileSpec) -> str:
    others = [path.name for path in folder.iterdir() if path.name not in FILES]
    near = did_you_mean(spec.name, others)
    if near.startswith("Did"):
        return near.replace("Did you mean", "Rename")[:-1] + "?"
    return "docs/reference/pack-format.md says what it holds."


class _Cleaner:
    """Check and convert the values of one table's rows."""

    def __init__(self, table: Table, report: Report) -> None:
        self.table = table
        self.report = report
        self.fields = {column.name: column for column in table.fields}

    def clean(self, row: Row) -> Row:
        """Return the row with converted values; a value at fault is left out and reported."""
        if self.table.shape is Shape.MAP:
            value = self.value(row, "value", row.values["value"])
            row.values = {"code": row.values["key"], "value": value or []}
            return row
        values: dict[str, Any] = {}
        for key, raw in row.values.items():
            if key in self.fields and self.fields[key].kind is Kind.ANY:
                values[key] = raw
                continue
            if key not in self.fields:
                if row.file.endswith(".toml"):
                    hint = did_you_mean(key, self.fields)
                    self.report.error(row.file, row.line(key), "unknown-key", f"unknown key {key!r}", hint)
                continue
            value = self.value(row, key, raw)
            if value is not None:
                values[key] = value
        for name, column in self.fields.items():
            if column.required and column.kind is not Kind.ANY and not _given(row.values.get(name)):
                hint = column.hint or f"Every entry needs {name!r}: write it here."
                self.report.error(row.file, row.line(), "missing-key", f"{name!r} is missing", hint)
        row.values = values
        return row

    def value(self, row: Row, key: str, raw: Any) -> Any:
        column = self.fields[key]
        value = CONVERTERS[column.kind](raw)
        if value is None:
            hint = " ".join(filter(None, (HINTS[column.kind], column.hint)))
            self.fault(row, key, "bad-type", f"{key!r} is not a {column.kind.value}: {_short(raw)}", hint)
            return None
        for text in value if isinstance(value, list) else [value]:
            sign = _hidden(text, lines=column.most is None or column.most >= PROSE)
            if sign:
                hint = "Delete the text and type it anew: the sign cannot be seen."
                self.fault(row, key, "bad-value", f"{key!r} holds the control sign U+{ord(sign):04X}", hint)
                return None
        if column.kind in {Kind.LIMIT, Kind.LIMITS}:
            return self.limits(row, key, value)
        if column.kind is Kind.NAMES:
            return self.names(row, key, value)
        if column.kind is Kind.NUMBERS:
            return self.numbers(row, key, value)
        return self.bounded(row, column, value)

    def bounded(self, row: Row, column: Field, value: Any) -> Any:
        key = column.name
        if column.choices and value not in column.choices:
            hint = did_you_mean(value, column.choices, noun="Write one of")
            self.fault(row, key, "bad-value", f"{key!r} cannot be {value!r}", hint)
            return None
        size = len(value) if isinstance(value, str) else value
        if isinstance(size, int | float) and not isinstance(size, bool):
            if column.most is not None and size > column.most:
                most = f"{column.most:g}"
                what = f"is longer than {most} characters" if isinstance(value, str) else f"is over {most}"
                self.fault(row, key, "bad-value", f"{key!r} {what}", column.hint or _bounds(column))
                return None
            if column.least is not None and size < column.least:
                hint = column.hint or _bounds(column)
                self.fault(row, key, "bad-value", f"{key!r} is under {column.least:g}", hint)
                return None
        return value

    def limits(self, row: Row, key: str, value: Any) -> Any:
        """Check one limit text, or a table of limits by stage. One at fault counts as given: that is told once."""
        if isinstance(value, str):
            limit = _limit(value)
            if limit is None:
                self.fault(row, key, "bad-limit", f"{value!r} is not a limit", LIMIT_HINT)
            return limit or ""
        good = {}
        for stage, text in value.items():
            if stage not in STAGES:
                self.fault(row, key, "unknown-key", f"unknown stage {stage!r}", did_you_mean(stage, STAGES))
            elif (limit := _limit(text)) is None:
                self.fault(row, key, "bad-limit", f"{_short(text)} of {stage!r} is not a limit", LIMIT_HINT)
                good[stage] = ""
            else:
                good[stage] = limit
        return good

    def names(self, row: Row, key: str, value: dict[str, Any]) -> dict[str, tuple[str, str]]:
        """Check a table of codes with their names: code -> (name, English name)."""
        good = {}
        for code, raw in value.items():
            texts = [raw] if isinstance(raw, str) else raw
            if not (isinstance(texts, list) and 1 <= len(texts) <= 2 and all(map(_text, texts))):
                self.fault(row, key, "bad-value", f"{_short(raw)} of {code!r} is no name", HINTS[Kind.NAMES])
                continue
            if max(map(len, texts)) > MOST_NAME or len(code) > MOST_CODE or any(map(_hidden_in_name, texts)):
                hint = f"At most {MOST_CODE} characters of a code, {MOST_NAME} of a name, on one line."
                self.fault(row, key, "bad-value", f"{code!r} cannot be called {_short(raw)}", hint)
                continue
            good[code] = (texts[0].strip(), texts[1].strip() if len(texts) > 1 else "")
        return good

    def numbers(self, row: Row, key: str, value: dict[str, Any]) -> dict[str, float]:
        """Check a table of codes with their numbers."""
        good = {}
        for code, raw in value.items():
            number = None if isinstance(raw, str) else _number(raw)
            if number is None or abs(number) > MOST_NUMBER:
                message = f"{_short(raw)} of {code!r} is no number"
                self.fault(row, key, "bad-value", message, HINTS[Kind.NUMBERS])
            else:
                good[code] = number
        return good

    def fault(self, row: Row, key: str, code: str, message: str, hint: str) -> None:
        row.faulty.add(key)
        self.report.error(row.file, row.line(key), code, message, hint)


def _given(raw: Any) -> bool:
    return bool(raw.strip()) if isinstance(raw, str) else raw is not None


def _short(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _hidden(text: Any, *, lines: bool) -> str:
    """Return the first control sign or sign that turns the reading direction, which no name should hold."""
    if not isinstance(text, str):
        return ""
    allowed = {"\n", "\r", "\t"} if lines else set()
    return next(
        (sign for sign in text if unicodedata.category(sign) in {"Cc", "Cf"} and sign not in allowed), ""
    )


def _hidden_in_name(text: str) -> bool:
    return bool(_hidden(text, lines=False))


def _bounds(column: Field) -> str:
    if column.kind in {Kind.INT, Kind.NUMBER}:
        return f"Write a number from {column.least:g} to {column.most:g}."
    return f"Write at most {column.most:g} characters."


def _limit(text: Any) -> str | None:
    """Return the limit as it is stored, None when it is not one."""
    try:
        return str(Limit.parse(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def _text(raw: Any) -> str | None:
    return raw.strip() if isinstance(raw, str) else None


def _texts(raw: Any) -> list[str] | None:
    good = isinstance(raw, list) and all(isinstance(item, str) and item.strip() for item in raw)
    return raw if good else None


def _bool(raw: Any) -> bool | None:
    if isinstance(raw, str):
        word = raw.lower()
        return True if word in YES else False if word in NO else None
    return raw if isinstance(raw, bool) else None


def _int(raw: Any) -> int | None:
    if isinstance(raw, str) and re.fullmatch(r"-?\d{1,9}", raw):
        return int(raw)
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def _number(raw: Any) -> float | None:
    if isinstance(raw, str) and re.fullmatch(r"-?\d{1,9}(\.\d+)?", raw):
        return float(raw)
    good = isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw)
    return raw if good else None


def _date(raw: Any) -> date | None:
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            return None
    return raw if isinstance(raw, date) and not isinstance(raw, datetime) else None


def _table(raw: Any) -> dict[str, Any] | None:
    return raw if isinstance(raw, dict) else None


CONVERTERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.BOOL: _bool,
    Kind.INT: _int,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.LIMIT: _text,
    Kind.LIMITS: _table,
    Kind.NAMES: _table,
    Kind.NUMBERS: _table,
    Kind.ANY: lambda raw: raw,
}
