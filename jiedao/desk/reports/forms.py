"""Forms of reports."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.orgs.units import UNITS
from jiedao.pages.fields import AmountField
from jiedao.pages.forms import make_day_field
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS
from jiedao.projects.actions.adding import ADD_PROJECT
from jiedao.projects.models import ProjectKind
from jiedao.projects.promise_access import EDIT as EDIT_PROMISES
from jiedao.reports.actions.promises import PromiseInput
from jiedao.reports.models import PERIOD_OF, PeriodKind, PlanKind
from jiedao.reports.reading import SUFFIXES
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
    file = forms.FileField(
        label=_("已有的报告"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(SUFFIXES)}),
        help_text=_(
            "以前写好的一份，.docx、.pdf、.txt 或 .html：收进来只供对照，计划里的句子可以设为任务。起草新的不用选。"
        ),
    )

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


class PromiseForm(forms.Form):
    """A promise that a sentence of the plan becomes."""

    kind = forms.ChoiceField(label=_("设为"), widget=forms.RadioSelect)
    title = forms.CharField(label=_("名称"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))
    target = AmountField(
        label=_("目标数"),
        required=False,
        max_digits=16,
        decimal_places=4,
        help_text=_("专项行动要填，其余不填。"),
    )
    measure = forms.CharField(
        label=_("计量单位"), max_length=20, required=False, help_text=_("例如：个、户、万平方米。")
    )
    project_kind = forms.ChoiceField(label=_("项目类型"), required=False, help_text=_("只有项目要选。"))
    unit = forms.TypedChoiceField(label=_("责任单位"), coerce=int)
    due_date = make_day_field(_("完成期限"))
    again = forms.BooleanField(
        label=_("再设一项"), required=False, help_text=_("这一句已经成为一项任务，确实还要再设。")
    )

    def __init__(self, actor: Actor, *args: Any, is_repeated: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: Any = self.fields
        fields["kind"].choices = list_promise_kinds(actor)
        fields["project_kind"].choices = [("", gettext("不选"))] + [
            (kind.code, kind.label) for kind in ProjectKind.objects.filter(active=True)
        ]
        units = [unit for unit in UNITS.get().values() if unit.active]
        fields["unit"].choices = [("", gettext("请选择"))] + [
            (unit.id, unit.label) for unit in units if actor.sees_town or unit.id in actor.unit_ids
        ]
        if not is_repeated:
            del fields["again"]

    def read_input(self) -> PromiseInput:
        """Return what was entered."""
        data = self.cleaned_data
        return PromiseInput(
            kind=data["kind"],
            title=data["title"],
            unit=Unit.objects.get(pk=data["unit"]),
            due_date=data["due_date"],
            target=data["target"],
            measure=data["measure"],
            project_kind=data["project_kind"],
        )


def list_promise_kinds(actor: Actor) -> list[tuple[str, str]]:
    """Return the kinds of promises that the actor may create."""
    kinds = []
    if actor.can(EDIT_PROMISES):
        kinds += [PlanKind.CAMPAIGN, PlanKind.PLEDGE]
    if actor.can(ADD_PROJECT):
        kinds.append(PlanKind.PROJECT)
    return [(kind.value, str(kind.label)) for kind in kinds]


class NotPromiseForm(forms.Form):
    """Why a sentence of the plan is no promise."""

    reason = forms.CharField(label=_("为什么不是承诺"), max_length=200)


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
