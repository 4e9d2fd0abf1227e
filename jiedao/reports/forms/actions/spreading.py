"""Bind the other places of a table as one cell was bound: down the column of communities, or along their row."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from jiedao.indicators.compute import read_measures
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.reports.forms.actions.binding import bind_cells
from jiedao.reports.forms.blank import CellRef, Grid, parse_ref
from jiedao.reports.forms.definition import BindingSpec, read_spec
from jiedao.reports.forms.labels import read_words
from jiedao.reports.forms.models import EDIT, BindingKind, Form
from jiedao.reports.forms.opening import open_stored_blank
from jiedao.reports.forms.selectors import get_blank
from jiedao.reports.forms.suggesting import PlaceNames


def spread_binding(*, actor: Actor, form: Form, cell: str, kind: str, spec: Mapping[str, Any]) -> int:
    """Bind a cell to a figure, and each free cell of its column or row that is beside another place; return how many.

    The other cells get the same figure for their own community or unit. Cells that are bound stay as they are.

    Raises:
        NotAllowed: no right. UserError: as for one cell, or the words of the cell name no community or unit.
    """
    actor.require(EDIT)
    chosen = read_spec(kind, spec)
    if chosen.kind is not BindingKind.FIGURE:
        raise UserError(_("只有指标可以沿整列填。"), hint=_("请逐格绑定，或选“指标”。"), field="spread")
    ref = parse_ref(cell)
    grid = open_stored_blank(get_blank(form)).get_grid(ref.sheet)
    specs = _list_specs(grid, ref, chosen) if grid is not None and grid.has(ref) else {}
    if not specs:
        raise UserError(
            _("这一格的表头里没有社区或单位，不能沿整列填。"), hint=_("请逐格绑定。"), field="spread"
        )
    bound = set(form.bindings.values_list("cell", flat=True)) - {ref.text}
    return bind_cells(
        actor=actor,
        form=form,
        specs={place.text: place_spec for place, place_spec in specs.items() if place.text not in bound},
    )


def _list_specs(grid: Grid, ref: CellRef, chosen: BindingSpec) -> dict[CellRef, BindingSpec]:
    """Return the figure for each cell of the column, else of the row, in which the places are named."""
    names = PlaceNames()
    if own := names.find(read_words(grid, ref.row, ref.column).beside):
        refs = [CellRef(ref.sheet, row, ref.column) for row in range(1, grid.rows + 1)]
        is_column = True
    elif own := names.find(read_words(grid, ref.row, ref.column).above):
        refs = [CellRef(ref.sheet, ref.row, column) for column in range(1, grid.columns + 1)]
        is_column = False
    else:
        return {}
    measure = read_measures().get(chosen.measure)
    key = "area" if own[0] else "unit"
    if measure is not None and key not in measure.splits:
        raise UserError(
            _("“%(name)s”不能分到社区或单位。") % {"name": measure.label},
            hint=_("请选另一个指标，或逐格绑定。"),
            field="measure",
        )
    specs = {}
    for other in refs:
        cell = grid.get(other.row, other.column)
        if cell.is_formula or cell.text or (other.row, other.column) in grid.covered:
            continue
        words = read_words(grid, other.row, other.column)
        place = names.find(words.beside if is_column else words.above)
        if place is not None and bool(place[0]) == bool(own[0]):
            specs[other] = replace(chosen, area=place[0], unit=place[1])
    return specs
