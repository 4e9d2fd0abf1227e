"""The commands `jiedao project`: the schedule of a project on a terminal or as JSON."""

import json
from datetime import date, datetime

import click
from django.utils.translation import gettext as _

from jiedao.orgs.actor import make_system_actor
from jiedao.projects.access import get_project
from jiedao.projects.selectors.scheduling import ProjectSchedule, TaskDates, read_schedule
from jiedao.projects.words import describe_margin, describe_provisional_years, describe_slack


@click.group()
def project_group() -> None:
    """Look at key projects."""


@project_group.command()
@click.argument("key")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="As seen on this day; today by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def schedule(key: str, day: datetime | None, as_json: bool) -> None:
    """Compute the schedule of a project backwards from its fixed completion, and forwards from what has happened."""
    project = get_project(make_system_actor("jiedao project schedule"), key)
    plan = read_schedule(project, day.date() if day is not None else None)
    if as_json:
        click.echo(json.dumps([row.as_json() for row in plan.rows], ensure_ascii=False, indent=2))
        return
    click.echo(_format_summary(plan))
    if note := describe_provisional_years(plan.provisional_years):
        click.echo(note)
    for row in plan.rows:
        click.echo(_format_row(row, plan.day))


def _format_summary(plan: ProjectSchedule) -> str:
    promised_date = plan.project.completion_date
    if plan.forecast_date is None:
        return _("%(name)s：承诺 %(promise)s，没有排工期。") % {
            "name": plan.project.label,
            "promise": promised_date,
        }
    text = _("%(name)s：承诺 %(promise)s，预计 %(date)s，%(margin)s。")
    if plan.done:
        text = _("%(name)s：承诺 %(promise)s，%(date)s 全部完成，%(margin)s。")
    return text % {
        "name": plan.project.label,
        "promise": promised_date,
        "date": plan.forecast_date,
        "margin": describe_margin(plan),
    }


def _format_row(row: TaskDates, day: date) -> str:
    state = describe_slack(row, day) if row.finished or row.late_by_days else ""
    if row.critical and not row.late_by_days:
        state = _("关键")
    if row.provisional:
        state += _("（暂定）")
    cells = [row.task.code, row.latest_start, row.latest_finish, row.slack_days, row.task.label, state]
    return "\t".join(str(cell) for cell in cells)
