"""Read the cells of a row as the input for a record, and report every cell that cannot be read."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.kernel.folding import fold_key
from jiedao.kernel.readers.codes import find_lost_code
from jiedao.kernel.readers.dates import read_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.points import read_degrees
from jiedao.kernel.readers.texts import read_text
from jiedao.kernel.tables.rows import (
    FORMULA_FAULTS,
    MAX_EXACT,
    Cell,
    Row,
    describe_formula_fault,
    format_cell,
)
from jiedao.orgs.units import UNITS
from jiedao.places.naming import PREMISES
from jiedao.places.selectors import AREAS, area_text
from jiedao.registers.definition import Field, FieldKind
from jiedao.registers.importing.columns import Column, Layout
from jiedao.registers.rows import STANDARD_FIELDS, RecordInput
from jiedao.registers.values import read_value

ACTIVE = Field("active", "在册", FieldKind.BOOL)
OPTIONAL = frozenset({*STANDARD_FIELDS, "active"} - {"code"})
ReportFault = Callable[[Column, str], None]
AMBIGUOUS = "?"
BETWEEN = str.maketrans("", "", "·・/、-—")  # what people write between community and grid
LAST_SERIAL = 100_000  # a larger number is a date of digits, such as 20200305


def _map_names(rows: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    """Return code or name, folded -> code; a name that several rows share -> `AMBIGUOUS`."""
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for code, aliases in rows:
        codes[fold_key(code)] = code
        for name in dict.fromkeys(map(fold_key, aliases)):
            names[name] = code if names.get(name, code) == code else AMBIGUOUS
    return {**names, **codes}


class CellReader:
    """Reads the rows of one sheet.

    Args:
        serial_shift: days to add to plain numbers that are dates, see `read_wall_time`.
    """

    def __init__(self, layout: Layout, serial_shift: int = 0) -> None:
        self._serial_shift = serial_shift
        self._areas = _map_names(
            (area.code, (area.name, area.name_en, *_area_labels(area.path))) for area in AREAS.get().values()
        )
        premises = (premise for premise in PREMISES.get().values() if premise.active)
        self._premises = _map_names((row.code, (row.name, row.name_en)) for row in premises)
        units = (unit for unit in UNITS.get().values() if unit.active)
        self._units = _map_names((unit.code, (unit.name, unit.name_en)) for unit in units)
        readers: dict[str, Callable[[Column, Cell, ReportFault], Any]] = {
            "area": self._read_area,
            "unit": self._read_unit,
            "lon": _read_degrees,
            "lat": _read_degrees,
            "on": self._read_date,
            "active": _read_active,
            "code": _read_exact_text,
            "premise": self._read_premise,
            "parent": _read_exact_text,
        }
        columns = layout.columns.values()
        self._own = [(column.own.key, column.index, column) for column in columns if column.own is not None]
        self._standard = [
            (column.target, column.index, column, readers.get(column.target, _read_text))
            for column in columns
            if column.own is None
        ]
        self._code = layout.columns.get("code")

    def code(self, row: Row) -> str:
        """Return the code of a row, folded to be compared, "" for none."""
        return fold_key(format_cell(_cell_at(row, self._code))) if self._code is not None else ""

    def read(self, row: Row, report: ReportFault) -> RecordInput:
        """Return the row as input for a record. Empty cells are left out, so that the record keeps its values.

        Args:
            report: called with a column and the reason why its cell cannot be read.
        """
        cells = row.cells
        width = len(cells)
        standard: dict[str, Any] = {}
        for target, index, column, reader in self._standard:
            cell = cells[index] if index < width else None
            if cell is not None and (cell.__class__ is not str or _has_text(column, cell, report)):
                standard[target] = reader(column, cell, report)
        values = {}
        for key, index, column in self._own:
            cell = cells[index] if index < width else None
            if cell is not None and (cell.__class__ is not str or _has_text(column, cell, report)):
                values[key] = self._read_serial(column, cell)
        return RecordInput(**standard, values=values, keep=OPTIONAL.difference(standard))

    def _read_area(self, column: Column, cell: Cell, report: ReportFault) -> str:
        text = _read_exact_text(column, cell, report)
        code = self._areas.get(fold_key(text)) or self._areas.get(fold_key(text.translate(BETWEEN)), text)
        if code == AMBIGUOUS:
            words = _("有几个网格都叫“%(name)s”，请写成“社区·网格”，或填代码。")
            report(column, words % {"name": text[:40]})
        return "" if code == AMBIGUOUS else code

    def _read_premise(self, column: Column, cell: Cell, report: ReportFault) -> str:
        text = _read_exact_text(column, cell, report)
        code = self._premises.get(fold_key(text), text)
        if code == AMBIGUOUS:
            report(column, _("有几个处所都叫“%(name)s”，请填编码。") % {"name": text[:40]})
        return "" if code == AMBIGUOUS else code

    def _read_unit(self, column: Column, cell: Cell, report: ReportFault) -> str:
        text = _read_text(column, cell, report)
        code = self._units.get(fold_key(text), text)
        if code == AMBIGUOUS:
            report(column, _("有几个单位都叫“%(name)s”，请填代码。") % {"name": text[:40]})
        return "" if code == AMBIGUOUS else code

    def _read_date(self, column: Column, cell: Cell, report: ReportFault) -> date | None:
        try:
            return read_day(cell, serial_shift=self._serial_shift)
        except ValueFault as fault:
            report(column, str(fault))
            return None

    def _read_serial(self, column: Column, cell: Cell) -> Cell:
        """Return the cell, moved to the calendar that starts in 1900 if it is the serial number of a date."""
        is_date = column.own is not None and column.own.kind is FieldKind.DATE
        if is_date and self._serial_shift and isinstance(cell, int | float) and cell < LAST_SERIAL:
            return cell + self._serial_shift
        return cell


def _area_labels(path: str) -> list[str]:
    """Return the label of an area as an export writes it, in both languages, also without the sign in it."""
    labels = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            label = area_text(path)
        labels += [label, label.translate(BETWEEN)]
    return labels


def _cell_at(row: Row, column: Column) -> Cell:
    return row.cells[column.index] if column.index < len(row.cells) else None


def _has_text(column: Column, cell: Cell, report: ReportFault) -> bool:
    """Return whether a cell has text. Report the error value of a failed formula, which counts as no text."""
    if not isinstance(cell, str) or cell in FORMULA_FAULTS:
        report(column, describe_formula_fault(str(cell)))
        return False
    return bool(cell) and not cell.isspace()


def _read_text(column: Column, cell: Cell, report: ReportFault) -> str:
    try:
        return read_text(cell)
    except ValueFault as fault:
        report(column, str(fault))
        return ""


def _read_exact_text(column: Column, cell: Cell, report: ReportFault) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= MAX_EXACT:
        report(column, _("超过 15 位，表格软件已把末尾几位变成 0；请把这一列设为文本，重新填写。"))
    elif isinstance(cell, str) and (lost := find_lost_code(cell)):
        words = _("“%(lost)s”是 Excel 缩写的编码，末尾几位已经丢失；请把这一列设为文本，重新填写。")
        report(column, words % {"lost": lost})
    return _read_text(column, cell, report)


def _read_degrees(column: Column, cell: Cell, report: ReportFault) -> float | None:
    try:
        return read_degrees(cell, "lat" if column.target == "lat" else "lon")
    except ValueFault as fault:
        report(column, str(fault))
        return None


def _read_active(column: Column, cell: Cell, report: ReportFault) -> bool:
    try:
        return bool(read_value(ACTIVE, cell))
    except ValueFault as fault:
        report(column, str(fault))
        return True
