"""Figures for Prometheus: requests counted when they are answered, and figures read from the database at each scrape.

The server's processes store their counts in files under PROMETHEUS_MULTIPROC_DIR, which `jiedao serve` sets, so that
each process can report the counts of all. A room adds its figures in its `metrics.py`, with `@register_figures`.
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
from jiedao.kernel.health import find_database_fault
from jiedao.kernel.models import Job, JobState

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
PROXY_HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_REAL_IP",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
)
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
Figures = Callable[[], Iterator[Metric]]
FIGURES: list[Figures] = []
REQUEST_REGISTRY = CollectorRegistry()
REQUESTS = Histogram(
    "jiedao_request_seconds",
    "Time to have an answer ready.",
    ["view", "method", "status"],
    buckets=BUCKETS,
    registry=REQUEST_REGISTRY,
)


@cache  # views, methods and statuses are few
def _get_series(view: str, method: str, status: int) -> Histogram:
    return REQUESTS.labels(view, method, str(status))


def count_answer(request: HttpRequest, status: int, seconds: float) -> None:
    """Count an answered request with its duration, by view, method and status."""
    match = request.resolver_match
    if match is not None:
        view = match.view_name or match.route
    else:
        view = "static" if request.path_info.startswith(settings.STATIC_URL) else "unknown"
    method = request.method if request.method in METHODS else "OTHER"
    _get_series(view, method or "OTHER", status).observe(seconds)


def register_figures(function: Figures) -> Figures:
    """Register a function that yields figures from the database; it is called at every scrape."""
    FIGURES.append(function)
    return function


def make_gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    """Return a gauge without labels."""
    return GaugeMetricFamily(f"jiedao_{name}", text, value=value)


@register_figures
def collect_job_figures() -> Iterator[Metric]:
    """Yield the number of jobs by state, and how long the oldest one has been due."""
    counts = dict.fromkeys(JobState.values, 0)
    counts |= dict(Job.objects.values_list("state").annotate(n=Count("id")).order_by("state"))
    jobs = GaugeMetricFamily(
        "jiedao_jobs", "Background jobs; finished ones are kept for three days.", labels=["state"]
    )
    for state, number in counts.items():
        jobs.add_metric([state.lower()], number)
    yield jobs
    now = clock.real_now()
    oldest = Job.objects.filter(state=JobState.PENDING, run_at__lte=now).aggregate(at=Min("run_at"))["at"]
    waited = (now - oldest).total_seconds() if oldest else 0.0
    yield make_gauge(
        "jobs_oldest_waiting_seconds", "How long the oldest job has been due; 0 where none is.", waited
    )


class LiveCollector(Collector):
    """The figures that are read from the database and the operating system at each scrape."""

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; without the database, only `database_up` 0 and the memory."""
        autodiscover_modules("metrics")
        is_up, collected = not find_database_fault(), list[Metric]()
        if is_up:
            try:
                collected = [metric for function in FIGURES for metric in function()]
            except DatabaseError:
                is_up = False
        yield make_gauge("database_up", "1 while the database answers and is prepared.", float(is_up))
        yield from collected
        memory = GaugeMetricFamily(
            "jiedao_process_resident_bytes", "Memory of each server process.", labels=["process"]
        )
        for pid, size in read_resident_bytes().items():
            memory.add_metric([str(pid)], size)
        yield memory


def get_counts_folder() -> Path | None:
    """Return the folder of the processes' counts; None when this process is the only one."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(folder) if folder else None


def read_resident_bytes() -> dict[int, int]:
    """Return the resident bytes of the server's processes by process id; {} on systems without /proc."""
    folder = get_counts_folder()
    pids = {os.getpid()}
    if folder is not None:
        pids |= {int(path.stem.rsplit("_", 1)[1]) for path in folder.glob("histogram_*.db")}
    sizes = {}
    for pid in sorted(pids) if sys.platform == "linux" else []:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # a process that has ended
        if int(fields[1]) == os.getppid():  # not another program that got the id since
            sizes[pid] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return sizes


def may_read_metrics(request: HttpRequest) -> bool:
    """Return whether the client may read the figures.

    Behind a proxy on the same machine all clients have a loopback address; the headers that the proxy adds show that
    a request came from another machine.
    """
    if any(name in request.META for name in PROXY_HEADERS):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.JIEDAO_METRICS_ALLOW)


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures of all processes in the text format of Prometheus, or with 403."""
    if not may_read_metrics(request):
        text = (
            "Metrics are for the addresses of JIEDAO_METRICS_ALLOW, asked directly and not through a proxy.\n"
        )
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    registry = REQUEST_REGISTRY
    if get_counts_folder() is not None:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    body = generate_latest(registry)
    live_registry = CollectorRegistry()
    live_registry.register(LiveCollector())
    return HttpResponse(body + generate_latest(live_registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
