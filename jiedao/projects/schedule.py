"""Backward scheduling 倒排工期: what must be done by when, what can still be done by when. Pure: no database, no dates.

Two passes over the network in topological order, as in the critical path method (Kelley and Walker, 1959), and a
third that asks what moves the end:

- forward from the start: the plan as if nothing had happened (`earliest`), and from what happened and today
  (`forecast`): a finished activity stands where it finished, a started one has its remaining days before it, one not
  started begins no earlier than today.
- backward from the fixed completion (`latest`), and from dates that were fixed for an activity or a stage.
- backward from the forecast end: critical is what moves it by a day when it takes a day longer.

A started activity no longer waits for anything, whatever its links say; so nothing has to hurry for its sake.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jiedao.projects.network import Activity, Network


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A change of one activity to be tried: another duration, a finish as given, or so many days later."""

    key: str
    duration: int | None = None
    finish: int | None = None
    delay: int = 0


@dataclass(frozen=True, slots=True)
class Times:
    """What the schedule says of an activity or a stage, in positions on the axis of working days.

    Attributes:
        earliest_start, earliest_finish: of the plan, as if nothing had happened.
        latest_start, latest_finish: what keeps the completion.
        forecast_start, forecast_finish: from what happened, and from today; the fact once it has happened.
        slack: working days from the forecast to the latest finish, negative when it is too late.
        late_by: by how many working days it is impossible already; 0 once it is finished.
        critical: not finished, and a day more of it is a day more of the whole.
    """

    earliest_start: int
    earliest_finish: int
    latest_start: int
    latest_finish: int
    forecast_start: int
    forecast_finish: int
    slack: int
    late_by: int
    critical: bool
    finished: bool


@dataclass(frozen=True)
class Schedule:
    """The times of every activity and stage by key; `end` is the fixed completion, `forecast_end` the one in sight."""

    activities: dict[str, Times]
    stages: dict[str, Times]
    end: int
    forecast_end: int

    @property
    def margin(self) -> int:
        """Working days between the end in sight and the fixed one, negative when it comes too late."""
        return self.end - self.forecast_end


@dataclass(frozen=True, slots=True)
class Change:
    """What a trial changes for an activity."""

    key: str
    before: Times
    after: Times


def make_schedule(
    network: Network, *, start: int, end: int, today: int, what_if: WhatIf | None = None
) -> Schedule:
    """Reckon the schedule of a network.

    Args:
        start: morning of the first day.  end: evening of the fixed completion.  today: this morning.
        what_if: a change to be tried, None for none.
    Raise ValueError when the trial names no activity.
    """
    what = what_if or WhatIf("")
    if what.key and what.key not in network.number:
        raise ValueError(f"no activity {what.key}")
    days = [one.duration for one in network.activities]
    if what.duration is not None:
        days[network.number[what.key]] = what.duration
    planned = _planned(network, days, start)
    forecast = _forecast(network, days, max(start, today), today, what)
    latest = _latest(network, days, end)
    forecast_end = max(forecast[1], default=start)
    moving = _moving(network, forecast, forecast_end)
    times = {}
    for number, one in enumerate(network.activities):
        slack = latest[1][number] - forecast[1][number]
        done = one.finished is not None
        times[one.key] = Times(
            planned[0][number], planned[1][number], latest[0][number], latest[1][number],
            forecast[0][number], forecast[1][number], slack,
            late_by=0 if done else max(0, -slack), critical=moving[number] and not done, finished=done,
        )  # fmt: skip
    return Schedule(times, _stages(network, times), end, forecast_end)


def changes(before: Schedule, after: Schedule) -> list[Change]:
    """Return what differs between a schedule and a trial of it, in the order of the plan."""
    return [
        Change(key, times, after.activities[key])
        for key, times in before.activities.items()
        if times != after.activities[key]
    ]


Pass = tuple[list[int], list[int]]  # starts and finishes by the activity's number


