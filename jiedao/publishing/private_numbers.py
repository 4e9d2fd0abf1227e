"""The numbers that may belong to a person, however they are written: the rules of the review and of open data.

Every rule reads a text that `fold_signs` has folded.
"""

import re

from jiedao.kernel.folding import drop_invisible

MASK = "＊＊＊"
# What people write between the digits of a number: spaces, dots and dashes of every width, and at most three of them.
_DASH = "\\-﹣－‐‑‒–—―−"
_GAP = rf"[ \t\u00a0\u2000-\u200a\u202f\u3000.．·•・_()（）{_DASH}]{{0,3}}"
_START, _END = r"(?<![0-9])", r"(?![0-9])"

_MOBILE = rf"{_START}(?:\+?(?:00)?86{_GAP}|0{_GAP})?1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}{_END}"
# In groups only with a possible day of birth: two days beside each other have as many digits.
_IDENTITY = (
    rf"{_START}[1-9][0-9]{{16}}[0-9X]{_END}"
    rf"|{_START}[1-9](?:{_GAP}[0-9]){{5}}{_GAP}(?:1{_GAP}[89]|2{_GAP}0)(?:{_GAP}[0-9]){{2}}"
    rf"{_GAP}[01]{_GAP}[0-9]{_GAP}[0-3]{_GAP}[0-9](?:{_GAP}[0-9]){{3}}{_GAP}[0-9X]{_END}"
)
# Two digits at least, so that 新Android is not taken for a plate.
_PLATE = (
    rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]{_GAP}[A-Z]{_GAP}"
    r"(?=(?:[A-Z]*[0-9]){2})(?:[A-Z0-9]{5,6}|[A-Z0-9]{4}[学警挂港澳])(?![A-Z0-9])"
)
_LANDLINE = rf"{_START}0[0-9]{{2,3}}{_GAP}[2-8][0-9]{{2,3}}{_GAP}[0-9]{{4}}{_END}"
# 2019-2024 are years.
_LOCAL = rf"{_START}(?!20[0-9]{{2}}[{_DASH}]20[0-9]{{2}}{_END})[2-8][0-9]{{3}}[{_DASH}][0-9]{{4}}{_END}"
# 1.13812345678 is the first item of a list, not a decimal.
_DECIMAL = rf"(?<![0-9.])[0-9]+\.(?!1[3-9][0-9]{{9}}{_END})[0-9]+(?![0-9]|\.[0-9])"
_LONG = rf"{_START}(?:0[0-9]{{2,3}}{_GAP})?[0-9]{{7,}}X?{_END}"
_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"

_FLAGS = re.ASCII | re.IGNORECASE
# What a reviewer may never release: mobile numbers, identity numbers and plates of cars.
NEVER = re.compile(rf"{_IDENTITY}|{_MOBILE}|{_PLATE}", _FLAGS)
# Fixed lines and mail addresses are only proposed for blacking out: a reply may contain those of the office.
PRIVATE = re.compile(rf"{_IDENTITY}|{_MOBILE}|{_PLATE}|{_LANDLINE}|{_LOCAL}|{_MAIL}", _FLAGS)
# Open data is not read row by row by a reviewer, so every long number is masked, except decimals.
_OPEN = re.compile(
    rf"{_IDENTITY}|{_MOBILE}|{_PLATE}|{_LANDLINE}|{_LOCAL}|{_MAIL}|(?P<decimal>{_DECIMAL})|{_LONG}", _FLAGS
)

# Full-width letters and digits; punctuation stays, because it is that of Chinese texts.
_WIDE = str.maketrans(
    {0xFEE0 + sign: sign for sign in (*range(48, 58), *range(65, 91), *range(97, 123), ord("+"))}
)


def fold_signs(text: str) -> str:
    """Return the text with plain letters and digits and without invisible signs, which would hide a number."""
    return drop_invisible(text).translate(_WIDE)


def mask_numbers(text: str) -> str:
    """Return a text in which numbers that could belong to a person are replaced by stars."""
    folded = fold_signs(text)
    masked = _OPEN.sub(lambda match: match[0] if match["decimal"] else MASK, folded)
    return text if masked == folded else masked
