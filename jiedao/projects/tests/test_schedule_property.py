"""Backward scheduling compared with a slow implementation of the rules, and with trial changes."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.projects.network import Activity, Dependency, Network, Stage
from jiedao.projects.schedule import Schedule, WhatIf, make_schedule

TODAY = 12


@st.composite
def draw_plan(draw: st.DrawFn) -> tuple[list[Activity], list[Dependency]]:
    """Draw a plan of up to nine activities, some of them started or finished; links lead to later letters only."""
    count = draw(st.integers(1, 9))
    activities = []
    for number in range(count):
        activity = Activity(
            "abcdefghi"[number],
            draw(st.integers(0, 8)),
            draw(st.sampled_from(["", "early", "late"])),
            not_before=draw(st.none() | st.integers(0, 15)),
        )
        state = draw(st.sampled_from(["planned", "planned", "started", "finished"]))
        started = draw(st.integers(0, TODAY))
        if state == "started":
            activity = replace(activity, started=started, percent=draw(st.sampled_from([0, 30, 50, 99])))
        if state == "finished":
            activity = replace(activity, started=started, finished=draw(st.integers(started, TODAY)))
        activities.append(activity)
    links = [
        Dependency(activities[first].key, activities[second].key, kind, lag)
        for first, second, kind, lag in draw(
            st.lists(
                st.tuples(
                    st.integers(0, count - 1),
                    st.integers(0, count - 1),
                    st.sampled_from(["FS", "SS"]),
                    st.integers(-3, 4),
                ),
                max_size=14,
            )
        )
        if first < second
    ]
    return draw(st.permutations(activities)), links


def compute_slow_forecast(activities: list[Activity], links: list[Dependency]) -> dict[str, tuple[int, int]]:
    """Move every activity to a later time until no rule is broken."""
    times: dict[str, tuple[int, int]] = {}
    for activity in activities:
        if activity.finished is not None:
            times[activity.key] = (activity.started or 0, activity.finished)
        elif activity.started is not None:
            remaining_days = next(
                n for n in range(99) if n * 100 >= activity.duration * (100 - activity.percent)
            )
            times[activity.key] = (activity.started, max(TODAY, activity.started) + remaining_days)
        else:
            begin = max(TODAY, activity.not_before or 0)
            times[activity.key] = (begin, begin + activity.duration)
    fixed = {activity.key for activity in activities if activity.begun}
    days = {activity.key: activity.duration for activity in activities}
    moved = True
    while moved:
        moved = False
        for link in links:
            least = times[link.before][0 if link.kind == "SS" else 1] + link.lag
            if link.after not in fixed and times[link.after][0] < least:
                times[link.after] = (least, least + days[link.after])
                moved = True
    return times


def compute_slow_latest(activities: list[Activity], links: list[Dependency], end: int) -> dict[str, int]:
    """Move the latest finish of every activity to an earlier time until no rule is broken; without actual times."""
    days = {activity.key: activity.duration for activity in activities}
    latest = dict.fromkeys(days, end)
    moved = True
    while moved:
        moved = False
        for link in links:
            until = latest[link.after] - days[link.after] - link.lag
            most = until + (days[link.before] if link.kind == "SS" else 0)
            if latest[link.before] > most:
                latest[link.before] = most
                moved = True
    return latest


def compute(
    activities: list[Activity], links: list[Dependency], end: int, what_if: WhatIf | None = None
) -> Schedule:
    """Compute the schedule with the code under test."""
    network = Network(activities, links, [Stage("early"), Stage("late", "early")])
    return make_schedule(network, start=0, end=end, today=TODAY, what_if=what_if)


@settings(max_examples=80, deadline=None)
@given(draw_plan(), st.integers(0, 6))
def test_schedule_equals_the_slow_implementation(
    plan: tuple[list[Activity], list[Dependency]], room: int
) -> None:
    activities, links = plan
    slow = compute_slow_forecast(activities, links)
    end = max(finish for _start, finish in slow.values()) + room
    schedule = compute(activities, links, end)
    assert {
        key: (activity.forecast_start, activity.forecast_finish)
        for key, activity in schedule.activities.items()
    } == slow
    assert schedule.margin == room
    for activity in activities:
        times = schedule.activities[activity.key]
        # A delay by the slack keeps the completion, one more day does not. A critical activity moves the end.
        if activity.finished is None:
            at_slack = compute(activities, links, end, WhatIf(activity.key, delay=times.slack))
            beyond_slack = compute(activities, links, end, WhatIf(activity.key, delay=times.slack + 1))
            assert at_slack.margin >= 0 > beyond_slack.margin
            moved = compute(activities, links, end, WhatIf(activity.key, delay=1))
            assert times.critical == (moved.margin < room)
    plain = [Activity(activity.key, activity.duration, activity.parent) for activity in activities]
    latest = compute_slow_latest(plain, links, end)
    assert {
        key: activity.latest_finish for key, activity in compute(plain, links, end).activities.items()
    } == latest
    assert {key: activity.late_by for key, activity in compute(plain, links, end - 9).activities.items()} == {
        key: max(0, activity.forecast_finish + 9 - latest[key])
        for key, activity in compute(plain, links, end).activities.items()
    }
    for key, stage in schedule.stages.items():
        inside = [
            activity.key
            for activity in activities
            if key in {activity.parent, "early" if activity.parent else ""}
        ]
        assert stage.forecast_finish == max(slow[name][1] for name in inside)
