"""Check a complete pack, as `jiedao pack check` does."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.packs.about import ABOUT_TABLE, FILE, FORMAT, FORMAT_CHANGES
from jiedao.kernel.packs.faults import Report, Words
from jiedao.kernel.packs.pack import Pack, load_pack
from jiedao.kernel.packs.parts import list_checks, list_files
from jiedao.kernel.phrasing import list_names
from jiedao.kernel.toml_lines import TomlError, locate_keys, read_toml

Problem = tuple[str, str, Words]  # code, message and hint of a fault
UPGRADE = gettext_lazy("请安装与它配套的新版本：docs/how-to/upgrade.md。")
VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,2}")


def check_pack(folder: Path) -> tuple[Pack, Report]:
    """Read and check a pack; return it with all its faults. Nothing is written, and the database is not queried.

    The faults are worded in the active language.
    A pack of another format, or for a newer jiedao, has one fault: its files would have a hundred that mean nothing.
    """
    report = Report()
    if not folder.is_dir():
        hint = _("请写数据包所在的文件夹。")
        report.error(str(folder), 0, "missing-file", _("没有这个文件夹"), hint)
        return Pack(folder, {}), report
    if not _is_readable(folder, report):
        return Pack(folder, {}), report
    pack = load_pack(folder, list_files(), report)
    for check in list_checks():
        check(pack, report)
    return pack, report


def _is_readable(folder: Path, report: Report) -> bool:
    """Report a pack of another format or for a newer jiedao; a file that cannot be read is left to the reading."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8-sig")
        table = read_toml(text).get(ABOUT_TABLE)
    except (OSError, UnicodeDecodeError, TomlError):
        return True
    if not isinstance(table, dict):
        return True
    key, problem = "format", _find_other_format(table.get("format"))
    if problem is None:
        key, problem = "jiedao", _find_other_version(table.get("jiedao"))
    if problem is None:
        return True
    line = locate_keys(text).get((ABOUT_TABLE, key), (1, 1))[0]
    report.unreadable(FILE, line, *problem)
    return False


def _find_other_format(number: Any) -> Problem | None:
    """Return the fault of a pack of another format; numbers that are none are left to the reading."""
    if not isinstance(number, int) or number == FORMAT:
        return None
    message = _("数据包的格式是 %(number)d，本系统读的是格式 %(known)d") % {"number": number, "known": FORMAT}
    if number > FORMAT:
        return "other-format", message, UPGRADE
    changes = [f"{n}: {FORMAT_CHANGES[n]}" for n in sorted(FORMAT_CHANGES) if n > number]
    hint = _("此后的改动：%(changes)s。改好后写 %(write)s。")
    return "other-format", message, hint % {"changes": list_names(changes), "write": f"format = {FORMAT}"}


def _find_other_version(text: Any) -> Problem | None:
    """Return the fault of a pack that needs a newer jiedao, or names a version that is none."""
    if not isinstance(text, str):
        return None
    own = version("jiedao")
    if not VERSION.fullmatch(text):
        message = _("“%(text)s”不是 jiedao 的版本号") % {"text": text}
        return "bad-value", message, _("写法如 %(write)s。") % {"write": f'jiedao = "{own}"'}
    if _read_version(text) <= _read_version(own):
        return None
    message = _("数据包要求 jiedao %(needed)s 或更新的版本，本系统是 jiedao %(own)s")
    return "newer-version", message % {"needed": text, "own": own}, UPGRADE


def _read_version(text: str) -> tuple[int, ...]:
    """Return the numbers of a version, without zeros at the end: "1.0" is "1.0.0"."""
    numbers = [int(number) for number in re.findall(r"[0-9]+", text)[:3]]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
