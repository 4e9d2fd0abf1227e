"""Growth and completion of a total against those of its parts.

Where the parts make the total, its growth is a mean of theirs: it cannot be below the smallest or above the greatest.
Amounts at current prices state more: the earlier total, as each part's growth implies it, is the sum of the earlier
parts. The same holds for plans that a completion rate implies.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import HUNDRED, Interval, add_up, read_interval
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.growth import COMPARABLE
from jiedao.reports.checker.rules.sum_claims import SumClaim, list_claims

_GROWTH = re.compile(
    r"^,?(?:同比|比上年同?期?|较上年同?期?|比去年同?期?|较去年同?期?)?(?:名义)?(?P<word>增长|下降|上升|减少)(?:了|约)?$"
)
_COMPLETION = re.compile(
    r"^,?(?:为|完成|占)(?:年初|全年|年度|调整|本年)?(?:预算数?|任务数?|计划|目标任务|目标)的?$"
)
_REVISED = Decimal("0.005")  # how far the sum of earlier parts may be off where an office has revised them
_REACH = 40  # characters behind an amount in which its growth is printed


@dataclass(frozen=True)
class Rate:
    """The growth or the completion rate of an amount, as the factor between it and its base."""

    percentage: Quantity
    factor: Interval
    is_completion: bool

    @property
    def words(self) -> str:
        """The rate with its sign."""
        sign = "-" if not self.is_completion and self.factor.middle < 1 else ""
        return f"{sign}{self.percentage.printed}%"


def check_decompositions(context: Context) -> Iterator[Claim]:
    """Yield the growth rates and completion rates of totals whose parts have rates of their own."""
    seen: set[int] = set()
    for claim in list_claims(context):
        total = _find_total(context, claim)
        if total is None or total.start in seen:
            continue
        for is_completion in (False, True):
            judged = _judge(context, total, claim.parts, is_completion=is_completion)
            if judged:
                seen.add(total.start)
                yield judged


def _find_total(context: Context, claim: SumClaim) -> Quantity | None:
    """Return the total that the parts make, where each part is an amount and none is approximate."""
    parts = claim.parts
    if len(parts) < 2 or not all(part.is_exact and not part.is_word for part in parts):
        return None
    total_sum = add_up(parts)
    for total in claim.totals:
        is_close = total_sum.overlaps(read_interval(total))
        if total.is_exact and total.start < parts[0].start and is_close and total.value > 0:
            return total
    return None


def _judge(
    context: Context, total: Quantity, parts: Sequence[Quantity], *, is_completion: bool
) -> Claim | None:
    own = _find_rate(context, total, is_completion=is_completion)
    rates = [_find_rate(context, part, is_completion=is_completion) for part in parts]
    known = [rate for rate in rates if rate]
    # 分别增长16.9%和23.1% is a list of its own: then one percentage would belong to several amounts.
    starts = {rate.percentage.start for rate in (own, *known) if rate}
    if own is None or len(known) < len(rates) or len(starts) < len(rates) + 1:
        return None
    low, high = min(rate.factor.low for rate in known), max(rate.factor.high for rate in known)
    words = "、".join(rate.words for rate in known)
    others = (total, *parts)
    # The plan of a total may hold a reserve that no part has, so that its completion is below those of all parts.
    is_below = own.factor.high < low and not is_completion
    if is_below or own.factor.low > high:
        reason = _("各部分为 %(parts)s，合计不可能是 %(total)s") % {"parts": words, "total": own.words}
        return context.claim(
            Kind.IMPLIED, Verdict.WRONG, own.percentage, reason, others=others, confidence=0.8, first=total
        )
    if own.factor.high < low:
        return None
    sentence = context.layout.find_sentence(total.start)
    if COMPARABLE.search(context.layout.folded, sentence.start, parts[-1].end):
        return None
    return _compare_bases(context, total, own, list(zip(parts, known, strict=True)))


def _compare_bases(
    context: Context, total: Quantity, own: Rate, parts: list[tuple[Quantity, Rate]]
) -> Claim | None:
    """Compare the base that the total implies with the sum of those that its parts imply."""
    base = read_interval(total).divide_by(own.factor)
    part_bases = [read_interval(part).divide_by(rate.factor) for part, rate in parts]
    sound = [part_base for part_base in part_bases if part_base]
    if base is None or len(sound) < len(part_bases):
        return None
    total_base = Interval(Decimal(0), Decimal(0))
    for part_base in sound:
        total_base += part_base
    reason = _("由 %(total)s 和 %(rate)s 推算的基数为 %(base)s，由各部分推算为 %(sum)s") % {
        "total": total.words, "rate": own.words, "base": _write(total, base), "sum": _write(total, total_base),
    }  # fmt: skip
    gap = max(base.low - total_base.high, total_base.low - base.high)
    verdict = Verdict.HOLDS if gap <= 0 else Verdict.WRONG
    if 0 < gap <= base.middle * _REVISED:
        verdict = Verdict.UNTESTABLE
        reason = _("%(reason)s；上期数可能修订过") % {"reason": reason}
    others = (total, *(part for part, _rate in parts))
    return context.claim(
        Kind.IMPLIED, verdict, own.percentage, reason, others=others, confidence=0.6, first=total
    )


def _find_rate(context: Context, amount: Quantity, *, is_completion: bool) -> Rate | None:
    """Return the growth or completion rate that is printed behind an amount, before the next amount of its unit."""
    for quantity in context.list_after(amount, _REACH):
        if quantity.unit == amount.unit and quantity.start - amount.end > 1:
            words = context.find_lead(quantity)
            if not re.search(r"增[收支加]|减[收支少]|预算|任务|计划", words):
                return None
        if not quantity.is_percent or not quantity.is_exact:
            continue
        if ";" in context.layout.folded[amount.end : quantity.start]:
            return None
        lead = re.sub(r"\s", "", context.find_lead(quantity))
        room = quantity.room / HUNDRED
        share = quantity.value / HUNDRED
        if is_completion and _COMPLETION.match(lead):
            return Rate(quantity, Interval(share - room, share + room), is_completion=True)
        match = None if is_completion else _GROWTH.match(lead)
        if match:
            factor = 1 + share if match["word"] in {"增长", "上升"} else 1 - share
            return Rate(quantity, Interval(factor - room, factor + room), is_completion=False)
    return None


def _write(total: Quantity, base: Interval) -> str:
    ends = format_number(base.low / total.scale, 2), format_number(base.high / total.scale, 2)
    return ends[0] if ends[0] == ends[1] else "~".join(ends)
