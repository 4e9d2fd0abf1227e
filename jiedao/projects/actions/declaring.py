"""Declaring projects as a pack plans them, and retiring them. What users reported is never changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE, Comparison, Item
from jiedao.kernel.packs.plan import Plan
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import UNITS
from jiedao.places.models import Premise
from jiedao.places.selectors import AREAS
from jiedao.projects.comparing import as_json_value, compare_project, read_known_codes
from jiedao.projects.models import Link, Permit, Project, ProjectKind, ProjectMoney, Task
from jiedao.projects.plan import PlanFault, ProjectPlan, find_plan_faults

BATCH = 500
RIGHT, DECLARE = "packs.pack:apply", "projects.project:declare"
TASK_COLUMNS = ("name", "name_en", "level", "position", "duration", "start_date", "due_date", "active")
PERMIT_COLUMNS = ["name", "name_en", "authority", "due_date", "active"]


@dataclass(frozen=True)
class DeclaredProject:
    """The stored project and the changes that were made; `items` is empty when nothing differed."""

    project: Project
    items: Sequence[Item]


@transaction.atomic
def declare_project(*, actor: Actor, plan: ProjectPlan, position: int = 0) -> DeclaredProject:
    """Create the project or bring it to the plan; doing it again changes nothing.

    A task or permit that the plan no longer names is retired but keeps its progress. A month that the plan no longer
    names keeps what was paid.

    Raises:
        NotAllowed: without the right. UserError: with every fault of the plan, or a change that would lose progress.
    """
    actor.require(RIGHT)
    return write_plan(actor, plan, position)


def write_plan(actor: Actor, plan: ProjectPlan, position: int) -> DeclaredProject:
    """Bring the project to its plan, in the caller's transaction; the caller has checked the right."""
    refuse_faults(plan, find_plan_faults(plan, read_known_codes()))
    Project.objects.select_for_update().filter(key=plan.key).first()
    changes = compare_project(plan, position)
    if changes.blocked:
        raise UserError(
            _("项目“%(name)s”的改动会丢失进展，没有做任何改动。") % {"name": plan.name},
            hint="; ".join(f"{item.key} {item.name}：{item.blocked}" for item in changes.blocked),
        )
    project = _write_project(plan, changes.comparisons["project"])
    if changes.items:
        _write_tasks(project, changes.comparisons["task"])
        _write_links(project, changes.comparisons["link"])
        _write_money(project, changes.comparisons["money"])
        _write_permits(project, changes.comparisons["permit"])
        _record_declaration(actor, project, changes)
    return DeclaredProject(project, changes.items)


@transaction.atomic
def retire_project(*, actor: Actor, key: str) -> None:
    """Remove a project from lists and lights; what users reported of it stays."""
    actor.require(RIGHT)
    project = Project.objects.select_for_update().filter(key=key, active=True).first()
    if project is not None:
        project.active = False
        project.save(update_fields=["active"])
        record_entry(
            actor=actor,
            action="projects.project:retire",
            obj_type="projects.project",
            obj_id=project.pk,
            before={"active": True},
            after={"active": False},
        )


def refuse_faults(plan: ProjectPlan, faults: Sequence[PlanFault]) -> None:
    """Raise UserError with every fault of a plan, if there are any."""
    if faults:
        messages = [f"[{fault.table} {fault.number + 1}] {fault.message}{fault.hint}" for fault in faults]
        raise UserError(
            _("项目“%(name)s”的计划有 %(n)s 处错误，没有做任何改动。")
            % {"name": plan.name, "n": len(faults)},
            hint="; ".join(messages),
            field=faults[0].field,
        )


# -- writing the rows of a project -----------------------------------------------------------------------------------


def _map_unit_ids() -> dict[str, int]:
    return {info.code: pk for pk, info in UNITS.get().items()}


def _list_stored_ids(comparison: Comparison, *actions: str) -> list[int]:
    return [comparison.current[key]["pk"] for key in comparison.keys(*actions)]


def _write_project(plan: ProjectPlan, comparison: Comparison) -> Project:
    project = Project.objects.filter(key=plan.key).first() or Project(key=plan.key)
    if not comparison.keys(CREATE, CHANGE):
        return project
    values = dict(comparison.wanted[plan.key])
    area = next((info for info in AREAS.get().values() if info.code == plan.area), None)
    project.kind = ProjectKind.objects.get(code=values.pop("kind"))
    project.premise = Premise.objects.filter(code=values.pop("premise")).first()
    project.unit_id = _map_unit_ids()[values.pop("unit")]
    values.pop("area")
    project.area_id, project.area_path = (area.id, area.path) if area is not None else (None, "")
    for name, value in values.items():
        setattr(project, name, value)
    project.save()
    return project


