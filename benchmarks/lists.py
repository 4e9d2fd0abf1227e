"""Reading: the list over the API, the case page, the board and the server's memory, at few and at very many cases."""

import json
import time
from typing import Any

from benchmarks.client import Load, get
from benchmarks.loads import put_on
from benchmarks.report import Line
from benchmarks.servers import House, Server, house, serving

SMALL = 10_000
CLIENTS = 16


def measure(vendor: str, seconds: float, cases: int) -> list[Line]:
    """Fill to 10,000 cases, read, fill to `cases`, read again; compare what a list costs."""
    name = "PostgreSQL" if vendor == "postgresql" else "SQLite"
    lines: list[Line] = []
    costs: dict[str, list[float]] = {}
    with house(vendor) as home:
        filled = 0
        for wanted in (SMALL, cases):
            begun = time.perf_counter()
            known = json.loads(home.run("benchmarks.fill", str(wanted - filled)))
            filled = wanted
            at = f"{name}, {wanted:,} cases"
            lines.append(Line(f"{at}: filled by bulk statements in", f"{time.perf_counter() - begun:.0f} s"))
            with serving(home) as server:
                lists = {
                    "50 DONE of one category": f"/api/v1/cases?state=DONE&category={known['category']}",
                    "50 HANDLING": "/api/v1/cases?state=HANDLING",
                }
                for label, path in lists.items():
                    request = get(path, home.bearer)
                    load, cost = put_on(home, server, [request], clients=CLIENTS, seconds=seconds)
                    costs.setdefault(label, []).append(cost.total)
                    lines.append(_list_line(f"{at}: list, {label}", load, costs[label]))
                    lines.append(Line(f"{at}: cost of that list", str(cost), cost.reach))
                lines += _page(at, home, server, known, seconds)
                lines.append(_memory(at, server))
            page = f"/desk/cases/{known['open'][0]}/"
            counted = home.statements(*lists.values(), page)
            most = max(counted[path] for path in lists.values())
            lines.append(Line(f"{at}: statements of a list", str(most), target="≤ 6", met=most <= 6))
            lines.append(Line(f"{at}: statements of a case page", str(counted[page])))
            lines.append(_board(at, home))
    return lines


def _list_line(what: str, load: Load, costs: list[float]) -> Line:
    seen = f"{load.rate:,.0f}/s, p50 {load.percentile(0.5):.1f} ms, p95 {load.percentile(0.95):.1f} ms{_others(load)}"
    if len(costs) == 1:
        return Line(what, seen, target="≥ 300/s", met=load.rate >= 300)
    ratio = costs[1] / costs[0]
    return Line(what, seen, f"{ratio:.2f} times the cost at {SMALL:,}", "≤ 1.5 times", ratio <= 1.5)


def _others(load: Load) -> str:
    others = {status: n for status, n in load.statuses.items() if status != 200}
    return f", other answers {others}" if others else ""


def _page(at: str, home: House, server: Server, known: dict[str, Any], seconds: float) -> list[Line]:
    paths = [f"/desk/cases/{number}/" for number in [*known["open"], *known["closed"]]]
    requests = [get(path, home.cookie) for path in paths]
    load, cost = put_on(home, server, requests, clients=1, seconds=seconds)
    p95 = load.percentile(0.95)
    seen = f"p50 {load.percentile(0.5):.1f} ms, p95 {p95:.1f} ms{_others(load)}"
    return [
        Line(f"{at}: case page, one client", seen, target="p95 < 60 ms", met=p95 < 60 and not _others(load)),
        Line(f"{at}: cost of a case page", str(cost)),
    ]


def _memory(at: str, server: Server) -> Line:
    apiece, own = server.resident(), sum(server.memory())
    each = " + ".join(f"{size:.0f}" for size in apiece)
    seen = f"{own:.0f} MB, shared pages counted once (resident {each} = {sum(apiece):.0f} MB)"
    return Line(f"{at}: memory of the server after all this", seen, target="< 300 MB", met=own < 300)


def _board(at: str, home: House) -> Line:
    begun = time.perf_counter()
    home.run("jiedao", "board", "--json")
    return Line(f"{at}: jiedao board --json, whole command", f"{time.perf_counter() - begun:.1f} s")
