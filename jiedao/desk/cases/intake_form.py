"""The form for reporting a new case."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.actions.intake import MAX_DETAIL, MAX_SUBJECT, NewCase
from jiedao.cases.models import Channel
from jiedao.desk.category_words import get_words_url
from jiedao.kernel.coordinates import CoordinateSystem
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import get_area_choices, get_category_choices, get_premise_choices
from jiedao.pages.fields import DegreesField
from jiedao.pages.forms import FormWithFiles
from jiedao.pages.questions import QuestionFields
from jiedao.pages.reading import read_number
from jiedao.pages.uploads import ACCEPT_FILES
from jiedao.pages.widgets import MultipleFileField, QuickSelect
from jiedao.places.naming import premise_info
from jiedao.places.selectors import area_info, area_text, is_district

COORDINATE_SYSTEMS = [
    (CoordinateSystem.WGS84.value, gettext_lazy("WGS 84（GPS、北斗）")),
    (CoordinateSystem.CGCS2000.value, gettext_lazy("CGCS2000（天地图）")),
    (CoordinateSystem.GCJ02.value, gettext_lazy("GCJ-02（高德、腾讯）")),
    (CoordinateSystem.BD09.value, gettext_lazy("BD-09（百度）")),
]


class IntakeForm(QuestionFields, FormWithFiles):
    """The input for a new case. The action checks it; a form that is refused shows everything that was typed."""

    client_uuid = forms.UUIDField(widget=forms.HiddenInput, required=False)
    field_order = ("client_uuid", "kept")
    detail = forms.CharField(
        label=gettext_lazy("内容"),
        error_messages={"required": gettext_lazy("请写明是什么事。")},
        widget=forms.Textarea(attrs={"maxlength": MAX_DETAIL}),
        help_text=gettext_lazy("时间、地点、现象，按反映人的原话。"),
    )
    subject = forms.CharField(
        label=gettext_lazy("标题"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": MAX_SUBJECT}),
        help_text=gettext_lazy("留空则取内容的开头。"),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("来源"), choices=lambda: Channel.choices, widget=QuickSelect
    )
    urgent = forms.BooleanField(label=gettext_lazy("紧急"), required=False)
    place_text = forms.CharField(
        label=gettext_lazy("地点"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": 200}),
        help_text=gettext_lazy("路名门牌、小区楼栋，或附近的标志物。"),
    )
    area = forms.ChoiceField(label=gettext_lazy("所属网格"), required=False, widget=QuickSelect)
    premise = forms.ChoiceField(label=gettext_lazy("小区、楼栋"), required=False, widget=QuickSelect)
    lon = DegreesField(label=gettext_lazy("经度"), axis="lon", required=False)
    lat = DegreesField(label=gettext_lazy("纬度"), axis="lat", required=False)
    coord_system = forms.ChoiceField(
        label=gettext_lazy("坐标系"), choices=COORDINATE_SYSTEMS, required=False, widget=QuickSelect
    )
    accuracy_m = forms.FloatField(
        label=gettext_lazy("误差（米）"),
        required=False,
        min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    category = forms.ChoiceField(
        label=gettext_lazy("类别"),
        required=False,
        widget=QuickSelect,
        help_text=gettext_lazy("不确定可以不选，系统会给出建议。"),
    )
    reporter_name = forms.CharField(
        label=gettext_lazy("姓名"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"data-draft-skip": True, "autocomplete": "off"}),
    )
    reporter_phone = forms.CharField(
        label=gettext_lazy("电话"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("手机 11 位，固定电话写区号；几个号码用顿号隔开。"),
        widget=forms.TextInput(attrs={"data-draft-skip": True, "autocomplete": "off", "inputmode": "tel"}),
    )
    secret = forms.BooleanField(label=gettext_lazy("反映人要求保密"), required=False)
    photos = MultipleFileField(
        label=gettext_lazy("现场照片、录音、视频、文件"),
        required=False,
        widget=MultipleFileField.widget(
            attrs={"accept": ACCEPT_FILES, "data-photos": True, "multiple": True}
        ),
        help_text=gettext_lazy("照片上传前自动缩小；照片和视频的拍摄位置会被去除。"),
    )

    def __init__(self, actor: Actor, data: Any = None, files: Any = None, **options: Any) -> None:
        initial = {
            "client_uuid": uuid.uuid4(),
            "channel": (Channel.HOTLINE if actor.confined_to is None else Channel.PATROL).value,
            "coord_system": CoordinateSystem.WGS84.value,
        }
        super().__init__(data, files, initial=initial, **options)
        paths = actor.confined_to
        for name, choices, empty in (
            ("area", get_area_choices(paths=paths), _("由坐标或小区确定")),
            ("premise", get_premise_choices(paths), "—"),
            ("category", get_category_choices(), _("还不确定")),
        ):
            field = self.fields[name]
            field.choices = choices.with_empty(empty)  # type: ignore[attr-defined]
            field.error_messages["invalid_choice"] = _("请从列表中选择。")
        self.fields["category"].widget.attrs["data-words"] = get_words_url()
        if data is not None:
            self.ask_about(read_number(data.get("category")))
        if is_district():
            self.fields["area"].label = _("所属街道")
        if not self.fields["premise"].choices[1:]:  # type: ignore[attr-defined]
            del self.fields["premise"]

    def clean(self) -> dict[str, Any]:
        """Refuse an incomplete point, and a premise outside the chosen area: one of the two was chosen by mistake.

        The answers are checked once the questions of the category were shown.
        """
        data = self.cleaned_data
        if self.showed_questions:
            self.check_answers()
        entered = [name for name in ("lon", "lat") if data.get(name) is not None]
        if len(entered) == 1 and not self.errors.keys() & {"lon", "lat"}:
            missing = "lat" if entered == ["lon"] else "lon"
            self.add_error(missing, _("请同时给出经度和纬度，或都不给。"))
        area = area_info(int(data["area"])) if data.get("area") else None
        premise = premise_info(int(data["premise"])) if data.get("premise") else None
        if area is not None and premise is not None and not premise.area_path.startswith(area.path):
            values = {"premise": premise.label, "area": area_text(premise.area_path)}
            self.add_error("premise", _("%(premise)s在%(area)s；请改网格，或改选小区、楼栋。") % values)
        return data

    def build_new_case(self) -> NewCase:
        """Return the case to report, from a valid form."""
        data = self.cleaned_data
        return NewCase(
            channel=data["channel"],
            subject=data["subject"],
            detail=data["detail"],
            place_text=data["place_text"],
            lon=data["lon"],
            lat=data["lat"],
            coord_system=data["coord_system"] or CoordinateSystem.WGS84.value,
            accuracy_m=data["accuracy_m"],
            area_id=int(data["area"]) if data["area"] else None,
            premise_id=int(data["premise"]) if data.get("premise") else None,
            category_id=int(data["category"]) if data["category"] else None,
            client_uuid=data["client_uuid"],
            reporter_name=data["reporter_name"].strip(),
            reporter_phone=data["reporter_phone"].strip(),
            secret=data["secret"],
            urgent=data["urgent"],
            answers=self.posted_answers if self.questions else None,
        )
