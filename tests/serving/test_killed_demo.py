"""A killed `jiedao demo` leaves neither a server that holds the port nor a worker that goes on."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from jiedao.kernel.serving import wait_until_up
from jiedao.testing.ports import find_free_port
from tests.serving.test_slow_clients import is_released

SERVE = """
import sys, django
django.setup()
from jiedao.demo.commands import serve_and_work
from jiedao.kernel.serving import prepare_database, prepare_to_serve
prepare_database(verbosity=0)
prepare_to_serve("127.0.0.1", int(sys.argv[1]))
serve_and_work("127.0.0.1", int(sys.argv[1]))
"""


def list_children(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    with suppress(FileNotFoundError):
        direct = [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [*direct, *(grandchild for child in direct for grandchild in list_children(child))]
    return []


def is_running(pid: int) -> bool:
    """Return whether a process runs; one that has ended and waits for its parent to notice does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_ended(pids: list[int], seconds: float) -> list[int]:
    """Return the processes that still run after some seconds, none as soon as all have ended."""
    deadline = time.monotonic() + seconds
    while (running := [pid for pid in pids if is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return running


@pytest.mark.skipif(sys.platform != "linux", reason="the processes are read from /proc")
def test_server_and_worker_end_with_a_killed_demo(tmp_path: Path) -> None:
    port = find_free_port()
    environment = {key: text for key, text in os.environ.items() if not key.startswith("JIEDAO_")}
    demo = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)],
        env={
            **environment,
            "DJANGO_SETTINGS_MODULE": "jiedao.settings",
            "JIEDAO_DATA": str(tmp_path / "data"),
        },
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    pids: list[int] = []
    try:
        assert wait_until_up("127.0.0.1", port, demo, seconds=120)
        pids = list_children(demo.pid)
        assert len(pids) >= 3  # the server, its process that answers, and the worker
        demo.kill()
        demo.wait(10)
        assert is_released(port)
        assert wait_until_ended(pids, 30) == []
    finally:
        for pid in (demo.pid, *pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="the processes are read from /proc")
@pytest.mark.parametrize("notified_by", ["the system", "the thread"])
def test_a_process_ends_with_its_parent(tmp_path: Path, notified_by: str) -> None:
    """By the signal of Linux, and by the thread that other systems have."""
    child = (
        "import os, sys, time; from jiedao.kernel import parents; "
        f"sys.platform = {'linux' if notified_by == 'the system' else 'other'!r}; "
        "parents.end_with_parent(os.getppid()); print(os.getpid(), flush=True); time.sleep(300)"
    )
    starter = (
        "import subprocess, sys; "
        "process = subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=subprocess.PIPE); "
        "print(process.stdout.readline().decode(), flush=True); process.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", starter, child], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    try:
        assert is_running(pid)
        parent.kill()
        parent.wait(10)
        assert wait_until_ended([pid], 10) == []
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        parent.stdout.close()
