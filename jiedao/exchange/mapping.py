"""The mapping file: how another system's table says what a message table says.

A TOML file that a person writes by hand (docs/how-to/map-another-citys-file.md). Everything wrong in it is
found at once and told with its line.
"""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.cases.models import Channel
from jiedao.exchange.channels import channel_code
from jiedao.exchange.header import ALIASES
from jiedao.exchange.mapping_faults import Fault, MappingError, did_you_mean
from jiedao.exchange.template import PLACEHOLDER, Template
from jiedao.kernel.errors import UserError
from jiedao.kernel.toml_lines import find_line, locate_keys

FIELDS = tuple(ALIASES)
SECTIONS = ("source", "columns", "texts", "constants", "values", "dates", "coordinates")
SYSTEMS = ("WGS84", "CGCS2000", "GCJ02", "BD09")
STATUSES = ("OPEN", "CLOSED")
NEEDED = ("number", "reported_at")
# The fields a constant can stand for: a number or a time that is the same in every row is a mistake.
CONSTANTS = ("channel", "category", "place", "reporter", "status")


@dataclass(frozen=True)
class Mapping:
    """A mapping file as read.

    Attributes:
        source: keeps the numbers of this source apart from those of others.
        columns: field -> headers; the first of them that holds something counts.
        texts: field -> template.
        constants: field -> the same text for every row.
        values: field -> what is found -> what it means; "*" stands for all the rest.
        date_format: strptime pattern, empty for the usual forms.
        zone: of times that name none.
        system: coordinate system of lon and lat.
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
        """Return every header that the file names, with the line that names it first."""
        found: dict[str, int] = {}
        lines = locate_keys(self.text)
        for name, headers in self.columns.items():
            for header in headers:
                found.setdefault(header, find_line(lines, "columns", name))
        for name, template in self.texts.items():
            for header in template.columns:
                found.setdefault(header, find_line(lines, "texts", name))
        return found


class UnusableMappingError(MappingError):
    """A mapping file with errors of its own; `mapping` is what could be read, to look for further ones."""

    def __init__(self, mapping: Mapping, faults: list[Fault]) -> None:
        self.mapping = mapping
        super().__init__(mapping.name, faults)


class _Reader:
    """Reads one parsed file and collects its faults."""

    def __init__(self, text: str, data: dict[str, Any]) -> None:
        self.lines, self.data = locate_keys(text), data
        self.faults: list[Fault] = []

    def fault(self, section: str, key: str, message: str, hint: str = "") -> None:
        path = (*(section.split(".") if section else ()), *((key,) if key else ()))
        self.faults.append(Fault(find_line(self.lines, *path), message, hint))

    def known(self, section: str, table: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
        """Return the table without the keys that are not known, which are faults."""
        for key in set(table) - set(known):
            self.fault(section, key, _("不认识“%(key)s”。") % {"key": key}, did_you_mean(key, known))
        return {key: value for key, value in table.items() if key in known}

    def table(self, section: str, known: tuple[str, ...]) -> dict[str, Any]:
        """Return a section, empty when it is not there."""
        value = self.data.get(section, {})
        if not isinstance(value, dict):
            self.fault("", section, _("“%(key)s”应写成一节：[%(key)s]。") % {"key": section})
            return {}
        return self.known(section, value, known)

    def texts_of(self, section: str, table: dict[str, Any]) -> dict[str, str]:
        """Return the entries that are text; others are faults."""
        for key, value in table.items():
            if not isinstance(value, str) or not value.strip():
                self.fault(section, key, _("“%(key)s”的值应是引号里的文字。") % {"key": key})
        return {
            key: value.strip() for key, value in table.items() if isinstance(value, str) and value.strip()
        }

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Read [columns]: a header, or a list of them."""
        found = {}
        for key, value in self.table("columns", FIELDS).items():
            names = value if isinstance(value, list) else [value]
            if not names or not all(isinstance(name, str) and name.strip() for name in names):
                self.fault(
                    "columns", key, _('“%(key)s”应写列名，或列名的列表：["甲", "乙"]。') % {"key": key}
                )
                continue
            found[key] = tuple(name.strip() for name in names)
        return found

    def templates(self) -> dict[str, Template]:
        """Read [texts]: templates that name at least one column."""
        found = {}
        for key, value in self.texts_of("texts", self.table("texts", FIELDS)).items():
            if not PLACEHOLDER.search(value) or re.search(r"[{}]", PLACEHOLDER.sub("", value)):
                hint = _('列名写在花括号里，例如 "{complaint_type}：{descriptor}"。')
                self.fault("texts", key, _("“%(key)s”的花括号不成对，或没有列名。") % {"key": key}, hint)
                continue
            found[key] = Template(value)
        return found

    def values(self) -> dict[str, dict[str, str]]:
        """Read [values.FIELD]: what is found -> what it means."""
        found = {}
        for key, table in self.table("values", FIELDS).items():
            section = f"values.{key}"
            if not isinstance(table, dict):
                self.fault("values", key, _("“%(key)s”应写成一节：[%(key)s]。") % {"key": section})
                continue
            found[key] = self.texts_of(section, table)
            for word, meaning in found[key].items():
                self.check_code(section, word, key, meaning)
        return found

    def check_code(self, section: str, key: str, field_name: str, code: str) -> None:
        """Add a fault for a status or channel that is none."""
        if field_name == "status" and code not in STATUSES:
            message = _("状态只有 OPEN（未结）和 CLOSED（已结），没有“%(word)s”。") % {"word": code}
            self.fault(section, key, message)
        if field_name == "channel" and not channel_code(code):
            message = _("没有来源“%(word)s”。") % {"word": code}
            self.fault(section, key, message, did_you_mean(code, tuple(Channel.values)))

    def constants(self) -> dict[str, str]:
        """Read [constants]."""
        found = self.texts_of("constants", self.table("constants", CONSTANTS))
        for key, value in found.items():
            self.check_code("constants", key, key, value)
        return found

    def date_format(self, dates: dict[str, Any]) -> str:
        """Read dates.format: a pattern that Python can use and that has a year, a month and a day."""
        pattern = dates.get("format", "")
        sample = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 (only tries the pattern)
        try:
            again = datetime.strptime(sample.strftime(pattern), pattern)  # noqa: DTZ007
            fits = not pattern or again.date() == sample.date()
        except (ValueError, TypeError):
            fits = False
        if not fits:
            hint = _('例如 "%%m/%%d/%%Y %%I:%%M:%%S %%p"；常见写法不用写这一项。') % {}
            self.fault("dates", "format", _("日期格式“%(text)s”不能用。") % {"text": pattern}, hint)
        return str(pattern)

    def zone(self, dates: dict[str, Any]) -> ZoneInfo:
        """Read dates.time_zone."""
        name = dates.get("time_zone", settings.TIME_ZONE)
        known = available_timezones()
        if name in known:
            return ZoneInfo(name)
        hint = did_you_mean(str(name), sorted(known))
        self.fault("dates", "time_zone", _("没有时区“%(name)s”。") % {"name": name}, hint)
        return ZoneInfo(settings.TIME_ZONE)

    def system(self) -> str:
        """Read coordinates.system."""
        value = str(self.table("coordinates", ("system",)).get("system", "WGS84"))
        name = re.sub(r"[\W_]+", "", value).upper()
        if name not in SYSTEMS:
            self.fault(
                "coordinates",
                "system",
                _("没有坐标系“%(name)s”。") % {"name": value},
                did_you_mean(name, SYSTEMS),
            )
        return name

    def source(self) -> str:
        """Read the source's name: short, it becomes part of each message's key."""
        value = self.data.get("source", "")
        if not isinstance(value, str) or not re.fullmatch(r"[\w.-]{0,40}", value):
            self.fault("", "source", _("source 应是 40 字以内的名称，不含空格。"))
            return ""
        return value