def _write_tasks(project: Project, comparison: Comparison) -> None:
    units, wanted = _map_unit_ids(), comparison.wanted

    def make_task(key: str, pk: int | None) -> Task:
        values = {name: wanted[key][name] for name in TASK_COLUMNS}
        return Task(pk=pk, project=project, code=key, unit_id=units.get(wanted[key]["unit"]), **values)

    _store_rows(Task, comparison, make_task, ["unit", *TASK_COLUMNS])
    ids = dict(Task.objects.filter(project=project).values_list("code", "pk"))
    moved = [
        item.key
        for item in comparison.items
        if item.action == CREATE or (item.action == CHANGE and "parent" in item.fields)
    ]
    children = [Task(pk=ids[key], parent_id=ids.get(wanted[key]["parent"])) for key in moved]
    Task.objects.bulk_update(children, ["parent"], batch_size=BATCH)
    Task.objects.filter(pk__in=_list_stored_ids(comparison, RETIRE)).update(active=False)


def _write_links(project: Project, comparison: Comparison) -> None:
    Link.objects.filter(pk__in=_list_stored_ids(comparison, RETIRE)).delete()
    ids = dict(Task.objects.filter(project=project).values_list("code", "pk"))

    def make_link(key: str, pk: int | None) -> Link:
        values = comparison.wanted[key]
        before, after = ids[values["before"]], ids[values["after"]]
        return Link(
            pk=pk, project=project, before_id=before, after_id=after, kind=values["kind"], lag=values["lag"]
        )

    _store_rows(Link, comparison, make_link, ["lag"])


def _write_money(project: Project, comparison: Comparison) -> None:
    """Delete the months that the plan no longer names; a month with a payment stays, without a budget."""
    retired = [comparison.current[key] for key in comparison.keys(RETIRE)]
    rows = ProjectMoney.objects.filter(project=project)
    rows.filter(pk__in=[row["pk"] for row in retired if not row["paid"]]).delete()
    rows.filter(pk__in=[row["pk"] for row in retired if row["paid"]]).update(budget=0, declared=False)

    def make_money(key: str, pk: int | None) -> ProjectMoney:
        return ProjectMoney(pk=pk, project=project, **comparison.wanted[key])

    _store_rows(ProjectMoney, comparison, make_money, ["budget", "declared"])


def _write_permits(project: Project, comparison: Comparison) -> None:
    Permit.objects.filter(pk__in=_list_stored_ids(comparison, RETIRE)).update(active=False)

    def make_permit(key: str, pk: int | None) -> Permit:
        return Permit(pk=pk, project=project, code=key, **comparison.wanted[key])

    _store_rows(Permit, comparison, make_permit, PERMIT_COLUMNS)


def _store_rows(
    model: Any, comparison: Comparison, make_row: Callable[[str, int | None], Any], columns: list[str]
) -> None:
    """Insert the rows to be created, and write the plan's columns of those to be changed, and no other column."""
    model.objects.bulk_create([make_row(key, None) for key in comparison.keys(CREATE)], batch_size=BATCH)
    changed = [make_row(key, comparison.current[key]["pk"]) for key in comparison.keys(CHANGE)]
    if changed:
        model.objects.bulk_update(changed, columns, batch_size=BATCH)


# -- the audit -------------------------------------------------------------------------------------------------------


def _record_declaration(actor: Actor, project: Project, changes: Plan) -> None:
    """Write an entry of the project with what changed in it; a new project's rows are counted, not listed."""
    if changes.keys("project", CREATE):
        counts = {table: len(comparison.keys(CREATE)) for table, comparison in changes.comparisons.items()}
        content: dict[str, Any] = {"rows": counts}
    else:
        content = {"steps": [_describe_item(item) for item in changes.items]}
    after = {"key": project.key, "name": project.name, **content}
    record_entry(actor=actor, action=DECLARE, obj_type="projects.project", obj_id=project.pk, after=after)


def _describe_item(item: Item) -> dict[str, Any]:
    fields = {name: [as_json_value(value) for value in pair] for name, pair in item.fields.items()}
    return {"action": item.action, "table": item.kind, "key": item.key, "note": item.note, **fields}
