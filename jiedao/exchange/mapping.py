"""The mapping file, which maps the columns of another system's table to the fields of a message.

It is a TOML file written by hand (docs/how-to/map-another-citys-file.md). All its errors are reported at once,
each with its line.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.cases.models import Channel
from jiedao.exchange.channels import find_channel_code
from jiedao.exchange.header import ALIASES
from jiedao.exchange.mapping_faults import Fault, MappingError, suggest_words
from jiedao.exchange.template import PLACEHOLDER, Template
from jiedao.kernel.errors import UserError
from jiedao.kernel.toml_lines import TomlError, find_line, locate_keys, read_toml

FIELDS = tuple(ALIASES)
SECTIONS = ("source", "columns", "texts", "constants", "values", "dates", "coordinates")
SYSTEMS = ("WGS84", "CGCS2000", "GCJ02", "BD09")
STATUSES = ("OPEN", "CLOSED")
REQUIRED = ("number", "reported_at")
# The fields that may be constant: the same number or time in every row would be a mistake.
CONSTANTS = ("channel", "category", "place", "reporter", "status")


@dataclass(frozen=True)
class Mapping:
    """The contents of a mapping file.

    Attributes:
        source: the name of the source, which keeps its numbers apart from those of other sources.
        columns: headers by field; the first column that is not empty counts.
        texts: a template by field.
        constants: the text for every row by field.
        values: by field, the meaning of each value in the file; "*" is any other value.
        date_format: a strptime pattern, empty for the common forms.
        zone: the time zone of times that name none.
        system: the coordinate system of lon and lat.
    """

    name: str
    text: str
    source: str = ""
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    texts: dict[str, Template] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    date_format: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo(settings.TIME_ZONE))
    system: str = "WGS84"

    def headers(self) -> dict[str, int]:
        """Return all headers that the file names, each with the line that names it first."""
        spans = locate_keys(self.text)
        lines: dict[str, int] = {}
        for name, headers in self.columns.items():
            for header in headers:
                lines.setdefault(header, find_line(spans, "columns", name))
        for name, template in self.texts.items():
            for header in template.columns:
                lines.setdefault(header, find_line(spans, "texts", name))
        return lines


class UnusableMappingError(MappingError):
    """A mapping file with errors; `mapping` holds the parts that could be read, to search for more errors."""

    def __init__(self, mapping: Mapping, faults: list[Fault]) -> None:
        self.mapping = mapping
        super().__init__(mapping.name, faults)


class _Reader:
    """Reads a parsed mapping file and collects its faults."""

    def __init__(self, text: str, data: dict[str, Any]) -> None:
        self.spans, self.data = locate_keys(text), data
        self.faults: list[Fault] = []

    def add_fault(self, section: str, key: str, message: str, hint: str = "") -> None:
        path = [*(section.split(".") if section else []), *([key] if key else [])]
        self.faults.append(Fault(find_line(self.spans, *path), message, hint))

    def keep_known(self, section: str, table: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
        """Return the known keys of a table; add a fault for each unknown key."""
        for key in set(table) - set(known):
            self.add_fault(section, key, _("不认识“%(key)s”。") % {"key": key}, suggest_words(key, known))
        return {key: value for key, value in table.items() if key in known}

    def read_section(self, section: str, known: tuple[str, ...]) -> dict[str, Any]:
        """Return the known keys of a section, {} when it is missing."""
        value = self.data.get(section, {})
        if not isinstance(value, dict):
            self.add_fault("", section, _("“%(key)s”应写成一节：[%(key)s]。") % {"key": section})
            return {}
        return self.keep_known(section, value, known)

    def keep_texts(self, section: str, table: dict[str, Any]) -> dict[str, str]:
        """Return the entries that are text; add a fault for each other entry."""
        for key, value in table.items():
            if not isinstance(value, str) or not value.strip():
                self.add_fault(section, key, _("“%(key)s”的值应是引号里的文字。") % {"key": key})
        return {
            key: value.strip() for key, value in table.items() if isinstance(value, str) and value.strip()
        }

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Read [columns], in which each value is a header or a list of headers."""
        columns = {}
        for key, value in self.read_section("columns", FIELDS).items():
            names = value if isinstance(value, list) else [value]
            if not names or not all(isinstance(name, str) and name.strip() for name in names):
                self.add_fault(
                    "columns", key, _('“%(key)s”应写列名，或列名的列表：["甲", "乙"]。') % {"key": key}
                )
                continue
            columns[key] = tuple(name.strip() for name in names)
        return columns

    def read_templates(self) -> dict[str, Template]:
        """Read [texts], in which each value is a template that names at least one column."""
        templates = {}
        for key, value in self.keep_texts("texts", self.read_section("texts", FIELDS)).items():
            if not PLACEHOLDER.search(value) or re.search(r"[{}]", PLACEHOLDER.sub("", value)):
                hint = _('列名写在花括号里，例如 "{complaint_type}：{descriptor}"。')
                self.add_fault("texts", key, _("“%(key)s”的花括号不成对，或没有列名。") % {"key": key}, hint)
                continue
            templates[key] = Template(value)
        return templates

    def values(self) -> dict[str, dict[str, str]]:
        """Read the sections [values.FIELD], which map values of the file to their meaning."""
        values = {}
        for key, table in self.read_section("values", FIELDS).items():
            section = f"values.{key}"
            if not isinstance(table, dict):
                self.add_fault("values", key, _("“%(key)s”应写成一节：[%(key)s]。") % {"key": section})
                continue
            values[key] = self.keep_texts(section, table)
            for word, meaning in values[key].items():
                self.check_code(section, word, key, meaning)
        return values

    def check_code(self, section: str, key: str, field_name: str, code: str) -> None:
        """Add a fault for an unknown status or channel."""
        if field_name == "status" and code not in STATUSES:
            message = _("状态只有 OPEN（未结）和 CLOSED（已结），没有“%(word)s”。") % {"word": code}
            self.add_fault(section, key, message)
        if field_name == "channel" and not find_channel_code(code):
            message = _("没有来源“%(word)s”。") % {"word": code}
            self.add_fault(section, key, message, suggest_words(code, tuple(Channel.values)))

    def constants(self) -> dict[str, str]:
        """Read [constants]."""
        constants = self.keep_texts("constants", self.read_section("constants", CONSTANTS))
        for key, value in constants.items():
            self.check_code("constants", key, key, value)
        return constants

    def date_format(self, dates: dict[str, Any]) -> str:
        """Read dates.format, a pattern that strptime accepts and that has year, month and day."""
        pattern = dates.get("format", "")
        sample = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 (only tries the pattern)
        try:
            parsed = datetime.strptime(sample.strftime(pattern), pattern)  # noqa: DTZ007
            is_usable = not pattern or parsed.date() == sample.date()
        except (ValueError, TypeError, re.error):  # re.error: a part twice
            is_usable = False
        if not is_usable:
            hint = _('例如 "%%m/%%d/%%Y %%I:%%M:%%S %%p"；常见写法不用写这一项。') % {}
            self.add_fault("dates", "format", _("日期格式“%(text)s”不能用。") % {"text": pattern}, hint)
        return str(pattern)

    def zone(self, dates: dict[str, Any]) -> ZoneInfo:
        """Read dates.time_zone."""
        name = dates.get("time_zone", settings.TIME_ZONE)
        known_zones = available_timezones()
        if name in known_zones:
            return ZoneInfo(name)
        hint = suggest_words(str(name), sorted(known_zones))
        self.add_fault("dates", "time_zone", _("没有时区“%(name)s”。") % {"name": name}, hint)
        return ZoneInfo(settings.TIME_ZONE)

    def system(self) -> str:
        """Read coordinates.system."""
        table = self.read_section("coordinates", ("system",))
        value = self.keep_texts("coordinates", table).get("system", "WGS84")
        name = re.sub(r"[\W_]+", "", value).upper()
        if name not in SYSTEMS:
            self.add_fault(
                "coordinates",
                "system",
                _("没有坐标系“%(name)s”。") % {"name": value},
                suggest_words(name, SYSTEMS),
            )
        return name

    def source(self) -> str:
        """Read the name of the source, which becomes a part of each message's key."""
        value = self.data.get("source", "")
        if not isinstance(value, str) or not re.fullmatch(r"[\w.-]{0,40}", value):
            self.add_fault("", "source", _("source 应是 40 字以内的名称，不含空格。"))
            return ""
        return value


