"""What a binding's `spec` holds, by its kind, and what can be wrong with it.

- FIGURE: `measure`; `rule`, the period in relation to that of the form; `aspect`, what of the figure; `area` or `unit`
  for a place of its own, else that of the filling; `as_unit` for another magnitude, such as 亿元 for 万元.
- LIST: `register`; `columns`, a table of a column's letters and what it shows; `last_row`, the last row of the blank
  that belongs to the list.
- FACT: `fact`. It follows the words of its cell; a period or a day is written into the room that they leave, such as
  2020年  月.
- HAND: nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from jiedao.indicators.compute import find_place
from jiedao.indicators.models import Measure
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period, build_period, year_of
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.reports.forms.models import BindingKind
from jiedao.reports.wording import convert_unit

MOST_COLUMNS_OF_LIST = 40


class Rule(models.TextChoices):
    """The period of a figure in relation to that of the form."""

    THIS = "this", gettext_lazy("本期")
    PREVIOUS = "previous", gettext_lazy("上期")
    YEAR_BEFORE = "year_before", gettext_lazy("上年同期")
    TO_DATE = "to_date", gettext_lazy("本年累计")
    TO_DATE_YEAR_BEFORE = "to_date_before", gettext_lazy("上年累计")
    LAST_YEAR = "last_year", gettext_lazy("上年全年")


class Aspect(models.TextChoices):
    """What of a figure a cell shows."""

    VALUE = "value", pgettext_lazy("figure", "数值")
    GROWTH = "growth", gettext_lazy("同比增长（%）")
    RANK = "rank", gettext_lazy("位次")
    TARGET = "target", gettext_lazy("目标")
    COMPLETION = "completion", gettext_lazy("完成率（%）")
    NUMERATOR = "numerator", gettext_lazy("分子")
    DENOMINATOR = "denominator", gettext_lazy("分母")


class Fact(models.TextChoices):
    """A fact of the office or of the filling.

    DATE is the day up to which figures count. FILLED_ON is the day on which the cells were filled, or filled anew,
    last: what the second person confirms is what goes out, so confirming does not change it.
    """

    OFFICE = "office", gettext_lazy("填报单位")
    UNIT = "unit", gettext_lazy("填表人所在单位")
    PLACE = "place", gettext_lazy("社区或单位")
    PERIOD = "period", gettext_lazy("所属时期")
    DATE = "date", gettext_lazy("截至日期")
    FILLED_ON = "filled_on", gettext_lazy("填报日期（填表当天）")
    DRAFTER = "drafter", gettext_lazy("填表人")
    CONFIRMER = "confirmer", gettext_lazy("审核人")


# What a column of a list shows besides the fields of its register.
OWN_COLUMNS: dict[str, Any] = {
    "#": gettext_lazy("序号"),
    "code": gettext_lazy("编码"),
    "name": gettext_lazy("名称"),
    "community": gettext_lazy("社区"),
    "area": gettext_lazy("社区、网格"),
    "unit": gettext_lazy("单位"),
    "place_text": gettext_lazy("地点"),
    "grade": gettext_lazy("等级"),
}


@dataclass(frozen=True)
class BindingSpec:
    """A readable `spec`."""

    kind: BindingKind
    measure: str = ""
    rule: Rule = Rule.THIS
    aspect: Aspect = Aspect.VALUE
    area: str = ""
    unit: str = ""
    as_unit: str = ""
    register: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    last_row: int = 0
    fact: Fact = Fact.OFFICE

    def as_json(self) -> dict[str, Any]:
        """Return the spec as it is stored."""
        if self.kind is BindingKind.FIGURE:
            values = {
                "measure": self.measure,
                "rule": self.rule.value,
                "aspect": self.aspect.value,
                "area": self.area,
                "unit": self.unit,
                "as_unit": self.as_unit,
            }
            return {name: value for name, value in values.items() if value}
        if self.kind is BindingKind.LIST:
            return {"register": self.register, "columns": dict(self.columns), "last_row": self.last_row}
        return {"fact": self.fact.value} if self.kind is BindingKind.FACT else {}

    @property
    def items(self) -> list[str]:
        """What is asked for, as texts by which two forms are compared."""
        if self.kind is BindingKind.FIGURE:
            place = self.area or self.unit
            return [f"figure:{self.measure}:{self.rule.value}:{self.aspect.value}:{place}"]
        if self.kind is BindingKind.LIST:
            return [f"list:{self.register}:{column}" for column in self.columns.values() if column != "#"]
        return []


def read_spec(kind: str, spec: Mapping[str, Any]) -> BindingSpec:
    """Return the spec of a binding; raise UserError for a kind or a value that does not exist."""
    try:
        return BindingSpec(
            BindingKind(kind),
            measure=str(spec.get("measure", "")),
            rule=Rule(spec.get("rule") or Rule.THIS),
            aspect=Aspect(spec.get("aspect") or Aspect.VALUE),
            area=str(spec.get("area", "")),
            unit=str(spec.get("unit", "")),
            as_unit=str(spec.get("as_unit", "")),
            register=str(spec.get("register", "")),
            columns=dict(spec.get("columns") or {}),
            last_row=int(spec.get("last_row") or 0),
            fact=Fact(spec.get("fact") or Fact.OFFICE),
        )
    except (ValueError, TypeError) as fault:
        raise UserError(_("这一格的绑定无法识别。"), hint=_("请重新选择。"), field="kind") from fault


def check_spec(spec: BindingSpec, measures: Mapping[str, Measure]) -> None:
    """Raise UserError for a spec that names what does not exist, or asks for what may not go out."""
    if spec.kind is BindingKind.FIGURE:
        _check_figure(spec, measures)
    elif spec.kind is BindingKind.LIST:
        _check_list(spec)


def _check_figure(spec: BindingSpec, measures: Mapping[str, Measure]) -> None:
    measure = measures.get(spec.measure)
    if measure is None:
        raise UserError(
            _("没有指标“%(key)s”。") % {"key": spec.measure[:60]},
            hint=_("请从指标目录中选一个，或改为手工填写。"),
            field="measure",
        )
    find_place(spec.area, spec.unit)
    if spec.as_unit:
        convert_unit(Decimal(1), measure.unit_label, spec.as_unit)


def _check_list(spec: BindingSpec) -> None:
    info = get_register_of(spec)
    if not spec.columns or len(spec.columns) > MOST_COLUMNS_OF_LIST:
        raise UserError(_("清单至少要有一列。"), hint=_("请为列选择台账的项。"), field="columns")
    for column in spec.columns.values():
        if column in OWN_COLUMNS:
            continue
        own = info.definition.field(column)
        if own is None or own.retired:
            raise UserError(
                _("台账“%(register)s”没有“%(field)s”这一项。")
                % {"register": info.label, "field": column[:40]},
                hint=_("请重新选择这一列。"),
                field="columns",
            )
        if own.personal:
            raise UserError(
                _("“%(field)s”是个人信息，不能由系统填入表格。") % {"field": own.label},
                hint=_("确有依据要报的，请在台账中按规定查看后手工填写。"),
                field="columns",
            )


def get_register_of(spec: BindingSpec) -> RegisterInfo:
    """Return the register of a list; raise UserError where there is none."""
    info = register_info(spec.register)
    if info is None or not info.active:
        raise UserError(
            _("没有台账“%(key)s”。") % {"key": spec.register[:40]}, hint=_("请重新选择。"), field="register"
        )
    return info


def apply_rule(rule: Rule, period: Period, as_of: date) -> Period | None:
    """Return the period of a figure, None where it would begin before the first that can be counted.

    A period that has not ended on the day `as_of` ends with it, and so does the one of the year before.
    """
    base = period if as_of >= period.last else build_period(period.first, as_of)
    to_date = build_period(date(base.last.year, 1, 1), base.last)
    if rule is Rule.PREVIOUS:
        return period.previous()
    if rule is Rule.YEAR_BEFORE:
        return base.year_before()
    if rule is Rule.TO_DATE:
        return to_date
    if rule is Rule.TO_DATE_YEAR_BEFORE:
        return to_date.year_before()
    if rule is Rule.LAST_YEAR:
        return year_of(base.last).year_before()
    return base
