"""The form of a report. Actions check it; a refused form is shown again with everything that was typed."""

from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from jiedao.cases import catalogue
from jiedao.cases.actions.intake import MAX_SUBJECT, NewCase
from jiedao.cases.models import Channel
from jiedao.cases.phones import require_phone
from jiedao.cases.questions import format_value, read_answers
from jiedao.files.models import Attachment
from jiedao.kernel.coordinates import CoordinateSystem
from jiedao.kernel.errors import UserError
from jiedao.kernel.signed import load_signed
from jiedao.pages.fields import DegreesField
from jiedao.pages.questions import QuestionFields
from jiedao.pages.reading import read_numbers
from jiedao.pages.widgets import MultipleFileField
from jiedao.portal.challenge import Challenge
from jiedao.portal.photos import describe_accepted_photos
from jiedao.portal.site import Offer

MAX_DETAIL = 2000
MAX_PHOTOS = 9
KEPT_SALT = "jiedao.portal.kept"
WORST_ACCURACY_M = 100_000


class ReportForm(QuestionFields):
    """What a person writes about a matter."""

    detail = forms.CharField(
        label=pgettext_lazy("what a resident reports", "什么情况"),
        max_length=MAX_DETAIL,
        error_messages={"required": _("请写明是什么情况。")},
        widget=forms.Textarea(attrs={"maxlength": MAX_DETAIL}),
        help_text=_("什么时候、什么现象，越具体越好。不用写姓名、身份证号。"),
    )
    place_text = forms.CharField(
        label=_("在什么地方"),
        max_length=200,
        error_messages={"required": _("请写明在什么地方。")},
        widget=forms.TextInput(attrs={"maxlength": 200, "list": "places", "autocomplete": "off"}),
        help_text=_("路名门牌、小区楼栋，或附近的标志物。"),
    )
    lon = DegreesField(label=_("经度"), axis="lon", required=False, widget=forms.HiddenInput)
    lat = DegreesField(label=_("纬度"), axis="lat", required=False, widget=forms.HiddenInput)
    accuracy_m = forms.FloatField(required=False, min_value=0, widget=forms.HiddenInput)
    photos = MultipleFileField(
        label=_("照片"),
        required=False,
        widget=MultipleFileField.widget(attrs={"accept": "image/*", "data-photos": True, "multiple": True}),
    )
    name = forms.CharField(
        label=_("怎么称呼您"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("电话"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        help_text=_("留了手机号，以后可以用它查自己反映过的所有事。"),
    )
    secret = forms.BooleanField(label=_("对承办单位保密我的身份"), required=False)
    company = forms.CharField(label=_("企业名称"), required=False, max_length=100)

    def __init__(self, offer: Offer, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.offer = offer
        limits = gettext("最多 %(most)d 张。拍摄的位置信息会自动去除。") % {"most": MAX_PHOTOS}
        self.fields["photos"].help_text = describe_accepted_photos() + limits
        if offer.audience == "COMPANY":
            self.fields["company"].required = True
            self.fields["company"].error_messages["required"] = _("请写企业名称。")
            self.fields["name"].label = _("联系人")
        else:
            del self.fields["company"]
        self.ask_about(find_category_id(offer))

    def clean(self) -> dict[str, Any]:
        """Leave out an incomplete point, and a point whose accuracy is implausible."""
        data = self.cleaned_data
        if data.get("lon") is None or data.get("lat") is None:
            data["lon"] = data["lat"] = data["accuracy_m"] = None
        if (data.get("accuracy_m") or 0) > WORST_ACCURACY_M:
            data["accuracy_m"] = None
        self.check_answers()
        return data

    def clean_phone(self) -> str:
        """Refuse a bad number together with the other faults of the form."""
        phone = str(self.cleaned_data["phone"]).strip()
        try:
            require_phone(phone)
        except UserError as fault:
            raise forms.ValidationError(str(fault)) from fault
        return phone

    def describe_answers(self) -> list[str]:
        """Return the answers as lines, for a case that another person reported; personal ones are left out."""
        values = read_answers(self.questions, self.posted_answers).values
        return [
            f"{question.label}：{format_value(question, values[question.key])}"
            for question in self.questions
            if question.key in values and not question.personal
        ]

    def build_new_case(self, challenge: Challenge) -> NewCase:
        """Return the case to report, from a valid form."""
        data, offer = self.cleaned_data, self.offer
        category = find_category_id(offer)
        company = data.get("company", "")
        detail = data["detail"] if not company else f"{data['detail']}\n企业名称：{company}"
        return NewCase(
            channel=Channel.WEB.value,
            subject=f"{offer.name}：{' '.join(data['detail'].split())}"[: min(60, MAX_SUBJECT)],
            detail=detail,
            place_text=data["place_text"],
            lon=data["lon"],
            lat=data["lat"],
            coord_system=CoordinateSystem.WGS84.value,
            accuracy_m=data["accuracy_m"],
            category_id=category,
            client_uuid=challenge.key,
            reporter_name=data["name"].strip(),
            reporter_phone=data["phone"].strip(),
            secret=data["secret"],
            answers=self.posted_answers if self.questions else None,
        )


def find_category_id(offer: Offer) -> int | None:
    """Return the category of the cases of an offer; None where a clerk chooses it, or the pack retired it."""
    return catalogue.find_category_id(offer.kind, offer.category) if offer.category else None


def sign_photo_ids(ids: list[int]) -> str:
    """Return the signed ids of the photos that are stored already, so that only this form can attach them."""
    return signing.dumps(",".join(map(str, ids)), salt=KEPT_SALT) if ids else ""


def read_photo_ids(text: str) -> list[int]:
    """Return the ids that `sign_photo_ids` wrote; [] for anything else."""
    try:
        ids = read_numbers(str(load_signed(text, salt=KEPT_SALT, max_age=24 * 3600)).split(","))
    except signing.BadSignature:
        return []
    stored = set(Attachment.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [pk for pk in ids if pk in stored]
