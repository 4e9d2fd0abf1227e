"""Bind the cells of a blank: the table on which a cell is chosen, its form beside it, and the suggestions."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from jiedao.desk.forms.forms import FactForm, FigureForm, HandForm, ListForm
from jiedao.desk.forms.grids import TONES, build_bind_grid, describe_spec, read_first_row
from jiedao.indicators.compute import read_measures
from jiedao.kernel.errors import NotFoundError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.registers.access import readable_registers
from jiedao.registers.catalogue import register_info
from jiedao.reports.forms.access import get_form
from jiedao.reports.forms.actions.binding import accept_moves, accept_suggestions, bind_cell, unbind_cell
from jiedao.reports.forms.actions.spreading import spread_binding
from jiedao.reports.forms.blank import Blank, CellRef, Grid, parse_ref
from jiedao.reports.forms.definition import read_spec
from jiedao.reports.forms.labels import read_words
from jiedao.reports.forms.models import EDIT, BindingKind, Form, FormBinding
from jiedao.reports.forms.moved import find_moved
from jiedao.reports.forms.opening import open_stored_blank
from jiedao.reports.forms.selectors import get_blank, read_known_words
from jiedao.reports.forms.suggesting import PlaceNames, Suggestion, suggest_bindings

MOST_SHOWN = 400  # suggestions and bindings in lists


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
def bind_form(request: DeskRequest, key: str) -> HttpResponse:
    """Show the blank with its bindings; a POST binds or frees a cell, or accepts suggestions or moves."""
    form = get_form(request.actor, key)
    if request.method == "GET":
        return _render(request, form)
    what = request.POST.get("what", "")
    if what == "suggest":
        count = accept_suggestions(actor=request.actor, form=form, cells=request.POST.getlist("cells"))
        text = ngettext("已绑定 %(n)d 格。", "已绑定 %(n)d 格。", count) % {"n": count}
    elif what == "move":
        count, missing = accept_moves(actor=request.actor, form=form)
        text = _("已改到新位置 %(n)d 格，%(missing)d 格要重新绑定。") % {"n": count, "missing": missing}
    elif what == "unbind":
        unbind_cell(actor=request.actor, form=form, cell=request.POST.get("cell", ""))
        text = _("已取消绑定。")
    else:
        return _bind(request, form)
    messages.success(request, text)
    return redirect(_make_url(form, request.POST.get("sheet", "")))


def _make_url(form: Form, sheet: str, cell: str = "") -> str:
    query = {name: value for name, value in (("sheet", sheet), ("cell", cell)) if value}
    return reverse("desk:form-bind", args=[form.key]) + (f"?{urlencode(query)}" if query else "")


def _bind(request: DeskRequest, form: Form) -> HttpResponse:
    blank = open_stored_blank(get_blank(form))
    ref = _read_chosen(blank, request.POST.get("cell", ""))
    if ref is None:
        raise NotFoundError(_("空白表里没有这一格。"), hint=_("请从表上点选。"))
    kind = request.POST.get("kind", "")
    cell_form = _make_cell_form(request, blank, ref, kind, data=request.POST)
    if isinstance(cell_form, ListForm) and request.POST.get("choose"):
        return _render(request, form, ref, kind, cell_form=None, register=request.POST.get("register", ""))
    bind = spread_binding if request.POST.get("spread") else bind_cell
    bound, status = submit_form(
        cell_form,
        lambda: bind(
            actor=request.actor,
            form=form,
            cell=ref.text,
            kind=kind,
            spec=cell_form.read_spec(),  # type: ignore[attr-defined]
        ),
    )
    if status:
        return _render(request, form, ref, kind, cell_form=cell_form, status=status)
    if isinstance(bound, int):
        text = ngettext("已绑定 %(n)d 格。", "已绑定 %(n)d 格。", bound) % {"n": bound}
    else:
        text = _("已绑定 %(cell)s。") % {"cell": ref.short}
    messages.success(request, text)
    return redirect(_make_url(form, ref.sheet))


def _read_chosen(blank: Blank, text: str) -> CellRef | None:
    if not text:
        return None
    ref = parse_ref(text)
    grid = blank.get_grid(ref.sheet)
    return ref if grid is not None and grid.has(ref) else None


def _make_cell_form(
    request: DeskRequest,
    blank: Blank,
    ref: CellRef,
    kind: str,
    *,
    initial: dict[str, Any] | None = None,
    data: QueryDict | None = None,
    register: str = "",
) -> forms.Form:
    if kind == BindingKind.FIGURE:
        return FigureForm(data, initial=initial)
    if kind == BindingKind.FACT:
        return FactForm(data, initial=initial)
    if kind == BindingKind.LIST:
        grid = blank.get_grid(ref.sheet) or Grid(ref.sheet)
        typed = data.get("register", "") if data is not None else ""
        chosen = register or typed or (initial or {}).get("register", "")
        info = (
            register_info(chosen)
            if chosen in {info.key for info in readable_registers(request.actor)}
            else None
        )
        return ListForm(data, initial=initial, actor=request.actor, grid=grid, row=ref.row, info=info)
    return HandForm(data if data is not None else None)


def _make_initial(spec: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the values of a form for a stored or suggested spec."""
    if kind == BindingKind.FIGURE:
        area, unit = spec.get("area", ""), spec.get("unit", "")
        place = f"area:{area}" if area else f"unit:{unit}" if unit else ""
        return {**spec, "place": place}
    if kind == BindingKind.LIST:
        columns = {f"column_{letters}": column for letters, column in (spec.get("columns") or {}).items()}
        return {**spec, **columns}
    return dict(spec)


