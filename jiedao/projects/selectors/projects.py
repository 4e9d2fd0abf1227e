"""Lists of projects, their measures summed and their money by month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, FloatField, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from jiedao.orgs.actor import Actor
from jiedao.projects.models import Project, ProjectMeasure, ProjectMoney


@dataclass(frozen=True)
class ProjectFilters:
    """What a list of projects is narrowed to: code of a kind, path of an area, id of a unit, words of a name, code of
    a measure that the projects have a number of.
    """

    kind: str = ""
    area_path: str = ""
    unit_id: int | None = None
    text: str = ""
    measure: str = ""
    active: bool | None = True

    def apply(self, projects: QuerySet[Project]) -> QuerySet[Project]:
        """Narrow projects."""
        found = Q()
        if self.active is not None:
            found &= Q(active=self.active)
        if self.kind:
            found &= Q(kind__code=self.kind)
        if self.area_path:
            found &= Q(area_path__startswith=self.area_path)
        if self.unit_id is not None:
            found &= Q(unit_id=self.unit_id)
        if self.measure:
            found &= Q(facts__has_key=self.measure)
        for word in self.text.replace("\x00", "").split():
            found &= Q(name__icontains=word) | Q(name_en__icontains=word) | Q(key__iexact=word)
        return projects.filter(found)


@dataclass(frozen=True)
class MeasureSum:
    """A measure summed over projects, in its unit; `projects` have a number of it."""

    code: str
    label: str
    unit: str
    total: float
    projects: int


@dataclass(frozen=True)
class MonthMoney:
    """Yuan of a month."""

    month: date
    budget: Decimal
    paid: Decimal


def find_projects(actor: Actor, filters: ProjectFilters | None = None) -> QuerySet[Project]:
    """Return the projects the actor sees, in the order of the pack, with kind, area and unit loaded."""
    found = (filters or ProjectFilters()).apply(Project.objects.visible_to(actor))
    return found.select_related("kind", "area", "unit").order_by("position", "pk")


def measure_sums(actor: Actor, filters: ProjectFilters | None = None) -> list[MeasureSum]:
    """Sum every measure over the projects the actor sees, in the order of the pack; two statements."""
    measures = list(ProjectMeasure.objects.filter(active=True))
    wanted: dict[str, Any] = {}
    for number, one in enumerate(measures):
        value = Cast(KT(f"facts__{one.code}"), FloatField())
        wanted |= {
            f"total_{number}": Sum(value),
            f"count_{number}": Count("pk", filter=Q(facts__has_key=one.code)),
        }
    found = find_projects(actor, filters).order_by().aggregate(**wanted) if wanted else {}
    return [
        MeasureSum(
            one.code,
            one.label,
            one.unit_label,
            found[f"total_{number}"] or 0.0,
            found[f"count_{number}"],
        )
        for number, one in enumerate(measures)
    ]


def money_by_month(actor: Actor, filters: ProjectFilters | None = None) -> list[MonthMoney]:
    """Sum budget and payments of the projects the actor sees by month, the earliest first; one statement."""
    rows = ProjectMoney.objects.filter(project__in=find_projects(actor, filters).order_by().values("pk"))
    sums = rows.order_by("month").values("month").annotate(planned=Sum("budget"), spent=Sum("paid"))
    return [MonthMoney(row["month"], row["planned"], row["spent"]) for row in sums]


def money_of(project: Project) -> Sequence[ProjectMoney]:
    """Return the money of one project, the earliest month first."""
    return list(ProjectMoney.objects.filter(project=project))
