"""What is wrong with a pack, where, and what to do about it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from rapidfuzz import fuzz, process


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: file in the pack, line (from 1; 0 when it belongs to none), stable code, text, hint."""

    file: str
    line: int
    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{where}: {self.code}: {self.message}{hint}"


@dataclass
class Report:
    """Every fault found: errors refuse the pack, warnings do not.

    `unread` names the files whose rows could not all be read. What leans on them is not checked: a hundred codes that
    stand nowhere would only hide the one fault that is to be mended.
    """

    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def error(self, file: str, line: int, code: str, message: str, hint: str = "") -> None:
        """Add a fault that refuses the pack."""
        self.errors.append(Fault(file, line, code, message, hint))

    def lost(self, file: str, line: int, code: str, message: str, hint: str) -> None:
        """Add a fault that refuses the pack and leaves the rows of the file unknown."""
        self.unread.add(file)
        self.error(file, line, code, message, hint)

    def knows(self, *files: str) -> bool:
        """Tell whether the rows of all the files could be read."""
        return self.unread.isdisjoint(files)

    def warn(self, file: str, line: int, code: str, message: str, hint: str = "") -> None:
        """Add a fault that is only pointed out."""
        self.warnings.append(Fault(file, line, code, message, hint))

    @property
    def passed(self) -> bool:
        """Tell whether the pack may be applied."""
        return not self.errors

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return the document of `jiedao pack check --json`, sorted by file and line."""
        return {
            "errors": [asdict(fault) for fault in sorted(set(self.errors))],
            "warnings": [asdict(fault) for fault in sorted(set(self.warnings))],
        }


def did_you_mean(word: str, known: Iterable[str], *, noun: str = "Known") -> str:
    """Return a hint naming the nearest known word, or the known words when none is near."""
    names = sorted(str(name) for name in known)
    for written in (str(word), str(word).upper()):
        near = process.extractOne(written, names, scorer=fuzz.ratio, score_cutoff=60)
        if near:
            return f"Did you mean {near[0]!r}?"
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"{noun}: {shown}." if names else f"{noun}: none yet."
