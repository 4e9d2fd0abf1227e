"""Forms of promises. They check the format of what was typed; the actions check everything else."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from jiedao.kernel.readers.numbers import YUAN
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import UNITS
from jiedao.pages.fields import AmountField
from jiedao.pages.forms import FormWithFiles, make_day_field, make_files_field
from jiedao.pages.widgets import AddOneSelect
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS
from jiedao.projects.models.promises import Campaign, PledgeKind
from jiedao.projects.splitting import format_amount, list_months_between


def _list_communities() -> list[tuple[int, str]]:
    return [(area.id, area.label) for area in AREAS.get().values() if area.kind == AreaKind.COMMUNITY]


class EntryForm(FormWithFiles):
    """An amount that a campaign achieved, with the document that proves it."""

    day = make_day_field(_("日期"))
    amount = AmountField(label=_("数量"), max_digits=16, decimal_places=4, help_text=_("更正可填负数。"))
    area = forms.TypedChoiceField(label=_("社区"), coerce=int, required=False, empty_value=None)
    document = forms.CharField(label=_("依据文件"), max_length=200, help_text=_("文号或名称。"))
    photos = make_files_field(_("文件扫描件"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [("", _t("不分社区")), *_list_communities()]  # type: ignore[attr-defined]


class SplitForm(forms.Form):
    """The target of a campaign split by community and by month; an empty field gets no part of the target."""

    def __init__(
        self, campaign: Campaign, areas: dict[int, Decimal], months: dict[date, Decimal], *args: Any
    ) -> None:
        super().__init__(*args)
        self.names: dict[str, int | date] = {}
        for pk, label in _list_communities():
            self._add(f"area_{pk}", pk, label, areas.get(pk))
        for month in list_months_between(campaign.from_date, campaign.due_date):
            self._add(f"month_{month:%Y_%m}", month, f"{month:%Y-%m}", months.get(month))

    def _add(self, name: str, key: int | date, label: str, amount: Decimal | None) -> None:
        self.names[name] = key
        initial = format_amount(amount) if amount is not None else None
        self.fields[name] = AmountField(
            label=label, required=False, max_digits=16, decimal_places=4, initial=initial
        )

    def get_fields(self, prefix: str) -> list[forms.BoundField]:
        """Return the fields of one split; `prefix` is "area" or "month"."""
        return [self[name] for name in self.names if name.startswith(prefix)]

    def get_parts(self) -> tuple[dict[int, Decimal], dict[date, Decimal]]:
        """Return the parts by id of the community, and the parts by first day of the month."""
        areas: dict[int, Decimal] = {}
        months: dict[date, Decimal] = {}
        for name, key in self.names.items():
            amount = self.cleaned_data.get(name)
            if amount is not None and isinstance(key, date):
                months[key] = amount
            elif amount is not None and isinstance(key, int):
                areas[key] = amount
        return areas, months


class PledgeForm(forms.Form):
    """A new responsibility item or decision."""

    kind = forms.ChoiceField(label=_("种类"), choices=lambda: PledgeKind.choices)
    code = forms.CharField(label=_("编号"), max_length=40)
    text = forms.CharField(label=_("事项"), max_length=400, widget=forms.Textarea)
    source = forms.CharField(label=_("出处"), max_length=200, help_text=_("责任清单或会议的名称、文号。"))
    unit = forms.TypedChoiceField(label=_("责任单位"), coerce=int)
    helpers = forms.TypedMultipleChoiceField(
        label=_("配合单位"), coerce=int, required=False, widget=AddOneSelect
    )
    due_date = make_day_field(_("完成期限"))

    def __init__(self, actor: Actor, *args: Any) -> None:
        super().__init__(*args)
        units = [(unit.id, unit.label) for unit in UNITS.get().values() if unit.active]
        own = [unit for unit in units if actor.sees_town or unit[0] in actor.unit_ids]
        self.fields["unit"].choices = [("", _t("请选择")), *own]  # type: ignore[attr-defined]
        self.fields["helpers"].choices = units  # type: ignore[attr-defined]


class ReportForm(FormWithFiles):
    """A report that a pledge is fulfilled, with its evidence."""

    evidence = forms.CharField(label=_("完成情况"), max_length=4000, widget=forms.Textarea)
    photos = make_files_field(_("佐证材料"))


class ConfirmForm(forms.Form):
    """The confirmation of a pledge, with an optional note."""

    note = forms.CharField(label=_("确认意见"), max_length=4000, required=False, widget=forms.Textarea)


class ReasonForm(forms.Form):
    """The reason for a move or for voiding a payment."""

    why = forms.CharField(label=_("原因"), max_length=200, widget=forms.Textarea)


class ExtendForm(ReasonForm):
    """A later deadline and the reason for it."""

    until = make_day_field(_("延期至"))
    field_order = ("until", "why")


class SuperviseForm(forms.Form):
    """A demand on a pledge and the day of the answer."""

    demand = forms.CharField(
        label=_("督办要求"), max_length=4000, widget=forms.Textarea, help_text=_("要办成什么、说明什么。")
    )
    due_date = make_day_field(
        _("答复期限"), help_text=_("责任单位在这一天前办完或书面答复；原完成期限不变。")
    )
    field_order = ("due_date", "demand")


class AnswerForm(forms.Form):
    """The answer of a unit to a demand."""

    answer = forms.CharField(
        label=_("答复"),
        max_length=4000,
        widget=forms.Textarea,
        help_text=_("办到哪一步、为什么晚、下一步怎么办。"),
    )
    promised_date = make_day_field(_("预计完成日期"), required=False, help_text=_("定不下来就空着。"))


class CommitmentForm(forms.Form):
    """A commitment of aid money."""

    key = forms.CharField(label=_("编号"), max_length=40)
    amount = AmountField(label=_("金额（元）"), unit=YUAN, max_digits=14, decimal_places=2)
    day = make_day_field(_("日期"))
    purpose = forms.CharField(label=_("用途"), max_length=200)
    document = forms.CharField(label=_("依据文件"), max_length=200, required=False)


class PaymentForm(FormWithFiles):
    """A payment of aid money."""

    key = forms.CharField(label=_("编号"), max_length=40)
    amount = AmountField(label=_("金额（元）"), unit=YUAN, max_digits=14, decimal_places=2)
    day = make_day_field(_("日期"))
    document = forms.CharField(label=_("凭证"), max_length=200)
    photos = make_files_field(_("凭证扫描件"))
