"""Growth and changes: 112件,较上月增加12件,环比上升12%; 由1000个压减至600个,压减率40%."""

import re
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import (
    HUNDRED,
    Interval,
    find_transposition,
    is_printed_as,
    read_interval,
)
from jiedao.reports.checker.context import CHANGED, Context, is_subsequence
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity

_UP = r"增加|增长|上升|提高|新增|增收|增支|多收|多支|超收|多|增"
_DOWN = r"减少|下降|降低|压减|缩减|减收|减支|短收|少收|少支|少|减"
_CHANGE = re.compile(rf"(?P<up>{_UP})了?$|(?P<down>{_DOWN})了?$")
_RATE = re.compile(
    r"(?:(?P<up>增长|上升|提高|增加|上涨|增幅|增速|增)|(?P<down>下降|减少|降低|压减|压缩|精简|缩短|降幅|减幅|缩减|降))"
    r"(?:率|了|为|达到?|约|近|超)*$"
)
# What a change may be compared with; the words that are left name its subject.
_COMPARISON = re.compile(
    r"(?:与|和|同|较|比)?(?:上年|去年|上期|上月|上周|上季度?|同期|年初|[^,;。]{0,24}(?:相比|同期|时的))[^,;。]{0,2}?(?:相比)?|同比|环比"
    r"|(?:与|和|同|较|比)?(?:\d{4}年(?:\d{1,2}月份?|[一二三四]季度|上半年)?|\d{1,2}月份?)|累计|净|共计?|合计|分别|[\d一二三四五六七八九十]+年(?:间|来)?|\s|[,、;]"
)
_YEARS = re.compile(r"(?P<first>\d{4})年?[-至到](?P<last>\d{4})年")
# Words before an amount of an earlier time: 去年同期为, 较2017年同期, 与2010年第六次全国人口普查的.
_EARLIER = re.compile(
    r"(?:上年|去年|上月|上周|上季度?|上期|同期|\d{4}年(?:[一二三四]季度|上半年|同期|末|底)?)[^,;。增减多少升降]{0,14}?\s*$"
)
_PLANNED = re.compile(r"预算|计划|任务|目标")
_MONTH = re.compile(r"(?<!\d)(?P<month>\d{1,2})月(?:份)?,?(?P<what>[^,;。\d]{0,10})$")
_BEHIND = 14  # characters between an amount, its rate, and the change behind that
_TO = re.compile(r"(?:到|至|为)(?:了)?(?:\d{4}年(?:底|末)?的?)?$")
_CONTAINED = re.compile(r"[((]不?含[^()]{0,12}$")  # (不含上年旧存80件): a part, and no amount to compare with
_TO_YEAR = re.compile(r"[到至]了?\d{4}年[^,;。]{0,3}$")
_FROM = re.compile(r"(?:由|从)[^,;。]{0,24}$")
# Growth of these is computed at constant prices or of a fixed set of firms, so that two amounts do not give it.
COMPARABLE = re.compile(
    r"地区生产总值|GDP|增加值|规上|规模以上|可比|不变价|同口径|限额以上|限上|总产值|人均可支配"
)


def check_growth(context: Context) -> Iterator[Claim]:
    """Yield growth rates and changes whose two amounts, or whose amount and change, are printed with them."""
    for percentage in context.percentages:
        lead = context.find_lead(percentage)
        if _RATE.search(lead) and _is_bare(lead) and percentage.is_exact and percentage.value > 0:
            before = context.list_sentence_before(percentage)
            claim = (
                _check_changed_amount(context, percentage, before)
                or _check_two_amounts(context, percentage, before)
                or _check_change_behind(context, percentage, before)
            )
            if claim:
                yield claim
    yield from _check_differences(context)
    yield from _check_annual_averages(context)


def _is_bare(lead: str) -> bool:
    """Return whether the words before a growth rate name no other subject than the amounts before it."""
    rest = _RATE.sub("", lead)
    return not re.sub(
        r"[,、;\s]|^年|同比|环比|同期|较?上[年月期周]|[较比]?去年(?:同期)?|比上年(?:同期)?|相比|分别|即|幅度?|比例|整体|总体|的",
        "",
        rest,
    )


