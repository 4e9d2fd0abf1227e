"""Read the files of a pack into rows that know their lines. Single values are checked in `values`."""

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.packs.tables import FileSpec, Shape
from jiedao.kernel.toml_lines import KeyPath, Span, TomlError, locate_keys, read_toml
from jiedao.kernel.toml_words import explain_toml

MAX_BYTES = {
    ".toml": 2_000_000,
    ".csv": 20_000_000,
    ".geojson": 20_000_000,
}  # many times what a district needs
MOST_INT = 2**63 - 1  # of a number in TOML
MOST_DIGITS = 18  # of a whole number in JSON; a longer one is read as a float
EXTREME_HINT = gettext_lazy("找一找位数太多的数，或一层套一层的括号。")
DIGITS = re.compile("[0-9_]+")
WRONG_SEPARATORS = {
    "\t": gettext_lazy("制表符"),
    ";": gettext_lazy("分号"),
    "，": gettext_lazy("中文逗号"),
    "；": gettext_lazy("中文分号"),
}
SEPARATORS = re.compile(r"[\s,]*")
CSV_COMMENT = "# "


def read_file(path: Path, spec: FileSpec, report: Report) -> dict[str, list[Row]]:
    """Return the rows of each table of a file, in the order of the file; faults go into the report."""
    text = _read_text(path, spec.name, report)
    return {} if text is None else READERS[path.suffix](text, spec, report)


