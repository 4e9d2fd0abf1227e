"""Shares of a total and rates: 占比29.0%, 办结率97.01%, 完成任务35.42万平方米的91%."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import (
    Interval,
    add_up,
    compute_percentage,
    format_number,
    is_printed_as,
    list_runs,
    read_interval,
)
from jiedao.reports.checker.context import Context, is_subsequence
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.layout import Span
from jiedao.reports.checker.quantities import Quantity

_FILLERS = r"(?:高?达到?|为|是|约|近|超过?|仅|均|:|已|在|不到|的|就|还|只|有|\s)*$"
_GROWTH = re.compile(
    r"(?:增长|增速|增幅|下降|上升|上涨|减少|提高|降低|回升|回落|提升|压减|缩减|下滑|扩大|增加|高于|低于|快于|慢于|同比|环比|贡献率|拉动"
    r"|减|增|涨|跌|降|翻|优于)[^占率]{0,5}$"
)
_SHARE = re.compile(
    rf"占(?P<base>[^占]{{0,24}}?)(?:总数|总量|总额|总)?的?(?:比重|比例|比|份额)?(?:率|重)?{_FILLERS}"
)
_RATE = re.compile(rf"(?P<stem>[\w“”]{{1,14}})率{_FILLERS}")
_UNBOUND_RATES = re.compile(
    r"(?:增长|完成|利用|使用|覆盖|普及|自给|周转|贡献|复合增长|负债|就业|失业|城镇化|渗透|化)$"
)
_TOTAL = re.compile(r"共|总|合计|受理|累计|全|收到|派单|转办|完成|计|立案")
_NEGATION = re.compile(r"[未不非无]")
_PARTLY_SATISFIED = (Decimal("0.6"), Decimal("0.8"), Decimal("0.5"))
# Words for one step of a case, as reports vary them.
_SYNONYMS = (
    ("派单", "转办", "转派", "派遣", "交办", "派发"),
    ("受理", "接收", "收到", "接听"),
    ("GDP", "生产总值"),
)
_NEAR = 240  # characters before a claim in which its denominator is usual
_FAR = 900  # and in which it may be


@dataclass(frozen=True)
class RatioClaim:
    """A percentage with the amount above the line, and the ways in which its base may be named.

    Attributes:
        base: the words for the base, "" where none are printed.
        direct: the base, where the sentence names the number itself.
        rate: the name of a rate, "" for a share.
    """

    percentage: Quantity
    part: Quantity
    base: str = ""
    direct: Quantity | None = None
    rate: str = ""


@dataclass(frozen=True)
class Reading:
    """One way to compute a ratio."""

    above: Interval
    below: Interval
    text: str
    whole: Quantity | None = None
    parts: tuple[Quantity, ...] = field(default=())

    def fits(self, percentage: Quantity) -> bool:
        """Return whether the percentage is the result, as printed."""
        result = compute_percentage(self.above, self.below)
        return result is not None and is_printed_as(result, percentage)


def check_ratios(context: Context) -> Iterator[Claim]:
    """Yield the shares and rates of a text whose amount is printed beside them."""
    claims = [claim for quantity in context.percentages if (claim := _read_claim(context, quantity))]
    bases = AgreedBases(context, claims)
    for claim in claims:
        yield from _judge(context, claim, bases)


def _read_claim(context: Context, percentage: Quantity) -> RatioClaim | None:
    lead = context.find_lead(percentage)
    if not percentage.value or percentage.value < 0 or _GROWTH.search(lead):
        return None
    before = context.list_sentence_before(percentage)
    if re.fullmatch(r"的(?:约|近|超|超过)?", lead.strip()):
        return _read_completion(context, percentage, before)
    if "分别" in lead or _continues_list(context, percentage):
        return _read_listed_share(context, percentage, before)
    if match := _SHARE.search(lead):
        return _read_share(context, percentage, before, match)
    if match := _RATE.search(lead):
        return _read_rate(context, percentage, before, match["stem"].strip("“”"))
    return None


def _read_completion(context: Context, percentage: Quantity, before: list[Quantity]) -> RatioClaim | None:
    """拆除32.28万平方米,完成任务35.42万平方米的91%: the number directly before is the base."""
    if len(before) < 2 or percentage.start - before[0].end > 3:
        return None
    whole = before[0]
    part = next((amount for amount in before[1:] if amount.unit == whole.unit), None)
    if part is None or part.value > whole.value * 3:
        return None
    return RatioClaim(percentage, part, direct=whole)


def _read_share(
    context: Context, percentage: Quantity, before: list[Quantity], match: re.Match[str]
) -> RatioClaim | None:
    lead = context.find_lead(percentage)
    subject = re.sub(r"[\s,;、和且]|其|仅|只|均|约|也|分别|(?:上|下)半年度?|目前|经核实", "", lead[: match.start()])
    base = re.sub(r"[\s“”]|其|全部|总$|类?事?件?总数$", "", match["base"])
    if not before or percentage.start - before[0].end > 60:
        return _read_named_share(context, percentage, subject, base)
    part = before[0]
    if subject and not _names_agree(subject, context.find_name(part)):
        return None
    if context.find_depth(part.start) > context.find_depth(percentage.start):
        part = next(
            (
                amount
                for amount in before
                if context.find_depth(amount.start) <= context.find_depth(percentage.start)
            ),
            part,
        )
    return RatioClaim(percentage, part, base=base)


def _continues_list(context: Context, percentage: Quantity) -> bool:
    """Return whether a percentage is a later item of a list such as 51.8%和48.2%."""
    return context.find_lead(percentage).strip() in {"和", "、", "及", "与"}


def _read_listed_share(context: Context, percentage: Quantity, before: list[Quantity]) -> RatioClaim | None:
    """男性45.01万人,女性41.91万人,分别占总人口的51.8%和48.2%: each share belongs to the amount at its place."""
    sentence = context.layout.find_sentence(percentage.start)
    percentages = [
        quantity for quantity in context.list_between(sentence.start, sentence.end) if quantity.is_percent
    ]
    runs: list[list[Quantity]] = []
    for quantity in percentages:
        if runs and _continues_list(context, quantity):
            runs[-1].append(quantity)
        else:
            runs.append([quantity])
    run = next(run for run in runs if percentage in run)
    match = re.search(r"分别占([^占]{0,12}?)的?(?:比重)?(?:为|达)?$", context.find_lead(run[0]))
    amounts = [amount for amount in before if amount.end <= run[0].start][: len(run)][::-1]
    if (
        match is None
        or len(run) < 2
        or len(amounts) < len(run)
        or len({amount.unit for amount in amounts}) > 1
    ):
        return None
    return RatioClaim(percentage, amounts[run.index(percentage)], base=match[1])


def _read_named_share(context: Context, percentage: Quantity, subject: str, base: str) -> RatioClaim | None:
    """非房收入占区级收入比重…占比达到14%: both amounts are in earlier sentences, under the names of the clause before."""
    sentence = context.layout.find_sentence(percentage.start)
    words = context.layout.folded[sentence.start : percentage.start]
    match = re.search(r"([\w]{3,12})占([\w]{3,12}?)(?:的?比重|的?比例|比)", words)
    if match is None:
        return None
    reach = context.list_before(percentage, _NEAR)
    amounts = [amount for amount in reach if amount in context.amounts]
    parts = [amount for amount in amounts if is_subsequence(match[1], context.find_name(amount))]
    if not parts:
        return None
    wholes = [
        amount
        for amount in amounts
        if amount.unit == parts[0].unit and amount.value > parts[0].value
        and is_subsequence(match[2], context.find_name(amount))
    ]  # fmt: skip
    return RatioClaim(percentage, parts[0], base=match[2], direct=wholes[0]) if wholes else None


def _read_rate(
    context: Context, percentage: Quantity, before: list[Quantity], stem: str
) -> RatioClaim | None:
    stem = re.sub(r"^(?:实现|其中|和|及|的)", "", stem)
    if _UNBOUND_RATES.search(stem) or len(stem) < 2:
        return None
    for amount in before[:8]:
        name = context.find_name(amount)
        position = name.rfind(stem)
        if (
            position >= 0
            and not _NEGATION.search(name[:position][-1:])
            and name[:position] in {"", "已", "实际", "共", "本月共", "累计"}
        ):
            return RatioClaim(percentage, amount, rate=stem)
    core = stem.removesuffix("数")
    for amount in before[:8]:
        name = context.find_name(amount)
        if name.endswith((core, core + "数")) and not _NEGATION.search(name.removesuffix(core)[-1:]):
            return RatioClaim(percentage, amount, rate=stem)
    return None


def _names_agree(subject: str, name: str) -> bool:
    """Return whether the subject of a share names the amount before it: 税收占比 after 税收收入4.50亿元."""
    return subject[:2] in name and len(subject) <= len(name) + 2


def _list_bases(context: Context, claim: RatioClaim, reach: int) -> list[Quantity]:
    """Return the amounts that may be the base of a claim, the nearest first."""
    part = claim.part
    candidates = context.list_before(part, reach) + context.list_after(part, _NEAR)
    return [
        amount
        for amount in candidates
        if amount is not part and amount is not claim.percentage and not amount.is_percent and amount.value >= part.value
        and (amount.unit == part.unit or (not amount.unit and context.layout.is_in_table(amount.start)))
    ]  # fmt: skip


class AgreedBases:
    """The amounts that are the base of several shares of a text: what several shares agree on is the total."""

    def __init__(self, context: Context, claims: list[RatioClaim]) -> None:
        self._claims: dict[Decimal, list[RatioClaim]] = defaultdict(list)
        self._layout = context.layout
        for claim in claims:
            if claim.percentage.value < 100:
                fitting = {
                    base.value
                    for base in _list_bases(context, claim, _FAR)
                    if _read_simply(claim.part, base).fits(claim.percentage)
                }
                for value in fitting:
                    self._claims[value].append(claim)

    def __getitem__(self, value: Decimal) -> int:
        """Return the number of shares of an amount; 0 where it is a single one, which may be chance."""
        count = len(self._claims.get(value, ()))
        return count if count > 1 else 0

    def is_shared_in(self, sentence: Span, value: Decimal, claim: RatioClaim) -> bool:
        """Return whether another share of the sentence has this base."""
        return any(
            other is not claim and sentence.contains(other.percentage.start)
            for other in self._claims.get(value, ())
        )


def _read_simply(part: Quantity, whole: Quantity) -> Reading:
    text = f"{part.printed} ÷ {whole.printed}"
    return Reading(read_interval(part), read_interval(whole), text, whole, (part,))


def _list_readings(context: Context, claim: RatioClaim, bases: list[Quantity]) -> Iterator[Reading]:
    """Yield every way to compute a claim, the most usual first."""
    part = claim.part
    if claim.direct:
        yield _read_simply(part, claim.direct)
    for whole in bases:
        yield _read_simply(part, whole)
    sentence = context.layout.find_sentence(part.start)
    siblings = [
        amount
        for amount in context.list_amounts(sentence)
        if amount is part or amount.unit == part.unit and context.find_depth(amount.start) == context.find_depth(part.start)
    ]
    for run in list_runs(siblings):
        if part in run and (claim.rate or len(run) == len(siblings)):
            total = " + ".join(amount.printed for amount in run)
            yield Reading(read_interval(part), add_up(run), f"{part.printed} ÷ ({total})", None, tuple(run))
    yield from _list_joint(context, claim, siblings, bases)
    if claim.rate and (claim.percentage.places > 0 or claim.percentage.value == Decimal(100)):
        yield from _list_derived(claim, siblings, bases)


def _list_joint(
    context: Context, claim: RatioClaim, siblings: list[Quantity], bases: list[Quantity]
) -> Iterator[Reading]:
    """Yield readings of a list before the share: 甲类783件、乙类579件、丙类562件,占总量的77%, all three together."""
    joint = [claim.part]
    for amount in siblings[: siblings.index(claim.part)][::-1]:
        between = context.layout.folded[amount.end : joint[0].start]
        if not between.startswith(("、", "和", "及", "与")):
            break
        joint.insert(0, amount)
    if len(joint) < 2:
        return
    text = " + ".join(amount.printed for amount in joint)
    for whole in bases:
        if whole not in joint:
            yield Reading(add_up(joint), read_interval(whole), f"({text}) ÷ {whole.printed}", whole, tuple(joint))


def _list_derived(claim: RatioClaim, siblings: list[Quantity], bases: list[Quantity]) -> Iterator[Reading]:
    """Yield readings with a weighted amount, or with another amount added above the line."""
    part = claim.part
    for other in siblings:
        if other is part:
            continue
        if "满意" in claim.rate:
            for weight in _PARTLY_SATISFIED:
                above = read_interval(part) + read_interval(other).multiply_by(weight)
                for run in list_runs(siblings):
                    if run[0] is part and other in run:
                        text = f"({part.printed} + {format_number(weight)} × {other.printed}) ÷ {format_number(add_up(run).middle)}"
                        yield Reading(above, add_up(run), text, None, tuple(run))
                for whole in bases:
                    text = f"({part.printed} + {format_number(weight)} × {other.printed}) ÷ {whole.printed}"
                    yield Reading(above, read_interval(whole), text, whole, (part, other))
        above = read_interval(part) + read_interval(other)
        for whole in bases:
            if whole is not other and whole.value >= above.low:
                text = f"({part.printed} + {other.printed}) ÷ {whole.printed}"
                yield Reading(above, read_interval(whole), text, whole, (part, other))


def _judge(context: Context, claim: RatioClaim, totals: AgreedBases) -> Iterator[Claim]:
    percentage = claim.percentage
    bases = _list_bases(context, claim, _FAR)
    if not percentage.places:  # so few digits fit some amount by chance
        near = _find_previous_sentence(context, claim.part).start
        bases = [base for base in bases if base.start >= near or totals[base.value]]
    usual = _choose_base(context, claim, bases, totals)
    is_firm = usual is not None and _is_firm(context, claim, usual[0], totals)
    if is_firm and usual:
        bases = [usual[0], *_list_named(context, claim)]
    elif usual:
        bases = [usual[0], *bases]
    readings = _list_readings(context, claim, bases)
    for reading in readings:
        if reading.fits(percentage):
            others = (*reading.parts, reading.whole) if reading.whole else reading.parts
            yield context.claim(
                Kind.RATIO,
                Verdict.HOLDS,
                percentage,
                _state(reading, percentage),
                others=others,
                confidence=0.9,
            )
            return
    if usual is None or not percentage.is_exact:
        return
    whole, confidence = usual
    if percentage.value == Decimal(100) and not claim.direct:
        confidence = min(confidence, 0.5)
    reading = _read_simply(claim.part, whole)
    yield context.claim(
        Kind.RATIO,
        Verdict.WRONG,
        percentage,
        _state(reading, percentage),
        others=(claim.part, whole),
        confidence=confidence,
    )


def _find_previous_sentence(context: Context, quantity: Quantity) -> Span:
    sentence = context.layout.find_sentence(quantity.start)
    return context.layout.find_sentence(max(0, sentence.start - 1))


def _is_firm(context: Context, claim: RatioClaim, base: Quantity, totals: AgreedBases) -> bool:
    """Return whether the base is certain: named and used by other shares, or the total of this sentence's shares."""
    if claim.direct or claim.rate:
        return bool(claim.direct)
    sentence = context.layout.find_sentence(claim.part.start)
    is_own_total = sentence.contains(base.start) and bool(_TOTAL.search(context.find_lead(base)))
    if is_own_total and totals.is_shared_in(sentence, base.value, claim):
        return True
    if totals[base.value] < 2:
        return False
    is_named = bool(claim.base) and _is_base_named(claim.base, context.find_name(base))
    return is_named