def _check_changed_amount(context: Context, percentage: Quantity, before: list[Quantity]) -> Claim | None:
    """112件,较上月增加12件,环比上升12%: 12 of the 100 before."""
    if not before or percentage.start - before[0].end > 20:
        return None
    change = before[0]
    direction = _CHANGE.search(context.find_lead(change).rstrip("约近了"))
    if direction is None:
        return None
    subject = _find_subject(context, change)
    amounts = [
        amount
        for amount in (before[1:] + _list_previous(context, change) if subject else context.list_before(change, 200))
        if amount.unit == change.unit and amount.value > 0
        and not _CHANGE.search(context.find_lead(amount))
        and (not subject or _is_same_subject(subject, context.find_name(amount)))
    ]  # fmt: skip
    if amounts and not any(_read_change(amounts[0], change, is_up=bool(direction["up"]))):
        amounts = []  # the nearest amount is meant and has too few digits
    readings = [
        reading
        for amount in amounts[:4]
        for reading in _read_change(amount, change, is_up=bool(direction["up"]))
    ]
    sentence = context.layout.find_sentence(percentage.start)
    words = context.layout.folded[sentence.start : percentage.start]
    is_opposite = _is_opposite(context, percentage, is_up=bool(direction["up"]))
    for amount, base, result in readings:
        # The change over the amount itself is right only where that amount is the earlier one.
        is_earlier = base.middle != amount.value or _FROM.search(words)
        if not is_opposite and is_earlier and is_printed_as(result, percentage):
            reason = _state(change, base, result, percentage)
            return context.claim(
                Kind.GROWTH, Verdict.HOLDS, percentage, reason, others=(amount, change), confidence=0.9
            )
    if not readings:
        return None
    amount, base, result = readings[0]
    reason = _state(change, base, result, percentage)
    if is_opposite:
        reason = _("%(sum)s；增减的方向相反") % {"sum": reason}
    if COMPARABLE.search(words):
        reason = _("%(sum)s；按可比价格计算的增速不能由两年的数额相除得出") % {"sum": reason}
        return context.claim(
            Kind.GROWTH, Verdict.UNTESTABLE, percentage, reason, others=(amount, change), confidence=0.5
        )
    return context.claim(
        Kind.GROWTH, Verdict.WRONG, percentage, reason, others=(amount, change), confidence=0.85
    )


def _list_previous(context: Context, change: Quantity) -> list[Quantity]:
    """Return the amounts of the sentence before a change, in its paragraph: 受理案件180件,…。受案增加20件."""
    sentence = context.layout.find_sentence(change.start)
    paragraph = context.layout.find_paragraph(change.start)
    if sentence.start <= paragraph.start:
        return []
    previous = context.layout.find_sentence(sentence.start - 1)
    return context.list_amounts(previous)


def _read_change(
    amount: Quantity, change: Quantity, *, is_up: bool
) -> Iterator[tuple[Quantity, Interval, Interval]]:
    """Yield the amount with each base that it and its change allow, and the change as a percentage of that base."""
    now, step = read_interval(amount), read_interval(change)
    usual = now - step if is_up else now + step
    if usual.low <= 0:
        return  # 1万元,增加0.5万元 may be any growth
    for base in (usual, now):
        if result := step.divide_by(base):
            yield amount, base, result.multiply_by(HUNDRED)


def _is_opposite(context: Context, percentage: Quantity, *, is_up: bool) -> bool:
    """Return whether the word before a rate contradicts the amounts: 由120件减少为90件,增长25%."""
    match = _RATE.search(context.find_lead(percentage))
    return match is not None and bool(match["down"]) == is_up


