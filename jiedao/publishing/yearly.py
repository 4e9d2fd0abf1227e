"""The yearly report on open information: its table, and the balances that must hold.

The report follows the form that the State Council's office prescribes for reports on open government information: what
was published, requests for information with who asked, reviews and lawsuits, problems and plans. Requests balance:
new + carried over = answered + carried on. We add the matters of residents, which balance as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.flow import FINISHED
from jiedao.cases.models import Case
from jiedao.kernel import clock
from jiedao.kernel.periods import Period, parse_period
from jiedao.kernel.snapshots import read_snapshot

Numbers = Mapping[str, Mapping[str, int]]

APPLICANTS: dict[str, Any] = {
    "person": gettext_lazy("自然人"),
    "business": gettext_lazy("商业企业"),
    "science": gettext_lazy("科研机构"),
    "welfare": gettext_lazy("社会公益组织"),
    "legal": gettext_lazy("法律服务机构"),
    "other": gettext_lazy("其他"),
}
NEW, CARRIED_IN, CARRIED_OUT = "new", "carried_in", "carried_out"
INCOMING: dict[str, Any] = {
    NEW: gettext_lazy("本年新收政府信息公开申请数量"),
    CARRIED_IN: gettext_lazy("上年结转政府信息公开申请数量"),
}
RESULTS: dict[str, Any] = {
    "granted": gettext_lazy("予以公开"),
    "partly": gettext_lazy("部分公开"),
    "refused": gettext_lazy("不予公开"),
    "unavailable": gettext_lazy("无法提供"),
    "unprocessed": gettext_lazy("不予处理"),
    "other_result": gettext_lazy("其他处理"),
}
ROWS: dict[str, Any] = {**INCOMING, **RESULTS, CARRIED_OUT: gettext_lazy("结转下年度继续办理")}
DISPUTES: dict[str, Any] = {"review": gettext_lazy("行政复议"), "lawsuit": gettext_lazy("行政诉讼")}
OUTCOMES: dict[str, Any] = {
    "upheld": gettext_lazy("结果维持"),
    "corrected": gettext_lazy("结果纠正"),
    "other": gettext_lazy("其他结果"),
    "pending": gettext_lazy("尚未审结"),
}


@dataclass(frozen=True)
class Balance:
    """What came in and what went out: it holds if carried in + new = out + carried on."""

    carried_in: int
    new: int
    out: int
    carried_out: int

    @property
    def holds(self) -> bool:
        """Return whether both sides are equal."""
        return self.carried_in + self.new == self.out + self.carried_out

    @property
    def words(self) -> str:
        """Both sides as numbers: 3 + 40 = 41 + 2, with ≠ where they differ."""
        sign = "=" if self.holds else "≠"
        return f"{self.new} + {self.carried_in} {sign} {self.out} + {self.carried_out}"


@dataclass(frozen=True)
class YearFault:
    """Why a year's report cannot be published: the sentence, and the row and the applicant that it concerns."""

    message: str
    row: str = ""
    applicant: str = ""

    def __str__(self) -> str:
        return self.message


def get_number(numbers: Numbers, row: str, column: str) -> int:
    """Return an entered number; a missing one is 0."""
    return int(numbers.get(row, {}).get(column, 0) or 0)


def sum_row(numbers: Numbers, row: str) -> int:
    """Return the total of a row over all applicants."""
    return sum(get_number(numbers, row, applicant) for applicant in APPLICANTS)


def sum_results(numbers: Numbers, applicant: str) -> int:
    """Return how many requests of a sort of applicant were answered, in whichever way."""
    return sum(get_number(numbers, row, applicant) for row in RESULTS)


def compute_balance(numbers: Numbers, applicant: str = "") -> Balance:
    """Return the balance of the requests of a sort of applicant, or of all."""
    applicants = [applicant] if applicant else list(APPLICANTS)

    def add(row: str) -> int:
        return sum(get_number(numbers, row, name) for name in applicants)

    out = sum(sum_results(numbers, name) for name in applicants)
    return Balance(add(CARRIED_IN), add(NEW), out, add(CARRIED_OUT))


def find_faults(numbers: Numbers, before: Numbers | None, matters: Balance) -> list[YearFault]:
    """Return every reason why the numbers of a year cannot be published.

    Args:
        before: the numbers of the year before; None where that year has no report.
        matters: the balance of the cases.
    """
    faults = []
    for applicant, label in APPLICANTS.items():
        balance = compute_balance(numbers, applicant)
        if not balance.holds:
            words = {"name": label, "sum": balance.words}
            message = _("%(name)s：新收 + 上年结转应等于办理结果总计 + 结转下年，现在是 %(sum)s。") % words
            faults.append(YearFault(message, CARRIED_OUT, applicant))
        carried_on = None if before is None else get_number(before, CARRIED_OUT, applicant)
        if carried_on is not None and carried_on != balance.carried_in:
            words = {"name": label, "n": balance.carried_in, "before": carried_on}
            message = _("%(name)s：上年结转填了 %(n)d，而上一年的年报写的是结转下年 %(before)d。") % words
            faults.append(YearFault(message, CARRIED_IN, applicant))
    if not matters.holds:
        message = _("群众诉求：上年未结 + 本年上报应等于本年办结 + 年末未结，现在是 %(sum)s。")
        faults.append(YearFault(message % {"sum": matters.words}))
    return faults


def get_year(year: int) -> Period:
    """Return the period of a year."""
    return parse_period(str(year))


def count_matters(year: int) -> Balance:
    """Return the balance of the cases of a year, as the cases are now; of a running year until now.

    A case is finished at its closing, or where it ended otherwise. One that was reopened is open, since when it was
    reported.
    """
    period = get_year(year)
    start, end = period.start_at, period.end_at
    is_over = Q(state__in=sorted(FINISHED), finished__isnull=False)
    before_start = is_over & Q(finished__lt=start)
    before_end = is_over & Q(finished__lt=end)
    cases = Case.objects.annotate(finished=Coalesce(F("closed_at"), F("ended_at")))
    with read_snapshot():
        counts = cases.aggregate(
            carried_in=Count("pk", filter=Q(reported_at__lt=start) & ~before_start),
            new=Count("pk", filter=Q(reported_at__gte=start, reported_at__lt=end)),
            out=Count("pk", filter=Q(reported_at__lt=end) & before_end & ~before_start),
            carried_out=Count("pk", filter=Q(reported_at__lt=end) & ~before_end),
        )
    return Balance(**counts)


def is_running(year: int) -> bool:
    """Return whether the year is not over, so that its report can be prepared but not published."""
    last: datetime = get_year(year).end_at
    return last > clock.now()
