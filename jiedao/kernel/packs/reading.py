"""Read the files of a pack into rows that know their lines."""

import csv
import io
import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jiedao.packs.faults import Report, did_you_mean
from jiedao.packs.positions import Path as Place
from jiedao.packs.positions import Span, locate
from jiedao.packs.schema import FileSpec, Shape

MOST_BYTES = {".toml": 2_000_000, ".csv": 20_000_000, ".geojson": 20_000_000}  # a district's, many times over


@dataclass
class Row:
    """One entry of a table: its values, the lines they stand in, and the keys whose value is at fault."""

    file: str
    span: Span
    values: dict[str, Any]
    spans: dict[str, Span] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list, repr=False)

    def line(self, key: str = "", item: str = "") -> int:
        """Return the line of the key, and in a value of many lines the line that quotes the item."""
        first, last = self.spans.get(key, self.span)
        if item:
            for number in range(first, min(last, len(self.lines)) + 1):
                if f'"{item}"' in self.lines[number - 1] or f"'{item}'" in self.lines[number - 1]:
                    return number
        return first


def read_text(path: Path, name: str, report: Report) -> str | None:
    """Return the text of a UTF-8 file, None with a fault in the report; `name` is how the pack calls the file."""
    most = MOST_BYTES[path.suffix]
    if path.stat().st_size > most:
        hint = "Is it the right file? Draw outlines with fewer corners, leave out tables that a pack does not need."
        report.lost(name, 0, "too-large", f"the file has more than {most // 1_000_000} MB", hint)
        return None
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        try:
            raw.decode("gb18030")
        except UnicodeDecodeError:
            hint = "Save the file as UTF-8."
        else:
            hint = (
                "It looks like GB18030 (GBK): in Excel or WPS choose “CSV UTF-8”, in an editor save as UTF-8."
            )
        report.lost(name, line, "encoding", "the file is not UTF-8", hint)
        return None


def read_toml(path: Path, spec: FileSpec, report: Report) -> dict[str, list[Row]]:
    """Return the rows of each table of a TOML file."""
    text = read_text(path, spec.name, report)
    if text is None:
        return {}
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"at line (\d+)", str(fault))
        line = int(found[1]) if found else text.count("\n") + 1
        hint = 'Texts stand in "quotes", lists in [brackets], and a line ends where the value ends.'
        if "date" in str(fault):
            hint = "Write a day that exists, such as 2027-01-31, without quotes."
        report.lost(spec.name, line, "syntax", f"not readable as TOML: {fault}", hint)
        return {}
    spans = locate(text)
    lines = text.splitlines()
    tables: dict[str, list[Row]] = {}
    for name, value in data.items():
        if name not in spec.tables:
            line = spans.get((name,), spans.get((name, 0), (1, 1)))[0]
            hint = did_you_mean(name, spec.tables, noun="This file has")
            report.error(spec.name, line, "unknown-key", f"unknown table or key {name!r}", hint)
            continue
        source = _Source(spec.name, spans, lines, report)
        tables[name] = source.rows(name, value, spec.tables[name].shape)
    return tables


@dataclass
class _Source:
    """A TOML file being turned into rows."""

    file: str
    spans: dict[Any, Span]
    lines: list[str]
    report: Report

    def rows(self, name: str, value: Any, shape: Shape) -> list[Row]:
        here = self.spans.get((name,), self.spans.get((name, 0), (1, 1)))
        entries = value if shape is Shape.MANY else [value]
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            wanted = f"[[{name}]]" if shape is Shape.MANY else f"[{name}]"
            self.report.lost(self.file, here[0], "bad-type", f"{name!r} is not a table", f"Write {wanted}.")
            return []
        if shape is Shape.MAP:
            return [
                Row(
                    self.file,
                    self.spans.get((name, key), here),
                    {"key": key, "value": item},
                    lines=self.lines,
                )
                for key, item in value.items()
            ]
        inside: dict[Place, dict[str, Span]] = {}
        for key, span in self.spans.items():
            inside.setdefault(key[:-1], {})[str(key[-1])] = span
        rows = []
        for index, entry in enumerate(entries):
            place: Place = (name, index) if shape is Shape.MANY else (name,)
            rows.append(
                Row(self.file, self.spans.get(place, here), entry, inside.get(place, {}), lines=self.lines)
            )
        return rows


