"""Totals and their parts: 共受理2877件,自行处理2276件,派单601件; 18家(涵盖商贸业9家、建筑业5家…)."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import (
    add_up,
    compute_percentage,
    find_transposition,
    format_number,
    is_printed_as,
    list_runs,
    read_interval,
)
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.layout import Span
from jiedao.reports.checker.quantities import Quantity

_MARKER = re.compile(
    r"其中|包括|包含|涵盖|分为|分别(?:为|是)|具体(?:为|是|有)|[按从][^,;。:]{1,10}?[分看划](?=,|:|，|类)"
)
_TOTAL = re.compile(r"共|总|合计|累计|受理|全(?:年|区|市|县|镇|街)|收到|派单|转派|转办|现有|工单")
_GRAND_TOTAL = re.compile(r"(?:合计|共计|总计|合共)[^,;。]{0,6}$")
_REST = re.compile(r"^(?:其他|其它|其余)")
_PARTITIONS = (
    ("第一产业", "第二产业", "第三产业"), ("第一产业", "第二产业", "第三产业[3]"), ("男", "女"), ("城镇", "乡村"), ("城镇", "农村"),
    ("满意", "基本满意", "不满意"), ("预期性", "约束性"), ("按时", "超时"), ("直办", "转办"), ("事件", "部件"),
)  # fmt: skip
# What does not add up, and lists of the first few.
_NOT_ADDED = re.compile(r"人均|平均|均价|单价|指数|比例|系数|距离|高度|深度|密度|浓度|得分|均值")
_FIRST_FEW = re.compile(
    r"前[\d一二两三四五六七八九十]+[名位个大]?|排名|最[多高大]|第[一二三四五六七八九十](?=[位名,;。)])|居前|靠前|分别位于"
)
_CHANGED = re.compile(
    r"(?:增加|减少|增长|下降|上升|提高|降低|压减|新增|净增|增|减|较|比|同比|多|少)[了近约]?$"
)
_CARRIED = re.compile(r"(?:上年|上期|上月|年初|期初)(?:度)?(?:结转|结余|结存|滚存|遗留)")
_NEAR_MISS = Decimal("0.01")
_LIST_REACH = 1500  # characters before a list in which its total may be


@dataclass(frozen=True)
class SumClaim:
    """A total and its parts.

    Attributes:
        is_marked: a word such as 其中 or a bracket introduces the parts.
        totals: the amounts that may be the total, the most likely first.
    """

    totals: tuple[Quantity, ...]
    parts: tuple[Quantity, ...]
    is_marked: bool


def check_sums(context: Context) -> Iterator[Claim]:
    """Yield the totals of a text whose parts are printed with them."""
    for sentence in context.layout.sentences:
        amounts = [
            amount
            for amount in context.list_amounts(sentence)
            if not context.layout.is_in_table(amount.start)
        ]
        amounts = [amount for amount in amounts if _may_be_added(context, amount)]
        if not amounts:
            continue
        for claim in (
            *_list_grand_totals(context, sentence, amounts),
            *_list_bracketed(context, amounts),
            *_list_marked(context, sentence, amounts),
            *_list_counted(context, sentence, amounts),
        ):
            judged = _judge(context, claim)
            if judged:
                yield judged


def _may_be_added(context: Context, amount: Quantity) -> bool:
    """Return whether an amount can be a total or a part: not a change, and not an average."""
    lead = context.find_lead(amount)
    return not _CHANGED.search(lead) and not _NOT_ADDED.search(lead[-12:])


def _list_bracketed(context: Context, amounts: list[Quantity]) -> Iterator[SumClaim]:
    """Yield 187人(在职在编139人、退休人员8人、协管员40人)."""
    for index, total in enumerate(amounts):
        depth = context.find_depth(total.start)
        tail = context.layout.folded[total.end : total.end + 8]
        if "(" not in tail or re.search(r"[,。;)]", tail.split("(")[0]):
            continue
        parts = []
        for amount in amounts[index + 1 :]:
            if (
                context.find_depth(amount.start) <= depth
                or ")" in context.layout.folded[total.end : amount.start]
            ):
                break
            if context.find_depth(amount.start) == depth + 1 and amount.unit == total.unit:
                parts.append(amount)
        if len(parts) > 1:
            yield SumClaim((total,), tuple(parts), is_marked=True)


def _list_marked(context: Context, sentence: Span, amounts: list[Quantity]) -> Iterator[SumClaim]:
    """Yield what a word such as 其中 introduces; at the beginning of a sentence it continues the one before."""
    text = context.layout.folded
    for match in _MARKER.finditer(text, sentence.start, sentence.end):
        depth = context.find_depth(match.start())
        after = [
            amount
            for amount in amounts
            if amount.start >= match.end() and context.find_depth(amount.start) == depth
        ]
        before = [
            amount
            for amount in amounts
            if amount.end <= match.start() and context.find_depth(amount.start) <= depth
        ]
        if not after:
            continue
        unit = after[0].unit
        totals = [amount for amount in before[::-1] if amount.unit == unit]
        if not totals:
            totals = [
                *_list_earlier(context, sentence, unit, 260)[:4],
                *_list_earlier(context, sentence, unit, _LIST_REACH),
            ]
        if not totals:
            continue
        named = [
            total
            for total in totals
            if _shares_word(context.find_name(total), text[match.end() : after[0].start])
        ]
        totals = [*named, *(total for total in totals if total not in named)]
        parts = [amount for amount in after if amount.unit == unit]
        if match.start() and text[match.start() - 1] == "、":  # 639公里、其中高铁370公里,新增…
            parts = [amount for amount in parts if "," not in text[match.end() : amount.start]]
        if _FIRST_FEW.search(text, sentence.start, sentence.end):
            continue
        yield SumClaim(tuple(totals), tuple(parts), is_marked=True)
        own = [amount for amount in parts if ";" not in text[match.end() : amount.start]]
        if len(own) < len(parts):
            yield SumClaim(tuple(totals), tuple(own), is_marked=True)


def _list_counted(context: Context, sentence: Span, amounts: list[Quantity]) -> Iterator[SumClaim]:
    """Yield lists without such a word: the total is an earlier amount of the sentence, or was stated before it."""
    text = context.layout.folded
    depth = context.find_depth(amounts[0].start)
    flat = [amount for amount in amounts if context.find_depth(amount.start) == depth and not amount.is_word]
    marker = _MARKER.search(text, sentence.start, sentence.end)
    if marker:
        flat = [amount for amount in flat if amount.end <= marker.start()]
    if len(flat) < 2 or _FIRST_FEW.search(text, sentence.start, sentence.end):
        return
    for index, total in enumerate(flat[:-2]):
        parts = list(takewhile(lambda amount, unit=total.unit: amount.unit == unit, flat[index + 1 :]))
        is_total = index == 0 or bool(_TOTAL.search(context.find_lead(total)))
        for count in range(len(parts), 1, -1):
            if is_total or _is_partition(context, parts[:count]):
                yield SumClaim((total,), tuple(parts[:count]), is_marked=False)
    for index in range(len(flat) - 1):
        pair = flat[index : index + 2]
        if index and len({amount.unit for amount in flat[: index + 2]}) == 1 and _is_partition(context, pair):
            yield SumClaim(tuple(flat[:index][::-1]), tuple(pair), is_marked=False)
    if len({amount.unit for amount in flat}) == 1:
        reach = _LIST_REACH if len(flat) > 2 else 500
        totals = [
            total
            for total in _list_earlier(context, sentence, flat[0].unit, reach)
            if total.value > flat[0].value
        ]
        if totals:
            yield SumClaim(tuple(totals), tuple(flat), is_marked=False)


def _list_grand_totals(context: Context, sentence: Span, amounts: list[Quantity]) -> Iterator[SumClaim]:
    """Yield 合计15847.68万元, whose parts are totals of the items before, and 上年结余117.83万元,全年实际可用15965.51万元."""
    for index, total in enumerate(amounts):
        lead = context.find_lead(total)
        earlier = [
            amount
            for amount in context.list_before(total, 700)
            if amount.unit == total.unit and amount.value < total.value
        ]
        earlier = [amount for amount in earlier if _may_be_added(context, amount)][::-1]
        if _GRAND_TOTAL.search(lead) and index == 0:
            heads = [amount for amount in earlier if _is_head(context, amount)]
            for run in (heads[-count:] for count in range(2, min(6, len(heads)) + 1)):
                yield SumClaim((total,), tuple(run), is_marked=False)
        elif index > 1 and _CARRIED.search(context.find_lead(amounts[index - 1])):
            yield SumClaim((total,), tuple(amounts[index - 2 : index]), is_marked=False)


def _is_head(context: Context, amount: Quantity) -> bool:
    """Return whether an amount is the first of its sentence, which does not list the parts of another."""
    sentence = context.layout.find_sentence(amount.start)
    first = next(iter(context.list_amounts(sentence)), None)
    return first is amount and not _MARKER.search(context.layout.folded, sentence.start, amount.start)


def _list_earlier(context: Context, sentence: Span, unit: str, reach: int) -> list[Quantity]:
    """Return the amounts of a unit in the characters before a sentence, the nearest first; totals by their words first."""
    earlier = [
        amount
        for amount in context.list_amounts(Span(max(0, sentence.start - reach), sentence.start))[::-1]
        if amount.unit == unit and not _CHANGED.search(context.find_lead(amount)) and not amount.is_word
    ]
    if reach > 300:
        return [amount for amount in earlier if _TOTAL.search(context.find_lead(amount))]
    return earlier


def _shares_word(name: str, words: str) -> bool:
    return any(name[index : index + 2] in words for index in range(len(name) - 1)) if name else False


def _judge(context: Context, claim: SumClaim) -> Claim | None:
    parts = [part for part in claim.parts if not part.is_word or claim.parts[0].is_word]
    exact = [part for part in parts if part.is_exact]
    if len(exact) != len(parts) or len(parts) < 2:
        return _judge_part(context, claim)
    for total in claim.totals:
        if total.is_exact and add_up(parts).overlaps(read_interval(total)):
            return _state(context, Verdict.HOLDS, total, parts, 0.9)
    if _find_other_grouping(claim.totals, parts):
        return None
    for index, total in enumerate(claim.totals):
        is_likely = index < 3 or not claim.is_marked or bool(_TOTAL.search(context.find_lead(total)))
        if total.is_exact and is_likely and (slip := _find_slip(total, parts)):
            return _state(context, Verdict.WRONG, total, parts, 0.8 if claim.is_marked else 0.7, slip)
    total = _choose_total(claim.totals, parts, is_marked=claim.is_marked)
    if total is None:
        return None
    total_sum, printed = add_up(parts), read_interval(total)
    if claim.is_marked and any(read_interval(part).low > printed.high for part in parts):
        return _state(context, Verdict.WRONG, total, parts, 0.8)
    shares = _read_shares(context, parts)
    if shares and _have_own_base(parts, shares):
        return _state(context, Verdict.OTHER_BASE, total, parts, 0.7, note=_("各项占比以各项之和为分母"))
    if _is_complete(context, parts) and (
        claim.is_marked or total_sum.low > printed.high or _is_partition(context, parts)
    ):
        return _state(context, Verdict.WRONG, total, parts, 0.75)
    excess = total_sum.low - printed.high
    if claim.is_marked and len(parts) > 2 and 0 < excess <= total.value * _NEAR_MISS:
        return _state(context, Verdict.WRONG, total, parts, 0.6)
    return None


def _choose_total(totals: Sequence[Quantity], parts: list[Quantity], *, is_marked: bool) -> Quantity | None:
    """Return the total that a reader would take: the nearest after 其中, else the one that is printed most often."""
    exact = [total for total in totals if total.is_exact and not total.is_word]
    if is_marked:
        return totals[0] if totals[0] in exact else None
    largest = max(part.value for part in parts)
    values = Counter(total.value for total in exact if total.value >= largest)
    return max(
        (total for total in exact if total.value in values),
        key=lambda total: values[total.value],
        default=None,
    )


def _judge_part(context: Context, claim: SumClaim) -> Claim | None:
    """Compare a single part with its whole."""
    if not claim.is_marked or not claim.parts:
        return None
    total, part = claim.totals[0], claim.parts[0]
    if part.unit != total.unit or part.is_word or total.is_word:
        return None
    if read_interval(part).low > read_interval(total).high and total.is_exact and part.is_exact:
        return _compare(context, Verdict.WRONG, total, part, 0.6)
    return None


def _find_other_grouping(totals: Sequence[Quantity], parts: list[Quantity]) -> bool:
    """Return whether the first or last parts make a total, or all parts do without those of a part before them."""
    largest = max(part.value for part in parts)
    for run in list_runs(parts):
        is_end = run[0] is parts[0] or run[-1] is parts[-1]
        if (
            is_end
            and any(part.value == largest for part in run)
            and any(add_up(run).overlaps(read_interval(total)) for total in totals)
        ):
            return True
    for index, parent in enumerate(parts):
        for end in range(index + 3, len(parts) + 1):
            nested, rest = parts[index + 1 : end], [*parts[: index + 1], *parts[end:]]
            if add_up(nested).overlaps(read_interval(parent)) and any(
                add_up(rest).overlaps(read_interval(total)) for total in totals
            ):
                return True
    return False


def _find_slip(total: Quantity, parts: list[Quantity]) -> str | None:
    """Return the number with two digits exchanged that would make the sum right, beside the printed one."""
    digits = len(total.printed.replace(".", ""))
    if digits < 2 or (digits == 2 and len(parts) < 2):
        return None
    total_sum = sum((part.value for part in parts), Decimal(0))
    if swapped := find_transposition(total, total_sum):
        return f"{total.printed} → {swapped}"
    for part in parts:
        if len(part.printed.replace(".", "")) > 2 or len(parts) > 2:
            expected = total.value - (total_sum - part.value)
            if swapped := find_transposition(part, expected):
                return f"{part.printed} → {swapped}"
    return None


def _is_partition(context: Context, parts: Sequence[Quantity]) -> bool:
    """Return whether the names of the parts exclude one another and leave nothing out: 税收收入 and 非税收入."""
    names = [context.find_name(part) for part in parts]
    if any(
        len(names) == len(words) and all(word in name for word, name in zip(words, names, strict=True))
        for words in _PARTITIONS
    ):
        return True
    return len(names) == 2 and any(
        second.startswith(sign) and len(second) > 2 and first.startswith(second[1:3])
        for sign in "非未不"
        for first, second in [names]
    )


def _is_complete(context: Context, parts: list[Quantity]) -> bool:
    """Return whether the parts are all parts: one is the rest, they exclude one another, or their shares make 100."""
    if _REST.search(context.find_name(parts[-1])) or _is_partition(context, parts):
        return True
    if any(_REST.search(context.find_name(part)) for part in parts) and len(parts) > 3:
        return True
    shares = _read_shares(context, parts)
    return bool(shares) and abs(sum((share.value for share in shares), Decimal(0)) - 100) < 1


def _read_shares(context: Context, parts: Sequence[Quantity]) -> list[Quantity]:
    """Return the share that is printed after each part; empty unless each part has one."""
    shares = []
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        end = after.start if after else part.end + 24
        share = next((quantity for quantity in context.list_between(part.end, end) if quantity.is_percent), None)
        if share is None or "占" not in context.find_lead(share):
            return []
        shares.append(share)
    return shares


def _have_own_base(parts: Sequence[Quantity], shares: Sequence[Quantity]) -> bool:
    """Return whether the shares are those of the sum of the parts, whatever total the text prints."""
    whole = add_up(parts)
    results = [compute_percentage(read_interval(part), whole) for part in parts]
    return all(result is not None and is_printed_as(result, share) for result, share in zip(results, shares, strict=True))


def _state(
    context: Context,
    verdict: Verdict,
    total: Quantity,
    parts: Sequence[Quantity],
    confidence: float,
    slip: str = "",
    note: str = "",
) -> Claim:
    last = max((total, *parts), key=lambda quantity: quantity.start)
    first = min((total, *parts), key=lambda quantity: quantity.start)
    paragraph = context.layout.find_paragraph(last.start)
    reason = _("%(sum)s = %(result)s，文中合计为 %(total)s") % {
        "sum": " + ".join(part.printed for part in parts),
        "result": format_number(sum((part.value for part in parts), Decimal(0)) / _scale(total)),
        "total": total.printed,
    }
    if note:
        reason = f"{reason}；{note}"
    if slip:
        reason += _("；两位数字疑似颠倒：%(slip)s") % {"slip": slip}
    is_first = first.start < parts[0].start and first.start >= paragraph.start
    return context.claim(
        Kind.SUM, verdict, last, reason,
        others=tuple(quantity for quantity in (total, *parts) if quantity is not last),
        confidence=confidence, first=first if is_first else parts[0],
    )  # fmt: skip


def _compare(context: Context, verdict: Verdict, total: Quantity, part: Quantity, confidence: float) -> Claim:
    reason = _("部分 %(part)s 大于全部 %(total)s") % {"part": part.printed, "total": total.printed}
    return context.claim(
        Kind.PART_WHOLE, verdict, part, reason, others=(total,), confidence=confidence, first=total
    )


def _scale(quantity: Quantity) -> Decimal:
    printed = Decimal(quantity.printed) if not quantity.is_word else quantity.value
    return quantity.value / printed if printed else Decimal(1)
