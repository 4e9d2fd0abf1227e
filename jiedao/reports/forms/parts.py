"""Parts that are larger than their whole: a column 按时办结数 with more than the column 办结数 beside it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from jiedao.reports.forms.blank import Grid, name_column
from jiedao.reports.forms.filling import FilledCell
from jiedao.reports.forms.labels import read_words, strip_label

_PART = re.compile("(?:其中|按时|按期|及时|超期|逾期|已)+")  # before the name of the whole
MOST_WIDTH = 200  # columns of a sheet that are compared


@dataclass(frozen=True)
class ExcessPart:
    """A part that is larger than its whole, in one row of a filled form.

    Attributes:
        at: the cell of the part, without its sheet.
        row: the words of the row, such as the community.
        part, whole: the words of the two columns; part_text, whole_text: what they hold.
    """

    at: str
    row: str
    part: str
    part_text: str
    whole: str
    whole_text: str


def find_excess_parts(grids: Sequence[Grid], cells: Iterable[FilledCell]) -> list[ExcessPart]:
    """Return the parts of a filled form that are larger than the whole that its headers name."""
    texts = {cell.cell: cell.text for cell in cells if not cell.rows}
    return [item for grid in grids for item in _check_grid(grid, texts)]


def _check_grid(grid: Grid, texts: Mapping[str, str]) -> list[ExcessPart]:
    width = min(grid.columns, MOST_WIDTH)
    rows = sorted({row for row in range(1, grid.rows + 1) if _has_value(grid, row, width, texts)})
    excess = []
    for row in rows:
        values: dict[str, tuple[int, str, str, Decimal]] = {}
        for column in range(1, width + 1):
            text = _read_text(grid, row, column, texts)
            words = read_words(grid, row, column)
            number = _read_number(text)
            if number is not None and words.above:
                values.setdefault(strip_label(words.above[0]), (column, words.above[0], text, number))
        for name, (column, header, text, number) in values.items():
            whole = values.get(_PART.sub("", name, count=1)) if _PART.match(name) else None
            if whole is not None and number > whole[3]:
                beside = read_words(grid, row, column).beside
                place = beside[-1] if beside else ""
                excess.append(
                    ExcessPart(f"{name_column(column)}{row}", place, header, text, whole[1], whole[2])
                )
    return excess


def _has_value(grid: Grid, row: int, width: int, texts: Mapping[str, str]) -> bool:
    return any(texts.get(f"{grid.sheet}!{name_column(column)}{row}") for column in range(1, width + 1))


def _read_text(grid: Grid, row: int, column: int, texts: Mapping[str, str]) -> str:
    own = texts.get(f"{grid.sheet}!{name_column(column)}{row}")
    return own if own is not None else grid.get(row, column).text


def _read_number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
