"""The public's site under visitors: its start page and the form of a report, against the same page served as a file."""

import urllib.request

from benchmarks.client import encode_get
from benchmarks.loads import CORES, measure_load
from benchmarks.report import Line
from benchmarks.servers import prepare_office, run_server

VISITORS = 50  # a second
CLIENTS = 8
HEADERS = {"Accept-Language": "zh-CN"}


def measure(vendor: str, seconds: float) -> list[Line]:
    """Read the start page, the form and the page as a file; two idle cores must serve 50 visitors a second."""
    lines: list[Line] = []
    with prepare_office(vendor) as office:
        static = office.folder / "static"
        static.mkdir(exist_ok=True)
        with (
            run_server(office) as server,
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/") as answer,
        ):
            (static / "home.html").write_bytes(answer.read())
        costs = {}
        with run_server(office) as server:
            for label, path in {
                "as a file": "/static/home.html",
                "start page": "/",
                "form of a report": "/report/rubbish/",
            }.items():
                load, cost = measure_load(
                    office, server, [encode_get(path, HEADERS)], clients=CLIENTS, seconds=seconds
                )
                costs[label] = cost.total
                rate = CORES / cost.total
                others = {status: n for status, n in load.statuses.items() if status != 200}
                lines.append(
                    Line(
                        f"{vendor}, portal: {label}",
                        f"{load.rate:,.0f}/s, p95 {load.percentile(0.95):.1f} ms, {cost}",
                        f"{cost.total / costs['as a file']:.1f} times the cost of the file; {cost.rate_on_idle_cores}",
                        f"≥ {VISITORS}/s",
                        rate >= VISITORS and not others,
                    )
                )
    return lines
