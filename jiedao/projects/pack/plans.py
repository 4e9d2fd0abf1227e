"""The projects of a pack: from the flat rows of `projects.toml` to plans, and what applying them changes."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import translation

from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import Actor
from jiedao.packs.desired import Values, texts
from jiedao.packs.pack import Pack
from jiedao.packs.reading import Row
from jiedao.projects.actions.declaring import declare_project, retire_project
from jiedao.projects.comparing import CHANGE, CREATE, Comparison, compare
from jiedao.projects.models import Project
from jiedao.projects.plan import LinkPlan, MoneyPlan, PermitPlan, ProjectPlan, TaskPlan

FILE = "projects.toml"
PARTS = {  # table -> what a row needs to be read as a part of a plan, and what makes it
    "task": ({"code", "name"}, TaskPlan),
    "link": ({"before", "after"}, LinkPlan),
    "money": ({"month", "budget"}, MoneyPlan),
    "permit": ({"code", "name", "due"}, PermitPlan),
}
NEEDED = {"key", "kind", "name", "unit", "start", "completion"}

# -- from rows to plans ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planned:
    """A plan with the rows behind it, by table; the n-th row of a table is the n-th part of the plan.

    It is not `whole` when a task was left out for want of something: what names it is then no fault of its own.
    """

    plan: ProjectPlan
    rows: dict[str, list[Row]]
    whole: bool


def planned(pack: Pack) -> dict[str, Planned]:
    """Return each project by key, of those that stand twice the first; rows without what they need are left out."""
    parts: dict[str, dict[str, list[Row]]] = defaultdict(lambda: {table: [] for table in PARTS})
    for table, (needed, _made) in PARTS.items():
        for row in pack.rows(FILE, table):
            if needed <= set(row.values):
                parts[row.values.get("project", "")][table].append(row)
    counts = Counter(row.values.get("project") for row in pack.rows(FILE, "task"))
    found = {}
    for key, row in pack.coded(FILE, "project", "key").items():
        if set(row.values) >= NEEDED:
            rows = parts[key]
            made = {table: [_part(table, one.values) for one in rows[table]] for table in PARTS}
            plan = ProjectPlan(
                **row.values,
                tasks=made["task"],
                links=made["link"],
                money=made["money"],
                permits=made["permit"],
            )
            whole = len(rows["task"]) == counts[key]
            found[key] = Planned(plan, {**rows, "project": [row]}, whole)
    return found


def _part(table: str, values: Values) -> Any:
    given = {name: value for name, value in values.items() if name != "project"}
    if table == "money":
        given["budget"] = Decimal(str(given["budget"]))
    return PARTS[table][1](**given)


def kinds(pack: Pack) -> dict[str, Values]:
    """Return every kind of project, in the order of the file."""
    return {
        code: {**texts(row, "code", "name", "name_en"), "position": position}
        for position, (code, row) in enumerate(pack.coded(FILE, "project_kind").items())
    }


def measures(pack: Pack) -> dict[str, Values]:
    """Return every measure of projects, in the order of the file."""
    return {
        code: {**texts(row, "code", "name", "name_en", "unit", "unit_en"), "position": position}
        for position, (code, row) in enumerate(pack.coded(FILE, "project_measure").items())
    }


# -- plan and apply --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProjectChange:
    """What applying changes of one project, part by part; see `plan.Item`."""

    action: str
    key: str
    name: str
    fields: dict[str, list[Any]]
    blocked: str
    note: str


def project_changes(pack: Pack) -> list[ProjectChange]:
    """Compare the projects of a checked pack with those that are kept; those that it no longer has come last."""
    plans = planned(pack)
    with translation.override("en"):
        found = [
            _change(one.plan, compare(one.plan, position)) for position, one in enumerate(plans.values())
        ]
    gone = Project.objects.filter(active=True).exclude(key__in=plans)
    return [
        *(change for change in found if change is not None),
        *(
            ProjectChange("retire", row.key, row.name, {}, "", "its progress stays and is no longer shown")
            for row in gone
        ),
    ]


def _change(plan: ProjectPlan, found: Comparison) -> ProjectChange | None:
    if not found.steps:
        return None
    about = (plan.key, plan.name)
    if found.keys("project", CREATE):
        counts = {table: len(rows) for table, rows in found.wanted.items() if table != "project" and rows}
        return ProjectChange(CREATE, *about, {table: [None, n] for table, n in counts.items()}, "", "")
    fields: dict[str, list[Any]] = {}
    for step in found.steps:
        label = "" if step.table == "project" else f"{step.table} {step.key} "
        for name, pair in step.fields.items():
            fields[f"{label}{name}"] = [_brief(value) for value in pair]
        if step.action != CHANGE:
            fields[label.strip()] = [None, step.name] if step.action == CREATE else [step.name, None]
    blocked = "; ".join(f"{step.key}: {step.blocked}" for step in found.steps if step.blocked)
    note = "; ".join(f"{step.key}: {step.note}" for step in found.steps if step.note)
    return ProjectChange(CHANGE, *about, fields, blocked, note)


def _brief(value: Any) -> Any:
    return value if isinstance(value, int | float | bool | dict | None) else str(value)


def write_projects(pack: Pack, actor: Actor, created_or_changed: set[str], retired: set[str]) -> None:
    """Declare the projects named, after everything that they name was written; each leaves its own audit entry."""
    forget_all()  # units and areas of this very transaction
    try:
        for position, (key, one) in enumerate(planned(pack).items()):
            if key in created_or_changed:
                declare_project(actor=actor, plan=one.plan, position=position)
        for key in retired:
            retire_project(actor=actor, key=key)
    except Exception:
        forget_all()  # what was read in this transaction never happened
        raise
