"""The functions that a report's text may call. Each returns a mark, so that the number keeps its figure."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.indicators.comparison import Comparison, compare_figures, is_in_percent, rank_figures
from jiedao.indicators.compute import compute_figures, compute_split, find_place, read_measures
from jiedao.indicators.figure import TOWN, Figure, Place
from jiedao.indicators.models import Measure
from jiedao.indicators.parts import Part, read_part
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import AREA, UNIT
from jiedao.kernel.periods import (
    DAY,
    Period,
    build_period,
    day_of,
    half_of,
    list_months,
    month_of,
    parse_period,
    quarter_of,
    week_of,
    year_of,
)
from jiedao.reports.document import Bar, Chart, PlanMark, Run, Table, list_drawn_figures
from jiedao.reports.mapping import build_map
from jiedao.reports.templating import Marks
from jiedao.reports.wording import convert_unit, format_plain, word_number

NO_DATA = "（无数据）"
# The names that a text may use; see `ReportFunctions.list_functions`.
FUNCTIONS = frozenset(
    {
        "figure",
        "growth",
        "rank",
        "target",
        "completion",
        "change",
        "name",
        "has",
        "table",
        "chart",
        "map",
        "plan",
    }
)
NAMES = FUNCTIONS | {"period", "year", "month", "next_period", "place"}
WHOLE_TOWN = "town"  # instead of the code of a community
MAP_STYLES = ("shades", "circles")
TARGET_PARTS = frozenset({Part.TARGET, Part.COMPLETION})


def find_next_period(period: Period) -> Period:
    """Return the period of the same length after one."""
    after = period.last + DAY
    for around in (day_of, week_of, month_of, quarter_of, half_of, year_of):
        if around(period.first) == period:
            return around(after)
    return build_period(after, after + (period.days - 1) * DAY)


@dataclass
class ReportFunctions:
    """The functions of one report: of a period and a place, whose figures are all computed at one moment.

    Attributes:
        figures: every figure that the text used, in its order.
        notes: figures without data, each named once.
    """

    period: Period
    place: Place = TOWN
    marks: Marks = field(default_factory=Marks)
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._measures = read_measures()
        self._cache: dict[tuple[str, str, str], Figure] = {}
        self._comparisons: dict[tuple[str, str, str], Comparison] = {}

    def list_functions(self) -> dict[str, Any]:
        """Return the names that a text may use."""
        return {
            "figure": self.write_figure,
            "growth": self.write_growth,
            "rank": self.write_rank,
            "target": self.write_target,
            "completion": self.write_completion,
            "change": self.write_change,
            "name": self.write_name,
            "has": self.has_data,
            "table": self.write_table,
            "chart": self.write_chart,
            "plan": self.mark_plan,
            "map": self.write_map,
            "period": write_period(self.period),
            "year": self.period.first.year,
            "month": self.period.first.month,
            "next_period": find_next_period(self.period).text,
            "place": self.place.label,
        }

    # -- figures in the text -------------------------------------------------------------------------------------

    def write_figure(
        self,
        key: str,
        *,
        period: str = "",
        area: str = "",
        unit: str = "",
        say: str = "",
        to: float | None = None,
        as_unit: str = "",
        digits: int | None = None,
        bare: bool = False,
    ) -> str:
        """Return a figure with its unit.

        Args:
            say: a word such as 近 or 超, see `wording.word_number`; `to` is the round number that the word qualifies.
            as_unit: another magnitude of the unit, such as 亿元 for a measure in 万元.
            bare: the number without its unit.
        """
        figure = self.read_figure(key, period, area, unit)
        return self._write(figure, Part.VALUE, say=say, to=to, as_unit=as_unit, digits=digits, bare=bare)

    def write_target(
        self,
        key: str,
        *,
        period: str = "",
        area: str = "",
        unit: str = "",
        say: str = "",
        to: float | None = None,
        as_unit: str = "",
        digits: int | None = None,
        bare: bool = False,
    ) -> str:
        """Return the target of the period, with its unit; the arguments are those of a figure."""
        figure = self.read_figure(key, period, area, unit)
        return self._write(figure, Part.TARGET, say=say, to=to, as_unit=as_unit, digits=digits, bare=bare)

    def write_growth(self, key: str, *, period: str = "", area: str = "", unit: str = "") -> str:
        """Return the growth against the year before, as entered or as computed: 增长67.1% or 下降3.2%."""
        figure = self.read_figure(key, period, area, unit)
        growth = self.read_part(figure, Part.GROWTH)
        if growth is None:
            return self._add_missing(figure, Part.GROWTH)
        word = _("增长") if growth > 0 else _("下降") if growth < 0 else _("持平")
        text = word if not growth else f"{word}{format_plain(abs(growth), 1)}%"
        return self._add(figure, text, Part.GROWTH, growth)

    def write_change(
        self, key: str, *, against: str = "before", period: str = "", area: str = "", unit: str = ""
    ) -> str:
        """Return the change against the period before, or with against="year" the year before."""
        figure = self.read_figure(key, period, area, unit)
        part = Part.YEAR_CHANGE if against == "year" else Part.CHANGE
        change = self.read_part(figure, part)
        if change is None and (words := self._word_change_from_zero(figure, part)):
            return self._add(figure, words, part, None)
        if change is None:
            return self._add_missing(figure, part)
        word = _("上升") if change > 0 else _("下降")
        if not change:
            return self._add(figure, _("持平"), part, change)
        sign = "个百分点" if is_in_percent(figure.measure) else "%"
        return self._add(figure, f"{word}{format_plain(abs(change), 1)}{sign}", part, change)

    def _word_change_from_zero(self, figure: Figure, part: Part) -> str:
        """Return 增加5宗 or 持平 for an amount whose earlier value is 0, of which there is no percentage; "" else."""
        comparison = self.compare(figure)
        change = comparison.before if part is Part.CHANGE else comparison.year_before
        if change is None:
            return ""
        if not change.points:
            return _("持平")
        word = _("增加") if change.points > 0 else _("减少")
        return f"{word}{format_plain(abs(change.points), figure.measure.digits)}{figure.measure.unit_label}"

    def write_rank(self, key: str, *, period: str = "", area: str = "", unit: str = "") -> str:
        """Return the rank as entered: 全区第一."""
        figure = self.read_figure(key, period, area, unit)
        if figure.rank is None:
            return self._add_missing(figure, Part.RANK)
        text = f"{figure.rank_field}第{_write_ordinal(figure.rank)}"
        return self._add(figure, text, Part.RANK, Decimal(figure.rank))

    def write_completion(
        self, key: str, *, digits: int = 1, period: str = "", area: str = "", unit: str = ""
    ) -> str:
        """Return the value as a percentage of its target."""
        figure = self.read_figure(key, period, area, unit)
        completion = self.read_part(figure, Part.COMPLETION)
        if completion is None:
            return self._add_missing(figure, Part.COMPLETION)
        return self._add(figure, f"{format_plain(completion, digits)}%", Part.COMPLETION, completion)

    def write_name(self, words: str) -> str:
        """Return words with a number in them that is no figure, such as 十个一律 or a year in the name of a plan."""
        return self.marks.add(Run(str(words), is_name=True))

    def mark_plan(self) -> str:
        """Mark the heading around it as the beginning of the plan of the next period."""
        return self.marks.add(PlanMark())

    def has_data(
        self, key: str, *, part: str = "value", period: str = "", area: str = "", unit: str = ""
    ) -> bool:
        """Return whether there is data, for a sentence that is left out without: {% if has("cases.on_time_rate") %}.

        Args:
            part: "value", "growth", "change", "year_change", "rank", "target" or "completion".
        """
        if part not in {member.value for member in Part}:
            raise UserError(
                _("没有“%(part)s”这个部分。") % {"part": part[:20]},
                hint=_("可用：%(parts)s") % {"parts": "、".join(Part)},
            )
        return self.read_part(self.read_figure(key, period, area, unit), Part(part)) is not None

    # -- tables and charts ---------------------------------------------------------------------------------------

    def write_table(self, *keys: str, by: str = "", caption: str = "") -> str:
        """Return a table: measures in rows with their change, or with `by` one row for each community or unit."""
        measures = [self._get(key) for key in keys]
        if by:
            return self.marks.add(self._build_split_table(measures, by, caption))
        comparisons = compare_figures(measures, self.period, self.place)
        rows = []
        for measure in measures:
            comparison = comparisons[measure.key]
            self.figures.append(comparison.figure)
            change = comparison.year_before
            words = "—" if change is None or change.percent is None else f"{format_plain(change.percent, 1)}%"
            rows.append(
                (
                    (Run(measure.label),),
                    (Run(comparison.figure.text, comparison.figure, exact=comparison.figure.value),),
                    (Run(measure.unit_text),),
                    (_build_change_run(comparison, words),),
                )
            )
        header = (_("指标"), _("数值"), _("单位"), _("同比"))
        return self.marks.add(Table(header, tuple(rows), caption))

    def write_chart(self, key: str, *, by: str = "month", caption: str = "") -> str:
        """Return a chart of a measure by month, or by community or unit."""
        measure = self._get(key)
        if by == "month":
            months = list_months(self.period)
            figures = [compute_figures([measure], month, self.place)[key] for month in months]
            bars = [Bar(f"{figure.period.first.month}月", figure) for figure in figures]
        else:
            bars = [
                Bar(figure.place.label, figure)
                for _rank, figure in rank_figures(compute_split(measure, self.period, by))
            ]
        self.figures += [bar.figure for bar in bars]
        return self.marks.add(Chart(caption or measure.label, tuple(bars)))

    def write_map(self, key: str, *, by: str = AREA, style: str = "shades", caption: str = "") -> str:
        """Return a map of the communities, each as dark as its value, or with style="circles" with a circle."""
        measure = self._get(key)
        if by != AREA:
            raise UserError(
                _("地图不能按“%(by)s”拆分。") % {"by": by[:20]}, hint=_('地图只能按社区：by="area"。')
            )
        if style not in MAP_STYLES:
            raise UserError(
                _("没有“%(style)s”这种地图。") % {"style": style[:20]},
                hint=_("可用：%(styles)s") % {"styles": "、".join(MAP_STYLES)},
            )
        figures = {figure.place.area_code: figure for figure in compute_split(measure, self.period, by)}
        area_map = build_map(measure, figures, caption, has_circles=style == "circles")
        self.figures += list_drawn_figures(area_map)
        return self.marks.add(area_map)

    def _build_split_table(self, measures: list[Measure], by: str, caption: str) -> Table:
        if by not in {AREA, UNIT}:
            raise UserError(_("表格不能按“%(by)s”拆分。") % {"by": by[:20]}, hint=_("可用：area、unit"))
        columns = [
            {figure.place.key: figure for figure in compute_split(measure, self.period, by)}
            for measure in measures
        ]
        places = list(
            {key: figure.place.label for column in columns for key, figure in column.items()}.items()
        )
        rows = []
        for key, label in places:
            cells = [column.get(key) for column in columns]
            if by == UNIT and not any(figure is not None and figure.value for figure in cells):
                continue  # of sixty units, most have no part in a matter
            self.figures += [figure for figure in cells if figure is not None]
            rows.append(((Run(label),), *(_build_cell(figure) for figure in cells)))
        header = (
            _("社区") if by == AREA else _("单位"),
            *(f"{measure.label}（{measure.unit_text}）" for measure in measures),
        )
        return Table(header, tuple(rows), caption)

    # -- reading -------------------------------------------------------------------------------------------------

    def _get(self, key: str) -> Measure:
        if key not in self._measures:
            raise UserError(
                _("报告用到的指标“%(key)s”已不存在。") % {"key": str(key)[:60]},
                hint=_("请改用指标目录中的指标，或恢复它。"),
                field="text",
            )
        return self._measures[key]

    def read_figure(self, key: str, period: str = "", area: str = "", unit: str = "") -> Figure:
        """Return a figure of the report's period and place, or of others; raise UserError for unknown ones."""
        measure = self._get(key)
        own = parse_period(period) if period else self.period
        place = self._find_place(area, unit)
        cached = (key, own.text, place.key)
        if cached not in self._cache:
            self._cache[cached] = compute_figures([measure], own, place)[key]
        return self._cache[cached]

    def _find_place(self, area: str, unit: str) -> Place:
        """Return the place of codes: that of the report for none, the town for area="town"."""
        if area == WHOLE_TOWN and not unit:
            return TOWN
        return find_place(area, unit) if area or unit else self.place

    def read_part(self, figure: Figure, part: Part) -> Decimal | None:
        """Return a part of a figure, exact; None where it is not known."""
        return read_part(figure, part, lambda: self.compare(figure))

    def compare(self, figure: Figure) -> Comparison:
        """Return the comparison of a figure."""
        key = (figure.measure.key, figure.period.text, figure.place.key)
        if key not in self._comparisons:
            compared = compare_figures([figure.measure], figure.period, figure.place)
            self._comparisons[key] = compared[figure.measure.key]
        return self._comparisons[key]

    def _write(
        self,
        figure: Figure,
        part: Part,
        *,
        say: str,
        to: float | None,
        as_unit: str,
        digits: int | None,
        bare: bool,
    ) -> str:
        exact = self.read_part(figure, part)
        if exact is None:
            return self._add_missing(figure, part)
        wanted = as_unit or figure.measure.unit_label
        value = convert_unit(exact, figure.measure.unit_label, wanted)
        places = figure.measure.digits if digits is None else digits
        number = word_number(value, digits=places, say=say, to=None if to is None else Decimal(str(to)))
        return self._add(figure, number if bare else f"{number}{wanted}", part, exact)

    def _add(self, figure: Figure, text: str, part: Part, exact: Decimal | None) -> str:
        self.figures.append(figure)
        return self.marks.add(Run(text, figure, part=part, exact=exact))

    def _add_missing(self, figure: Figure, part: Part) -> str:
        why = figure.note or (_("没有目标") if part in TARGET_PARTS else _("没有数据"))
        note = f"{figure.measure.label}（{figure.period.label}）：{why}"
        if note not in self.notes:
            self.notes.append(note)
        return self._add(figure, NO_DATA, part, None)


def write_period(period: Period) -> str:
    """Return a period as official texts write it, without spaces: 2020年上半年, 2020年第二季度."""
    if period.days == 1:
        return write_day(period.first)
    if period == quarter_of(period.first):
        return f"{period.first.year}年第{_write_ordinal((period.first.month + 2) // 3)}季度"
    return period.label.replace(" ", "")


def write_day(day: date) -> str:
    """Return a day as official texts write it: 2020年6月30日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _build_change_run(comparison: Comparison, words: str) -> Run:
    change = comparison.year_before
    if change is None or change.percent is None:
        return Run(words)
    return Run(words, comparison.figure, part=Part.YEAR_CHANGE, exact=change.percent)


def _build_cell(figure: Figure | None) -> tuple[Run, ...]:
    return (Run(figure.text, figure, exact=figure.value) if figure is not None else Run("—"),)


def _write_ordinal(number: int) -> str:
    digits = "零一二三四五六七八九十"
    return digits[number] if number <= 10 else str(number)
