"""The town's own values over the pack: lists of what can be changed, forms, and what needs a decision."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.desk.admin.frame import render_page
from jiedao.desk.admin.own import describe_own, format_value, get_value_url, handle_own_form
from jiedao.desk.navigation import CATEGORIES, DUTIES, POLICIES
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.packs.own import OwnLayer
from jiedao.kernel.packs.parts import list_own_layers
from jiedao.orgs.own_values import keep_own_value, list_own_entries, return_to_pack, write_own_values
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters

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
    own_keys = {entry.own.key for entry in list_own_entries(request.actor, layer=layer)}
    context = {
        "kinds": [(kind, each.title, kind == layer.kind) for kind, each in layers.items()],
        "note": layer.note,
        "rows": [_describe_row(layer, row, own_keys) for row in layer.list_rows()],
    }
    return render_page(request, VALUES_PAGE, "values.html", context)


def _describe_row(layer: OwnLayer, row: Any, own_keys: set[str]) -> dict[str, Any]:
    fields = layer.list_fields(row)
    value = "" if len(fields) > 1 else format_value(fields[0], layer.read_shown(row, fields[0]))
    return {
        "heading": layer.describe(row),
        "group": layer.describe_group(row),
        "url": get_value_url(layer, row),
        "value": value,
        "active": getattr(row, "active", True),
        "own": layer.get_key(row) in own_keys,
    }


@require_staff(CATEGORIES, DUTIES, POLICIES)
def edit_value(request: DeskRequest, kind: str, key: str) -> HttpResponse:
    """Show the form of a row; save it when it is posted."""
    layer = list_own_layers().get(kind)
    if layer is None:
        raise NotFoundError(_("没有这一项。"), hint=_("请回到列表再选。"))
    request.actor.require(layer.right)
    row = layer.get_row(key)
    if kind in OWN_LISTS:
        section = CATEGORY_PAGE
        category_id = row.category_id if kind == "duty" else row.pk
        back = reverse("desk:admin_category", args=[category_id])
    else:
        section, back = VALUES_PAGE, f"{reverse(VALUES_PAGE)}?kind={kind}"
    note = " · ".join(filter(None, (str(layer.title), layer.describe_group(row))))
    return handle_own_form(request, section, layer, row, back=back, title=layer.describe(row), note=note)


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
