"""Figures that are defined by others of the text: 城镇化率, 性别比, 城乡收入比, 日均."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import HUNDRED, Interval, is_printed_as, read_interval
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict, claim_span
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity

_REACH = 260  # characters before a figure in which its two amounts may be
_URBAN_RATE = re.compile(r"(?P<kind>户籍|常住)?(?:人口)?城镇化率(?:为|达到?|是)?$")
_URBAN = re.compile(r"(?:城镇(?:常住|户籍)?人口|居住在城镇的人口)$")
_POPULATION = re.compile(r"(?<!城镇)(?<!乡村)(?:常住|户籍)?(?:总人口|常住人口|户籍人口|人口总量)$")
_SEX_RATIO = re.compile(
    r"(?<!出生人口)性别比[^,;。\d]{0,8}(?:\([^()]{0,40}\))?(?:为|是)(?P<value>\d{2,3}\.\d{1,2})(?!\d)"
)
_INCOME_RATIO = re.compile(
    r"(?:城乡[^,;。]{0,12}收入(?:之)?比|收入比)[^,;。]{0,6}(?:为|是|:)(?P<value>\d\.\d{1,3})(?::1|(?![\d%:]))"
)
_DAILY = re.compile(r"(?:日均|平均每[天日])[^\d,;。]{0,8}$")
_PERIODS = (
    (re.compile(r"本周|上周|第\d{1,2}周|一周"), (7, 5)),
    (re.compile(r"(?<!\d)(?:1|3|5|7|8|10|12)月份?(?![\d-])"), (31, 20, 21, 22, 23)),
    (re.compile(r"(?<!\d)(?:4|6|9|11)月份?(?![\d-])"), (30, 20, 21, 22)),
    (re.compile(r"(?<!\d)2月份?(?![\d-])"), (28, 29, 17, 18, 19, 20)),
    (re.compile(r"(?:第?一季度|1-3月)"), (90, 91, *range(57, 64))),
    (re.compile(r"上半年|1-6月"), (181, 182, *range(117, 126))),
)
_MONTHLY = re.compile(r"(?:月均|平均每(?:个)?月)[^\d,;。]{0,8}$")
_MONTHS = (
    (re.compile(r"全年|1-12月"), 12),
    (re.compile(r"(?:上|下)半年|1-6月"), 6),
    (re.compile(r"季度|1-3月"), 3),
)
_SLIP = Decimal("0.3")  # a daily mean farther away is of another period


def check_definitions(context: Context) -> Iterator[Claim]:
    """Yield the figures of a text whose definition names two amounts that are printed before them."""
    for percentage in context.percentages:
        match = _URBAN_RATE.search(context.find_lead(percentage))
        if match and percentage.is_exact:
            yield from _check_urban_rate(context, percentage, match["kind"] or "")
    yield from _check_quotients(
        context, _SEX_RATIO, re.compile(r"^男性?(?:人口)?"), re.compile(r"^女性?(?:人口)?"), HUNDRED
    )
    yield from _check_quotients(
        context, _INCOME_RATIO,
        re.compile(r"城镇\w{0,6}人均可支配收入$"), re.compile(r"农村\w{0,6}人均可支配收入$"), Decimal(1),
    )  # fmt: skip
    yield from _check_daily_means(context)
    yield from _check_monthly_means(context)


def _check_urban_rate(context: Context, rate: Quantity, kind: str) -> Iterator[Claim]:
    """常住人口80.0万人,其中城镇人口50.0万人,城镇化率62.5%."""
    before = [
        amount for amount in context.list_before(rate, _REACH) if amount.unit == "人" and amount.is_exact
    ]
    before = [amount for amount in before if ("户籍" in context.find_name(amount)) == (kind == "户籍")]
    urban = _find_named(context, before, _URBAN)
    population = _find_named(context, before, _POPULATION)
    if urban is None or population is None or population.start > urban.start:
        return
    share = read_interval(urban).divide_by(read_interval(population))
    if share:
        yield _judge(context, rate, (urban, population), share.multiply_by(HUNDRED), "%")


def _check_quotients(
    context: Context,
    pattern: re.Pattern[str],
    above: re.Pattern[str],
    below: re.Pattern[str],
    factor: Decimal,
) -> Iterator[Claim]:
    """男性51000人,女性49000人,性别比为104.08, and the ratio of incomes in towns and villages."""
    for match in pattern.finditer(context.layout.folded):
        start = match.start("value")
        printed = next((q for q in context.list_between(start, start + 1)), None)
        if printed is None:
            continue
        before = [
            amount for amount in context.list_before(printed, _REACH) if amount.unit and amount.is_exact
        ]
        first, second = _find_named(context, before, above), _find_named(context, before, below)
        if first is None or second is None or first.unit != second.unit:
            continue
        quotient = read_interval(first).divide_by(read_interval(second))
        if quotient:
            yield _judge(context, printed, (first, second), quotient.multiply_by(factor), "")


def _find_named(context: Context, amounts: Sequence[Quantity], pattern: re.Pattern[str]) -> Quantity | None:
    return next((amount for amount in amounts if pattern.search(context.find_name(amount))), None)


def _judge(
    context: Context, printed: Quantity, operands: tuple[Quantity, Quantity], result: Interval, unit: str
) -> Claim:
    reason = _("%(above)s ÷ %(below)s = %(result)s%(unit)s，文中为 %(printed)s%(unit)s") % {
        "above": operands[0].words, "below": operands[1].words, "printed": printed.printed, "unit": unit,
        "result": format_number(result.middle, printed.places + 2),
    }  # fmt: skip
    holds = is_printed_as(result, printed)
    return context.claim(
        Kind.RATIO, Verdict.HOLDS if holds else Verdict.WRONG, printed, reason,
        others=operands, confidence=0.75, first=operands[0],
    )  # fmt: skip


def _check_daily_means(context: Context) -> Iterator[Claim]:
    """本周受理700件,日均100件: calendar days or working days of the only period of the sentence."""
    for mean, total, words in _list_means(context, _DAILY):
        periods = [days for pattern, days in _PERIODS if pattern.search(words)]
        if len(periods) != 1:
            continue
        holds = any(_is_mean(total, days, mean) for days in periods[0])
        days = Decimal(periods[0][0])
        if not holds and abs(total.value / days - mean.value) > total.value / days * _SLIP:
            continue
        reason = _("%(total)s ÷ %(days)s 天 = %(result)s，文中为 %(printed)s") % {
            "total": total.words, "days": days, "printed": mean.printed,
            "result": mean.format(total.value / days),
        }  # fmt: skip
        yield claim_span(
            context.layout, Kind.RATIO, Verdict.HOLDS if holds else Verdict.WRONG,
            (mean.start, mean.end), reason, (total.printed, mean.printed), 0.65,
        )  # fmt: skip


def _check_monthly_means(context: Context) -> Iterator[Claim]:
    """全年受理12000件,月均1000件: the only period of the sentence."""
    for mean, total, words in _list_means(context, _MONTHLY):
        counts = {count for pattern, count in _MONTHS if pattern.search(words)}
        if len(counts) != 1:
            continue
        months = counts.pop()
        reason = _("%(total)s ÷ %(months)s 个月 = %(result)s，文中为 %(printed)s") % {
            "total": total.words, "months": months, "printed": mean.printed,
            "result": mean.format(total.value / months),
        }  # fmt: skip
        verdict = Verdict.HOLDS if _is_mean(total, months, mean) else Verdict.WRONG
        yield context.claim(Kind.RATIO, verdict, mean, reason, others=(total,), confidence=0.6)


def _list_means(context: Context, pattern: re.Pattern[str]) -> Iterator[tuple[Quantity, Quantity, str]]:
    """Yield each mean with the amount right before it and the words of the sentence before the mean."""
    for mean in context.amounts:
        if not pattern.search(context.find_lead(mean)) or not mean.is_exact:
            continue
        before = context.list_sentence_before(mean)
        if before and before[0].unit == mean.unit and before[0].is_exact:
            sentence = context.layout.find_sentence(mean.start)
            yield mean, before[0], context.layout.folded[sentence.start : mean.start]


def _is_mean(total: Quantity, count: int, mean: Quantity) -> bool:
    """Return whether a mean is that of a total; a mean of counts is rounded, too."""
    result = read_interval(total).multiply_by(1 / Decimal(count))
    place = mean.step if mean.places else max(mean.step, Decimal(1))
    return result.low < mean.value + place and result.high >= mean.value - place / 2
