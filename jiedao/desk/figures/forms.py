"""The forms of entered figures. They check the format of what was typed; the actions check everything else."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiedao.desk.figures.reading import list_place_groups
from jiedao.indicators.models import Entry, Measure, Status
from jiedao.pages.fields import AmountField


class EntryForm(forms.Form):
    """A figure with its document; in a correction the reason is needed too."""

    period = forms.CharField(
        label=_("时段"),
        max_length=24,
        help_text=_("写成 2020、2020H1、2020Q2、2020-05 或 2020-01..2020-05。"),
    )
    place = forms.ChoiceField(label=_("地方"), required=False)
    peer = forms.CharField(
        label=_("同级单位"),
        required=False,
        max_length=40,
        help_text=_("填其他街道或区的数时写它的名称，本街道据此排名；本街道的数留空。"),
    )
    value = AmountField(label=_("数值"), required=False, max_digits=20, decimal_places=4)
    growth = AmountField(
        label=_("增速（%）"),
        unit="%",
        required=False,
        max_digits=9,
        decimal_places=2,
        help_text=_("按来源文件填写，不由两年的数相除。"),
    )
    rank = forms.IntegerField(label=_("位次"), required=False, min_value=1, max_value=9999)
    rank_field = forms.CharField(
        label=_("排名范围"), required=False, max_length=40, help_text=_("例如：全区")
    )
    rank_of = forms.IntegerField(label=_("排名总数"), required=False, min_value=1, max_value=9999)
    status = forms.ChoiceField(label=_("数据状态"), choices=Status.choices, initial=Status.ACTUAL)
    scope_words = forms.CharField(
        label=_("口径说明"), required=False, max_length=80, help_text=_("例如：同口径、可比口径")
    )
    source = forms.CharField(label=_("来源文件"), max_length=200, help_text=_("文号或名称，必须能找到。"))
    reason = forms.CharField(
        label=_("更正原因"), required=False, max_length=200, help_text=_("改已确认或已锁定的数据时必填。")
    )

    def __init__(self, measure: Measure, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["value"].label = gettext("数值（%(unit)s）") % {"unit": measure.unit_text}
        self.fields["place"].choices = [("", _("全街道")), *list_place_groups()]  # type: ignore[attr-defined]


def read_initial(entry: Entry | None) -> dict[str, Any]:
    """Return what the form of a correction begins with: the version that counts, without its reason."""
    if entry is None:
        return {}
    names = ("growth", "rank", "rank_field", "rank_of", "status", "scope_words", "source")
    value = entry.value.normalize() if entry.value is not None else None
    return {
        **{name: getattr(entry, name) for name in names},
        "value": None if value is None else f"{value:f}",
    }
