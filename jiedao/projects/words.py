"""How a schedule is described in words, on pages, on lights and by the command.

What is still to come "will be late", what has passed "is late", and a number of 0 is never written: the day itself has
words of its own.
"""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.projects.selectors.scheduling import ProjectSchedule, TaskDates


def format_workdays(days: int) -> str:
    """Return a number of working days, such as "3 个工作日"."""
    return ngettext("%(n)s 个工作日", "%(n)s 个工作日", days) % {"n": days}


def describe_margin(plan: ProjectSchedule) -> str:
    """Return how the end of a project compares with its promise, "" for a project without a plan."""
    if plan.forecast_date is None:
        return ""
    if plan.done:
        return describe_end(plan.margin)
    if plan.margin < 0 and plan.project.completion_date < plan.day:
        return _("已过承诺日期，按目前进度共晚 %(days)s") % {"days": format_workdays(-plan.margin)}
    return describe_forecast(plan.margin)


def describe_end(margin: int) -> str:
    """Return how an actual end compares with the promised one, `margin` working days later."""
    if margin == 0:
        return _("正好按期")
    return (_("提前 %(days)s") if margin > 0 else _("晚了 %(days)s")) % {"days": format_workdays(abs(margin))}


def describe_forecast(margin: int) -> str:
    """Return how a forecast end compares with the promised one, `margin` working days later."""
    if margin == 0:
        return _("正好按期，没有余地")
    return (_("比承诺日期早 %(days)s") if margin > 0 else _("按目前进度将晚 %(days)s")) % {
        "days": format_workdays(abs(margin))
    }


def describe_trial_margin(margin: int) -> str:
    """Return how the end of a trial compares with the promised one; not the present pace but the trial leads to it."""
    if margin < 0:
        return _("将比承诺日期晚 %(days)s") % {"days": format_workdays(-margin)}
    return describe_forecast(margin)


def describe_slack(row: TaskDates, day: date, *, trial: bool = False) -> str:
    """Return how much time a row of the plan has left on a day, or would have by a trial."""
    if row.finished:
        return _("已完成")
    if row.late_by_days:
        days = format_workdays(row.late_by_days)
        if trial:
            return _("将晚 %(days)s") % {"days": days}
        if row.latest_finish < day:
            return _("已过最迟日期，按目前进度共晚 %(days)s") % {"days": days}
        return _("按目前进度将晚 %(days)s") % {"days": days}
    if row.slack_days == 0:
        return _("没有机动时间")
    return _("机动 %(days)s") % {"days": format_workdays(row.slack_days)}


def describe_late_task(row: TaskDates, day: date) -> str:
    """Return the sentence about an unfinished row that misses its latest day."""
    if row.latest_finish < day:
        text = _("“%(task)s”已过最迟日期 %(latest)s：预计 %(date)s 完成，共晚 %(days)s。")
    else:
        text = _("“%(task)s”按目前进度将晚 %(days)s：最迟 %(latest)s，预计 %(date)s。")
    return text % {
        "task": row.task.label,
        "days": format_workdays(row.late_by_days),
        "latest": row.latest_finish,
        "date": row.forecast_finish,
    }


def describe_tight_tasks(rows: Sequence[TaskDates]) -> str:
    """Return the sentence about rows with little time left; `rows` is not empty."""
    row = min(rows, key=lambda row: row.slack_days)
    values = {"task": row.task.label, "n": len(rows), "days": format_workdays(row.slack_days)}
    if row.slack_days == 0:
        if len(rows) == 1:
            return _("“%(task)s”没有机动时间，晚一天就来不及。") % values
        return _("“%(task)s”等 %(n)s 项机动时间不足，最紧的晚一天就来不及。") % values
    if len(rows) == 1:
        return _("“%(task)s”只余 %(days)s的机动时间。") % values
    return _("“%(task)s”等 %(n)s 项只余 %(days)s的机动时间。") % values


def describe_due_permit(name: str, due: date, day: date, workdays_left: int) -> str:
    """Return the sentence about a permit that is due soon; `workdays_left` counts today and not the due day."""
    if due == day:
        return _("“%(permit)s”今天须取得。") % {"permit": name}
    if workdays_left == 0:
        return _("“%(permit)s”须在 %(due)s 前取得，其间没有工作日。") % {"permit": name, "due": due}
    return _("“%(permit)s”须在 %(days)s内取得（%(due)s）。") % {
        "permit": name,
        "days": format_workdays(workdays_left),
        "due": due,
    }


def describe_provisional_years(years: Sequence[int]) -> str:
    """Return why dates are provisional, "" without such years."""
    if not years:
        return ""
    return _(
        "%(years)s 年的节假日安排还没有录入，跨到该年的日期和天数暂按周一至周五推算（暂定），录入后自动更新。"
    ) % {"years": "、".join(map(str, years))}
