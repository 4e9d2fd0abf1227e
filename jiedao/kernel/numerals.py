"""Chinese numerals that number a building, floor or house, written as digits: 十三栋 and 13栋 are one building."""

import re
from collections.abc import Iterator

NUMERALS = "〇零一二三四五六七八九十百"
NUMBER_SIGNS = frozenset("0123456789" + NUMERALS)

_VALUES = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0}
# After 几, 数, 上 and 近 a numeral estimates a quantity instead of numbering one thing.
_NUMBER = re.compile(rf"(?<![几数上近{NUMERALS}])[{NUMERALS}]+(?=单元|[号栋幢楼层室期])")

_DIGITS = re.compile(r"(?<![a-z\d.])[1-9]\d?(?=单元|[号栋幢楼层室期])")


def write_numbers(text: str) -> str:
    """Return the text with digits for the Chinese numerals that number a building, house, floor, room or phase.

    Other numerals are left unchanged: 四季花园 and 五和大道 are names. A text in half-width forms is expected
    (`folding.fold_width`).
    """
    return _NUMBER.sub(lambda match: str(value) if (value := read_numeral(match[0])) else match[0], text)


def find_numerals(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and digits of the numerals that `write_numbers` replaces."""
    for match in _NUMBER.finditer(text):
        if value := read_numeral(match[0]):
            yield match.start(), match.end(), str(value)


def write_numerals(text: str) -> str:
    """Return the text with Chinese numerals for the numbers below 100 that number a building, house or floor."""
    return _DIGITS.sub(lambda match: _write_numeral(int(match[0])), text)


def _write_numeral(value: int) -> str:
    tens, ones = divmod(value, 10)
    digits = "零一二三四五六七八九"
    if not tens:
        return digits[ones]
    return f"{digits[tens] if tens > 1 else ''}十{digits[ones] if ones else ''}"


def read_numeral(numeral: str) -> int | None:
    """Return the value of a Chinese numeral below 1,000, None where it is none: 十三 and 一三 are 13, 百 is none."""
    if not any(sign in "十百" for sign in numeral):
        return int("".join(str(_VALUES[sign]) for sign in numeral)) if len(numeral) <= 4 else None
    match = re.fullmatch(
        "(?:([一二三四五六七八九])百)?[零〇]?(?:([一二三四五六七八九]?)(十))?([一二三四五六七八九])?", numeral
    )
    if match is None:
        return None
    hundreds, tens, has_tens, ones = match.groups()
    value = 100 * _VALUES.get(hundreds, 0) + _VALUES.get(ones, 0)
    return value + 10 * (_VALUES[tens] if tens else 1) if has_tens else value


def starts_inside_number(text: str, start: int) -> bool:
    """Return whether a position is within a number, so that what begins there is not what the text names."""
    return start > 0 and text[start] in NUMBER_SIGNS and text[start - 1] in NUMBER_SIGNS
