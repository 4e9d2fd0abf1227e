"""Forms of the pages: a demand with its blank, a binding, a filling."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from jiedao.indicators.compute import read_measures
from jiedao.indicators.figure import Place
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period, parse_period
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import UNITS
from jiedao.pages.forms import make_day_field
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS
from jiedao.registers.access import readable_registers
from jiedao.registers.catalogue import RegisterInfo
from jiedao.reports.forms.actions.binding import DemandInput
from jiedao.reports.forms.blank import Grid, name_column, number_column
from jiedao.reports.forms.definition import OWN_COLUMNS, Aspect, Fact, Rule
from jiedao.reports.forms.models import Cycle

MOST_COLUMNS = 30


class DemandForm(forms.Form):
    """The demand behind a form."""

    name = forms.CharField(label=_("表名"), max_length=100)
    sender = forms.CharField(label=_("要表单位"), max_length=80, help_text=_("谁要这张表，如“区统计局”。"))
    basis = forms.CharField(
        label=_("依据"), max_length=200, required=False, help_text=_("文号或通知名称；没有依据的留空。")
    )
    cycle = forms.ChoiceField(label=_("报送周期"), choices=lambda: Cycle.choices)
    due_days = forms.IntegerField(
        label=_("期后几天内报"),
        required=False,
        min_value=0,
        max_value=366,
        help_text=_("次月 5 日前报，就写 5。"),
    )

    due_date = make_day_field(
        _("应报日期"), required=False, help_text=_("只用于一次性的表；定期的表写期后几天。")
    )
    unit = forms.ChoiceField(
        label=_("承办单位"),
        required=False,
        help_text=_("由谁填；应报日期前几天会提醒他们。"),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        units = [(unit.code, unit.label) for unit in UNITS.get().values() if unit.active]
        self.fields["unit"].choices = [("", _t("没有指定")), *units]  # type: ignore[attr-defined]

    def read_input(self) -> DemandInput:
        """Return what was typed."""
        names = ("name", "sender", "basis", "cycle", "due_days", "due_date", "unit")
        return DemandInput(**{name: self.cleaned_data[name] for name in names})


class NewForm(DemandForm):
    """A new demand with its blank."""

    blank = forms.FileField(
        label=_("空白表"),
        help_text=_("上级发来的原件：.xlsx，或带表格的 .docx。样式、合并单元格、公式都不会改变。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.docx"}),
    )


class ChangeForm(DemandForm):
    """A changed demand, perhaps with a new blank."""

    active = forms.BooleanField(label=_("还在报"), required=False)
    blank = forms.FileField(
        label=_("新的空白表"),
        required=False,
        help_text=_("上级换了表样才上传；已报出的表不变。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.docx"}),
    )


class FigureForm(forms.Form):
    """A figure for a cell."""

    measure = forms.ChoiceField(label=_("哪个指标"))
    rule = forms.ChoiceField(label=_("取哪个时段"), choices=lambda: Rule.choices)
    aspect = forms.ChoiceField(label=_("取什么"), choices=lambda: Aspect.choices)
    place = forms.ChoiceField(label=_("社区或单位"), required=False)
    as_unit = forms.CharField(
        label=_("换算单位"),
        max_length=20,
        required=False,
        help_text=_("如指标以万元计、表上要亿元，就写“亿元”。"),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        groups: dict[str, list[tuple[str, str]]] = {}
        for measure in read_measures().values():
            label = f"{measure.label}（{measure.unit_text}）"
            groups.setdefault(measure.theme.label, []).append((measure.key, label))
        self.fields["measure"].choices = [("", _t("请选择")), *groups.items()]  # type: ignore[attr-defined]
        self.fields["place"].choices = list_place_choices(_t("随填表范围"))  # type: ignore[attr-defined]

    def read_spec(self) -> dict[str, Any]:
        """Return the spec of the binding."""
        values = self.cleaned_data
        area, unit = split_place(values["place"])
        return {
            "measure": values["measure"],
            "rule": values["rule"],
            "aspect": values["aspect"],
            "area": area,
            "unit": unit,
            "as_unit": values["as_unit"].strip(),
        }


class FactForm(forms.Form):
    """A fact of the office for a cell."""

    fact = forms.ChoiceField(label=_("填什么"), choices=lambda: Fact.choices)

    def read_spec(self) -> dict[str, Any]:
        """Return the spec of the binding."""
        return {"fact": self.cleaned_data["fact"]}


class HandForm(forms.Form):
    """A cell that is filled by hand; there is nothing to choose."""

    def read_spec(self) -> dict[str, Any]:
        """Return the spec of the binding."""
        return {}


class ListForm(forms.Form):
    """A list of records from a row of the blank on: what each column shows."""

    register = forms.ChoiceField(label=_("哪个台账"))
    last_row = forms.IntegerField(
        label=_("空白表里留给清单的末行"),
        min_value=1,
        help_text=_("记录更多时自动加行，下面的内容、公式顺次下移。"),
    )

    def __init__(
        self, *args: Any, actor: Actor, grid: Grid, row: int, info: RegisterInfo | None, **options: Any
    ):
        super().__init__(*args, **options)
        registers = readable_registers(actor)
        self.fields["register"].choices = [("", _t("请选择")), *((r.key, r.label) for r in registers)]  # type: ignore[attr-defined]
        self.columns: list[str] = []
        if info is None:
            del self.fields["last_row"]
            return
        choices = [("", "—"), *((key, str(label)) for key, label in OWN_COLUMNS.items())]
        choices += [(field.key, field.label) for field in info.definition.active_fields if not field.personal]
        for column in range(1, min(grid.columns, MOST_COLUMNS) + 1):
            if grid.covered.get((row, column), (row, column)) != (row, column):
                continue
            letters = name_column(column)
            header = " ".join(grid.get(row - 1, column).text.split())[:30] if row > 1 else ""
            self.columns.append(f"column_{letters}")
            self.fields[f"column_{letters}"] = forms.ChoiceField(
                label=f"{letters} {header}".strip(), choices=choices, required=False
            )

    def read_spec(self) -> dict[str, Any]:
        """Return the spec of the binding."""
        values = self.cleaned_data
        columns = {name.removeprefix("column_"): values[name] for name in self.columns if values.get(name)}
        ordered = dict(sorted(columns.items(), key=lambda pair: number_column(pair[0])))
        return {"register": values["register"], "columns": ordered, "last_row": values.get("last_row")}


class BeginForm(forms.Form):
    """A period and a place for which a form is filled."""

    period = forms.CharField(
        label=_("时段"), max_length=24, help_text=_("写成 2020-06、2020Q2、2020H1 或 2020-01..2020-05。")
    )
    place = forms.ChoiceField(label=_("范围"), required=False)
    as_of = make_day_field(_("截至"), required=False, help_text=_("默认到时段最后一天，没过完的到今天。"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["place"].choices = list_place_choices(_t("全街道"))  # type: ignore[attr-defined]

    def clean_period(self) -> Period:
        """Return the period that was typed."""
        try:
            return parse_period(self.cleaned_data["period"])
        except UserError as fault:
            raise forms.ValidationError(str(fault)) from fault


class ConfirmForm(forms.Form):
    """The confirmation of a filling."""

    minutes = forms.IntegerField(
        label=_("填表用时（分钟）"),
        required=False,
        min_value=0,
        max_value=6000,
        help_text=_("用来算一年花在表上的时间，可不填。"),
    )
    allow_empty = forms.BooleanField(label=_("空格照报：确实没有数据"), required=False)


class DropForm(forms.Form):
    """The reason for dropping a draft."""

    reason = forms.CharField(label=_("作废原因"), max_length=200)


def list_place_choices(first: str) -> list[tuple[str, Any]]:
    """Return the communities and the units, after the choice that means none of them."""
    areas = [(f"area:{a.code}", a.label) for a in AREAS.get().values() if a.kind == AreaKind.COMMUNITY]
    units = [(f"unit:{u.code}", u.label) for u in UNITS.get().values() if u.active]
    return [("", first), (_t("社区"), areas), (_t("单位"), units)]


def split_place(key: str) -> tuple[str, str]:
    """Return (code of the area, code of the unit) of a choice of places."""
    kind, _colon, code = key.partition(":")
    return (code, "") if kind == "area" else ("", code if kind == "unit" else "")


def describe_place(place: Place) -> str:
    """Return the name of a place for a reader."""
    return place.label or _t("全街道")
