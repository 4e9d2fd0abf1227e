"""Figures for Prometheus: which clients may read them, and their values."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from jiedao.kernel import clock, health
from jiedao.kernel.jobtable import enqueue
from jiedao.kernel.models import Job
from jiedao.kernel.serving import build_server_environment, wait_until_up
from jiedao.testing.ports import find_free_port

Labels = dict[str, str]


def read_samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the samples by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read_value(text: str, name: str, **labels: str) -> float:
    """Return a sample, 0 when it is missing."""
    return read_samples(text).get((f"jiedao_{name}", tuple(sorted(labels.items()))), 0.0)


def scrape() -> str:
    """Return the figures that a client on this machine receives."""
    return Client().get("/metrics").content.decode()


@pytest.mark.django_db
def test_an_answer_is_counted_by_view_method_and_status() -> None:
    labels = {"view": "api-1:create", "method": "POST", "status": "401"}
    before = read_value(scrape(), "request_seconds_count", **labels)
    Client().post("/api/v1/cases", b"{}", content_type="application/json")
    after = scrape()
    assert read_value(after, "request_seconds_count", **labels) == before + 1
    assert read_value(after, "request_seconds_bucket", **labels, le="+Inf") == before + 1


@pytest.mark.django_db
def test_unknown_addresses_and_methods_share_one_series() -> None:
    for name in ("a", "b", "c"):
        Client().generic(f"ODD{name}", f"/no/{name}")
    assert read_value(scrape(), "request_seconds_count", view="unknown", method="OTHER", status="404") >= 3
    assert "ODDa" not in scrape()


@pytest.mark.django_db
def test_jobs_are_counted_by_state_with_the_age_of_the_oldest_due_one() -> None:
    enqueue("kernel:sweep", run_at=clock.now() + timedelta(hours=1))
    assert read_value(scrape(), "jobs_oldest_waiting_seconds") == 0
    enqueue("kernel:sweep", run_at=clock.now() - timedelta(minutes=5))
    text = scrape()
    assert read_value(text, "jobs", state="pending") == Job.objects.count() == 2
    assert 300 <= read_value(text, "jobs_oldest_waiting_seconds") < 360
    assert read_value(text, "database_up") == 1


@pytest.mark.django_db
def test_a_database_of_another_version_is_reported_as_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "_migrated", [])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'kernel'")
    text = scrape()
    assert read_value(text, "database_up") == 0
    assert "jiedao_jobs" not in text
    assert "jiedao_request_seconds" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("10.1.2.3", {}, 403),
        ("::ffff:10.1.2.3", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
    ],
)
def test_only_this_machine_may_read_the_figures_and_not_through_a_proxy(
    address: str, headers: dict[str, str], status: int
) -> None:
    assert Client().get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/readyz"])
@pytest.mark.django_db
def test_a_probe_is_answered_under_any_host_name(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["jiedao.example.gov.cn"])
    assert Client().get(path, headers={"Host": "127.0.0.1:8000"}).status_code == 200
    assert Client().get("/accounts/sign-in/", headers={"Host": "127.0.0.1:8000"}).status_code == 400


def test_a_new_server_starts_its_counts_at_zero(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "JIEDAO_DATA", tmp_path)
    folder = Path(build_server_environment(8000)["PROMETHEUS_MULTIPROC_DIR"])
    (folder / "histogram_1.db").touch()
    assert list(Path(build_server_environment(8000)["PROMETHEUS_MULTIPROC_DIR"]).iterdir()) == []
    assert build_server_environment(8001) != build_server_environment(8000)


def read_body(port: int, path: str) -> str:
    """Return the body of the server's answer at a path, over a new connection."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return str(answer.read().decode())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel spreads connections over the processes")
def test_each_process_answers_for_all(tmp_path: Path) -> None:
    port = find_free_port()
    environment = {key: text for key, text in os.environ.items() if not key.startswith("JIEDAO_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "jiedao", "serve", "--port", str(port), "--workers", "2"],
        env={**environment, "JIEDAO_DATA": str(tmp_path), "JIEDAO_LOG_LEVEL": "ERROR"},
        start_new_session=True,
    )
    try:
        assert wait_until_up("127.0.0.1", port, server)
        deadline = time.monotonic() + 60
        # The second may start late.
        while count_processes(read_body(port, "/metrics")) < 2 and time.monotonic() < deadline:
            read_body(port, "/livez")
        before = read_value(read_body(port, "/metrics"), "request_seconds_count", **LIVEZ)
        for _ in range(40):
            read_body(port, "/livez")
        answers = [read_body(port, "/metrics") for _ in range(8)]
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # a clean end is not part of this test
        server.wait()
    assert {read_value(text, "request_seconds_count", **LIVEZ) for text in answers} == {before + 40}
    assert {read_value(text, "database_up") for text in answers} == {0}
    assert count_processes(answers[-1]) == 2


def count_processes(text: str) -> int:
    """Return the number of server processes in the figures."""
    return sum(name[0] == "jiedao_process_resident_bytes" for name in read_samples(text))


LIVEZ = {"view": "kernel:livez", "method": "GET", "status": "200"}
