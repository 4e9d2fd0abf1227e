"""Find the amount that is the base of a share or a rate."""

import re
from bisect import bisect_left
from collections import defaultdict
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from jiedao.reports.checker.arithmetic import (
    HUNDRED,
    Interval,
    compute_percentage,
    find_transposition,
    find_typo,
    is_printed_as,
    list_typos,
    read_interval,
)
from jiedao.reports.checker.context import Context, is_subsequence
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.ratio_claims import RatioClaim

NEAR = 240  # characters before a claim in which its base is usual
FAR = 900  # and in which it may be
TOTAL = re.compile(r"共|总|合计|受理|累计|全|收到|派单|转办|完成|计|立案")
_PLACE = re.compile(r"全国|全省|全市|全区|全县|全州|全镇")
# A base that no amount of the text is unless it bears the same name: a plan, or another place.
_OTHER_BASE = re.compile(rf"(?:预算数?|计划|目标|任务|指标)$|{_PLACE.pattern}")
_GENERIC = re.compile(
    r"同期|我国|我[省市区县镇]|全[国省市区县镇街]|本[省市区县镇]|总[值额量数]|总|数[量额]?|件|人"
)
# Words for one step of a case, as reports vary them.
_SYNONYMS = (
    ("派单", "转办", "转派", "派遣", "交办", "派发"),
    ("受理", "接收", "收到", "接听"),
    ("GDP", "生产总值", "经济总量"),
    ("外贸", "进出口"),
)
_MATTERS = frozenset({"件", "个", "次"})
_NESTED = re.compile(r"其中|包括|包含|含|在这|共(?!计)|总")
# An amount of an earlier time is no base of a rate of this one.
_EARLIER = re.compile(r"(?:去年|上年)(?:同期)?(?:为|是|有|共)?$|同期(?:为|是|有)?$")
_LIST_LINES = 2
_LIST_ITEMS = 24  # shares before and after one that may be items of its list
_MOST_BASES = 60  # different amounts that are tried
_NAMED_REACH = 20_000  # characters before a share in which a base of its name may be
_FACTOR = Decimal("1.5")  # a share farther from the computed one is rather of another base
_RATE_FACTOR = 3  # a rate is mostly of an amount beside it
_COARSE = 25  # an amount that may be more than a 25th away from its printed value
_KINDRED_REACH = 200  # characters to another share that is sure to have the same base


def list_bases(
    context: Context, claim: RatioClaim, reach: int, *, allow_smaller: bool = False
) -> list[Quantity]:
    """Return the amounts that may be the base of a claim, the nearest first."""
    part = claim.part
    candidates = context.list_before(part, reach) + context.list_after(part, NEAR)
    bases = [
        amount
        for amount in candidates
        if amount is not part
        and amount is not claim.percentage
        and not amount.is_percent
        and amount.value >= (0 if allow_smaller else part.value)
        and (
            _are_one_unit(amount.unit, part.unit)
            or (not amount.unit and context.layout.is_in_table(amount.start))
        )
    ]
    if len(bases) <= _MOST_BASES:
        return bases
    return list({base.value: base for base in bases[::-1]}.values())[::-1][:_MOST_BASES]


def _are_one_unit(first: str, second: str) -> bool:
    """Return whether two units count alike: 来电8947个 and 直办6673件."""
    return first == second or {first, second} <= _MATTERS


def is_coarse(quantity: Quantity) -> bool:
    """Return whether an amount has so few digits that it fits by chance: 0.02万件 may be 150 or 250."""
    return quantity.room * _COARSE > quantity.value


def fits_base(part: Quantity, base: Quantity, percentage: Quantity) -> bool:
    """Return whether a percentage is the part of the base, as printed."""
    if is_coarse(base) or is_coarse(part):
        return False
    is_counted = part.step == base.step == 0 and percentage.is_precise and base.value > 0
    if (
        is_counted
        and abs(part.value * 100 - percentage.value * base.value) > percentage.step * base.value * 2
    ):
        return False  # most are far off, which needs no intervals
    result = compute_percentage(read_interval(part), read_interval(base))
    return result is not None and is_printed_as(result, percentage)


