"""Word a number as an office would, from its exact value. The word never lies: 近 only from below, 超 only above."""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

MAGNITUDES = {"万亿": 10**12, "亿": 10**8, "万": 10**4, "": 1}
_UNIT = re.compile(r"^(万亿|亿|万)?(.*)$")
NEAR, ABOUT, OVER, AT_LEAST = "近", "约", "超", "不少于"
WORDS = (NEAR, ABOUT, OVER, AT_LEAST)
_NEAR_ROOM = Decimal("0.1")  # 近 and 超 are at most a tenth away
_ABOUT_ROOM = Decimal("0.05")


def convert_unit(value: Decimal, unit: str, wanted: str) -> Decimal:
    """Return a value in another magnitude of its unit: 24.4 in 百万元 is no magnitude, 2440 in 万元 is 0.244 in 亿元.

    Raise UserError where the two are not magnitudes of one unit.
    """
    from_size, from_base = _split_unit(unit)
    to_size, to_base = _split_unit(wanted)
    if from_base != to_base:
        raise UserError(
            _("“%(unit)s”不能写成“%(wanted)s”。") % {"unit": unit, "wanted": wanted},
            hint=_("只能在同一单位的个、万、亿之间换算。"),
        )
    return value * from_size / to_size


def _split_unit(unit: str) -> tuple[Decimal, str]:
    match = _UNIT.match(unit)
    if match is None or not match[2]:
        return Decimal(1), unit
    return Decimal(MAGNITUDES[match[1] or ""]), match[2]


def word_number(value: Decimal, *, digits: int, say: str = "", to: Decimal | None = None) -> str:
    """Return a number with its word: "3.45", "近3000", "超5".

    Args:
        digits: the most decimals that are printed; needless zeros are left out.
        say: "" for the exact number, or one of `WORDS`.
        to: the round number to print; without it the value is rounded to two places, in the direction of the word.

    Raises:
        UserError: no such word, or the word would not be true of the value.
    """
    if not say:
        return format_plain(value, digits)
    if say not in WORDS:
        raise UserError(
            _("没有“%(word)s”这种说法。") % {"word": say[:10]},
            hint=_("可用：%(words)s") % {"words": "、".join(WORDS)},
        )
    printed = to if to is not None else _round_towards(value, say)
    if not _is_true(value, say, printed):
        raise UserError(
            _("“%(say)s%(printed)s”与实际数 %(value)s 不符。")
            % {"say": say, "printed": format_plain(printed, digits), "value": format_plain(value, 6)},
            hint=_("“近”只用于略低于，“超”只用于高于，“约”相差不过百分之五。"),
        )
    return f"{say}{format_plain(printed, digits)}"


def format_plain(value: Decimal, digits: int) -> str:
    """Return a number without thousands separators and needless zeros, rounded half up."""
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _round_towards(value: Decimal, say: str) -> Decimal:
    if not value:
        return value
    places = 1 - value.adjusted()  # two significant digits
    rounding = {NEAR: ROUND_CEILING, OVER: ROUND_FLOOR, AT_LEAST: ROUND_FLOOR, ABOUT: ROUND_HALF_UP}[say]
    return round_to(value, places, rounding)


def round_to(value: Decimal, places: int, rounding: str) -> Decimal:
    """Return the value rounded to decimals, or with negative places to tens, hundreds and so on."""
    return value.scaleb(places).quantize(Decimal(1), rounding).scaleb(-places)


def _is_true(value: Decimal, say: str, printed: Decimal) -> bool:
    room = abs(printed)
    if say == NEAR:
        return printed - room * _NEAR_ROOM <= value < printed
    if say == OVER:
        return printed < value <= printed + room * _NEAR_ROOM
    if say == AT_LEAST:
        return value >= printed
    return abs(value - printed) <= room * _ABOUT_ROOM
