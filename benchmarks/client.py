"""A keep-alive HTTP client for measurements: one process, one epoll loop, requests that are encoded beforehand.

It shares the cores with the server, so it reads nothing but the status and the length of an answer, which takes some
20 us of CPU per request. `Load.client_share` is the share of a core that it used.
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
    """The answers to a load; times in milliseconds, `client_share` in cores."""

    seconds: float
    client_share: float
    times: list[float] = field(repr=False)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Return the answers per second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time within which this share of the answers arrived."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class _Client:
    """One connection with one request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read_status(self) -> int:
        """Read the bytes that have arrived; return the status once the answer is complete, else 0."""
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


def send_requests(
    port: int, requests: Iterator[bytes], *, clients: int, seconds: float, warm: float = 3.0
) -> Load:
    """Keep `clients` connections busy for some seconds, after a warm-up, and return the load."""
    selector = selectors.DefaultSelector()
    connections = [_Client(port) for _ in range(clients)]
    for client in connections:
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send(next(requests))
    _send_until(selector, requests, time.perf_counter() + warm)
    started, cpu = time.perf_counter(), time.process_time()
    load = _send_until(selector, requests, started + seconds)
    load.seconds = time.perf_counter() - started
    load.client_share = (time.process_time() - cpu) / load.seconds
    for client in connections:
        client.socket.close()
    selector.close()
    return load


def _send_until(selector: selectors.BaseSelector, requests: Iterator[bytes], until: float) -> Load:
    load = Load(0.0, 0.0, [])
    while (now := time.perf_counter()) < until:
        for key, _events in selector.select(until - now):
            client: _Client = key.data
            if status := client.read_status():
                load.times.append((time.perf_counter() - client.sent_at) * 1000)
                load.statuses[status] += 1
                client.send(next(requests))
    return load


def send_at_rate(requests: Iterator[tuple[int, bytes]], *, rate: float, seconds: float) -> Load:
    """Send requests to their ports at a fixed rate, whether or not others are answered, and return the load.

    The time of an answer counts from the moment at which its request was due, so that a server which falls behind
    shows it.
    """
    selector = selectors.DefaultSelector()
    idle: dict[int, list[_Client]] = {}
    ports: dict[_Client, int] = {}
    load, started, cpu, sent = Load(0.0, 0.0, []), time.perf_counter(), time.process_time(), 0
    while (now := time.perf_counter()) < started + seconds or len(load.times) < sent:
        if now < started + seconds and now >= started + sent / rate:
            port, request = next(requests)
            waiting = idle.setdefault(port, [])
            client = waiting.pop() if waiting else _Client(port)
            if client not in ports:
                ports[client] = port
                selector.register(client.socket, selectors.EVENT_READ, client)
            client.send(request)
            client.sent_at = started + sent / rate
            sent += 1
            continue
        for key, _events in selector.select(max(0.0, min(0.2, started + sent / rate - now))):
            answered: _Client = key.data
            if answered in idle[ports[answered]]:  # the server has closed it
                idle[ports[answered]].remove(answered)
                selector.unregister(answered.socket)
                continue
            if status := answered.read_status():
                load.times.append((time.perf_counter() - answered.sent_at) * 1000)
                load.statuses[status] += 1
                idle[ports[answered]].append(answered)
    load.seconds = time.perf_counter() - started
    load.client_share = (time.process_time() - cpu) / load.seconds
    for client in ports:
        client.socket.close()
    selector.close()
    return load


def encode_get(path: str, headers: dict[str, str]) -> bytes:
    """Return the bytes of a GET request."""
    return _request("GET", path, headers, b"")


def encode_post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """Return the bytes of a POST request with a JSON body."""
    return _request("POST", path, {**headers, "Content-Type": "application/json"}, body)


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
