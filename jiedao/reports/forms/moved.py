"""Find the cells of a blank that are no longer where they were bound."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.forms.blank import CellRef, Grid, name_column, parse_ref
from jiedao.reports.forms.definition import read_spec
from jiedao.reports.forms.labels import read_words
from jiedao.reports.forms.models import BindingKind, FormBinding

NAMED = 4  # cells that a message names


@dataclass(frozen=True)
class Moved:
    """A binding whose cell has other words than when it was bound.

    Attributes:
        now: the only cell that has the words today, None where no cell or several have them.
    """

    binding: FormBinding
    now: CellRef | None


def read_label(grid: Grid, ref: CellRef, kind: str, spec: dict[str, object]) -> str:
    """Return the words by which a bound cell is recognised: of a list, the headers of its columns."""
    if kind == BindingKind.LIST:
        columns = [parse_ref(f"{ref.sheet}!{letters}1").column for letters in read_spec(kind, spec).columns]
        return "｜".join(grid.get(ref.row - 1, column).text for column in columns)[:400]
    return read_words(grid, ref.row, ref.column).label


def find_moved(grids: Sequence[Grid], bindings: Iterable[FormBinding]) -> list[Moved]:
    """Return the bindings whose cell is missing, computes itself, or has other words, with the cell that has them."""
    moved = []
    by_sheet = {grid.sheet: grid for grid in grids}
    labels: dict[str, list[CellRef]] | None = None
    for binding in bindings:
        ref = parse_ref(binding.cell)
        grid = by_sheet.get(ref.sheet)
        if grid is not None and _is_in_place(grid, ref, binding):
            continue
        if binding.kind == BindingKind.LIST:
            places = _find_list_places(grids, binding)
        else:
            labels = _collect_labels(grids) if labels is None else labels
            places = labels.get(binding.label, [])
        moved.append(Moved(binding, places[0] if len(places) == 1 else None))
    return moved


def _is_in_place(grid: Grid, ref: CellRef, binding: FormBinding) -> bool:
    is_free = grid.has(ref) and not grid.get(ref.row, ref.column).is_formula
    return is_free and read_label(grid, ref, binding.kind, binding.spec) == binding.label


def _collect_labels(grids: Sequence[Grid]) -> dict[str, list[CellRef]]:
    labels: dict[str, list[CellRef]] = {}
    for grid in grids:
        for row in range(1, grid.rows + 1):
            for column in range(1, grid.columns + 1):
                if (row, column) not in grid.covered and not grid.get(row, column).is_formula:
                    label = read_words(grid, row, column).label
                    labels.setdefault(label, []).append(CellRef(grid.sheet, row, column))
    return labels


def _find_list_places(grids: Sequence[Grid], binding: FormBinding) -> list[CellRef]:
    """Return where the headers of a list are now, with the same columns in the same distances."""
    column = parse_ref(binding.cell).column
    return [
        CellRef(grid.sheet, row + 1, column)
        for grid in grids
        for row in range(1, grid.rows + 1)
        if read_label(grid, CellRef(grid.sheet, row + 1, column), binding.kind, binding.spec) == binding.label
    ]


def make_moved_error(moved: Sequence[Moved]) -> UserError:
    """Return the refusal to fill a blank whose cells have moved."""
    parts = []
    for item in moved[:NAMED]:
        ref = parse_ref(item.binding.cell)
        words = item.binding.label.replace("｜", " ").strip()[:30]
        where = (
            _("现在在 %(cell)s") % {"cell": f"{name_column(item.now.column)}{item.now.row}"}
            if item.now is not None
            else _("找不到了")
        )
        parts.append(f"{ref.sheet} {ref.short}（{words}）{where}")
    return UserError(
        _("空白表变了：%(count)d 格不在绑定时的位置。%(cells)s")
        % {"count": len(moved), "cells": "；".join(parts)},
        hint=_("请打开这张表的“绑定”页，确认新位置或重新绑定，再填表。"),
        field="blank",
    )
