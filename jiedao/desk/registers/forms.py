"""The form of a record, built from the definition of its register. The actions check what was typed."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import get_area_choices, get_premise_choices, get_unit_choices
from jiedao.pages.fields import DayField, DegreesField
from jiedao.pages.reading import read_number
from jiedao.pages.widgets import QuickSelect
from jiedao.places.models import in_language
from jiedao.places.selectors import locate
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import NUMERIC, SLOT_TEXT, Anchor, Field, FieldKind
from jiedao.registers.models import Record, RecordState
from jiedao.registers.rows import MOST_CODE, MOST_NAME, MOST_PLACE, Fault, RecordInput, default_unit
from jiedao.registers.values import MOST_TEXT

MAX_RADIO_CHOICES = 5  # a field with more choices becomes a select box
REFERENCES = ("premise", "area", "unit")


def get_field_name(field: Field) -> str:
    """Return the name of a field in the form; the prefix of a personal field keeps its value out of drafts."""
    return f"personal_{field.key}" if field.personal else f"v_{field.key}"


class RecordForm(forms.Form):
    """The input for a record as text. The action reads the values, so that forms, sheets and the API are read alike."""

    code = forms.CharField(required=False, widget=forms.TextInput(attrs={"maxlength": MOST_CODE}))
    name = forms.CharField(label=gettext_lazy("名称"), widget=forms.TextInput(attrs={"maxlength": MOST_NAME}))
    parent = forms.CharField(required=False, widget=forms.TextInput(attrs={"maxlength": MOST_CODE}))
    premise = forms.ChoiceField(label=gettext_lazy("小区、楼栋"), required=False, widget=QuickSelect)
    area = forms.ChoiceField(label=gettext_lazy("所属网格"), required=False, widget=QuickSelect)
    unit = forms.ChoiceField(label=gettext_lazy("所属单位"), required=False, widget=QuickSelect)
    place_text = forms.CharField(
        label=gettext_lazy("地点"), required=False, widget=forms.TextInput(attrs={"maxlength": MOST_PLACE})
    )
    lon = DegreesField(label=gettext_lazy("经度"), axis="lon", required=False)
    lat = DegreesField(label=gettext_lazy("纬度"), axis="lat", required=False)
    on = DayField(label=gettext_lazy("自哪天起"), required=False)
    why = forms.CharField(label=gettext_lazy("原因"), widget=forms.TextInput(attrs={"maxlength": 300}))
    client_uuid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        actor: Actor,
        info: RegisterInfo,
        data: Any = None,
        *,
        record: Record | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        initial_values = {
            "on": clock.today(),
            "unit": str(default_unit(actor, info) or ""),
            **(initial or {}),
        }
        initial_values |= (
            {"client_uuid": uuid.uuid4()} if record is None else build_initial(info, record, record)
        )
        if record is not None:
            initial_values["version"] = record.version
        super().__init__(data, initial=initial_values)
        self.info, self.record = info, record
        self._set_up_standard_fields(actor)
        for register_field in info.definition.active_fields:
            self._add_value_field(register_field)
        for field in self.fields.values():
            field.error_messages["required"] = _("没有填写“%(name)s”。") % {"name": field.label}

    def _set_up_standard_fields(self, actor: Actor) -> None:
        definition = self.info.definition
        fields: dict[str, Any] = self.fields
        fields["code"].label = _get_code_label(self.info)
        if self.record is None:
            fields["code"].help_text = _("留空则自动编号。")
            fields["why"].required = False
            fields["why"].label = _("登记依据")
            fields["why"].help_text = _("如普查、移交、批文号。")
            fields["on"].help_text = _("从这天起计入台账，可以是以前的日子。")
        else:
            fields["why"].help_text = _("为什么改，会留在历史里。")
            fields["on"].help_text = _("改后的内容从这天起算；不能早于 %(day)s。") % {
                "day": self.record.since_date
            }
        paths = actor.confined_to
        for name, choices, empty_label in (
            ("premise", get_premise_choices(paths), "—"),
            ("area", get_area_choices(paths=paths), _("由处所、上级或坐标确定")),
            ("unit", get_unit_choices(), "—"),
        ):
            fields[name].choices = choices.with_empty(empty_label)
            fields[name].error_messages["invalid_choice"] = _("请从列表中选择。")
        required_names = {
            Anchor.PREMISE: "premise",
            Anchor.GRID: "area",
            Anchor.UNIT: "unit",
            Anchor.REGISTER: "parent",
        }
        if definition.on is Anchor.REGISTER:
            parent_register = register_info(definition.parent)
            label = parent_register.label if parent_register is not None else definition.parent
            fields["parent"].label = _("所属的%(name)s") % {"name": label}
            fields["parent"].help_text = _("填它的编码；也可以从它的页面新增。")
        else:
            del fields["parent"]
        if not fields["premise"].choices[1:] and definition.on is not Anchor.PREMISE:
            del fields["premise"]
        if definition.on in required_names and definition.on is not Anchor.GRID:
            fields[required_names[definition.on]].required = True
        if self.record is None:
            del fields["version"]
        else:
            del fields["client_uuid"]

    def _add_value_field(self, register_field: Field) -> None:
        self.fields[get_field_name(register_field)] = _make_form_field(
            register_field, self.initial.get(get_field_name(register_field))
        )
        if (
            register_field.personal
            and self.record is not None
            and self.record.values.get(register_field.store)
        ):
            field = self.fields[get_field_name(register_field)]
            field.required = False
            field.help_text = _("已有内容，加密保存；留空则保持不变。")
            self.fields[f"clear_{register_field.key}"] = forms.BooleanField(
                label=_("清除“%(name)s”") % {"name": register_field.label}, required=False
            )

    def get_value_fields(self) -> list[Any]:
        """Return the bound fields that the definition of the register declares, in their order."""
        names = [
            f"clear_{register_field.key}" if suffix else get_field_name(register_field)
            for register_field in self.info.definition.active_fields
            for suffix in (0, 1)
        ]
        return [self[name] for name in names if name in self.fields]

    def build_input(self) -> RecordInput:
        """Return the input for the action, without the values that the user did not change.

        If the form has errors, return what could be read.
        """
        data = self.cleaned_data
        lon, lat = self._get_point()
        return RecordInput(
            code=data.get("code", ""),
            name=data.get("name", ""),
            premise_id=read_number(data.get("premise")),
            area_id=read_number(data.get("area")),
            unit_id=read_number(data.get("unit")),
            parent=data.get("parent", ""),
            place_text=data.get("place_text", ""),
            lon=lon,
            lat=lat,
            values=self._get_changed_values(),
            on=data.get("on"),
            active=self.record is None or self.record.active,
            client_uuid=data.get("client_uuid"),
        )

    def _get_point(self) -> tuple[float | None, float | None]:
        """Return the point of the form, or the exact point of the record if the user did not change the rounded one."""
        lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
        if (
            self.record is not None
            and lon is not None
            and (lon, lat) == (self.initial["lon"], self.initial["lat"])
        ):
            return self.record.lon, self.record.lat
        return lon, lat

    def _get_changed_values(self) -> dict[str, Any]:
        """Return the values that the user changed; the record keeps the others, even a retired choice."""
        values: dict[str, Any] = {}
        for register_field in self.info.definition.active_fields:
            typed = self.cleaned_data.get(get_field_name(register_field), "").replace("\r\n", "\n")
            if self.cleaned_data.get(f"clear_{register_field.key}"):
                values[register_field.key] = ""
            elif self.record is None or typed != self.initial.get(get_field_name(register_field), ""):
                values[register_field.key] = typed
        return values

    def add_faults(self, faults: Sequence[Fault]) -> None:
        """Show every fault at its field, or above the form if the form does not have that field."""
        for fault in faults:
            register_field = self.info.definition.field(fault.field)
            name = get_field_name(register_field) if register_field is not None else fault.field
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, fault.reason)


def _get_code_label(info: RegisterInfo) -> str:
    return in_language(info.definition.code_name, info.definition.code_name_en) or _("编码")


def _make_form_field(register_field: Field, value: Any) -> forms.Field:
    """Return a form field with the widget for the kind of the register's field; its value is text."""
    label = (
        f"{register_field.label}（{_get_unit_label(register_field)}）"
        if _get_unit_label(register_field)
        else register_field.label
    )
    return forms.CharField(
        label=label,
        required=register_field.required,
        help_text=register_field.help_label,
        widget=_make_widget(register_field, str(value or "")),
    )


