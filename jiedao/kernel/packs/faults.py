"""The faults of a pack: what is wrong, in which file and line, and what to do about it.

A fault is worded when it is found, in the language that is active during the check.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from jiedao.kernel.expressions.faults import ExpressionFault, LocatedText
from jiedao.kernel.nearest import find_nearest
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.phrasing import MOST_NAMES, list_choices, list_names, name_subject

MOST_PLACES = 8  # that a fault lists

Words = str | Promise


@dataclass(frozen=True)
class Fault:
    """One fault: file of the pack, line (from 1; 0 when it belongs to none), stable code, text, hint.

    `column` is the character in the line, from 1; 0 where the complete line or key is meant.
    """

    file: str
    line: int
    code: str
    message: str
    hint: str = ""
    column: int = 0

    def __lt__(self, other: "Fault") -> bool:
        """Order faults by their place."""
        return self._order < other._order

    @property
    def _order(self) -> tuple[str, int, int, str, str, str]:
        return self.file, self.line, self.column, self.code, self.message, self.hint

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number]
        place = ":".join([self.file, *numbers])
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
    _missing: dict[tuple[str, str, str], "_MissingName"] = field(default_factory=dict)

    def error(
        self, file: str, line: int, code: str, message: Words, hint: Words = "", *, column: int = 0
    ) -> None:
        """Add a fault that refuses the pack."""
        self.errors.append(Fault(file, line, code, str(message), str(hint), column))

    def error_at(
        self, row: Row, key: str, code: str, message: Words, hint: Words = "", *, item: str = ""
    ) -> None:
        """Add a fault at the line of a row's key; `item` chooses the line of one item in a list of several lines."""
        self.error(row.file, row.line(key, item), code, message, hint)

    def expression_at(self, row: Row, key: str, text: str, faults: Iterable[ExpressionFault]) -> None:
        """Add the faults of the expression that a row's key holds, each at its line and column."""
        for fault in faults:
            line, column = row.locate(text, fault.at, key)
            message = name_subject(key, fault.message)
            self.error(row.file, line, "expression", message, fault.hint, column=column)

    def words_at(self, row: Row, key: str, code: str, words: str, hint: Words, *, about: str = "") -> None:
        """Add a fault in words, at the line and column of its expression where the words know one.

        Args:
            about: what the words are about, such as the key of a measure.
        """
        message = name_subject(about, words) if about else words
        if isinstance(words, LocatedText):
            line, column = row.locate(words.expression, words.at)
            self.error(row.file, line, "expression", message, words.hint, column=column)
        else:
            self.error_at(row, key, code, message, hint)

    def dangling(
        self,
        row: Row,
        key: str,
        name: str,
        known: Iterable[str],
        message: str,
        *,
        noun: Words = "",
        code: str = "dangling",
    ) -> None:
        """Add the fault that a row names something that does not exist; the hint suggests the nearest known name."""
        self.missing_name(row, key, name, message, did_you_mean(name, known, noun=noun), code=code)

    def missing_name(
        self, row: Row, key: str, name: str, message: str, hint: str, *, code: str = "dangling"
    ) -> None:
        """Add the fault that a row names something that does not exist.

        A name that is missing is one fault, whatever number of rows name it: the fault lists where they are.
        """
        line = row.line(key, name)
        known = self._missing.get((code, name, hint))
        if known is None:
            self._missing[code, name, hint] = _MissingName(len(self.errors), message)
            self.error(row.file, line, code, message, hint)
            return
        first = self.errors[known.index]
        if (first.file, first.line) != (row.file, line):
            known.places[f"{row.file}:{line}"] = None
            self.errors[known.index] = replace(first, message=known.describe())

    def unreadable(
        self, file: str, line: int, code: str, message: Words, hint: Words, *, column: int = 0
    ) -> None:
        """Add a fault that refuses the pack, and mark the file as one whose rows could not all be read."""
        self.unread.add(file)
        self.error(file, line, code, message, hint, column=column)

    def has_read(self, *files: str) -> bool:
        """Return whether the rows of all these files could be read."""
        return self.unread.isdisjoint(files)

    def warn(
        self, file: str, line: int, code: str, message: Words, hint: Words = "", *, column: int = 0
    ) -> None:
        """Add a warning, which does not refuse the pack."""
        self.warnings.append(Fault(file, line, code, str(message), str(hint), column))

    def warn_at(self, row: Row, key: str, code: str, message: Words, hint: Words = "") -> None:
        """Add a warning at the line of a row's key."""
        self.warn(row.file, row.line(key), code, message, hint)

    def is_sound(self, *files: str) -> bool:
        """Return whether these files could be read and have no errors."""
        return self.has_read(*files) and not any(fault.file in files for fault in self.errors)

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


@dataclass
class _MissingName:
    """A name that does not exist: the index of its fault, its message, and the other places that name it."""

    index: int
    message: str
    places: dict[str, None] = field(default_factory=dict)

    def describe(self) -> str:
        return _("%(message)s（还有：%(places)s）") % {
            "message": self.message,
            "places": list_names(self.places, MOST_PLACES),
        }


def did_you_mean(word: str, known: Iterable[str], *, noun: Words = "") -> str:
    """Return a hint with the known word that is near, or with the known words when none is.

    Args:
        noun: what the known words are, such as 现有单位.
    """
    names = sorted(str(name) for name in known)
    if nearest := find_nearest(str(word), names):
        return _("是不是 %(known)s？") % {"known": list_choices(nearest)}
    if not names:
        return _("现在一个也没有。")
    values = {"noun": noun or _("可以写"), "names": list_names(names, MOST_NAMES)}
    return _("%(noun)s：%(names)s。") % values
