"""Read numbers as people and spreadsheets write them."""

import math
import re
from datetime import date, time
from decimal import Decimal
from typing import NoReturn

from django.utils.translation import gettext as _

from jiedao.kernel.folding import drop_invisible, fold_width
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.tables.rows import Cell, Percent

SCALES = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
YUAN = "元"
MOST_CHARACTERS = 200  # of a number as a person writes it, with its unit
_PERCENT_UNITS = frozenset({"%", "百分比", "百分点", "percent"})
_PLAIN_TYPES = frozenset({int, float})
_DIGITS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_MINUS = str.maketrans("\u2212\u2013\u2014", "---")
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)\s*+(?P<digits>\d[\d, ]*+)(?P<fraction>\.\d++)?\s*+"
    rf"(?P<scale>{'|'.join(SCALES)})?\s*+(?P<percent>%)?"
)
_GROUPED = re.compile(r"[1-9]\d{0,2}([, ])\d{3}(?:\1\d{3})*")


def is_percent_unit(unit: str) -> bool:
    """Return whether a unit is per cent."""
    return fold_width(unit).strip().lower() in _PERCENT_UNITS


def read_number(cell: Cell, unit: str = "") -> Decimal:
    """Return the number of a cell, in the unit; raise ValueFault for what is no number or could be two.

    "1,024", "1.2万", "１２", "128.0" and "7层" (with the unit 层) are read. A comma must be followed by groups of three
    digits. A percentage is 85 in a unit of per cent, and 0.85 without a unit; another unit refuses it.
    """
    if isinstance(cell, Percent):
        return _convert_percent(Decimal(repr(float(cell))) * 100, str(cell), unit)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if not math.isfinite(cell):
            _refuse(str(cell))
        return Decimal(repr(cell))
    if cell is None or isinstance(cell, bool | date | time):
        _refuse(str(cell))
    return _read_text(str(cell), unit)


def read_float(cell: Cell, unit: str = "") -> float:
    """Return what `read_number` returns as a float, faster for the cells of a workbook."""
    if cell.__class__ in _PLAIN_TYPES and math.isfinite(cell):  # type: ignore[arg-type]
        return float(cell)  # type: ignore[arg-type]
    return float(read_number(cell, unit))


def read_whole_number(cell: Cell, unit: str = "") -> int:
    """Return a whole number; raise ValueFault for a fraction as well."""
    number = read_number(cell, unit)
    if number != number.to_integral_value():
        raise ValueFault(_("应是整数：%(raw)s。") % {"raw": str(cell)[:40]})
    return int(number)


def _refuse(raw: str) -> NoReturn:
    raise ValueFault(_("“%(raw)s”不是数。") % {"raw": raw[:40]})


def _read_text(raw: str, unit: str) -> Decimal:
    if len(raw) > MOST_CHARACTERS:
        _refuse(raw)
    if _DIGITS.fullmatch(raw):  # what nearly every number looks like
        return Decimal(raw)
    text = fold_width(drop_invisible(raw)).translate(_MINUS).strip()
    plain_unit = fold_width(unit).strip()
    is_percent = is_percent_unit(unit)
    has_unit = bool(plain_unit) and not is_percent and text != plain_unit and text.endswith(plain_unit)
    if has_unit:
        text = text.removesuffix(plain_unit).rstrip()
    if plain_unit == YUAN:
        text = text.removeprefix("¥").lstrip()
    match = _NUMBER.fullmatch(text)
    if match is None:
        _refuse(raw)
    number = Decimal(match["sign"] + _join_groups(match["digits"].rstrip(), raw) + (match["fraction"] or ""))
    if match["scale"]:
        if not has_unit and plain_unit.startswith(tuple(SCALES)):
            # "1.2万" in a column of 万元 is either 1.2 or 12000 of them.
            reason = _("“%(raw)s”带有%(scale)s，而这一项以“%(unit)s”为单位；请写成以它为单位的数。")
            raise ValueFault(reason % {"raw": raw[:40], "scale": match["scale"], "unit": unit})
        number *= SCALES[match["scale"]]
    return _convert_percent(number, raw, unit) if match["percent"] else number


def _join_groups(digits: str, raw: str) -> str:
    """Return the digits without the commas or spaces between thousands; raise ValueFault for any other comma."""
    if digits.isdigit():
        return digits
    if not _GROUPED.fullmatch(digits):
        reason = _("“%(raw)s”里的逗号或空格不是千位分隔（后面要有三位数字）；小数点请写成“.”，如 12.5。")
        raise ValueFault(reason % {"raw": raw[:40]})
    return re.sub("[, ]", "", digits)


def _convert_percent(number: Decimal, raw: str, unit: str) -> Decimal:
    """Return a percentage in the unit: 85 of 85 % in per cent, 0.85 without a unit."""
    if is_percent_unit(unit):
        return number
    if unit:
        reason = _("“%(raw)s”是百分数，而这一项以“%(unit)s”为单位；请写成数。")
        raise ValueFault(reason % {"raw": raw[:40], "unit": unit})
    return number / 100
