"""One amount in two units, and proportions: 28.70亿元(287000万元), 男女比例为3:2."""

import re
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import Interval, read_interval
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict, claim_span
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity

# Units with the same base -> how many of the base they are.
_SIZES = {
    "平方公里": Decimal(1_000_000), "平方千米": Decimal(1_000_000), "平方米": Decimal(1),
    "公顷": Decimal(10_000), "公里": Decimal(1000), "千米": Decimal(1000), "米": Decimal(1),
    "吨": Decimal(1000), "公斤": Decimal(1), "千克": Decimal(1),
}  # fmt: skip
_BASES = {
    "平方公里": "area", "平方千米": "area", "平方米": "area", "公顷": "area", "公里": "length", "千米": "length",
    "米": "length", "吨": "weight", "公斤": "weight", "千克": "weight",
}  # fmt: skip
_IS_SAME = re.compile(r"(?:\((?:即|合|折合|也就是)?|,?(?:即|合|折合|等于|也就是))(?:约)?")
_PROPORTION = re.compile(
    r"(?P<first>男|城镇?|新建|甲)(?P<second>女|乡村?|农村|改建|乙)[^,;。\d]{0,6}(?:比例?|之比)(?:约)?(?:为|是|达)?"
    r"(?P<above>\d{1,4}(?:\.\d{1,2})?):(?P<below>\d{1,4}(?:\.\d{1,2})?)"
)
_REACH = 120  # characters around a proportion in which its two amounts may be


def check_equalities(context: Context) -> Iterator[Claim]:
    """Yield the amounts that are printed twice in different units, and proportions whose two amounts are printed."""
    for first, second in zip(context.amounts, context.amounts[1:], strict=False):
        between = context.layout.folded[first.end : second.start]
        if _IS_SAME.fullmatch(between) and first.is_exact and second.is_exact:
            yield from _compare_sizes(context, first, second)
    for match in _PROPORTION.finditer(context.layout.folded):
        yield from _check_proportion(context, match)


def _compare_sizes(context: Context, first: Quantity, second: Quantity) -> Iterator[Claim]:
    is_same_unit = first.unit == second.unit and first.scale != second.scale
    if not is_same_unit and _BASES.get(first.unit, first.unit) != _BASES.get(second.unit, second.unit):
        return
    if not is_same_unit and first.unit == second.unit:
        return  # 50件(30件): a part in a bracket
    one, other = (
        read_interval(amount).multiply_by(_SIZES.get(amount.unit, Decimal(1))) for amount in (first, second)
    )
    size = _SIZES.get(second.unit, Decimal(1)) * second.scale
    expected = f"{format_number(one.middle / size)}{second.words.removeprefix(second.printed)}"
    reason = _("%(first)s 是 %(expected)s，文中为 %(printed)s") % {
        "first": first.words, "expected": expected, "printed": second.words,
    }  # fmt: skip
    verdict = Verdict.HOLDS if one.overlaps(other) else Verdict.WRONG
    yield context.claim(Kind.CONFLICT, verdict, second, reason, others=(first,), confidence=0.8, first=first)


def _check_proportion(context: Context, match: re.Match[str]) -> Iterator[Claim]:
    """男女比例为3:2,男性600人,女性400人."""
    around = [
        *context.list_between(max(0, match.start() - _REACH), match.start()),
        *context.list_between(match.end(), match.end() + _REACH),
    ]
    amounts = [amount for amount in around if amount.unit and amount.is_exact and not amount.is_percent]
    first, second = (
        [amount for amount in amounts if context.find_name(amount).startswith(match[side])]
        for side in ("first", "second")
    )
    if len(first) != 1 or len(second) != 1 or first[0].unit != second[0].unit:
        return
    above, below = _read_side(match["above"]), _read_side(match["below"])
    quotient = read_interval(first[0]).divide_by(read_interval(second[0]))
    printed = above.divide_by(below)
    if quotient is None or printed is None:
        return
    reason = _("%(above)s ÷ %(below)s = %(result)s，文中为 %(printed)s") % {
        "above": first[0].words, "below": second[0].words, "result": format_number(quotient.middle, 2),
        "printed": f"{match['above']}:{match['below']}",
    }  # fmt: skip
    verdict = Verdict.HOLDS if quotient.overlaps(printed) else Verdict.WRONG
    span = (match.start("above"), match.end())
    numbers = (first[0].printed, second[0].printed, f"{match['above']}:{match['below']}")
    yield claim_span(context.layout, Kind.RATIO, verdict, span, reason, numbers, 0.7)


def _read_side(digits: str) -> Interval:
    """Return what one side of a proportion may be: offices round 1.96:1 to 2:1, and 3:2 from near values."""
    places = len(digits.partition(".")[2])
    room = Decimal(1).scaleb(-places) / 2
    value = Decimal(digits)
    return Interval(value - min(room, value / 10), value + min(room, value / 10))
