"""Lists and counts of inspections and findings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import TruncMonth

from jiedao.kernel import keyset
from jiedao.kernel.ordering import check_sortable
from jiedao.kernel.plans import plan_by_values
from jiedao.orgs.actor import Actor
from jiedao.orgs.figure_keys import build_community_column
from jiedao.registers.access import visible_inspections
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Finding, Inspection, Record
from jiedao.registers.selectors.inspection_filters import (
    FINDING_COUNTS,
    INSPECTION_COUNTS,
    READY,
    InspectionFilters,
    build_ready_filter,
)
from jiedao.registers.selectors.inspection_ordering import is_by_day, make_ordering

PAGE = 50


@dataclass(frozen=True)
class InspectionCounts:
    """Counts of inspections and findings.

    due = done + waiting + missed. `items` are the findings of the same days, `right` those of them resolved by now.
    """

    due: int = 0
    done: int = 0
    waiting: int = 0
    missed: int = 0
    failed: int = 0
    dropped: int = 0
    items: int = 0
    open: int = 0
    right: int = 0


def find_waiting_inspections(actor: Actor, day: date, *, limit: int = 20) -> tuple[list[Inspection], int]:
    """Return the first waiting inspections of the actor on a day, by due date, and the number of all of them.

    Empty for a user who may not inspect. Two statements however many there are.
    """
    if not actor.can("registers.visit:make"):
        return [], 0
    waiting = visible_inspections(actor).filter(build_ready_filter(day))
    rows = list(waiting.select_related("record").order_by("due_date", "id")[:limit])
    return rows, len(rows) if len(rows) < limit else waiting.count()


def read_inspections(record: Record, *, most: int | None = None) -> list[Inspection]:
    """Return at most `most` inspections of a record, the newest first.

    The findings of each are `inspection.findings.all()`, with their cases: three statements.
    """
    rows = Inspection.objects.filter(record=record).order_by("-counted_date", "-id")
    return list(rows.prefetch_related("findings__case")[:most])


def read_findings(inspection: Inspection) -> tuple[list[Finding], Finding | None]:
    """Return the findings of an inspection, and the finding that it rechecks, with cases and rechecks.

    Two statements.
    """
    rows = Finding.objects.filter(Q(inspection=inspection) | Q(pk=inspection.finding_id)).select_related(
        "case"
    )
    findings = list(rows.prefetch_related("rechecks").order_by("id"))
    before = next((finding for finding in findings if finding.pk == inspection.finding_id), None)
    return [finding for finding in findings if finding.inspection_id == inspection.pk], before


@dataclass(frozen=True)
class Chain:
    """The course of a finding: the inspection that found it, its case, and its rechecks.

    Attributes:
        before: the finding whose recheck found this one, None for a first one.
        rechecks: inspections planned or made for this finding, the oldest first.
        after: findings of those rechecks.
    """

    record: Record
    inspection: Inspection
    finding: Finding
    before: Finding | None
    rechecks: list[Inspection] = field(default_factory=list)
    after: list[Finding] = field(default_factory=list)


def read_chain(finding_id: int) -> Chain:
    """Return the chain of a finding in three statements; the caller has checked that its record may be seen."""
    finding = Finding.objects.select_related("record", "inspection__finding__inspection", "case").get(
        pk=finding_id
    )
    rechecks = list(Inspection.objects.filter(finding=finding).order_by("id"))
    after = list(Finding.objects.filter(inspection__in=rechecks).select_related("case").order_by("id"))
    return Chain(finding.record, finding.inspection, finding, finding.inspection.finding, rechecks, after)


def count_inspections(actor: Actor, filters: InspectionFilters) -> InspectionCounts:
    """Return all counts of the inspections and findings that match, in two statements; `filters.show` is ignored.

    Each count is the number of rows of the list with the same filters and its name as `show`.
    """
    return InspectionCounts(**count_inspections_by(actor, filters)[()])


def count_inspections_by(
    actor: Actor, filters: InspectionFilters, splits: Sequence[str] = ()
) -> dict[tuple[Any, ...], dict[str, int]]:
    """Return the counts as `count_inspections` does, by combinations of splits; two statements.

    Args:
        splits: any of "area" (the first characters of a path, as long as a community's), "unit" and "register" (ids)
            and "month" (its first day). The keys hold their values in the same order.
    """
    every = replace(filters, show="")
    groups: dict[tuple[Any, ...], dict[str, int]] = {}
    for rows, measures, day in (
        (every.inspections(actor), INSPECTION_COUNTS, "counted_date"),
        (every.findings(actor), FINDING_COUNTS, "found_date"),
    ):
        conditions = {name: condition for name, (_label, condition) in measures.items()}
        for key, numbers in _count_groups(rows, conditions, [_build_column(split, day) for split in splits]):
            groups.setdefault(key, {}).update(numbers)
    return groups


def find_first_inspection_day(info: RegisterInfo | None) -> date | None:
    """Return the earliest day of an inspection of a register, of any without one; None where there is no inspection.

    The day from which one was planned counts: from then on it is known that none was made.
    """
    rows = Inspection.objects.filter(register_id=info.id) if info is not None else Inspection.objects.all()
    days = rows.aggregate(planned=Min("planned_date"), counted=Min("counted_date")).values()
    return min((day for day in days if day is not None), default=None)


def _build_column(split: str, day: str) -> Any:
    columns = {
        "area": build_community_column(),
        "unit": F("unit_id"),
        "register": F("register_id"),
        "month": TruncMonth(day),
    }
    return columns[split]


def _count_groups(
    rows: QuerySet[Any], conditions: dict[str, Q], columns: list[Any]
) -> Iterable[tuple[tuple[Any, ...], dict[str, int]]]:
    counts = {
        name: Count("pk", filter=condition) if condition else Count("pk")
        for name, condition in conditions.items()
    }
    # `open` is both the name of a count and a method of querysets, so annotations have names of their own.
    named = {f"n_{name}": count for name, count in counts.items()}
    if not columns:
        return [((), dict(zip(counts, rows.order_by().aggregate(**named).values(), strict=True)))]
    keys = {f"key_{number}": column for number, column in enumerate(columns)}
    lines = rows.order_by().annotate(**keys).values_list(*keys).annotate(**named)
    return [(line[: len(keys)], dict(zip(counts, line[len(keys) :], strict=True))) for line in lines]


@dataclass(frozen=True)
class Page:
    """One page of a list of inspections or findings; a cursor is "" where there is no further page."""

    rows: list[Any]
    previous: str
    next: str
    total: int

    @property
    def shown(self) -> int:
        """How many rows this page has."""
        return len(self.rows)


@plan_by_values()
def read_inspection_page(
    actor: Actor,
    filters: InspectionFilters,
    cursor: str = "",
    size: int = PAGE,
    *,
    which: Q | None = None,
) -> Page:
    """Return a page of inspections, or of findings where `filters.show` names them, in two statements.

    Waiting inspections are in the order of their due dates, all others the newest first, unless `filters.order` names
    another order. An unreadable cursor returns the first page. `which` is a further filter.

    Raises:
        UserError: over 50,000 rows in an order that is not that of the day.
    """
    every = filters.findings(actor) if filters.of_findings else filters.inspections(actor)
    every = every.filter(which) if which is not None else every
    if not is_by_day(filters.order):
        check_sortable(every)
    related = ("record", "case") if filters.of_findings else ("record",)
    ordering = make_ordering(
        filters.order, of_findings=filters.of_findings, is_waiting=filters.show in {"waiting", READY[0]}
    )
    place = ordering.read_cursor(cursor)
    backward = place is not None and place.backward
    read = ordering.read(every.select_related(*related), place, size + 1, list)
    is_complete = place is None and len(read) <= size
    cut, before, after = keyset.cut_page(read, size, backward=backward, first=place is None)
    return Page(
        cut,
        ordering.write_cursor("p", cut[0]) if before else "",
        ordering.write_cursor("n", cut[-1]) if after else "",
        len(cut) if is_complete else every.count(),
    )
