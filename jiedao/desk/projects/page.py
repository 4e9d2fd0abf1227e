"""The content of a project's page: facts, light, chart, the plan as a table, money, permits, obstacles."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases.flow import STATE_TONES as CASE_TONES
from jiedao.cases.models import Case
from jiedao.desk.links import list_promise_origins
from jiedao.desk.projects.gantt import build_gantt, count_depths, has_begun
from jiedao.desk.projects.listing import format_number
from jiedao.desk.projects.updates import may_write
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.amounts import format_yuan
from jiedao.pages.choices import translate_person_label
from jiedao.pages.tones import LIGHT_TONES
from jiedao.places.selectors import area_text
from jiedao.projects.models import Link, Obstacle, Permit, Progress, Project, ProjectMeasure, TaskLevel
from jiedao.projects.network import LinkKind
from jiedao.projects.selectors.lights import Light, read_light
from jiedao.projects.selectors.projects import read_project_money
from jiedao.projects.words import describe_margin, describe_provisional_years, describe_slack

MAX_REPORTS = 8


def build_context(actor: Actor, project: Project) -> dict[str, Any]:
    """Return the template context; the number of queries does not depend on the length of the plan."""
    light = read_light(project)
    return {
        "now": clock.now(),
        "project": project,
        "light": light,
        "tone": LIGHT_TONES[light.colour],
        "margin": describe_margin(light.schedule),
        "provisional": describe_provisional_years(light.schedule.provisional_years),
        "facts": list_facts(light),
        "origins": list_promise_origins(actor, project),
        "chart": build_gantt(light),
        "lines": list_tasks(light),
        "money": list_money(project),
        "permits": [
            _describe_permit(permit, light.schedule.day)
            for permit in Permit.objects.filter(project=project, active=True)
        ],
        "obstacles": list_obstacles(actor, project),
        "reports": list_reports(project),
        "may": {
            what: may_write(actor, project, what) for what in ("progress", "money", "permit", "obstacle")
        },
    }


def list_facts(light: Light) -> list[tuple[str, str]]:
    """Return the facts at the top of the page, with the measures of the project last."""
    project = light.project
    premise = project.premise.label if project.premise is not None else ""
    place = " · ".join(text for text in (area_text(project.area_path), premise) if text)
    rows = [
        (_("种类"), project.kind.label),
        (_("责任单位"), project.unit.label),
        (_("负责人"), project.leader),
        (_("地点"), place),
        (_("开始日期"), project.start_date.isoformat()),
    ]
    rows += [
        (measure.label, f"{format_number(project.facts[measure.code])} {measure.unit_label}")
        for measure in ProjectMeasure.objects.filter(active=True)
        if measure.code in project.facts
    ]
    return [*rows, (_("说明"), project.note)] if project.note else rows


def list_tasks(light: Light) -> list[dict[str, Any]]:
    """Return the rows of the table of tasks; `predecessors` states what a task has to wait for."""
    plan = light.schedule
    names = {task.pk: task.label for task in plan.tasks}
    predecessors: defaultdict[int, list[str]] = defaultdict(list)
    for link in Link.objects.filter(project=plan.project).order_by("pk"):
        if link.before_id in names:
            predecessors[link.after_id].append(_describe_link(names[link.before_id], link))
    depths = count_depths(plan.tasks)
    lines = []
    for row in plan.rows:
        unit = unit_info(row.task.unit_id)
        lines.append(
            {
                "row": row,
                "task": row.task,
                "depth": min(depths[row.task.pk], 3),
                "percent": plan.percents[row.task.pk],
                "begun": has_begun(row, plan.percents[row.task.pk]),
                "slack": describe_slack(row, plan.day),
                "unit": unit.label if unit is not None else "",
                "predecessors": predecessors[row.task.pk],
                "stage": row.task.level == TaskLevel.STAGE,
                "milestone": row.task.level == TaskLevel.MILESTONE,
            }
        )
    return lines


def _describe_link(name: str, link: Link) -> str:
    text = _("“%(task)s”完成后") if link.kind == LinkKind.FINISH_START else _("“%(task)s”开始后")
    description = text % {"task": name}
    if link.lag:
        description += _("%(n)+d 个工作日") % {"n": link.lag}
    return description


def list_money(project: Project) -> dict[str, Any]:
    """Return the money by month, each with the amounts planned and paid until then."""
    planned = spent = Decimal(0)
    lines = []
    for row in read_project_money(project):
        planned, spent = planned + row.budget, spent + row.paid
        lines.append(
            {
                "row": row,
                "month": f"{row.month:%Y-%m}",
                "budget": format_yuan(row.budget),
                "paid": format_yuan(row.paid),
                "planned": format_yuan(planned),
                "spent": format_yuan(spent),
            }
        )
    return {
        "rows": lines,
        "planned": format_yuan(planned),
        "spent": format_yuan(spent),
        "budget": planned,
        "paid": spent,
    }


def _describe_permit(permit: Permit, day: date) -> dict[str, Any]:
    if permit.granted_date is not None:
        return {"permit": permit, "label": _("已取得"), "tone": "good"}
    if permit.due_date < day:
        return {"permit": permit, "label": _("已过期限"), "tone": "bad"}
    if permit.submitted_date is not None:
        return {"permit": permit, "label": _("已报送"), "tone": "info"}
    return {"permit": permit, "label": _("未报送"), "tone": "neutral"}


def list_obstacles(actor: Actor, project: Project) -> list[dict[str, Any]]:
    """Return the obstacles, newest first, with their cases; `visible` marks the cases that the user may see."""
    rows: Sequence[Obstacle] = list(project.obstacles.select_related("case", "task"))
    visible_case_ids = set(
        Case.objects.visible_to(actor)
        .filter(pk__in=[row.case_id for row in rows])
        .values_list("pk", flat=True)
    )
    open_ids = set(Obstacle.objects.open().filter(project=project).values_list("pk", flat=True))
    return [
        {
            "obstacle": row,
            "open": row.pk in open_ids,
            "visible": row.case_id in visible_case_ids,
            "tone": CASE_TONES.get(row.case.state, "neutral"),
            "who": translate_person_label(row.actor_label),
        }
        for row in rows
    ]


def list_reports(project: Project) -> list[dict[str, Any]]:
    """Return the latest reports of progress, as entries of the timeline."""
    rows = Progress.objects.filter(task__project=project).select_related("task")[:MAX_REPORTS]
    return [
        {
            "at": row.at,
            "who": translate_person_label(row.actor_label),
            "text": row.note,
            "icon": "clipboard-check",
            "tone": "good" if row.actual_finish else "info",
            "title": _("%(task)s：%(n)s%%") % {"task": row.task.label, "n": row.percent},
        }
        for row in rows
    ]