def _check_needed(reader: _Reader, mapping: Mapping) -> None:
    """Add a fault for each field that no message can do without, and for each said twice."""
    given = [*mapping.columns, *mapping.texts, *mapping.constants]
    for name in NEEDED:
        if name not in given:
            reader.fault(
                "columns",
                "",
                _("没有写 %(name)s 取自哪一列。") % {"name": name},
                _("请写在 [columns] 或 [texts] 里。"),
            )
    if "subject" not in given and "detail" not in given:
        reader.fault("columns", "", _("subject（标题）和 detail（内容）至少写一个。"))
    for name in {name for name in given if given.count(name) > 1}:
        section = "texts" if name in mapping.texts else "constants"
        reader.fault(section, name, _("“%(key)s”写了两次，只能留一处。") % {"key": name})


def parse_mapping(text: str, name: str) -> Mapping:
    """Return the mapping; raise MappingError with every fault and its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"at line (\d+)", str(fault))
        line = int(found.group(1)) if found else text.count("\n") + 1
        hint = _("文字要写在英文引号里，含中文或空格的键也一样；每个键在一节里只写一次。")
        raise MappingError(
            name, [Fault(line, _("不是正确的 TOML（%(reason)s）。") % {"reason": fault}, hint)]
        ) from fault
    reader = _Reader(text, data)
    reader.known("", data, SECTIONS)
    dates = reader.texts_of("dates", reader.table("dates", ("format", "time_zone")))
    mapping = Mapping(
        name=name,
        text=text,
        source=reader.source(),
        columns=reader.columns(),
        texts=reader.templates(),
        constants=reader.constants(),
        values=reader.values(),
        date_format=reader.date_format(dates),
        zone=reader.zone(dates),
        system=reader.system(),
    )
    _check_needed(reader, mapping)
    if reader.faults:
        raise UnusableMappingError(mapping, reader.faults)
    return mapping


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file in UTF-8 (or GB18030, as old editors save it); raise UserError with what to do."""
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
