"""The faults of a pack: what is wrong, in which file and line, and what to do about it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from jiedao.kernel.packs.rows import Row


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: file of the pack, line (from 1; 0 when it belongs to none), stable code, text, hint."""

    file: str
    line: int
    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{place}: {self.code}: {self.message}{hint}"


@dataclass
class Report:
    """All faults of a pack. Errors refuse the pack, warnings do not.

    `unread` names the files whose rows could not all be read. Checks that depend on such a file are skipped: a hundred
    unknown codes would only hide the one fault that has to be corrected.
    """

    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def error(self, file: str, line: int, code: str, message: str, hint: str = "") -> None:
        """Add a fault that refuses the pack."""
        self.errors.append(Fault(file, line, code, message, hint))

    def error_at(
        self, row: Row, key: str, code: str, message: str, hint: str = "", *, item: str = ""
    ) -> None:
        """Add a fault at the line of a row's key; `item` chooses the line of one item in a list of several lines."""
        self.error(row.file, row.line(key, item), code, message, hint)

    def dangling(
        self,
        row: Row,
        key: str,
        name: str,
        known: Iterable[str],
        message: str,
        *,
        noun: str = "Known",
        code: str = "dangling",
    ) -> None:
        """Add the fault that a row names something that does not exist; the hint suggests the nearest known name."""
        self.error_at(row, key, code, message, did_you_mean(name, known, noun=noun), item=name)

    def unreadable(self, file: str, line: int, code: str, message: str, hint: str) -> None:
        """Add a fault that refuses the pack, and mark the file as one whose rows could not all be read."""
        self.unread.add(file)
        self.error(file, line, code, message, hint)

    def has_read(self, *files: str) -> bool:
        """Return whether the rows of all these files could be read."""
        return self.unread.isdisjoint(files)

    def warn(self, file: str, line: int, code: str, message: str, hint: str = "") -> None:
        """Add a warning, which does not refuse the pack."""
        self.warnings.append(Fault(file, line, code, message, hint))

    def warn_at(self, row: Row, key: str, code: str, message: str, hint: str = "") -> None:
        """Add a warning at the line of a row's key."""
        self.warn(row.file, row.line(key), code, message, hint)

    @property
    def passed(self) -> bool:
        """Return whether the pack may be applied."""
        return not self.errors

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return the document of `jiedao pack check --json`, sorted by file and line."""
        return {
            "errors": [asdict(fault) for fault in sorted(set(self.errors))],
            "warnings": [asdict(fault) for fault in sorted(set(self.warnings))],
        }


def did_you_mean(word: str, known: Iterable[str], *, noun: str = "Known") -> str:
    """Return a hint with the nearest known word, or with the known words when none is near."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 (only a faulty pack needs it)

    names = sorted(str(name) for name in known)
    for spelling in (str(word), str(word).upper()):
        nearest = process.extractOne(spelling, names, scorer=fuzz.ratio, score_cutoff=60)
        if nearest:
            return f"Did you mean {nearest[0]!r}?"
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"{noun}: {listed}." if names else f"{noun}: none yet."
