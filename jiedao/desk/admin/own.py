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
from jiedao.kernel.packs.own import ACTIVE, ROW, OwnField, OwnLayer
from jiedao.kernel.packs.own_rows import RowLayer, describe_row_state
from jiedao.kernel.packs.tables import Kind
from jiedao.kernel.worktime import Limit
from jiedao.orgs.own_values import (
    MAX_REASON,
    OwnEntry,
    add_own_row,
    list_own_entries,
    make_mark,
    set_own_values,
)
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
    is_added: bool
    is_off: bool
    set_by: str
    set_at: Any
    reason: str


def format_value(field: OwnField | None, value: Any) -> str:
    """Return a value in words: limits with their unit, units by name, yes or no."""
    if field is not None and field.kind is Kind.BOOL:
        return gettext("是") if value else gettext("否")
    if field is not None and field.choices is not None and value:
        return str(dict(field.choices()).get(value, value))
    if value in (None, "", []):
        return gettext("没有写明，按默认") if value is None else gettext("空")
    if field is not None and field.kind is Kind.LIMIT:
        return Limit.parse(str(value)).label
    if field is not None and field.links:
        labels = {unit.code: unit.label for unit in UNITS.get().values()}
        return "、".join(labels.get(code, code) for code in (value if field.many else [value]))
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def format_row(layer: RowLayer, values: Mapping[str, Any] | None, nothing: str) -> str:
    """Return the values of a row in words, without those that are its key; `nothing` where there is no row."""
    if values is None:
        return nothing
    flat = layer.flatten(dict(values))
    fields = [field for field in layer.fields if field.name in flat and field.name != ACTIVE]
    return "；".join(f"{field.label} {format_value(field, flat[field.name])}" for field in fields)


def describe_own(entry: OwnEntry) -> OwnRow:
    """Return an own value in words."""
    own, layer, field = entry.own, entry.layer, entry.field
    heading = layer.describe(entry.row) if entry.row is not None else layer.describe_key(own.key)
    is_row = own.field == ROW and isinstance(layer, RowLayer)

    def show(value: Any, nothing: str) -> str:
        if is_row and isinstance(layer, RowLayer):
            return format_row(layer, value, nothing)
        return format_value(field, value)

    return OwnRow(
        id=own.pk,
        heading=heading,
        url=get_value_url(layer, entry.row) if entry.row is not None else "",
        title=str(layer.title),
        field=describe_row_state(own.value)
        if is_row
        else str(field.label)
        if field is not None
        else own.field,
        value=show(own.value, gettext("停用")),
        pack_then=show(own.pack_value, gettext("没有这一条")),
        pack_now=show(own.pack_now, gettext("没有这一条")),
        is_missing=own.is_missing,
        is_conflict=own.is_conflict,
        is_added=is_row and own.pack_now is None,
        is_off=is_row and own.value is None,
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
    if field.links or field.choices is not None:
        choices = field.choices() if field.choices is not None else _make_unit_choices(current)
        options["choices"] = choices if current or field.many else [("", gettext("请选择")), *choices]
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
        mark: str = "",
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


def handle_new_row(
    request: DeskRequest,
    section: str,
    layer: RowLayer,
    *,
    back: str,
    chosen: Mapping[str, str],
    **context: Any,
) -> HttpResponse:
    """Show the form of a new row of the town's own; save it when it is posted and go to `back`.

    Args:
        chosen: values that the form offers first, by field.
    """
    fields = layer.list_new_fields()
    current: dict[str, Any] = {field.name: [] if field.many else "" for field in fields}
    current |= chosen
    data = request.POST if request.method == "POST" else None
    form = OwnForm(data, own_fields=fields, current=current, notes={})
    form.fields["reason"].label = gettext("为什么增加")

    def save(_data: dict[str, Any]) -> HttpResponse:
        row = add_own_row(
            actor=request.actor, layer=layer, values=form.read_values(), reason=form.cleaned_data["reason"]
        )
        text = gettext("已增加“%(row)s”。更新数据包时会保留。") % {"row": layer.describe(row)}
        messages.success(request, f"{text}{layer.note}")
        return redirect(back)

    note = f"{layer.note}{layer.hint}"
    return handle_form(
        request, section, form, save, submit=gettext("增加"), form_note=note, cancel_url=back, **context
    )


def _report_change(request: DeskRequest, layer: OwnLayer, changed: Sequence[OwnField]) -> None:
    if not changed:
        messages.info(request, gettext("没有改动。"))
        return
    labels = "、".join(str(field.label) for field in changed)
    text = gettext("已保存：%(fields)s。更新数据包时会保留。") % {"fields": labels}
    messages.success(request, f"{text}{layer.note}")
