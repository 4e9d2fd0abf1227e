"""The cells of a blank or of a filled form as an HTML table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from jiedao.indicators.models import Measure
from jiedao.orgs.units import UNITS
from jiedao.places.selectors import AREAS
from jiedao.registers.catalogue import register_info
from jiedao.reports.forms.blank import CellRef, Grid, name_column
from jiedao.reports.forms.comparing import CellChange
from jiedao.reports.forms.definition import OWN_COLUMNS, BindingSpec, Rule, read_spec
from jiedao.reports.forms.filling import FilledCell
from jiedao.reports.forms.models import BindingKind, FormBinding
from jiedao.reports.forms.suggesting import Suggestion
from jiedao.reports.forms.sums import compute_sum

MOST_ROWS = 300
MOST_COLUMNS = 60
TONES = {"FIGURE": "info", "LIST": "good", "FACT": "hold", "HAND": "warn"}


@dataclass
class PageCell:
    """A cell of the table on a page."""

    text: str = ""
    rows: int = 1
    columns: int = 1
    tone: str = ""
    url: str = ""
    hint: str = ""
    is_formula: bool = False
    is_chosen: bool = False
    is_changed: bool = False
    is_empty: bool = False
    label: str = ""


@dataclass
class PageGrid:
    """The table of a sheet: the letters of its columns, and rows of (number, cells).

    Attributes:
        pages: the links to the parts of a long sheet, as (label, address, whether it is this one).
    """

    letters: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[PageCell]]] = field(default_factory=list)
    pages: list[tuple[str, str, bool]] = field(default_factory=list)
    hidden_columns: int = 0


def build_page_grid(grid: Grid, describe: Any, first_row: int = 1) -> PageGrid:
    """Return the table of a sheet, from the part that holds a row; `describe(ref, page_cell)` completes each cell."""
    columns = min(grid.columns, MOST_COLUMNS)
    first = (min(max(first_row, 1), max(grid.rows, 1)) - 1) // MOST_ROWS * MOST_ROWS + 1
    last = min(grid.rows, first + MOST_ROWS - 1)
    page = PageGrid([name_column(column) for column in range(1, columns + 1)])
    page.hidden_columns = grid.columns - columns
    if grid.rows > MOST_ROWS:
        page.pages = [
            (
                _("%(first)d 到 %(last)d 行")
                % {"first": start, "last": min(grid.rows, start + MOST_ROWS - 1)},
                "?" + urlencode({"sheet": grid.sheet, "from": start}),
                start == first,
            )
            for start in range(1, grid.rows + 1, MOST_ROWS)
        ]
    for row in range(first, last + 1):
        cells = []
        for column in range(1, columns + 1):
            origin = grid.covered.get((row, column))
            if origin is not None and (origin[0] >= first or row > first or origin[1] != column):
                continue
            cell = grid.get(row, column)
            # Of a cell that began in the part before.
            rows_above = row - origin[0] if origin is not None else 0
            page_cell = PageCell(
                cell.text,
                min(cell.rows - rows_above, last - row + 1),
                min(cell.columns, columns - column + 1),
                is_formula=cell.is_formula,
            )
            describe(CellRef(grid.sheet, *(origin or (row, column))), page_cell)
            cells.append(page_cell)
        page.rows.append((row, cells))
    return page


def read_first_row(text: str) -> int:
    """Return the row from which a part of a sheet is shown."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 1


