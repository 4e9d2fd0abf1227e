"""Totals and their parts: 共受理50件,自行处理30件,派单20件; 12家(涵盖商贸7家、建筑5家)."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate, pairwise

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import add_up, find_transposition, find_typo, read_interval
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.partitions import (
    have_own_base,
    is_complete,
    is_named_partition,
    is_partition,
    may_be_divided,
    read_shares,
)
from jiedao.reports.checker.rules.sum_claims import TOTAL, SumClaim, list_claims

# Parts of a total: more than it by so little that one of them is wrong, rather than that they overlap.
_NEAR_MISS = Decimal("0.01")
_BRACKET_MISS = Decimal("0.05")  # a bracket behind a number mostly divides it
_DIGITS_OF_A_LONG_TOTAL = 4
_OWN_SUBJECT = re.compile(r"\w{2,20}(?:包括|包含|涵盖|分为|有)")
_WHOLE_REACH = 80  # characters before a part in which its whole may be
_OTHER_DIVISION = Decimal("0.25")  # parts that exceed their total by more divide it in two ways at once
_OVERLAPPING_UNITS = frozenset({"人", "名", "位", "户", "家", "个", "次", "人次"})
_STATE = re.compile(
    r"(?:不|未|已|基本)?(?:合格|达标|通过|完成|整改(?:完成)?|办结|结案|满意|超期|按期|正常|停业|关闭|开业|营业|复工|复产|签约|登记|备案|持证|空置|入住)"
)
_SHORT_NAME = 7  # characters of 、 and the name of a part in a list of fields of work
_NEAREST_MISS = Decimal("0.001")
# A total of an earlier sentence: how far the sum of its parts may be from it, before another total is more likely.
_NEAR_TOTAL = Decimal("0.02")
_FAR_TOTAL = Decimal("1.5")  # a list without 其中 that makes so many times its total divides another one


def check_sums(context: Context) -> Iterator[Claim]:
    """Yield the totals of a text whose parts are printed with them."""
    for claim in list_claims(context):
        if judged := _judge(context, claim):
            yield judged


def _judge(context: Context, claim: SumClaim) -> Claim | None:
    parts = [part for part in claim.parts if not part.is_word or claim.parts[0].is_word]
    exact = [part for part in parts if part.is_exact]
    if len(exact) != len(parts) or len(parts) < 2:
        return _judge_part(context, claim)
    for total in claim.totals:
        if total.is_exact and add_up(parts).overlaps(read_interval(total)):
            return _state(context, Verdict.HOLDS, total, parts, 0.9)
    if _find_other_grouping(claim.totals, parts) or _is_balance(context, parts):
        return None
    return _find_slip_in(context, claim, parts) or _judge_mismatch(context, claim, parts)


def _is_balance(context: Context, parts: list[Quantity]) -> bool:
    """Return whether the parts make the two amounts before them: 旧存113件,新收345件 are 结案229件 and 未结229件."""
    before = [amount for amount in context.list_sentence_before(parts[0]) if amount.unit == parts[0].unit][:2]
    return len(before) > 1 and add_up(before).overlaps(add_up(parts))


def _find_slip_in(context: Context, claim: SumClaim, parts: list[Quantity]) -> Claim | None:
    """Return the claim as wrong where two exchanged digits explain the difference."""
    for index, total in enumerate(claim.totals):
        is_likely = index < 3 or not claim.is_marked or bool(TOTAL.search(context.find_lead(total)))
        if not total.is_exact or not is_likely or not _may_be_total(context, total, parts):
            continue
        if slip := _find_slip(
            total, parts, in_parts=_is_half(context, total, parts), is_marked=claim.is_marked
        ):
            return _state(context, Verdict.WRONG, total, parts, 0.8 if claim.is_marked else 0.7, slip=slip)
    return None


def _may_be_total(context: Context, total: Quantity, parts: list[Quantity]) -> bool:
    """Return whether an amount may be divided, and is not itself one of a list: 分别达到181个和105个."""
    between = context.layout.folded[total.end : parts[0].start].strip()
    return between not in {"和", "、", "及", "与"} and all(
        may_be_divided(context, total, part) for part in parts
    )


def _is_half(context: Context, total: Quantity, parts: list[Quantity]) -> bool:
    """Return whether parts make a good half of a total, or leave nothing out; else a slip in one is chance."""
    total_sum = sum((part.value for part in parts), Decimal(0))
    is_near = total.value <= total_sum * 2 and total_sum <= total.value * 2
    return is_near or is_complete(context, parts)


def _judge_mismatch(context: Context, claim: SumClaim, parts: list[Quantity]) -> Claim | None:
    """Return the claim as wrong where its parts must make the total, and None where some may be left out."""
    total = _choose_total(claim.totals, parts, is_marked=claim.is_marked)
    if total is None:
        return None
    if typo := _find_typo(context, claim, total, parts):
        return _state(context, Verdict.WRONG, total, parts, 0.7, typo=typo)
    if _has_larger_part(context, claim, total, parts):
        return _state(context, Verdict.WRONG, total, parts, 0.8)
    shares = read_shares(context, parts)
    if shares and have_own_base(parts, shares):
        return _state_own_base(context, total, parts)
    if _must_make_total(context, claim, total, parts):
        return _state(context, Verdict.WRONG, total, parts, 0.75)
    return _judge_excess(context, claim, total, parts)


def _judge_excess(context: Context, claim: SumClaim, total: Quantity, parts: list[Quantity]) -> Claim | None:
    """Return the claim as wrong where its parts are more than the total, and do not overlap."""
    excess = add_up(parts).low - read_interval(total).high
    is_own = claim.is_marked and claim.is_closed and claim.is_own
    if 0 < excess <= total.value * _OTHER_DIVISION and is_own and _exclude_each_other(context, parts):
        note = _("各项相加多于合计，除非有交叉")
        return _state(context, Verdict.WRONG, total, parts, 0.55, note=note)
    limit = _BRACKET_MISS if claim.is_bracket else _NEAR_MISS if claim.is_marked else _NEAREST_MISS
    is_slight_excess = len(parts) > 2 and 0 < excess <= total.value * limit
    return _state(context, Verdict.WRONG, total, parts, 0.6) if is_slight_excess else None


def _exclude_each_other(context: Context, parts: list[Quantity]) -> bool:
    """Return whether parts are fields of work or kinds of matter in one short list: 其中城管70件、环保60件.

    People and firms have several marks at once (党员30人、女性40人), so a list of them may be more than its total.
    """
    if parts[0].unit in _OVERLAPPING_UNITS:
        return False
    between = [context.layout.folded[former.end : latter.start] for former, latter in pairwise(parts)]
    return all(words[:1] == "、" and 2 <= len(words) <= _SHORT_NAME for words in between)


def _has_larger_part(context: Context, claim: SumClaim, total: Quantity, parts: list[Quantity]) -> bool:
    """Return whether a part is larger than the total that it is certainly a part of."""
    if not (claim.is_marked and claim.is_closed and claim.is_own) or _has_larger_before(context, parts[0]):
        return False
    is_larger = any(read_interval(part).low > read_interval(total).high for part in parts)
    if any(_is_other_thing(context, total, part) for part in parts):
        return False
    return is_larger and all(may_be_divided(context, total, part) for part in parts)


def _state_own_base(context: Context, total: Quantity, parts: list[Quantity]) -> Claim:
    """Return the claim of parts whose shares are those of their own sum."""
    if stated := _find_stated(context, parts):
        return _state(context, Verdict.HOLDS, stated, parts, 0.8)
    note = _("各项占比以各项之和为分母")
    return _state(context, Verdict.OTHER_BASE, total, parts, 0.7, note=note)


def _has_larger_before(context: Context, part: Quantity) -> bool:
    """Return whether another amount near a part may be its whole: 68名乘客和4名机组人员,其中15名外国公民."""
    return any(
        amount.unit == part.unit and read_interval(amount).high >= part.value
        for amount in context.list_before(part, _WHOLE_REACH)
    )


def _must_make_total(context: Context, claim: SumClaim, total: Quantity, parts: list[Quantity]) -> bool:
    """Return whether the parts leave nothing out and belong to this total."""
    total_sum, printed = add_up(parts), read_interval(total)
    excess = total_sum.low - printed.high
    is_near = max(excess, printed.low - total_sum.high) <= total.value * _NEAR_TOTAL
    is_named = is_named_partition(context, total, parts)
    is_whole = is_named or is_complete(context, parts)
    if not claim.is_closed or not (claim.is_own or is_near) or not is_whole:
        return False
    if is_named:
        return True
    is_far = total_sum.low > printed.high * _FAR_TOTAL or printed.low > total_sum.high * _FAR_TOTAL
    if is_far and not claim.is_marked:
        return False
    return claim.is_marked or excess > 0 or is_partition(context, parts)


def _find_typo(context: Context, claim: SumClaim, total: Quantity, parts: list[Quantity]) -> str:
    """Return the total, or a part, without a slip of the hand that explains the difference; "" where none does.

    Parts that may leave something out must be after 其中, with a total of five digits, so that chance is unlikely.
    """
    total_sum = sum((part.value for part in parts), Decimal(0))
    is_whole = claim.is_closed and (is_complete(context, parts) or is_named_partition(context, total, parts))
    is_long = len(total.printed.replace(".", "").replace(",", "")) > _DIGITS_OF_A_LONG_TOTAL
    if not is_whole and not (claim.is_marked and claim.is_own and claim.is_closed and is_long):
        return ""
    typos = [(total, find_typo(total, total_sum))]
    if is_whole:
        typos += [(part, find_typo(part, total.value - (total_sum - part.value))) for part in parts]
    return "、".join(f"{quantity.printed} → {corrected}" for quantity, corrected in typos if corrected)


def _choose_total(totals: Sequence[Quantity], parts: list[Quantity], *, is_marked: bool) -> Quantity | None:
    """Return the total that a reader would take: the nearest after 其中, else one that is close or frequent."""
    exact = [total for total in totals if total.is_exact and (parts[0].is_word or not total.is_word)]
    if is_marked:
        return totals[0] if totals[0] in exact else None
    total_sum = add_up(parts).middle
    near = [total for total in exact if abs(total.value - total_sum) <= total.value * _NEAR_TOTAL]
    if near:
        return min(near, key=lambda total: abs(total.value - total_sum))
    largest = max(part.value for part in parts)
    values = Counter(total.value for total in exact if total.value >= largest)
    return max(
        (total for total in exact if total.value in values),
        key=lambda total: values[total.value],
        default=None,
    )


def _judge_part(context: Context, claim: SumClaim) -> Claim | None:
    """Compare a single part with its whole."""
    if not claim.is_marked or not claim.is_own or not claim.parts:
        return None
    total, part = claim.totals[0], claim.parts[0]
    if _has_own_subject(context, total, part) or _is_other_thing(context, total, part):
        return None
    if not may_be_divided(context, total, part) or _has_larger_before(context, part):
        return None
    if part.unit != total.unit or part.is_word or total.is_word:
        return None
    if read_interval(part).low > read_interval(total).high and total.is_exact and part.is_exact:
        return _compare(context, Verdict.WRONG, total, part, 0.6)
    return None


def _is_other_thing(context: Context, total: Quantity, part: Quantity) -> bool:
    """Return whether names before two numbers end with different things: 网格100个,其中党组织数120个."""
    if total.unit not in {"个", "家", "项", "处"}:
        return False
    first, second = (re.sub(r"(?:总|数|量)+$", "", context.find_name(amount)) for amount in (total, part))
    if _STATE.fullmatch(second):
        return False  # 商户200家,其中不合格210家: what they are, and not another thing
    has_nouns = not context.find_tail(total).strip() and not context.find_tail(part).strip()
    return (
        has_nouns and len(first) > 1 and len(second) > 1 and first[-2:] != second[-2:] and second[-1] != "类"
    )


def _has_own_subject(context: Context, total: Quantity, part: Quantity) -> bool:
    """Return whether the clause of a part has a subject before 包括: 甲政策包括…等19项,乙政策包括…等32项."""
    clause = context.layout.find_clause(part.start)
    words = context.layout.folded[clause.start : part.start]
    return not clause.contains(total.start) and bool(_OWN_SUBJECT.match(words))


def _find_other_grouping(totals: Sequence[Quantity], parts: list[Quantity]) -> bool:
    """Return whether the first or last parts make a total, or all parts do without those of a part before them."""
    values = [part.value for part in parts]
    amounts = [read_interval(part) for part in parts]
    wholes = [read_interval(total) for total in totals]
    first_sums, last_sums = list(accumulate(amounts)), list(accumulate(amounts[::-1]))
    # The run must hold the largest part: this many of the first, or of the last, do.
    least_first, least_last = values.index(max(values)) + 1, values[::-1].index(max(values)) + 1
    runs = first_sums[max(2, least_first) - 1 : -1] + last_sums[max(2, least_last) - 1 :]
    if any(run.overlaps(whole) for run in runs for whole in wholes):
        return True
    for index, whole in enumerate(amounts[:-2]):
        nested_sum = amounts[index + 1]
        for end in range(index + 3, len(parts) + 1):
            nested_sum += amounts[end - 1]
            if nested_sum.low > whole.high:
                break
            if nested_sum.overlaps(whole):
                behind = len(parts) - end
                rest = first_sums[index] + last_sums[behind - 1] if behind else first_sums[index]
                if any(rest.overlaps(total) for total in wholes):
                    return True
    return False


def _find_slip(total: Quantity, parts: list[Quantity], *, in_parts: bool, is_marked: bool) -> str:
    """Return each number that, with two digits exchanged, would make the sum right, beside the printed one."""
    digits = len(total.printed.replace(".", ""))
    if digits < 2 or (digits == 2 and len(parts) < 2):
        return ""
    total_sum = sum((part.value for part in parts), Decimal(0))
    is_many = len(parts) > 2
    slips = [
        (total, find_transposition(total, total_sum)),
        *(
            (part, find_transposition(part, total.value - (total_sum - part.value)))
            for part in parts
            if in_parts or _is_above(part, total, is_marked=is_marked)
            if is_many or len(part.printed.replace(".", "")) > 2
        ),
    ]
    return "、".join(f"{quantity.printed} → {swapped}" for quantity, swapped in slips if swapped)


def _is_above(part: Quantity, total: Quantity, *, is_marked: bool) -> bool:
    """Return whether a part with so many digits that chance is unlikely is larger than its total."""
    least = _DIGITS_OF_A_LONG_TOTAL - is_marked
    return part.value > total.value and len(part.printed.replace(".", "")) >= least


def _find_stated(context: Context, parts: Sequence[Quantity]) -> Quantity | None:
    """Return the amount anywhere before the parts that is exactly their sum."""
    total = sum((part.value for part in parts), Decimal(0))
    before = context.list_before(parts[0], parts[0].start)
    return next((amount for amount in before if amount.unit == parts[0].unit and amount.value == total), None)


def _state(
    context: Context,
    verdict: Verdict,
    total: Quantity,
    parts: Sequence[Quantity],
    confidence: float,
    *,
    slip: str = "",
    typo: str = "",
    note: str = "",
) -> Claim:
    last = max((total, *parts), key=lambda quantity: quantity.start)
    first = min((total, *parts), key=lambda quantity: quantity.start)
    paragraph = context.layout.find_paragraph(last.start)
    reason = _("%(sum)s = %(result)s，文中合计为 %(total)s") % {
        "sum": " + ".join(part.printed for part in parts),
        "result": total.format(sum((part.value for part in parts), Decimal(0))),
        "total": total.printed,
    }
    if note:
        reason = f"{reason}；{note}"
    if slip:
        reason += _("；两位数字疑似颠倒：%(slip)s") % {"slip": slip}
    if typo:
        reason += _("；疑似笔误：%(typo)s") % {"typo": typo}
    is_first = first.start < parts[0].start and first.start >= paragraph.start
    return context.claim(
        Kind.SUM, verdict, last, reason,
        others=tuple(quantity for quantity in (total, *parts) if quantity is not last),
        confidence=confidence, first=first if is_first else parts[0],
    )  # fmt: skip


def _compare(context: Context, verdict: Verdict, total: Quantity, part: Quantity, confidence: float) -> Claim:
    reason = _("部分 %(part)s 大于全部 %(total)s") % {"part": part.words, "total": total.words}
    return context.claim(
        Kind.PART_WHOLE, verdict, part, reason, others=(total,), confidence=confidence, first=total
    )
