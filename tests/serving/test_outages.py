"""While the disk is full or the database locked or away, the site states it within seconds and loses nothing."""

import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.serving.test_slow_clients import RunningServer, start
from tools.test_pg import NoPostgresError, find_server_programs, throwaway_postgres

CASES = "/api/v1/cases"
MINIMAL = Path(__file__).resolve().parents[2] / "packs" / "minimal"
LONG_TRANSACTION = 8  # seconds, longer than a request waits for the database
WORDS = "门口堆放垃圾，气味很大，请尽快清理。" * 60
BODY = {"channel": "HOTLINE", "detail": WORDS, "point": {"lon": 114.105, "lat": 22.605}}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB; skip the test where none can be mounted."""
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=16m", "jiedao-test", str(tmp_path)],
        capture_output=True,
        check=False,
    )
    if not done or done.returncode:
        pytest.skip("a small file system cannot be mounted here (it needs root)")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def prepare(folder: Path, *arguments: str, **variables: str) -> dict[str, str]:
    """Write a town into a database in the folder; return the headers of an API client and of a browser.

    Args:
        arguments: those of `tests.serving.prepare`; by default the town of the cast and its registrar.
    """
    environment = {key: text for key, text in os.environ.items() if not key.startswith("JIEDAO_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.serving.prepare", *arguments],
        env={
            **environment,
            "JIEDAO_DATA": str(folder),
            "DJANGO_SETTINGS_MODULE": "jiedao.settings",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    credentials = json.loads(done.stdout)
    return {
        "Authorization": f"Bearer {credentials['token']}",
        "Cookie": f"sessionid={credentials['session']}",
    }


@contextmanager
def serve(folder: Path, port: int = 0, **variables: str) -> Iterator[RunningServer]:
    """Run a server on the data of the folder, at this port or a free one."""
    running = start(folder, 1, port, **variables)
    try:
        yield running
    finally:
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


def test_a_full_disk_is_read_and_refuses_to_write(small_disk: Path) -> None:
    headers = prepare(small_disk)
    with serve(small_disk) as server:
        stored = [call(server, CASES, headers, BODY)]
        ballast = fill(small_disk)
        while stored[-1][0] == 201 and len(stored) < 3000:
            stored.append(call(server, CASES, headers, BODY))
        status, text = stored.pop()
        assert (status, {"message", "hint", "field"} <= set(json.loads(text))) == (507, True)
        assert "磁盘已满" in text
        for path in ("/desk/cases/", CASES, "/metrics"):
            assert call(server, path, headers)[0] == 200, path
        ballast.unlink()
        stored.append(call(server, CASES, headers, BODY))
        assert {status for status, _text in stored} == {201}
        for number in {json.loads(text)["number"] for _status, text in stored}:
            assert call(server, f"{CASES}/{number}", headers)[0] == 200
        assert server.process.poll() is None


def test_a_locked_database_is_read_and_refuses_to_write_within_5_seconds(tmp_path: Path) -> None:
    headers = prepare(tmp_path)
    with serve(tmp_path) as server, closing(sqlite3.connect(tmp_path / "jiedao.sqlite3")) as other:
        assert call(server, CASES, headers, BODY)[0] == 201
        other.execute("BEGIN IMMEDIATE")
        assert call(server, "/desk/cases/", headers)[0] == 200
        assert set(call_at_once(server, CASES, headers, BODY)) == {503}
        other.rollback()
        deadline = time.monotonic() + 20
        while (status := call(server, CASES, headers, BODY)[0]) == 503 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert status == 201
        assert other.execute("SELECT count(*) FROM cases_case").fetchone() == (2,)


@contextmanager
def write_all_the_time(database: Path) -> Iterator[None]:
    """Hold the lock of the writer nearly always, as a worker with much to do."""
    ended = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as other:
            while not ended.is_set():
                other.execute("BEGIN IMMEDIATE")
                other.execute("UPDATE kernel_keymark SET name = name")
                ended.wait(LONG_TRANSACTION)
                other.execute("COMMIT")

    with ThreadPoolExecutor(1) as threads:
        threads.submit(write)
        try:
            yield
        finally:
            ended.set()


def send_form(server: RunningServer, path: str, cookie: str, **fields: str) -> tuple[int, str]:
    """Send a form of the desk; return status, and the address that it leads to or the text of the answer."""
    token = "a" * 32
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with closing(connection):
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields})
        headers = {
            "Cookie": f"{cookie}; csrftoken={token}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, answer.headers.get("Location") or text


def test_a_pack_is_planned_and_applied_beside_a_worker_that_writes_all_the_time(tmp_path: Path) -> None:
    former = shutil.copytree(MINIMAL, tmp_path / "former")
    about = former / "pack.toml"
    about.write_text(
        about.read_text(encoding="utf-8").replace('name = "示例街道"', 'name = "旧名街道"'), encoding="utf-8"
    )
    cookie = prepare(tmp_path, "admin", str(former))["Cookie"]
    database = tmp_path / "jiedao.sqlite3"
    steps = [("/desk/admin/packs/", {"shipped": "minimal"}), ("apply/", {"reason": "改回名称"})]
    with serve(tmp_path) as server:
        address, refusals = "", []
        for path, fields in steps:
            with write_all_the_time(database):
                status, answer = send_form(server, f"{address}{path}", cookie, **fields)
            while status == 503:  # with a quiet worker the same form succeeds
                refusals.append(answer)
                time.sleep(1)
                status, answer = send_form(server, f"{address}{path}", cookie, **fields)
            assert status == 302, answer
            address = answer
    assert refusals
    assert all("刚才的操作没有生效" in text for text in refusals)
    assert address.startswith("/desk/tasks/")
    with closing(sqlite3.connect(database)) as office:
        assert office.execute("SELECT count(*) FROM packs_packdraft").fetchone() == (1,)
        assert office.execute("SELECT count(*) FROM tasks_task").fetchone() == (1,)


def test_without_its_database_the_site_states_it_within_5_seconds(tmp_path: Path) -> None:
    address, key = "postgresql://nobody@127.0.0.1:1/nowhere", "a key for tests, known to everybody"
    headers = {"Authorization": "Bearer x", "Cookie": "sessionid=x"}
    with serve(tmp_path, JIEDAO_DATABASE_URL=address, JIEDAO_SECRET_KEY=key) as server:
        assert set(call_at_once(server, CASES, headers, BODY)) == {503}
        assert set(call_at_once(server, "/desk/", headers)) == {503}
        assert call(server, "/livez", {})[0] == 200
        assert call(server, "/readyz", {})[0] == 503


def test_after_a_restart_of_postgresql_one_request_fails_and_the_next_ones_do_not(tmp_path: Path) -> None:
    try:
        find_server_programs()
    except NoPostgresError as fault:
        pytest.skip(str(fault))
    with throwaway_postgres() as address:
        variables = {
            "JIEDAO_DATABASE_URL": address,
            "JIEDAO_SECRET_KEY": "a key for tests, known to everybody",
        }
        headers = prepare(tmp_path, **variables)
        with serve(tmp_path, **variables) as server:
            assert set(call_at_once(server, "/desk/", headers)) <= {200, 503}
            assert call(server, CASES, headers, BODY)[0] == 201
            with psycopg.connect(address, autocommit=True) as other:
                ended = other.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE usename = current_user AND pid <> pg_backend_pid()"
                ).fetchone()
            assert ended is not None
            assert ended[0] > 1
            answers = []
            for _number in range(5):
                answers.append(call(server, CASES, headers, BODY))
                time.sleep(1.5)
            assert [status for status, _text in answers] == [503, 201, 201, 201, 201]
            assert "连不上数据库" in answers[0][1]


def call_at_once(server: RunningServer, path: str, headers: dict[str, str], body: object = None) -> list[int]:
    """Return the statuses of 20 requests at once, none of which may take 5 seconds (and some for a busy machine)."""
    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _n: call(server, path, headers, body)[0], range(20)))
    assert time.monotonic() - began < 7
    return statuses
