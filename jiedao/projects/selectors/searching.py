"""The search over projects with their tasks, campaigns and pledges."""

from dataclasses import dataclass, field

from django.db.models import F

from jiedao.kernel.textfilter import build_text_filter
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Project, Task
from jiedao.projects.models.promises import Campaign, Pledge
from jiedao.projects.selectors.campaigns import find_campaigns
from jiedao.projects.selectors.pledges import PledgeFilters
from jiedao.projects.selectors.projects import TASK_TEXTS, ProjectFilters, find_projects


@dataclass(frozen=True)
class ProjectMatches:
    """The projects that match a search by their own words or those of a task.

    Attributes:
        projects: the first ones in the order of the pack. tasks: the tasks of these that match, by id of the project.
        total: the number of all that match.
    """

    projects: list[Project] = field(default_factory=list)
    tasks: dict[int, list[Task]] = field(default_factory=dict)
    total: int = 0


def search_projects(actor: Actor, text: str, most: int) -> ProjectMatches:
    """Return the visible active projects that match, in three statements."""
    matching = find_projects(actor, ProjectFilters(text=text))
    projects = list(matching[:most])
    tasks: dict[int, list[Task]] = {}
    for task in Task.objects.filter(
        build_text_filter(text, TASK_TEXTS), active=True, project__in=[project.pk for project in projects]
    ).order_by("position", "pk"):
        tasks.setdefault(task.project_id, []).append(task)
    return ProjectMatches(projects, tasks, matching.count())


def search_campaigns(actor: Actor, text: str) -> list[Campaign]:
    """Return the visible campaigns in use that match; one statement."""
    return find_campaigns(actor, text)


def search_pledges(actor: Actor, text: str, most: int) -> tuple[list[Pledge], int]:
    """Return the first matching pledges by deadline, ended ones last, and the number of all; two statements."""
    matching = PledgeFilters(text=text).apply(Pledge.objects.visible_to(actor))
    pledges = matching.select_related("unit").order_by(F("ended_at").asc(nulls_first=True), "deadline", "id")
    return list(pledges[:most]), matching.count()
