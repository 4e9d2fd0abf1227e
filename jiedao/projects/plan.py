"""A project as planned: plain data, and the check that finds its faults. No database access."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.kernel.phrasing import MOST_NAMES, list_names
from jiedao.kernel.worktime import FIRST, LAST
from jiedao.projects.network import CycleError, LinkKind, sort_topologically


@dataclass(frozen=True)
class TaskPlan:
    """A row of the plan. `level` is STAGE, TASK or MILESTONE; `duration` is in working days, of tasks only.

    `parent` is the code of a stage. The task starts on `start` or later and ends on `due` or earlier, if these are set.
    """

    code: str
    name: str
    level: str = "TASK"
    name_en: str = ""
    parent: str = ""
    duration: int = 0
    unit: str = ""
    start: date | None = None
    due: date | None = None


@dataclass(frozen=True)
class LinkPlan:
    """`after` waits for `before`: codes of tasks or milestones; `kind` FS or SS; `lag` in working days."""

    before: str
    after: str
    kind: str = LinkKind.FINISH_START.value
    lag: int = 0


@dataclass(frozen=True)
class MoneyPlan:
    """The yuan planned for a month; `month` is any day of it."""

    month: date
    budget: Decimal
    kind: str = "WORKS"

    @property
    def key(self) -> str:
        """The key of the row, such as "2020-05 WORKS"."""
        return f"{self.month:%Y-%m} {self.kind}"


@dataclass(frozen=True)
class PermitPlan:
    """A permit, or land, that the project must have by the day `due`."""

    code: str
    name: str
    due: date
    name_en: str = ""
    authority: str = ""


@dataclass(frozen=True)
class ProjectPlan:
    """A project with its tasks, links, money and permits; it names units, area, premise, kind and measures by code."""

    key: str
    kind: str
    name: str
    unit: str
    start: date
    completion: date
    name_en: str = ""
    area: str = ""
    premise: str = ""
    leader: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    tasks: Sequence[TaskPlan] = ()
    links: Sequence[LinkPlan] = ()
    money: Sequence[MoneyPlan] = ()
    permits: Sequence[PermitPlan] = ()


@dataclass(frozen=True)
class KnownCodes:
    """The codes that a plan may name."""

    kinds: Collection[str]
    measures: Collection[str]
    units: Collection[str]
    areas: Collection[str]
    premises: Collection[str]


@dataclass(frozen=True)
class PlanFault:
    """A fault of a plan: `number` is the index of the row in its table; `code` is duplicate, dangling, cycle, too-early
    or bad-value.
    """

    table: str
    number: int
    field: str
    code: str
    message: str
    hint: str


def find_plan_faults(plan: ProjectPlan, known: KnownCodes) -> list[PlanFault]:
    """Return everything that is wrong with a plan, in the order of its tables."""
    return [
        *_check_project(plan, known),
        *_check_tasks(plan, known),
        *_check_links(plan),
        *_check_money(plan),
        *_check_permits(plan),
    ]


def _check_code(
    table: str, number: int, name: str, value: str, known: Collection[str]
) -> Iterator[PlanFault]:
    if value and value not in known:
        examples = list_names(sorted(known), MOST_NAMES)
        yield PlanFault(
            table,
            number,
            name,
            "dangling",
            _("没有 %(value)s。") % {"value": value},
            _("请改正代码；已有的：%(known)s") % {"known": examples or "-"},
        )


def _check_calendar(table: str, number: int, name: str, day: date | None) -> Iterator[PlanFault]:
    if day is not None and not FIRST <= day <= LAST:
        message = _("%(day)s 不在日历之内。") % {"day": day}
        hint = _("日历从 %(first)s 年到 %(last)s 年；请检查年份。") % {"first": FIRST.year, "last": LAST.year}
        yield PlanFault(table, number, name, "bad-value", message, hint)


def _check_start(
    table: str, number: int, name: str, day: date | None, plan: ProjectPlan
) -> Iterator[PlanFault]:
    if day is not None and day < plan.start:
        yield PlanFault(
            table,
            number,
            name,
            "too-early",
            _("%(day)s 早于项目开始日期 %(start)s。") % {"day": day, "start": plan.start},
            _("请检查年份，或把项目的开始日期提前。"),
        )


def _check_unique(table: str, name: str, keys: Sequence[str]) -> Iterator[PlanFault]:
    counts = Counter(keys)
    for number, key in enumerate(keys):
        if counts[key] > 1 and key in keys[:number]:
            yield PlanFault(
                table,
                number,
                name,
                "duplicate",
                _("%(key)s 出现了两次。") % {"key": key},
                _("请删去一行，或换一个代码。"),
            )


def _check_project(plan: ProjectPlan, known: KnownCodes) -> Iterator[PlanFault]:
    if "/" in plan.key:
        message = _("代码“%(key)s”里有斜线。") % {"key": plan.key}
        yield PlanFault(
            "project", 0, "key", "bad-value", message, _("代码是网址的一段，请用字母、数字和连字符。")
        )
    yield from _check_code("project", 0, "kind", plan.kind, known.kinds)
    yield from _check_code("project", 0, "unit", plan.unit, known.units)
    yield from _check_code("project", 0, "area", plan.area, known.areas)
    yield from _check_code("project", 0, "premise", plan.premise, known.premises)
    yield from _check_calendar("project", 0, "start", plan.start)
    yield from _check_calendar("project", 0, "completion", plan.completion)
    yield from _check_start("project", 0, "completion", plan.completion, plan)
    for code, value in plan.facts.items():
        yield from _check_code("project", 0, "facts", code, known.measures)
        if value < 0:
            message = _("%(key)s 不能是负数。") % {"key": code}
            yield PlanFault("project", 0, "facts", "bad-value", message, _("请填写数量。"))


def _check_tasks(plan: ProjectPlan, known: KnownCodes) -> Iterator[PlanFault]:
    levels = {task.code: task.level for task in plan.tasks}
    stages = [code for code, level in levels.items() if level == "STAGE"]
    yield from _check_unique("task", "code", [task.code for task in plan.tasks])
    for number, task in enumerate(plan.tasks):
        yield from _check_code("task", number, "unit", task.unit, known.units)
        yield from _check_code("task", number, "parent", task.parent, stages)
        yield from _check_start("task", number, "start", task.start, plan)
        yield from _check_start("task", number, "due", task.due, plan)
        yield from _check_calendar("task", number, "start", task.start)
        yield from _check_calendar("task", number, "due", task.due)
        if task.start and task.due and task.due < task.start:
            message = _("“%(name)s”的最迟日期早于最早日期。") % {"name": task.name}
            yield PlanFault("task", number, "due", "bad-value", message, _("请核对两个日期。"))
        if (task.level == "TASK") != (task.duration > 0):
            message = _("“%(name)s”的工期是 %(days)s 个工作日。") % {"name": task.name, "days": task.duration}
            hint = _("任务至少 1 个工作日；里程碑和阶段不写工期。")
            yield PlanFault("task", number, "duration", "bad-value", message, hint)
    yield from _check_cycle(plan, [(task.parent, task.code) for task in plan.tasks], "task", "parent")


def _check_links(plan: ProjectPlan) -> Iterator[PlanFault]:
    levels = {task.code: task.level for task in plan.tasks}
    ends = [code for code, level in levels.items() if level != "STAGE"]
    yield from _check_unique(
        "link", "after", [f"{link.before} → {link.after} {link.kind}" for link in plan.links]
    )
    for number, link in enumerate(plan.links):
        for name, code in (("before", link.before), ("after", link.after)):
            if levels.get(code) == "STAGE":
                yield PlanFault(
                    "link",
                    number,
                    name,
                    "bad-value",
                    _("%(code)s 是阶段，不能作为前置或后续。") % {"code": code},
                    _("请写这个阶段的第一项任务，或收尾的里程碑。"),
                )
            else:
                yield from _check_code("link", number, name, code, ends)
    yield from _check_cycle(plan, [(link.before, link.after) for link in plan.links], "link", "after")


def _check_cycle(
    plan: ProjectPlan, pairs: Sequence[tuple[str, str]], table: str, name: str
) -> Iterator[PlanFault]:
    codes = list(dict.fromkeys(task.code for task in plan.tasks))
    try:
        sort_topologically(codes, pairs)
    except CycleError as fault:
        number = pairs.index((fault.cycle[-1], fault.cycle[0]))
        yield PlanFault(
            table,
            number,
            name,
            "cycle",
            _("绕成了圈：%(cycle)s。") % {"cycle": fault},
            _("去掉圈上的一条关系，否则谁都无法先开始。"),
        )


def _check_money(plan: ProjectPlan) -> Iterator[PlanFault]:
    yield from _check_unique("money", "month", [month.key for month in plan.money])
    first_month = plan.start.replace(day=1)
    for number, month in enumerate(plan.money):
        if month.month < first_month:
            yield from _check_start("money", number, "month", month.month, plan)
        if month.budget < 0:
            message = _("%(key)s 的金额是负数。") % {"key": month.key}
            yield PlanFault("money", number, "budget", "bad-value", message, _("请填写元，不带“万”。"))


def _check_permits(plan: ProjectPlan) -> Iterator[PlanFault]:
    yield from _check_unique("permit", "code", [permit.code for permit in plan.permits])
    for number, permit in enumerate(plan.permits):
        yield from _check_calendar("permit", number, "due", permit.due)
