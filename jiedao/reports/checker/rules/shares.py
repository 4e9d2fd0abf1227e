"""Shares of one whole: 三次产业结构为4.2:35.3:60.5, 分别占20.5%、30.5%、49.0%, 税收占比80.2% beside 非税占比19.8%."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import (
    HUNDRED,
    add_up,
    compute_percentage,
    list_runs,
    read_interval,
)
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict, claim_span
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity

_STRUCTURE = re.compile(r"(?<![\d:])(\d{1,3}(?:\.\d+)?(?:\s?:\s?\d{1,3}(?:\.\d+)?){1,5})(?![\d:])")
_NAMED = re.compile(r"结构|比重|占比|构成|比例")
_OLD = re.compile(r"(?:由|从)[^,;。]{0,24}$")
_SHARE = re.compile(r"占比?(?:比重|比例)?(?:率|重)?(?:为|达|约)?$")
_REST = re.compile(r"^(?:其他|其它|其余)")
_MOST_EXCESS = Decimal(110)  # shares that make more are of several wholes
_COMPLEMENT = re.compile(r"(?P<name>\w{1,8})占比")
_YEAR = re.compile(r"\d{4}(?=年)")
_REACH = 500


def check_shares(context: Context) -> Iterator[Claim]:
    """Yield structures and shares that must make 100, and those that their amounts contradict."""
    text = context.layout.folded
    for match in _STRUCTURE.finditer(text):
        numbers = [number.strip() for number in match[1].split(":")]
        sentence = context.layout.find_sentence(match.start())
        lead = text[max(sentence.start, match.start() - 30) : match.start()]
        if len(numbers) > 2 and _NAMED.search(lead) and "." in match[1]:
            yield from _check_structure(context, match, numbers, is_old=bool(_OLD.search(lead)))
    yield from _check_complements(context)
    yield from _check_lists(context)


def _check_structure(
    context: Context, match: re.Match[str], numbers: list[str], *, is_old: bool
) -> Iterator[Claim]:
    values = [Decimal(number) for number in numbers]
    places = max(len(number.partition(".")[2]) for number in numbers)
    step = Decimal(1).scaleb(-places)
    total = sum(values, Decimal(0))
    if abs(total - 100) > step * len(values) / 2:
        reason = _("%(sum)s = %(total)s，不等于 100") % {
            "sum": " + ".join(numbers),
            "total": format_number(total),
        }
        yield claim_span(context.layout, Kind.SHARE, Verdict.WRONG, match.span(), reason, tuple(numbers), 0.8)
        return
    amounts = [] if is_old else _find_amounts(context, match.start(), len(values))
    if not amounts:
        reason = _("%(sum)s = %(total)s") % {"sum": " + ".join(numbers), "total": format_number(total)}
        yield claim_span(context.layout, Kind.SHARE, Verdict.HOLDS, match.span(), reason, tuple(numbers), 0.7)
        return
    whole = add_up(amounts)
    shares = [compute_percentage(read_interval(amount), whole) for amount in amounts]
    differences = [
        abs(share.middle - value) if share else Decimal(0)
        for share, value in zip(shares, values, strict=True)
    ]
    exact = ":".join(format_number(share.middle, places + 1) for share in shares if share)
    reason = _("按 %(amounts)s 计算为 %(exact)s，文中为 %(printed)s") % {
        "amounts": "、".join(amount.printed for amount in amounts), "exact": exact, "printed": match[1],
    }  # fmt: skip
    wrong = [
        share
        for share, value in zip(shares, values, strict=True)
        if share and not (share.low < value + step / 2 and share.high >= value - step / 2)
    ]
    if not wrong:
        yield claim_span(context.layout, Kind.SHARE, Verdict.HOLDS, match.span(), reason, tuple(numbers), 0.9)
    elif max(differences) < step:
        reason += _("；可能为使各项之和等于 100 而调整了一项")
        yield claim_span(context.layout, Kind.SHARE, Verdict.WRONG, match.span(), reason, tuple(numbers), 0.4)
    else:
        yield claim_span(context.layout, Kind.SHARE, Verdict.WRONG, match.span(), reason, tuple(numbers), 0.8)


def _find_amounts(context: Context, position: int, count: int) -> list[Quantity]:
    """Return the nearest row of as many amounts of the three industries before a structure."""
    before = [amount for amount in context.amounts if position - _REACH <= amount.start < position]
    for run in list_runs(before, count, count)[::-1]:
        names = [context.find_name(amount) for amount in run]
        if _has_other_year(context, run[0].start, run[-1].end, position):
            continue
        if len({amount.unit for amount in run}) == 1 and all(
            re.search(rf"第?{ordinal}(?:次)?产业?", name)
            for ordinal, name in zip("一二三", names, strict=False)
        ):
            return list(run)
    return []


def _check_lists(context: Context) -> Iterator[Claim]:
    """投诉类占41.2%,…其他类占9.7% and 分别占22.5%、31.5%、46.0% make 100."""
    for sentence in context.layout.sentences:
        shares = [
            quantity
            for quantity in context.list_between(sentence.start, sentence.end)
            if quantity.is_percent and not context.layout.is_in_table(quantity.start)
        ]
        for run in _list_share_runs(context, shares):
            total = add_up(run)
            room = sum((share.step for share in run), Decimal(0)) / 2  # truncated shares make less
            is_more, is_less = total.low > HUNDRED, total.high + room < HUNDRED
            is_complete = bool(_REST.search(_read_share_name(context, run[-1])))
            numbers = " + ".join(share.printed for share in run)
            reason = f"{numbers} = {format_number(sum((share.value for share in run), Decimal(0)))}"
            others = tuple(run[:-1])
            if not is_more and not is_less:
                verdict = Verdict.HOLDS
            elif is_complete or (is_more and total.low < _MOST_EXCESS):
                verdict = Verdict.WRONG
                reason = _("各项占比之和 %(sum)s，不等于 100") % {"sum": reason}
            else:
                continue
            yield context.claim(
                Kind.SHARE, verdict, run[-1], reason, others=others, confidence=0.65, first=run[0]
            )


def _list_share_runs(context: Context, shares: list[Quantity]) -> Iterator[list[Quantity]]:
    """Yield the lists of shares of a sentence: names with 占 each, up to 其他, or numbers behind one 分别占."""
    named = [share for share in shares if _SHARE.search(context.find_lead(share))]
    rest = next((share for share in named if _REST.search(_read_share_name(context, share))), None)
    if rest and named.index(rest) > 1:
        yield named[: named.index(rest) + 1]
    for index, share in enumerate(shares):
        if not re.search(r"分别占[^,;。]{0,8}$", context.find_lead(share)):
            continue
        run = [share]
        for other in shares[index + 1 :]:
            between = context.layout.folded[run[-1].end : other.start].strip()
            if between not in {"、", "和", "及", ",", "与"}:
                break
            run.append(other)
        if len(run) > 1 and _is_one_whole(context, run):
            yield run


def _is_one_whole(context: Context, run: list[Quantity]) -> bool:
    """Return whether shares behind 分别占 are of one whole: 起数和人数分别占… and amounts of two units are not."""
    lead = context.find_lead(run[0])
    amounts = context.list_sentence_before(run[0])[: len(run)]
    units = {amount.unit for amount in amounts}
    is_mixed = len(amounts) == len(run) and len(units) > 1
    return not is_mixed and not re.search(r"占[^占]*[、和与]|数[、和与][^,;。]{1,12}数", lead)


def _read_share_name(context: Context, share: Quantity) -> str:
    clause = context.layout.find_clause(share.start)
    return context.layout.folded[clause.start : share.start].strip()


def _has_other_year(context: Context, start: int, end: int, position: int) -> bool:
    """Return whether a structure is of another year than the amounts from `start` to `end` before it."""
    text = context.layout.folded
    years = set(_YEAR.findall(text, end, position))
    return bool(re.search(r"上年|去年", text[position - 20 : position])) or not years <= set(
        _YEAR.findall(text, max(0, start - 300), start)
    )


def _check_complements(context: Context) -> Iterator[Claim]:
    """税收占比91.4% and 非税占比8.6% must make 100."""
    shares = []
    for percentage in context.percentages:
        match = _COMPLEMENT.search(context.find_lead(percentage))
        if match:
            shares.append((match["name"], percentage))
    for (name, first), (other, second) in pairwise(shares):
        if other.startswith("非") and name.startswith(other[1:2]) and second.start - first.start < 120:
            total = first.value + second.value
            holds = abs(total - 100) <= first.step / 2 + second.step / 2
            reason = f"{first.printed} + {second.printed} = {format_number(total)}"
            yield context.claim(
                Kind.SHARE, Verdict.HOLDS if holds else Verdict.WRONG, second, reason,
                others=(first,), confidence=0.8, first=first,
            )  # fmt: skip