def is_within_reason(claim: RatioClaim, base: Interval) -> bool:
    """Return whether a percentage is near enough to the computed one to be a slip, and not of another base."""
    exact = compute_percentage(read_interval(claim.part), base)
    if exact is None:
        return False
    factor = _RATE_FACTOR if claim.rate else _FACTOR
    return exact.middle / factor <= claim.percentage.value <= exact.middle * factor


def is_typo_of_share(part: Quantity, base: Quantity, percentage: Quantity) -> bool:
    """Return whether one slip of the hand, in the share or its amount, explains why they do not fit."""
    exact = compute_percentage(read_interval(part), read_interval(base))
    if exact is None:
        return False
    if not percentage.places:
        return find_transposition(percentage, exact.middle.quantize(Decimal(1), ROUND_HALF_UP)) is not None
    step = Decimal(1).scaleb(-percentage.places)
    rounded = {exact.middle.quantize(step, way) for way in (ROUND_HALF_UP, ROUND_DOWN)}
    if any(find_typo(percentage, value) for value in rounded):
        return True
    share = read_interval(percentage)
    room = Interval(base.value * share.low / HUNDRED, base.value * share.high / HUNDRED)
    return any(room.low <= value <= room.high for value in list_typos(part))


class AgreedBases:
    """The amounts that are the base of several shares of a text: what several shares agree on is the total."""

    def __init__(self, context: Context, claims: list[RatioClaim]) -> None:
        self._claims: dict[Decimal, list[RatioClaim]] = defaultdict(list)
        self._layout = context.layout
        self._all = claims
        self._starts = [claim.percentage.start for claim in claims]
        self._bases_of_parts = {claim.part.start: claim.base for claim in claims}
        for claim in claims:
            if claim.percentage.value < 100:
                bases = list_bases(context, claim, FAR)
                for value in {base.value for base in bases if fits_base(claim.part, base, claim.percentage)}:
                    self._claims[value].append(claim)

    def count(self, value: Decimal) -> int:
        """Return the number of shares of an amount; 0 where it is a single one, which may be chance."""
        count = len(self._claims.get(value, ()))
        return count if count > 1 else 0

    def is_part(self, amount: Quantity, claim: RatioClaim) -> bool:
        """Return whether an amount has a share that names its base by the same words as a claim, or by none."""
        return self._bases_of_parts.get(amount.start) == claim.base

    def is_shared_in_sentence(self, value: Decimal, claim: RatioClaim) -> bool:
        """Return whether another share of the sentence has this base."""
        sentence = self._layout.find_sentence(claim.part.start)
        return any(sentence.contains(other.percentage.start) for other in self._list_others(value, claim))

    def count_kindred(self, value: Decimal, claim: RatioClaim) -> int:
        """Return the number of other shares with this base that are near and name it by the same words."""
        sentence = self._layout.find_sentence(claim.part.start)
        return sum(
            _shorten(other.base) == _shorten(claim.base)
            and bool(other.rate) == bool(claim.rate)
            and (
                sentence.contains(other.percentage.start)
                or (bool(claim.base) and abs(other.percentage.start - claim.percentage.start) < _KINDRED_REACH)
            )
            for other in self._list_others(value, claim)
        )  # fmt: skip

    def find_list_base(self, context: Context, claim: RatioClaim) -> Quantity | None:
        """Return the amount that is sure to be the base of a share, because others of its list have it.

        One other share is enough where the amount bears the name of the base, or is the sum of the list.
        """
        if claim.rate or claim.direct:
            return None
        kindred = self.list_kindred(context, claim)
        part_sum = sum((other.part.value for other in kindred), claim.part.value)
        best: tuple[int, Quantity] | None = None
        for base in list_bases(context, claim, FAR, allow_smaller=True):
            count = sum(other in self._claims.get(base.value, ()) for other in kindred)
            is_named = bool(claim.base) and is_base_named(claim.base, context.find_name(base))
            is_likely = (
                is_named or base.value == part_sum or is_typo_of_share(claim.part, base, claim.percentage)
            )
            is_enough = count > 1 or (count and is_likely)
            if is_enough and fits_base(claim.part, base, claim.percentage):
                return base
            if is_enough and (best is None or count > best[0]):
                best = count, base
        return best[1] if best else None

    def list_kindred(self, context: Context, claim: RatioClaim) -> list[RatioClaim]:
        """Return the other items of the list of a share."""
        return [other for other in self.list_near(claim) if is_of_one_list(context, claim, other)]

    def list_near(self, claim: RatioClaim) -> list[RatioClaim]:
        """Return the shares and rates around one, itself included."""
        place = bisect_left(self._starts, claim.percentage.start)
        return self._all[max(0, place - _LIST_ITEMS) : place + _LIST_ITEMS + 1]

    def _list_others(self, value: Decimal, claim: RatioClaim) -> list[RatioClaim]:
        return [other for other in self._claims.get(value, ()) if other is not claim]


