"""The town's own values over the pack: lists of what can be changed, forms, and what needs a decision."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.desk.admin.frame import render_page
from jiedao.desk.admin.own import (
    describe_own,
    format_value,
    get_value_url,
    handle_new_row,
    handle_own_form,
)
from jiedao.desk.admin.rows import find_category
from jiedao.desk.navigation import CATEGORIES, DUTIES, POLICIES
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.packs.own import ROW, OwnLayer
from jiedao.kernel.packs.own_rows import RowLayer
from jiedao.kernel.packs.parts import list_own_layers
from jiedao.orgs.own_values import (
    keep_own_value,
    list_own_entries,
    return_to_pack,
    switch_off_row,
    write_own_values,
)
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number

VALUES_PAGE, OWN_PAGE, CATEGORY_PAGE = "desk:admin_values", "desk:admin_own", "desk:admin_categories"
OWN_LISTS = frozenset({"category", "duty"})  # kinds whose rows are reached from the page of categories


@require_staff(DUTIES, POLICIES)
@take_filters({"kind": None})
def list_values(request: DeskRequest) -> HttpResponse:
    """List the rows of a kind that the user may change, each with its values; those of the town are marked."""
    layers = {
        kind: layer
        for kind, layer in list_own_layers().items()
        if kind not in OWN_LISTS and request.actor.can(layer.right)
    }
    layer = layers.get(request.GET.get("kind", "")) or next(iter(layers.values()))
    own_keys: dict[str, bool] = {}
    for entry in list_own_entries(request.actor, layer=layer):
        own_keys[entry.own.key] = own_keys.get(entry.own.key, False) or entry.own.field == ROW
    context = {
        "kinds": [(kind, listed_layer.title, kind == layer.kind) for kind, listed_layer in layers.items()],
        "note": layer.note,
        "kind": layer.kind,
        "add_label": layer.add_label if isinstance(layer, RowLayer) else "",
        "rows": _sort_by_group([_describe_row(layer, row, own_keys) for row in layer.list_rows()]),
    }
    return render_page(request, VALUES_PAGE, "values.html", context)


def _sort_by_group(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with those of a group together, the groups in the order of their first row."""
    places = {group: place for place, group in enumerate(dict.fromkeys(row["group"] for row in rows))}
    return sorted(rows, key=lambda row: places[row["group"]])


def _describe_row(layer: OwnLayer, row: Any, own_keys: Mapping[str, bool]) -> dict[str, Any]:
    """Return a row of the list; `own_keys` has the keys of own rows and of changed ones, true for the former."""
    fields = layer.list_fields(row)
    value = "" if len(fields) > 1 else format_value(fields[0], layer.read_shown(row, fields[0]))
    return {
        "heading": layer.describe(row),
        "group": layer.describe_group(row),
        "url": get_value_url(layer, row),
        "value": value,
        "active": getattr(row, "active", True),
        "own": layer.get_key(row) in own_keys,
        "added": own_keys.get(layer.get_key(row), False),
    }


@require_staff(CATEGORIES, DUTIES, POLICIES)
def edit_value(request: DeskRequest, kind: str, key: str) -> HttpResponse:
    """Show the form of a row; save it when it is posted."""
    layer = list_own_layers().get(kind)
    if layer is None:
        raise NotFoundError(_("没有这一项。"), hint=_("请回到列表再选。"))
    request.actor.require(layer.right)
    row = layer.get_row(key)
    section, back = _find_list(kind, row)
    note = " · ".join(filter(None, (str(layer.title), layer.describe_group(row))))
    context = {"title": layer.describe(row), "note": note}
    if isinstance(layer, RowLayer) and layer.may_switch_off:
        off_url = reverse("desk:admin_value_off", args=[kind, key])
        context |= {"below": "desk/admin/switch_off.html", "off_url": off_url}
    return handle_own_form(request, section, layer, row, back=back, **context)


def _find_list(kind: str, row: Any) -> tuple[str, str]:
    """Return the section of a kind, and the address of the page from which its rows are reached."""
    if kind not in OWN_LISTS:
        return VALUES_PAGE, f"{reverse(VALUES_PAGE)}?kind={kind}"
    if row is None:
        return CATEGORY_PAGE, reverse(CATEGORY_PAGE)
    return CATEGORY_PAGE, reverse("desk:admin_category", args=[row.category_id if kind == "duty" else row.pk])


def _get_row_layer(request: DeskRequest, kind: str) -> RowLayer:
    layer = list_own_layers().get(kind)
    if not isinstance(layer, RowLayer):
        raise NotFoundError(_("没有这一项。"), hint=_("请回到列表再选。"))
    request.actor.require(layer.right)
    return layer


@require_staff(DUTIES)
def add_value(request: DeskRequest, kind: str) -> HttpResponse:
    """Show the form of a row of the town's own; add it when it is posted. A category may be chosen in the address."""
    layer = _get_row_layer(request, kind)
    category = find_category(read_number(request.GET.get("of")) or 0) if kind == "duty" else None
    section, back = _find_list(kind, None)
    chosen: dict[str, str] = {}
    if category is not None:
        chosen = {"category": f"{category.kind} {category.code}"}
        back = reverse("desk:admin_category", args=[category.pk])
    about = {"title": layer.add_label, "note": layer.title}
    return handle_new_row(request, section, layer, back=back, chosen=chosen, **about)


@require_staff(DUTIES)
@require_POST
def switch_off_value(request: DeskRequest, kind: str, key: str) -> HttpResponse:
    """Switch a row off, which the pack then does not bring back."""
    layer = _get_row_layer(request, kind)
    row = layer.get_row(key)
    _section, back = _find_list(kind, row)
    try:
        switch_off_row(actor=request.actor, layer=layer, key=key, reason=request.POST.get("reason", ""))
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}".strip())
        return redirect("desk:admin_value", kind, key)
    messages.success(request, _("已停用。更新数据包时不会回来；可以在“本街道的改动”里恢复。"))
    return redirect(back)


@require_staff(CATEGORIES, DUTIES, POLICIES)
@take_filters()
def list_own_values(request: DeskRequest) -> HttpResponse:
    """List what the town has changed over its pack; what the pack has changed since comes first."""
    entries = [describe_own(entry) for entry in list_own_entries(request.actor)]
    conflicts = sum(entry.is_conflict for entry in entries)
    context = {"own_rows": entries, "conflicts": conflicts, "complete": True}
    return render_page(request, OWN_PAGE, "own.html", context)


@require_staff(CATEGORIES, DUTIES, POLICIES)
def export_own_values(request: DeskRequest) -> HttpResponse:
    """Return the own values as TOML, as `jiedao pack diff` prints them."""
    for layer in list_own_layers().values():
        request.actor.require(layer.right)
    response = HttpResponse(write_own_values(), content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="own-values.toml"'
    return response


@require_staff(CATEGORIES, DUTIES, POLICIES)
@require_POST
def decide_own_value(request: DeskRequest, own_id: int) -> HttpResponse:
    """Keep an own value or return to the value of the pack."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse(OWN_PAGE)
    try:
        if request.POST.get("choice") == "keep":
            entry = keep_own_value(actor=request.actor, own_id=own_id)
            text = _("已确认：继续用本街道的值。")
        else:
            entry = return_to_pack(actor=request.actor, own_id=own_id)
            text = _("已恢复为数据包的值。%(note)s") % {"note": entry.layer.note}
        messages.success(request, text)
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}".strip())
    return redirect(back)
