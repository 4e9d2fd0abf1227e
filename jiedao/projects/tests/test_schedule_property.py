"""Backward scheduling against an implementation that repeats the rules until nothing moves, and against trials."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.projects.network import Activity, Dependency, Network, Stage
from jiedao.projects.schedule import Schedule, WhatIf, make_schedule

TODAY = 12


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Activity], list[Dependency]]:
    """Draw a plan of up to nine activities, some of them started or finished; links lead to later letters only."""
    count = draw(st.integers(1, 9))
    activities = []
    for number in range(count):
        one = Activity(
            "abcdefghi"[number],
            draw(st.integers(0, 8)),
            draw(st.sampled_from(["", "early", "late"])),
            not_before=draw(st.none() | st.integers(0, 15)),
        )
        state = draw(st.sampled_from(["planned", "planned", "started", "finished"]))
        started = draw(st.integers(0, TODAY))
        if state == "started":
            one = replace(one, started=started, percent=draw(st.sampled_from([0, 30, 50, 99])))
        if state == "finished":
            one = replace(one, started=started, finished=draw(st.integers(started, TODAY)))
        activities.append(one)
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


def slow_forecast(activities: list[Activity], links: list[Dependency]) -> dict[str, tuple[int, int]]:
    """Push every activity to the right until no rule is broken."""
    times: dict[str, tuple[int, int]] = {}
    for one in activities:
        if one.finished is not None:
            times[one.key] = (one.started or 0, one.finished)
        elif one.started is not None:
            left = next(n for n in range(99) if n * 100 >= one.duration * (100 - one.percent))
            times[one.key] = (one.started, max(TODAY, one.started) + left)
        else:
            begin = max(TODAY, one.not_before or 0)
            times[one.key] = (begin, begin + one.duration)
    fixed = {one.key for one in activities if one.begun}
    days = {one.key: one.duration for one in activities}
    moved = True
    while moved:
        moved = False
        for link in links:
            least = times[link.before][0 if link.kind == "SS" else 1] + link.lag
            if link.after not in fixed and times[link.after][0] < least:
                times[link.after] = (least, least + days[link.after])
                moved = True
    return times


def slow_latest(activities: list[Activity], links: list[Dependency], end: int) -> dict[str, int]:
    """Push the latest finish of every activity of a plan without facts to the left until no rule is broken."""
    days = {one.key: one.duration for one in activities}
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


def reckon(
    activities: list[Activity], links: list[Dependency], end: int, what_if: WhatIf | None = None
) -> Schedule:
    """Reckon with the code under test."""
    network = Network(activities, links, [Stage("early"), Stage("late", "early")])
    return make_schedule(network, start=0, end=end, today=TODAY, what_if=what_if)


@settings(max_examples=80, deadline=None)
@given(plans(), st.integers(0, 6))
def test_the_schedule_is_what_the_rules_say(plan: tuple[list[Activity], list[Dependency]], room: int) -> None:
    activities, links = plan
    slow = slow_forecast(activities, links)
    end = max(finish for _start, finish in slow.values()) + room
    found = reckon(activities, links, end)
    assert {key: (one.forecast_start, one.forecast_finish) for key, one in found.activities.items()} == slow
    assert found.margin == room
    for one in activities:
        times = found.activities[one.key]
        if (
            one.finished is None
        ):  # the slack is how much later it may come; critical is what has no room at all
            kept = reckon(activities, links, end, WhatIf(one.key, delay=times.slack))
            broken = reckon(activities, links, end, WhatIf(one.key, delay=times.slack + 1))
            assert kept.margin >= 0 > broken.margin
            moved = reckon(activities, links, end, WhatIf(one.key, delay=1))
            assert times.critical == (moved.margin < room)
    plain = [Activity(one.key, one.duration, one.parent) for one in activities]
    latest = slow_latest(plain, links, end)
    assert {key: one.latest_finish for key, one in reckon(plain, links, end).activities.items()} == latest
    assert {key: one.late_by for key, one in reckon(plain, links, end - 9).activities.items()} == {
        key: max(0, one.forecast_finish + 9 - latest[key])
        for key, one in reckon(plain, links, end).activities.items()
    }
    for key, stage in found.stages.items():
        inside = [one.key for one in activities if key in {one.parent, "early" if one.parent else ""}]
        assert stage.forecast_finish == max(slow[name][1] for name in inside)
