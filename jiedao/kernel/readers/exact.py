"""Read the exact numbers of definitions: weights, factors and points, as TOML and JSON hold them."""

import re
from decimal import Decimal
from typing import Any

MOST_DIGITS = 15  # before the point
MOST_DECIMALS = 10
LIMITS = f"at most {MOST_DIGITS} digits before the point and {MOST_DECIMALS} after it"
_MOST = 10**MOST_DIGITS
_PLAIN = re.compile(
    rf"[+-]?(?:[0-9]{{1,{MOST_DIGITS}}}(?:\.[0-9]{{0,{MOST_DECIMALS}}})?|\.[0-9]{{1,{MOST_DECIMALS}}})"
)


def read_exact(value: Any) -> Decimal | None:
    """Return a number, None for what is none or has too many digits.

    A text is read where it is a plain number: "0.5", but not "1e9" and not "nan". A number such as
    "1e999999999" would fill the memory when it is written out.
    """
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text) if _PLAIN.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if not -_MOST < value < _MOST:  # also true of nan and of the infinities
        return None
    number = Decimal(str(value))
    exponent = number.normalize().as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= -MOST_DECIMALS else None