def is_alike(context: Context, claim: RatioClaim, base: Quantity) -> bool:
    """Return whether a base is another count of what the amount counts: 较大火灾60起 and 65起较大火灾中."""
    name = context.find_name(claim.part)[-4:]
    return len(name) > 3 and (name in context.find_name(base) or context.find_tail(base).startswith(name))


def is_of_one_list(context: Context, claim: RatioClaim, other: RatioClaim) -> bool:
    """Return whether two shares are items of one list: neither is a part of the other, and they name one base."""
    if other is claim or other.rate or other.direct or other.part.unit != claim.part.unit:
        return False
    if _shorten(other.base) != _shorten(claim.base):
        return False
    first, last = sorted((claim, other), key=lambda item: item.percentage.start)
    between = context.layout.folded[first.percentage.end : last.part.start]
    if _are_headings(context, first, last):
        return True
    is_near = not re.search(r"[。!?]", between) and between.count("\n") < _LIST_LINES
    is_flat = context.find_depth(first.part.start) == context.find_depth(last.part.start)
    return is_near and is_flat and not _NESTED.search(between)


def _are_headings(context: Context, first: RatioClaim, last: RatioClaim) -> bool:
    """Return whether two shares and those of the paragraphs between begin one: 甲类30件,占比30%。…⏎乙类20件,…."""
    run = context.heading_runs.get(first.part.start)
    is_same = run is not None and run == context.heading_runs.get(last.part.start)
    return is_same and first.part is not last.part


def _shorten(base: str) -> str:
    return re.sub(r"总|数|量|额|的|件|类", "", base)


def choose_base(
    context: Context, claim: RatioClaim, bases: list[Quantity], agreed: AgreedBases
) -> tuple[Quantity, float] | None:
    """Return the base that a reader would take, with how sure that is; None where the text names none."""
    if claim.direct:
        return claim.direct, 0.9
    larger = [base for base in bases if base.value > claim.part.value or "率" in claim.rate]
    if own := _find_own_total(context, claim, larger, agreed):
        return own, 0.9
    shared = [base for base in larger if agreed.count(base.value)]
    most_shared = max(shared, key=lambda base: agreed.count(base.value), default=None)
    if claim.base:
        return _choose_named(context, claim, bases, most_shared, agreed)
    head = _find_head(context, claim, larger)
    if head and not (most_shared and agreed.is_shared_in_sentence(most_shared.value, claim)):
        return head, 0.75
    if most_shared:
        return most_shared, 0.9
    return _choose_near(context, claim, bases, agreed)


