"""With a full disk the site is read, refuses to write in words, and has stored everything that it acknowledged."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.test_slow_clients import RunningServer, start

WORDS = "门口堆放垃圾，气味很大，请尽快清理。" * 60


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB; skip the test where none can be mounted."""
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=16m", "jiedao-test", str(tmp_path)], capture_output=True, check=False
    )
    if not done or done.returncode:
        pytest.skip("a small file system cannot be mounted here (it needs root)")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@pytest.fixture
def credentials(small_disk: Path) -> dict[str, str]:
    """The cast in a database on the small disk."""
    environment = {key: text for key, text in os.environ.items() if not key.startswith("JIEDAO_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.serving.prepare"],
        env={**environment, "JIEDAO_DATA": str(small_disk), "DJANGO_SETTINGS_MODULE": "jiedao.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


@pytest.fixture
def server(small_disk: Path, credentials: dict[str, str]) -> Iterator[RunningServer]:
    """A server whose database is on the small disk."""
    running = start(small_disk, 1)
    yield running
    os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait()


def call(server: RunningServer, path: str, headers: dict[str, str], body: object = None) -> tuple[int, str]:
    """Return status and text of an answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}",
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as fault:
        return fault.code, fault.read().decode()


def fill(folder: Path) -> Path:
    """Fill the disk to the last block."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def test_a_full_disk_is_read_and_refuses_to_write(
    small_disk: Path, server: RunningServer, credentials: dict[str, str]
) -> None:
    token = {"Authorization": f"Bearer {credentials['token']}"}
    browser = {"Cookie": f"sessionid={credentials['session']}"}
    body = {"channel": "HOTLINE", "detail": WORDS, "point": {"lon": 114.105, "lat": 22.605}}
    stored = [call(server, "/api/v1/cases", token, body)]
    ballast = fill(small_disk)
    while stored[-1][0] == 201 and len(stored) < 3000:
        stored.append(call(server, "/api/v1/cases", token, body))
    status, text = stored.pop()
    assert (status, set(json.loads(text))) == (507, {"message", "hint", "field"})
    assert "磁盘已满" in text
    for path, headers in (("/desk/cases/", browser), ("/api/v1/cases", token), ("/metrics", {}), ("/nope", {})):
        assert call(server, path, headers)[0] in {200, 404}, path
    ballast.unlink()
    stored.append(call(server, "/api/v1/cases", token, body))
    assert stored[-1][0] == 201
    numbers = {json.loads(text)["number"] for _status, text in stored}
    for number in numbers:
        assert call(server, f"/api/v1/cases/{number}", token)[0] == 200
    assert server.process.poll() is None
