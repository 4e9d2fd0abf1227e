"""Find the line of a key in a TOML text (tomllib reads values only)."""

import re

_SECTION = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(#.*)?$")
_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_.-]+))\s*=""")


def _plain(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


def line_of(text: str, section: str, key: str) -> int:
    """Return the line (from 1) of a key, else of its section, else 1.

    Args:
        section: "" for keys above the first section, "values.status" for a nested one.
        key: the key without quotes, "" for the section itself.
    """
    current, best = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if header := _SECTION.match(line):
            current = _plain(header.group(1))
            if current == section or (not section and current.split(".")[0] == key):
                best = number
            if current == f"{section}.{key}":
                return number
        elif (found := _KEY.match(line)) and current == section:
            name = next(group for group in found.groups() if group is not None)
            if key in (name, name.split(".", maxsplit=1)[0]):
                return number
    return best
