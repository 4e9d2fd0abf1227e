"""Lists of projects and their money."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Min, Q, QuerySet, Sum

from jiedao.kernel.textfilter import build_text_filter
from jiedao.orgs.actor import Actor
from jiedao.orgs.figure_keys import filter_outside_communities
from jiedao.projects.models import Permit, Project, ProjectMoney, Task
from jiedao.projects.selectors.history import is_past, list_projects_in_use

NO_COMMUNITY = "-"  # the filter of projects that are in no community
MONEY = ("budget", "paid")
PROJECT_TEXTS = ("name", "name_en", "key")
TASK_TEXTS = ("name", "name_en", "code")


@dataclass(frozen=True)
class ProjectFilters:
    """What a list of projects is narrowed to.

    Attributes:
        kind: code of a kind.
        area_path: of an area, with all below it; `NO_COMMUNITY` for projects in none.
        unit_id: of the unit that answers for the project.
        text: words of the names of the project, or of one of its tasks; or its code.
        measure: code of a measure; only projects that state a number for it.
        money: "budget" or "paid": projects with such money in a month from `first_date` to `last_date`.
        permit: name of a permit that was granted from `first_date` to `last_date`.
        active: None for active and retired projects.
        day: a past day; the projects are those that were in use at its end, whatever `active` is.
    """

    kind: str = ""
    area_path: str = ""
    unit_id: int | None = None
    text: str = ""
    measure: str = ""
    money: str = ""
    first_date: date | None = None
    last_date: date | None = None
    permit: str = ""
    active: bool | None = True
    day: date | None = None

    def _build_use_filter(self) -> Q:
        if self.day is not None and is_past(self.day):
            return Q(pk__in=list_projects_in_use(self.day))
        return Q(active=self.active) if self.active is not None else Q()

    def apply(self, projects: QuerySet[Project]) -> QuerySet[Project]:
        """Narrow projects."""
        condition = self._build_use_filter()
        if self.kind:
            condition &= Q(kind__code=self.kind)
        if self.area_path == NO_COMMUNITY:
            condition &= filter_outside_communities()
        elif self.area_path:
            condition &= Q(area_path__startswith=self.area_path)
        if self.unit_id is not None:
            condition &= Q(unit_id=self.unit_id)
        if self.measure:
            condition &= Q(facts__has_key=self.measure)
        if self.money in MONEY:
            money = _filter_money(self.money, self.first_date, self.last_date)
            condition &= Q(pk__in=money.values("project_id"))
        if self.permit:
            condition &= Q(pk__in=_filter_permits(self.permit, self.first_date, self.last_date))
        if self.text:
            tasks = Task.objects.filter(build_text_filter(self.text, TASK_TEXTS), active=True)
            of_project = build_text_filter(self.text, PROJECT_TEXTS)
            condition &= of_project | Q(pk__in=tasks.values("project_id"))
        return projects.filter(condition)


def _filter_permits(name: str, first: date | None, last: date | None) -> QuerySet[Permit, int]:
    permits = Permit.objects.filter(name=name, active=True, granted_date__isnull=False)
    if first is not None:
        permits = permits.filter(granted_date__gte=first)
    if last is not None:
        permits = permits.filter(granted_date__lte=last)
    return permits.values_list("project_id", flat=True)


def find_projects(actor: Actor, filters: ProjectFilters | None = None) -> QuerySet[Project]:
    """Return the visible projects in the order of the pack, with kind, area and unit loaded."""
    projects = (filters or ProjectFilters()).apply(Project.objects.visible_to(actor))
    return projects.select_related("kind", "area", "unit").order_by("position", "pk")


def read_money(
    projects: Iterable[int] | Mapping[int, Project], column: str, first: date | None, last: date | None
) -> list[tuple[int, date, Decimal]]:
    """Return (project id, month, yuan) of "budget" or "paid", for the months that have any, in one statement."""
    rows = _filter_money(column, first, last).filter(project_id__in=list(projects))
    return list(
        rows.order_by("month", "project_id").values_list("project_id", "month").annotate(yuan=Sum(column))
    )


def find_first_money_month() -> date | None:
    """Return the first month with a budget or a payment of any project: once one is known, no payment is 0."""
    months = ProjectMoney.objects.filter(Q(budget__gt=0) | Q(paid__gt=0))
    first: date | None = months.aggregate(first=Min("month"))["first"]
    return first


def _filter_money(column: str, first: date | None, last: date | None) -> QuerySet[ProjectMoney]:
    rows = ProjectMoney.objects.filter(**{f"{column}__gt": 0})
    if first is not None:
        rows = rows.filter(month__gte=first)
    return rows.filter(month__lte=last) if last is not None else rows


def read_project_money(project: Project) -> Sequence[ProjectMoney]:
    """Return the money of one project, the earliest month first."""
    return list(ProjectMoney.objects.filter(project=project))
