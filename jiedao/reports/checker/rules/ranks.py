"""Ranks: 第12位 among 11 districts, and lists of the first few that are not in falling order."""

import re
from collections.abc import Iterator
from itertools import pairwise

from django.utils.translation import gettext as _

from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict, claim_span
from jiedao.reports.checker.layout import Span
from jiedao.reports.checker.numerals import read_numeral
from jiedao.reports.checker.quantities import Quantity

_NUMERAL = r"\d{1,3}|[一二三四五六七八九十]{1,3}"
_FIELD = re.compile(
    rf"(?P<field>{_NUMERAL})个?(?:县\(?市?、?区\)?|区县|县区|区|县|市州|地级市|城市|街道|乡镇|镇街|街镇|镇|乡|社区|村|单位|部门|省份|省|中心城区)"
    r"(?:[^,。;!?\n\d]{0,6}(?:中|里|内)[^。;!?\n]{0,40}?"
    r"(?:排名?|位列|位居|名列|列|居)[^,。;!?\n\d第]{0,8}|(?<=[个县区道镇乡区村位门省市])(?:中|的)?)"
    rf"第(?P<rank>{_NUMERAL})(?:位|名)?"
)
_PLACES = ("第一", "第二", "第三", "第四", "第五")
_TAKES = re.compile(r"[^,;。、\d]{0,3}(?:居|排名?|位列|位居|列)(?P<rank>第[一二三四五])(?:位|名)?")
_FIRST = re.compile(
    r"(?:前(?P<count>[\d一二两三四五六七八九十]+)(?![\d个]*(?:月|年|天|日|周|季|期|届|批|次))(?:位|名|个)?|从高到低|由高到低|从多到少|由多到少|降序)"
)
_LAST = re.compile(r"后[\d一二两三四五六七八九十]+|倒数|末位|靠后|最低|最少|由低到高|从低到高")
_LISTED = re.compile(r"依次|分别|为:?|是:?|:")


def check_ranks(context: Context) -> Iterator[Claim]:
    """Yield ranks outside their field, and lists of the first few in a wrong order."""
    for sentence in context.layout.sentences:
        yield from _check_field(context, sentence)
        yield from _check_order(context, sentence)
        yield from _check_places(context, sentence)


def _check_places(context: Context, sentence: Span) -> Iterator[Claim]:
    """Yield 甲社区1500件居第一,乙社区1200件居第二: the first has most, or least where few is good."""
    ranked: dict[int, Quantity] = {}
    for amount in context.list_amounts(sentence):
        match = _TAKES.match(context.layout.folded, amount.end)
        if match and amount.is_exact:
            ranked.setdefault(_PLACES.index(match["rank"]), amount)
    amounts = [ranked[place] for place in sorted(ranked)]
    if len(amounts) < 2 or len({amount.unit for amount in amounts}) > 1 or _is_ascending(context, sentence):
        return
    names = [context.find_name(amount) for amount in amounts]
    if len(set(names)) < len(names):
        return  # one subject in several rankings
    yield _judge_order(context, amounts)


def _is_ascending(context: Context, sentence: Span) -> bool:
    return bool(_LAST.search(context.layout.folded, sentence.start, sentence.end))


def _check_field(context: Context, sentence: Span) -> Iterator[Claim]:
    for match in _FIELD.finditer(context.layout.folded, sentence.start, sentence.end):
        field, rank = _read(match["field"]), _read(match["rank"])
        if field < 2:
            continue
        is_outside = rank > field
        reason = (
            _("共 %(field)s 个，不可能排第 %(rank)s") if is_outside else _("共 %(field)s 个，排第 %(rank)s")
        ) % {"field": field, "rank": rank}
        verdict = Verdict.WRONG if is_outside else Verdict.HOLDS
        numbers = (match["field"], match["rank"])
        yield claim_span(context.layout, Kind.RANK, verdict, match.span("rank"), reason, numbers, 0.85)


def _check_order(context: Context, sentence: Span) -> Iterator[Claim]:
    """Yield 前三位依次为甲99件、乙77件、丙68件: each amount is not above the one before."""
    text = context.layout.folded
    match = _FIRST.search(text, sentence.start, sentence.end)
    if match is None or _LAST.search(text, sentence.start, sentence.end):
        return
    if not _LISTED.search(text, match.end(), min(match.end() + 16, sentence.end)):
        return
    amounts = context.list_amounts(Span(match.end(), sentence.end))
    if match["count"]:
        amounts = amounts[: _read(match["count"])]
    if len(amounts) < 2 or len({amount.unit for amount in amounts}) > 1:
        return
    if len({context.find_depth(amount.start) for amount in amounts}) > 1 or not all(
        amount.is_exact for amount in amounts
    ):
        return
    yield _judge_order(context, amounts)


def _judge_order(context: Context, amounts: list[Quantity]) -> Claim:
    """Return the claim that amounts in the order of their ranks do not rise."""
    for earlier, later in pairwise(amounts):
        if later.value > earlier.value:
            reason = _("按名次列出，%(later)s 却大于前面的 %(earlier)s") % {
                "later": later.printed, "earlier": earlier.printed,
            }  # fmt: skip
            return context.claim(Kind.RANK, Verdict.WRONG, later, reason, others=(earlier,), confidence=0.6)
    reason = " ≥ ".join(amount.printed for amount in amounts)
    return context.claim(
        Kind.RANK, Verdict.HOLDS, amounts[-1], reason, others=tuple(amounts[:-1]), confidence=0.6
    )


def _read(numeral: str) -> int:
    return int(numeral) if numeral.isdigit() else read_numeral(numeral)
