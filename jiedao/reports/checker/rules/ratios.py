"""Shares of a total and rates: 占比29.0%, 办结率97.01%, 完成任务35.42万平方米的91%."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import (
    Interval,
    add_up,
    compute_percentage,
    is_printed_as,
    list_runs,
    read_interval,
)
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.layout import Span
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.ratio_bases import (
    FAR,
    AgreedBases,
    choose_base,
    is_firm,
    list_bases,
    list_named,
)
from jiedao.reports.checker.rules.ratio_claims import RatioClaim, list_claims

_SURE = 0.75  # confidence from which a base is certain, however far its percentage is
_FACTOR = 3
_LIST_REACH = 600  # characters from one share of a list to another
_PARTLY_SATISFIED = (Decimal("0.6"), Decimal("0.8"), Decimal("0.5"), Decimal(1))


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
    claims = list_claims(context)
    bases = AgreedBases(context, claims)
    for claim in claims:
        judged = _judge(context, claim, bases) or _judge_siblings(context, claim, claims)
        if judged:
            yield _soften(context, judged, claim, claims)


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
        if amount is part
        or (amount.unit == part.unit and context.find_depth(amount.start) == context.find_depth(part.start))
    ]
    for run in list_runs(siblings):
        if part in run and (claim.rate or len(run) == len(siblings)):
            total = " + ".join(amount.printed for amount in run)
            yield Reading(read_interval(part), add_up(run), f"{part.printed} ÷ ({total})", None, tuple(run))
    yield from _list_joint(context, claim, siblings, bases)
    if claim.rate and (
        claim.percentage.places > 0 or claim.percentage.value == Decimal(100) or "满意" in claim.rate
    ):
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
            yield Reading(
                add_up(joint), read_interval(whole), f"({text}) ÷ {whole.printed}", whole, tuple(joint)
            )


def _list_derived(claim: RatioClaim, siblings: list[Quantity], bases: list[Quantity]) -> Iterator[Reading]:
    """Yield readings with a weighted amount, or with another amount added above the line."""
    part = claim.part
    for other in siblings:
        if other is part:
            continue
        if "满意" in claim.rate:
            yield from _list_weighted(part, other, siblings, bases)
        above = read_interval(part) + read_interval(other)
        for whole in bases:
            if whole is not other and whole.value >= above.low:
                text = f"({part.printed} + {other.printed}) ÷ {whole.printed}"
                yield Reading(above, read_interval(whole), text, whole, (part, other))


def _list_weighted(
    part: Quantity, other: Quantity, siblings: list[Quantity], bases: list[Quantity]
) -> Iterator[Reading]:
    """Yield readings that count 基本满意 in part."""
    for weight in _PARTLY_SATISFIED:
        above = read_interval(part) + read_interval(other).multiply_by(weight)
        text = f"({part.printed} + {format_number(weight)} × {other.printed}) ÷ "
        for run in list_runs(siblings):
            if run[0] is part and other in run:
                below = add_up(run)
                yield Reading(above, below, text + format_number(below.middle), None, tuple(run))
        for whole in bases:
            yield Reading(above, read_interval(whole), text + whole.printed, whole, (part, other))


def _judge(context: Context, claim: RatioClaim, agreed: AgreedBases) -> Claim | None:
    percentage = claim.percentage
    bases = list_bases(context, claim, FAR)
    if not percentage.places:  # so few digits fit some amount by chance
        near = _find_previous_sentence(context, claim.part).start
        bases = [base for base in bases if base.start >= near or agreed.count(base.value)]
    usual = choose_base(context, claim, bases, agreed)
    if usual:
        bases = [usual[0], *_limit_bases(context, claim, usual[0], bases, agreed)]
    for reading in _list_readings(context, claim, bases):
        if reading.fits(percentage):
            others = (*reading.parts, reading.whole) if reading.whole else reading.parts
            reason = _state(reading, percentage)
            return context.claim(Kind.RATIO, Verdict.HOLDS, percentage, reason, others=others, confidence=0.9)
    if usual is None or not percentage.is_exact:
        return None
    whole, confidence = usual
    if confidence < _SURE and not _is_within_reason(claim, read_interval(whole)):
        return None
    if percentage.value == Decimal(100) and not claim.direct:
        confidence = min(confidence, 0.5)
    reason = _state(_read_simply(claim.part, whole), percentage)
    others = (claim.part, whole)
    claimed = context.claim(
        Kind.RATIO, Verdict.WRONG, percentage, reason, others=others, confidence=confidence
    )
    return replace(claimed, distance=_find_distance(claim, read_interval(whole)))


def _is_within_reason(claim: RatioClaim, base: Interval) -> bool:
    """Return whether a percentage is near enough to the computed one to be a slip, and not of another base."""
    exact = compute_percentage(read_interval(claim.part), base)
    if exact is None:
        return False
    return exact.middle / _FACTOR <= claim.percentage.value <= exact.middle * _FACTOR


def _find_distance(claim: RatioClaim, base: Interval) -> Decimal | None:
    """Return how far the exact percentage is from the printed one."""
    exact = compute_percentage(read_interval(claim.part), base)
    return abs(exact.middle - claim.percentage.value) if exact else None


def _soften(context: Context, judged: Claim, claim: RatioClaim, claims: list[RatioClaim]) -> Claim:
    """Return an alarm as a soft one where a share is off by its last place, so that the shares of its list make 100."""
    if judged.verdict is not Verdict.WRONG:
        return judged
    shares = [
        other.percentage
        for other in claims
        if other.base == claim.base and abs(other.percentage.start - claim.percentage.start) < _LIST_REACH
    ]
    is_slight = judged.distance is not None and judged.distance < claim.percentage.step
    makes_hundred = sum((share.value for share in shares), Decimal(0)) == Decimal(100)
    if not (is_slight and makes_hundred and len(shares) > 2):
        return judged
    reason = _("%(reason)s；可能为使各项之和等于 100 而调整了一项") % {"reason": judged.reason}
    return replace(judged, reason=reason, confidence=0.4)


def _judge_siblings(context: Context, claim: RatioClaim, claims: list[RatioClaim]) -> Claim | None:
    """Return a share as wrong where the others of its list are shares of the sum of the list."""
    sentence = context.layout.find_sentence(claim.part.start)
    siblings = [
        other
        for other in claims
        if sentence.contains(other.part.start)
        and other.part.unit == claim.part.unit
        and other.base == claim.base
        and other.rate == claim.rate == ""
    ]
    parts = tuple(other.part for other in siblings)
    if len(parts) < 2 or not claim.percentage.is_exact:
        return None
    below = add_up(parts)
    fitting = [
        other
        for other in siblings
        if other is not claim
        and Reading(read_interval(other.part), below, "").fits(other.percentage)
        and other.percentage.is_exact
    ]
    is_stated = any(
        amount.value == below.middle and amount.unit == claim.part.unit
        for amount in context.list_before(claim.part, FAR)
    )
    if len(fitting) < (1 if is_stated else 2):
        return None
    text = f"{claim.part.printed} ÷ ({' + '.join(part.printed for part in parts)})"
    reason = _state(Reading(read_interval(claim.part), below, text), claim.percentage)
    claimed = context.claim(
        Kind.RATIO, Verdict.WRONG, claim.percentage, reason, others=parts, confidence=0.75
    )
    return replace(claimed, distance=_find_distance(claim, below))


def _limit_bases(
    context: Context, claim: RatioClaim, usual: Quantity, bases: list[Quantity], agreed: AgreedBases
) -> list[Quantity]:
    """Return the other bases to try: all in reach, but for a certain base only those that others use or name."""
    if not is_firm(context, claim, usual, agreed):
        return bases
    return [
        *list_named(context, claim),
        *(base for base in bases if agreed.count_kindred(base.value, claim) > 1),
    ]


def _find_previous_sentence(context: Context, quantity: Quantity) -> Span:
    sentence = context.layout.find_sentence(quantity.start)
    return context.layout.find_sentence(max(0, sentence.start - 1))


def _state(reading: Reading, percentage: Quantity) -> str:
    result = compute_percentage(reading.above, reading.below)
    exact = format_number(result.middle, max(percentage.places + 2, 2)) if result else "?"
    return _("%(sum)s = %(result)s%%，文中为 %(printed)s%%") % {
        "sum": reading.text,
        "result": exact,
        "printed": percentage.printed,
    }