def _find_own_total(
    context: Context, claim: RatioClaim, bases: list[Quantity], agreed: AgreedBases
) -> Quantity | None:
    """Return the total in the sentence of a share without words for its base, where another share uses it."""
    sentence = context.layout.find_sentence(claim.part.start)
    if claim.base:
        return None
    for base in bases:
        is_own = sentence.contains(base.start) and TOTAL.search(context.find_lead(base))
        if is_own and agreed.is_shared_in_sentence(base.value, claim):
            return base
    return None


def _choose_named(
    context: Context,
    claim: RatioClaim,
    bases: list[Quantity],
    most_shared: Quantity | None,
    agreed: AgreedBases,
) -> tuple[Quantity, float] | None:
    """Return the base of a share that names it: by the name, or by other shares."""
    named = [base for base in list_named(context, claim) if not _is_sibling(context, claim, base, agreed)]
    if not named and (only := _find_only_base(context, claim, bases, agreed)):
        return only[0], 0.9 if agreed.count(only[0].value) else 0.7
    if named:
        named = [base for base in named if is_within_reason(claim, read_interval(base))] or named
        best = max(named, key=lambda base: agreed.count(base.value))
        return best, 0.9 if agreed.count(best.value) else 0.75
    kindred = max(bases, key=lambda base: agreed.count_kindred(base.value, claim), default=None)
    if kindred and (
        agreed.count_kindred(kindred.value, claim) > 1 or _is_named_at_end(context, claim, kindred, agreed)
    ):
        return kindred, 0.8
    if most_shared and not _OTHER_BASE.search(claim.base):
        return most_shared, 0.7
    return None


def _is_named_at_end(context: Context, claim: RatioClaim, base: Quantity, agreed: AgreedBases) -> bool:
    """Return whether another share uses a base that ends with the same word: 有罪人犯 and 判处的人犯."""
    ending = _shorten(claim.base)[-2:]
    return (
        len(ending) > 1
        and agreed.count_kindred(base.value, claim) > 0
        and context.find_name(base).endswith(ending)
    )


def _choose_near(
    context: Context, claim: RatioClaim, bases: list[Quantity], agreed: AgreedBases
) -> tuple[Quantity, float] | None:
    """Return the base of a share that names none, by its place: in the sentence, before 其中, or a total before."""
    part = claim.part
    sentence = context.layout.find_sentence(part.start)
    if claim.rate:
        bases = [base for base in bases if not _EARLIER.search(context.find_lead(base))]
    own = [base for base in bases if sentence.start <= base.start < part.start]
    own = [base for base in own if not _is_sibling(context, claim, base, agreed)]
    if own:
        return own[-1] if TOTAL.search(context.find_lead(own[-1])) else own[0], 0.75
    if head := _find_head(context, claim, bases):
        return head, 0.75
    earlier = [base for base in bases if part.start - NEAR <= base.start < part.start]
    if claim.rate:
        received = [
            base for base in earlier if base.unit == part.unit and TOTAL.search(context.find_lead(base))
        ]
        return ((received or earlier)[0], 0.6) if earlier else None
    total = next((base for base in earlier if TOTAL.search(context.find_lead(base))), None)
    return (total, 0.6) if total else None


def _is_sibling(context: Context, claim: RatioClaim, base: Quantity, agreed: AgreedBases) -> bool:
    """Return whether an amount is an earlier item of the same list, with a share of its own."""
    between = context.layout.folded[base.end : claim.part.start]
    return agreed.is_part(base, claim) and "其中" not in between and not TOTAL.search(context.find_lead(base))


def _find_head(context: Context, claim: RatioClaim, bases: list[Quantity]) -> Quantity | None:
    """Return the amount that a sentence which begins with 其中 divides."""
    sentence = context.layout.find_sentence(claim.part.start)
    if not context.layout.folded.startswith("其中", sentence.start):
        return None
    before = context.list_before(claim.part, NEAR)
    return next((amount for amount in before if amount.end <= sentence.start and amount in bases), None)


