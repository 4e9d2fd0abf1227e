# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""A register of very many records: its list filtered in several ways, and counts as of a past day.

python -m benchmarks.records COMMUNITY     in a process of its own with `house`: prints seconds of each count as JSON
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import django

from benchmarks.client import get
from benchmarks.fill_records import LARGE, SMALL
from benchmarks.loads import put_on
from benchmarks.report import Line
from benchmarks.servers import House, Server, house, serving

PAST = date(2020, 6, 30)
TIMES = 5


def lists(known: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return what is asked of a list: its name -> (session, query)."""
    area, grid = f"area={known['community']}", f"area={known['grid']}"
    town, worker = "session", "worker"
    return {
        "everything": (town, ""),
        "from the middle": (town, "cursor=n{middle}"),
        "one grade": (town, "grade=C"),
        "a value of one in forty": (town, "f.use=SHOP"),
        "a range of numbers": (town, "f.storeys.from=3&f.storeys.to=4"),
        "a community": (town, area),
        "a grade in a community": (town, f"grade=C&{area}"),
        "a value, a range and a grid": (town, f"f.use=SHOP&f.storeys.from=3&f.storeys.to=9&{grid}"),
        "a value that no record of a grade has": (town, "grade=C&f.use=SHOP&f.second_exit=1"),
        "words": (town, "q=77号楼"),
        "a grade as of a past day": (town, f"grade=C&on={PAST}"),
        "a grid worker's own": (worker, ""),
        "a grid worker's own of one grade": (worker, "grade=C"),
    }


def measure(vendor: str, seconds: float, records: int) -> list[Line]:
    """Fill, read the list of the large register and of one of 10,000, count."""
    with house(vendor) as home:
        begun = time.perf_counter()
        known = json.loads(home.run("benchmarks.fill_records", str(records)))
        at = f"{'PostgreSQL' if vendor == 'postgresql' else 'SQLite'}, {known['records']:,} records"
        lines = [Line(f"{at}: filled in", f"{time.perf_counter() - begun:.0f} s")]
        with serving(home) as server:
            reader = _Reader(home, server, known, seconds)
            lines += [
                reader.read(f"{at}: page of 50, {name}", *asked) for name, asked in lists(known).items()
            ]
        paths = [f"/desk/registers/{key}/" for key in ("three", "hundreds", LARGE)]
        counted = home.statements(*paths)
        three, hundreds, large = (counted[path] for path in paths)
        said = f"{three}, {hundreds} and {large}"
        lines.append(
            Line(f"{at}: statements of a page of 3, 300 and all records", said, target="the same",
                 met=three == hundreds == large)
        )  # fmt: skip
        seen: dict[str, float] = json.loads(home.run("benchmarks.records", known["community_path"]))
    floor = seen.pop("floor")
    lines.append(Line(f"{at}: bare count of the register's rows", f"{floor * 1000:.0f} ms"))
    return lines + [
        Line(f"{at}: {name}", f"{took * 1000:.0f} ms", f"{took / floor:.1f} times a bare count", "< 1 s", took < 1)
        for name, took in seen.items()
    ]  # fmt: skip


@dataclass(frozen=True)
class _Reader:
    """One client that reads pages."""

    home: House
    server: Server
    known: dict[str, Any]
    seconds: float

    def read(self, what: str, who: str, query: str) -> Line:
        """Measure a page of the large register, and what it costs against one of 10,000."""
        session = self.known["worker"] if who == "worker" else self.home.session
        cookie = {**self.home.cookie, "Cookie": f"sessionid={session}"}
        costs = []
        for key, middle in (("small", SMALL["small"] // 2), (LARGE, self.known["records"] // 2)):
            path = f"/desk/registers/{key}/?{query.replace('{middle}', str(middle))}"
            load, cost = put_on(self.home, self.server, [get(path, cookie)], clients=1, seconds=self.seconds)
            if set(load.statuses) != {200}:
                raise RuntimeError(f"{path}: {load.statuses}")
            costs.append(cost)
        p95 = load.percentile(0.95)
        seen = f"p50 {load.percentile(0.5):.1f} ms, p95 {p95:.1f} ms; {cost}"
        ratio = f"{costs[1].total / costs[0].total:.2f} times the cost at {SMALL['small']:,}"
        return Line(what, seen, ratio, "p95 < 60 ms", met=p95 < 60)


def main() -> None:
    """Print what each count took, the median of five."""
    django.setup()
    from django.db import connection

    from jiedao.orgs.actor import system
    from jiedao.registers.catalogue import register_info
    from jiedao.registers.selectors.counting import count_groups, count_list
    from jiedao.registers.selectors.filters import RecordFilters

    info, actor = register_info(LARGE), system("benchmark")
    if info is None:
        raise RuntimeError("fill first")
    everything, grade = RecordFilters(), RecordFilters(grade="C")
    community = RecordFilters(area_path=sys.argv[1])

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM registers_record WHERE register_id = %s", [info.id])

    asked: dict[str, Callable[[], Any]] = {
        "floor": bare,
        "count now": lambda: count_groups(actor, info, everything, {}),
        "count as of a past day": lambda: count_groups(actor, info, everything, {}, as_of=PAST),
        "count of a grade as of a past day": lambda: count_groups(actor, info, grade, {}, as_of=PAST),
        "count of a community as of a past day": lambda: count_groups(actor, info, community, {}, as_of=PAST),
        "count and sum as of a past day": lambda: count_groups(
            actor, info, everything, {}, as_of=PAST, sum_of="area_m2"
        ),
        "the whole list counted as of a past day": lambda: count_list(actor, info, everything, as_of=PAST, whole=True),
    }  # fmt: skip
    json.dump({name: _median(what) for name, what in asked.items()}, sys.stdout)


def _median(what: Callable[[], Any]) -> float:
    took = []
    for _n in range(TIMES):
        begun = time.perf_counter()
        what()
        took.append(time.perf_counter() - begun)
    return sorted(took)[TIMES // 2]


if __name__ == "__main__":
    main()
