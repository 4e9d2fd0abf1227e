# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""A register with very many records: its list with several filters, and counts as of a past day.

    python -m benchmarks.records COMMUNITY     prints the seconds of each count as JSON

Run as a process on a database of `prepare_office`.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import django

from benchmarks.client import encode_get
from benchmarks.fill_records import LARGE, SMALL
from benchmarks.loads import measure_load
from benchmarks.report import Line
from benchmarks.servers import Office, Server, prepare_office, run_server

PAST = date(2020, 6, 30)
TIMES = 5


def list_queries(samples: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the measured queries of a list: label -> (session, query)."""
    area, grid = f"area={samples['community']}", f"area={samples['grid']}"
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
    """Fill, read the lists of the large register and of one with 10,000 records, and count."""
    with prepare_office(vendor) as office:
        started = time.perf_counter()
        samples = json.loads(office.run("benchmarks.fill_records", str(records)))
        at = f"{'PostgreSQL' if vendor == 'postgresql' else 'SQLite'}, {samples['records']:,} records"
        lines = [Line(f"{at}: filled in", f"{time.perf_counter() - started:.0f} s")]
        with run_server(office) as server:
            reader = _PageReader(office, server, samples, seconds)
            lines += [
                reader.measure(f"{at}: page of 50, {name}", *query)
                for name, query in list_queries(samples).items()
            ]
        paths = [f"/desk/registers/{key}/" for key in ("three", "hundreds", LARGE)]
        statements = office.count_statements(*paths)
        three, hundreds, large = (statements[path] for path in paths)
        numbers = f"{three}, {hundreds} and {large}"
        lines.append(
            Line(
                f"{at}: statements of a page of 3, 300 and all records",
                numbers,
                target="the same",
                met=three == hundreds == large,
            )
        )
        seconds_of: dict[str, float] = json.loads(office.run("benchmarks.records", samples["community_path"]))
    floor = seconds_of.pop("floor")
    lines.append(Line(f"{at}: bare count of the register's rows", f"{floor * 1000:.0f} ms"))
    return lines + [
        Line(
            f"{at}: {name}",
            f"{duration * 1000:.0f} ms",
            f"{duration / floor:.1f} times a bare count",
            "< 1 s",
            duration < 1,
        )
        for name, duration in seconds_of.items()
    ]


@dataclass(frozen=True)
class _PageReader:
    """Measures pages with one client."""

    office: Office
    server: Server
    samples: dict[str, Any]
    seconds: float

    def measure(self, label: str, user: str, query: str) -> Line:
        """Measure a page of the large register, and compare its cost with one of the register with 10,000 records."""
        session = self.samples["worker"] if user == "worker" else self.office.session
        cookie = {**self.office.page_headers, "Cookie": f"sessionid={session}"}
        costs = []
        for key, middle in (("small", SMALL["small"] // 2), (LARGE, self.samples["records"] // 2)):
            path = f"/desk/registers/{key}/?{query.replace('{middle}', str(middle))}"
            load, cost = measure_load(
                self.office, self.server, [encode_get(path, cookie)], clients=1, seconds=self.seconds
            )
            if set(load.statuses) != {200}:
                raise RuntimeError(f"{path}: {load.statuses}")
            costs.append(cost)
        p95 = load.percentile(0.95)
        result = f"p50 {load.percentile(0.5):.1f} ms, p95 {p95:.1f} ms; {cost}"
        ratio = f"{costs[1].total / costs[0].total:.2f} times the cost at {SMALL['small']:,}"
        return Line(label, result, ratio, "p95 < 60 ms", met=p95 < 60)


def main() -> None:
    """Print the seconds of each count, as the median of five runs."""
    django.setup()
    from django.db import connection

    from jiedao.orgs.actor import make_system_actor
    from jiedao.registers.catalogue import register_info
    from jiedao.registers.selectors.counting import count_groups, count_list
    from jiedao.registers.selectors.filters import RecordFilters

    info, actor = register_info(LARGE), make_system_actor("benchmark")
    if info is None:
        raise RuntimeError("fill first")
    everything, grade = RecordFilters(), RecordFilters(grade="C")
    community = RecordFilters(area_path=sys.argv[1])

    def count_bare_rows() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM registers_record WHERE register_id = %s", [info.id])

    counts: dict[str, Callable[[], Any]] = {
        "floor": count_bare_rows,
        "count now": lambda: count_groups(actor, info, everything, {}),
        "count as of a past day": lambda: count_groups(actor, info, everything, {}, as_of=PAST),
        "count of a grade as of a past day": lambda: count_groups(actor, info, grade, {}, as_of=PAST),
        "count of a community as of a past day": lambda: count_groups(actor, info, community, {}, as_of=PAST),
        "count and sum as of a past day": lambda: count_groups(
            actor, info, everything, {}, as_of=PAST, sum_of="area_m2"
        ),
        "the complete list counted as of a past day": lambda: count_list(
            actor, info, everything, as_of=PAST, whole=True
        ),
    }
    json.dump({name: _median_seconds(count) for name, count in counts.items()}, sys.stdout)


def _median_seconds(call: Callable[[], Any]) -> float:
    durations = []
    for _n in range(TIMES):
        started = time.perf_counter()
        call()
        durations.append(time.perf_counter() - started)
    return sorted(durations)[TIMES // 2]


if __name__ == "__main__":
    main()