def _get_unit_label(register_field: Field) -> str:
    return register_field.unit_label or (_("元") if register_field.kind is FieldKind.MONEY else "")


def _make_widget(register_field: Field, value: str) -> forms.Widget:
    if register_field.kind is FieldKind.DATE:
        return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    if register_field.kind in {FieldKind.CHOICE, FieldKind.BOOL}:
        choices = _list_choices(register_field, value)
        empty = [] if register_field.required else [("", _("未填"))]
        if len(choices) <= MAX_RADIO_CHOICES:
            return forms.RadioSelect(choices=[*choices, *empty])
        return QuickSelect(choices=[("", "—"), *choices])
    attrs: dict[str, Any] = {"autocomplete": "off"}
    if register_field.kind in NUMERIC:
        return forms.TextInput(
            attrs={**attrs, "inputmode": "numeric" if register_field.whole else "decimal", "maxlength": 30}
        )
    if register_field.kind is FieldKind.TEXT and not register_field.slot and not register_field.personal:
        return forms.Textarea(attrs={"maxlength": MOST_TEXT, "rows": 2})
    attrs["maxlength"] = SLOT_TEXT if register_field.slot else 200
    return forms.TextInput(attrs=attrs | ({"data-draft-skip": True} if register_field.personal else {}))


def _list_choices(register_field: Field, value: str) -> list[tuple[str, str]]:
    if register_field.kind is FieldKind.BOOL:
        return [("1", _("是")), ("0", _("否"))]
    return [
        (choice.code, choice.label)
        for choice in register_field.choices
        if not choice.retired or choice.code == value
    ]


