"""What lights, campaigns and the command say at the edges: zero, one, none, ended, still to come, not published."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner

from jiedao.kernel import calendar, clock
from jiedao.kernel.worktime import NATIONAL_YEARS
from jiedao.projects.actions.campaigns import add_entry
from jiedao.projects.actions.reporting import report_progress
from jiedao.projects.commands import project_group
from jiedao.projects.models import Task
from jiedao.projects.plan import LinkPlan, PermitPlan, TaskPlan
from jiedao.projects.selectors.campaigns import Phase, read_campaign_status
from jiedao.projects.selectors.lights import read_light
from jiedao.projects.selectors.scheduling import read_schedule
from jiedao.projects.splitting import format_positive_amount
from jiedao.projects.tests.parts import GARDEN_PARK, declare
from jiedao.projects.tests.promise_parts import JULY, create_campaign, promise_town
from jiedao.projects.words import describe_margin, describe_provisional_years, describe_slack
from jiedao.testing.cast import Town

# What is a word for nobody, on any page and in any output.
RIDDLES = re.compile(r"(?<![\d.-])0 个工作日|0\.0+(?!\d)|None|nan|[早晚余] ?-\d|共晚 0|已晚 0")
YEAR = NATIONAL_YEARS[-1] + 1  # the first year without published holidays


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=clock.TOWN_TZ)


# A task of five working days from Tuesday 1 September 2026, promised for a day and seen on another.
FORECASTS: list[tuple[date, date, tuple[str, str, str]]] = [
    (  # in good time
        date(2026, 9, 24),
        date(2026, 9, 1),
        ("预计 2026-09-07 完成，比承诺日期早 14 个工作日。", "比承诺日期早 14 个工作日", "机动 14 个工作日"),
    ),
    (  # one day of time left
        date(2026, 9, 8),
        date(2026, 9, 1),
        ("“设计”只余 1 个工作日的机动时间。", "比承诺日期早 1 个工作日", "机动 1 个工作日"),
    ),
    (  # on the day
        date(2026, 9, 7),
        date(2026, 9, 1),
        ("“设计”没有机动时间，晚一天就来不及。", "正好按期，没有余地", "没有机动时间"),
    ),
    (  # promised for a Sunday: Friday is the last day
        date(2026, 9, 13),
        date(2026, 9, 7),
        ("“设计”没有机动时间，晚一天就来不及。", "正好按期，没有余地", "没有机动时间"),
    ),
    (  # still to come, and too late already: it will be late
        date(2026, 9, 7),
        date(2026, 9, 2),
        (
            "预计 2026-09-08 完成，比承诺的 2026-09-07 将晚 1 个工作日。",
            "按目前进度将晚 1 个工作日",
            "按目前进度将晚 1 个工作日",
        ),
    ),
    (  # on the promised day itself it is not late yet
        date(2026, 9, 7),
        date(2026, 9, 7),
        (
            "预计 2026-09-11 完成，比承诺的 2026-09-07 将晚 4 个工作日。",
            "按目前进度将晚 4 个工作日",
            "按目前进度将晚 4 个工作日",
        ),
    ),
    (  # the promise has passed
        date(2026, 9, 7),
        date(2026, 9, 8),
        (
            "已过承诺的 2026-09-07：预计 2026-09-14 完成，共晚 5 个工作日。",
            "已过承诺日期，按目前进度共晚 5 个工作日",
            "已过最迟日期，按目前进度共晚 5 个工作日",
        ),
    ),
    (  # seen long before the first day
        date(2026, 9, 24),
        date(2026, 6, 1),
        ("预计 2026-09-07 完成，比承诺日期早 14 个工作日。", "比承诺日期早 14 个工作日", "机动 14 个工作日"),
    ),
]
# The same task finished on a day: (finished, light)
ENDS: list[tuple[date, str]] = [
    (date(2026, 9, 4), "2026-09-04 全部完成，提前 1 个工作日。"),
    (date(2026, 9, 7), "2026-09-07 全部完成，正好按期。"),
    (date(2026, 9, 8), "2026-09-08 全部完成，晚了 1 个工作日。"),
]


def declare_one_task(promise: date) -> Any:
    tasks = (TaskPlan("design", "设计", duration=5, unit="URBAN"),)
    return declare(completion=promise, tasks=tasks, links=(), permits=(), money=())


@pytest.mark.parametrize(("promise", "day", "texts"), FORECASTS)
def test_forecast_is_in_plain_words(
    projects_town: Town, promise: date, day: date, texts: tuple[str, str, str]
) -> None:
    light, margin, slack = texts
    project = declare_one_task(promise)
    seen = read_light(project, day)
    plan = seen.schedule
    assert seen.reasons[0] == light
    assert (describe_margin(plan), describe_slack(plan.rows[0], day)) == (margin, slack)
    output = CliRunner().invoke(project_group, ["schedule", "garden-park", "--on", day.isoformat()]).output
    assert margin in output
    assert not RIDDLES.search("".join(seen.reasons) + output), (seen.reasons, output)


@pytest.mark.parametrize(("finished", "light"), ENDS)
def test_end_is_in_plain_words(projects_town: Town, finished: date, light: str) -> None:
    project = declare_one_task(date(2026, 9, 7))
    with clock.at(noon(finished)):
        task = Task.objects.get(code="design")
        report_progress(
            actor=projects_town.actor("shift"),
            task_id=task.pk,
            percent=100,
            started=date(2026, 9, 1),
            finished=finished,
        )
    seen = read_light(project, date(2026, 10, 1))
    assert list(seen.reasons) == [light]
    assert describe_slack(seen.schedule.rows[0], date(2026, 10, 1)) == "已完成"


def test_permit_of_today_and_of_a_weekend(projects_town: Town) -> None:
    permits = (PermitPlan("land", "用地批复", date(2026, 9, 6), "Land approval", "区规划分局"),)  # a Sunday
    project = declare(completion=date(2026, 12, 30), permits=permits)
    texts = {day: list(read_light(project, day).reasons) for day in (date(2026, 9, 4), date(2026, 9, 5))}
    assert texts[date(2026, 9, 4)] == ["“用地批复”须在 1 个工作日内取得（2026-09-06）。"]
    assert texts[date(2026, 9, 5)] == ["“用地批复”须在 2026-09-06 前取得，其间没有工作日。"]
    assert list(read_light(project, date(2026, 9, 6)).reasons) == ["“用地批复”今天须取得。"]


def test_project_without_plan_has_no_margin(projects_town: Town) -> None:
    project = declare(tasks=(), links=(), permits=(), money=())
    assert describe_margin(read_schedule(project, date(2026, 9, 1))) == ""


@pytest.fixture
def across_years(projects_town: Town) -> Iterator[Any]:
    """A project whose second task lies in the first year without published holidays."""
    tasks = (
        TaskPlan("design", "设计", duration=5, unit="URBAN", due=date(YEAR - 1, 9, 30)),
        TaskPlan("works", "施工", duration=10, unit="URBAN", start=date(YEAR, 1, 4)),
    )
    plan = replace(GARDEN_PARK, start=date(YEAR - 1, 9, 1), completion=date(YEAR, 1, 15))
    yield declare(plan, tasks=tasks, links=(LinkPlan("design", "works"),), permits=(), money=())
    calendar.invalidate()


def test_dates_across_an_unpublished_year_are_provisional_until_it_is_entered(across_years: Any) -> None:
    day = date(YEAR - 1, 9, 1)
    plan = read_schedule(across_years, day)
    assert plan.provisional_years == [YEAR]
    assert {row.task.code: row.provisional for row in plan.rows} == {"design": True, "works": True}
    line = ["schedule", "garden-park", "--on", day.isoformat()]
    rows = json.loads(CliRunner().invoke(project_group, [*line, "--json"]).output)
    assert [row["provisional"] for row in rows] == [True, True]
    output = CliRunner().invoke(project_group, line).output
    assert f"{YEAR} 年的节假日安排还没有录入" in output
    assert output.count("（暂定）") == 3
    calendar.set_day(date(YEAR, 1, 4), is_workday=False, name="元旦")
    calendar.invalidate()
    settled = read_schedule(across_years, day)
    assert (settled.provisional_years, any(row.provisional for row in settled.rows)) == ([], False)
    assert describe_provisional_years(settled.provisional_years) == ""
    assert settled.rows[1].forecast_finish > plan.rows[1].forecast_finish


def test_task_of_the_next_year_will_be_late_and_is_not_late_now(across_years: Any) -> None:
    across_years.completion_date = date(YEAR, 1, 8)
    across_years.save()
    reasons = read_light(across_years, date(YEAR - 1, 9, 1)).reasons
    assert reasons[1].startswith(f"“施工”按目前进度将晚 5 个工作日：最迟 {YEAR}-01-08")


# Campaigns of 100 trees from 1 March to 31 July 2020, 107 working days of which 84 are over on 30 June: the day that
# they are seen on, the entered amounts by day, phase, colour, reason.
MARCH, JUNE = date(2020, 3, 12), date(2020, 6, 29)
FEWER, NEVER = "近 4 周累计减少；累计不低于计划", "按目前进度十年内完不成；比计划少 18.5 棵"
CAMPAIGNS: list[tuple[date, dict[date, str], Phase, str, str]] = [
    (date(2020, 2, 1), {}, Phase.FUTURE, "GREEN", "尚未开始"),
    (date(2020, 3, 2), {}, Phase.RUNNING, "GREEN", "刚开始，还没有数据"),
    (date(2020, 3, 16), {}, Phase.RUNNING, "RED", "还没有数据；比计划少 10.28 棵"),
    (date(2020, 6, 30), {}, Phase.RUNNING, "RED", "还没有数据；比计划少 78.5 棵"),
    (date(2020, 6, 30), {MARCH: "60"}, Phase.RUNNING, "RED", "近 4 周没有进展；比计划少 18.5 棵"),
    (date(2020, 6, 30), {MARCH: "80", JUNE: "-1"}, Phase.RUNNING, "YELLOW", FEWER),
    (date(2020, 6, 30), {MARCH: "60", JUNE: "0.0001"}, Phase.RUNNING, "RED", NEVER),
    (date(2020, 7, 31), {MARCH: "99.999"}, Phase.RUNNING, "RED", "今天到期，还差不到 0.01 棵"),
    (date(2020, 7, 31), {MARCH: "100"}, Phase.REACHED, "GREEN", "已完成目标"),
    (date(2020, 8, 1), {MARCH: "99.999"}, Phase.MISSED, "RED", "已过期限，还差不到 0.01 棵"),
    (date(2022, 8, 1), {MARCH: "120"}, Phase.REACHED, "GREEN", "已完成目标"),
    (date(2022, 8, 1), {}, Phase.MISSED, "RED", "已过期限，还差 100 棵"),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("day", "amounts", "phase", "colour", "reason"), CAMPAIGNS)
def test_campaign_is_in_plain_words(
    day: date, amounts: dict[date, str], phase: Phase, colour: str, reason: str
) -> None:
    with clock.at(JULY):
        town = promise_town()
        columns = {"feed": None, "measure": "棵", "target": Decimal(100)}
        dates = {"from_date": date(2020, 3, 1), "due_date": date(2020, 7, 31)}
        trees = create_campaign(town, key="trees", **columns, **dates)
    with clock.at(noon(date(2022, 12, 1))):
        for entered, amount in amounts.items():
            actor = town.actor("handler")
            add_entry(actor=actor, key="trees", day=entered, amount=Decimal(amount), document="简报")
        status = read_campaign_status(town.actor("leader"), trees, day)
    assert (status.phase, status.colour.value, status.reason) == (phase, colour, reason)
    assert not RIDDLES.search(status.reason)


@pytest.mark.django_db
def test_campaign_of_an_unpublished_year_is_provisional() -> None:
    with clock.at(noon(date(YEAR - 1, 12, 1))):
        town = promise_town()
        dates = {"from_date": date(YEAR - 1, 11, 1), "due_date": date(YEAR, 2, 28)}
        trees = create_campaign(town, feed=None, **dates)
        status = read_campaign_status(town.actor("leader"), trees)
        assert status.provisional_years == [YEAR]
        calendar.set_day(date(YEAR, 1, 1), is_workday=False)
        calendar.invalidate()
        known = read_campaign_status(town.actor("leader"), trees)
        assert (known.provisional_years, status.workdays_left - known.workdays_left) == ([], 1)
    with clock.at(noon(date(YEAR - 1, 12, 1)) + timedelta(days=200)):
        assert read_campaign_status(town.actor("leader"), trees).provisional_years == []
    calendar.invalidate()


def test_small_amounts_are_not_shown_as_zero() -> None:
    amounts = [("0.004", 2), ("0.006", 2), ("12.5", 0), ("0.4", 0), ("3.10", 2)]
    texts = [format_positive_amount(Decimal(amount), digits) for amount, digits in amounts]
    assert texts == ["不到 0.01", "0.01", "12", "不到 1", "3.1"]
