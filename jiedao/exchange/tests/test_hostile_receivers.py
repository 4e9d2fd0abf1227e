"""Receivers that answer too much, send further, repeat what they were sent, or accept an event a second time."""

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from typing import Any

import pytest

from jiedao.delivery.channels.posting import LONGEST_ANSWER
from jiedao.exchange.endpoints.actions import add_endpoint
from jiedao.exchange.endpoints.actions import test_endpoint as send_test
from jiedao.exchange.endpoints.selectors import list_events
from jiedao.exchange.endpoints.sending import claim, post_event, send_due
from jiedao.exchange.endpoints.signing import sign
from jiedao.exchange.models import Endpoint
from jiedao.kernel import clock
from jiedao.orgs.actor import make_system_actor

TOKEN = "sesame-token"


class Receiver(BaseHTTPRequestHandler):
    """Answers by the path; it checks signatures as its secret allows, and refuses those older than five minutes."""

    requests: list[dict[str, str]]
    secret = ""
    sent = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.requests.append(
            {name.lower(): text for name, text in self.headers.items()} | {"path": self.path}
        )
        if self.path == "/endless":
            self._send_endless()
        elif self.path == "/redirect":
            self._answer(302, b"", Location=f"http://127.0.0.1:{self.server.server_address[1]}/echo")
        elif self.path == "/echo":
            self._answer(500, f"{self.headers}{self.secret}".encode())
        else:
            self._answer(*self._check(self.requests[-1], body))

    def _check(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        number, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
        wanted = sign(self.secret, number, timestamp, body)
        is_late = abs(clock.real_now().timestamp() - int(timestamp)) > 300
        is_right = hmac.compare_digest(wanted, headers["webhook-signature"]) and not is_late
        return (200, b"") if is_right else (401, b"")

    def _send_endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 30))
        self.end_headers()
        with suppress(OSError):
            for _part in range(1024):
                self.wfile.write(bytes(1 << 20))
                type(self).sent += 1 << 20

    def _answer(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def run_receiver() -> Iterator[tuple[type[Receiver], int]]:
    """Run a receiver on this machine during the block."""
    kind = type("Kind", (Receiver,), {"requests": []})
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield kind, server.server_address[1]
        server.shutdown()


@pytest.fixture
def receiver(db: None, settings: Any) -> Iterator[tuple[type[Receiver], int]]:
    with run_receiver() as (kind, port):
        settings.JIEDAO_WEBHOOK = {"hosts": [f"127.0.0.1:{port}"], "networks": [ip_network("127.0.0.0/8")]}
        yield kind, port


def subscribe(receiver: tuple[type[Receiver], int], path: str) -> Endpoint:
    """Add a subscription of the receiver and send it a test."""
    kind, port = receiver
    endpoint, kind.secret = add_endpoint(
        actor=make_system_actor(),
        code="X",
        kind="WEBHOOK",
        name="大屏",
        target=f"http://127.0.0.1:{port}{path}",
        events=["case.filed"],
        token=TOKEN,
    )
    send_test(actor=make_system_actor(), code="X")
    return endpoint


def test_the_signature_covers_number_time_and_body(receiver: tuple[type[Receiver], int]) -> None:
    endpoint = subscribe(receiver, "/events")
    assert send_due(endpoint) == 1
    headers = receiver[0].requests[0]
    sample = Receiver._check(receiver[0], headers, b"{}")  # type: ignore[arg-type]
    assert sample[0] == 401
    assert "webhook-timestamp" in headers


def test_a_gigabyte_is_not_read(receiver: tuple[type[Receiver], int]) -> None:
    endpoint = subscribe(receiver, "/endless")
    event = claim(endpoint)
    assert event is not None
    outcome = post_event(endpoint, event)
    assert (outcome.is_received, len(outcome.answer) <= LONGEST_ANSWER) == (True, True)
    assert receiver[0].sent < 64 << 20


def test_a_redirect_is_not_followed(receiver: tuple[type[Receiver], int]) -> None:
    assert send_due(subscribe(receiver, "/redirect")) == 0
    assert [request["path"] for request in receiver[0].requests] == ["/redirect"]


def test_what_a_receiver_repeats_is_stored_without_token_and_secret(
    receiver: tuple[type[Receiver], int],
) -> None:
    endpoint = subscribe(receiver, "/echo")
    assert send_due(endpoint) == 0
    rows, _next = list_events(endpoint)
    assert receiver[0].requests[0]["authorization"] == f"Bearer {TOKEN}"
    assert "Bearer ***" in rows[0].answer
    for text in (TOKEN, receiver[0].secret):
        assert text not in rows[0].answer
