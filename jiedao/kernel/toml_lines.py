"""Where each key of a TOML text stands: `tomllib` says what is written, this says in which line."""

import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
Span = tuple[int, int]
# The long quotes first: a text in them ends with the last of the quotes that stand together.
STRING = re.compile(r'''"""(?:\\.|[^\\])*?"{3,}|\'{3}.*?\'{3,}|"(?:\\.|[^"\\])*"|'[^']*\'''', re.DOTALL)
PLAIN = re.compile(r"""[^"'#\n\[\]{}]*""")
BARE = re.compile(r"[\w-]+")


@dataclass
class _Scanner:
    """A walk over a text that tomllib has already accepted, so no syntax is checked here."""

    text: str
    pos: int = 0
    line: int = 1
    table: Path = ()
    counts: dict[Path, int] = field(default_factory=dict)
    spans: dict[Path, Span] = field(default_factory=dict)

    def step(self, width: int = 1) -> None:
        self.line += self.text.count("\n", self.pos, self.pos + width)
        self.pos += width

    def at(self, token: str) -> bool:
        return self.text.startswith(token, self.pos)

    def past(self, pattern: re.Pattern[str]) -> str:
        """Step over what the pattern finds here, and return it."""
        found = pattern.match(self.text, self.pos)
        assert found is not None
        self.step(found.end() - self.pos)
        return found[0]

    def skip_comment(self) -> None:
        end = self.text.find("\n", self.pos)
        self.pos = len(self.text) if end < 0 else end

    def string(self) -> str:
        written = self.past(STRING)
        width = 3 if written[:3] in {'"""', "'''"} else 1
        return written[width:-width]

    def dotted(self, stop: str) -> Path:
        parts: list[str] = []
        bare = ""
        while not self.at(stop):
            if self.text[self.pos] in "\"'":
                parts.append(self.string())
                continue
            if self.text[self.pos] == ".":
                parts += [bare] if bare else []
                bare = ""
            elif not self.text[self.pos].isspace():
                bare += self.past(BARE)
                continue
            self.step()
        return tuple(parts + ([bare] if bare else []))

    def resolve(self, names: Path) -> Path:
        """Put the index of the latest element after each array of tables on the way."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def header(self) -> None:
        start = self.line
        many = self.at("[[")
        self.step(2 if many else 1)
        names = self.dotted("]")
        self.step(2 if many else 1)
        if many:
            array = (*self.resolve(names[:-1]), names[-1])
            self.counts[array] = self.counts.get(array, 0) + 1
        self.table = self.resolve(names)
        self.spans[self.table] = (start, start)

    def value(self) -> None:
        depth = 0
        self.past(PLAIN)
        while self.pos < len(self.text):
            char = self.text[self.pos]
            if char in "\"'":
                self.string()
            elif char == "#":
                self.skip_comment()
            elif char == "\n" and depth == 0:
                return
            else:
                depth += (char in "[{") - (char in "]}")
                self.step()
            self.past(PLAIN)

    def pair(self) -> None:
        start = self.line
        key = self.dotted("=")
        self.step()
        self.value()
        for length in range(1, len(key) + 1):
            self.spans.setdefault((*self.table, *key[:length]), (start, self.line))

    def run(self) -> dict[Path, Span]:
        while self.pos < len(self.text):
            char = self.text[self.pos]
            if char.isspace():
                self.step()
            elif char == "#":
                self.skip_comment()
            elif char == "[":
                self.header()
            else:
                self.pair()
        return self.spans


def locate(text: str) -> dict[Path, Span]:
    """Return the first and last line of every table and key of a valid TOML text.

    A path is made of names and, for arrays of tables, indexes: `("unit", 2, "name")`. Keys inside inline
    tables and items of arrays have no entry of their own; take their parent's.
    """
    return _Scanner(text.replace("\r\n", "\n")).run()
