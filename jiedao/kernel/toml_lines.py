"""The lines of keys in a TOML text: `tomllib` returns the values, this module where they are written.

data = read_toml(text)
lines = locate_keys(text)
line = find_line(lines, "values", "status", "open")
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KeyPath = tuple[str | int, ...]
Span = tuple[int, int]  # first and last line, from 1
# Triple quotes come first in the pattern. A text in them ends with the last quote of a run: """"q"""" is the text "q".
STRING = re.compile(r'''"""(?:\\.|[^\\])*?"{3,}|\'{3}.*?\'{3,}|"(?:\\.|[^"\\])*"|'[^']*\'''', re.DOTALL)
PLAIN = re.compile(r"""[^"'#\n\[\]{}]*""")
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[ \t]*\n\s*|.)")
BARE_KEY = re.compile(r"[\w-]+")
# The closing quote may be missing, so that a text without one is passed once and not from each of its quotes.
_SIGN = re.compile(r"""(?P<quoted>"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?|\#[^\n]*)|(?P<sign>[\[\]{}.=,\n])""")
MOST_LEVELS = (
    30  # of brackets within brackets, and of the parts of a dotted key: tomllib is recursive and quadratic
)


class TomlError(ValueError):
    """A text that is no TOML, or that only an attacker writes; `line` is where."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def read_toml(text: str) -> dict[str, Any]:
    """Return the values of a TOML text; raise TomlError for any text that cannot be read, and never anything else."""
    _check_levels(text)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as fault:  # ValueError also for a number of thousands of digits
        match = re.search(r"at line (\d+)", str(fault))
        raise TomlError(str(fault), int(match[1]) if match else text.count("\n") + 1) from fault


def _check_levels(text: str) -> None:
    """Raise TomlError where brackets are nested, or a key is dotted, more often than in any file that has a meaning."""
    depth = dots = 0
    for match in _SIGN.finditer(text):
        sign = match["sign"]
        if sign == ".":
            dots += 1
        elif sign is not None:
            dots = 0
            depth += (sign in "[{") - (sign in "]}")
        if depth > MOST_LEVELS or dots > MOST_LEVELS:
            raise TomlError("nested too deeply", text.count("\n", 0, match.start()) + 1)


def locate_keys(text: str) -> dict[KeyPath, Span]:
    """Return the first and last line of every table and key of a valid TOML text.

    A path consists of names and, for arrays of tables, indexes: `("unit", 2, "name")`. Keys inside inline
    tables and items of arrays have no entry of their own; use the entry of their parent.
    """
    return _Scanner(text.replace("\r\n", "\n")).scan()


def find_line(spans: Mapping[KeyPath, Span], *path: str) -> int:
    """Return the line of a key, else of the nearest table around it that has a line, else 1."""
    for length in range(len(path), 0, -1):
        if path[:length] in spans:
            return spans[path[:length]][0]
        inside = [span[0] for key, span in spans.items() if key[:length] == path[:length]]
        if inside:
            return min(inside)
    return 1


def locate_text(source: str, text: str, at: int) -> tuple[int, int] | None:
    """Return the line and column, both from 0, of a character of a text that a piece of TOML holds in quotes.

    None where no text in quotes has this value.
    """
    for match in STRING.finditer(source):
        try:
            value = tomllib.loads(f"x = {match[0]}")["x"]
        except tomllib.TOMLDecodeError:
            continue
        if value == text:
            position = match.start() + _find_raw_index(match[0], at)
            line_start = source.rfind("\n", 0, position) + 1
            return source.count("\n", 0, position), position - line_start
    return None


def _find_raw_index(quoted: str, at: int) -> int:
    """Return where a character of the value of a text in quotes is written, with the quotes and escapes before it."""
    width = 3 if quoted[:3] in {'"""', "'''"} else 1
    index = width
    if width == 3 and quoted[3:4] == "\n":  # a line break after the quotes is no part of the value
        index += 1
    for _number in range(at):
        escape = _ESCAPE.match(quoted, index) if quoted[0] == '"' else None
        index = escape.end() if escape else index + 1
    return min(index, len(quoted) - width)


@dataclass
class _Scanner:
    """A walk over a text that tomllib has accepted, so it need not check the syntax."""

    text: str
    position: int = 0
    line: int = 1
    table: KeyPath = ()
    array_lengths: dict[KeyPath, int] = field(default_factory=dict)
    spans: dict[KeyPath, Span] = field(default_factory=dict)

    def scan(self) -> dict[KeyPath, Span]:
        while self.position < len(self.text):
            char = self.text[self.position]
            if char.isspace():
                self.skip(1)
            elif char == "#":
                self.skip_comment()
            elif char == "[":
                self.read_header()
            else:
                self.read_pair()
        return self.spans

    def skip(self, width: int) -> None:
        self.line += self.text.count("\n", self.position, self.position + width)
        self.position += width

    def skip_comment(self) -> None:
        end = self.text.find("\n", self.position)
        self.position = len(self.text) if end < 0 else end

    def starts_with(self, token: str) -> bool:
        return self.text.startswith(token, self.position)

    def read_match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.position)
        assert match is not None
        self.skip(match.end() - self.position)
        return match[0]

    def read_string(self) -> str:
        quoted = self.read_match(STRING)
        width = 3 if quoted[:3] in {'"""', "'''"} else 1
        return quoted[width:-width]

    def read_dotted_key(self, stop: str) -> tuple[str, ...]:
        parts: list[str] = []
        bare = ""
        while not self.starts_with(stop):
            char = self.text[self.position]
            if char in "\"'":
                parts.append(self.read_string())
                continue
            if char == ".":
                parts += [bare] if bare else []
                bare = ""
            elif not char.isspace():
                bare += self.read_match(BARE_KEY)
                continue
            self.skip(1)
        return tuple(parts + ([bare] if bare else []))

    def resolve(self, names: tuple[str, ...]) -> KeyPath:
        """Return the path of a table, with the index of the latest element after each array of tables."""
        path: KeyPath = ()
        for name in names:
            path = (*path, name)
            if path in self.array_lengths:
                path = (*path, self.array_lengths[path] - 1)
        return path

    def read_header(self) -> None:
        start = self.line
        is_array = self.starts_with("[[")
        self.skip(2 if is_array else 1)
        names = self.read_dotted_key("]")
        self.skip(2 if is_array else 1)
        if is_array:
            array = (*self.resolve(names[:-1]), names[-1])
            self.array_lengths[array] = self.array_lengths.get(array, 0) + 1
        self.table = self.resolve(names)
        self.spans[self.table] = (start, start)

    def read_pair(self) -> None:
        start = self.line
        key = self.read_dotted_key("=")
        self.skip(1)
        self.skip_value()
        for length in range(1, len(key) + 1):
            self.spans.setdefault((*self.table, *key[:length]), (start, self.line))

    def skip_value(self) -> None:
        depth = 0
        self.read_match(PLAIN)
        while self.position < len(self.text):
            char = self.text[self.position]
            if char in "\"'":
                self.read_string()
            elif char == "#":
                self.skip_comment()
            elif char == "\n" and depth == 0:
                return
            else:
                depth += (char in "[{") - (char in "]}")
                self.skip(1)
            self.read_match(PLAIN)
