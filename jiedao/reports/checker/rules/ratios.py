"""Shares of a total and rates: 占比29.0%, 办结率97.01%, 完成任务35.42万平方米的91%."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import (
    HUNDRED,
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
    NEAR,
    TOTAL,
    AgreedBases,
    choose_base,
    is_alike,
    is_coarse,
    is_firm,
    is_of_one_list,
    is_typo_of_share,
    is_within_reason,
    list_bases,
    list_named,
)
from jiedao.reports.checker.rules.ratio_claims import RatioClaim, list_claims

_NEIGHBOURS = 8  # amounts before and after a share's amount that may take part in it
_RATE_RUN = 3  # amounts that may be the base of a rate together
_CONSENSUS = 3  # other items of a list that must imply one total
_LIST_REACH = 600  # characters from one share of a list to another
_OPPOSITE_REACH = 160  # characters to the amount of what was decided otherwise
_NEGATED = re.compile(r"[不未非](?!含|超|少|低)")
_SETTLED = re.compile(r"结案|办结|审结|执结|审执结")
_CLOSE = Decimal("0.055")  # of the exact rate: how far a rate may be where its base is not sure
_MOST_FAR = 40  # amounts of the complete text that may be the base of a rate
_NEWLY = re.compile(r"新收")
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
        judged = (
            _judge_listed(context, claim, bases)
            or _judge(context, claim, bases)
            or _judge_siblings(context, claim, bases.list_near(claim))
        )
        if judged:
            yield _soften(context, judged, claim, bases.list_near(claim))


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
    place = siblings.index(part)
    siblings = siblings[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS + 1]
    for run in list_runs(siblings):
        if part in run and (_is_rate_run(context, run) if claim.rate else len(run) == len(siblings)):
            total = " + ".join(amount.printed for amount in run)
            yield Reading(read_interval(part), add_up(run), f"{part.printed} ÷ ({total})", None, tuple(run))
    yield from _list_joint(context, claim, bases)
    if claim.rate:
        yield from _list_opposites(context, claim)
        yield from _list_far(context, claim)
    if claim.rate and (
        claim.percentage.places > 0 or claim.percentage.value == Decimal(100) or "满意" in claim.rate
    ):
        yield from _list_derived(context, claim, siblings, bases)


def _is_rate_run(context: Context, run: Sequence[Quantity]) -> bool:
    """Return whether amounts may make the base of a rate together: what is done and what is not, in one item."""
    between = context.layout.folded[run[0].end : run[-1].start]
    return len(run) <= _RATE_RUN and ";" not in between


def _list_opposites(context: Context, claim: RatioClaim) -> Iterator[Reading]:
    """Yield readings of a rate of 起诉 over what was decided: 起诉 and 不起诉 together."""
    part = claim.part
    core = re.sub(r"^[不未非]", "", claim.rate)[-2:]
    for other in context.list_before(part, _OPPOSITE_REACH) + context.list_after(part, _OPPOSITE_REACH):
        name = context.find_name(other)
        if other is not part and other.unit == part.unit and core[-1:] in name:
            is_negated = bool(_NEGATED.search(name)) != bool(_NEGATED.search(context.find_name(part)))
            if is_negated:
                below = read_interval(part) + read_interval(other)
                text = f"{part.printed} ÷ ({part.printed} + {other.printed})"
                yield Reading(read_interval(part), below, text, None, (part, other))


def _list_far(context: Context, claim: RatioClaim) -> Iterator[Reading]:
    """Yield readings of a rate over what was received or settled anywhere in the text, which a rate need not name."""
    if not claim.percentage.places:
        return
    bases = [
        whole
        for whole in context.received
        if whole.unit == claim.part.unit and whole.value > claim.part.value
    ]
    for whole in bases[:_MOST_FAR]:
        yield _read_simply(claim.part, whole)


def _list_joint(context: Context, claim: RatioClaim, bases: list[Quantity]) -> Iterator[Reading]:
    """Yield readings of a list before the share: 甲类783件、乙类579件、丙类562件,占总量的77%, all three together."""
    joint = [claim.part]
    for amount in context.list_sentence_before(claim.part):
        if amount.unit != claim.part.unit:
            break
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


def _list_derived(
    context: Context, claim: RatioClaim, siblings: list[Quantity], bases: list[Quantity]
) -> Iterator[Reading]:
    """Yield readings with a weighted amount, or with another amount of the sentence added above the line."""
    part = claim.part
    sentence = context.layout.find_sentence(part.start)
    for other in siblings:
        if other is part:
            continue
        if "满意" in claim.rate:
            yield from _list_weighted(part, other, siblings, bases)
        above = read_interval(part) + read_interval(other)
        for whole in bases:
            if whole is not other and whole.value >= above.low and sentence.contains(whole.start):
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


def _judge_listed(context: Context, claim: RatioClaim, agreed: AgreedBases) -> Claim | None:
    """Return an item of a list of shares as wrong where the base of the others is certain and gives another share."""
    if not claim.percentage.is_precise or not claim.part.is_exact:
        return None
    own = [
        base
        for base in list_bases(context, claim, FAR)
        if _is_in_sentence_before(context, claim, base) or is_alike(context, claim, base)
    ]
    if any(
        _read_simply(claim.part, base).fits(claim.percentage) for base in (*own, *list_named(context, claim))
    ):
        return None
    if base := agreed.find_list_base(context, claim):
        reading = _read_simply(claim.part, base)
        if not any(joint.fits(claim.percentage) for joint in (reading, *_list_joint(context, claim, [base]))):
            return _state_wrong(context, claim, reading, 0.85)
    return _judge_consensus(context, claim, agreed)


def _is_in_sentence_before(context: Context, claim: RatioClaim, base: Quantity) -> bool:
    return (
        context.layout.find_sentence(claim.part.start).contains(base.start) and base.start < claim.part.start
    )


def _judge_consensus(context: Context, claim: RatioClaim, agreed: AgreedBases) -> Claim | None:
    """Return an item of a list as wrong where the others imply one total and this one implies another."""
    others = agreed.list_kindred(context, claim)
    implied = [_imply_base(other) for other in others if other.percentage.is_precise and other.part.is_exact]
    known = [base for base in implied if base]
    own = _imply_base(claim)
    if len(known) < _CONSENSUS or own is None:
        return None
    common = Interval(max(base.low for base in known), min(base.high for base in known))
    if common.low > common.high or common.overlaps(own):
        return None
    text = f"{claim.part.printed} ÷ {format_number(common.middle / claim.part.scale, 0)}"
    reading = Reading(read_interval(claim.part), common, text, None, tuple(other.part for other in others))
    return _state_wrong(context, claim, reading, 0.75)


def _imply_base(claim: RatioClaim) -> Interval | None:
    """Return the base that an amount and its share imply; a share may be rounded or truncated."""
    share = claim.percentage
    room = share.step / 2
    if share.value <= room:
        return None
    printed = Interval((share.value - room) / HUNDRED, (share.value + share.step) / HUNDRED)
    return read_interval(claim.part).divide_by(printed)


def _state_wrong(context: Context, claim: RatioClaim, reading: Reading, confidence: float) -> Claim:
    others = (*reading.parts, reading.whole) if reading.whole else reading.parts
    claimed = context.claim(
        Kind.RATIO, Verdict.WRONG, claim.percentage, _state(reading, claim.percentage),
        others=others, confidence=confidence,
    )  # fmt: skip
    return replace(claimed, distance=_find_distance(claim, reading.below))


def _judge(context: Context, claim: RatioClaim, agreed: AgreedBases) -> Claim | None:
    percentage = claim.percentage
    bases = list_bases(context, claim, FAR)
    near = _find_previous_sentence(context, claim.part).start
    bases = [
        base
        for base in bases
        if base.start >= near
        or agreed.count(base.value)
        # Few digits fit some amount far away by chance.
        or percentage.places > 1
        or (percentage.places and TOTAL.search(context.find_lead(base)))
        or is_alike(context, claim, base)
    ]
    usual = choose_base(context, claim, bases, agreed)
    bases = [base for base in bases if not is_coarse(base) or (usual and base is usual[0])]
    if usual:
        bases = [usual[0], *_limit_bases(context, claim, usual[0], bases, agreed)]
    for reading in _list_readings(context, claim, bases):
        if reading.fits(percentage):
            others = (*reading.parts, reading.whole) if reading.whole else reading.parts
            reason = _state(reading, percentage)
            return context.claim(Kind.RATIO, Verdict.HOLDS, percentage, reason, others=others, confidence=0.9)
    if usual is None or not (percentage.is_precise and claim.part.is_exact and usual[0].is_exact):
        return None
    whole, confidence = _prefer_likely(context, claim, usual)
    is_likely = is_within_reason(claim, read_interval(whole)) or is_typo_of_share(
        claim.part, whole, claim.percentage
    )
    if not claim.direct and not (is_likely and _is_comparable(context, claim, whole, agreed)):
        return None
    if percentage.value == Decimal(100) and not claim.direct:
        confidence = min(confidence, 0.5)
    reason = _state(_read_simply(claim.part, whole), percentage)
    others = (claim.part, whole)
    if doubt := _find_doubt(context, claim, whole):
        reason = f"{reason}；{doubt}"
        return context.claim(
            Kind.RATIO, Verdict.UNTESTABLE, percentage, reason, others=others, confidence=0.4
        )
    claimed = context.claim(
        Kind.RATIO, Verdict.WRONG, percentage, reason, others=others, confidence=confidence
    )
    return replace(claimed, distance=_find_distance(claim, read_interval(whole)))


def _is_comparable(context: Context, claim: RatioClaim, whole: Quantity, agreed: AgreedBases) -> bool:
    """Return whether a base is so certain that a percentage which it does not give is wrong.

    A rate need not name its base, so that one from another sentence must be close; 次 may be another count than 件.
    """
    if whole.unit != claim.part.unit and not agreed.count(whole.value):
        return False
    if not claim.rate or _is_in_sentence_before(context, claim, whole):
        return True
    return _is_close(claim, whole)


def _find_doubt(context: Context, claim: RatioClaim, whole: Quantity) -> str:
    """Return why a base may not be that of a rate, "" where nothing speaks against it."""
    name = context.find_name(whole)
    exact = compute_percentage(read_interval(claim.part), read_interval(whole))
    is_below = exact is not None and claim.percentage.value < exact.middle
    if is_below and _SETTLED.search(claim.rate) and _NEWLY.search(context.find_lead(whole)):
        return _("分母可能还含上期结转的数")
    if _NEGATED.match(claim.rate) and claim.rate[1:][-1:] in name:
        return _("分母不是 %(base)s 本身") % {"base": whole.words}
    return ""


def _prefer_likely(
    context: Context, claim: RatioClaim, usual: tuple[Quantity, float]
) -> tuple[Quantity, float]:
    """Return the usual base of a rate, or where that is far off another before it that nearly gives the rate."""
    if not claim.rate or _is_close(claim, usual[0]):
        return usual
    bases = [
        base for base in list_bases(context, claim, NEAR) if base.is_exact and base.start < claim.part.start
    ]
    close = {
        base.value: base for base in bases[::-1] if base.unit == claim.part.unit and _is_close(claim, base)
    }
    if len(close) == 1:
        return next(iter(close.values())), 0.65
    own = [base for base in bases if _is_in_sentence_before(context, claim, base)]
    likely = [base for base in own if is_within_reason(claim, read_interval(base))]
    is_usual = is_within_reason(claim, read_interval(usual[0]))
    return (likely[0], 0.7) if likely and not is_usual else usual


def _is_close(claim: RatioClaim, base: Quantity) -> bool:
    """Return whether a slip of the hand may be between a base and a percentage: exchanged digits, or a few per cent."""
    exact = compute_percentage(read_interval(claim.part), read_interval(base))
    is_near = exact is not None and abs(exact.middle - claim.percentage.value) <= exact.middle * _CLOSE
    return is_near or is_typo_of_share(claim.part, base, claim.percentage)


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
        if (
            other is claim
            or is_of_one_list(context, claim, other)
            or (not claim.base and other.base == claim.base and _is_near(claim, other))
        )
    ]
    is_slight = judged.distance is not None and judged.distance < claim.percentage.step
    makes_hundred = sum((share.value for share in shares), Decimal(0)) == Decimal(100)
    if not (is_slight and makes_hundred and len(shares) > 2):
        return judged
    reason = _("%(reason)s；可能为使各项之和等于 100 而调整了一项") % {"reason": judged.reason}
    return replace(judged, reason=reason, confidence=0.4)


def _is_near(claim: RatioClaim, other: RatioClaim) -> bool:
    return abs(other.percentage.start - claim.percentage.start) < _LIST_REACH


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
    if len(parts) < 2 or not claim.percentage.is_precise:
        return None
    below = add_up(parts)
    fitting = [
        other
        for other in siblings
        if other is not claim
        and Reading(read_interval(other.part), below, "").fits(other.percentage)
        and other.percentage.is_precise
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
