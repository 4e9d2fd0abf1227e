"""Projects over JSON: their lights and plans, and reporting progress, permits, money and obstacles."""

from collections.abc import Callable
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from jiedao.api.auth import READ_PROJECTS, WRITE_PROJECTS
from jiedao.api.codes import get_category_id, get_unit_code
from jiedao.api.filters import check_names, check_single, look_up_code, map_area_paths, map_unit_ids
from jiedao.api.paging import read_page
from jiedao.api.schemas_problems import READ, WRITE
from jiedao.api.schemas_projects import (
    MoneyIn,
    ObstacleIn,
    PermitIn,
    ProgressIn,
    ProjectOut,
    ProjectsIn,
    ProjectsOut,
)
from jiedao.indicators.describing import write_number
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.places.selectors import area_chain
from jiedao.projects.access import get_project
from jiedao.projects.actions.obstacles import raise_obstacle
from jiedao.projects.actions.reporting import EDIT, report_permit, report_progress, set_money
from jiedao.projects.models import Obstacle, Permit, Project, Task
from jiedao.projects.selectors.lights import Light, read_light, read_lights_of
from jiedao.projects.selectors.projects import ProjectFilters, find_projects, read_project_money
from jiedao.projects.selectors.scheduling import TaskDates

router = Router(tags=["projects"])
ROOT = "/api/v1/projects"
VIEW = "projects.project:view"
MANY = ("kind", "unit", "area")


