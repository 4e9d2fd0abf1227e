"""Declaring kinds, measures and projects as a pack plans them. What was reported on the desk is never touched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import UNITS
from jiedao.places.models import Premise
from jiedao.places.selectors import AREAS
from jiedao.projects.comparing import CHANGE, CREATE, RETIRE, Comparison, Step, compare, known_codes
from jiedao.projects.models import Link, Permit, Project, ProjectKind, ProjectMoney, Task
from jiedao.projects.plan import PlanFault, ProjectPlan, faults_of

BATCH = 500
DECLARE = "projects.project:declare"


@dataclass(frozen=True)
class Declared:
    """The project as it is kept now, and what was done; no step when nothing differed."""

    project: Project
    steps: Sequence[Step]


@transaction.atomic
def declare_project(*, actor: Actor, plan: ProjectPlan, position: int = 0) -> Declared:
    """Create the project or bring it to the plan; doing it again changes nothing.

    A task or permit that the plan no longer names is retired, with its progress kept; a month's money that was paid
    keeps the payment.

    Raises:
        NotAllowed: without the right. UserError: with every fault of the plan, or a change that would lose progress.
    """
    actor.need("packs.pack:apply")
    refuse(plan, faults_of(plan, known_codes()))
    Project.objects.select_for_update().filter(key=plan.key).first()
    found = compare(plan, position)
    if blocked := [step for step in found.steps if step.blocked]:
        raise UserError(
            _("项目“%(name)s”的改动会丢失进展，没有做任何改动。") % {"name": plan.name},
            hint="; ".join(f"{step.key} {step.name}：{step.blocked}" for step in blocked),
        )
    project = _write_project(plan, found)
    if found.steps:
        _write_tasks(project, found)
        _write_links(project, found)
        _write_money(project, found)
        _write_permits(project, found)
        _audit(actor, project, found)
    return Declared(project, found.steps)


@transaction.atomic
def retire_project(*, actor: Actor, key: str) -> None:
    """Take a project out of lists and lights; everything that was reported of it stays."""
    actor.need("packs.pack:apply")
    project = Project.objects.select_for_update().filter(key=key, active=True).first()
    if project is not None:
        project.active = False
        project.save(update_fields=["active"])
        record(
            actor=actor, action="projects.project:retire", obj_type="projects.project", obj_id=project.pk,
            before={"active": True}, after={"active": False},
        )  # fmt: skip


def refuse(plan: ProjectPlan, faults: Sequence[PlanFault]) -> None:
    """Raise UserError that tells every fault of a plan."""
    if faults:
        told = [f"[{fault.table} {fault.number + 1}] {fault.message}{fault.hint}" for fault in faults]
        raise UserError(
            _("项目“%(name)s”的计划有 %(n)s 处错误，没有做任何改动。")
            % {"name": plan.name, "n": len(faults)},
            hint="; ".join(told),
            field=faults[0].field,
        )


def _unit_ids() -> dict[str, int]:
    return {info.code: pk for pk, info in UNITS.get().items()}


def _write_project(plan: ProjectPlan, found: Comparison) -> Project:
    project = Project.objects.filter(key=plan.key).first() or Project(key=plan.key)
    if not found.keys("project", CREATE, CHANGE):
        return project
    values = dict(found.wanted["project"][plan.key])
    area = next((info for info in AREAS.get().values() if info.code == plan.area), None)
    project.kind = ProjectKind.objects.get(code=values.pop("kind"))
    project.premise = Premise.objects.filter(code=values.pop("premise")).first()
    project.unit_id = _unit_ids()[values.pop("unit")]
    values.pop("area")
    project.area_id, project.area_path = (area.id, area.path) if area is not None else (None, "")
    for name, value in values.items():
        setattr(project, name, value)
    project.save()
    return project


def _write_tasks(project: Project, found: Comparison) -> None:
    units, wanted = _unit_ids(), found.wanted["task"]
    columns = ("name", "name_en", "level", "position", "duration", "start_date", "due_date", "active")

    def fill(key: str, pk: int | None) -> Task:
        values = wanted[key]
        plain = {name: values[name] for name in columns}
        return Task(pk=pk, project=project, code=key, unit_id=units.get(values["unit"]), **plain)

    _store(Task, found, "task", fill, ["unit", *columns])
    ids = dict(Task.objects.filter(project=project).values_list("code", "pk"))
    moved = [
        step.key
        for step in found.steps
        if step.table == "task" and (step.action == CREATE or "parent" in step.fields)
    ]
    children = [Task(pk=ids[key], parent_id=ids.get(wanted[key]["parent"])) for key in moved]
    Task.objects.bulk_update(children, ["parent"], batch_size=BATCH)
    gone = [found.kept["task"][key]["pk"] for key in found.keys("task", RETIRE)]
    Task.objects.filter(pk__in=gone).update(active=False)


def _write_links(project: Project, found: Comparison) -> None:
    gone = [found.kept["link"][key]["pk"] for key in found.keys("link", RETIRE)]
    Link.objects.filter(pk__in=gone).delete()
    ids = dict(Task.objects.filter(project=project).values_list("code", "pk"))

    def fill(key: str, pk: int | None) -> Link:
        values = found.wanted["link"][key]
        before, after = ids[values["before"]], ids[values["after"]]
        return Link(
            pk=pk, project=project, before_id=before, after_id=after, kind=values["kind"], lag=values["lag"]
        )

    _store(Link, found, "link", fill, ["lag"])


def _write_money(project: Project, found: Comparison) -> None:
    gone = [found.kept["money"][key] for key in found.keys("money", RETIRE)]
    rows = ProjectMoney.objects.filter(project=project)
    rows.filter(pk__in=[row["pk"] for row in gone if not row["paid"]]).delete()
    rows.filter(pk__in=[row["pk"] for row in gone if row["paid"]]).update(budget=0, declared=False)
    _store(
        ProjectMoney,
        found,
        "money",
        lambda key, pk: ProjectMoney(pk=pk, project=project, **found.wanted["money"][key]),
        ["budget", "declared"],
    )


def _write_permits(project: Project, found: Comparison) -> None:
    gone = [found.kept["permit"][key]["pk"] for key in found.keys("permit", RETIRE)]
    Permit.objects.filter(pk__in=gone).update(active=False)
    _store(
        Permit,
        found,
        "permit",
        lambda key, pk: Permit(pk=pk, project=project, code=key, **found.wanted["permit"][key]),
        ["name", "name_en", "authority", "due_date", "active"],
    )


def _store(
    model: Any, found: Comparison, table: str, fill: Callable[[str, int | None], Any], columns: list[str]
) -> None:
    """Insert the rows to be created, and write the plan's columns of those to be changed, and no other column."""
    kept = found.kept[table]
    model.objects.bulk_create([fill(key, None) for key in found.keys(table, CREATE)], batch_size=BATCH)
    changed = [fill(key, kept[key]["pk"]) for key in found.keys(table, CHANGE)]
    if changed:
        model.objects.bulk_update(changed, columns, batch_size=BATCH)


def _audit(actor: Actor, project: Project, found: Comparison) -> None:
    """Write an entry of the project with what changed in it; a new project's rows are counted, not listed."""
    created = bool(found.keys("project", CREATE))
    told = [
        {"action": step.action, "table": step.table, "key": step.key, "note": step.note,
         **{name: [_plain(value) for value in pair] for name, pair in step.fields.items()}}
        for step in found.steps
    ]  # fmt: skip
    counts = {table: len(found.keys(table, CREATE)) for table in found.wanted}
    after = {"key": project.key, "name": project.name, **({"rows": counts} if created else {"steps": told})}
    record(actor=actor, action=DECLARE, obj_type="projects.project", obj_id=project.pk, after=after)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | bool | dict | None) else str(value)
