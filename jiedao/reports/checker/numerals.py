"""Read Chinese numerals of amounts, such as 三千二百, and print numbers."""

from decimal import Decimal

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_MAGNITUDES = {"万": 10**4, "亿": 10**8}


def read_numeral(numeral: str) -> int:
    """Return the value of a numeral: 十九 is 19, 两 is 2, 三千二百 is 3200."""
    total = section = digit = 0
    for sign in numeral:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _PLACES:
            section += (digit or 1) * _PLACES[sign]
            digit = 0
        else:
            total = (total + section + digit) * _MAGNITUDES[sign]
            section = digit = 0
    return total + section + digit


def format_number(value: Decimal, places: int = 4) -> str:
    """Return a number without needless zeros, rounded to so many places."""
    rounded = round(value, places).normalize()
    return f"{rounded:f}"
