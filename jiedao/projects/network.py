"""A plan as a network: activities with their links, in a tree of stages. Pure: no database, no dates.

Time is a whole number of working days: a position on the axis of `WorkCalendar.position`. An activity that takes n
days from the morning of day s starts at s and finishes at s + n; a milestone takes none. Links join activities only:
a stage is what its activities make of it, so a link to one is refused, and its first activity or its closing
milestone is linked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class LinkKind(TextChoices):
    """What of the one waits for what of the other."""

    FINISH_START = "FS", _("完成后开始")
    START_START = "SS", _("开始后开始")


@dataclass(frozen=True, slots=True)
class Activity:
    """A task or milestone.

    Attributes:
        duration: working days, 0 for a milestone.
        parent: key of its stage, "" for none.
        not_before: earliest start that was set.  due: latest finish that was set.
        started, finished: what happened.  percent: how much of a started one is done.
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
        """Tell whether work on it has started."""
        return self.started is not None or self.finished is not None


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the plan that holds activities and stages; its dates hold for all below it."""

    key: str
    parent: str = ""
    not_before: int | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Dependency:
    """`after` starts no earlier than `lag` working days (also negative) after `before` has finished or started."""

    before: str
    after: str
    kind: str = LinkKind.FINISH_START.value
    lag: int = 0


class CycleError(ValueError):
    """The links go round in a circle.

    Attributes:
        cycle: the keys on it, each before the next, the last before the first.
    """

    def __init__(self, cycle: Sequence[str]) -> None:
        super().__init__(" → ".join([*cycle, cycle[0]]))
        self.cycle = tuple(cycle)


def ordered(keys: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the keys so that each stands behind those it waits for; raise CycleError where that cannot be.

    Args:
        pairs: (before, after); a pair that names another key says nothing.
    """
    after: dict[str, list[str]] = {key: [] for key in keys}
    waits = dict.fromkeys(keys, 0)
    for first, second in pairs:
        if first in after and second in waits:
            after[first].append(second)
            waits[second] += 1
    found = [key for key in keys if not waits[key]]
    for key in found:  # the list grows while it is read: Kahn's queue
        for second in after[key]:
            waits[second] -= 1
            if not waits[second]:
                found.append(second)
    if len(found) < len(after):
        raise CycleError(_circle(after, {key for key, left in waits.items() if left}))
    return found


def _circle(after: Mapping[str, Sequence[str]], stuck: set[str]) -> list[str]:
    """Return one circle: walk backwards among the keys that wait for each other until one comes again."""
    before = {
        second: first for first in after if first in stuck for second in after[first] if second in stuck
    }
    key = min(before)
    trail: dict[str, None] = {}
    while key not in trail:
        trail[key] = None
        key = before[key]
    walked = list(trail)
    circle = walked[walked.index(key) :][::-1]
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]


Edge = tuple[int, bool, int]  # number of the other activity, from start to start, lag


class Network:
    """Activities in an order in which each can be reckoned after those it waits for.

    Raises:
        CycleError: links or stages go round in a circle. ValueError: a key stands twice, or a link or parent names a
        key that is no activity or no stage.
    """

    def __init__(
        self, activities: Sequence[Activity], links: Iterable[Dependency] = (), stages: Iterable[Stage] = ()
    ) -> None:
        self.activities = tuple(activities)
        self.stages = {stage.key: stage for stage in stages}
        self.number = {one.key: number for number, one in enumerate(self.activities)}
        links = tuple(links)
        self._check(links)
        self.before: list[list[Edge]] = [[] for _one in self.activities]
        self.after: list[list[Edge]] = [[] for _one in self.activities]
        for link in links:
            first, second = self.number[link.before], self.number[link.after]
            from_start = link.kind == LinkKind.START_START
            self.before[second].append((first, from_start, link.lag))
            self.after[first].append((second, from_start, link.lag))
        keys = ordered(list(self.number), ((link.before, link.after) for link in links))
        self.order = [self.number[key] for key in keys]
        self._bounds()

    def _check(self, links: Sequence[Dependency]) -> None:
        if len(self.number) < len(self.activities) or self.number.keys() & self.stages.keys():
            raise ValueError("a key stands twice")
        parents = {one.parent for one in self.activities} | {one.parent for one in self.stages.values()}
        if unknown := parents - self.stages.keys() - {""}:
            raise ValueError(f"no stage {min(unknown)}")
        ends = {key for link in links for key in (link.before, link.after)}
        if unknown := ends - self.number.keys():
            raise ValueError(f"no activity {min(unknown)}")

    def _bounds(self) -> None:
        """Let every activity inherit the dates of the stages above it."""
        chain = ordered(list(self.stages), ((one.parent, one.key) for one in self.stages.values()))
        begin: dict[str, int | None] = {"": None}
        until: dict[str, int | None] = {"": None}
        for key in chain:
            stage = self.stages[key]
            begin[key] = max(_known(stage.not_before, begin[stage.parent]), default=None)
            until[key] = min(_known(stage.due, until[stage.parent]), default=None)
        self.not_before = [
            max(_known(one.not_before, begin[one.parent]), default=None) for one in self.activities
        ]
        self.due = [min(_known(one.due, until[one.parent]), default=None) for one in self.activities]

    def above(self, key: str) -> list[str]:
        """Return the stages above an activity, the nearest first."""
        found = []
        parent = self.activities[self.number[key]].parent
        while parent:
            found.append(parent)
            parent = self.stages[parent].parent
        return found


def _known(*values: int | None) -> list[int]:
    return [value for value in values if value is not None]
