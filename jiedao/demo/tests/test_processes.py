"""The processes of `jiedao demo`: none outlives it, and a worker that was killed is started again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jiedao.demo import commands
from jiedao.demo.commands import keep_working, start_process, stop_processes

PARENT = """
import os, sys
import django
django.setup()
from jiedao.demo.commands import start_process
child = start_process([sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ))
print(child.pid, flush=True)
child.wait()
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux sends the signal")
def test_a_killed_demonstration_leaves_no_process() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "jiedao.settings"}
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, env=environment)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert is_running(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    ends = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < ends:
        time.sleep(0.02)
    assert not is_running(pid)


def test_a_worker_that_ended_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "WORKER_PAUSE", 0.05)
    marks, environment = tmp_path / "marks", dict(os.environ)
    work = [sys.executable, "-c", f"open({str(marks)!r}, 'a').write('x')"]
    wait = "import os, time\nwhile not (os.path.exists(path) and os.path.getsize(path) > 2): time.sleep(0.02)"
    serve = [sys.executable, "-c", f"path = {str(marks)!r}\n{wait}"]
    processes = [start_process(serve, environment), start_process(work, environment)]
    keep_working(processes, work, environment)
    stop_processes(processes)
    assert len(marks.read_text()) >= 3
