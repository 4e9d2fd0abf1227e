"""Multiples of an earlier amount: 增长1.2倍, 是去年80件的3倍, 翻了一番."""

import re
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import is_printed_as, read_interval
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict, claim_span
from jiedao.reports.checker.layout import Span
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.growth import COMPARABLE, find_two_amounts

_INCREASE = re.compile(r"(?:增长|增加|提高|上升|扩大|增|涨)(?:了|约|近|超|到)*$")
_TIMES_OF = re.compile(r"(?:的|是|为|相当于)(?:约|近|超)*$")
# What may be before a multiple; other words name another subject than that of the two amounts.
_WORDS = re.compile(
    r"增长|增加|提高|上升|扩大|相当于|同比|比?[上去]年|同期|[一二三四五六七八九十]+年前|[增涨是为的了约近超达到至,、]|\s"
)
_DOUBLED = re.compile(r"翻(?:了)?(?P<count>一|两|三)?番")
_FACTORS = {"一": 2, "两": 4, "三": 8}
_LEAST = Decimal("0.95")  # 翻番 is said of what is nearly twice as much, and of anything above


def check_multiples(context: Context) -> Iterator[Claim]:
    """Yield multiples whose two amounts are printed with them."""
    for quantity in context.prose:
        if quantity.unit == "倍" and quantity.is_exact and quantity.value > 0:
            yield from _check_times(context, quantity)
    for match in _DOUBLED.finditer(context.layout.folded):
        yield from _check_doubled(context, match)


def _find_pair(context: Context, position: int) -> tuple[Quantity, Quantity] | None:
    """Return the earlier and the later amount before a position: 由40家增加到80家, or 80家,比去年的40家."""
    sentence = context.layout.find_sentence(position)
    before = context.list_amounts(Span(sentence.start, position))[::-1]
    if COMPARABLE.search(context.layout.folded, sentence.start, position):
        return None
    return find_two_amounts(context, position, before)


def _check_times(context: Context, times: Quantity) -> Iterator[Claim]:
    lead = context.find_lead(times)
    pair = _find_pair(context, times.start)
    is_increase = bool(_INCREASE.search(lead)) and not lead.rstrip("约近超").endswith("到")
    if pair is None or _WORDS.sub("", lead) or not (is_increase or _TIMES_OF.search(lead)):
        return
    earlier, later = pair
    factor = read_interval(later).divide_by(read_interval(earlier))
    if factor is None:
        return
    increase = (read_interval(later) - read_interval(earlier)).divide_by(read_interval(earlier))
    result = increase if is_increase else factor
    if result is None:
        return
    text = _("(%(later)s − %(earlier)s) ÷ %(earlier)s") if is_increase else _("%(later)s ÷ %(earlier)s")
    reason = _("%(sum)s = %(result)s 倍，文中为 %(printed)s 倍") % {
        "sum": text % {"later": later.printed, "earlier": earlier.printed},
        "result": format_number(result.middle, times.places + 2), "printed": times.printed,
    }  # fmt: skip
    holds = is_printed_as(result, times)
    if not holds and is_increase and is_printed_as(factor, times):
        reason = _("%(reason)s；这是后数为前数的倍数，不是增长的倍数") % {"reason": reason}
    yield context.claim(
        Kind.GROWTH, Verdict.HOLDS if holds else Verdict.WRONG, times, reason,
        others=(earlier, later), confidence=0.75,
    )  # fmt: skip


def _check_doubled(context: Context, match: re.Match[str]) -> Iterator[Claim]:
    pair = _find_pair(context, match.start())
    if pair is None or not all(amount.is_exact for amount in pair):
        return
    earlier, later = pair
    factor = read_interval(later).divide_by(read_interval(earlier))
    if factor is None:
        return
    least = _FACTORS[match["count"] or "一"]
    reason = _("%(later)s ÷ %(earlier)s = %(result)s 倍，%(words)s应为 %(least)s 倍") % {
        "later": later.printed, "earlier": earlier.printed, "words": match.group(), "least": least,
        "result": format_number(factor.middle, 2),
    }  # fmt: skip
    verdict = Verdict.HOLDS if factor.high >= least * _LEAST else Verdict.WRONG
    numbers = (earlier.printed, later.printed)
    yield claim_span(context.layout, Kind.GROWTH, verdict, match.span(), reason, numbers, 0.7)
