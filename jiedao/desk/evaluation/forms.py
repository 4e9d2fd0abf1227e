"""Forms of the evaluation. They check the format of what was typed; the actions check everything else."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiedao.evaluation.models import SheetItem
from jiedao.pages.fields import AmountField
from jiedao.pages.forms import FormWithFiles, make_files_field


class ContestForm(FormWithFiles):
    """An appeal against a case, with the evidence."""

    number = forms.CharField(
        label=_("案件编号"), max_length=30, help_text=_("从评分表点开案件清单，抄下要申诉的编号。")
    )
    reason = forms.CharField(
        label=_("申诉理由"),
        max_length=1000,
        widget=forms.Textarea,
        help_text=_("写明为何不应计入，例如不属于本单位管辖。"),
    )
    photos = make_files_field(_("佐证材料"))


class DecisionForm(forms.Form):
    """The decision of an appeal; the button that was pressed states which."""

    decision = forms.CharField(label=_("裁定说明"), max_length=1000, widget=forms.Textarea)


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


class WeightsForm(forms.Form):
    """Other points for the items of a sheet."""

    def __init__(self, items: Sequence[tuple[SheetItem, Any]], *args: Any) -> None:
        super().__init__(*args)
        for item, out_of in items:
            self.fields[f"w_{item.key}"] = AmountField(
                label=item.label, max_digits=8, decimal_places=2, initial=f"{out_of.normalize():f}"
            )

    @property
    def weights(self) -> dict[str, Any]:
        """The points by the key of the item."""
        return {name.removeprefix("w_"): value for name, value in self.cleaned_data.items()}