def is_firm(context: Context, claim: RatioClaim, base: Quantity, agreed: AgreedBases) -> bool:
    """Return whether the base is certain, so that no other may fit by chance.

    It is where the sentence names the number itself, where it is the total of this sentence's shares, or where other
    shares use it under the same words.
    """
    if claim.direct:
        return True
    if claim.rate:
        return False
    sentence = context.layout.find_sentence(claim.part.start)
    is_own_total = sentence.contains(base.start) and bool(TOTAL.search(context.find_lead(base)))
    if is_own_total and agreed.is_shared_in_sentence(base.value, claim):
        return True
    if agreed.count_kindred(base.value, claim) > 1:
        return True
    return (
        agreed.count(base.value) > 1
        and bool(claim.base)
        and is_base_named(claim.base, context.find_name(base))
    )


def list_named(context: Context, claim: RatioClaim) -> list[Quantity]:
    """Return the amounts before a claim whose name is that of its base, the nearest first."""
    if not claim.base:
        return []
    bases = list_bases(context, claim, _NAMED_REACH)
    names = {base: context.find_name(base).replace("规模以上", "规上") for base in bases}
    place = _PLACE.match(claim.base)
    if place:  # another place, unless the amount names the same one
        same = [base for base in bases if place.group() in names[base]]
        if not same:
            return _list_named_here(context, claim, bases, claim.base.removeprefix(place.group()))
        bases = same
    ending = [base for base in bases if names[base] == claim.base]
    ending = ending or [
        base
        for base in bases
        if names[base].endswith(claim.base) and not _is_negated(claim.base, names[base])
    ]
    if ending or (_OTHER_BASE.search(claim.base) and not place):
        return ending
    return [base for base in bases if is_base_named(claim.base, names[base])]


def _list_named_here(context: Context, claim: RatioClaim, bases: list[Quantity], name: str) -> list[Quantity]:
    """Return the amounts of the paragraph that bear the name of a base without its place, and no other place."""
    paragraph = context.layout.find_paragraph(claim.part.start)
    return [
        base
        for base in bases
        if paragraph.contains(base.start) and len(name) > 1 and not _PLACE.search(context.find_name(base))
        and context.find_name(base).endswith(name)
    ]  # fmt: skip


def _find_only_base(
    context: Context, claim: RatioClaim, bases: list[Quantity], agreed: AgreedBases
) -> list[Quantity]:
    """Return the base in the sentence, or before its 其中, that shares a word with the one named."""
    if _OTHER_BASE.search(claim.base):
        return []
    sentence = context.layout.find_sentence(claim.part.start)
    own = [
        base
        for base in bases
        if sentence.start <= base.start < claim.part.start and base.value > claim.part.value
    ]
    own = [base for base in own if not _is_sibling(context, claim, base, agreed)]
    if not own and (head := _find_head(context, claim, bases)):
        own = [head]
    core = _GENERIC.sub("", claim.base)
    words = {core[index : index + 2] for index in range(len(core) - 1)}
    return own if len(own) == 1 and any(word in context.find_name(own[0]) for word in words) else []


def is_base_named(base: str, name: str) -> bool:
    """Return whether a name is that of a base: 派单总数 and 转办, 区级收入 and 区级财政收入."""
    base, name = (words.replace("规模以上", "规上") for words in (base, name))
    core = re.sub(r"(?:总数|总量|总额|总值|总|数|类)$", "", base.removeprefix("同期"))
    if len(core) < 2 or _is_negated(core, name):
        return False
    if (
        core in name
        or (len(name) > 3 and core.startswith(name))
        or is_subsequence(core, name[-len(core) - 4 :])
    ):
        return True
    return any(core in words and any(word in name for word in words) for words in _SYNONYMS)


def _is_negated(core: str, name: str) -> bool:
    """Return whether a name contains another only as a part of a word with a meaning of its own: 出口 in 进出口."""
    return core in name and not re.search(rf"(?<![进非不未]){re.escape(core)}", name)