def _check_change_behind(context: Context, percentage: Quantity, before: list[Quantity]) -> Claim | None:
    """262件,同比下降2.60%,减少7件: the change is printed behind its rate."""
    change = next(iter(context.list_after(percentage, _BEHIND)), None)
    if change is None or not before or percentage.start - before[0].end > _BEHIND:
        return None
    amount, direction = before[0], _CHANGE.search(context.find_lead(change))
    if _PLANNED.search(context.find_lead(amount)):
        return None  # 完成80万元,占预算120万元的66.7%,同比增长5%: the growth is not that of the budget
    text = context.layout.folded
    is_next = re.fullmatch(r",(?:同比|环比|即|共|净)?\w{2,3}", text[percentage.end : change.start])
    if not (
        direction and is_next and change.unit == amount.unit and change.is_exact and amount.is_exact
    ) or CHANGED.search(context.find_lead(amount)):
        return None
    now, step = read_interval(amount), read_interval(change)
    result = step.divide_by(now - step if direction["up"] else now + step)
    if result is None or COMPARABLE.search(
        text, context.layout.find_sentence(amount.start).start, amount.start
    ):
        return None
    exact = result.multiply_by(HUNDRED)
    reason = _state(change, now - step if direction["up"] else now + step, exact, percentage)
    holds = is_printed_as(exact, percentage)
    if _is_opposite(context, percentage, is_up=bool(direction["up"])):
        holds = False
        reason = _("%(sum)s；增减的方向相反") % {"sum": reason}
    return context.claim(
        Kind.GROWTH, Verdict.HOLDS if holds else Verdict.WRONG, percentage, reason,
        others=(amount, change), confidence=0.8,
    )  # fmt: skip


def _find_subject(context: Context, change: Quantity) -> str:
    """Return what a change is of, where its own clause names that: 结案数减少171件; "" where the clause before does."""
    words = _CHANGE.sub("", context.find_lead(change).rstrip("约近了"))
    return _COMPARISON.sub("", words)


def _is_same_subject(subject: str, name: str) -> bool:
    return is_subsequence(subject, name) or is_subsequence(name, subject)


def _check_two_amounts(context: Context, percentage: Quantity, before: list[Quantity]) -> Claim | None:
    """由91张压减至39张,压减率57.1%; 接访260批次,去年同期为208批次,同比增长25%."""
    pair = (
        find_two_amounts(context, percentage.start, before)
        or _find_two_months(context, percentage, before)
        or _find_earlier_sentence(context, percentage, before)
    )
    return _judge_two_amounts(context, percentage, earlier=pair[0], later=pair[1]) if pair else None


def find_two_amounts(
    context: Context, position: int, before: list[Quantity]
) -> tuple[Quantity, Quantity] | None:
    """Return the earlier and the later of the amounts that a rate behind them compares; `before` is nearest first."""
    if len(before) < 2 or position - before[0].end > 14 or before[0].unit != before[1].unit:
        return None
    last, first = before[0], before[1]
    text = context.layout.folded
    is_moved = _FROM.search(text[max(0, first.start - 16) : first.start]) and _TO.search(
        context.find_lead(last)
    )
    if is_moved and first.is_exact and last.is_exact:
        return first, last
    if not _is_earlier(context, last) or not last.is_exact:
        return None
    others = (amount for amount in before[1:] if amount.unit == last.unit)
    later = next((amount for amount in others if not _is_earlier(context, amount)), None)
    if later is None or CHANGED.search(context.find_lead(later)) or not later.is_exact:
        return None
    return last, later


def _find_two_months(
    context: Context, percentage: Quantity, before: list[Quantity]
) -> tuple[Quantity, Quantity] | None:
    """Return the amounts of two months that follow one another: 4月受理900件,5月受理1000件,环比增长11%."""
    if (
        "环比" not in context.find_lead(percentage)
        or len(before) < 2
        or percentage.start - before[0].end > _BEHIND
    ):
        return None
    later, earlier = before[0], before[1]
    months = [_MONTH.search(_read_words_before(context, amount)) for amount in (earlier, later)]
    is_comparable = earlier.unit == later.unit and earlier.is_exact and later.is_exact
    if not is_comparable or months[0] is None or months[1] is None or months[0]["what"] != months[1]["what"]:
        return None
    return (earlier, later) if int(months[0]["month"]) % 12 + 1 == int(months[1]["month"]) else None