def build_bind_grid(
    grid: Grid,
    bindings: Mapping[str, FormBinding],
    suggestions: Mapping[str, Suggestion],
    measures: Mapping[str, Measure],
    chosen: str,
    *,
    first_row: int = 1,
) -> PageGrid:
    """Return the table on which cells are bound: each cell that can be bound is a link to its form."""
    lists = _collect_list_cells(bindings)

    def describe(ref: CellRef, cell: PageCell) -> None:
        if cell.is_formula:
            cell.text, cell.hint = _("公式"), _("公式，由表格自己计算")
            return
        key = ref.text
        binding, suggestion = bindings.get(key), suggestions.get(key)
        cell.is_chosen = key == chosen
        cell.url = "?" + urlencode({"sheet": ref.sheet, "cell": key}) + "#cell"
        cell.label = _("绑定 %(cell)s") % {"cell": ref.short}
        if binding is not None:
            words = describe_spec(read_spec(binding.kind, binding.spec), measures)
            cell.tone, cell.hint = TONES[binding.kind], words
            cell.text = f"{cell.text}{words}" if binding.kind == BindingKind.FACT and cell.text else words
        elif key in lists:
            cell.tone, cell.text, cell.url = "good", lists[key], ""
        elif suggestion is not None and not cell.text:
            cell.tone, cell.is_empty = "suggested", True
            cell.text = describe_spec(suggestion.spec, measures)
            cell.hint = _("建议，还没有采用")
        elif cell.text:
            cell.url = "" if suggestion is None else cell.url
            cell.tone = "" if suggestion is None else "suggested"
        else:
            cell.is_empty = True

    return build_page_grid(grid, describe, first_row)


def _collect_list_cells(bindings: Mapping[str, FormBinding]) -> dict[str, str]:
    """Return the cells that lists fill, with the names of their columns."""
    cells = {}
    for binding in bindings.values():
        if binding.kind != BindingKind.LIST:
            continue
        spec = read_spec(binding.kind, binding.spec)
        sheet, _mark, place = binding.cell.rpartition("!")
        first = int("".join(letter for letter in place if letter.isdecimal()))
        for letters, column in spec.columns.items():
            for row in range(first, spec.last_row + 1):
                cells[f"{sheet}!{letters}{row}"] = describe_column(spec.register, column)
    return cells


def build_fill_grid(
    grid: Grid,
    cells: Mapping[str, FilledCell],
    changes: Mapping[str, CellChange],
    cell_url: str,
    first_row: int = 1,
) -> PageGrid:
    """Return the table of a filled form: filled cells are links to how they were filled, changes are marked."""

    def describe(ref: CellRef, cell: PageCell) -> None:
        filled, change = cells.get(ref.text), changes.get(ref.text)
        if cell.is_formula:
            total = compute_sum(grid, ref.row, ref.column)
            cell.text = f"{total:f}" if total is not None else _("打开文件后计算")
            cell.hint = _("按填好的格算出的合计") if total is not None else _("公式，由表格自己计算")
        if change is not None:
            cell.is_changed = True
            cell.hint = _("上次：%(before)s") % {"before": change.before or "—"}
        if filled is None:
            return
        cell.tone = TONES[filled.kind]
        cell.is_empty = not cell.text
        cell.url = f"{cell_url}?{urlencode({'cell': filled.cell})}"
        cell.label = filled.heading.rstrip("：: ") or ref.short
        if not cell.text:
            cell.text, cell.hint = "—", filled.note or cell.hint

    return build_page_grid(grid, describe, first_row)


def describe_spec(spec: BindingSpec, measures: Mapping[str, Measure]) -> str:
    """Return what a cell is bound to, in the reader's language: 应处置 · 上年同期 · 临江社区."""
    if spec.kind is BindingKind.FIGURE:
        measure = measures.get(spec.measure)
        parts = [measure.label if measure is not None else spec.measure]
        if spec.rule is not Rule.THIS:
            parts.append(str(spec.rule.label))
        if spec.aspect != "value":
            parts.append(str(spec.aspect.label))
        if spec.area or spec.unit:
            parts.append(find_place_label(spec.area, spec.unit))
        if spec.as_unit:
            parts.append(spec.as_unit)
        return " · ".join(parts)
    if spec.kind is BindingKind.LIST:
        info = register_info(spec.register)
        return _("清单：%(name)s") % {"name": info.label if info is not None else spec.register}
    return str(spec.fact.label) if spec.kind is BindingKind.FACT else _("手工填写")


def describe_column(register: str, column: str) -> str:
    """Return the name of a column of a list."""
    if column in OWN_COLUMNS:
        return str(OWN_COLUMNS[column])
    info = register_info(register)
    own = info.definition.field(column) if info is not None else None
    return own.label if own is not None else column


def find_place_label(area: str, unit: str) -> str:
    """Return the name of a community or unit by its code, or the code."""
    if area:
        return next((info.label for info in AREAS.get().values() if info.code == area), area)
    return next((info.label for info in UNITS.get().values() if info.code == unit), unit)
