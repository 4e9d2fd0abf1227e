"""What the pages of the town's own values share: forms made from the fields of a layer, and values in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiedao.desk.admin.frame import handle_form
from jiedao.kernel.packs.own import OwnField, OwnLayer
from jiedao.kernel.packs.tables import Kind
from jiedao.kernel.worktime import Limit
from jiedao.orgs.own_values import MAX_REASON, OwnEntry, list_own_entries, make_mark, set_own_values
from jiedao.orgs.units import UNITS
from jiedao.pages.entry import DeskRequest
from jiedao.pages.fields import PeriodField, make_number_input
from jiedao.pages.widgets import QuickSelect

LONG_TEXT = 250  # a longer text gets a control of several lines


@dataclass(frozen=True)
class OwnRow:
    """An own value as the pages show it beside the value of the pack."""

    id: int
    heading: str
    url: str
    title: str
    field: str
    value: str
    pack_then: str
    pack_now: str
    is_missing: bool
    is_conflict: bool
    set_by: str
    set_at: Any
    reason: str


def format_value(field: OwnField | None, value: Any) -> str:
    """Return a value in words: limits with their unit, units by name, yes or no."""
    if field is not None and field.kind is Kind.BOOL:
        return gettext("是") if value else gettext("否")
    if value in (None, "", []):
        return gettext("没有写明，按默认") if value is None else gettext("空")
    if field is not None and field.kind is Kind.LIMIT:
        return Limit.parse(str(value)).label
    if field is not None and field.links:
        labels = {unit.code: unit.label for unit in UNITS.get().values()}
        return "、".join(labels.get(code, code) for code in (value if field.many else [value]))
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def describe_own(entry: OwnEntry) -> OwnRow:
    """Return an own value in words."""
    own, layer, field = entry.own, entry.layer, entry.field
    heading = layer.describe(entry.row) if entry.row is not None else own.key
    return OwnRow(
        id=own.pk,
        heading=heading,
        url=get_value_url(layer, entry.row) if entry.row is not None else "",
        title=str(layer.title),
        field=str(field.label) if field is not None else own.field,
        value=format_value(field, own.value),
        pack_then=format_value(field, own.pack_value),
        pack_now=format_value(field, own.pack_now),
        is_missing=own.is_missing,
        is_conflict=own.is_conflict,
        set_by=own.set_by,
        set_at=own.set_at,
        reason=own.reason,
    )


def get_value_url(layer: OwnLayer, row: Any) -> str:
    """Return the address of the form of a row."""
    if layer.kind == "category":
        return reverse("desk:admin_category", args=[row.pk])
    return reverse("desk:admin_value", args=[layer.kind, layer.get_key(row)])


def _make_unit_choices(current: Any) -> list[tuple[str, str]]:
    """Return the active units and those that the row names already."""
    named = current if isinstance(current, list) else [current]
    return [(unit.code, unit.label) for unit in UNITS.get().values() if unit.active or unit.code in named]


def _make_form_field(field: OwnField, current: Any, note: str) -> forms.Field:
    options: dict[str, Any] = {"label": field.label, "required": field.required, "initial": current}
    options["help_text"] = " ".join(filter(None, (str(field.hint), note)))
    if field.kind is Kind.LIMIT:
        return PeriodField(**options)
    if field.kind is Kind.BOOL:
        return forms.BooleanField(**{**options, "required": False})
    if field.kind in {Kind.INT, Kind.NUMBER}:
        options |= {"min_value": field.least, "max_value": field.most, "widget": make_number_input()}
        return forms.IntegerField(**options) if field.kind is Kind.INT else forms.FloatField(**options)
    if field.links:
        options["choices"] = _make_unit_choices(current)
        if field.many:
            return forms.MultipleChoiceField(**options, widget=forms.SelectMultiple(attrs={"size": "6"}))
        return forms.ChoiceField(**options, widget=QuickSelect())
    return _make_text_field(field, options)


def _make_text_field(field: OwnField, options: dict[str, Any]) -> forms.Field:
    if field.kind is Kind.TEXTS:
        return forms.CharField(**{**options, "initial": " ".join(options["initial"])}, widget=forms.Textarea)
    widget = forms.Textarea() if (field.most or 0) > LONG_TEXT else forms.TextInput()
    return forms.CharField(**options, max_length=int(field.most or 0) or None, widget=widget)


class OwnForm(forms.Form):
    """The fields of a row that people may change, and the reason of the change."""

    def __init__(
        self,
        *args: Any,
        own_fields: Sequence[OwnField],
        current: Mapping[str, Any],
        notes: Mapping[str, str],
        mark: str,
    ) -> None:
        super().__init__(*args)
        self.own_fields = own_fields
        for field in own_fields:
            self.fields[field.name] = _make_form_field(field, current[field.name], notes.get(field.name, ""))
        self.fields["reason"] = forms.CharField(
            label=_("为什么改"), max_length=MAX_REASON, help_text=_("写入审计日志，例如“区里 3 月发文调整”。")
        )
        self.fields["mark"] = forms.CharField(required=False, initial=mark, widget=forms.HiddenInput)

    def read_values(self) -> dict[str, Any]:
        """Return the values by field, lists of words from a text."""
        return {
            field.name: self.cleaned_data[field.name].split()
            if field.kind is Kind.TEXTS
            else self.cleaned_data[field.name]
            for field in self.own_fields
        }


def handle_own_form(
    request: DeskRequest, section: str, layer: OwnLayer, row: Any, *, back: str, **context: Any
) -> HttpResponse:
    """Show the form of a row with its own values above it; save the form when it is posted and go to `back`."""
    key = layer.get_key(row)
    fields = layer.list_fields(row)
    current = {field.name: layer.read_shown(row, field) for field in fields}
    entries = list_own_entries(request.actor, layer=layer, key=key)
    notes = {
        entry.own.field: gettext("数据包：%(value)s")
        % {"value": format_value(entry.field, entry.own.pack_now)}
        for entry in entries
    }
    data = request.POST if request.method == "POST" else None
    mark = make_mark(layer, row)
    form = OwnForm(data, own_fields=fields, current=current, notes=notes, mark=mark)

    def save(_data: dict[str, Any]) -> HttpResponse:
        changed = set_own_values(
            actor=request.actor,
            layer=layer,
            key=key,
            values=form.read_values(),
            reason=form.cleaned_data["reason"],
            mark=form.cleaned_data["mark"],
        )
        _report_change(request, layer, changed)
        return redirect(back)

    return handle_form(
        request,
        section,
        form,
        save,
        submit=gettext("保存"),
        above="desk/admin/own_values.html",
        form_note=f"{layer.note}{layer.hint}",
        cancel_url=back,
        own_rows=[describe_own(entry) for entry in entries],
        **context,
    )


def _report_change(request: DeskRequest, layer: OwnLayer, changed: Sequence[OwnField]) -> None:
    if not changed:
        messages.info(request, gettext("没有改动。"))
        return
    labels = "、".join(str(field.label) for field in changed)
    text = gettext("已保存：%(fields)s。更新数据包时会保留。") % {"fields": labels}
    messages.success(request, f"{text}{layer.note}")
