"""The search over projects with their tasks, campaigns and pledges."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import F

from jiedao.kernel.textfilter import build_text_filter, contains_words
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Project, Task
from jiedao.projects.models.promises import Campaign, Pledge
from jiedao.projects.selectors.campaigns import find_campaigns
from jiedao.projects.selectors.pledges import PledgeFilters
from jiedao.projects.selectors.projects import TASK_TEXTS, ProjectFilters, find_projects

T = TypeVar("T")
MAX_RANKED = 500


@dataclass(frozen=True)
class ProjectMatches:
    """The projects that match a search by their own words or those of a task.

    Attributes:
        projects: the best ones, among equals in the order of the pack.
        tasks: the tasks of these that match, by id of the project.
        total: the number of all that match.
    """

    projects: list[Project] = field(default_factory=list)
    tasks: dict[int, list[Task]] = field(default_factory=dict)
    total: int = 0


def search_projects(actor: Actor, text: str, most: int) -> ProjectMatches:
    """Return the visible active projects that match, the best first (`_rank`), in two statements."""
    matching = _rank(text, find_projects(actor, ProjectFilters(text=text)), "key", ("name", "name_en"))
    projects = matching[:most]
    tasks: dict[int, list[Task]] = {}
    for task in Task.objects.filter(
        build_text_filter(text, TASK_TEXTS), active=True, project__in=[project.pk for project in projects]
    ).order_by("position", "pk"):
        tasks.setdefault(task.project_id, []).append(task)
    return ProjectMatches(projects, tasks, len(matching))


def search_campaigns(actor: Actor, text: str) -> list[Campaign]:
    """Return the visible campaigns in use that match, the best first (`_rank`); one statement."""
    return _rank(text, find_campaigns(actor, text), "key", ("name", "name_en"))


def search_pledges(actor: Actor, text: str, most: int) -> tuple[list[Pledge], int]:
    """Return the best matching pledges (`_rank`, then by deadline, ended ones last) and the number of all.

    Two statements; of more than 500 the first in this order are compared.
    """
    matching = PledgeFilters(text=text).apply(Pledge.objects.visible_to(actor))
    pledges = matching.select_related("unit").order_by(F("ended_at").asc(nulls_first=True), "deadline", "id")
    ranked = _rank(text, pledges[:MAX_RANKED], "code", ("text", "text_en"))
    return ranked[:most], len(ranked) if len(ranked) < MAX_RANKED else matching.count()


def _rank(text: str, rows: Iterable[T], code: str, titles: Sequence[str]) -> list[T]:
    """Return the rows whose code is the text first, then those with all words in a title, then the others."""

    def find_rank(row: T) -> int:
        if getattr(row, code).lower() == text.strip().lower():
            return 0
        return 1 if contains_words(text, [getattr(row, title) for title in titles]) else 2

    return sorted(rows, key=find_rank)