def _find_earlier_sentence(
    context: Context, percentage: Quantity, before: list[Quantity]
) -> tuple[Quantity, Quantity] | None:
    """Return 去年同期受理10000件 of the sentence before, and the amount of this one that has the same name."""
    if not before or percentage.start - before[0].end > _BEHIND or not before[0].is_exact:
        return None
    lead = context.layout.folded[before[0].end : percentage.start]
    if not re.search(r"同比|[比较](?:去|上)年同期", lead) or CHANGED.search(context.find_lead(before[0])):
        return None
    subject = _COMPARISON.sub("", context.find_name(before[0])).removeprefix("今年")
    earlier = [
        amount
        for amount in _list_previous(context, before[0])
        if amount.unit == before[0].unit and amount.is_exact
        and re.search(r"[去上]年同期", _read_words_before(context, amount))
        and _COMPARISON.sub("", context.find_name(amount)) == subject
    ]  # fmt: skip
    return (earlier[0], before[0]) if len(earlier) == 1 and subject else None


def _is_earlier(context: Context, quantity: Quantity) -> bool:
    """Return whether the words before an amount place it in an earlier time."""
    words = _read_words_before(context, quantity)
    return bool(_EARLIER.search(words)) and not (_TO_YEAR.search(words) or _CONTAINED.search(words))


def _read_words_before(context: Context, quantity: Quantity) -> str:
    """Return the words before a quantity in its clause, with those of brackets."""
    clause = context.layout.find_clause(quantity.start)
    return context.layout.folded[clause.start : quantity.start]


def _judge_two_amounts(
    context: Context, percentage: Quantity, *, earlier: Quantity, later: Quantity
) -> Claim | None:
    old, new = read_interval(earlier), read_interval(later)
    is_up = later.value > earlier.value
    result = (new - old if is_up else old - new).divide_by(old)
    if result is None or earlier.value == 0:
        return None
    exact = result.multiply_by(HUNDRED)
    greater, smaller = (later, earlier) if is_up else (earlier, later)
    reason = _("(%(greater)s − %(smaller)s) ÷ %(earlier)s = %(result)s%%，文中为 %(printed)s%%") % {
        "greater": greater.printed, "smaller": smaller.printed, "earlier": earlier.printed,
        "result": format_number(exact.middle, percentage.places + 2), "printed": percentage.printed,
    }  # fmt: skip
    others = (earlier, later)
    is_opposite = _is_opposite(context, percentage, is_up=is_up)
    if is_opposite:
        reason = _("%(sum)s；增减的方向相反") % {"sum": reason}
    elif is_printed_as(exact, percentage):
        return context.claim(Kind.GROWTH, Verdict.HOLDS, percentage, reason, others=others, confidence=0.85)
    sentence = context.layout.find_sentence(percentage.start)
    if COMPARABLE.search(context.layout.folded, sentence.start, percentage.start):
        reason = _("%(sum)s；按可比价格计算的增速不能由两年的数额相除得出") % {"sum": reason}
        return context.claim(
            Kind.GROWTH, Verdict.UNTESTABLE, percentage, reason, others=others, confidence=0.5
        )
    return context.claim(Kind.GROWTH, Verdict.WRONG, percentage, reason, others=others, confidence=0.85)


