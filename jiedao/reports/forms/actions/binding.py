"""Upload a blank, replace it, and bind its cells."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.files import storage
from jiedao.files.models import Blob
from jiedao.files.names import clean_name
from jiedao.indicators.compute import read_measures
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.packs.own import lock_pack_rows
from jiedao.kernel.storable import make_storable
from jiedao.kernel.workbook import CONTENT_TYPE
from jiedao.notices.actions import settle
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import UNITS
from jiedao.registers.access import readable_registers
from jiedao.reports.forms.blank import Blank, Grid, parse_ref
from jiedao.reports.forms.definition import BindingSpec, check_spec, read_spec
from jiedao.reports.forms.models import EDIT, BindingKind, Cycle, Form, FormBinding, FormBlank
from jiedao.reports.forms.moved import Moved, find_moved, read_label
from jiedao.reports.forms.notices import FORM
from jiedao.reports.forms.opening import count_cells, open_blank, open_stored_blank
from jiedao.reports.forms.selectors import get_blank, read_known_words
from jiedao.reports.forms.suggesting import Suggestion, suggest_bindings
from jiedao.reports.output.files import FORMATS

MOST_BINDINGS = 5_000
MOST_DUE_DAYS = 366
_TYPES = {".xlsx": CONTENT_TYPE, ".docx": FORMATS["docx"]}


@dataclass(frozen=True)
class DemandInput:
    """The demand behind a form: who asks, on what basis, how often, by when, and the code of the unit that fills."""

    name: str
    sender: str
    cycle: str
    basis: str = ""
    due_days: int | None = None
    due_date: date | None = None
    unit: str = ""


def add_form(*, actor: Actor, demand: DemandInput, content: bytes, file_name: str) -> Form:
    """Store a demand with its blank; its key is F and the next number.

    Raises:
        NotAllowed: no right. UserError: something is missing, the file cannot be a blank, or the same demand with the
            same file exists.
    """
    actor.require(EDIT)
    values = _clean(demand)
    count_cells(content)  # a file without tables is refused before anything is stored
    with transaction.atomic():
        lock_pack_rows()  # the rows of forms would not do: a new one is not among those that a lock waits for
        _refuse_same(values, content)
        keys = Form.objects.values_list("key", flat=True)
        numbers = [int(key[1:]) for key in keys if key[0] == "F" and key[1:].isdecimal()]
        form = Form.objects.create(
            key=f"F{max(numbers, default=0) + 1:03d}", created_by=actor.label, **values
        )
        _store_blank(actor, form, content, file_name, 1)
        _record(actor, "add", form, after=values)
    return form


def _refuse_same(values: Mapping[str, Any], content: bytes) -> None:
    """Raise UserError where the same demand with the same file exists: a second click on the button."""
    same = Form.objects.filter(
        name=values["name"],
        sender=values["sender"],
        unit=values["unit_id"],
        active=True,
        blanks__blob__sha256=hashlib.sha256(content).hexdigest(),
    ).first()
    if same is not None:
        raise UserError(
            _("这张表已经登记，编号 %(key)s。") % {"key": same.key},
            hint=_("请在列表中打开它；确是另一张表的，请换一个表名。"),
            field="name",
        )


def change_form(*, actor: Actor, form: Form, demand: DemandInput, active: bool) -> Form:
    """Change a demand, or end it."""
    actor.require(EDIT)
    values = {**_clean(demand), "active": active}
    with transaction.atomic():
        form = Form.objects.select_for_update().get(pk=form.pk)
        before = {name: getattr(form, name) for name in values}
        if before == values:
            return form
        for name, value in values.items():
            setattr(form, name, value)
        form.save(update_fields=[name.removesuffix("_id") for name in values])
        if not form.active:
            settle(object_type=FORM, object_id=form.pk, now=clock.now())
        _record(actor, "change", form, before=before, after=values)
    return form


def replace_blank(*, actor: Actor, form: Form, content: bytes, file_name: str) -> list[Moved]:
    """Store a new version of a blank; return the bindings whose cells are no longer in their place.

    Fillings that went out stay as they are.

    Raises:
        NotAllowed: no right. UserError: the file cannot be a blank, or is the one that is stored.
    """
    actor.require(EDIT)
    opened = open_blank(content)
    moved = find_moved(opened.grids, form.bindings.all())
    with transaction.atomic():
        Form.objects.select_for_update().get(pk=form.pk)
        last = get_blank(form)
        if storage.save_content(content) == last.blob.sha256:
            raise UserError(_("这份文件与现有的空白表相同。"), hint=_("不用再上传。"), field="blank")
        blank = _store_blank(actor, form, content, file_name, last.version + 1)
        _record(actor, "replace", form, after={"version": blank.version, "moved": len(moved)})
    return moved


def bind_cell(*, actor: Actor, form: Form, cell: str, kind: str, spec: Mapping[str, Any]) -> FormBinding:
    """Bind a cell; what it was bound to before is replaced.

    Raises:
        NotAllowed: no right. UserError: no such cell, a cell that computes itself, or a spec that cannot be read.
    """
    actor.require(EDIT)
    readable = read_spec(kind, spec)
    check_spec(readable, read_measures())
    blank = open_stored_blank(get_blank(form))
    with transaction.atomic():
        Form.objects.select_for_update().get(pk=form.pk)
        binding = _bind(actor, form, blank, cell, readable)
        _record(actor, "bind", form, after={"cell": binding.cell, "kind": binding.kind, **binding.spec})
    return binding


def bind_cells(*, actor: Actor, form: Form, specs: Mapping[str, BindingSpec]) -> int:
    """Bind several cells, each to its own spec, and return how many; bound ones are replaced.

    Raises:
        NotAllowed: no right. UserError: no such cell, a cell that computes itself, or too many bindings.
    """
    actor.require(EDIT)
    measures = read_measures()
    for spec in specs.values():
        check_spec(spec, measures)
    blank = open_stored_blank(get_blank(form))
    with transaction.atomic():
        Form.objects.select_for_update().get(pk=form.pk)
        for cell, spec in specs.items():
            _bind(actor, form, blank, cell, spec)
        if specs:
            _record(actor, "bind", form, after={"cells": len(specs)})
    return len(specs)


def unbind_cell(*, actor: Actor, form: Form, cell: str) -> None:
    """Remove the binding of a cell; raise NotFoundError if there is none."""
    actor.require(EDIT)
    with transaction.atomic():
        binding = FormBinding.objects.select_for_update().filter(form=form, cell=cell).first()
        if binding is None:
            raise NotFoundError(_("这一格没有绑定。"), hint=_("请刷新页面。"))
        before = {"cell": binding.cell, "kind": binding.kind, **binding.spec}
        binding.delete()
        _record(actor, "unbind", form, before=before)


def list_suggestions(actor: Actor, form: Form) -> list[Suggestion]:
    """Return what the words of a form's blank suggest, bound cells included."""
    actor.require(EDIT)
    blank = open_stored_blank(get_blank(form))
    return suggest_bindings(blank.grids, read_measures(), readable_registers(actor), read_known_words())


