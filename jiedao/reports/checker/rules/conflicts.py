"""Two counts of one subject: 25个村 beside 现有20个村; one growth rate printed twice with two values."""

import re
from collections import defaultdict
from collections.abc import Iterator

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import find_transposition
from jiedao.reports.checker.context import CHANGED, Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.quantities import Quantity

_STOCK = re.compile(r"(?:现有|现存|现共有|下辖|辖区有|(?:全[区市县镇街]|街道|辖区|社区)共有|辖)$")
_NOUN = re.compile(r"^[\w“”]{2,12}")
# 44个国家的5200人: the number counts a word that only describes another.
_MODIFIED = re.compile(r"的[近约超]?\d")
_LATER = re.compile(
    r"目标|预期|预计|计划|力争|左右|(?<!规模)以上|年均|确保|争取|十四五|十五五|五年|明年|今年要|今后|其中|分别"
)
_OTHER_PLACE = re.compile(r"高于|低于|上年|去年|全国|全省|全市")
_GROWTH = re.compile(
    r"^(?P<name>[\w()、“”]{4,20}?)(?:实现|完成|达到?|为)?(?:同比|比上年|较上年)?(?:增长|下降)$"
)
_BEHIND = 12  # characters from an amount to its growth rate
# Words that compare or change: what they stand in is no name of a subject.
_DIFFERENCE = re.compile(r"减|增(?!加值)|较|比|[降升]|年均|相|累计$")
# A count with its subject, and the words of time before it.
_COUNTED = re.compile(r"(?P<name>[\w“”]{2,12}(?:共计?|累计)[\w“”]{3,16})")
_REFERRING = re.compile(r"此类|该类|上述|这类|这些|其中")  # names that mean another thing each time
_LONG_COUNT = 3  # digits of a count that exchanged digits cannot turn into another one by chance
_REFERENCE_REACH = 600
_REFERENCE = re.compile(r"(?:[这该]|上述|以上|在|对|全部|所有|承办的|收到的|受理的)$")
_WHOLE = re.compile(r"(?P<noun>[\w“”]{2,8}?)(?:全部|均已?|都已?|已全部|中(?=,|$)|办理)")
_TIMES = re.compile(
    r"^(?:今年以来|截至目前|目前|截至\d+月\d*日?底?|上半年|下半年|全年|本月|本季度|\d{4}年|\d{1,2}月份?),?"
)
_PERIOD = re.compile(r"\d{1,2}(?:-\d{1,2})?月|季度|上半年|下半年|全年|年")


def check_conflicts(context: Context) -> Iterator[Claim]:
    """Yield subjects of which the text prints two numbers that cannot both be right."""
    yield from _check_stocks(context)
    yield from _check_rates(context)
    yield from _check_counts(context)
    yield from _check_references(context)


def _check_stocks(context: Context) -> Iterator[Claim]:
    """现有20个村: no other count of the same thing in the text can be larger."""
    text = context.layout.folded
    named = defaultdict(list)
    for amount in context.amounts:
        match = _NOUN.match(text[amount.end : amount.end + 12])
        if match and not _MODIFIED.search(match.group()) and amount.is_exact and not amount.is_word:
            named[amount.unit].append((match.group(), amount))
    for amounts in named.values():
        for noun, stock in amounts:
            if not _STOCK.search(context.find_lead(stock)):
                continue
            for other_noun, other in amounts:
                same = len(_shared_beginning(noun, other_noun)) >= 3 and _is_complete_noun(noun, other_noun)
                if other is not stock and same and other.value > stock.value:
                    reason = _("文中既有 %(other)s%(unit)s%(noun)s，又称现有 %(stock)s%(unit)s：同一对象有两个数") % {
                        "other": other.printed, "stock": stock.printed, "unit": stock.unit,
                        "noun": _shared_beginning(noun, other_noun),
                    }  # fmt: skip
                    yield context.claim(
                        Kind.CONFLICT, Verdict.WRONG, stock, reason, others=(other,), confidence=0.6
                    )
                    break


def _shared_beginning(first: str, second: str) -> str:
    length = 0
    while length < min(len(first), len(second)) and first[length] == second[length]:
        length += 1
    return first[:length]


def _is_complete_noun(first: str, second: str) -> bool:
    """Return whether the shared words are all that one of the two names, or a word of three or more characters."""
    shared = _shared_beginning(first, second)
    return len(shared) >= 3


def _check_rates(context: Context) -> Iterator[Claim]:
    """规上工业增加值同比增长8.4% and, some sentences later, 规上工业增加值增长3.7%."""
    rates: dict[str, list[tuple[str, Quantity]]] = defaultdict(list)
    for percentage in context.percentages:
        clause = context.layout.find_clause(percentage.start)
        words = re.sub(r"\s", "", context.layout.folded[clause.start : percentage.start])
        words = re.sub(r"(?:实现|完成|达到?)?[\d.]+(?:万|亿)*[元美]*,?", "", words)
        match = _GROWTH.match(_join_subject(context, percentage, words))
        if (
            match
            and _has_own_subject(context, percentage)
            and not _DIFFERENCE.search(match["name"])
            and percentage.is_exact
            and not _is_other(context, percentage)
        ):
            rates[match["name"].removesuffix("总额")].append((words, percentage))
    for name, items in rates.items():
        first_words, first = items[0]
        for words, other in items[1:]:
            is_same_period = _are_same_periods(_read_period(context, first), _read_period(context, other))
            same_direction = ("降" in first_words) == ("降" in words)
            if other.value != first.value and is_same_period and same_direction:
                reason = _("“%(name)s”的增速先写 %(first)s%%，后写 %(other)s%%") % {
                    "name": name, "first": first.printed, "other": other.printed,
                }  # fmt: skip
                yield context.claim(
                    Kind.CONFLICT, Verdict.WRONG, other, reason, others=(first,), confidence=0.6
                )
                break


