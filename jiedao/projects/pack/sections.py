"""The sections of projects: kinds, measures, and each project with its tasks, links, money and permits."""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel.memo import forget_all
from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE, Changes, Comparison, Item
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.plan import Plan
from jiedao.kernel.packs.section import Audit, RowIds, Section, TableSection
from jiedao.projects.actions.declaring import declare_project, retire_project
from jiedao.projects.comparing import as_json_value, compare_project
from jiedao.projects.models import Project, ProjectKind, ProjectMeasure
from jiedao.projects.pack.plans import read_projects
from jiedao.projects.pack.tables import PROJECT_KIND, PROJECT_MEASURE, PROJECTS
from jiedao.projects.plan import ProjectPlan


class ProjectKindSection(TableSection):
    """The kinds of projects, in the order of the file."""

    kind, model = "project_kind", ProjectKind
    file, table = PROJECTS, PROJECT_KIND
    numbered = True


class ProjectMeasureSection(TableSection):
    """The measures of projects, in the order of the file."""

    kind, model = "project_measure", ProjectMeasure
    file, table = PROJECTS, PROJECT_MEASURE
    numbered = True


class ProjectSection(Section):
    """A project with its tasks, links, money and permits: one item, written by the room's own action."""

    kind = "project"
    after = ("area", "premise", "unit", "day", "project_kind", "project_measure")
    audit = Audit.ACTION

    def compare(self, pack: Pack, ids: RowIds) -> Comparison:
        """Compare each plan with the stored project, in six statements; the `details` are the plans by key."""
        comparison = Comparison(self.kind, details={})
        for position, (key, project) in enumerate(read_projects(pack).items()):
            comparison.wanted[key] = {"position": position}
            comparison.details[key] = project.plan
            comparison.items += _list_changes(project.plan, compare_project(project.plan, position))
        declared = Project.objects.filter(active=True, added_at__isnull=True)
        retired = declared.exclude(key__in=comparison.wanted)
        for row in retired:
            comparison.current[row.key] = {"pk": row.pk}
            note = _("它的进展保留，不再显示。")
            comparison.items.append(Item(RETIRE, self.kind, row.key, row.name, note=note))
        return comparison

    def write(self, comparison: Comparison, ids: RowIds, actor: Any) -> None:
        """Declare the projects that are new or changed and retire those that the pack no longer contains."""
        forget_all()  # the caches lack the units and areas that this transaction has written
        for key, values in comparison.wanted_rows(CREATE, CHANGE).items():
            declare_project(actor=actor, plan=comparison.details[key], position=values["position"])
        for key in comparison.keys(RETIRE):
            retire_project(actor=actor, key=key)


def _list_changes(plan: ProjectPlan, changes: Plan) -> list[Item]:
    """Return one item that contains all changes of a project; none where nothing changes."""
    if not changes.items:
        return []
    about = (ProjectSection.kind, plan.key, plan.name)
    if changes.keys("project", CREATE):
        counts = {
            table: [None, len(comparison.wanted)]
            for table, comparison in changes.comparisons.items()
            if table != "project" and comparison.wanted
        }
        return [Item(CREATE, *about, counts)]
    fields: Changes = {}
    for item in changes.items:
        label = "" if item.kind == "project" else f"{item.kind} {item.key} "
        for name, pair in item.fields.items():
            fields[f"{label}{name}"] = [as_json_value(value) for value in pair]
        if item.action != CHANGE:
            fields[label.strip()] = [None, item.name] if item.action == CREATE else [item.name, None]
    blocked = "; ".join(f"{item.key}: {item.blocked}" for item in changes.items if item.blocked)
    note = "; ".join(f"{item.key}: {item.note}" for item in changes.items if item.note)
    return [Item(CHANGE, *about, fields, blocked, note)]
