"""Forms of the evaluation. They check the format of what was typed; the actions check everything else."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiedao.evaluation.models import SheetItem
from jiedao.pages.fields import AmountField
from jiedao.pages.forms import FormWithFiles, make_files_field


class NumbersField(forms.Field):
    """The numbers of cases that are chosen from a list."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[str]:
        """Return the numbers without repetition."""
        return list(dict.fromkeys(str(number).strip() for number in value or ()))


class ContestForm(FormWithFiles):
    """An appeal against cases, with the evidence."""

    numbers = NumbersField(label=_("案件"), required=False)
    reason = forms.CharField(
        label=_("申诉理由"),
        max_length=1000,
        widget=forms.Textarea,
        help_text=_("写明为何不应计入，例如不属于本单位管辖。理由不同的案件请分开申诉。"),
    )
    photos = make_files_field(_("佐证材料"))

    @property
    def chosen(self) -> list[str]:
        """The numbers that are chosen, also before the form is sent."""
        return list(self["numbers"].data if self.is_bound else self.initial.get("numbers", ()))


class DecisionForm(forms.Form):
    """The decision of an appeal; the button that was pressed states whether chosen cases or none are granted."""

    granted = NumbersField(label=_("案件"), required=False)
    decision = forms.CharField(label=_("裁定说明"), max_length=1000, widget=forms.Textarea)

    @property
    def chosen(self) -> list[str]:
        """The numbers that are chosen; none at first, so that each is granted deliberately."""
        return list(self["granted"].data if self.is_bound else self.initial.get("granted", ()))


class ReasonForm(forms.Form):
    """Why published scores are computed again."""

    reason = forms.CharField(label=_("重新计分的原因"), max_length=200)


class PointsForm(forms.Form):
    """The points of a manual item, with the reason."""

    item = forms.TypedChoiceField(label=_("项目"), coerce=int)
    points = AmountField(label=_("得分"), max_digits=8, decimal_places=2)
    reason = forms.CharField(label=_("理由"), max_length=200, widget=forms.Textarea)

    def __init__(self, items: Sequence[SheetItem], *args: Any) -> None:
        super().__init__(*args)
        self.fields["item"].choices = [(item.pk, item.label) for item in items]  # type: ignore[attr-defined]


class DraftFileForm(forms.Form):
    """The file of a pack whose latest version is tried."""

    file = forms.FileField(
        label=_("上传 scoresheets.toml"),
        help_text=_("只读取这张评分表最新的版本，不保存。"),
        widget=forms.FileInput(attrs={"accept": ".toml"}),
    )
