"""Filing cases over the API, compared with inserting the same rows into the database alone."""

from benchmarks import floors
from benchmarks.client import encode_post
from benchmarks.loads import measure_load
from benchmarks.report import Line
from benchmarks.servers import Office, prepare_office, run_server
from benchmarks.texts import encode_bodies

CLIENTS = 16


def measure(vendor: str, seconds: float) -> list[Line]:
    """Measure the database alone, the server, and the database again; the ratio refers to the mean of both."""
    with prepare_office(vendor) as office:
        before = _measure_floor(office, seconds / 2)
        with run_server(office) as server:
            requests = [
                encode_post("/api/v1/cases", office.api_headers, body) for body in encode_bodies(40_000)
            ]
            load, cost = measure_load(office, server, requests, clients=CLIENTS, seconds=seconds)
        after = _measure_floor(office, seconds / 2)
        statements = office.count_statements()["POST"]
    floor = (before + after) / 2
    other_statuses = {status: n for status, n in load.statuses.items() if status != 201}
    name = "PostgreSQL" if vendor == "postgresql" else "SQLite"
    floor_label = "pgbench, the same rows" if vendor == "postgresql" else "sqlite3 loop, a commit a case"
    target = 1200 if vendor == "postgresql" else None
    return [
        Line(f"intake, {name}: {floor_label}", f"{floor:,.0f}/s ({before:,.0f} and {after:,.0f})"),
        Line(
            f"intake, {name}: POST /api/v1/cases, {CLIENTS} clients",
            f"{load.rate:,.0f}/s, p50 {load.percentile(0.5):.1f} ms, p95 {load.percentile(0.95):.1f} ms"
            + (f", other answers {other_statuses}" if other_statuses else ""),
            ratio=f"{load.rate / floor:.0%} of the floor",
            target=f"≥ {target:,}/s" if target else "",
            met=load.rate >= target if target else None,
        ),
        Line(f"intake, {name}: cost of a case", str(cost), cost.rate_on_idle_cores),
        Line(f"intake, {name}: statements a case", str(statements), target="≤ 6", met=statements <= 6),
    ]


def _measure_floor(office: Office, seconds: float) -> float:
    if office.vendor == "postgresql":
        return floors.measure_pgbench(office, seconds, CLIENTS)
    return floors.measure_sqlite(office, seconds)