def build_initial(info: RegisterInfo, state: RecordState, record: Record) -> dict[str, Any]:
    """Return the initial values of the form for the present or a previous state of a record.

    An area or a point that is derived from the premise or the parent is left out, so that it follows them if the user
    changes them.
    """
    values: dict[str, Any] = {
        name: getattr(state, name) for name in ("code", "name", "place_text", "lon", "lat")
    }
    parent = record.parent
    values |= {name: str(getattr(state, f"{name}_id") or "") for name in REFERENCES}
    values["parent"] = parent.code if parent is not None else ""
    if state.premise is not None and (state.lon, state.lat) == (state.premise.lon, state.premise.lat):
        values |= {"lon": None, "lat": None}
    if values["lon"] is not None:
        values |= {"lon": round(values["lon"], 6), "lat": round(values["lat"], 6)}
    if state.area_id is not None and state.area_id == _find_derived_area_id(state, parent, values):
        values["area"] = ""
    values |= {
        get_field_name(register_field): _format_value(register_field, state.values.get(register_field.store))
        for register_field in info.definition.active_fields
        if not register_field.personal
    }
    return values


def _find_derived_area_id(state: RecordState, parent: Record | None, values: dict[str, Any]) -> int | None:
    """Return the id of the area that is derived from the parent, the premise or the point, None if there is none."""
    if parent is not None:
        return parent.area_id
    if state.premise is not None:
        return state.premise.area_id
    if values["lon"] is None:
        return None
    located = locate(values["lon"], values["lat"])
    return located.area.id if located.area is not None else None


def _format_value(register_field: Field, value: Any) -> str:
    if value is None:
        return ""
    if register_field.kind is FieldKind.BOOL:
        return "1" if value else "0"
    return str(value)