def _planned(network: Network, days: Sequence[int], start: int) -> Pass:
    starts, finishes = [0] * len(days), [0] * len(days)
    for number in network.order:
        begin = max(start, _or(network.not_before[number], start))
        for other, from_start, lag in network.before[number]:
            begin = max(begin, (starts if from_start else finishes)[other] + lag)
        starts[number], finishes[number] = begin, begin + days[number]
    return starts, finishes


def _forecast(network: Network, days: Sequence[int], first: int, today: int, what: WhatIf) -> Pass:
    starts, finishes = [0] * len(days), [0] * len(days)
    for number in network.order:
        one = network.activities[number]
        if one.begun:
            begin, finish = _under_way(one, days[number], today)
        else:
            begin = max(first, _or(network.not_before[number], first))
            for other, from_start, lag in network.before[number]:
                begin = max(begin, (starts if from_start else finishes)[other] + lag)
            finish = begin + days[number]
        if one.key == what.key and one.finished is None:
            begin, finish = _tried(one, what, begin, finish)
        starts[number], finishes[number] = begin, finish
    return starts, finishes


def _under_way(one: Activity, days: int, today: int) -> tuple[int, int]:
    if one.finished is not None:
        return _or(one.started, one.finished - days), one.finished
    begin = _or(one.started, today)
    left = -(-days * (100 - one.percent) // 100)
    return begin, max(begin, today) + left


def _tried(one: Activity, what: WhatIf, begin: int, finish: int) -> tuple[int, int]:
    if what.finish is not None:
        return (begin if one.begun else min(begin, what.finish)), what.finish
    return (begin if one.begun else begin + what.delay), finish + what.delay


def _latest(network: Network, days: Sequence[int], end: int) -> Pass:
    starts, finishes = [0] * len(days), [0] * len(days)
    for number in reversed(network.order):
        one = network.activities[number]
        finish = min(end, _or(network.due[number], end))
        for other, from_start, lag in network.after[number]:
            if one.finished is None and not _holds(one, network.activities[other], from_start=from_start):
                continue
            until = starts[other] - lag
            finish = min(finish, until + days[number] if from_start else until)
        starts[number], finishes[number] = finish - days[number], finish
    return starts, finishes


def _moving(network: Network, forecast: Pass, end: int) -> list[bool]:
    """Tell of each activity whether a day more of it moves the end in sight."""
    starts, finishes = forecast
    latest = [end] * len(starts)
    for number in reversed(network.order):
        one = network.activities[number]
        for other, from_start, lag in network.after[number]:
            if _holds(one, network.activities[other], from_start=from_start):
                until = latest[other] - (finishes[other] - starts[other]) - lag
                span = finishes[number] - starts[number]
                latest[number] = min(latest[number], until + span if from_start else until)
    return [until == finish for until, finish in zip(latest, finishes, strict=True)]


def _holds(before: Activity, after: Activity, *, from_start: bool) -> bool:
    """Tell whether the link still decides when `after` starts: neither it nor what it waits for has happened."""
    happened = before.begun if from_start else before.finished is not None
    return not happened and not after.begun


def _stages(network: Network, times: dict[str, Times]) -> dict[str, Times]:
    """Roll the activities up into the stages above them; a stage without activities is left out."""
    below: dict[str, list[Times]] = {}
    for key, found in times.items():
        for stage in network.above(key):
            below.setdefault(stage, []).append(found)
    return {key: _rolled(below[key]) for key in network.stages if key in below}


def _rolled(parts: Sequence[Times]) -> Times:
    still = [part for part in parts if not part.finished]
    return Times(
        min(part.earliest_start for part in parts),
        max(part.earliest_finish for part in parts),
        min(part.latest_start for part in parts),
        max(part.latest_finish for part in parts),
        min(part.forecast_start for part in parts),
        max(part.forecast_finish for part in parts),
        min(part.slack for part in still or parts),
        late_by=max(part.late_by for part in parts),
        critical=any(part.critical for part in parts),
        finished=not still,
    )


def _or(value: int | None, other: int) -> int:
    return other if value is None else value
