"""Forms of reports."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiedao.orgs.units import UNITS
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS
from jiedao.reports.selectors import list_templates


class BeginForm(forms.Form):
    """Which report to begin."""

    template = forms.ChoiceField(label=_("报告"))
    period = forms.CharField(
        label=_("时段"),
        max_length=24,
        help_text=_("例如：2020、2020H1、2020Q2、2020-06、2020-W26、2020-06-30。"),
    )
    area = forms.ChoiceField(label=_("社区"), required=False, help_text=_("只有社区的报告要选。"))
    unit = forms.ChoiceField(label=_("单位"), required=False, help_text=_("只有单位的报告要选。"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["template"].choices = [
            (
                template.key,
                f"{template.label}（{template.get_scope_display()}，{template.get_period_kind_display()}）",
            )
            for template in list_templates()
        ]
        fields["area"].choices = [("", gettext("不选"))] + [
            (area.code, area.label) for area in AREAS.get().values() if area.kind == AreaKind.COMMUNITY
        ]
        fields["unit"].choices = [("", gettext("不选"))] + [
            (unit.code, unit.label) for unit in UNITS.get().values() if unit.active
        ]


class TextForm(forms.Form):
    """The text of a report."""

    base = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("文字"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "class": "form-control rep-text"}),
    )
    note = forms.CharField(label=_("改动说明"), max_length=200, required=False)


class WithdrawForm(forms.Form):
    """Why a signature is withdrawn."""

    reason = forms.CharField(label=_("撤回原因"), max_length=200)