def _check_differences(context: Context) -> Iterator[Claim]:
    """Yield 达到52.5亿元,较五年前的40.1亿元增加12.4亿元."""
    for change in context.amounts:
        direction = _CHANGE.search(context.find_lead(change))
        before = context.list_sentence_before(change)
        if direction is None or len(before) < 2 or not change.is_exact:
            continue
        earlier, later = before[0], before[1]
        between = re.sub(r"\([^()]*\)", "", context.layout.folded[later.end : earlier.start])
        compared = re.search(r"(?:较|比|与|同)[^,;。]{0,18}$", between)
        if not (earlier.unit == later.unit == change.unit and compared and change.start - earlier.end < 6):
            continue
        exact = read_interval(later) - read_interval(earlier)
        if direction["down"]:
            exact = read_interval(earlier) - read_interval(later)
        holds = exact.overlaps(read_interval(change))
        slip = find_transposition(later, earlier.value + change.value * (1 if direction["up"] else -1))
        reason = _("%(later)s 与 %(earlier)s 相差 %(result)s，文中为 %(printed)s") % {
            "later": later.printed, "earlier": earlier.printed, "printed": change.printed,
            "result": change.format(abs(later.value - earlier.value)),
        }  # fmt: skip
        if slip:
            reason += _("；两位数字疑似颠倒：%(slip)s") % {"slip": f"{later.printed} → {slip}"}
        verdict = Verdict.HOLDS if holds else Verdict.WRONG
        yield context.claim(Kind.GROWTH, verdict, change, reason, others=(later, earlier), confidence=0.85)


def _state(change: Quantity, base: Interval, result: Interval, percentage: Quantity) -> str:
    return _("%(change)s ÷ %(base)s = %(result)s%%，文中为 %(printed)s%%") % {
        "change": change.printed,
        "base": change.format(base.middle),
        "result": format_number(result.middle, percentage.places + 2),
        "printed": percentage.printed,
    }


def _check_annual_averages(context: Context) -> Iterator[Claim]:
    """2010年—2020年年均增速最高的是总寨镇,为5.03%: the row of the table with that name has both amounts."""
    for percentage in context.percentages:
        sentence = context.layout.find_sentence(percentage.start)
        words = context.layout.folded[sentence.start : percentage.start]
        years = _YEARS.search(words)
        if not years or "年均" not in words:
            continue
        clause = context.layout.find_clause(percentage.start)
        before = context.layout.folded[
            context.layout.find_clause(max(0, clause.start - 1)).start : percentage.start
        ]
        row = _find_row(context, before)
        count = abs(int(years["last"]) - int(years["first"]))
        if len(row) < 2 or not count or not all(amount.value > 0 for amount in row[:2]):
            continue
        newer, older = row[:2]
        exact = ((newer.value / older.value) ** (Decimal(1) / count) - 1) * HUNDRED
        sign = -1 if "降" in before else 1
        holds = _is_near(exact * sign, percentage)
        reason = _("(%(newer)s ÷ %(older)s)^(1/%(count)s) − 1 = %(result)s%%，文中为 %(printed)s%%") % {
            "newer": newer.printed, "older": older.printed, "count": count,
            "result": format_number(exact, percentage.places + 2), "printed": percentage.printed,
        }  # fmt: skip
        if not holds and _is_near(
            ((older.value / newer.value) ** (Decimal(1) / count) - 1) * HUNDRED, percentage
        ):
            continue  # the table gives the older year first
        verdict = Verdict.HOLDS if holds else Verdict.WRONG
        yield context.claim(Kind.GROWTH, verdict, percentage, reason, others=(newer, older), confidence=0.7)


def _find_row(context: Context, words: str) -> list[Quantity]:
    """Return the numbers beside the name, in a table, that the words mention last."""
    cells = context.layout.cells
    best, found = -1, -1
    for index, cell in enumerate(cells):
        position = words.rfind(cell.text) if len(cell.text) > 1 and not cell.text[0].isdigit() else -1
        if position > best:
            best, found = position, index
    if found < 0:
        return []
    numbers = []
    for cell in cells[found + 1 : found + 8]:
        quantities = context.list_between(cell.start, cell.end)
        if len(quantities) != 1 or not cell.text[:1].isdigit():
            break
        numbers.append(quantities[0])
    return numbers


def _is_near(exact: Decimal, percentage: Quantity) -> bool:
    return (
        abs(exact - percentage.value) <= percentage.step / 2
        or 0 <= abs(exact) - abs(percentage.value) < percentage.step
    )
