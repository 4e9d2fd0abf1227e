"""What declaring a plan would change: its rows beside those that are kept. Nothing is written.

The plan owns what it says; what was reported on the desk (progress, payments, grants) is not part of the comparison.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

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
from jiedao.projects.plan import Known, ProjectPlan

Values = dict[str, Any]
CREATE, CHANGE, RETIRE = "create", "change", "retire"


@dataclass(frozen=True)
class Step:
    """One row that would be created, changed or retired.

    Attributes:
        table: project, task, link, money or permit.  key: its code in the plan.
        fields: of a change, each column with its old and new value.
        blocked: why it cannot be done, empty when it can.  note: what a person should know of it.
    """

    action: str
    table: str
    key: str
    name: str
    fields: Mapping[str, list[Any]] = field(default_factory=dict)
    blocked: str = ""
    note: str = ""


@dataclass
class Comparison:
    """The steps, and by table and key the values wanted and kept (those with the row's `pk`)."""

    steps: list[Step] = field(default_factory=list)
    wanted: dict[str, dict[str, Values]] = field(default_factory=dict)
    kept: dict[str, dict[str, Values]] = field(default_factory=dict)

    def keys(self, table: str, *actions: str) -> list[str]:
        """Return the keys of a table's rows to which one of the actions would be done."""
        return [step.key for step in self.steps if step.table == table and step.action in actions]


def known_codes() -> Known:
    """Return the codes of the town that a plan may name."""
    return Known(
        kinds=set(ProjectKind.objects.filter(active=True).values_list("code", flat=True)),
        measures=set(ProjectMeasure.objects.filter(active=True).values_list("code", flat=True)),
        units={info.code for info in UNITS.get().values() if info.active},
        areas={info.code for info in AREAS.get().values()},
        premises=set(Premise.objects.filter(active=True).values_list("code", flat=True)),
    )


def compare(plan: ProjectPlan, position: int = 0) -> Comparison:
    """Compare a sound plan with what is kept of the project, in six statements."""
    found = Comparison(wanted=_wanted(plan, position))
    project = Project.objects.filter(key=plan.key).first()
    found.kept = _kept(project) if project is not None else {table: {} for table in found.wanted}
    for table, rows in found.wanted.items():
        kept = found.kept[table]
        for key, values in rows.items():
            if key not in kept:
                found.steps.append(Step(CREATE, table, key, values.get("name") or key))
            elif fields := _differences(kept[key], values):
                found.steps.append(
                    Step(CHANGE, table, key, values.get("name") or key, fields, _blocked(kept[key], values))
                )
        found.steps += [_gone(table, key, values) for key, values in kept.items() if _goes(key, values, rows)]
    return found


def _wanted(plan: ProjectPlan, position: int) -> dict[str, dict[str, Values]]:
    project = {
        "name": plan.name, "name_en": plan.name_en, "kind": plan.kind, "area": plan.area,
        "premise": plan.premise, "unit": plan.unit, "leader": plan.leader, "start_date": plan.start,
        "completion_date": plan.completion, "facts": dict(plan.facts), "note": plan.note,
        "position": position, "active": True,
    }  # fmt: skip
    tasks = {
        one.code: {
            "name": one.name, "name_en": one.name_en, "level": one.level, "parent": one.parent, "position": number,
            "duration": one.duration, "unit": one.unit, "start_date": one.start, "due_date": one.due, "active": True,
        }
        for number, one in enumerate(plan.tasks)
    }  # fmt: skip
    permits = {
        one.code: {
            "name": one.name, "name_en": one.name_en, "authority": one.authority, "due_date": one.due, "active": True,
        }
        for one in plan.permits
    }  # fmt: skip
    money = {
        one.key: {
            "month": one.month.replace(day=1),
            "kind": one.kind,
            "budget": round(Decimal(one.budget), 2),
            "declared": True,
        }
        for one in plan.money
    }
    links = {
        link_key(one.before, one.after, one.kind): {
            "before": one.before,
            "after": one.after,
            "kind": one.kind,
            "lag": one.lag,
        }
        for one in plan.links
    }
    return {"project": {plan.key: project}, "task": tasks, "link": links, "money": money, "permit": permits}


def link_key(before: str, after: str, kind: str) -> str:
    """Return how a link is named, such as "design → frame FS"."""
    return f"{before} → {after} {kind}"


def _kept(project: Project) -> dict[str, dict[str, Values]]:
    units = {pk: info.code for pk, info in UNITS.get().items()}
    areas = {pk: info.code for pk, info in AREAS.get().items()}
    names = (
        "pk", "name", "name_en", "leader", "start_date", "completion_date", "facts", "note", "position", "active",
    )  # fmt: skip
    own = {name: getattr(project, name) for name in names}
    own |= {
        "kind": project.kind.code,
        "area": areas.get(project.area_id or 0, ""),
        "premise": project.premise.code if project.premise else "",
        "unit": units.get(project.unit_id, ""),
    }
    columns = (
        "pk", "code", "name", "name_en", "level", "position", "duration", "start_date", "due_date", "active",
        "actual_start", "percent", "parent__code", "unit_id",
    )  # fmt: skip
    tasks = {}
    for row in Task.objects.filter(project=project).values(*columns):
        row["parent"], row["unit"] = row.pop("parent__code") or "", units.get(row.pop("unit_id"), "")
        tasks[row["code"]] = row
    links = {
        link_key(before, after, kind): {"pk": pk, "before": before, "after": after, "kind": kind, "lag": lag}
        for pk, before, after, kind, lag in Link.objects.filter(project=project).values_list(
            "pk", "before__code", "after__code", "kind", "lag"
        )
    }
    money = ProjectMoney.objects.filter(project=project).values(
        "pk", "month", "kind", "budget", "paid", "declared"
    )
    permits = Permit.objects.filter(project=project).values(
        "pk", "code", "name", "name_en", "authority", "due_date", "active"
    )
    return {
        "project": {project.key: own},
        "task": tasks,
        "link": links,
        "money": {f"{row['month']:%Y-%m} {row['kind']}": row for row in money},
        "permit": {row["code"]: row for row in permits},
    }


def _differences(kept: Values, wanted: Values) -> dict[str, list[Any]]:
    return {name: [kept[name], value] for name, value in wanted.items() if kept[name] != value}


def _blocked(kept: Values, wanted: Values) -> str:
    if wanted.get("level") == TaskLevel.STAGE and kept.get("actual_start") is not None:
        return _("已有进展的任务不能改为阶段：请另设阶段，把它放在下面。")
    return ""


def _goes(key: str, kept: Values, wanted: Iterable[str]) -> bool:
    """Tell whether a kept row goes: the plan no longer names it, and it is neither gone already nor the desk's own."""
    return key not in wanted and kept.get("active", True) and kept.get("declared", True)


def _gone(table: str, key: str, kept: Values) -> Step:
    note = ""
    if table == "task" and kept["actual_start"] is not None:
        note = _("已有进展（%(percent)s%%）：停用，进展记录保留。") % {"percent": kept["percent"]}
    if table == "money" and kept["paid"]:
        note = _("已付 %(paid)s 元：计划清零，付款保留。") % {"paid": kept["paid"]}
    return Step(RETIRE, table, key, kept.get("name") or key, note=note)