def read_csv(path: Path, spec: FileSpec, report: Report) -> dict[str, list[Row]]:
    """Return the rows of a comma-separated file with a header; empty lines are passed over."""
    text = read_text(path, spec.name, report)
    if text is None:
        return {}
    known = [column.name for column in spec.tables[""].fields]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    header: list[str] | None = None
    line = 0
    try:
        for cells in reader:
            span, line = (line + 1, reader.line_num), reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(spec.name, span[0], cells, spec, report)
                if report.unread & {spec.name}:
                    return {}
                continue
            row = _csv_row(spec.name, span, header, cells, report)
            rows += [row] if row else []
    except csv.Error as fault:
        report.lost(
            spec.name, reader.line_num, "syntax", f"not readable as CSV: {fault}",
            'A text with a comma or a quote stands in "quotes", a quote inside is written twice.',
        )  # fmt: skip
    if header is None:
        report.lost(spec.name, 1, "columns", "the header line is missing", f"Write: {','.join(known)}")
    return {"": rows}


def _header(file: str, line: int, cells: list[str], spec: FileSpec, report: Report) -> list[str]:
    header = [cell.strip() for cell in cells]
    known = [column.name for column in spec.tables[""].fields]
    for column in spec.tables[""].fields:
        if column.required and column.name not in header:
            hint = f"Write: {','.join(known)}"
            report.lost(file, line, "columns", f"the column {column.name!r} is missing", hint)
    for name in sorted({name for name in header if name not in known}):
        report.error(
            file, line, "unknown-key", f"unknown column {name!r}", did_you_mean(name, known, noun="Columns")
        )
    for name in sorted({name for name in header if header.count(name) > 1}):
        report.error(file, line, "columns", f"the column {name!r} stands twice", "Remove one of them.")
    return header


def _csv_row(file: str, span: Span, header: list[str], cells: list[str], report: Report) -> Row | None:
    if len(cells) != len(header):
        more = "too many" if len(cells) > len(header) else "too few"
        report.error(
            file, span[0], "columns", f"{len(cells)} columns where the header has {len(header)}",
            f"There are {more} commas; a text that contains a comma stands in \"quotes\".",
        )  # fmt: skip
        return None
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    return Row(file, span, values)


def read_geojson(path: Path, spec: FileSpec, report: Report) -> dict[str, list[Row]]:
    """Return one row a feature: its properties and its `geometry`."""
    text = read_text(path, spec.name, report)
    if text is None:
        return {}
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as fault:
        line = getattr(fault, "lineno", 1)
        report.lost(spec.name, line, "syntax", f"not readable as JSON: {fault}", "Export the layer again.")
        return {}
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or data.get("type") != "FeatureCollection":
        report.lost(
            spec.name, 1, "bad-type", "not a GeoJSON FeatureCollection",
            'Export the layer as GeoJSON, coordinates in WGS 84 (EPSG:4326).',
        )  # fmt: skip
        return {}
    known = {column.name for column in spec.tables[""].fields}
    rows = []
    for feature, line in zip(features, _feature_lines(text, len(features)), strict=True):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            report.error(spec.name, line, "bad-type", "a feature without properties", "Give it a code.")
            continue
        for name in sorted(set(properties) - known):
            report.warn(spec.name, line, "unknown-key", f"the property {name!r} is not used")
        values = {name: item for name, item in properties.items() if name in known and item not in (None, "")}
        rows.append(Row(spec.name, (line, line), {**values, "geometry": feature.get("geometry")}))
    return {"": rows}


def _feature_lines(text: str, count: int) -> list[int]:
    """Return the line each feature starts in; all 1 when the list cannot be found again."""
    decoder = json.JSONDecoder()
    for found in re.finditer(r'"features"\s*:\s*\[', text):
        pos = found.end()
        lines: list[int] = []
        try:
            while len(lines) < count:
                pos = re.compile(r"[\s,]*").match(text, pos).end()  # type: ignore[union-attr]
                lines.append(text.count("\n", 0, pos) + 1)
                pos = decoder.raw_decode(text, pos)[1]
        except json.JSONDecodeError:
            continue
        return lines
    return [1] * count


READERS = {".toml": read_toml, ".csv": read_csv, ".geojson": read_geojson}
