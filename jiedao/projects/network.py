"""A plan as a network: activities with their links, in a tree of stages. No database access and no dates.

Times are whole numbers of working days: positions on the axis of `WorkCalendar.position`. An activity of n days that
starts on the morning of day s has start s and finish s + n; a milestone has duration 0. Links join activities only. The
times of a stage follow from its activities, so a link to a stage is refused; link its first activity or its closing
milestone instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class LinkKind(TextChoices):
    """Which event of the first activity the second one waits for before it starts."""

    FINISH_START = "FS", _("完成后开始")
    START_START = "SS", _("开始后开始")


@dataclass(frozen=True, slots=True)
class Activity:
    """A task or milestone.

    Attributes:
        duration: working days, 0 for a milestone.
        parent: key of its stage, "" for none.
        not_before: the earliest start that the plan sets.
        due: the latest finish that the plan sets.
        started, finished: the actual start and finish.
        percent: how much of a started activity is done.
    """

    key: str
    duration: int
    parent: str = ""
    not_before: int | None = None
    due: int | None = None
    started: int | None = None
    finished: int | None = None
    percent: int = 0

    @property
    def begun(self) -> bool:
        """Return whether work on it has started."""
        return self.started is not None or self.finished is not None


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the plan that contains activities and stages; its dates apply to everything in it."""

    key: str
    parent: str = ""
    not_before: int | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Dependency:
    """`after` starts at least `lag` working days after `before` has finished or started; `lag` may be negative."""

    before: str
    after: str
    kind: str = LinkKind.FINISH_START.value
    lag: int = 0


class CycleError(ValueError):
    """The links form a cycle.

    Attributes:
        cycle: the keys of the cycle, each before the next one, and the last before the first.
    """

    def __init__(self, cycle: Sequence[str]) -> None:
        super().__init__(" → ".join([*cycle, cycle[0]]))
        self.cycle = tuple(cycle)


def sort_topologically(keys: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the keys in topological order: each key follows those it waits for. Raise CycleError for a cycle.

    Args:
        pairs: (before, after); pairs with an unknown key are ignored.
    """
    after: dict[str, list[str]] = {key: [] for key in keys}
    waits = dict.fromkeys(keys, 0)
    for first, second in pairs:
        if first in after and second in waits:
            after[first].append(second)
            waits[second] += 1
    result = [key for key in keys if not waits[key]]
    for key in result:  # the list grows while it is read, as the queue in Kahn's algorithm
        for second in after[key]:
            waits[second] -= 1
            if not waits[second]:
                result.append(second)
    if len(result) < len(after):
        raise CycleError(_find_cycle(after, {key for key, waiting_for in waits.items() if waiting_for}))
    return result


def _find_cycle(after: Mapping[str, Sequence[str]], stuck: set[str]) -> list[str]:
    """Return one cycle: walk backwards through the keys that wait for each other until a key repeats."""
    before = {
        second: first for first in after if first in stuck for second in after[first] if second in stuck
    }
    key = min(before)
    trail: dict[str, None] = {}
    while key not in trail:
        trail[key] = None
        key = before[key]
    walked = list(trail)
    cycle = walked[walked.index(key) :][::-1]
    first = cycle.index(min(cycle))
    return cycle[first:] + cycle[:first]


Edge = tuple[int, bool, int]  # number of the other activity, whether start to start, lag


class Network:
    """Activities in topological order, with the dates they inherit from their stages.

    Raises:
        CycleError: links or stages form a cycle. ValueError: a key appears twice, or a link or parent names a key that
        is no activity or no stage.
    """

    def __init__(
        self, activities: Sequence[Activity], links: Iterable[Dependency] = (), stages: Iterable[Stage] = ()
    ) -> None:
        self.activities = tuple(activities)
        self.stages = {stage.key: stage for stage in stages}
        self.number = {activity.key: number for number, activity in enumerate(self.activities)}
        links = tuple(links)
        self._check(links)
        self.before: list[list[Edge]] = [[] for _activity in self.activities]
        self.after: list[list[Edge]] = [[] for _activity in self.activities]
        for link in links:
            first, second = self.number[link.before], self.number[link.after]
            from_start = link.kind == LinkKind.START_START
            self.before[second].append((first, from_start, link.lag))
            self.after[first].append((second, from_start, link.lag))
        keys = sort_topologically(list(self.number), ((link.before, link.after) for link in links))
        self.order = [self.number[key] for key in keys]
        self._inherit_dates()

    def _check(self, links: Sequence[Dependency]) -> None:
        if len(self.number) < len(self.activities) or self.number.keys() & self.stages.keys():
            raise ValueError("a key occurs twice")
        parents = {item.parent for item in self.activities} | {item.parent for item in self.stages.values()}
        if unknown := parents - self.stages.keys() - {""}:
            raise ValueError(f"no stage {min(unknown)}")
        ends = {key for link in links for key in (link.before, link.after)}
        if unknown := ends - self.number.keys():
            raise ValueError(f"no activity {min(unknown)}")

    def _inherit_dates(self) -> None:
        """Compute the dates of every activity, including those of the stages that contain it."""
        chain = sort_topologically(
            list(self.stages), ((stage.parent, stage.key) for stage in self.stages.values())
        )
        begin: dict[str, int | None] = {"": None}
        until: dict[str, int | None] = {"": None}
        for key in chain:
            stage = self.stages[key]
            begin[key] = max(_list_known(stage.not_before, begin[stage.parent]), default=None)
            until[key] = min(_list_known(stage.due, until[stage.parent]), default=None)
        self.not_before = [
            max(_list_known(activity.not_before, begin[activity.parent]), default=None)
            for activity in self.activities
        ]
        self.due = [
            min(_list_known(activity.due, until[activity.parent]), default=None)
            for activity in self.activities
        ]

    def list_stages_above(self, key: str) -> list[str]:
        """Return the keys of the stages that contain an activity, the innermost first."""
        stages = []
        parent = self.activities[self.number[key]].parent
        while parent:
            stages.append(parent)
            parent = self.stages[parent].parent
        return stages


def _list_known(*values: int | None) -> list[int]:
    return [value for value in values if value is not None]
