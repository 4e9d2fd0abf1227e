"""Figures for Prometheus: requests counted when they are answered, and figures read from the database at each scrape.

The server's processes store their counts in files under PROMETHEUS_MULTIPROC_DIR, which `jiedao serve` sets, so that
each process can report the counts of all. A room adds its figures in its `metrics.py`, with `@register_figures`.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import autodiscover_modules
from prometheus_client import CollectorRegistry, Histogram, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.mmap_dict import _INITIAL_MMAP_SIZE, MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from jiedao.kernel import clock
from jiedao.kernel.health import find_database_fault
from jiedao.kernel.jobtable import measure_waiting
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
log = logging.getLogger("jiedao.metrics")
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


class ReservedCounts(MmapedDict):
    """A file of counts whose space is reserved on the disk.

    Writing into a mapped file without space ends the process by SIGBUS, so the space is allocated before it is mapped.
    """

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not read_mode:
            reserve_space(filename, _INITIAL_MMAP_SIZE)
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        if self._used + 2 * len(key) + 64 > self._capacity:
            reserve_space(self._fname, 2 * self._capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]


def reserve_space(filename: str, size: int) -> None:
    """Make the file at least this long with all its blocks allocated; raise OSError and leave it as it was if full."""
    with Path(filename).open("ab") as file:
        before = file.seek(0, os.SEEK_END)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.write(bytes(max(0, size - before)))
                file.flush()
        except OSError:
            file.truncate(before)
            if not before:
                Path(filename).unlink()  # an empty file could not be read
            raise


values.MmapedDict = ReservedCounts  # type: ignore[attr-defined]


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
    _observe(view, method or "OTHER", status, seconds)


def count_refusal(method: str, status: int) -> None:
    """Count a request that was refused before its view was known."""
    _observe("refused", method if method in METHODS else "OTHER", status, 0.0)


def _observe(view: str, method: str, status: int, seconds: float) -> None:
    try:
        _get_series(view, method, status).observe(seconds)
    except OSError:  # a full disk has no place for a new series; the answer matters more than its count
        log.warning("no space to count the answers of %s", view)


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
        "jiedao_jobs", "Background jobs; finished ones are stored for four days.", labels=["state"]
    )
    for state, number in counts.items():
        jobs.add_metric([state.lower()], number)
    yield jobs
    yield make_gauge(
        "jobs_oldest_waiting_seconds",
        "How long the oldest job has been due; 0 where none is.",
        measure_waiting(clock.real_now()),
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
