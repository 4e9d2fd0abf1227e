"""Add rows to a sheet: every reference to a cell below moves down, as it does when a person inserts rows in Excel."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d{0,6})")
_ROWS = re.compile(r"(\$?)([1-9]\d{0,6}):(\$?)([1-9]\d{0,6})")


@dataclass(frozen=True)
class AddedRows:
    """Rows that a list adds to a sheet after its last row.

    A range that ends with the last row of the list grows, so that a sum, a table or the source of a pivot table holds
    the new rows too.
    """

    sheet: str
    last_row: int
    count: int

    def move(self, row: int) -> int:
        """Return the number that a row has once the rows are added."""
        return row + self.count if row > self.last_row else row

    def move_end(self, start: int, end: int) -> int:
        """Return the number that the last row of a range has once the rows are added."""
        if start <= self.last_row == end:
            return end + self.count
        return self.move(end)

    def move_ref(self, ref: str, *, grows: bool = True) -> str:
        """Return a reference such as A5, $A$5:C9 or 5:9 as it reads once the rows are added.

        Args:
            grows: whether a range that ends with the list's last row grows.
        """
        if match := _ROWS.fullmatch(ref):
            rows = int(match[2]), int(match[4])
            last = self.move_end(*rows) if grows else self.move(rows[1])
            return f"{match[1]}{self.move(rows[0])}:{match[3]}{last}"
        first, colon, second = ref.partition(":")
        start, end = _CELL.fullmatch(first), _CELL.fullmatch(second)
        if start is None or (colon and end is None):
            return ref  # a name, a complete column, or a cell of another workbook
        moved = f"{start[1]}{start[2]}{start[3]}{self.move(int(start[4]))}"
        if end is None:
            return moved
        rows = int(start[4]), int(end[4])
        last = self.move_end(*rows) if grows else self.move(rows[1])
        return f"{moved}:{end[1]}{end[2]}{end[3]}{last}"

    def move_refs(self, refs: str) -> str:
        """Return references that are separated by blanks, as they read once the rows are added."""
        return " ".join(map(self.move_ref, refs.split()))

    def move_formula(self, formula: str, sheet: str) -> str:
        """Return a formula as it reads once the rows are added.

        Args:
            formula: without the sign = in front, as the XML stores it.
            sheet: the sheet on which the formula is, "" for none, where every reference names its sheet.
        """
        return _change_references(formula, lambda token: self._move_token(token, sheet))

    def _move_token(self, token: str, sheet: str) -> str:
        prefix, mark, ref = token.rpartition("!")
        name = prefix.strip("'").replace("''", "'") if mark else sheet
        return f"{prefix}{mark}{self.move_ref(ref)}" if name == self.sheet else token


def _change_references(formula: str, change: Callable[[str], str]) -> str:
    from openpyxl.formula import Tokenizer  # noqa: PLC0415 (a server that fills no form does not load openpyxl)

    tokenizer = Tokenizer(f"={formula}")
    parts = []
    for token in tokenizer.items:
        is_reference = token.type == token.OPERAND and token.subtype == token.RANGE
        parts.append(change(token.value) if is_reference else token.value)
    return "".join(parts)


def copy_formula(formula: str, origin: str, target: str) -> str:
    """Return a formula as it reads when its cell is copied to another one."""
    from openpyxl.formula.translate import Translator  # noqa: PLC0415 (as above)

    return str(Translator(f"={formula}", origin).translate_formula(target))[1:]
