"""Periods that do not fit: 全年 in a half-year report, 较上月同比, 1-7月 under the title 上半年, 2月30日."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict, claim_span

_TITLE_LINES = 6
_MONTHS = {
    "上半年": (1, 6),
    "下半年": (7, 12),
    "一季度": (1, 3),
    "二季度": (4, 6),
    "三季度": (7, 9),
    "前三季度": (1, 9),
    "四季度": (10, 12),
}
_TITLE = re.compile(r"上半年|前三季度|第?[一二三四]季度")
_REPORT = re.compile(r"总结|报告|情况|通报|分析|简报|公报|工作|计划")
_SPAN = re.compile(r"(?<!\d)(?P<first>\d{1,2})(?:月)?(?:-|至|到)(?P<last>\d{1,2})月(?:份)?")
_COUNTED_SPAN = re.compile(
    r"(?<!\d)(?P<first>\d{1,2})月?(?:-|至|到)(?P<last>\d{1,2})月(?:份)?,?(?:共|合计|总共|这)(?P<count>\d{1,2})个月"
)
_YEAR_DONE = re.compile(r"(?<![\w])全年(?P<words>[^,;。!?\n]{0,40})")
_YEAR_PLANNED = re.compile(
    r"目标|任务|计划|预计|力争|确保|预算|将|有望|预期|安排|指标|工作|要点|左右|以上|下半年|努力|争取|预估|来年|明年|上年|去年"
)
_DONE = re.compile(r"下降|增长|减少|完成|实现|达|上升|发生|处理|办理|新增|同期|累计|共")
_MONTH_AS_YEAR = re.compile(
    r"(?:较|比|与)?上(?:个)?(?:月|期|周)[^,;。]{0,4}同比|环比[^,;。]{0,3}(?:去年|上年)同期|(?:较|比|与)(?:去年|上年)同期[^,;。]{0,3}环比"
)
_DAY = re.compile(r"(?:(?P<year>\d{4})年)?(?<!\d)(?P<month>\d{1,2})月(?P<day>\d{1,2})日")
_MONTH = re.compile(r"(?<![\d.,-])(?P<month>\d{1,2})月(?:份|底|末|初)?(?![\d])")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class ReportPeriod:
    """The months that a report's title names, and the name."""

    name: str
    first: int
    last: int


def check_periods(context: Context) -> Iterator[Claim]:
    """Yield words of time that cannot be right in this text, and figures of a part of the report's period."""
    period = _read_title(context)
    if period:
        yield from _check_whole_year(context, period)
        yield from _check_spans(context, period)
    yield from _check_comparisons(context)
    yield from _check_days(context)
    yield from _check_counted_spans(context)


def _read_title(context: Context) -> ReportPeriod | None:
    for line in [
        line for line in context.layout.paragraphs if context.layout.folded[line.start : line.end].strip()
    ][:_TITLE_LINES]:
        words = context.layout.folded[line.start : line.end].strip()
        match = _TITLE.search(words)
        if match and len(words) < 60 and _REPORT.search(words) and "。" not in words:
            first, last = _MONTHS[match.group().removeprefix("第")]
            return ReportPeriod(match.group(), first, last)
    return None


def _check_whole_year(context: Context, period: ReportPeriod) -> Iterator[Claim]:
    text = context.layout.folded
    for match in _YEAR_DONE.finditer(text):
        clause = match["words"]
        if _YEAR_PLANNED.search(clause) or not _DONE.search(clause) or not re.search(r"\d", clause):
            continue
        if re.search(
            r"预计|力争|确保|下半年|目标|计划",
            text[max(0, match.start() - 40) : match.start()].rsplit("。", 1)[-1],
        ):
            continue
        reason = _("%(name)s的报告不能有“全年”的实际数") % {"name": period.name}
        yield _mark(context, Verdict.WRONG, match, reason, 0.8)


def _check_spans(context: Context, period: ReportPeriod) -> Iterator[Claim]:
    for match in _SPAN.finditer(context.layout.folded):
        first, last = int(match["first"]), int(match["last"])
        if not 1 <= first < last <= 12:
            continue
        sentence = context.layout.find_sentence(match.start())
        words = context.layout.folded[sentence.start : sentence.end]
        if re.search(r"去年|上年|计划|预计|下半年|目标", words) or not any(
            quantity.unit for quantity in context.list_amounts(sentence)
        ):
            continue
        if period.first == 1 and first == 1 and last > period.last:
            reason = _("标题为%(name)s，正文却有%(span)s的数") % {"name": period.name, "span": match.group()}
            yield _mark(context, Verdict.WRONG, match, reason, 0.75)
        elif first == period.first and last < period.last:
            reason = _("%(name)s的报告中是%(span)s的数，引用时须写明期间") % {
                "name": period.name,
                "span": match.group(),
            }
            yield _mark(context, Verdict.OTHER_BASE, match, reason, 0.9)


def _check_counted_spans(context: Context) -> Iterator[Claim]:
    """1至6月共6个月."""
    for match in _COUNTED_SPAN.finditer(context.layout.folded):
        first, last, count = int(match["first"]), int(match["last"]), int(match["count"])
        if 1 <= first < last <= 12:
            reason = _("%(span)s有 %(months)s 个月，文中为 %(count)s 个月") % {
                "span": match.group().split(match["last"])[0] + match["last"] + "月",
                "months": last - first + 1, "count": count,
            }  # fmt: skip
            verdict = Verdict.HOLDS if last - first + 1 == count else Verdict.WRONG
            yield _mark(context, verdict, match, reason, 0.85)


def _check_comparisons(context: Context) -> Iterator[Claim]:
    for match in _MONTH_AS_YEAR.finditer(context.layout.folded):
        if match.group().startswith("环比") or "环比" in match.group():
            reason = _("与去年同期相比是同比，不是环比")
        else:
            reason = _("与上月（上期）相比是环比，不是同比")
        yield _mark(context, Verdict.WRONG, match, reason, 0.9)


def _check_days(context: Context) -> Iterator[Claim]:
    for match in _DAY.finditer(context.layout.folded):
        month, day = int(match["month"]), int(match["day"])
        is_wrong = not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]
        if match["year"] and (month, day) == (2, 29):
            year = int(match["year"])
            is_wrong = year % 4 != 0 or (year % 100 == 0 and year % 400 != 0)
        if is_wrong:
            yield _mark(
                context,
                Verdict.WRONG,
                match,
                _("没有%(day)s这一天") % {"day": match.group()},
                0.9,
            )
    for match in _MONTH.finditer(context.layout.folded):
        if int(match["month"]) > 12 and context.layout.folded[match.start() - 1 : match.start()] in {
            "年",
            "",
            "\n",
            ",",
            "。",
            "(",
        }:
            yield _mark(
                context,
                Verdict.WRONG,
                match,
                _("没有%(month)s") % {"month": match.group()},
                0.8,
            )


def _mark(context: Context, verdict: Verdict, match: re.Match[str], reason: str, confidence: float) -> Claim:
    start, end = match.span()
    clause = context.layout.find_clause(start)
    numbers = tuple(quantity.printed for quantity in context.list_between(start, clause.end))
    return claim_span(context.layout, Kind.PERIOD, verdict, (start, end), reason, numbers, confidence)
