"""What waits to be inspected, what was inspected, what came of it, and the figures of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import CharField, Count, F, Q, QuerySet
from django.db.models import Value as Constant
from django.db.models.functions import Cast, Coalesce, Substr

from jiedao.kernel import keyset
from jiedao.kernel.plans import planned_by_values
from jiedao.orgs.actor import Actor
from jiedao.registers.access import visible_visits
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Finding, Record, Visit
from jiedao.registers.selectors.inspection_filters import FINDINGS, READY, VISITS, InspectionFilters, ready_on

PAGE = 50
COMMUNITY = 3  # levels of the tree of areas down to a community: district, sub-district, community
STEP = 4  # characters of a path a level


@dataclass(frozen=True)
class Figures:
    """Counts of inspections and findings; `key` says of what: a path, a register's or unit's id, "" for all.

    due = done + waiting + missed. `items` are the findings of the same days, `right` those of them set right by now.
    """

    key: str = ""
    due: int = 0
    done: int = 0
    waiting: int = 0
    missed: int = 0
    failed: int = 0
    dropped: int = 0
    items: int = 0
    open: int = 0
    right: int = 0


def waiting_visits(actor: Actor, day: date, *, limit: int = 20) -> tuple[list[Visit], int]:
    """Return what waits to be inspected by the actor on a day, the one due first first, and how many there are.

    Empty for somebody who may not inspect. Two statements however many there are.
    """
    if not actor.can("registers.visit:make"):
        return [], 0
    waiting = visible_visits(actor).filter(ready_on(day))
    rows = list(waiting.select_related("record").order_by("due_date", "id")[:limit])
    return rows, len(rows) if len(rows) < limit else waiting.count()


def visits_of(record: Record, *, most: int | None = None) -> list[Visit]:
    """Return the inspections of a record, the newest first, or so many of them.

    What each found is `visit.findings.all()`, with their cases: three statements.
    """
    rows = Visit.objects.filter(record=record).order_by("-counted_date", "-id")
    return list(rows.prefetch_related("findings__case")[:most])


def findings_of(visit: Visit) -> tuple[list[Finding], Finding | None]:
    """Return what an inspection found, and the finding that it looks at again, with cases and rechecks.

    Two statements.
    """
    rows = Finding.objects.filter(Q(visit=visit) | Q(pk=visit.finding_id)).select_related("case")
    found = list(rows.prefetch_related("rechecks").order_by("id"))
    before = next((one for one in found if one.pk == visit.finding_id), None)
    return [one for one in found if one.visit_id == visit.pk], before


@dataclass(frozen=True)
class Chain:
    """The way of a finding: the inspection that found it, its case, and the inspections that looked again.

    Attributes:
        before: the finding whose recheck found this one, None for a first one.
        rechecks: inspections planned or made for this finding, the oldest first.
        after: findings of those rechecks.
    """

    record: Record
    visit: Visit
    finding: Finding
    before: Finding | None
    rechecks: list[Visit] = field(default_factory=list)
    after: list[Finding] = field(default_factory=list)


def chain_of(finding_id: int) -> Chain:
    """Return the chain of a finding in three statements; the caller has checked that its record may be seen."""
    finding = Finding.objects.select_related("record", "visit__finding__visit", "case").get(pk=finding_id)
    rechecks = list(Visit.objects.filter(finding=finding).order_by("id"))
    after = list(Finding.objects.filter(visit__in=rechecks).select_related("case").order_by("id"))
    return Chain(finding.record, finding.visit, finding, finding.visit.finding, rechecks, after)


def inspection_figures(
    actor: Actor,
    info: RegisterInfo | None = None,
    start: date | None = None,
    end: date | None = None,
    *,
    by: str = "",
    depth: int = COMMUNITY,
) -> list[Figures]:
    """Return the figures of inspections that the actor sees; see `figures_of`."""
    filters = InspectionFilters(register=info.key if info is not None else "", start=start, end=end)
    return figures_of(actor, filters, by=by, depth=depth)


def figures_of(
    actor: Actor, filters: InspectionFilters, *, by: str = "", depth: int = COMMUNITY
) -> list[Figures]:
    """Return the figures of what the filters let through, in two statements; `filters.show` is not looked at.

    Args:
        by: "" for one line over all, else "area" (down to `depth` levels of the tree), "register" or "unit": a line for
            each, by key.

    Each figure counts the rows of the list with the same filters and `show` its name: `InspectionFilters.visits` or
    `.findings`.
    """
    every, key = replace(filters, show=""), _key(by, depth)
    found: dict[str, dict[str, int]] = {}
    for rows, measures in ((every.visits(actor), VISITS), (every.findings(actor), FINDINGS)):
        for line in _count(rows, {name: which for name, (_label, which) in measures.items()}, key):
            found.setdefault(line.pop("key"), {}).update(line)
    if not by and not found:
        return [Figures()]
    return [Figures(key=name, **counts) for name, counts in sorted(found.items())]


def _key(by: str, depth: int) -> Any:
    if by == "area":
        return Substr("area_path", 1, depth * STEP)
    if by:
        return Coalesce(Cast(F(f"{by}_id"), CharField()), Constant(""))
    return Constant("", CharField())


def _count(rows: QuerySet[Any], measures: dict[str, Q], key: Any) -> Iterable[dict[str, Any]]:
    counts = {name: Count("pk", filter=which) if which else Count("pk") for name, which in measures.items()}
    # `open` is a figure's name and a method of querysets: annotations are named apart
    named = {f"n_{name}": count for name, count in counts.items()}
    lines = rows.order_by().annotate(key=key).values("key").annotate(**named)
    return [{name.removeprefix("n_"): value for name, value in line.items()} for line in lines]


@dataclass(frozen=True)
class Page:
    """One page of a list of inspections or findings; cursors are "" where there is nothing more."""

    rows: list[Any]
    previous: str
    next: str
    total: int

    @property
    def shown(self) -> int:
        """How many rows this page has."""
        return len(self.rows)


@planned_by_values()
def inspection_page(
    actor: Actor,
    filters: InspectionFilters,
    cursor: str = "",
    size: int = PAGE,
    *,
    which: Q | None = None,
) -> Page:
    """Return a page of inspections, or of findings where `filters.show` names them, in two statements.

    What waits stands in the order it is due, all else the newest first. An unreadable cursor gives the first page.
    `which` is a further condition on them.
    """
    day = "found_date" if filters.of_findings else "counted_date"
    found = filters.findings(actor) if filters.of_findings else filters.visits(actor)
    found = found.filter(which) if which is not None else found
    related = ("record", "case") if filters.of_findings else ("record",)
    backward, place = _place(cursor)
    rising = (filters.show in {"waiting", READY[0]}) is not backward
    rows = found.select_related(*related).order_by(*((day, "id") if rising else (f"-{day}", "-id")))
    if place is not None:
        side = "gt" if rising else "lt"
        rows = rows.filter(Q(**{f"{day}__{side}": place[0]}) | Q(**{day: place[0], f"id__{side}": place[1]}))
    read = list(rows[: size + 1])
    whole = place is None and len(read) <= size
    cut, before, after = keyset.cut(read, size, backward=backward, first=place is None)
    total = len(cut) if whole else found.count()

    def at(way: str, row: Any) -> str:
        return f"{way}{getattr(row, day).isoformat()}.{row.pk}"

    return Page(cut, at("p", cut[0]) if before else "", at("n", cut[-1]) if after else "", total)


def _place(cursor: str) -> tuple[bool, tuple[date, int] | None]:
    way, (day, _dot, pk) = cursor[:1], cursor[1:].partition(".")
    try:
        place = (date.fromisoformat(day), int(pk)) if way in {"n", "p"} and len(pk) < 19 else None
    except ValueError:
        place = None
    return way == "p" and place is not None, place
