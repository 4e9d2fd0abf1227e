"""Systems that receive events: one that records them, and a city desk that loses, repeats and delays."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from jiedao.exchange.endpoints.signing import sign


@dataclass
class CityDesk:
    """The upper platform of the tests: it keeps its orders, and what it accepted of each, once for each event number.

    Attributes:
        orders: its orders by number: state, deadline, and the replies in the order in which they were accepted.
        accepted: the body of each accepted event by its number.
        received: how many requests arrived at all.
        loses: the share of requests whose answer never leaves, after the event was accepted.
        breaks: the share of requests that are answered with 503 before anything happens.
        secret: what the signatures are checked with.
    """

    port: int = 0
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)
    received: int = 0
    forged: int = 0
    doubles: int = 0
    changed: int = 0
    loses: float = 0.0
    breaks: float = 0.0
    status: int = 200
    secret: str = ""
    page: int = 2
    headers: list[dict[str, str]] = field(default_factory=list)
    draw: random.Random = field(default_factory=lambda: random.Random(20201130))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, headers: dict[str, str], body: bytes) -> int:
        """Handle one request; return the status to answer, 0 for no answer at all."""
        with self.lock:
            self.received += 1
            self.headers.append(headers)
            number = headers["webhook-id"]
            if self.secret and headers["webhook-signature"] != sign(
                self.secret, number, headers["webhook-timestamp"], body
            ):
                self.forged += 1
                return 401
            if self.status != 200:
                return self.status
            if self.draw.random() < self.breaks:
                return 503
            document = json.loads(body)
            if number in self.accepted:
                self.doubles += 1
                self.changed += self.accepted[number] != document
            else:
                self.accepted[number] = document
                self._follow(document)
            return 0 if self.draw.random() < self.loses else 200

    def _follow(self, document: dict[str, Any]) -> None:
        data = document["data"]
        order = self.orders.get(data.get("order", ""))
        if order is not None:
            order["steps"].append(data["version"])
            order["state"] = "已办结" if data["outcome"] else "办理中"
            if data["reply"]:
                order["replies"].append(data["reply"])

    def list_orders(self, query: str) -> dict[str, Any]:
        """Return a page of its orders."""
        start = int(query.partition("cursor=")[2] or 0)
        rows = [
            {"order": number, "state": order["state"], "wanted_by": order["wanted_by"]}
            for number, order in self.orders.items()
        ]
        rest = start + self.page < len(rows)
        return {
            "orders": rows[start : start + self.page],
            "next": f"/orders?cursor={start + self.page}" if rest else None,
        }


@contextmanager
def run_city_desk() -> Iterator[CityDesk]:
    """Run a city desk on this machine during the block."""
    desk = CityDesk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = desk.accept({name.lower(): value for name, value in self.headers.items()}, body)
            if not status:
                self.close_connection = True
                return
            self._answer(status, b'{"received": true}')

        def do_GET(self) -> None:
            self._answer(200, json.dumps(desk.list_orders(self.path)).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    desk.port = int(server.server_address[1])
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
