"""Backward scheduling of 5,000 tasks, compared with a bare topological pass over the same network."""

import random
import time
from collections.abc import Callable

from benchmarks.report import Line
from benchmarks.texts import SEED
from jiedao.projects.network import Activity, Dependency, Network, Stage, sort_topologically
from jiedao.projects.schedule import WhatIf, make_schedule

TASKS, STAGES, LINKS = 5_000, 100, 3
ROUNDS = 5


def measure(vendor: str) -> list[Line]:
    """Measure the schedule and a what-if; only once, since no database is involved."""
    if vendor != "sqlite":
        return []
    rng = random.Random(SEED)
    stages = [Stage(f"s{number}") for number in range(STAGES)]
    tasks = [
        Activity(f"t{number}", rng.randint(1, 20), f"s{number * STAGES // TASKS}") for number in range(TASKS)
    ]
    links = [
        Dependency(
            f"t{rng.randint(max(0, number - 60), number - 1)}",
            f"t{number}",
            rng.choice(("FS", "FS", "SS")),
            rng.randint(-2, 5),
        )
        for number in range(1, TASKS)
        for _link in range(LINKS)
    ]
    keys, pairs = [task.key for task in tasks], [(link.before, link.after) for link in links]
    bare = _fastest_seconds(lambda: sort_topologically(keys, pairs))
    schedule_seconds = _fastest_seconds(
        lambda: make_schedule(Network(tasks, links, stages), start=0, end=3000, today=40)
    )
    network = Network(tasks, links, stages)
    what_if_seconds = _fastest_seconds(
        lambda: make_schedule(network, start=0, end=3000, today=40, what_if=WhatIf("t40", delay=5))
    )
    size = f"{TASKS:,} tasks, {len(links):,} links"
    return [
        Line(
            f"schedule of {size}",
            f"{schedule_seconds * 1000:.0f} ms; a what-if of one task {what_if_seconds * 1000:.0f} ms",
            f"{schedule_seconds / bare:.1f} × a bare topological pass ({bare * 1000:.0f} ms)",
            "< 1 s",
            met=schedule_seconds < 1,
        )
    ]


def _fastest_seconds(call: Callable[[], object]) -> float:
    """Return the seconds of the fastest round."""
    seconds = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds)
