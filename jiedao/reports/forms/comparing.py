"""What a filling shows that another one did not: changes since last time, other values of one figure, overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from jiedao.reports.forms.blank import parse_ref
from jiedao.reports.forms.definition import read_spec
from jiedao.reports.forms.filling import FilledCell, ListRow
from jiedao.reports.forms.models import BindingKind, FillState, Form, FormBinding, FormFigure, FormFill


@dataclass(frozen=True)
class CellChange:
    """A cell whose text differs from the filling before; `before` or `now` is "" where there was or is nothing.

    Attributes:
        is_removed: a record that the list no longer holds; `cell` is the first cell of the list.
    """

    cell: str
    heading: str
    before: str
    now: str
    is_removed: bool = False

    def as_json(self) -> dict[str, str]:
        """Return the change as the command prints it."""
        return {"cell": self.cell, "before": self.before, "now": self.now}


def find_changes(before: Sequence[FilledCell], now: Sequence[FilledCell]) -> list[CellChange]:
    """Return the cells that changed, in the order of the form. Facts such as the date are no changes.

    Records of a list are recognised again: a record that moved to another row has not changed.
    """
    earlier = {cell.cell: cell for cell in before}
    changes: list[CellChange] = []
    for cell in now:
        old = earlier.get(cell.cell)
        if cell.kind == BindingKind.FACT:
            continue
        if cell.kind == BindingKind.LIST:
            changes += _compare_lists(cell, old.rows if old is not None and old.kind == cell.kind else [])
        else:
            text = old.text if old is not None else ""
            if not _is_same(text, cell.text):
                changes.append(CellChange(cell.at, cell.heading, text, cell.text))
    return changes


def _is_same(before: str, now: str) -> bool:
    if before == now:
        return True
    try:
        return Decimal(before) == Decimal(now)
    except ArithmeticError:
        return False


def _compare_lists(cell: FilledCell, before: Sequence[ListRow]) -> list[CellChange]:
    spec, start = read_spec(cell.kind, cell.spec), parse_ref(cell.at)
    letters = [letters for letters, column in spec.columns.items()]
    named = [column for column, field in enumerate(spec.columns.values()) if field != "#"]
    earlier = {row.id: row for row in before}
    changes = []
    for offset, row in enumerate(cell.rows):
        old = earlier.pop(row.id, None)
        at = f"{start.sheet}!{{}}{start.row + offset}"
        if old is None:
            words = " ".join(row.texts[column] for column in named[:2])
            changes.append(
                CellChange(at.format(letters[named[0]] if named else letters[0]), words, "", words)
            )
        elif len(old.texts) == len(row.texts):
            words = row.texts[named[0]] if named else ""
            changes += [
                CellChange(at.format(letters[column]), words, old.texts[column], row.texts[column])
                for column in named
                if not _is_same(old.texts[column], row.texts[column])
            ]
    for old in earlier.values():
        words = " ".join(old.texts[column] for column in named[:2] if column < len(old.texts))
        changes.append(CellChange(cell.at, words, words, "", is_removed=True))
    return changes


@dataclass(frozen=True)
class Conflict:
    """Another form that went out with another value of the same figure of the same days and place."""

    cell: FilledCell
    other: FormFill
    other_cell: str
    value: Decimal | None


def find_conflicts(fill: FormFill, cells: Sequence[FilledCell]) -> list[Conflict]:
    """Return the cells whose figure went out with another value, in the order of the form; the latest first each."""
    own = list(FormFigure.objects.filter(fill=fill))
    if not own:
        return []
    keys = {_key(row): row for row in own}
    days = {(row.first_date, row.last_date) for row in own}
    spans = Q()
    for first, last in days:
        spans |= Q(first_date=first, last_date=last)
    others = (
        FormFigure.objects.filter(
            spans, measure_key__in={row.measure_key for row in own}, fill__state=FillState.SENT
        )
        .exclude(fill=fill)
        .select_related("fill__form")
        .order_by("-fill__confirmed_at", "cell")
    )
    by_cell = {cell.cell: cell for cell in cells}
    conflicts = []
    for row in others:
        mine = keys.get(_key(row))
        if mine is not None and mine.value != row.value and mine.value is not None and row.value is not None:
            conflicts += [
                Conflict(by_cell[same.cell], row.fill, row.cell, row.value)
                for same in own
                if _key(same) == _key(row) and same.cell in by_cell
            ]
    return sorted(conflicts, key=lambda conflict: conflict.cell.ref)


def _key(row: FormFigure) -> tuple[object, ...]:
    return (row.measure_key, row.aspect, row.first_date, row.last_date, row.place_key, row.as_unit)


@dataclass(frozen=True)
class Overlap:
    """How much of a form an earlier one asks for, too."""

    other: Form
    shared: int
    total: int

    @property
    def percent(self) -> int:
        """The share of the form's items, in per cent, rounded half up."""
        return (self.shared * 200 + self.total) // (2 * self.total) if self.total else 0


def list_items(bindings: Sequence[FormBinding]) -> set[str]:
    """Return the items of a form: figures, fields of registers, and the words of cells that are filled by hand."""
    items: set[str] = set()
    for binding in bindings:
        if binding.kind == BindingKind.HAND:
            items.add(f"hand:{binding.label}")
        items.update(read_spec(binding.kind, binding.spec).items)
    return items


def find_overlaps(form: Form, items_by_form: Mapping[int, set[str]], forms: Sequence[Form]) -> list[Overlap]:
    """Return the earlier forms that ask for something that this one asks for, the largest share first."""
    own = items_by_form.get(form.pk, set())
    overlaps = [
        Overlap(other, len(own & items_by_form.get(other.pk, set())), len(own))
        for other in forms
        if other.pk != form.pk and (other.created_at, other.pk) < (form.created_at, form.pk)
    ]
    shared_overlaps = [overlap for overlap in overlaps if overlap.shared]
    return sorted(shared_overlaps, key=lambda overlap: (-overlap.shared, overlap.other.name))
