"""Read the exact numbers of definitions: weights, factors and points, as TOML and JSON hold them."""

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

MOST_DIGITS = 15  # before the point
MOST_DECIMALS = 10

_MOST = 10**MOST_DIGITS
_PLAIN = re.compile(
    rf"[+-]?(?:[0-9]{{1,{MOST_DIGITS}}}(?:\.[0-9]{{0,{MOST_DECIMALS}}})?|\.[0-9]{{1,{MOST_DECIMALS}}})"
)


def name_wrong_number(key: str, value: Any) -> str:
    """Return the fault of a value of a key that `read_exact` does not read, in the reader's language."""
    words = {"key": key, "before": MOST_DIGITS, "after": MOST_DECIMALS, "value": repr(value)[:60]}
    return _("%(key)s 应是数（小数点前最多 %(before)d 位，后最多 %(after)d 位），现在是 %(value)s") % words


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