def _choose_base(
    context: Context, claim: RatioClaim, bases: list[Quantity], totals: AgreedBases
) -> tuple[Quantity, float] | None:
    """Return the base that a reader would take, with how sure that is; None where the text names none."""
    part = claim.part
    if claim.direct:
        return claim.direct, 0.9
    larger = [base for base in bases if base.value > part.value or "率" in claim.rate]
    agreed = [base for base in larger if totals[base.value] > 0]
    own_sentence = context.layout.find_sentence(part.start)
    for base in larger:  # another share of this sentence has the total of this sentence as its base
        is_own = own_sentence.contains(base.start) and _TOTAL.search(context.find_lead(base))
        if is_own and not claim.base and totals.is_shared_in(own_sentence, base.value, claim):
            return base, 0.9
    if claim.base:
        named = _list_named(context, claim) or _find_only_base(context, claim, bases)
        if named:
            best = max(named, key=lambda base: totals[base.value])
            return best, 0.9 if totals[best.value] else 0.75
        if agreed and claim.base[:2] not in {"全国", "全省", "全市", "全区", "全县"}:
            return max(agreed, key=lambda base: totals[base.value]), 0.7
        return None
    if agreed:
        return max(agreed, key=lambda base: totals[base.value]), 0.9
    sentence = context.layout.find_sentence(part.start)
    own = [base for base in bases if sentence.start <= base.start < part.start]
    if not own and context.layout.folded.startswith("其中", sentence.start):
        head = [
            amount
            for amount in context.list_before(part, _NEAR)
            if amount.end <= sentence.start and amount in bases
        ]
        if head:
            return head[0], 0.75
    if own:
        return own[-1] if _TOTAL.search(context.find_lead(own[-1])) else own[0], 0.75
    earlier = [base for base in bases if part.start - _NEAR <= base.start < part.start]
    if earlier and claim.rate == "":
        total = next((base for base in earlier if _TOTAL.search(context.find_lead(base))), None)
        return (total, 0.6) if total else None
    if earlier:
        return earlier[0], 0.6
    return None


