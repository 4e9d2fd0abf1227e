"""The words that belong to a cell: those beside it in its row, and those above it in its column."""

import re
from bisect import bisect_left
from dataclasses import dataclass

from jiedao.kernel.folding import fold_key
from jiedao.reports.forms.blank import Grid

LONGEST = 400
MOST_ABOVE = 12  # texts above a cell: more are rows of data
_NUMBER = re.compile(r"[-+]?[\d.,]+%?")
_LEADING = re.compile(r"^(?:[(（]?[一二三四五六七八九十\d]+[)）]?[、.．]?|其中[:：]|[-—·*])+(?=\D)")
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")
_ENDINGS = re.compile(r"[:：*＊\s]+$")


@dataclass(frozen=True)
class CellWords:
    """The words of a cell.

    Attributes:
        own: its own text in the blank.
        beside: the texts to its left, the nearest first.
        above: the texts above it, the nearest first.
    """

    own: str = ""
    beside: tuple[str, ...] = ()
    above: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The words in a form that is compared: the same blank gives the same label."""
        return "｜".join(map(fold_key, (self.own, "·".join(self.beside[::-1]), "·".join(self.above[::-1]))))[
            :LONGEST
        ]

    @property
    def heading(self) -> str:
        """The words for a reader: 临江社区 · 处置率."""
        parts = [*self.beside[::-1][-2:], *self.above[:1]]
        text = " · ".join(" ".join(part.split()) for part in parts if part) or " ".join(self.own.split())
        return text[:80]


def read_words(grid: Grid, row: int, column: int) -> CellWords:
    """Return the words of a cell.

    The words end where the next cell is empty or a number: what is further away belongs to other cells.
    """
    own = grid.get(row, column).text
    beside = []
    visited = {grid.covered.get((row, column), (row, column))}
    for left in range(column - 1, 0, -1):
        place = grid.covered.get((row, left), (row, left))
        text = grid.get(row, left).text
        if place not in visited and text and not _NUMBER.fullmatch(text):
            beside.append(text)
        elif beside and place not in visited:
            break
        visited.add(place)
    is_named = bool(beside) and beside[0].rstrip().endswith(("：", ":"))  # 填表人： needs no header above
    return CellWords(own, tuple(beside), () if is_named else tuple(_read_above(grid, row, column)))


def _read_above(grid: Grid, row: int, column: int) -> list[str]:
    visited = {grid.covered.get((row, column), (row, column))}
    rows = grid.label_rows.get(column, [])
    position = bisect_left(rows, row) - 1
    while position >= 0 and grid.covered.get((rows[position], column), (rows[position], column)) in visited:
        position -= 1  # a row of the cell itself
    if position < 0:
        return []
    above: list[str] = []
    for top in range(rows[position], 0, -1):
        place = grid.covered.get((top, column), (top, column))
        cell = grid.get(top, column)
        if place not in visited:
            if not grid.is_label(cell) or len(above) == MOST_ABOVE:
                break
            above.append(cell.text)
        visited.add(place)
    return above


def strip_label(text: str) -> str:
    """Return a label without its number, its unit in brackets and its colon: "1.应处置（件）：" is 应处置."""
    plain = _ENDINGS.sub("", _BRACKETS.sub("", fold_key(text)))
    return _LEADING.sub("", plain) or plain
