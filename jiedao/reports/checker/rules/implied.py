"""The plan or the earlier amount that an amount and its rate imply: 28.7亿元,完成率38.3%,同比增长67.1%.

Where the text prints the implied amount, the claim is tested; elsewhere it is derived, for the reader to compare.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import HUNDRED, Interval, read_interval
from jiedao.reports.checker.context import CHANGED, Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.growth import COMPARABLE

_ONE = Interval(Decimal(1), Decimal(1))
_REACH = 24  # characters behind an amount in which its rates are printed
_LEAST_DIGITS = 3  # an amount with fewer fits by chance
_COMPLETION = re.compile(
    r"^,?(?:(?:任务|计划|目标)?完成率|(?:完成|占|达到?)?(?:全年|年度|年初|本年|年|调整|区|市)*(?:目标任务|任务|目标|计划|预算)数?的?)"
    r"(?:为|达到?|约)?$"
)
_GROWTH = re.compile(
    r"^,?(?:(?:同比|比上年|较上年|比去年|较去年)(?:同期)?)?(?P<word>增长|上升|下降|减少)(?:了|约)?$"
)
_PLAN = re.compile(r"目标|任务|计划|预算|力争")
_EARLIER = re.compile(r"去年|上年|同期")


def derive_bases(context: Context) -> Iterator[Claim]:
    """Yield the plans and earlier amounts that rates imply, tested where the text prints them."""
    for amount in context.amounts:
        if (
            not amount.is_exact
            or amount.is_word
            or amount.value <= 0
            or CHANGED.search(context.find_lead(amount))
        ):
            continue
        for rate in _list_rates(context, amount):
            lead = re.sub(r"\s", "", context.find_lead(rate))
            if _COMPLETION.match(lead):
                yield from _derive(context, amount, rate, _read_share(rate), is_plan=True)
            elif (match := _GROWTH.match(lead)) and not _is_comparable(context, amount):
                change = _read_share(rate)
                factor = _ONE + change if match["word"] in {"增长", "上升"} else _ONE - change
                yield from _derive(context, amount, rate, factor, is_plan=False)


def _list_rates(context: Context, amount: Quantity) -> Iterator[Quantity]:
    """Yield the percentages behind an amount, up to the next amount or the end of the sentence."""
    end = amount.end
    for quantity in context.list_after(amount, 3 * _REACH):
        words = context.layout.folded[end : quantity.start]
        if not quantity.is_percent or len(words) > _REACH or re.search(r"[。;!?\n()]", words):
            return
        if quantity.is_exact and not quantity.is_word and quantity.value > 0:
            yield quantity
        end = quantity.end


def _read_share(rate: Quantity) -> Interval:
    printed = read_interval(rate)
    return Interval(printed.low / HUNDRED, printed.high / HUNDRED)


def _is_comparable(context: Context, amount: Quantity) -> bool:
    clause = context.layout.find_clause(amount.start)
    return bool(COMPARABLE.search(context.layout.folded, clause.start, amount.end + _REACH))


def _derive(
    context: Context, amount: Quantity, rate: Quantity, factor: Interval, *, is_plan: bool
) -> Iterator[Claim]:
    base = read_interval(amount).divide_by(factor)
    if base is None:
        return
    printed = _find_printed(context, amount, base, _PLAN if is_plan else _EARLIER)
    values = {
        "amount": amount.words,
        "rate": f"{rate.printed}%",
        "middle": format_number(amount.value / factor.middle / amount.scale, 2),
        "low": format_number(base.low / amount.scale, 2),
        "high": format_number(base.high / amount.scale, 2),
    }
    reason = (
        _("由 %(amount)s 和 %(rate)s 推算，全部任务约为 %(middle)s（%(low)s~%(high)s）")
        if is_plan
        else _("由 %(amount)s 和 %(rate)s 推算，上年同期约为 %(middle)s（%(low)s~%(high)s）")
    ) % values
    if printed:
        reason = _("%(reason)s，文中为 %(printed)s") % {"reason": reason, "printed": printed.words}
    verdict = Verdict.HOLDS if printed else Verdict.UNTESTABLE
    others = (amount, printed) if printed else (amount,)
    yield context.claim(Kind.IMPLIED, verdict, rate, reason, others=others, confidence=0.5, first=amount)


def _find_printed(
    context: Context, amount: Quantity, base: Interval, words: re.Pattern[str]
) -> Quantity | None:
    """Return the amount of the text that is the implied one, by its words and its value."""
    return next(
        (
            other
            for other in context.amounts
            if other is not amount
            and other.unit == amount.unit
            and base.low <= other.value <= base.high
            and len(other.printed.replace(".", "")) >= _LEAST_DIGITS
            and words.search(context.find_lead(other) + context.find_tail(other))
        ),
        None,
    )