def accept_suggestions(*, actor: Actor, form: Form, cells: Iterable[str]) -> int:
    """Bind the cells to what the words of the blank suggest; return how many. Bound cells stay as they are."""
    actor.require(EDIT)
    wanted = set(cells)
    measures = read_measures()
    blank = open_stored_blank(get_blank(form))
    suggestions = list_suggestions(actor, form)
    with transaction.atomic():
        Form.objects.select_for_update().get(pk=form.pk)
        bound = set(form.bindings.values_list("cell", flat=True))
        accepted = [item for item in suggestions if item.ref.text in wanted and item.ref.text not in bound]
        if len(bound) + len(accepted) > MOST_BINDINGS:
            raise _make_most_error()
        for item in accepted:
            check_spec(item.spec, measures)
        rows = [_build_binding(actor, form, blank, item.ref.text, item.spec) for item in accepted]
        FormBinding.objects.bulk_create(rows, batch_size=500)
        if rows:
            _record(actor, "bind", form, after={"cells": len(rows)})
    return len(rows)


def accept_moves(*, actor: Actor, form: Form) -> tuple[int, int]:
    """Move bindings to where their words are in the new blank; return how many moved and how many were not found."""
    actor.require(EDIT)
    with transaction.atomic():
        Form.objects.select_for_update().get(pk=form.pk)
        blank = open_stored_blank(get_blank(form))
        moved = find_moved(blank.grids, form.bindings.all())
        known = [item for item in moved if item.now is not None]
        staying = set(form.bindings.values_list("cell", flat=True)) - {item.binding.cell for item in known}
        free = [item for item in known if item.now is not None and item.now.text not in staying]
        # Two steps: a cell may move to where another one was.
        for item in free:
            FormBinding.objects.filter(pk=item.binding.pk).update(cell=f"?{item.binding.pk}")
        for item in free:
            if item.now is not None:
                spec = dict(item.binding.spec)
                if item.binding.kind == BindingKind.LIST:
                    shift = item.now.row - parse_ref(item.binding.cell).row
                    spec["last_row"] = int(spec.get("last_row") or 0) + shift
                FormBinding.objects.filter(pk=item.binding.pk).update(
                    cell=item.now.text, spec=spec, bound_at=clock.now(), bound_by=actor.label
                )
        _record(actor, "move", form, after={"moved": len(free), "missing": len(moved) - len(free)})
    return len(free), len(moved) - len(free)