def _has_own_subject(context: Context, percentage: Quantity) -> bool:
    """Return whether the words of a growth rate name its subject, which a clause behind another may leave out."""
    before = context.list_sentence_before(percentage)
    first = before[0] if before and percentage.start - before[0].end < _BEHIND else percentage
    clause = context.layout.find_clause(first.start)
    sentence = context.layout.find_sentence(first.start)
    words = context.layout.folded[sentence.start : clause.start]
    return not re.search(r"\d", _TIMES.sub("", re.sub(r"\s", "", words))) or "规" in words


def _is_other(context: Context, percentage: Quantity) -> bool:
    """Return whether a growth rate is a plan, one of several in a list, or of another place or year."""
    clause = context.layout.find_clause(percentage.start)
    return bool(
        context.is_planned(percentage.start)
        or _LATER.search(_sentence_words(context, percentage))
        or _OTHER_PLACE.search(context.layout.folded[clause.start : clause.end])
    )


def _join_subject(context: Context, percentage: Quantity, words: str) -> str:
    """Return the words of a growth rate; where its clause has none, with the subject of the amount before it."""
    if not re.fullmatch(r"(?:同比|比上年|较上年)?(?:增长|下降)", words):
        return words
    before = context.list_sentence_before(percentage)
    if not before or percentage.start - before[0].end > 8:
        return words
    clause = context.layout.find_clause(before[0].start)
    name = re.sub(r"\s|(?:实现|完成|达到?|为)$", "", context.layout.folded[clause.start : before[0].start])
    return name + words


def _sentence_words(context: Context, quantity: Quantity) -> str:
    sentence = context.layout.find_sentence(quantity.start)
    return context.layout.folded[sentence.start : sentence.end]


def _are_same_periods(first: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether two sentences are of one period; one without words of time has that of the text."""
    return not first or not other or first == other


def _check_counts(context: Context) -> Iterator[Claim]:
    """上半年共受理投诉1245件 and, in a later sentence, 上半年共受理投诉1254件."""
    counts: dict[tuple[str, str], list[Quantity]] = defaultdict(list)
    for amount in context.amounts:
        clause = context.layout.find_clause(amount.start)
        words = re.sub(r"\s", "", context.layout.folded[clause.start : amount.start])
        match = _COUNTED.fullmatch(_TIMES.sub("", words))
        if (
            match
            and not _REFERRING.search(words)
            and amount.is_exact
            and not amount.is_word
            and not CHANGED.search(words)
        ):
            counts[match["name"], amount.unit].append(amount)
    for (name, _unit), amounts in counts.items():
        first = amounts[0]
        for other in amounts[1:]:
            periods = _read_period(context, first), _read_period(context, other)
            if other.value == first.value or not _are_same_periods(*periods):
                continue
            is_certain = periods[0] == periods[1]
            reason = _("“%(name)s”先写 %(first)s，后写 %(other)s") % {
                "name": name, "first": first.words, "other": other.words,
            }  # fmt: skip
            if not is_certain:
                reason += _("；请核对是否为不同时点的数")
            verdict = Verdict.WRONG if is_certain else Verdict.UNTESTABLE
            yield context.claim(
                Kind.CONFLICT, verdict, other, reason, others=(first,), confidence=0.55 if is_certain else 0.4
            )
            break


def _check_references(context: Context) -> Iterator[Claim]:
    """收到建议128件 and, later, 182件建议全部办结: the second number refers to the first, with digits exchanged."""
    for amount in context.amounts:
        if amount.is_word or amount.step or len(amount.printed) < _LONG_COUNT:
            continue
        clause = context.layout.find_clause(amount.start)
        lead = context.layout.folded[clause.start : amount.start].strip()
        tail = context.layout.folded[amount.end : clause.end]
        match = _WHOLE.match(tail)
        if match is None or (lead and not _REFERENCE.search(lead)):
            continue
        noun = match["noun"][-2:]
        earlier = [
            other
            for other in context.list_before(amount, _REFERENCE_REACH)
            if other.unit == amount.unit and len(other.printed) == len(amount.printed)
            and noun in context.find_name(other) + context.find_tail(other)
        ]  # fmt: skip
        if not earlier or any(other.value == amount.value for other in earlier):
            continue
        first = next((other for other in earlier if find_transposition(amount, other.value)), None)
        if first:
            reason = _("“%(name)s”先写 %(first)s，后写 %(other)s") % {
                "name": noun, "first": first.words, "other": amount.words,
            }  # fmt: skip
            yield context.claim(Kind.CONFLICT, Verdict.WRONG, amount, reason, others=(first,), confidence=0.6)


def _read_period(context: Context, quantity: Quantity) -> frozenset[str]:
    """Return the words of time in the sentence of a quantity, or in the last one before it in its paragraph."""
    paragraph = context.layout.find_paragraph(quantity.start)
    sentence = context.layout.find_sentence(quantity.start)
    while True:
        periods = frozenset(_PERIOD.findall(context.layout.folded, sentence.start, sentence.end))
        if periods or sentence.start <= paragraph.start:
            return periods
        sentence = context.layout.find_sentence(sentence.start - 1)
