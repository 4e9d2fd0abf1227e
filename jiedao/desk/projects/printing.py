"""The sheet of a project: its light with the reasons, plan, obstacles, permits, money, and the latest reports."""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.desk.projects.page import build_context
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Project
from jiedao.reports.document import Block, Document
from jiedao.reports.printing.parts import (
    Entry,
    format_time,
    join_texts,
    make_facts,
    make_history,
    make_masthead,
    make_paragraphs,
    make_section,
    make_sheet,
    make_table,
)

INDENT = "　"  # of a task under its stage


def make_project_sheet(actor: Actor, project: Project, url: str) -> Document:
    """Return a project as its page shows it to the actor."""
    context = build_context(actor, project)
    blocks: list[Block] = [
        make_masthead(_("重点项目情况表"), (project.label, _describe_promise(project)), url),
        *make_facts(_list_status(context)),
        *make_facts(context["facts"]),
        *make_section(_("任务"), _list_tasks(context)),
        *make_section(_("障碍"), _list_obstacles(context)),
        *make_section(_("用地和许可"), _list_permits(context)),
        *make_section(_("资金（元）"), _list_money(context)),
        *make_section(_("最近填报"), _list_reports(context)),
    ]
    return make_sheet(actor, blocks)


def _describe_promise(project: Project) -> str:
    return _("承诺 %(day)s 完成") % {"day": project.completion_date}


def _list_status(context: dict[str, Any]) -> list[tuple[Any, Any]]:
    light, plan = context["light"], context["light"].schedule
    forecast = plan.forecast_date.isoformat() if plan.forecast_date else ""
    return [
        (_("亮灯"), light.colour.label),
        (_("完成比例"), f"{plan.percent}%"),
        (_("实际完成") if plan.done else _("预计完成"), join_texts(forecast, context["margin"])),
        (_("原因"), "\n".join(map(str, light.reasons))),
        (_("说明"), context["provisional"]),
    ]


def _list_tasks(context: dict[str, Any]) -> list[Block]:
    rows = []
    for line in context["lines"]:
        row, task = line["row"], line["task"]
        mark = _("（关键）") if row.critical and not line["stage"] else ""
        name = f"{INDENT * line['depth']}{'◆ ' if line['milestone'] else ''}{task.label}{mark}"
        done = f"{line['percent']}%" if line["begun"] else _("未开始")
        rows.append(
            (
                join_texts(name, line["unit"]),
                row.latest_start,
                row.latest_finish,
                row.forecast_finish,
                line["slack"],
                done,
            )
        )
    header = (_("任务"), _("最迟开始"), _("最迟完成"), _("预计或实际完成"), _("机动"), _("完成比例"))
    return make_table(header, rows, (30, 13, 13, 13, 16, 10), centred=(1, 2, 3, 4, 5))


def _list_obstacles(context: dict[str, Any]) -> list[Block]:
    rows = []
    for line in context["obstacles"]:
        obstacle = line["obstacle"]
        task = obstacle.task.label if obstacle.task is not None else ""
        state = obstacle.case.get_state_display() if line["open"] else _("已消除")
        raised = f"{line['who']} {format_time(obstacle.raised_at)}"
        rows.append((join_texts(obstacle.text, task), raised, f"{obstacle.case.number}\n{state}"))
    return make_table((_("障碍"), _("提出"), _("案件")), rows, (34, 18, 16), centred=(2,))


def _list_permits(context: dict[str, Any]) -> list[Block]:
    rows = []
    for line in context["permits"]:
        permit = line["permit"]
        name = join_texts(permit.label, permit.authority, permit.document)
        rows.append((name, line["label"], permit.due_date, permit.submitted_date, permit.granted_date))
    header = (_("许可"), _("状态"), _("应取得日期"), _("报送日期"), _("取得日期"))
    return make_table(header, rows, (30, 11, 13, 13, 13), centred=(1, 2, 3, 4))


def _list_money(context: dict[str, Any]) -> list[Block]:
    money = context["money"]
    rows = [
        (
            f"{line['month']} {line['row'].get_kind_display()}",
            *(line[name] for name in ("budget", "paid", "planned", "spent")),
        )
        for line in money["rows"]
    ]
    header = (_("月份"), _("计划"), _("已付"), _("累计计划"), _("累计已付"))
    table = make_table(header, rows, (20, 15, 15, 15, 15), centred=(1, 2, 3, 4))
    if not table:
        return []
    total = _("已付 %(paid)s，计划 %(planned)s") % {"paid": money["spent"], "planned": money["planned"]}
    return [*make_paragraphs(total), *table]


def _list_reports(context: dict[str, Any]) -> list[Block]:
    return make_history(Entry(row["at"], row["title"], row["who"], row["text"]) for row in context["reports"])
