"""Backward scheduling of small plans that can be checked by hand."""

import pytest

from jiedao.projects.network import Activity, CycleError, Dependency, Network, Stage
from jiedao.projects.schedule import Schedule, WhatIf, find_changes, make_schedule

# design 10 days, then foundation 20, then frame 30; approval runs parallel to the foundation and precedes the frame
ACTIVITIES = [
    Activity("design", 10, "prepare"),
    Activity("approval", 5, "prepare"),
    Activity("foundation", 20, "build"),
    Activity("frame", 30, "build"),
    Activity("open", 0),
]
STAGES = [Stage("prepare"), Stage("build")]
LINKS = [
    Dependency("design", "approval"),
    Dependency("design", "foundation", "SS", 4),
    Dependency("design", "foundation"),
    Dependency("approval", "frame", lag=2),
    Dependency("foundation", "frame", lag=-5),
    Dependency("frame", "open"),
]


def compute(end: int, today: int = 0, what_if: WhatIf | None = None, **facts: Activity) -> Schedule:
    """Compute the schedule from day 0, with some activities replaced by versions with actual times."""
    activities = [facts.get(activity.key, activity) for activity in ACTIVITIES]
    return make_schedule(Network(activities, LINKS, STAGES), start=0, end=end, today=today, what_if=what_if)


def test_latest_times_and_critical_path_follow_from_the_completion() -> None:
    plan = compute(end=60)
    assert (plan.forecast_end, plan.margin) == (55, 5)
    frame, approval = plan.activities["frame"], plan.activities["approval"]
    assert (frame.earliest_start, frame.latest_start, frame.latest_finish, frame.slack) == (25, 30, 60, 5)
    assert (approval.earliest_finish, approval.latest_finish, approval.slack) == (15, 28, 13)
    assert [key for key, times in plan.activities.items() if times.critical] == [
        "design",
        "foundation",
        "frame",
        "open",
    ]
    prepare = plan.stages["prepare"]
    assert (prepare.earliest_start, prepare.earliest_finish, prepare.slack) == (0, 15, 5)


def test_forecast_after_the_latest_finish_is_late() -> None:
    begun = Activity("design", 10, "prepare", started=3, percent=50)
    plan = compute(end=60, today=12, design=begun)  # five of its ten days are left: it finishes at 17
    assert plan.activities["design"].forecast_finish == 17
    assert (plan.forecast_end, plan.margin) == (62, -2)
    late = {key: times.late_by for key, times in plan.activities.items() if times.late_by}
    assert late == {"design": 2, "foundation": 2, "frame": 2, "open": 2}
    done = Activity("design", 10, "prepare", started=0, finished=8)
    assert compute(end=60, today=12, design=done).activities["design"].late_by == 0


def test_started_activity_ignores_its_links() -> None:
    frame = Activity("frame", 30, "build", started=10, percent=0)
    design = Activity("design", 10, "prepare", started=0, finished=9)
    plan = compute(end=60, today=12, design=design, frame=frame)
    assert plan.activities["frame"].forecast_finish == 42
    foundation = plan.activities["foundation"]
    assert (foundation.forecast_finish, foundation.latest_finish, foundation.critical) == (32, 60, False)


def test_dates_of_a_stage_apply_to_its_activities() -> None:
    stages = [Stage("prepare", due=12), Stage("build", not_before=40)]
    plan = make_schedule(Network(ACTIVITIES, LINKS, stages), start=0, end=100, today=0)
    assert plan.activities["approval"].late_by == 3
    assert plan.activities["foundation"].earliest_start == 40


def test_trial_shows_what_it_changes() -> None:
    plan = compute(end=60)
    trial = compute(end=60, what_if=WhatIf("approval", delay=13))
    assert (trial.forecast_end, trial.margin) == (60, 0)
    assert {change.key for change in find_changes(plan, trial)} == {
        "approval",
        "frame",
        "open",
        "design",
        "foundation",
    }
    assert compute(end=60, what_if=WhatIf("frame", duration=36)).margin == -1
    assert compute(end=60, what_if=WhatIf("approval", finish=40)).forecast_end == 72
    with pytest.raises(ValueError, match="no activity roof"):
        compute(end=60, what_if=WhatIf("roof"))


def test_cycle_is_refused_with_its_keys() -> None:
    with pytest.raises(CycleError, match="design → foundation → frame → design"):
        Network(ACTIVITIES, [*LINKS, Dependency("frame", "design")], STAGES)
    with pytest.raises(CycleError):
        Network([], [], [Stage("a", "b"), Stage("b", "a")])


@pytest.mark.parametrize(
    ("activities", "links", "message"),
    [
        ([*ACTIVITIES, Activity("open", 0)], LINKS, "occurs twice"),
        (ACTIVITIES, [Dependency("design", "roof")], "no activity roof"),
        (ACTIVITIES, [Dependency("prepare", "frame")], "no activity prepare"),
        ([Activity("roof", 1, "top")], [], "no stage top"),
    ],
)
def test_invalid_network_is_refused(
    activities: list[Activity], links: list[Dependency], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Network(activities, links, STAGES)
