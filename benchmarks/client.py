"""A keep-alive HTTP client for measuring: one process, one epoll loop, requests made beforehand.

It shares the machine's cores with the server, so it does as little as possible: it reads the status and the
length of an answer and nothing else, some 20 us of CPU a request. `Load.client_share` says what it took.
"""

import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Load:
    """What came of a measurement; times in milliseconds, `client_share` in cores."""

    seconds: float
    client_share: float
    times: list[float] = field(repr=False)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time under which the share of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class _Client:
    """One connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> int:
        """Read what has come; return the status once the whole answer is there, else 0."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the server closed the connection")
        self.buffer += part
        head_end = self.buffer.find(HEAD_END)
        if head_end < 0:
            return 0
        length = LENGTH.search(self.buffer, 0, head_end)
        if length is None:
            complete = self.buffer.endswith(b"\r\n0" + HEAD_END)
        else:
            complete = len(self.buffer) >= head_end + 4 + int(length.group(1))
        if not complete:
            return 0
        status = int(self.buffer[9:12])
        self.buffer = b""
        return status


def drive(port: int, requests: Iterator[bytes], *, clients: int, seconds: float, warm: float = 3.0) -> Load:
    """Keep so many connections busy, after a warm-up, for so long, and say what came of it."""
    selector = selectors.DefaultSelector()
    everybody = [_Client(port) for _ in range(clients)]
    for client in everybody:
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send(next(requests))
    _turn(selector, requests, time.perf_counter() + warm)
    begun, cpu = time.perf_counter(), time.process_time()
    load = _turn(selector, requests, begun + seconds)
    load.seconds = time.perf_counter() - begun
    load.client_share = (time.process_time() - cpu) / load.seconds
    for client in everybody:
        client.socket.close()
    selector.close()
    return load


def _turn(selector: selectors.BaseSelector, requests: Iterator[bytes], until: float) -> Load:
    load = Load(0.0, 0.0, [])
    while (now := time.perf_counter()) < until:
        for key, _events in selector.select(until - now):
            client: _Client = key.data
            if status := client.status():
                load.times.append((time.perf_counter() - client.sent_at) * 1000)
                load.statuses[status] += 1
                client.send(next(requests))
    return load


def get(path: str, headers: dict[str, str]) -> bytes:
    """Return a GET as the server reads it."""
    return _request("GET", path, headers, b"")


def post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """Return a POST of JSON as the server reads it."""
    return _request("POST", path, {**headers, "Content-Type": "application/json"}, body)


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
