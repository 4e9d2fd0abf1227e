"""Completion of a plan that the text states before: 年度计划投资80亿元,…完成投资60亿元,占年度计划的75%."""

import re
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import compute_percentage, is_printed_as, read_interval
from jiedao.reports.checker.context import CHANGED, Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.layout import Span
from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Quantity

# The words of a completion rate without an amount of their own, and those of the plan in it.
_COMPLETED = re.compile(
    r"(?:完成|为|占|达到?|实现)(?P<plan>[^,;。占]{0,10}(?:计划|任务|目标|预算|指标)[^,;。占\d]{0,6}?)的?(?:约|近|超)?$"
)
_PLAN = re.compile(r"计划|任务|目标|预算|指标|安排")
_YEAR = re.compile(r"本年度?|全年度?|今年|年度|年内|年初")
_GENERIC = re.compile(r"总|数|的|任|标|调整|后|量|额")
_DONE = re.compile(r"完成|开工|竣工|投产|实现|累计|达到?|已|新增|收入|支出|投资")
_REACH = 240
_FACTOR = Decimal("1.5")


def is_completion(lead: str) -> bool:
    """Return whether the words before a percentage say that it is of a plan."""
    return bool(_COMPLETED.search(lead))


def check_completions(context: Context) -> Iterator[Claim]:
    """Yield the completion rates whose plan and result are printed before them."""
    for rate in context.percentages:
        match = _COMPLETED.search(context.find_lead(rate))
        if match is None or not rate.is_precise or not rate.value:
            continue
        done = _find_done(context, rate)
        plan = _find_plan(context, rate, done, match["plan"]) if done else None
        share = compute_percentage(read_interval(done), read_interval(plan)) if done and plan else None
        if done is None or plan is None or share is None:
            continue
        holds = is_printed_as(share, rate)
        if not holds and not share.middle / _FACTOR <= rate.value <= share.middle * _FACTOR:
            continue
        reason = _("%(done)s ÷ %(plan)s = %(result)s%%，文中为 %(printed)s%%") % {
            "done": done.words, "plan": plan.words, "printed": rate.printed,
            "result": format_number(share.middle, max(rate.places + 2, 2)),
        }  # fmt: skip
        yield context.claim(
            Kind.RATIO, Verdict.HOLDS if holds else Verdict.WRONG, rate, reason,
            others=(done, plan), confidence=0.8,
        )  # fmt: skip


def _find_done(context: Context, rate: Quantity) -> Quantity | None:
    """Return what was completed: the amount before a rate that is neither a plan nor a change."""
    for amount in context.list_sentence_before(rate):
        lead = context.find_lead(amount)
        if _PLAN.search(lead):
            return None
        if not CHANGED.search(lead):
            return amount if amount.is_exact and _DONE.search(lead) else None
    return None


def _find_plan(context: Context, rate: Quantity, done: Quantity, words: str) -> Quantity | None:
    """Return the plan of these words, stated before, of which no other completion rate is printed in between."""
    wanted = _read_signs(words)
    start = max(context.layout.find_paragraph(done.start).start - 80, done.start - _REACH, 0)
    for amount in context.list_amounts(Span(start, done.start))[::-1]:
        lead = context.find_lead(amount)
        if amount.unit != done.unit or not amount.is_exact or not _PLAN.search(lead):
            continue
        if not wanted <= _read_signs(lead) or context.find_depth(amount.start) > context.find_depth(
            done.start
        ):
            continue
        between = context.list_between(amount.end, rate.start)
        is_first = not any(other.is_percent and is_completion(context.find_lead(other)) for other in between)
        return amount if is_first else None
    return None


def _read_signs(words: str) -> frozenset[str]:
    """Return the characters of a plan's name: 年度投资计划 and 年内计划投资 name one thing."""
    return frozenset(re.sub(r"[^\w]", "", _GENERIC.sub("", _YEAR.sub("年", words))))