def _render(
    request: DeskRequest,
    form: Form,
    ref: CellRef | None = None,
    kind: str = "",
    *,
    cell_form: forms.Form | None = None,
    register: str = "",
    status: int = 200,
) -> HttpResponse:
    blank = open_stored_blank(get_blank(form))
    ref = ref or _read_chosen(blank, request.GET.get("cell", ""))
    sheet = ref.sheet if ref is not None else request.GET.get("sheet", "")
    grid = blank.get_grid(sheet) or blank.grids[0]
    measures = read_measures()
    bindings = {binding.cell: binding for binding in form.bindings.order_by("cell")}
    every = suggest_bindings(blank.grids, measures, readable_registers(request.actor), read_known_words())
    suggestions = {item.ref.text: item for item in every if item.ref.text not in bindings}
    moved = find_moved(blank.grids, bindings.values())
    chosen = ref.text if ref is not None else ""
    first_row = ref.row if ref is not None else read_first_row(request.GET.get("from", ""))
    open_suggestions = [item for item in suggestions.values() if item.ref.sheet == grid.sheet]
    context: dict[str, Any] = {
        "form": form,
        "grid": build_bind_grid(grid, bindings, suggestions, measures, chosen, first_row=first_row),
        "sheet": grid.sheet,
        "tabs": _build_tabs(blank, bindings, grid.sheet),
        "suggestions": [
            {"item": item, "words": describe_spec(item.spec, measures), "sure": round(item.score * 100)}
            for item in open_suggestions[:MOST_SHOWN]
        ],
        "more_suggestions": max(0, len(open_suggestions) - MOST_SHOWN),
        "moved": moved[:MOST_SHOWN],
        "moved_count": len(moved),
        "known_moves": sum(item.now is not None for item in moved),
        "bound": len(bindings),
        "kinds": BindingKind,
    }
    if ref is not None:
        context |= _build_cell_panel(request, blank, ref, kind, cell_form, register, bindings, suggestions)
    return render(request, "desk/forms/bind.html", context, status=status)


def _build_tabs(blank: Blank, bindings: Mapping[str, FormBinding], sheet: str) -> list[dict[str, Any]]:
    if len(blank.grids) < 2:
        return []
    counts: dict[str, int] = {}
    for binding in bindings.values():
        own = binding.cell.rpartition("!")[0]
        counts[own] = counts.get(own, 0) + 1
    return [
        {
            "label": grid.sheet,
            "url": f"?{urlencode({'sheet': grid.sheet})}",
            "active": grid.sheet == sheet,
            "count": counts.get(grid.sheet, 0),
        }
        for grid in blank.grids
    ]


def _build_cell_panel(  # noqa: PLR0917 (what the page has read already)
    request: DeskRequest,
    blank: Blank,
    ref: CellRef,
    kind: str,
    cell_form: forms.Form | None,
    register: str,
    bindings: Mapping[str, FormBinding],
    suggestions: Mapping[str, Suggestion],
) -> dict[str, Any]:
    """Return the form of the chosen cell: what it is bound to, else what is suggested, else a figure."""
    binding, suggestion = bindings.get(ref.text), suggestions.get(ref.text)
    stored: tuple[str, Mapping[str, Any]] = ("", {})
    if binding is not None:
        stored = (binding.kind, read_spec(binding.kind, binding.spec).as_json())
    elif suggestion is not None:
        stored = (suggestion.spec.kind.value, suggestion.spec.as_json())
    kind = kind or request.GET.get("kind", "") or stored[0] or BindingKind.FIGURE.value
    kind = kind if kind in BindingKind.values else BindingKind.FIGURE.value
    register = register or request.GET.get("register", "")
    initial = _make_initial(stored[1], kind) if kind == stored[0] else {}
    if register:
        initial = {**initial, "register": register}
    if kind == BindingKind.LIST:
        initial.setdefault("last_row", ref.row)
    grid = blank.get_grid(ref.sheet) or Grid(ref.sheet)
    words = read_words(grid, ref.row, ref.column)
    return {
        "ref": ref,
        "heading": words.heading,
        "can_spread": PlaceNames().find([*words.beside, *words.above]) is not None,
        "binding": binding,
        "cell_form": cell_form
        or _make_cell_form(request, blank, ref, kind, initial=initial, register=register),
        "kind": kind,
        "kind_tabs": [
            {
                "label": label,
                "url": f"?{urlencode({'sheet': ref.sheet, 'cell': ref.text, 'kind': value})}#cell",
                "active": value == kind,
            }
            for value, label in BindingKind.choices
        ],
        "tone": TONES[kind],
    }
