"""The signs of stored formulas in words, in the reader's language: 66.7 ∈ (−∞, 80) as 66.7% 不足 80%，得 0 分."""

import re

from django.utils.translation import gettext as _

_NUMBER = r"−?-?[\d.]+"
_BAND = re.compile(rf"({_NUMBER}) ∈ ([\[(])(−∞|{_NUMBER}), (\+∞|{_NUMBER})([\])])")
_LIMIT = re.compile(rf"({_NUMBER}) ([≥<]) ({_NUMBER}): (.+)")


def write_in_words(formula: str, points: str, sign: str = "") -> str:
    """Return a formula that compares a value in words, "" for other formulas.

    Args:
        points: the points that the formula gives.
        sign: what follows the value and its limits, such as "%".
    """
    if band := _BAND.fullmatch(formula):
        return _("%(where)s，得 %(points)s 分") % {
            "where": _describe_band(band, sign),
            "points": points,
        }
    if limit := _LIMIT.fullmatch(formula):
        value, comparison, least, reached = limit.groups()
        words = _("%(value)s 达到 %(limit)s") if comparison == "≥" else _("%(value)s 不足 %(limit)s")
        where = words % {"value": value + sign, "limit": least + sign}
        if reached != points and comparison != "≥":
            return _("%(where)s，%(sum)s = %(points)s 分") % {
                "where": where,
                "sum": reached,
                "points": points,
            }
        return _("%(where)s，得 %(points)s 分") % {"where": where, "points": points}
    return ""


def _describe_band(band: re.Match[str], sign: str) -> str:
    value, left, low, high, right = band.groups()
    words = {"value": value + sign, "limit": low + sign}
    if low == "−∞":
        words["limit"] = high + sign
        return (_("%(value)s 不超过 %(limit)s") if right == "]" else _("%(value)s 不足 %(limit)s")) % words
    if high == "+∞":
        return (_("%(value)s 达到 %(limit)s") if left == "[" else _("%(value)s 超过 %(limit)s")) % words
    least = (_("达到 %(limit)s") if left == "[" else _("超过 %(limit)s")) % words
    words["limit"] = high + sign
    most = (_("不超过 %(limit)s") if right == "]" else _("不足 %(limit)s")) % words
    return _("%(value)s %(least)s、%(most)s") % {"value": words["value"], "least": least, "most": most}
