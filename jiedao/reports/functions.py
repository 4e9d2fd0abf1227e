"""The functions that a report's text may call. Each returns a mark, so that the number keeps its figure."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.indicators.comparison import Comparison, compare_figures, rank_figures
from jiedao.indicators.compute import compute_figures, compute_split, find_place, read_measures
from jiedao.indicators.figure import TOWN, Figure, Place
from jiedao.indicators.models import Measure
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import AREA, UNIT
from jiedao.kernel.periods import Period, list_months, parse_period
from jiedao.reports.document import Bar, Chart, Run, Table
from jiedao.reports.templating import Marks
from jiedao.reports.wording import convert_unit, format_plain, word_number

NO_DATA = "（无数据）"


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
        self._comparisons: dict[tuple[str, str], Comparison] = {}

    def list_functions(self) -> dict[str, Any]:
        """Return the names that a text may use."""
        return {
            "figure": self.write_figure,
            "growth": self.write_growth,
            "rank": self.write_rank,
            "target": self.write_target,
            "completion": self.write_completion,
            "change": self.write_change,
            "table": self.write_table,
            "chart": self.write_chart,
            "period": self.period.label,
            "year": str(self.period.first.year),
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
            say: a word such as 近 or 超, see `wording.word_number`; `to` is the round number that it is said of.
            as_unit: another magnitude of the unit, such as 亿元 for a measure in 万元.
            bare: the number without its unit.
        """
        figure = self._read(key, period, area, unit)
        if figure.value is None:
            return self._add_missing(figure)
        wanted = as_unit or figure.measure.unit_label
        value = convert_unit(figure.value, figure.measure.unit_label, wanted)
        places = figure.measure.digits if digits is None else digits
        number = word_number(value, digits=places, say=say, to=None if to is None else Decimal(str(to)))
        return self._add(figure, number if bare else f"{number}{wanted}")

    def write_growth(self, key: str, *, period: str = "", area: str = "", unit: str = "") -> str:
        """Return the growth against the year before, as entered or as computed: 增长67.1% or 下降3.2%."""
        figure = self._read(key, period, area, unit)
        growth = figure.growth
        if growth is None:
            comparison = self._compare(figure)
            change = comparison.year_before
            growth = change.percent if change is not None else None
        if growth is None:
            return self._add_missing(figure)
        word = _("增长") if growth > 0 else _("下降") if growth < 0 else _("持平")
        return self._add(figure, word if not growth else f"{word}{format_plain(abs(growth), 1)}%")

    def write_change(self, key: str, *, against: str = "before", area: str = "", unit: str = "") -> str:
        """Return the change against the period before, or with against="year" the year before."""
        figure = self._read(key, "", area, unit)
        comparison = self._compare(figure)
        change = comparison.year_before if against == "year" else comparison.before
        if change is None:
            return self._add_missing(figure)
        word = _("上升") if change.points > 0 else _("下降")
        if not change.points:
            return self._add(figure, _("持平"))
        if change.percent is None:
            return self._add(figure, f"{word}{format_plain(abs(change.points), 1)}个百分点")
        return self._add(figure, f"{word}{format_plain(abs(change.percent), 1)}%")

    def write_rank(self, key: str, *, period: str = "", unit: str = "") -> str:
        """Return the rank as entered: 全区第一."""
        figure = self._read(key, period, "", unit)
        if figure.rank is None:
            return self._add_missing(figure)
        return self._add(figure, f"{figure.rank_field}第{_write_ordinal(figure.rank)}")

    def write_target(self, key: str, *, as_unit: str = "", bare: bool = False) -> str:
        """Return the target of the period, with its unit."""
        figure = self._read(key, "", "", "")
        progress = self._compare(figure).progress
        if progress is None:
            return self._add_missing(figure)
        wanted = as_unit or figure.measure.unit_label
        value = convert_unit(progress.target.value, figure.measure.unit_label, wanted)
        number = format_plain(value, figure.measure.digits)
        return self._add(figure, number if bare else f"{number}{wanted}")

    def write_completion(self, key: str, *, digits: int = 1) -> str:
        """Return the value as a percentage of its target."""
        figure = self._read(key, "", "", "")
        progress = self._compare(figure).progress
        if progress is None or progress.completion is None:
            return self._add_missing(figure)
        return self._add(figure, f"{format_plain(progress.completion, digits)}%")

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
                    (Run(comparison.figure.text, comparison.figure),),
                    (Run(measure.unit_text),),
                    (Run(words),),
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
            bars = [Bar(str(figure.period.first.month), figure) for figure in figures]
        else:
            bars = [
                Bar(figure.place.label, figure)
                for _rank, figure in rank_figures(compute_split(measure, self.period, by))
            ]
        self.figures += [bar.figure for bar in bars]
        return self.marks.add(Chart(caption or measure.label, tuple(bars)))

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
            self.figures += [figure for figure in cells if figure is not None]
            rows.append(
                ((Run(label),), *((Run(figure.text, figure),) if figure else (Run("—"),) for figure in cells))
            )
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

    def _read(self, key: str, period: str, area: str, unit: str) -> Figure:
        measure = self._get(key)
        own = parse_period(period) if period else self.period
        place = find_place(area, unit) if area or unit else self.place
        cached = (key, own.text, place.key)
        if cached not in self._cache:
            self._cache[cached] = compute_figures([measure], own, place)[key]
        return self._cache[cached]

    def _compare(self, figure: Figure) -> Comparison:
        key = (figure.measure.key, figure.place.key)
        if key not in self._comparisons:
            self._comparisons[key] = compare_figures([figure.measure], figure.period, figure.place)[
                figure.measure.key
            ]
        return self._comparisons[key]

    def _add(self, figure: Figure, text: str) -> str:
        self.figures.append(figure)
        return self.marks.add(Run(text, figure))

    def _add_missing(self, figure: Figure) -> str:
        note = f"{figure.measure.label}（{figure.period.label}）：{figure.note or _('没有数据')}"
        if note not in self.notes:
            self.notes.append(note)
        return self._add(figure, NO_DATA)


def _write_ordinal(number: int) -> str:
    digits = "零一二三四五六七八九十"
    return digits[number] if number <= 10 else str(number)
