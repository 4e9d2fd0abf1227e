"""Backward scheduling 倒排工期: when each activity must, and still can, be done. No database access and no dates.

The schedule is computed in passes over the network in topological order, as in the critical path method (Kelley and
Walker, 1959):

- Forward from the start, once for the plan without actual dates (`earliest`), and once with actual dates and today
  (`forecast`): a finished activity keeps its actual times, a started one has its remaining days left, and one that has
  not started begins today at the earliest.
- Backward from the fixed completion, and from the dates that the plan sets for activities and stages (`latest`).
- Backward from the forecast end: an activity is critical if one more day of it moves that end by one day.

A started activity no longer waits for anything, whatever its links are. So its links do not limit the latest times of
the activities before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jiedao.projects.network import Activity, Network


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A trial change of one activity: another duration, a fixed finish, or a delay in working days."""

    key: str
    duration: int | None = None
    finish: int | None = None
    delay: int = 0


@dataclass(frozen=True, slots=True)
class Times:
    """The times of an activity or a stage, as positions on the axis of working days.

    Attributes:
        earliest_start, earliest_finish: according to the plan, without actual dates.
        latest_start, latest_finish: the latest times that keep the fixed completion.
        forecast_start, forecast_finish: according to actual dates and today; the actual times once they are known.
        slack: working days from the forecast finish to the latest finish, negative if the forecast is too late.
        late_by: working days by which the forecast misses the latest finish; 0 for a finished activity.
        critical: not finished, and one more day of it delays the forecast end by one day.
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
    """The times of every activity and stage by key, the fixed completion `end`, and the `forecast_end`."""

    activities: dict[str, Times]
    stages: dict[str, Times]
    end: int
    forecast_end: int

    @property
    def margin(self) -> int:
        """Working days between the forecast end and the fixed completion, negative if the forecast is too late."""
        return self.end - self.forecast_end


@dataclass(frozen=True, slots=True)
class Change:
    """The times of an activity before and after a trial change."""

    key: str
    before: Times
    after: Times


def make_schedule(
    network: Network, *, start: int, end: int, today: int, what_if: WhatIf | None = None
) -> Schedule:
    """Compute the schedule of a network.

    Args:
        start: the morning of the first day.
        end: the evening of the fixed completion.
        today: the morning of today.
        what_if: a trial change, None for none.

    Raises:
        ValueError: the trial names an unknown activity.
    """
    trial = what_if or WhatIf("")
    if trial.key and trial.key not in network.number:
        raise ValueError(f"no activity {trial.key}")
    days = [activity.duration for activity in network.activities]
    if trial.duration is not None:
        days[network.number[trial.key]] = trial.duration
    earliest = _compute_earliest(network, days, start)
    forecast = _compute_forecast(network, days, max(start, today), today, trial)
    latest = _compute_latest(network, days, end)
    forecast_end = max(forecast[1], default=start)
    critical = _find_critical(network, forecast, forecast_end)
    times = {}
    for number, activity in enumerate(network.activities):
        slack = latest[1][number] - forecast[1][number]
        done = activity.finished is not None
        times[activity.key] = Times(
            earliest[0][number],
            earliest[1][number],
            latest[0][number],
            latest[1][number],
            forecast[0][number],
            forecast[1][number],
            slack,
            late_by=0 if done else max(0, -slack),
            critical=critical[number] and not done,
            finished=done,
        )
    return Schedule(times, _roll_up_stages(network, times), end, forecast_end)


def find_changes(before: Schedule, after: Schedule) -> list[Change]:
    """Return the activities whose times differ between a schedule and a trial of it, in the order of the plan."""
    return [
        Change(key, times, after.activities[key])
        for key, times in before.activities.items()
        if times != after.activities[key]
    ]


Pass = tuple[list[int], list[int]]  # starts and finishes by the activity's number


def _compute_earliest(network: Network, days: Sequence[int], start: int) -> Pass:
    starts, finishes = [0] * len(days), [0] * len(days)
    for number in network.order:
        begin = max(start, _value_or(network.not_before[number], start))
        for other, from_start, lag in network.before[number]:
            begin = max(begin, (starts if from_start else finishes)[other] + lag)
        starts[number], finishes[number] = begin, begin + days[number]
    return starts, finishes


def _compute_forecast(network: Network, days: Sequence[int], first: int, today: int, trial: WhatIf) -> Pass:
    starts, finishes = [0] * len(days), [0] * len(days)
    for number in network.order:
        activity = network.activities[number]
        if activity.begun:
            begin, finish = _compute_started_times(activity, days[number], today)
        else:
            begin = max(first, _value_or(network.not_before[number], first))
            for other, from_start, lag in network.before[number]:
                begin = max(begin, (starts if from_start else finishes)[other] + lag)
            finish = begin + days[number]
        if activity.key == trial.key and activity.finished is None:
            begin, finish = _compute_trial_times(activity, trial, begin, finish)
        starts[number], finishes[number] = begin, finish
    return starts, finishes


def _compute_started_times(activity: Activity, days: int, today: int) -> tuple[int, int]:
    if activity.finished is not None:
        return _value_or(activity.started, activity.finished - days), activity.finished
    begin = _value_or(activity.started, today)
    remaining_days = -(-days * (100 - activity.percent) // 100)
    return begin, max(begin, today) + remaining_days


def _compute_trial_times(activity: Activity, trial: WhatIf, begin: int, finish: int) -> tuple[int, int]:
    if trial.finish is not None:
        return (begin if activity.begun else min(begin, trial.finish)), trial.finish
    return (begin if activity.begun else begin + trial.delay), finish + trial.delay


def _compute_latest(network: Network, days: Sequence[int], end: int) -> Pass:
    starts, finishes = [0] * len(days), [0] * len(days)
    for number in reversed(network.order):
        activity = network.activities[number]
        finish = min(end, _value_or(network.due[number], end))
        for other, from_start, lag in network.after[number]:
            if activity.finished is None and not _link_applies(
                activity, network.activities[other], from_start=from_start
            ):
                continue
            until = starts[other] - lag
            finish = min(finish, until + days[number] if from_start else until)
        starts[number], finishes[number] = finish - days[number], finish
    return starts, finishes


def _find_critical(network: Network, forecast: Pass, end: int) -> list[bool]:
    """Return for each activity whether one more day of it delays the forecast end."""
    starts, finishes = forecast
    latest = [end] * len(starts)
    for number in reversed(network.order):
        activity = network.activities[number]
        for other, from_start, lag in network.after[number]:
            if _link_applies(activity, network.activities[other], from_start=from_start):
                until = latest[other] - (finishes[other] - starts[other]) - lag
                span = finishes[number] - starts[number]
                latest[number] = min(latest[number], until + span if from_start else until)
    return [until == finish for until, finish in zip(latest, finishes, strict=True)]


def _link_applies(before: Activity, after: Activity, *, from_start: bool) -> bool:
    """Return whether a link still affects the start of `after`.

    It does until `after` has started, or until the event of `before` that it waits for has happened.
    """
    has_happened = before.begun if from_start else before.finished is not None
    return not has_happened and not after.begun


def _roll_up_stages(network: Network, times: dict[str, Times]) -> dict[str, Times]:
    """Return the times of every stage, combined from its activities; stages without activities are left out."""
    times_by_stage: dict[str, list[Times]] = {}
    for key, activity_times in times.items():
        for stage in network.list_stages_above(key):
            times_by_stage.setdefault(stage, []).append(activity_times)
    return {key: _combine_times(times_by_stage[key]) for key in network.stages if key in times_by_stage}


def _combine_times(parts: Sequence[Times]) -> Times:
    unfinished = [part for part in parts if not part.finished]
    return Times(
        min(part.earliest_start for part in parts),
        max(part.earliest_finish for part in parts),
        min(part.latest_start for part in parts),
        max(part.latest_finish for part in parts),
        min(part.forecast_start for part in parts),
        max(part.forecast_finish for part in parts),
        min(part.slack for part in unfinished or parts),
        late_by=max(part.late_by for part in parts),
        critical=any(part.critical for part in parts),
        finished=not unfinished,
    )


def _value_or(value: int | None, other: int) -> int:
    return other if value is None else value
