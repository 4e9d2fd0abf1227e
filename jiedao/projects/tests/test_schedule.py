"""Backward scheduling on small plans that can be reckoned by hand."""

import pytest

from jiedao.projects.network import Activity, CycleError, Dependency, Network, Stage
from jiedao.projects.schedule import Schedule, WhatIf, changes, make_schedule

# design 10 days, then foundation 20, then frame 30; approval runs beside the foundation and opens the frame
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


def reckon(end: int, today: int = 0, what_if: WhatIf | None = None, **facts: Activity) -> Schedule:
    """Reckon the plan from day 0, some activities replaced by what happened to them."""
    activities = [facts.get(one.key, one) for one in ACTIVITIES]
    return make_schedule(Network(activities, LINKS, STAGES), start=0, end=end, today=today, what_if=what_if)


def test_latest_times_slack_and_the_critical_path_follow_from_the_fixed_completion() -> None:
    plan = reckon(end=60)
    assert (plan.forecast_end, plan.margin) == (55, 5)
    frame, approval = plan.activities["frame"], plan.activities["approval"]
    assert (frame.earliest_start, frame.latest_start, frame.latest_finish, frame.slack) == (25, 30, 60, 5)
    assert (approval.earliest_finish, approval.latest_finish, approval.slack) == (15, 28, 13)
    assert [key for key, one in plan.activities.items() if one.critical] == [
        "design",
        "foundation",
        "frame",
        "open",
    ]
    prepare = plan.stages["prepare"]
    assert (prepare.earliest_start, prepare.earliest_finish, prepare.slack) == (0, 15, 5)


def test_what_has_happened_and_today_say_what_is_already_impossible() -> None:
    begun = Activity("design", 10, "prepare", started=3, percent=50)
    plan = reckon(end=60, today=12, design=begun)  # five of its ten days are left: it finishes at 17
    assert plan.activities["design"].forecast_finish == 17
    assert (plan.forecast_end, plan.margin) == (62, -2)
    late = {key: one.late_by for key, one in plan.activities.items() if one.late_by}
    assert late == {"design": 2, "foundation": 2, "frame": 2, "open": 2}
    done = Activity("design", 10, "prepare", started=0, finished=8)
    assert reckon(end=60, today=12, design=done).activities["design"].late_by == 0


def test_a_started_activity_waits_for_nothing_and_hurries_nobody() -> None:
    frame = Activity("frame", 30, "build", started=10, percent=0)
    design = Activity("design", 10, "prepare", started=0, finished=9)
    plan = reckon(end=60, today=12, design=design, frame=frame)
    assert plan.activities["frame"].forecast_finish == 42
    foundation = plan.activities["foundation"]
    assert (foundation.forecast_finish, foundation.latest_finish, foundation.critical) == (32, 60, False)


def test_a_date_fixed_for_a_stage_holds_for_all_in_it() -> None:
    stages = [Stage("prepare", due=12), Stage("build", not_before=40)]
    plan = make_schedule(Network(ACTIVITIES, LINKS, stages), start=0, end=100, today=0)
    assert plan.activities["approval"].late_by == 3
    assert plan.activities["foundation"].earliest_start == 40


def test_a_trial_says_what_it_changes_for_the_others_and_for_the_end() -> None:
    plan = reckon(end=60)
    trial = reckon(end=60, what_if=WhatIf("approval", delay=13))
    assert (trial.forecast_end, trial.margin) == (60, 0)
    assert {change.key for change in changes(plan, trial)} == {
        "approval",
        "frame",
        "open",
        "design",
        "foundation",
    }
    assert reckon(end=60, what_if=WhatIf("frame", duration=36)).margin == -1
    assert reckon(end=60, what_if=WhatIf("approval", finish=40)).forecast_end == 72
    with pytest.raises(ValueError, match="no activity roof"):
        reckon(end=60, what_if=WhatIf("roof"))


def test_a_circle_is_refused_by_name() -> None:
    with pytest.raises(CycleError, match="design → foundation → frame → design"):
        Network(ACTIVITIES, [*LINKS, Dependency("frame", "design")], STAGES)
    with pytest.raises(CycleError):
        Network([], [], [Stage("a", "b"), Stage("b", "a")])


@pytest.mark.parametrize(
    ("activities", "links", "message"),
    [
        ([*ACTIVITIES, Activity("open", 0)], LINKS, "stands twice"),
        (ACTIVITIES, [Dependency("design", "roof")], "no activity roof"),
        (ACTIVITIES, [Dependency("prepare", "frame")], "no activity prepare"),
        ([Activity("roof", 1, "top")], [], "no stage top"),
    ],
)
def test_what_is_no_network_is_refused(
    activities: list[Activity], links: list[Dependency], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Network(activities, links, STAGES)