def _check_fields(reader: _Reader, mapping: Mapping) -> None:
    """Add a fault for each required field that is missing, and for each field that is defined twice."""
    named = [*mapping.columns, *mapping.texts, *mapping.constants]
    for name in REQUIRED:
        if name not in named:
            reader.add_fault(
                "columns",
                "",
                _("没有写 %(name)s 取自哪一列。") % {"name": name},
                _("请写在 [columns] 或 [texts] 里。"),
            )
    if "subject" not in named and "detail" not in named:
        reader.add_fault("columns", "", _("subject（标题）和 detail（内容）至少写一个。"))
    for name in {name for name in named if named.count(name) > 1}:
        section = "texts" if name in mapping.texts else "constants"
        reader.add_fault(section, name, _("“%(key)s”写了两次，只能留一处。") % {"key": name})


def parse_mapping(text: str, name: str) -> Mapping:
    """Return the mapping; raise MappingError with all faults and their lines."""
    try:
        data = read_toml(text)
    except TomlError as fault:
        hint = _("文字要写在英文引号里，含中文或空格的键也一样；每个键在一节里只写一次。")
        raise MappingError(
            name, [Fault(fault.line, _("不是正确的 TOML（%(reason)s）。") % {"reason": fault}, hint)]
        ) from fault
    reader = _Reader(text, data)
    reader.keep_known("", data, SECTIONS)
    dates = reader.keep_texts("dates", reader.read_section("dates", ("format", "time_zone")))
    mapping = Mapping(
        name=name,
        text=text,
        source=reader.source(),
        columns=reader.columns(),
        texts=reader.read_templates(),
        constants=reader.constants(),
        values=reader.values(),
        date_format=reader.date_format(dates),
        zone=reader.zone(dates),
        system=reader.system(),
    )
    _check_fields(reader, mapping)
    if reader.faults:
        raise UnusableMappingError(mapping, reader.faults)
    return mapping


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file in UTF-8, or in GB18030 as old editors save it; raise UserError with what to do."""
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise UserError(
            _("打不开文件“%(name)s”：%(reason)s。") % {"name": path.name, "reason": fault.strerror},
            hint=_("请检查文件名、路径和读取权限。"),
        ) from fault
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return parse_mapping(raw.decode(encoding), path.name)
        except UnicodeDecodeError:
            continue
    raise UserError(
        _("“%(name)s”不是文本文件。") % {"name": path.name}, hint=_("请用文本编辑器写对照文件，存为 UTF-8。")
    )
