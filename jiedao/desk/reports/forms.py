"""Forms of reports."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiedao.kernel import clock
from jiedao.orgs.units import UNITS
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS
from jiedao.reports.models import PERIOD_OF, PeriodKind
from jiedao.reports.selectors import list_templates


class BeginForm(forms.Form):
    """Which report to begin."""

    template = forms.ChoiceField(label=_("报告"))
    period = forms.CharField(
        label=_("时段"),
        max_length=24,
        help_text=_("例如：2020、2020H1、2020Q2、2020-06、2020-W26、2020-06-30。"),
        widget=forms.TextInput(attrs={"list": "report-periods", "autocomplete": "off"}),
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


def list_usual_periods() -> list[tuple[str, str]]:
    """Return the present period of each kind and the one before, in its written form and in words."""
    today, pairs = clock.today(), list[tuple[str, str]]()
    for kind in PeriodKind:
        present = PERIOD_OF[kind](today)
        pairs += [
            (period.text, period.label) for period in (present.previous(), present) if period is not None
        ]
    return pairs


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


class WordTemplateForm(forms.Form):
    """An office's own Word file for a kind of report."""

    template = forms.ChoiceField(label=_("用于哪种报告"))
    name = forms.CharField(
        label=_("名称"), max_length=40, help_text=_("如“红头文件”；同名的旧文件由新文件代替。")
    )
    file = forms.FileField(
        label=_("Word 文件"),
        help_text=_("只收 .docx。在要放报告正文的地方单独写一段 {{ body }}。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".docx"}),
    )
    period = forms.CharField(
        label=_("试填时段"),
        max_length=24,
        required=False,
        help_text=_("上传时用这个时段试填一次；不写就用最近一份报告的时段。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["template"].choices = [(template.key, template.label) for template in list_templates()]
