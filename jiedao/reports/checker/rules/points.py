"""Differences of percentages: 由22.5%提高到25.0%,提高2.5个百分点, which is not 2.5%."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import HUNDRED, read_interval
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import MILLE_POINTS, PERCENT, POINTS, Quantity

# The unit of a change, and that of the rates which it is the difference of.
_RATE_UNITS = {POINTS: PERCENT, PERCENT: PERCENT, MILLE_POINTS: "‰", "‰": "‰"}
_POINT_UNITS = {PERCENT: POINTS, "‰": MILLE_POINTS}
_MOVED = re.compile(r"(?:提高|上升|增加|提升|增长|下降|降低|减少|回落|降)(?:了|约)?$")
_TO = re.compile(r"(?:到|至|为)(?:了)?$")
_FROM = re.compile(r"(?:由|从)[^,;。%]{0,24}$")
_NEAR = 12  # characters between a change and the two percentages that it is the difference of
# Without another rate's name: 提高5.2个百分点,升学率从67%提高到70%.
_THEN_FROM = re.compile(r"[,(]?(?:由|从)")
_COMPARED = re.compile(r"同比|环比|比上年|较上年|比去年|较去年|比上月|较上月|上期")


def check_points(context: Context) -> Iterator[Claim]:
    """Yield the changes of percentages that are printed with both, and changes of rates in per cent."""
    for change in context.prose:
        if change.unit in _RATE_UNITS and _MOVED.search(context.find_lead(change)) and change.is_exact:
            pair = _find_pair(context, change)
            if pair:
                yield _judge(context, change, *pair)
            elif change.is_percent and (rate := _find_rate(context, change)):
                reason = _("率的增减 %(change)s%% 是百分点还是相对变化，文中没有写明") % {
                    "change": change.printed
                }
                yield context.claim(
                    Kind.PERCENT, Verdict.UNTESTABLE, change, reason, others=(rate,), confidence=0.4
                )


def _find_pair(context: Context, change: Quantity) -> tuple[Quantity, Quantity] | None:
    """Return the earlier and the later percentage: 由22.5%提高到25.0%,提高2.5个百分点, or the change before them."""
    sentence = context.layout.find_sentence(change.start)
    unit = _RATE_UNITS[change.unit]
    before = [q for q in context.list_between(sentence.start, change.start) if q.unit == unit]
    if len(before) > 1 and change.start - before[-1].end <= _NEAR and _is_from_to(context, *before[-2:]):
        return before[-2], before[-1]
    behind = [q for q in context.list_between(change.end, sentence.end) if q.unit == unit]
    is_of_same_rate = bool(_THEN_FROM.match(context.layout.folded, change.end))
    if len(behind) > 1 and is_of_same_rate and _is_from_to(context, *behind[:2]):
        return behind[0], behind[1]
    return None


def _is_from_to(context: Context, earlier: Quantity, later: Quantity) -> bool:
    sentence = context.layout.find_sentence(earlier.start)
    lead = context.layout.folded[max(sentence.start, earlier.start - 24) : earlier.start]
    return bool(_FROM.search(lead) and _TO.search(context.find_lead(later)))


def _judge(context: Context, change: Quantity, earlier: Quantity, later: Quantity) -> Claim:
    difference = read_interval(later) - read_interval(earlier)
    if later.value < earlier.value:
        difference = read_interval(earlier) - read_interval(later)
    is_difference = difference.overlaps(read_interval(change))
    points = _POINT_UNITS[later.unit]
    reason = _("%(later)s 与 %(earlier)s 相差 %(result)s，文中为 %(change)s") % {
        "later": later.printed + later.unit, "earlier": earlier.printed + earlier.unit,
        "result": f"{format_number(difference.middle)} {points}", "change": change.printed + change.unit,
    }  # fmt: skip
    holds = is_difference and change.unit == points
    if change.unit == later.unit:
        relative = difference.divide_by(read_interval(earlier))
        holds = bool(relative and relative.multiply_by(HUNDRED).overlaps(read_interval(change)))
        # A rate that went up by exactly the printed number was subtracted, even where rounding would allow a division.
        if abs(later.value - earlier.value) == change.value:
            holds = False
        if is_difference and not holds:
            reason += _("；应写“%(points)s”") % {"points": points}
    verdict = Verdict.HOLDS if holds else Verdict.WRONG
    return context.claim(Kind.PERCENT, verdict, change, reason, others=(earlier, later), confidence=0.8)


def _find_rate(context: Context, change: Quantity) -> Quantity | None:
    """Return the rate that a change in per cent belongs to: 结案率99.9%,同比上升0.04%."""
    sentence = context.layout.find_sentence(change.start)
    before = [q for q in context.list_between(sentence.start, change.start) if q.is_percent]
    if not before or change.start - before[-1].end > 8:
        return None
    rate = before[-1]
    is_rate = re.search(r"(?<!完成)(?:率|比重|占比|比例)(?:达到?|为|约)?$", context.find_lead(rate))
    lead = context.find_lead(change)
    return rate if is_rate and _COMPARED.search(lead) and "增长" not in lead else None
