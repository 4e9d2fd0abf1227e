"""Filing cases over the API, against what the database alone does with the same rows."""

from benchmarks import floors
from benchmarks.client import post
from benchmarks.loads import put_on
from benchmarks.report import Line
from benchmarks.servers import House, house, serving
from benchmarks.texts import bodies

CLIENTS = 16


def measure(vendor: str, seconds: float) -> list[Line]:
    """Measure the floor, the server, and the floor again; the ratio is to the mean of both."""
    with house(vendor) as home:
        before = _floor(home, seconds / 2)
        with serving(home) as server:
            requests = [post("/api/v1/cases", home.bearer, body) for body in bodies(40_000)]
            load, cost = put_on(home, server, requests, clients=CLIENTS, seconds=seconds)
        after = _floor(home, seconds / 2)
        counted = home.statements()["POST"]
    floor = (before + after) / 2
    faulty = {status: n for status, n in load.statuses.items() if status != 201}
    name = "PostgreSQL" if vendor == "postgresql" else "SQLite"
    beside = "pgbench, the same rows" if vendor == "postgresql" else "sqlite3 loop, a commit a case"
    target = 1200 if vendor == "postgresql" else None
    return [
        Line(f"intake, {name}: {beside}", f"{floor:,.0f}/s ({before:,.0f} and {after:,.0f})"),
        Line(
            f"intake, {name}: POST /api/v1/cases, {CLIENTS} clients",
            f"{load.rate:,.0f}/s, p50 {load.percentile(0.5):.1f} ms, p95 {load.percentile(0.95):.1f} ms"
            + (f", other answers {faulty}" if faulty else ""),
            ratio=f"{load.rate / floor:.0%} of the floor",
            target=f"≥ {target:,}/s" if target else "",
            met=load.rate >= target if target else None,
        ),
        Line(f"intake, {name}: cost of a case", str(cost), cost.reach),
        Line(f"intake, {name}: statements a case", str(counted), target="≤ 6", met=counted <= 6),
    ]


def _floor(home: House, seconds: float) -> float:
    if home.vendor == "postgresql":
        return floors.pgbench(home, seconds, CLIENTS)
    return floors.sqlite_loop(home, seconds)
