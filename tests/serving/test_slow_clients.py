"""Clients that send or read slowly hold connections, but the site answers everybody else; a process can die."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from jiedao.kernel.launch import SHORT_LIFE
from jiedao.kernel.serving import wait_until_up
from jiedao.testing.ports import find_free_port

BIG = "/static/vendor/echarts/echarts.common.min.js"


@dataclass(frozen=True)
class RunningServer:
    """A server in processes of its own."""

    port: int
    process: "subprocess.Popen[bytes]"

    def get(self, path: str) -> int:
        """Return the status of an answer that must arrive within some seconds."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as fault:
            return fault.code

    def connect(self, first: bytes, receive: int = 0) -> socket.socket:
        """Open a connection and send its first bytes; with `receive`, the client takes few bytes at once."""
        client = socket.socket()
        if receive:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        client.connect(("127.0.0.1", self.port))
        client.sendall(first)
        return client

    def children(self) -> list[int]:
        """Return the ids of the processes that answer."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


def start(folder: Path, processes: int, port: int = 0, **variables: str) -> RunningServer:
    """Start a server on this port, or a free one, and wait until it answers."""
    port = port or find_free_port()
    environment = {key: text for key, text in os.environ.items() if not key.startswith("JIEDAO_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "jiedao", "serve", "--port", str(port), "--workers", str(processes)],
        env={**environment, "JIEDAO_DATA": str(folder), "JIEDAO_LOG_LEVEL": "ERROR", **variables},
        start_new_session=True,
    )
    assert wait_until_up("127.0.0.1", port, process)
    return RunningServer(port, process)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server of two processes; its database is not prepared."""
    running = start(tmp_path, 2)
    yield running
    with suppress(ProcessLookupError):
        os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait()


def test_200_slow_clients_do_not_stop_the_site(server: RunningServer) -> None:
    body = b"POST /accounts/sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nusername="
    head = b"GET / HTTP/1.1\r\nHost: loc"
    read = f"GET {BIG} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    clients = [server.connect(body) for _ in range(80)]
    clients += [server.connect(head) for _ in range(40)]
    clients += [server.connect(read, receive=2048) for _ in range(80)]
    time.sleep(0.5)  # their requests have arrived
    began = time.monotonic()
    assert [server.get(path) for path in ("/livez", "/static/css/base.css", BIG)] == [200, 200, 200]
    assert server.get("/livez") == 200
    assert time.monotonic() - began < 10
    assert b"200 OK" in clients[-1].recv(1000)
    for client in clients:
        client.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the processes are read from /proc")
def test_a_dead_process_is_replaced_and_a_dead_server_leaves_none(server: RunningServer) -> None:
    before = wait_for_children(server, set())
    os.kill(before[0], signal.SIGKILL)
    after = wait_for_children(server, {before[0]})
    assert before[1] in after
    assert server.process.poll() is None
    assert wait_until_up("127.0.0.1", server.port, server.process)  # the processes may still be starting
    assert server.get("/livez") == 200
    server.process.kill()
    server.process.wait(10)
    assert is_released(server.port)


@pytest.mark.skipif(sys.platform != "linux", reason="the processes are read from /proc")
def test_two_deaths_of_the_only_process_do_not_end_a_server_that_has_answered(tmp_path: Path) -> None:
    server = start(tmp_path, 1)
    try:
        time.sleep(SHORT_LIFE + 1)
        first = server.children()[0]
        os.kill(first, signal.SIGKILL)
        second = wait_for_children(server, {first}, count=1)[0]
        os.kill(second, signal.SIGKILL)
        wait_for_children(server, {first, second}, count=1)
        assert wait_until_up("127.0.0.1", server.port, server.process)
        assert server.get("/livez") == 200
    finally:
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()


def is_released(port: int) -> bool:
    """Return whether nobody listens at the port any more, after some seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            return True
        time.sleep(0.1)
    return False


def wait_for_children(server: RunningServer, dead: set[int], count: int = 2) -> list[int]:
    """Return the processes once so many live."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        alive = [pid for pid in server.children() if pid not in dead]
        if len(alive) == count:
            return alive
        time.sleep(0.1)
    raise AssertionError(f"there are no {count} processes")