def _require_reader(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.require(VIEW)
    return actor


def _open_project(request: HttpRequest, key: str) -> tuple[Actor, Project]:
    """Return the caller and the project, which the caller may read."""
    actor = _require_reader(request)
    return actor, get_project(actor, key)


@router.get("/projects", auth=READ_PROJECTS, response={200: ProjectsOut, **READ}, summary="List the projects")
def list_projects(request: HttpRequest, query: Query[ProjectsIn]) -> Any:
    """List the projects in use with their lights, in the order of the pack, 50 a page."""
    actor = _require_reader(request)
    check_names(request.GET, list(ProjectsIn.model_fields))
    check_single(request.GET, MANY)
    rows = find_projects(actor, ProjectFilters(text=make_storable(query.q or "").strip()))
    rows = rows.filter(_build_filter("unit_id", "unit", query.unit, map_unit_ids))
    rows = rows.filter(_build_filter("area_path__startswith", "area", query.area, map_area_paths))
    if query.kind:
        rows = rows.filter(kind__code__in=query.kind)
    page = read_page(rows, "position", query.cursor)
    lights = read_lights_of(page.rows)
    return {
        "projects": [_describe_project(lights[row.pk]) for row in page.rows],
        **page.build_links(request),
    }


@router.get(
    "/projects/{key}",
    auth=READ_PROJECTS,
    response={200: ProjectOut, **READ},
    summary="Read a project",
)
def read_project(request: HttpRequest, key: str) -> Any:
    """Return a project with its schedule, permits, money and obstacles."""
    return _describe_detail(_open_project(request, key)[1])


@router.post(
    "/projects/{key}/tasks/{code}/progress",
    auth=WRITE_PROJECTS,
    response={200: ProjectOut, **WRITE},
    summary="Report the progress of a task",
)
def report_task_progress(request: HttpRequest, key: str, code: str, body: ProgressIn) -> Any:
    """Report the progress of a task or milestone; 409 when it changed since `version`."""
    actor, project = _open_project(request, key)
    task = _get_part(Task, project, code)
    report_progress(actor=actor, task_id=task.pk, **body.model_dump())
    return _describe_detail(project)


@router.post(
    "/projects/{key}/permits/{code}",
    auth=WRITE_PROJECTS,
    response={200: ProjectOut, **WRITE},
    summary="Report a permit",
)
def report_project_permit(request: HttpRequest, key: str, code: str, body: PermitIn) -> Any:
    """Report when a permit was applied for and granted; 409 when it changed since `version`."""
    actor, project = _open_project(request, key)
    permit = _get_part(Permit, project, code)
    report_permit(actor=actor, permit_id=permit.pk, **body.model_dump())
    return _describe_detail(project)


@router.post(
    "/projects/{key}/money",
    auth=WRITE_PROJECTS,
    response={200: ProjectOut, **WRITE},
    summary="Report the money of a month",
)
def report_project_money(request: HttpRequest, key: str, body: MoneyIn) -> Any:
    """Set what was paid in a month, and the budget where the pack has none; 409 when it changed since `version`."""
    actor, project = _open_project(request, key)
    values = body.model_dump(exclude={"month"})
    set_money(actor=actor, project_id=project.pk, month=date.fromisoformat(f"{body.month}-01"), **values)
    return _describe_detail(project)


@router.post(
    "/projects/{key}/obstacles",
    auth=WRITE_PROJECTS,
    response={201: ProjectOut, **WRITE},
    summary="Raise an obstacle",
)
def raise_project_obstacle(request: HttpRequest, key: str, body: ObstacleIn) -> Any:
    """Raise an obstacle and file the case that is to clear it."""
    actor = _require_reader(request)
    actor.require(EDIT)
    project = get_project(actor, key)
    raise_obstacle(
        actor=actor,
        project_id=project.pk,
        text=body.text,
        task_id=_get_part(Task, project, body.task, "task").pk if body.task else None,
        category_id=get_category_id(body.category),
        client_uuid=body.client_uuid,
    )
    return Status(201, _describe_detail(project))


def _build_filter(column: str, name: str, codes: list[str], load: Callable[[], dict[str, Any]]) -> Q:
    """Return the filter of codes, which are alternatives; raise UserError for an unknown code."""
    known = load() if codes else {}
    conditions = [Q(**{column: look_up_code(name, code, known)}) for code in codes if code]
    return reduce(or_, conditions, Q()) if conditions else Q()


def _get_part(model: Any, project: Project, code: str, field: str = "") -> Any:
    """Return the task or permit of a project by its code; raise NotFoundError, or UserError where a field names it."""
    row = model.objects.filter(project=project, active=True, code=make_storable(code)).first()
    if row is None:
        error = UserError if field else NotFoundError
        raise error(
            _("项目里没有 %(code)s。") % {"code": code[:40]},
            hint=_("编码见 %(url)s。") % {"url": f"{ROOT}/{project.key}"},
            field=field,
        )
    return row


def _describe_project(light: Light) -> dict[str, Any]:
    project, plan = light.project, light.schedule
    areas = area_chain(project.area_path)[-1:]
    return {
        "key": project.key,
        "name": project.label,
        "kind": project.kind.code,
        "kind_name": project.kind.label,
        "unit": project.unit.code,
        "unit_name": project.unit.label,
        "area_code": areas[0].code if areas else "",
        "leader": project.leader,
        "start_date": project.start_date,
        "completion_date": project.completion_date,
        "forecast_date": plan.forecast_date,
        "margin": plan.margin,
        "percent": plan.percent,
        "light": light.colour.value,
        "reasons": list(map(str, light.reasons)),
        "facts": project.facts,
        "url": f"{ROOT}/{project.key}",
    }


def _describe_detail(project: Project) -> dict[str, Any]:
    light = read_light(project)
    percents = light.schedule.percents
    codes = {row.task.pk: row.task.code for row in light.schedule.rows}
    permits = Permit.objects.filter(project=project, active=True)
    open_ids = set(Obstacle.objects.open().filter(project=project).values_list("pk", flat=True))
    obstacles = Obstacle.objects.filter(project=project).select_related("case", "task")
    return _describe_project(light) | {
        "note": project.note,
        "tasks": [
            _describe_task(row, percents[row.task.pk], codes.get(row.task.parent_id or 0, ""))
            for row in light.schedule.rows
        ],
        "permits": [
            {
                name: getattr(permit, name)
                for name in ("code", "authority", "due_date", "submitted_date", "granted_date", "document")
            }
            | {"name": permit.label, "version": permit.version}
            for permit in permits
        ],
        "money": [
            {
                "month": f"{row.month:%Y-%m}",
                "kind": row.kind,
                "budget": write_number(row.budget),
                "paid": write_number(row.paid),
                "version": row.version,
            }
            for row in read_project_money(project)
        ],
        "obstacles": [
            {
                "text": row.text,
                "task": row.task.code if row.task is not None else "",
                "case": row.case.number,
                "case_url": f"/api/v1/cases/{row.case.number}",
                "raised_at": row.raised_at,
                "open": row.pk in open_ids,
            }
            for row in obstacles
        ],
    }


def _describe_task(row: TaskDates, percent: int, parent: str) -> dict[str, Any]:
    task = row.task
    of_task = ("code", "level", "duration", "actual_start", "actual_finish", "version")
    of_row = (
        *("latest_start", "latest_finish", "forecast_start", "forecast_finish"),
        *("slack_days", "late_by_days", "critical"),
    )
    return (
        {name: getattr(task, name) for name in of_task}
        | {name: getattr(row, name) for name in of_row}
        | {
            "name": task.label,
            "percent": percent,
            "parent": parent,
            "unit": get_unit_code(task.unit_id),
        }
    )