def _read_text(path: Path, name: str, report: Report) -> str | None:
    """Return the text of a UTF-8 file, None with a fault in the report; `name` is the file's name in the pack."""
    limit = MAX_BYTES[path.suffix]
    if path.stat().st_size > limit:
        message = _("文件超过 %(most)d MB") % {"most": limit // 1_000_000}
        hint = _("是不是放错了文件？边界请减少顶点，数据包用不到的表请去掉。")
        report.unreadable(name, 0, "too-large", message, hint)
        return None
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        try:
            raw.decode("gb18030")
        except UnicodeDecodeError:
            hint = _("把文件另存为 UTF-8 编码。")
        else:
            hint = _(
                "看来是 GB18030（GBK）编码：在 Excel 或 WPS 里另存为“CSV UTF-8”，在编辑器里另存为 UTF-8。"
            )
        report.unreadable(name, line, "encoding", _("文件不是 UTF-8 编码"), hint)
        return None


# -- TOML ------------------------------------------------------------------------------------------------------------


def _read_toml(text: str, spec: FileSpec, report: Report) -> dict[str, list[Row]]:
    try:
        data = read_toml(text)
    except TomlError as error:
        _report_toml(text, error, spec.name, report)
        return {}
    spans = locate_keys(text)
    for path, value in _walk(data):
        if isinstance(value, int) and not -MOST_INT <= value <= MOST_INT:
            message = _("整数太大，超过 TOML 允许的 64 位")
            report.unreadable(spec.name, _find_line_of(spans, path), "syntax", message, EXTREME_HINT)
            return {}
    file = _TomlFile(spec.name, spans, text.splitlines(), report)
    tables: dict[str, list[Row]] = {}
    for name, value in data.items():
        if name in spec.tables:
            tables[name] = file.read_table(name, value, spec.tables[name].shape)
            continue
        message = _("没有 %(name)s 这个表或这一项") % {"name": name}
        hint = did_you_mean(name, spec.tables, noun=_("这个文件里可以有"))
        report.error(spec.name, file.span_of(name)[0], "unknown-key", message, hint)
    return tables


def _report_toml(text: str, error: TomlError, file: str, report: Report) -> None:
    """Report why a text is no TOML, at the mistake itself where it can be found."""
    if error.__cause__ is None:  # nested too deeply
        message = _("不是 TOML 的写法：括号套得太深")
        report.unreadable(file, error.line, "syntax", message, EXTREME_HINT)
    elif not isinstance(error.__cause__, tomllib.TOMLDecodeError):  # a number of thousands of digits
        message = _("不是 TOML 的写法")
        report.unreadable(file, _find_longest_number(text), "syntax", message, EXTREME_HINT)
    elif (explained := explain_toml(text, str(error))) is not None:
        line, column, message, hint = explained
        report.unreadable(file, line, "syntax", message, hint, column=column)
    else:
        hint = _('文字写在 "引号" 里，列表写在 [方括号] 里，一行写一项。')
        message = _("不是 TOML 的写法（%(why)s）") % {"why": error}
        report.unreadable(file, error.line, "syntax", message, hint)


def _walk(value: Any) -> Iterator[tuple[KeyPath, Any]]:
    """Return every value that is no table or list, at any depth, with its path."""
    pending: list[tuple[KeyPath, Any]] = [((), value)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            pending.extend(((*path, name), part) for name, part in value.items())
        elif isinstance(value, list):
            pending.extend(((*path, index), part) for index, part in enumerate(value))
        else:
            yield path, value


def _find_line_of(spans: Mapping[KeyPath, Span], path: KeyPath) -> int:
    """Return the line of a value: that of its key, or of the nearest table or list around it."""
    return next((spans[path[:end]][0] for end in range(len(path), 0, -1) if path[:end] in spans), 1)


def _find_longest_number(text: str) -> int:
    """Return the line with the longest run of digits."""
    lengths = [max(map(len, DIGITS.findall(line)), default=0) for line in text.splitlines()]
    return lengths.index(max(lengths)) + 1


@dataclass
class _TomlFile:
    """A parsed TOML file whose tables are read into rows."""

    name: str
    spans: dict[KeyPath, Span]
    lines: list[str]
    report: Report

    def span_of(self, table: str) -> Span:
        return self.spans.get((table,), self.spans.get((table, 0), (1, 1)))

    def read_table(self, name: str, value: Any, shape: Shape) -> list[Row]:
        here = self.span_of(name)
        entries = value if shape is Shape.MANY else [value]
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            header = f"[[{name}]]" if shape is Shape.MANY else f"[{name}]"
            message = _("%(name)s 应是表") % {"name": name}
            hint = _("写 %(write)s") % {"write": header}
            self.report.unreadable(self.name, here[0], "bad-type", message, hint)
            return []
        if shape is Shape.MAP:
            spans = {key: self.spans.get((name, key), here) for key in value}
            return [
                Row(self.name, spans[key], {"code": key, "value": item}, lines=self.lines)
                for key, item in value.items()
            ]
        key_spans: dict[KeyPath, dict[str, Span]] = {}
        for path, span in self.spans.items():
            key_spans.setdefault(path[:-1], {})[str(path[-1])] = span
        rows = []
        for index, entry in enumerate(entries):
            path = (name, index) if shape is Shape.MANY else (name,)
            span = self.spans.get(path, here)
            rows.append(Row(self.name, span, entry, key_spans.get(path, {}), lines=self.lines))
        return rows


# -- CSV -------------------------------------------------------------------------------------------------------------


def _read_csv(text: str, spec: FileSpec, report: Report) -> dict[str, list[Row]]:
    """Return the rows of a comma-separated file with a header; empty lines and those that begin with "# " are skipped.

    A code may begin with "#", such as "#12" of a building, but not with "# ".
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    header: list[str] | None = None
    line = 0
    try:
        for cells in reader:
            span, line = (line + 1, reader.line_num), reader.line_num
            if not any(cell.strip() for cell in cells) or cells[0].startswith(CSV_COMMENT):
                continue
            if header is None:
                header = _read_csv_header(span[0], cells, spec, report)
                if not report.has_read(spec.name):
                    return {}
                continue
            row = _read_csv_row(spec.name, span, header, cells, report)
            rows += [row] if row else []
    except csv.Error as error:
        first = line + 1
        if "unexpected end" in str(error):
            column = text.splitlines()[line].find('"') + 1
            message = _("引号没有结束")
            hint = _('在文字后面补上 "；文字里面的引号要写两个。')
            report.unreadable(spec.name, first, "syntax", message, hint, column=column)
        else:
            message = _("引号结束以后还有文字")
            hint = _('文字里有逗号或引号时，两边加 "，里面的引号要写两个。')
            report.unreadable(spec.name, reader.line_num, "syntax", message, hint)
    if header is None:
        report.unreadable(spec.name, 1, "columns", _("缺少表头"), _describe_header(spec))
    return {"": rows}


def _describe_header(spec: FileSpec) -> str:
    columns = ",".join(column.name for column in spec.tables[""].columns)
    return _("第一行写：%(columns)s") % {"columns": columns}


def _read_csv_header(line: int, cells: list[str], spec: FileSpec, report: Report) -> list[str]:
    header = [cell.strip() for cell in cells]
    if len(header) == 1 and (sign := next((sign for sign in WRONG_SEPARATORS if sign in header[0]), "")):
        message = _("各列之间是%(sign)s，不是逗号")
        hint = _("把文件另存为“CSV UTF-8（逗号分隔）”。")
        report.unreadable(spec.name, line, "columns", message % {"sign": WRONG_SEPARATORS[sign]}, hint)
        return header
    known = [column.name for column in spec.tables[""].columns]
    for column in spec.tables[""].columns:
        if column.required and column.name not in header:
            message = _("缺少 %(name)s 这一列") % {"name": column.name}
            report.unreadable(spec.name, line, "columns", message, _describe_header(spec))
    for name in sorted(set(header) - set(known)):
        message = _("没有 %(name)s 这一列") % {"name": name}
        hint = did_you_mean(name, known, noun=_("可以有的列"))
        report.error(spec.name, line, "unknown-key", message, hint)
    for name in sorted({name for name in header if header.count(name) > 1}):
        message = _("%(name)s 这一列出现了两次") % {"name": name}
        report.error(spec.name, line, "columns", message, _("删去其中一个。"))
    return header


def _read_csv_row(file: str, span: Span, header: list[str], cells: list[str], report: Report) -> Row | None:
    if len(cells) != len(header):
        message = _("这一行有 %(count)d 列，表头有 %(wanted)d 列")
        message %= {"count": len(cells), "wanted": len(header)}
        chinese = sum(cell.count("，") for cell in cells)
        if len(cells) < len(header) and chinese:
            hint = _("这一行有中文逗号（，）：各列之间写半角逗号 ,")
        elif len(cells) < len(header):
            hint = _("还差 %(missing)d 个逗号：空着的列也要写逗号。")
            hint %= {"missing": len(header) - len(cells)}
        else:
            hint = _('逗号太多；文字里有逗号时，两边加引号："A,B"。')
        report.unreadable(file, span[0], "columns", message, hint)
        return None
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    return Row(file, span, values)


# -- GeoJSON ---------------------------------------------------------------------------------------------------------


def _read_geojson(text: str, spec: FileSpec, report: Report) -> dict[str, list[Row]]:
    """Return one row for each feature: its properties and its `geometry`."""
    try:
        data = json.loads(text, parse_int=_read_json_int)
    except (json.JSONDecodeError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 0)
        message, hint = _("不是 JSON 的写法"), _("请重新导出这个图层。")
        report.unreadable(spec.name, line, "syntax", message, hint, column=column)
        return {}
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or data.get("type") != "FeatureCollection":
        message = _("不是 GeoJSON 的 FeatureCollection")
        hint = _("把图层导出为 GeoJSON，坐标用 WGS 84（EPSG:4326）。")
        report.unreadable(spec.name, 1, "bad-type", message, hint)
        return {}
    known = {column.name for column in spec.tables[""].columns}
    rows = []
    for feature, line in zip(features, _find_feature_lines(text, len(features)), strict=True):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            message = _("这个图形没有属性（properties）")
            report.error(spec.name, line, "bad-type", message, _("请给它填上代码 code。"))
            continue
        for name in sorted(set(properties) - known):
            message = _("属性 %(name)s 没有用到") % {"name": name}
            report.warn(spec.name, line, "unknown-key", message)
        values = {name: item for name, item in properties.items() if name in known and item not in (None, "")}
        rows.append(Row(spec.name, (line, line), {**values, "geometry": feature.get("geometry")}))
    return {"": rows}


def _read_json_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def _find_feature_lines(text: str, count: int) -> list[int]:
    """Return the line in which each feature starts; 1 for all when the list is not found in the text."""
    decoder = json.JSONDecoder(parse_int=_read_json_int)
    for match in re.finditer(r'"features"\s*:\s*\[', text):
        position = match.end()
        lines: list[int] = []
        try:
            while len(lines) < count:
                position = SEPARATORS.match(text, position).end()  # type: ignore[union-attr]
                lines.append(text.count("\n", 0, position) + 1)
                position = decoder.raw_decode(text, position)[1]
        except json.JSONDecodeError:
            continue
        return lines
    return [1] * count


READERS = {".toml": _read_toml, ".csv": _read_csv, ".geojson": _read_geojson}
