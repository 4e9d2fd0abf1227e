"""Compare a plan with the stored project, to show what declaring it would change. Nothing is written.

The plan owns what it states. What users reported (progress, payments, grants) is not compared.
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel.packs.comparing import Changes, Comparison, list_items
from jiedao.kernel.packs.plan import Plan
from jiedao.kernel.packs.rows import Values
from jiedao.orgs.units import UNITS
from jiedao.places.models import Premise
from jiedao.places.selectors import AREAS
from jiedao.projects.models import (
    Link,
    Permit,
    Project,
    ProjectKind,
    ProjectMeasure,
    ProjectMoney,
    Task,
    TaskLevel,
)
from jiedao.projects.plan import KnownCodes, ProjectPlan

PROJECT_COLUMNS = (
    "pk",
    "name",
    "name_en",
    "leader",
    "start_date",
    "completion_date",
    "facts",
    "note",
    "position",
    "active",
)
TASK_COLUMNS = (
    "pk",
    "code",
    "name",
    "name_en",
    "level",
    "position",
    "duration",
    "start_date",
    "due_date",
    "active",
    "actual_start",
    "percent",
    "parent__code",
    "unit_id",
)
MONEY_COLUMNS = ("pk", "month", "kind", "budget", "paid", "declared")
PERMIT_COLUMNS = ("pk", "code", "name", "name_en", "authority", "due_date", "active")


def read_known_codes() -> KnownCodes:
    """Return the codes of the town that a plan may name."""
    return KnownCodes(
        kinds=set(ProjectKind.objects.filter(active=True).values_list("code", flat=True)),
        measures=set(ProjectMeasure.objects.filter(active=True).values_list("code", flat=True)),
        units={info.code for info in UNITS.get().values() if info.active},
        areas={info.code for info in AREAS.get().values()},
        premises=set(Premise.objects.filter(active=True).values_list("code", flat=True)),
    )


def compare_project(plan: ProjectPlan, position: int = 0) -> Plan:
    """Compare a plan without faults with the stored project, in six statements.

    The kinds of the result are project, task, link, money and permit; keys are the codes of the plan.
    """
    project = Project.objects.filter(key=plan.key).first()
    wanted = _read_wanted(plan, position)
    stored = _read_stored(project) if project is not None else {table: {} for table in wanted}
    changes = Plan()
    for table, rows in wanted.items():
        comparison = Comparison(table, rows, stored[table])
        retired = [key for key, values in stored[table].items() if _is_retired(key, values, rows)]
        comparison.items = list_items(
            comparison,
            retired=retired,
            find_changes=_find_changes,
            name=lambda key, values: values.get("name") or key,
            blocked=_find_blocked(comparison),
            notes={key: note for key in retired if (note := _describe_loss(table, stored[table][key]))},
        )
        changes.comparisons[table] = comparison
    return changes


def make_link_key(before: str, after: str, kind: str) -> str:
    """Return the key of a link, such as "design → frame FS"."""
    return f"{before} → {after} {kind}"


# -- the two sides ---------------------------------------------------------------------------------------------------


def _read_wanted(plan: ProjectPlan, position: int) -> dict[str, dict[str, Values]]:
    project = {
        "name": plan.name,
        "name_en": plan.name_en,
        "kind": plan.kind,
        "area": plan.area,
        "premise": plan.premise,
        "unit": plan.unit,
        "leader": plan.leader,
        "start_date": plan.start,
        "completion_date": plan.completion,
        "facts": dict(plan.facts),
        "note": plan.note,
        "position": position,
        "active": True,
    }
    tasks = {
        task.code: {
            "name": task.name,
            "name_en": task.name_en,
            "level": task.level,
            "parent": task.parent,
            "position": place,
            "duration": task.duration,
            "unit": task.unit,
            "start_date": task.start,
            "due_date": task.due,
            "active": True,
        }
        for place, task in enumerate(plan.tasks)
    }
    permits = {
        permit.code: {
            "name": permit.name,
            "name_en": permit.name_en,
            "authority": permit.authority,
            "due_date": permit.due,
            "active": True,
        }
        for permit in plan.permits
    }
    money = {
        month.key: {
            "month": month.month.replace(day=1),
            "kind": month.kind,
            "budget": round(Decimal(month.budget), 2),
            "declared": True,
        }
        for month in plan.money
    }
    links = {
        make_link_key(link.before, link.after, link.kind): {
            "before": link.before,
            "after": link.after,
            "kind": link.kind,
            "lag": link.lag,
        }
        for link in plan.links
    }
    return {"project": {plan.key: project}, "task": tasks, "link": links, "money": money, "permit": permits}


def _read_stored(project: Project) -> dict[str, dict[str, Values]]:
    units = {pk: info.code for pk, info in UNITS.get().items()}
    areas = {pk: info.code for pk, info in AREAS.get().items()}
    values = {name: getattr(project, name) for name in PROJECT_COLUMNS}
    values |= {
        "kind": project.kind.code,
        "area": areas.get(project.area_id or 0, ""),
        "premise": project.premise.code if project.premise else "",
        "unit": units.get(project.unit_id, ""),
    }
    tasks = {}
    for row in Task.objects.filter(project=project).values(*TASK_COLUMNS):
        row["parent"], row["unit"] = row.pop("parent__code") or "", units.get(row.pop("unit_id"), "")
        tasks[row["code"]] = row
    links = {
        make_link_key(before, after, kind): {
            "pk": pk,
            "before": before,
            "after": after,
            "kind": kind,
            "lag": lag,
        }
        for pk, before, after, kind, lag in Link.objects.filter(project=project).values_list(
            "pk", "before__code", "after__code", "kind", "lag"
        )
    }
    money = ProjectMoney.objects.filter(project=project).values(*MONEY_COLUMNS)
    permits = Permit.objects.filter(project=project).values(*PERMIT_COLUMNS)
    return {
        "project": {project.key: values},
        "task": tasks,
        "link": links,
        "money": {f"{row['month']:%Y-%m} {row['kind']}": row for row in money},
        "permit": {row["code"]: row for row in permits},
    }


# -- the difference --------------------------------------------------------------------------------------------------


def _find_changes(stored: Values, wanted: Values) -> Changes:
    return {name: [stored[name], value] for name, value in wanted.items() if stored[name] != value}


def _is_retired(key: str, stored: Values, wanted: dict[str, Values]) -> bool:
    """Return whether the plan no longer contains a stored row, which is in use and was not added by a user."""
    return key not in wanted and stored.get("active", True) and stored.get("declared", True)


def _find_blocked(comparison: Comparison) -> dict[str, str]:
    """Return by key why a task with progress cannot become a stage: a stage has the times of its tasks."""
    return {
        key: _("已有进展的任务不能改为阶段：请另设阶段，把它放在下面。")
        for key, wanted in comparison.wanted.items()
        if wanted.get("level") == TaskLevel.STAGE
        and comparison.current.get(key, {}).get("actual_start") is not None
    }


def _describe_loss(table: str, stored: Values) -> str:
    """Return what happens to the reports of a row that is retired; "" if it has none."""
    if table == "task" and stored["actual_start"] is not None:
        return _("已有进展（%(percent)s%%）：停用，进展记录保留。") % {"percent": stored["percent"]}
    if table == "money" and stored["paid"]:
        return _("已付 %(paid)s 元：计划清零，付款保留。") % {"paid": stored["paid"]}
    return ""


def as_json_value(value: Any) -> Any:
    """Return a value of a plan as JSON can hold it, for the plan of a pack and for the audit."""
    return value if isinstance(value, int | float | bool | dict | None) else str(value)
