"""The yearly report on open information: its table, and the balances that must hold.

The report follows the form that the State Council's office prescribes for reports on open government information: what
was published, requests for information with who asked, reviews and lawsuits, problems and plans. Requests balance:
new + carried over = answered + carried on. We add the matters of residents, which balance as well.

A number that the records do not cover is not 0: it is stated as not recorded, or typed with its source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Min, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.flow import FINISHED
from jiedao.cases.models import Case
from jiedao.kernel import clock
from jiedao.kernel.periods import Period, parse_period
from jiedao.kernel.snapshots import read_snapshot
from jiedao.publishing.models import Publication, PublicationKind, PublicationState

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
PUBLISHED, MATTERS, WITHDRAWN, SOURCE = "published", "matters", "withdrawn", "source"
# What can be typed where the records begin later than the year.
TYPED: dict[str, dict[str, Any]] = {
    PUBLISHED: {
        **{kind.value: kind.label for kind in PublicationKind},
        WITHDRAWN: gettext_lazy("本年撤下"),
    },
    MATTERS: {
        CARRIED_IN: gettext_lazy("上年未结"),
        NEW: gettext_lazy("本年上报"),
        "out": gettext_lazy("本年办结（含不予受理、并案和作废）"),
        CARRIED_OUT: gettext_lazy("年末未结"),
    },
}


@dataclass(frozen=True)
class Coverage:
    """Which part of a year the records cover.

    Attributes:
        first_date: the day of the first record of all; None while there is none.
    """

    year: int
    first_date: date | None

    @property
    def is_empty(self) -> bool:
        """Return whether there is no record of the year, because they begin later."""
        return self.first_date is None or self.first_date > get_year(self.year).last

    @property
    def is_partial(self) -> bool:
        """Return whether the records begin within the year, after its first day."""
        return (
            self.first_date is not None and get_year(self.year).first < self.first_date and not self.is_empty
        )

    @property
    def is_complete(self) -> bool:
        """Return whether the records cover the year from its first day."""
        return not self.is_empty and not self.is_partial


@dataclass(frozen=True)
class Balance:
    """What came in and what went out: it holds if carried in + new = out + carried on.

    Attributes:
        carried_in: None where the records begin within the year, so that what was open before is unknown.
    """

    carried_in: int | None
    new: int
    out: int
    carried_out: int

    @property
    def holds(self) -> bool:
        """Return whether both sides are equal."""
        return (self.carried_in or 0) + self.new == self.out + self.carried_out

    @property
    def words(self) -> str:
        """Both sides as numbers: 3 + 40 = 41 + 2, with ≠ where they differ."""
        sign = "=" if self.holds else "≠"
        incoming = f"{self.new:,}" if self.carried_in is None else f"{self.new:,} + {self.carried_in:,}"
        return f"{incoming} {sign} {self.out:,} + {self.carried_out:,}"


@dataclass(frozen=True)
class PublishedCounts:
    """How many publications of each kind were published in a year, and how many were withdrawn."""

    by_kind: Mapping[str, int]
    withdrawn: int

    @property
    def total(self) -> int:
        """All that were published."""
        return sum(self.by_kind.values())


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


def is_entered(numbers: Numbers) -> bool:
    """Return whether a table has any number; 0 is one, an empty cell is none."""
    return any(numbers.values())


def find_faults(numbers: Numbers, before: Numbers | None, matters: Balance | None) -> list[YearFault]:
    """Return every reason why the numbers of a year cannot be published.

    Args:
        before: the numbers of the year before; None where that year has no report.
        matters: the balance of the cases; None where nothing is recorded.
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
    if matters is not None and not matters.holds:
        message = _("群众诉求：上年未结 + 本年上报应等于本年办结 + 年末未结，现在是 %(sum)s。")
        faults.append(YearFault(message % {"sum": matters.words}))
    return faults


def get_year(year: int) -> Period:
    """Return the period of a year."""
    return parse_period(str(year))


def find_coverage(section: str, year: int) -> Coverage:
    """Return which part of a year the publications or the cases cover."""
    rows: Any = Publication.objects if section == PUBLISHED else Case.objects
    first = rows.aggregate(at=Min("published_at" if section == PUBLISHED else "reported_at"))["at"]
    return Coverage(year, first.astimezone(clock.TOWN_TZ).date() if first is not None else None)


def read_matters(year: int, typed: Mapping[str, Any]) -> Balance | None:
    """Return the balance of the cases of a year, None where nothing is recorded.

    Args:
        typed: the numbers that were typed because the records do not cover the year; they count instead.
    """
    coverage = find_coverage(MATTERS, year)
    if typed and not coverage.is_complete:
        carried_in = typed.get(CARRIED_IN)
        return Balance(carried_in, *(int(typed.get(name, 0)) for name in (NEW, "out", CARRIED_OUT)))
    if coverage.is_empty:
        return None
    matters = count_matters(year)
    return replace(matters, carried_in=None) if coverage.is_partial else matters


def read_published(year: int, typed: Mapping[str, Any]) -> PublishedCounts | None:
    """Return what was published in a year, None where nothing is recorded; `typed` as in `read_matters`."""
    coverage = find_coverage(PUBLISHED, year)
    if typed and not coverage.is_complete:
        by_kind = {kind: int(typed[kind]) for kind in PublicationKind.values if kind in typed}
        return PublishedCounts(by_kind, int(typed.get(WITHDRAWN, 0)))
    return None if coverage.is_empty else count_published(year)


def count_published(year: int) -> PublishedCounts:
    """Return how many publications of each kind were published in a year, withdrawn ones included."""
    period = get_year(year)
    in_year = {"published_at__gte": period.start_at, "published_at__lt": period.end_at}
    rows = Publication.objects.filter(**in_year).order_by().values_list("kind").annotate(Count("pk"))
    withdrawn = Publication.objects.filter(
        state=PublicationState.WITHDRAWN, withdrawn_at__gte=period.start_at, withdrawn_at__lt=period.end_at
    )
    return PublishedCounts(dict(rows), withdrawn.count())


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
