"""From the cells of a row to what was given, a fault for every cell that cannot be read."""

import math
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.kernel.tables.rows import EXACT, FORMULA_FAULTS, Cell, Row, text_of
from jiedao.orgs.units import UNITS
from jiedao.places.selectors import AREAS, area_text
from jiedao.registers.definition import Field, FieldKind
from jiedao.registers.importing.columns import Column, Layout
from jiedao.registers.rows import STANDARD, Given
from jiedao.registers.values import ValueFault, read_value

DAY = Field("on", "自", FieldKind.DATE)
ACTIVE = Field("active", "在册", FieldKind.BOOL)
KEPT = frozenset({*STANDARD, "active"} - {"code"})
Note = Callable[[Column, str], None]
AMBIGUOUS = "?"


def _by_name(rows: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    """Map codes and names to codes; a name that several have to `AMBIGUOUS`."""
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for code, called in rows:
        codes[code] = code
        for name in dict.fromkeys(called):
            names[name] = code if names.get(name, code) == code else AMBIGUOUS
    return {**names, **codes}


class CellReader:
    """Reads the rows of one sheet."""

    def __init__(self, layout: Layout) -> None:
        self._areas = _by_name(
            (area.code, (area.name, area.name_en, *_in_words(area.path))) for area in AREAS.get().values()
        )
        units = (unit for unit in UNITS.get().values() if unit.active)
        self._units = _by_name((unit.code, (unit.name, unit.name_en)) for unit in units)
        readers: dict[str, Callable[[Column, Cell, Note], Any]] = {
            "area": self._area,
            "unit": self._unit,
            "lon": _degrees,
            "lat": _degrees,
            "on": _day,
            "active": _active,
            "code": _exact_text,
            "premise": _exact_text,
            "parent": _exact_text,
        }
        columns = layout.columns.values()
        self._own = [(one.own.key, one.index, one) for one in columns if one.own is not None]
        self._standard = [
            (one.target, one.index, one, readers.get(one.target, _text)) for one in columns if one.own is None
        ]
        self._code = layout.columns.get("code")

    def code(self, row: Row) -> str:
        """Return the code of a row as its cell says it."""
        return text_of(_at(row, self._code)) if self._code is not None else ""

    def read(self, row: Row, note: Note) -> Given:
        """Return what the row gives; empty cells give nothing.

        Args:
            note: called with a column and the reason why its cell cannot be read.
        """
        cells = row.cells
        width = len(cells)
        found: dict[str, Any] = {}
        for target, index, column, reader in self._standard:
            cell = cells[index] if index < width else None
            if cell is not None and (cell.__class__ is not str or _says(column, cell, note)):
                found[target] = reader(column, cell, note)
        values = {}
        for key, index, column in self._own:
            cell = cells[index] if index < width else None
            if cell is not None and (cell.__class__ is not str or _says(column, cell, note)):
                values[key] = cell
        return Given(**found, values=values, keep=KEPT.difference(found))

    def _area(self, column: Column, cell: Cell, note: Note) -> str:
        text = _exact_text(column, cell, note)
        code = self._areas.get(text, text)
        if code == AMBIGUOUS:
            note(column, _("有几个网格都叫“%(name)s”，请填代码。") % {"name": text[:40]})
        return "" if code == AMBIGUOUS else code

    def _unit(self, column: Column, cell: Cell, note: Note) -> str:
        text = text_of(cell)
        code = self._units.get(text, text)
        if code == AMBIGUOUS:
            note(column, _("有几个单位都叫“%(name)s”，请填代码。") % {"name": text[:40]})
        return "" if code == AMBIGUOUS else code


def _in_words(path: str) -> list[str]:
    """Return the area as an export writes it, in either language."""
    words = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            words.append(area_text(path))
    return words


def _at(row: Row, column: Column) -> Cell:
    return row.cells[column.index] if column.index < len(row.cells) else None


def _says(column: Column, cell: Cell, note: Note) -> bool:
    """Tell whether a text says anything; what a failed formula left is noted and says nothing."""
    if not isinstance(cell, str) or cell in FORMULA_FAULTS:
        note(column, _("这一格的公式出错（%(text)s）；请改正公式或填上内容。") % {"text": cell})
        return False
    return bool(cell) and not cell.isspace()


def _text(_column: Column, cell: Cell, _note: Note) -> str:
    return text_of(cell)


def _exact_text(column: Column, cell: Cell, note: Note) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= EXACT:
        note(column, _("超过 15 位，表格软件已把末尾几位变成 0；请把这一列设为文本，重新填写。"))
    return text_of(cell)


def _degrees(column: Column, cell: Cell, note: Note) -> float | None:
    try:
        value = float(text_of(cell))
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value
    note(column, _("“%(text)s”不是经纬度；请写成十进制的度，如 114.1286。") % {"text": text_of(cell)[:40]})
    return None


def _day(column: Column, cell: Cell, note: Note) -> date | None:
    try:
        return date.fromisoformat(read_value(DAY, cell))
    except ValueFault as fault:
        note(column, str(fault))
        return None


def _active(column: Column, cell: Cell, note: Note) -> bool:
    try:
        return bool(read_value(ACTIVE, cell))
    except ValueFault as fault:
        note(column, str(fault))
        return True
