"""Read the flat rows of `projects.toml` into plans of projects."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.projects.pack.tables import PROJECTS
from jiedao.projects.plan import LinkPlan, MoneyPlan, PermitPlan, ProjectPlan, TaskPlan

PARTS = {  # table -> the columns that a row needs, and the class of the part of a plan that it becomes
    "task": ({"code", "name"}, TaskPlan),
    "link": ({"before", "after"}, LinkPlan),
    "money": ({"month", "budget"}, MoneyPlan),
    "permit": ({"code", "name", "due"}, PermitPlan),
}
NEEDED = {"key", "kind", "name", "unit", "start", "completion"}


@dataclass(frozen=True)
class PlannedProject:
    """A plan with the rows behind it, by table; the n-th row of a table is the n-th part of the plan.

    `complete` is False when a task was left out because it lacks a column; links to that task are then no fault.
    """

    plan: ProjectPlan
    rows: dict[str, list[Row]]
    complete: bool


def read_projects(pack: Pack) -> dict[str, PlannedProject]:
    """Return each project by key, the first of several with the same key. Rows that lack a column are left out."""
    parts: dict[str, dict[str, list[Row]]] = defaultdict(lambda: {table: [] for table in PARTS})
    for table, (needed, _part) in PARTS.items():
        for row in pack.rows(PROJECTS, table):
            if needed <= set(row.values):
                parts[row.get("project")][table].append(row)
    task_counts = Counter(row.values.get("project") for row in pack.rows(PROJECTS, "task"))
    projects = {}
    for key, row in pack.by_key(PROJECTS, "project", "key").items():
        if set(row.values) >= NEEDED:
            rows = parts[key]
            complete = len(rows["task"]) == task_counts[key]
            projects[key] = PlannedProject(_make_plan(row, rows), {**rows, "project": [row]}, complete)
    return projects


def _make_plan(row: Row, parts: dict[str, list[Row]]) -> ProjectPlan:
    plan_parts = {table: [_make_part(table, part.values) for part in rows] for table, rows in parts.items()}
    return ProjectPlan(
        **row.values,
        tasks=plan_parts["task"],
        links=plan_parts["link"],
        money=plan_parts["money"],
        permits=plan_parts["permit"],
    )


def _make_part(table: str, row: Values) -> Any:
    values = {name: value for name, value in row.items() if name != "project"}
    if table == "money":
        values["budget"] = Decimal(str(values["budget"]))
    return PARTS[table][1](**values)