def _bind(actor: Actor, form: Form, blank: Blank, cell: str, spec: BindingSpec) -> FormBinding:
    binding = _build_binding(actor, form, blank, cell, spec)
    existing = FormBinding.objects.filter(form=form, cell=binding.cell).first()
    if existing is None and form.bindings.count() >= MOST_BINDINGS:
        raise _make_most_error()
    if existing is not None:
        binding.pk = existing.pk
    binding.save()
    return binding


def _build_binding(actor: Actor, form: Form, blank: Blank, cell: str, spec: BindingSpec) -> FormBinding:
    ref = parse_ref(cell)
    grid = blank.get_grid(ref.sheet)
    if grid is None or not grid.has(ref):
        raise UserError(
            _("空白表里没有单元格 %(cell)s。") % {"cell": cell}, hint=_("请从表上点选。"), field="cell"
        )
    if grid.get(ref.row, ref.column).is_formula:
        raise UserError(
            _("%(cell)s 是公式，由表格自己计算，不能绑定。") % {"cell": cell},
            hint=_("请选别的格。"),
            field="cell",
        )
    if spec.kind is BindingKind.LIST:
        _check_list_place(grid, ref.row, spec)
    stored = spec.as_json()
    return FormBinding(
        form=form,
        cell=ref.text,
        kind=spec.kind,
        spec=stored,
        label=make_storable(read_label(grid, ref, spec.kind, stored)),
        bound_at=clock.now(),
        bound_by=actor.label,
    )


def _check_list_place(grid: Grid, first_row: int, spec: BindingSpec) -> None:
    if not first_row <= spec.last_row <= grid.rows:
        raise UserError(
            _("清单的末行应在第 %(first)d 行到第 %(last)d 行之间。")
            % {"first": first_row, "last": grid.rows},
            hint=_("请写空白表里留给清单的最后一行。"),
            field="last_row",
        )
    for letters in spec.columns:
        column = parse_ref(f"{grid.sheet}!{letters}1").column
        for row in range(first_row, spec.last_row + 1):
            cell = grid.get(row, column)
            if cell.is_formula or cell.rows > 1 or grid.covered.get((row, column), (row, column))[0] != row:
                raise UserError(
                    _("清单的 %(cell)s 是公式或上下合并的格。") % {"cell": f"{letters}{row}"},
                    hint=_("请换一列，或改末行。"),
                    field="columns",
                )


def _make_most_error() -> UserError:
    return UserError(
        _("一张表最多绑定 %(most)d 格。") % {"most": MOST_BINDINGS}, hint=_("请把表拆成几张。"), field="cell"
    )


def _clean(demand: DemandInput) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: " ".join(make_storable(getattr(demand, name)).split()) for name in ("name", "sender", "basis")
    }
    for name, message in (("name", _("请写表名。")), ("sender", _("请写要表单位。"))):
        if not values[name]:
            raise UserError(message, hint=_("如“区统计局”。") if name == "sender" else "", field=name)
    for name, most in (("name", 100), ("sender", 80), ("basis", 200)):
        if len(values[name]) > most:
            raise UserError(_("最多 %(most)d 字。") % {"most": most}, hint=_("请写短一些。"), field=name)
    if demand.cycle not in Cycle.values:
        raise UserError(_("没有这种报送周期。"), hint=_("请从列表中选择。"), field="cycle")
    if demand.due_days is not None and not 0 <= demand.due_days <= MOST_DUE_DAYS:
        raise UserError(
            _("期后天数在 0 到 %(most)d 之间。") % {"most": MOST_DUE_DAYS},
            hint=_("次月 5 日前报，就写 5。"),
            field="due_days",
        )
    unit = next((unit for unit in UNITS.get().values() if unit.active and unit.code == demand.unit), None)
    if demand.unit and unit is None:
        raise UserError(_("没有这个单位。"), hint=_("请从列表中选择。"), field="unit")
    unit_id = unit.id if unit is not None else None
    is_once = demand.cycle == Cycle.ONCE
    return {
        **values,
        "cycle": demand.cycle,
        "due_days": None if is_once else demand.due_days,
        "due_date": demand.due_date if is_once else None,
        "unit_id": unit_id,
    }


def _store_blank(actor: Actor, form: Form, content: bytes, file_name: str, version: int) -> FormBlank:
    suffix = ".docx" if "word/document.xml" in open_blank(content).package else ".xlsx"
    blob, _created = Blob.objects.get_or_create(
        sha256=storage.save_content(content), defaults={"size": len(content), "content_type": _TYPES[suffix]}
    )
    return FormBlank.objects.create(
        form=form,
        version=version,
        blob=blob,
        name=clean_name(file_name, suffix, form.name),
        uploaded_by=actor.label,
    )


def _record(actor: Actor, verb: str, form: Form, before: Any = None, after: Any = None) -> None:
    record_entry(
        actor=actor,
        action=f"reports.form:{verb}",
        obj_type="reports.form",
        obj_id=form.pk,
        before=before,
        after=after,
    )
