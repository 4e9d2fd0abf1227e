"""Check a complete pack, as `jiedao pack check` does."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.utils.translation import override

from jiedao.kernel.packs.about import ABOUT_TABLE, FILE, FORMAT, FORMAT_CHANGES
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack, load_pack
from jiedao.kernel.packs.parts import list_checks, list_files
from jiedao.kernel.toml_lines import TomlError, locate_keys, read_toml

Problem = tuple[str, str, str]  # code, message and hint of a fault
UPGRADE = "Install the jiedao for which it was made: docs/how-to/upgrade.md."
VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,2}")


def check_pack(folder: Path) -> tuple[Pack, Report]:
    """Read and check a pack; return it with all its faults. Nothing is written, and the database is not queried.

    A pack of another format, or for a newer jiedao, has one fault: its files would have a hundred that mean nothing.
    """
    report = Report()
    if not folder.is_dir():
        hint = "Name the folder of the pack."
        report.error(str(folder), 0, "missing-file", "there is no such folder", hint)
        return Pack(folder, {}), report
    if not _is_readable(folder, report):
        return Pack(folder, {}), report
    pack = load_pack(folder, list_files(), report)
    with override("en"):  # expressions word their faults in the reader's language, a pack's are in English
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
    message = f"a pack of format {number}, and this jiedao reads format {FORMAT}"
    if number > FORMAT:
        return "other-format", message, UPGRADE
    changes = "; ".join(f"format {n}: {FORMAT_CHANGES[n]}" for n in sorted(FORMAT_CHANGES) if n > number)
    return "other-format", message, f"What changed since: {changes}. Then write format = {FORMAT}."


def _find_other_version(text: Any) -> Problem | None:
    """Return the fault of a pack that needs a newer jiedao, or names a version that is none."""
    if not isinstance(text, str):
        return None
    own = version("jiedao")
    if not VERSION.fullmatch(text):
        return "bad-value", f'"{text}" is not a version of jiedao', f'Write it as in jiedao = "{own}".'
    if _read_version(text) <= _read_version(own):
        return None
    return "newer-version", f"a pack for jiedao {text} or newer, and this is jiedao {own}", UPGRADE


def _read_version(text: str) -> tuple[int, ...]:
    """Return the numbers of a version, without zeros at the end: "1.0" is "1.0.0"."""
    numbers = [int(number) for number in re.findall(r"[0-9]+", text)[:3]]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
