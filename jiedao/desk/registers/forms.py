"""The form of a record, made from its register's definition. What can be kept is for the action to say."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import get_area_choices, get_premise_choices, get_unit_choices
from jiedao.pages.widgets import QuickSelect
from jiedao.places.models import in_language
from jiedao.places.selectors import locate
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import NUMERIC, SLOT_TEXT, Field, FieldKind, Hangs
from jiedao.registers.models import Record, RecordState
from jiedao.registers.rows import MOST_CODE, MOST_NAME, MOST_PLACE, Fault, Given, own_unit
from jiedao.registers.values import MOST_TEXT

FEW = 5  # choices that stand as buttons; more become a list
REFERENCES = ("premise", "area", "unit")


def name_of(one: Field) -> str:
    """Return the form's name of a field; personal ones bear another, by which drafts leave them out."""
    return f"personal_{one.key}" if one.personal else f"v_{one.key}"


class RecordForm(forms.Form):
    """What is typed. Values are read by the action, so that form, sheet and API read them alike."""

    code = forms.CharField(required=False, widget=forms.TextInput(attrs={"maxlength": MOST_CODE}))
    name = forms.CharField(label=gettext_lazy("名称"), widget=forms.TextInput(attrs={"maxlength": MOST_NAME}))
    parent = forms.CharField(required=False, widget=forms.TextInput(attrs={"maxlength": MOST_CODE}))
    premise = forms.ChoiceField(label=gettext_lazy("小区、楼栋"), required=False, widget=QuickSelect)
    area = forms.ChoiceField(label=gettext_lazy("所属网格"), required=False, widget=QuickSelect)
    unit = forms.ChoiceField(label=gettext_lazy("所属单位"), required=False, widget=QuickSelect)
    place_text = forms.CharField(
        label=gettext_lazy("地点"), required=False, widget=forms.TextInput(attrs={"maxlength": MOST_PLACE})
    )
    lon = forms.FloatField(
        label=gettext_lazy("经度"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    lat = forms.FloatField(
        label=gettext_lazy("纬度"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    on = forms.DateField(
        label=gettext_lazy("自哪天起"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
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
        first = {"on": clock.today(), "unit": str(own_unit(actor, info) or ""), **(initial or {})}
        first |= {"client_uuid": uuid.uuid4()} if record is None else state_values(info, record, record)
        if record is not None:
            first["version"] = record.version
        super().__init__(data, initial=first)
        self.info, self.record = info, record
        self._standard(actor)
        for one in info.definition.live:
            self._add(one)
        for field in self.fields.values():
            field.error_messages["required"] = _("没有填写“%(name)s”。") % {"name": field.label}

    def _standard(self, actor: Actor) -> None:
        definition = self.info.definition
        fields: dict[str, Any] = self.fields
        fields["code"].label = _code_label(self.info)
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
        for name, choices, empty in (
            ("premise", get_premise_choices(paths), "—"),
            ("area", get_area_choices(paths=paths), _("由处所、上级或坐标确定")),
            ("unit", get_unit_choices(), "—"),
        ):
            fields[name].choices = [("", empty), *choices]
            fields[name].error_messages["invalid_choice"] = _("请从列表中选择。")
        needed = {Hangs.PREMISE: "premise", Hangs.GRID: "area", Hangs.UNIT: "unit", Hangs.REGISTER: "parent"}
        if definition.on is Hangs.REGISTER:
            above = register_info(definition.parent)
            label = above.label if above is not None else definition.parent
            fields["parent"].label = _("所属的%(name)s") % {"name": label}
            fields["parent"].help_text = _("填它的编码；也可以从它的页面新增。")
        else:
            del fields["parent"]
        if not fields["premise"].choices[1:] and definition.on is not Hangs.PREMISE:
            del fields["premise"]
        if definition.on in needed and definition.on is not Hangs.GRID:
            fields[needed[definition.on]].required = True
        if self.record is None:
            del fields["version"]
        else:
            del fields["client_uuid"]

    def _add(self, one: Field) -> None:
        self.fields[name_of(one)] = _control(one, self.initial.get(name_of(one)))
        if one.personal and self.record is not None and self.record.values.get(one.store):
            field = self.fields[name_of(one)]
            field.required = False
            field.help_text = _("已有内容，加密保存；留空则保持不变。")
            self.fields[f"clear_{one.key}"] = forms.BooleanField(
                label=_("清除“%(name)s”") % {"name": one.label}, required=False
            )

    def values(self) -> list[Any]:
        """Return the bound fields of the register's own, in order."""
        names = [
            f"clear_{one.key}" if part else name_of(one)
            for one in self.info.definition.live
            for part in (0, 1)
        ]
        return [self[name] for name in names if name in self.fields]

    def given(self) -> Given:
        """Return the record as it was typed; of a form at fault what could be read. What is as it was is left out."""
        data = self.cleaned_data
        lon, lat = self._point()
        return Given(
            code=data.get("code", ""),
            name=data.get("name", ""),
            premise_id=_read_id(data.get("premise")),
            area_id=_read_id(data.get("area")),
            unit_id=_read_id(data.get("unit")),
            parent=data.get("parent", ""),
            place_text=data.get("place_text", ""),
            lon=lon,
            lat=lat,
            values=self._values(),
            on=data.get("on"),
            active=self.record is None or self.record.active,
            client_uuid=data.get("client_uuid"),
        )

    def _point(self) -> tuple[float | None, float | None]:
        """Return the point; one that stands as the form showed it, rounded, is the one the record has."""
        lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
        if (
            self.record is not None
            and lon is not None
            and (lon, lat) == (self.initial["lon"], self.initial["lat"])
        ):
            return self.record.lon, self.record.lat
        return lon, lat

    def _values(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in self.info.definition.live:
            typed = self.cleaned_data.get(name_of(one), "").replace("\r\n", "\n")
            if self.cleaned_data.get(f"clear_{one.key}"):
                found[one.key] = ""
            elif self.record is None or typed != self.initial.get(name_of(one), ""):
                found[one.key] = typed  # what is as it was stays, also a choice that is no longer offered
        return found

    def add_faults(self, faults: Sequence[Fault]) -> None:
        """Show every fault at its field, and those of no field above the form."""
        for fault in faults:
            one = self.info.definition.field(fault.field)
            name = name_of(one) if one is not None else fault.field
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, fault.reason)


def _read_id(text: str | None) -> int | None:
    return int(text) if text else None


def _code_label(info: RegisterInfo) -> str:
    return in_language(info.definition.code_name, info.definition.code_name_en) or _("编码")


def _control(one: Field, value: Any) -> forms.Field:
    """Return the form's field: text that the action reads, drawn as its kind wants."""
    label = f"{one.label}（{_unit(one)}）" if _unit(one) else one.label
    return forms.CharField(
        label=label, required=one.required, help_text=one.help_label, widget=_widget(one, str(value or ""))
    )


def _unit(one: Field) -> str:
    return one.unit_label or (_("元") if one.kind is FieldKind.MONEY else "")


def _widget(one: Field, value: str) -> forms.Widget:
    if one.kind is FieldKind.DATE:
        return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    if one.kind in {FieldKind.CHOICE, FieldKind.BOOL}:
        choices = _choices(one, value)
        empty = [] if one.required else [("", _("未填"))]
        if len(choices) <= FEW:
            return forms.RadioSelect(choices=[*choices, *empty])
        return QuickSelect(choices=[("", "—"), *choices])
    attrs: dict[str, Any] = {"autocomplete": "off"}
    if one.kind in NUMERIC:
        return forms.TextInput(
            attrs={**attrs, "inputmode": "numeric" if one.whole else "decimal", "maxlength": 30}
        )
    if one.kind is FieldKind.TEXT and not one.slot and not one.personal:
        return forms.Textarea(attrs={"maxlength": MOST_TEXT, "rows": 2})
    attrs["maxlength"] = SLOT_TEXT if one.slot else 200
    return forms.TextInput(attrs=attrs | ({"data-draft-skip": True} if one.personal else {}))


def _choices(one: Field, value: str) -> list[tuple[str, str]]:
    if one.kind is FieldKind.BOOL:
        return [("1", _("是")), ("0", _("否"))]
    return [
        (choice.code, choice.label) for choice in one.choices if not choice.retired or choice.code == value
    ]


def state_values(info: RegisterInfo, state: RecordState, record: Record) -> dict[str, Any]:
    """Return what a form shows of a state a record has or had.

    An area or point that follows from premise or parent is left out: where they change, it follows them.
    """
    found: dict[str, Any] = {
        name: getattr(state, name) for name in ("code", "name", "place_text", "lon", "lat")
    }
    parent = record.parent
    found |= {name: str(getattr(state, f"{name}_id") or "") for name in REFERENCES}
    found["parent"] = parent.code if parent is not None else ""
    if state.premise is not None and (state.lon, state.lat) == (state.premise.lon, state.premise.lat):
        found |= {"lon": None, "lat": None}
    if found["lon"] is not None:
        found |= {"lon": round(found["lon"], 6), "lat": round(found["lat"], 6)}
    if state.area_id is not None and state.area_id == _following(state, parent, found):
        found["area"] = ""
    found |= {
        name_of(one): _shown(one, state.values.get(one.store))
        for one in info.definition.live
        if not one.personal
    }
    return found


def _following(state: RecordState, parent: Record | None, found: dict[str, Any]) -> int | None:
    """Return the area that follows from the premise, the parent or the point."""
    if parent is not None:
        return parent.area_id
    if state.premise is not None:
        return state.premise.area_id
    if found["lon"] is None:
        return None
    located = locate(found["lon"], found["lat"])
    return located.area.id if located.area is not None else None


def _shown(one: Field, value: Any) -> str:
    if value is None:
        return ""
    if one.kind is FieldKind.BOOL:
        return "1" if value else "0"
    return str(value)
