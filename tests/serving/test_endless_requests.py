"""A request that does not end is logged and answered; its process is replaced, and no other request is lost."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving.test_outages import BODY, CASES, call, prepare
from tests.serving.test_slow_clients import RunningServer, start, wait_for_children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are replaced on Linux only")
SECONDS = 4


@contextmanager
def serve(folder: Path) -> Iterator[RunningServer]:
    """Run a server of one process that gives up a request after some seconds; its log is a file."""
    variables = {
        "JIEDAO_REQUEST_SECONDS": str(SECONDS),
        "DJANGO_SETTINGS_MODULE": "tests.serving.hanging_settings",
    }
    with (folder / "log").open("wb") as log:
        saved = os.dup(1), os.dup(2)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            running = start(folder, 1, **variables)
        finally:
            for number, descriptor in enumerate(saved, start=1):
                os.dup2(descriptor, number)
                os.close(descriptor)
        try:
            yield running
        finally:
            os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait()


def read_log(folder: Path) -> str:
    return (folder / "log").read_text()


def wait_for_log(folder: Path, words: str, seconds: float = 40) -> str:
    """Return the log once it has the words."""
    deadline = time.monotonic() + seconds
    while words not in (text := read_log(folder)):
        assert time.monotonic() < deadline, text
        time.sleep(0.2)
    return text


def test_an_endless_request_is_logged_and_its_process_replaced_without_losing_others(tmp_path: Path) -> None:
    headers = prepare(tmp_path)
    with serve(tmp_path) as server, ThreadPoolExecutor(8) as pool:
        first = wait_for_children(server, set(), count=1)
        assert call(server, "/livez", {})[0] == 200
        endless = pool.submit(call, server, "/desk/sleep/", headers)
        answers = []
        deadline = time.monotonic() + 50
        while "was replaced by" not in read_log(tmp_path):
            assert time.monotonic() < deadline, read_log(tmp_path)
            answers.append(call(server, "/desk/slow/", headers))
            answers.append(call(server, CASES, headers, BODY))
        answers.append(call(server, "/desk/slow/", headers))
        status, page = endless.result()
        assert (status, "先看看刚才的内容是否已经保存" in page) == (504, True)
        assert {status for status, _text in answers} == {200, 201}
        assert {text for _status, text in answers[::2]} >= {str(first[0])}
        assert answers[-1][1] != str(first[0])
        assert first[0] not in server.children()
    line = next(line for line in read_log(tmp_path).splitlines() if "is given up" in line)
    assert "GET /desk/sleep/" in line
    assert "user_id=" in line
    assert "in sleep_for_ever" in read_log(tmp_path)


def test_a_request_that_keeps_the_interpreter_busy_is_stopped_by_the_first_process(tmp_path: Path) -> None:
    headers = prepare(tmp_path)
    with serve(tmp_path) as server, ThreadPoolExecutor(2) as pool:
        first = wait_for_children(server, set(), count=1)
        pool.submit(call, server, "/desk/search/", headers)
        log = wait_for_log(tmp_path, "was replaced by")
        assert call(server, "/desk/", headers)[0] == 200
        assert first[0] not in server.children()
    line = next(line for line in log.splitlines() if "does not react" in line)
    assert "GET /desk/search/ of user " in line
    assert "of user None" not in line
    assert "in search_for_ever" in log


def test_what_an_endless_request_has_locked_is_free_again_and_not_stored(tmp_path: Path) -> None:
    headers = prepare(tmp_path)
    with serve(tmp_path) as server, ThreadPoolExecutor(2) as pool:
        endless = pool.submit(call, server, "/desk/write/", headers)
        time.sleep(1)
        assert call(server, CASES, headers, BODY)[0] == 503
        wait_for_log(tmp_path, "was replaced by")
        assert endless.result()[0] == 504
        assert call(server, CASES, headers, BODY)[0] == 201
        assert "written" not in call(server, "/desk/", headers)[1]
