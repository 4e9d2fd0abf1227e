"""Reading lists over the API, case pages and the board, and the server's memory, with few and with very many cases."""

import json
import time
from typing import Any

from benchmarks.client import Load, encode_get
from benchmarks.loads import measure_load
from benchmarks.report import Line
from benchmarks.servers import Office, Server, prepare_office, run_server

SMALL = 10_000
CLIENTS = 16


def measure(vendor: str, seconds: float, cases: int) -> list[Line]:
    """Fill to 10,000 cases, read, fill to `cases`, read again; compare the cost of a list."""
    name = "PostgreSQL" if vendor == "postgresql" else "SQLite"
    lines: list[Line] = []
    costs: dict[str, list[float]] = {}
    with prepare_office(vendor) as office:
        filled = 0
        for size in (SMALL, cases):
            started = time.perf_counter()
            samples = json.loads(office.run("benchmarks.fill", str(size - filled)))
            filled = size
            at = f"{name}, {size:,} cases"
            lines.append(
                Line(f"{at}: filled by bulk statements in", f"{time.perf_counter() - started:.0f} s")
            )
            with run_server(office) as server:
                lists = {
                    "50 DONE of one category": f"/api/v1/cases?state=DONE&category={samples['category']}",
                    "50 HANDLING": "/api/v1/cases?state=HANDLING",
                }
                for label, path in lists.items():
                    request = encode_get(path, office.api_headers)
                    load, cost = measure_load(office, server, [request], clients=CLIENTS, seconds=seconds)
                    costs.setdefault(label, []).append(cost.total)
                    lines.append(_list_line(f"{at}: list, {label}", load, costs[label]))
                    lines.append(Line(f"{at}: cost of that list", str(cost), cost.rate_on_idle_cores))
                lines += _measure_page(at, office, server, samples, seconds)
                lines.append(_measure_memory(at, server))
            page = f"/desk/cases/{samples['open'][0]}/"
            statements = office.count_statements(*lists.values(), page)
            most = max(statements[path] for path in lists.values())
            lines.append(Line(f"{at}: statements of a list", str(most), target="≤ 6", met=most <= 6))
            lines.append(Line(f"{at}: statements of a case page", str(statements[page])))
            lines.append(_measure_board(at, office))
    return lines


def _list_line(label: str, load: Load, costs: list[float]) -> Line:
    percentiles = f"p50 {load.percentile(0.5):.1f} ms, p95 {load.percentile(0.95):.1f} ms"
    result = f"{load.rate:,.0f}/s, {percentiles}{_other_statuses(load)}"
    if len(costs) == 1:
        return Line(label, result, target="≥ 300/s", met=load.rate >= 300)
    ratio = costs[1] / costs[0]
    return Line(label, result, f"{ratio:.2f} times the cost at {SMALL:,}", "≤ 1.5 times", ratio <= 1.5)


def _other_statuses(load: Load) -> str:
    others = {status: n for status, n in load.statuses.items() if status != 200}
    return f", other answers {others}" if others else ""


def _measure_page(
    at: str, office: Office, server: Server, samples: dict[str, Any], seconds: float
) -> list[Line]:
    paths = [f"/desk/cases/{number}/" for number in [*samples["open"], *samples["closed"]]]
    requests = [encode_get(path, office.page_headers) for path in paths]
    load, cost = measure_load(office, server, requests, clients=1, seconds=seconds)
    p95 = load.percentile(0.95)
    result = f"p50 {load.percentile(0.5):.1f} ms, p95 {p95:.1f} ms{_other_statuses(load)}"
    return [
        Line(
            f"{at}: case page, one client",
            result,
            target="p95 < 60 ms",
            met=p95 < 60 and not _other_statuses(load),
        ),
        Line(f"{at}: cost of a case page", str(cost)),
    ]


def _measure_memory(at: str, server: Server) -> Line:
    resident, proportional = server.resident_memory(), sum(server.proportional_memory())
    process_sizes = " + ".join(f"{size:.0f}" for size in resident)
    result = f"{proportional:.0f} MB, shared pages counted once (resident {process_sizes} = {sum(resident):.0f} MB)"
    return Line(
        f"{at}: memory of the server after all this", result, target="< 300 MB", met=proportional < 300
    )


def _measure_board(at: str, office: Office) -> Line:
    started = time.perf_counter()
    office.run("jiedao", "board", "--json")
    return Line(f"{at}: jiedao board --json, whole command", f"{time.perf_counter() - started:.1f} s")
