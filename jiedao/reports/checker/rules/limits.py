"""What a number cannot be: a rate above 100 %, more solved than found."""

import re
from collections.abc import Iterator
from itertools import pairwise

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import read_interval
from jiedao.reports.checker.context import CHANGED, Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.quantities import Quantity

_BOUNDED = re.compile(
    r"(?:占比率?|(?:办结|结案|满意|响应|解决|回复|答复|覆盖|合格|整改|参保|入学|达标|按时|及时|受理|立案|处置|签收|普及|入住|"
    r"到岗|复工|复产|优良|命中|清零|化解|反馈|办理|通过|知晓|参与|接种|签约|建档|纳管)率)(?:为|达到?|约|是|:|高|比|的|比重)*$"
)
_FOUND = re.compile(r"发现|排查出|查出|检查出|排查|收到|受理|接到|接收|立案|上报")
_SOLVED = re.compile(r"整改|整治|办结|处置|解决|结案|完成整改|已整改|处理|消除|销号|化解|答复|回复")
_CARRIED = re.compile(r"结转|历年|上年|往年|存量|积案|积压|遗留|含[^,。]{0,6}[上前]")


def check_limits(context: Context) -> Iterator[Claim]:
    """Yield percentages beyond reason, and parts beyond their whole."""
    for percentage in context.percentages:
        if percentage.value > 100 and _BOUNDED.search(context.find_lead(percentage)):
            reason = _("%(printed)s%% 超过 100%%") % {"printed": percentage.printed}
            yield context.claim(Kind.PERCENT, Verdict.WRONG, percentage, reason, confidence=0.9)
    for sentence in context.layout.sentences:
        amounts = [
            amount
            for amount in context.list_amounts(sentence)
            if amount.is_exact and not amount.is_word and not CHANGED.search(context.find_lead(amount))
        ]
        yield from _check_solved(context, amounts)


def _check_solved(context: Context, amounts: list[Quantity]) -> Iterator[Claim]:
    """发现隐患72处,整治39处: what is solved cannot be more than what was found."""
    for earlier, later in pairwise(amounts):
        sentence = context.layout.find_sentence(later.start)
        if _CARRIED.search(context.layout.folded, sentence.start, sentence.end):
            continue  # more may be solved than came in
        lead, later_lead = context.find_lead(earlier), context.find_lead(later)
        if earlier.unit != later.unit or later.start - earlier.end > 24:
            continue
        if (
            _FOUND.search(lead)
            and not _SOLVED.search(lead)
            and _SOLVED.search(later_lead)
            and not _FOUND.search(later_lead)
        ):
            is_more = read_interval(later).low > read_interval(earlier).high
            reason = (
                _("处理的 %(later)s 多于发现的 %(earlier)s")
                if is_more
                else _("处理的 %(later)s 不多于发现的 %(earlier)s")
            )
            reason %= {"later": later.printed, "earlier": earlier.printed}
            verdict = Verdict.WRONG if is_more else Verdict.HOLDS
            yield context.claim(
                Kind.PART_WHOLE, verdict, later, reason, others=(earlier,), confidence=0.7, first=earlier
            )
