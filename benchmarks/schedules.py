"""Backward scheduling of 5,000 tasks, beside a bare topological pass over the same network: no database."""

import random
import time
from collections.abc import Callable

from benchmarks.report import Line
from benchmarks.texts import SEED
from jiedao.projects.network import Activity, Dependency, Network, Stage, ordered
from jiedao.projects.schedule import WhatIf, make_schedule

TASKS, STAGES, LINKS = 5_000, 100, 3
ROUNDS = 5


def measure(vendor: str) -> list[Line]:
    """Measure the schedule and a trial; once, as the database has no part in it."""
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
    keys, pairs = [one.key for one in tasks], [(link.before, link.after) for link in links]
    bare = _best(lambda: ordered(keys, pairs))
    whole = _best(lambda: make_schedule(Network(tasks, links, stages), start=0, end=3000, today=40))
    network = Network(tasks, links, stages)
    trial = _best(lambda: make_schedule(network, start=0, end=3000, today=40, what_if=WhatIf("t40", delay=5)))
    size = f"{TASKS:,} tasks, {len(links):,} links"
    return [
        Line(
            f"schedule of {size}",
            f"{whole * 1000:.0f} ms; a trial of one task {trial * 1000:.0f} ms",
            f"{whole / bare:.1f} × a bare topological pass ({bare * 1000:.0f} ms)",
            "< 1 s",
            met=whole < 1,
        )
    ]


def _best(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of some rounds."""
    seconds = []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)
