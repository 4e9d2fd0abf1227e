"""The faults of a rule that was typed into a draft, in the reader's language."""

from itertools import pairwise

from django.utils.translation import gettext as _

from jiedao.evaluation.rules.amounts import DeductRule, ThresholdRule
from jiedao.evaluation.rules.bands import BandsRule, sort_bands
from jiedao.evaluation.rules.ranks import RankTableRule
from jiedao.evaluation.rules.rule import Rule, format_decimal


def find_fault(rule: Rule) -> str:  # noqa: PLR0911 (one for each kind of fault)
    """Return the first fault of a rule in the reader's language, "" for a rule that can be applied."""
    points = format_decimal(rule.points)
    if rule.points <= 0:
        return _("分值要大于 0。")
    if not 0 <= rule.floor <= rule.points:
        return _("最低分在 0 和分值之间。")
    if isinstance(rule, DeductRule) and rule.cap is not None and rule.cap < rule.points - rule.floor:
        return _("最多扣 %(cap)s 分，%(points)s 分永远扣不完。") % {
            "cap": format_decimal(rule.cap),
            "points": format_decimal(rule.points - rule.floor),
        }
    if isinstance(rule, BandsRule):
        fault = _find_band_fault(rule)
        if fault:
            return fault
    if isinstance(rule, RankTableRule):
        if list(rule.table) != sorted(rule.table, reverse=True):
            return _("名次靠后的得分不能更高。")
        if not rule.table or rule.table[0] != rule.points:
            return _("第一名的得分应等于分值 %(points)s。") % {"points": points}
    if isinstance(rule, ThresholdRule) and bool(rule.above) != bool(rule.most_above):
        return _("“超出每单位加”和“最多加”要一起填。")
    faults = rule.find_faults()
    return _("数值有误：%(why)s") % {"why": "; ".join(faults)} if faults else ""


def _find_band_fault(rule: BandsRule) -> str:
    if len(rule.bands) < 2:
        return _("至少写两段。")
    ordered = sort_bands(rule.bands)
    for lower, upper in pairwise(ordered):
        names = {"lower": lower.text, "upper": upper.text}
        if lower.high is None or upper.low is None or lower.high > upper.low:
            return _("%(lower)s 和 %(upper)s 有重叠。") % names
        if lower.high < upper.low or (not lower.high_closed and upper.low_open):
            return _("%(lower)s 和 %(upper)s 之间有空档。") % names
        if lower.high_closed and not upper.low_open:
            return _("%(lower)s 和 %(upper)s 都含端点。") % names
    most = max(band.points for band in rule.bands)
    if most != rule.points:
        return _("各段最高 %(most)s 分，应等于分值 %(points)s。") % {
            "most": format_decimal(most),
            "points": format_decimal(rule.points),
        }
    return ""
