"""Figures for Prometheus: requests as they are answered, and what the database says when it is asked.

The server's processes keep their counts in files under PROMETHEUS_MULTIPROC_DIR, which `jiedao serve` sets; each
of them can so answer for all. A room adds its figures in its `metrics.py`, with `@figures`.
"""

import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import autodiscover_modules
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from jiedao.kernel import clock
from jiedao.kernel.health import database_fault
from jiedao.kernel.models import Job, JobState

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
FORWARDED = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO",
             "HTTP_X_FORWARDED_HOST")  # fmt: skip
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
Figures = Callable[[], Iterator[Metric]]
FIGURES: list[Figures] = []
OWN = CollectorRegistry()
REQUESTS = Histogram(
    "jiedao_request_seconds",
    "Time to have an answer ready.",
    ["view", "method", "status"],
    buckets=BUCKETS,
    registry=OWN,
)


@cache  # views, methods and statuses are few
def _series(view: str, method: str, status: int) -> Histogram:
    return REQUESTS.labels(view, method, str(status))


def observe(request: HttpRequest, status: int, seconds: float) -> None:
    """Count an answer."""
    match = request.resolver_match
    if match is not None:
        view = match.view_name or match.route
    else:
        view = "static" if request.path_info.startswith(settings.STATIC_URL) else "unknown"
    method = request.method if request.method in METHODS else "OTHER"
    _series(view, method or "OTHER", status).observe(seconds)


def figures(function: Figures) -> Figures:
    """Register a function that yields what the database says; it is called at every scrape."""
    FIGURES.append(function)
    return function


def gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    """Return one figure without labels."""
    return GaugeMetricFamily(f"jiedao_{name}", text, value=value)


@figures
def job_figures() -> Iterator[Metric]:
    """Yield how many jobs wait, run, are done and failed, and how long the oldest has been due."""
    counts = dict.fromkeys(JobState.values, 0)
    counts |= dict(Job.objects.values_list("state").annotate(n=Count("id")).order_by("state"))
    jobs = GaugeMetricFamily(
        "jiedao_jobs", "Background jobs; finished ones are kept for three days.", labels=["state"]
    )
    for state, number in counts.items():
        jobs.add_metric([state.lower()], number)
    yield jobs
    now = clock.now()
    oldest = Job.objects.filter(state=JobState.PENDING, run_at__lte=now).aggregate(at=Min("run_at"))["at"]
    waited = (now - oldest).total_seconds() if oldest else 0.0
    yield gauge(
        "jobs_oldest_waiting_seconds", "How long the oldest job has been due; 0 where none is.", waited
    )


class House(Collector):
    """What the database and the operating system say at this moment."""

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; where the database is away, that it is."""
        autodiscover_modules("metrics")
        up, found = not database_fault(), list[Metric]()
        if up:
            try:
                found = [metric for function in FIGURES for metric in function()]
            except DatabaseError:
                up = False
        yield gauge("database_up", "1 while the database answers and is prepared.", float(up))
        yield from found
        memory = GaugeMetricFamily(
            "jiedao_process_resident_bytes", "Memory of each server process.", labels=["process"]
        )
        for pid, size in resident().items():
            memory.add_metric([str(pid)], size)
        yield memory


def counts_folder() -> Path | None:
    """Return where the server's processes keep their counts; None where there is only this one."""
    named = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(named) if named else None


def resident() -> dict[int, int]:
    """Return the resident bytes of the server's processes by their ids; nothing where there is no /proc."""
    folder = counts_folder()
    pids = {os.getpid()}
    if folder is not None:
        pids |= {int(path.stem.rsplit("_", 1)[1]) for path in folder.glob("histogram_*.db")}
    found = {}
    for pid in sorted(pids) if sys.platform == "linux" else []:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # a process that was replaced
        if int(fields[1]) == os.getppid():  # not a stranger that was given the number since
            found[pid] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return found


def may_read(request: HttpRequest) -> bool:
    """Tell whether the figures are for the one who asks.

    Behind a proxy on the same machine everybody comes from a loopback address; what such a proxy adds to a request
    shows that it came from elsewhere.
    """
    if any(name in request.META for name in FORWARDED):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.JIEDAO_METRICS_ALLOW)


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures of all processes in Prometheus's text form, or with 403."""
    if not may_read(request):
        text = (
            "Metrics are for the addresses of JIEDAO_METRICS_ALLOW, asked directly and not through a proxy.\n"
        )
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    registry = OWN
    if counts_folder() is not None:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    body = generate_latest(registry)
    house = CollectorRegistry()
    house.register(House())
    return HttpResponse(body + generate_latest(house), content_type=CONTENT_TYPE_PLAIN_0_0_4)