def _list_named(context: Context, claim: RatioClaim) -> list[Quantity]:
    """Return the amounts before a claim whose name is that of its base, the nearest first."""
    if not claim.base:
        return []
    bases = _list_bases(context, claim, claim.part.start)
    ending = [base for base in bases if context.find_name(base).endswith(claim.base)]
    return ending or [base for base in bases if _is_base_named(claim.base, context.find_name(base))]


def _find_only_base(context: Context, claim: RatioClaim, bases: list[Quantity]) -> list[Quantity]:
    """Return the base in the sentence that shares a word with the one named, where it is the only one."""
    sentence = context.layout.find_sentence(claim.part.start)
    own = [
        base
        for base in bases
        if sentence.start <= base.start < claim.part.start and base.value > claim.part.value
    ]
    words = {claim.base[index : index + 2] for index in range(len(claim.base) - 1)}
    return own if len(own) == 1 and any(word in context.find_name(own[0]) for word in words) else []


def _is_base_named(base: str, name: str) -> bool:
    core = re.sub(r"(?:总数|总量|总额|总|数|类)$", "", base)
    if len(core) < 2:
        return False
    if core in name or is_subsequence(core, name[-len(core) - 4 :]):
        return True
    return any(core in words and any(word in name for word in words) for words in _SYNONYMS)


def _state(reading: Reading, percentage: Quantity) -> str:
    result = compute_percentage(reading.above, reading.below)
    exact = format_number(result.middle, max(percentage.places + 2, 2)) if result else "?"
    return _("%(sum)s = %(result)s%%，文中为 %(printed)s%%") % {
        "sum": reading.text,
        "result": exact,
        "printed": percentage.printed,
    }
