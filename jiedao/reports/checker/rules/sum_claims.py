"""Find totals with their parts: after 其中, in brackets, in lists, and 合计."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from jiedao.reports.checker.context import CHANGED, Context
from jiedao.reports.checker.layout import Span
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.partitions import is_partition

_MARKER = re.compile(
    r"其中|包括|包含|涵盖|分为|分别(?:为|是)|具体(?:为|是|有)|分[^,;。:]{1,6}看(?=,|:)|[按从][^,;。:]{1,10}?(?:[分看划]|统计|来看|来说)(?=,|:|，|类)"
)
# At the beginning of a sentence: divides the one before.
_CONTINUED = re.compile(r"其中|包括|包含|涵盖|具体|分[^别为]")
TOTAL = re.compile(r"共|总|合计|累计|受理|全(?:区|市|县|镇|街)|收到|派单|转派|转办|现有|工单")
_GRAND_TOTAL = re.compile(r"(?:合计|共计|总计|合共)[^,;。]{0,6}$")
# What does not add up, and lists of the first few.
_NOT_ADDED = re.compile(
    r"人均|平均|日均|月均|年均|户均|每[人户月天日年亩]|顺差|逆差|净[增流出入]|均价|单价|指数|比例|系数|距离|高度|深度|密度|浓度|得分|均值"
)
_FIRST_FEW = re.compile(
    r"前[\d一二两三四五六七八九十]+[名位个大]?|排名|最[多高大]|第[一二三四五六七八九十](?=[位名,;。)])|居前|靠前|分别位于"
)
_CARRIED = re.compile(r"(?:上年|上期|上月|年初|期初)(?:度)?(?:结转|结余|结存|滚存|遗留)")
_INCLUDED = re.compile(r"[^,;。]{0,40}在内")  # 包括5个已设立的在内: names what another number contains
_MOST_PARTS = 30
_MOST_TOTALS = 24
_MOST_AMOUNTS = 60  # of a sentence: the ways to group more take too long
_LIST_REACH = 1500  # characters before a list in which its total may be


@dataclass(frozen=True)
class SumClaim:
    """A total and its parts.

    Attributes:
        totals: the amounts that may be the total, the most likely first.
        is_marked: a word such as 其中 or a bracket introduces the parts.
        is_closed: no part is behind a semicolon, where another total may begin.
        is_bracket: the parts are in a bracket behind the total.
        is_own: the total is in the sentence of its parts, or the parts begin with 其中 right behind its sentence.
    """

    totals: tuple[Quantity, ...]
    parts: tuple[Quantity, ...]
    is_marked: bool
    is_closed: bool = True
    is_own: bool = True
    is_bracket: bool = False


def list_claims(context: Context) -> Iterator[SumClaim]:
    """Yield the totals of a text whose parts are printed with them, of lists that a person would read."""
    for claim in _list_claims(context):
        if len(claim.parts) <= _MOST_PARTS:
            yield replace(claim, totals=claim.totals[:_MOST_TOTALS])


def _list_claims(context: Context) -> Iterator[SumClaim]:
    for sentence in context.layout.sentences:
        amounts = [
            amount
            for amount in context.list_amounts(sentence)
            if not context.layout.is_in_table(amount.start) and _may_be_added(context, amount)
        ]
        if 0 < len(amounts) <= _MOST_AMOUNTS:
            yield from _list_grand_totals(context, amounts)
            yield from _list_bracketed(context, amounts)
            yield from _list_marked(context, sentence, amounts)
            yield from _list_counted(context, sentence, amounts)


def _may_be_added(context: Context, amount: Quantity) -> bool:
    """Return whether an amount can be a total or a part: not a change, and not an average."""
    lead = context.find_lead(amount)
    is_example = lead.endswith("等")  # 居民人均可支配收入等16个指标: these words are no name of the amount
    return not CHANGED.search(lead) and (is_example or not _NOT_ADDED.search(lead[-20:]))


def _list_bracketed(context: Context, amounts: list[Quantity]) -> Iterator[SumClaim]:
    """Yield 96人(在编70人、退休6人、协管20人)."""
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
            yield SumClaim((total,), tuple(parts), is_marked=True, is_bracket=True)


def _list_marked(context: Context, sentence: Span, amounts: list[Quantity]) -> Iterator[SumClaim]:
    """Yield what a word such as 其中 introduces; at the beginning of a sentence it continues the one before."""
    text = context.layout.folded
    if _FIRST_FEW.search(text, sentence.start, sentence.end):
        return
    for match in _MARKER.finditer(text, sentence.start, sentence.end):
        depth = context.find_depth(match.start())
        after = _list_behind(context, match, amounts)
        is_coordinate = text[match.start() - 1 : match.start()] in {
            "和",
            "与",
            "及",
        }  # and so divides no earlier amount
        if not after or is_coordinate:
            continue
        parts = [amount for amount in after if amount.unit == after[0].unit]
        if text[match.start() - 1 : match.start()] == "、":  # 52公里、其中地铁30公里,新增…
            parts = [amount for amount in parts if "," not in text[match.end() : amount.start]]
        is_new_item = text[match.start() - 1 : match.start()] == ";" and not _CONTINUED.match(match.group())
        item = match.start() if is_new_item else _find_item(text, amounts, match.start())
        totals = [
            amount
            for amount in amounts[::-1]
            if item <= amount.start
            and amount.end <= match.start()
            and context.find_depth(amount.start) <= depth
            and amount.unit == after[0].unit
        ]
        is_begun = match.start() - sentence.start < 2
        if totals:
            is_own = True
        elif is_begun or not _CONTINUED.match(match.group()):
            totals = _list_totals_before(context, sentence, after[0].unit)
            is_continued = is_begun and bool(_CONTINUED.match(match.group()))
            is_own = is_continued and bool(totals) and _is_in_sentence_before(context, sentence, totals[0])
        if not totals or not parts:
            continue
        words = text[match.end() : after[0].start]
        totals.sort(key=lambda total: not _shares_word(context.find_name(total), words))
        is_closed = is_begun or ";" not in text[match.end() : parts[-1].start]
        yield SumClaim(tuple(totals), tuple(parts), is_marked=True, is_closed=is_closed, is_own=is_own)
        own = [amount for amount in parts if ";" not in text[match.end() : amount.start]]
        if len(own) < len(parts):
            yield SumClaim(tuple(totals), tuple(own), is_marked=True, is_own=is_own)


def _list_behind(context: Context, match: re.Match[str], amounts: list[Quantity]) -> list[Quantity]:
    """Return the amounts that a word such as 其中 introduces; 包括…在内 introduces none."""
    text, depth = context.layout.folded, context.find_depth(match.start())
    if _INCLUDED.match(text, match.end()):
        return []
    after = [
        amount
        for amount in amounts
        if amount.start >= match.end() and context.find_depth(amount.start) == depth
    ]
    is_announced = len(after) > 2 and after[0].is_word and not after[1].is_word  # 分为五类
    return after[1:] if is_announced else after


def _find_item(text: str, amounts: list[Quantity], position: int) -> int:
    """Return where the item of a list begins that a word such as 其中 divides: behind a semicolon before an amount."""
    before = [amount for amount in amounts if amount.end <= position]
    return text.rfind(";", 0, before[-1].start) + 1 if before else 0


def _is_in_sentence_before(context: Context, sentence: Span, total: Quantity) -> bool:
    """Return whether an amount is in the sentence directly before another."""
    return context.layout.find_sentence(max(0, sentence.start - 1)).contains(total.start)


def _list_totals_before(context: Context, sentence: Span, unit: str) -> list[Quantity]:
    """Return the amounts before a sentence that it may divide: the first of their sentences, near ones, and totals."""
    near = _list_earlier(context, sentence, unit, 260)
    heads = [total for total in near if _leads_sentence(context, total)]
    return [*heads, *near[:8], *_list_earlier(context, sentence, unit, _LIST_REACH)]


def _list_counted(context: Context, sentence: Span, amounts: list[Quantity]) -> Iterator[SumClaim]:
    """Yield lists without such a word: the total is an earlier amount of the sentence, or was stated before it."""
    text = context.layout.folded
    depth = context.find_depth(amounts[0].start)
    flat = [amount for amount in amounts if context.find_depth(amount.start) == depth and not amount.is_word]
    marker = _MARKER.search(text, sentence.start, sentence.end)
    if marker:
        before = [amount for amount in flat if amount.end <= marker.start()]
        behind = [amount for amount in flat if amount.start >= marker.end()]
        if len(behind) > 2 and _is_whole(context, behind):
            yield from _list_in_sentence(context, behind)
        flat = before
    if len(flat) < 2 or _FIRST_FEW.search(text, sentence.start, sentence.end):
        return
    yield from _list_in_sentence(context, flat)
    if len({amount.unit for amount in flat}) == 1:
        reach = _LIST_REACH if len(flat) > 2 else 500
        totals = [
            total
            for total in _list_earlier(context, sentence, flat[0].unit, reach)
            if total.value > flat[0].value
        ]
        if totals:
            yield SumClaim(tuple(totals), tuple(flat), is_marked=False, is_own=False)


def _is_whole(context: Context, amounts: list[Quantity]) -> bool:
    """Return whether the first amount behind 其中 is divided by those behind it: 其中回访80件,满意60件,不满意20件."""
    first = amounts[0]
    tail = context.layout.folded[first.end : context.layout.find_clause(first.start).end]
    return tail.rstrip(",、;:。").endswith("中") or is_partition(context, amounts[1:])


def _list_in_sentence(context: Context, flat: list[Quantity]) -> Iterator[SumClaim]:
    """Yield the lists of a sentence whose total comes first in it, and pairs that divide an amount before them."""
    for index, total in enumerate(flat[:-2]):
        behind = flat[index + 1 : index + 2 + _MOST_PARTS]
        parts = list(takewhile(lambda amount: amount.unit == total.unit, behind))  # noqa: B023 (used at once)
        is_total = index == 0 or bool(TOTAL.search(context.find_lead(total)))
        for count in range(len(parts), 1, -1):
            if is_total or is_partition(context, parts[:count]):
                is_all = count == len(parts) and _is_divided(context, total)
                yield SumClaim((total,), tuple(parts[:count]), is_marked=is_all)
    for index in range(1, len(flat) - 1):
        pair = flat[index : index + 2]
        if len({amount.unit for amount in flat[: index + 2]}) == 1 and is_partition(context, pair):
            yield SumClaim(tuple(flat[:index][::-1]), tuple(pair), is_marked=False)


def _is_divided(context: Context, total: Quantity) -> bool:
    """Return whether the words around an amount say that it is divided: 在受理的1768件案件中."""
    tail = context.layout.folded[total.end : context.layout.find_clause(total.start).end]
    return context.find_lead(total).startswith("在") and tail.rstrip(",、;:。").endswith("中")


def _list_grand_totals(context: Context, amounts: list[Quantity]) -> Iterator[SumClaim]:
    """Yield 合计15847.68万元, whose parts are totals of items before, and what a balance brought forward makes."""
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


def _leads_sentence(context: Context, amount: Quantity) -> bool:
    """Return whether an amount is the first of its unit in a sentence that does not itself list parts."""
    sentence = context.layout.find_sentence(amount.start)
    before = context.list_amounts(Span(sentence.start, amount.start))
    is_listed = _MARKER.match(context.layout.folded, sentence.start)
    return not is_listed and all(other.unit != amount.unit for other in before)


def _is_head(context: Context, amount: Quantity) -> bool:
    """Return whether an amount is the first of its sentence, which does not list the parts of another."""
    sentence = context.layout.find_sentence(amount.start)
    first = next(iter(context.list_amounts(sentence)), None)
    return first is amount and not _MARKER.search(context.layout.folded, sentence.start, amount.start)


def _list_earlier(context: Context, sentence: Span, unit: str, reach: int) -> list[Quantity]:
    """Return the amounts of a unit before a sentence, the nearest first; from farther away only totals."""
    earlier = [
        amount
        for amount in context.list_amounts(Span(max(0, sentence.start - reach), sentence.start))[::-1]
        if amount.unit == unit and not CHANGED.search(context.find_lead(amount)) and not amount.is_word
    ]
    if reach > 300:
        return [amount for amount in earlier if TOTAL.search(context.find_lead(amount))]
    return earlier


def _shares_word(name: str, words: str) -> bool:
    return any(name[index : index + 2] in words for index in range(len(name) - 1)) if name else False
