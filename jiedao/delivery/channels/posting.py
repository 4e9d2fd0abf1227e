"""HTTP requests to servers outside: no redirects, a limit for time and size, and only to addresses that are allowed.

The name is looked up once, every address that it has is checked, and the connection is opened to a checked address, so
a name that changes its address between check and connection gains nothing.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult

from django.utils.translation import gettext_noop as _

from jiedao.delivery.channels.base import PermanentFault, TemporaryFault, UncertainFault

Network = IPv4Network | IPv6Network
SECONDS = 10
LONGEST_ANSWER = 64 * 1024
TRANSLATED = ip_network("64:ff9b::/96")  # reaches IPv4 addresses, private ones too
BUSY = {408, 425, 429}


@dataclass(frozen=True)
class Answer:
    """The answer of a server."""

    status: int
    body: str


def list_addresses(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host; raise TemporaryFault if the name cannot be looked up."""
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise TemporaryFault(_("查不到对方服务器的网络地址")) from fault
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def is_public(address: str) -> bool:
    """Return whether an IP address is reachable on the internet and cannot lead into a private network."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in TRANSLATED or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_in_networks(address: str, networks: Sequence[Network]) -> bool:
    """Return whether an address is in one of the networks; an IPv4 address in its IPv6 form counts as IPv4."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in networks)


_limit: ContextVar["_TimeLimit | None"] = ContextVar("jiedao_time_limit", default=None)


class _TimeLimit:
    """Ends the connections that it knows when its time is up, whatever is done with them then.

    It keeps a copy of each socket, because encryption takes the socket itself away from its first owner.
    """

    def __init__(self) -> None:
        self.copies: list[socket.socket] = []
        self.is_over = False

    def cut(self) -> None:
        self.is_over = True
        for copy in self.copies:
            with suppress(OSError):
                copy.shutdown(socket.SHUT_RDWR)


@contextmanager
def limit_time(seconds: float) -> Iterator[None]:
    """Limit the time of all connections that are watched in the block.

    The time limit of a socket is for a single byte: a server that sends one now and then would hold the worker for
    days.
    """
    limit = _TimeLimit()
    timer = threading.Timer(seconds, limit.cut)
    timer.daemon = True
    token = _limit.set(limit)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _limit.reset(token)
        for copy in limit.copies:
            copy.close()


def watch_connection(connection: socket.socket) -> socket.socket:
    """Return a connection that has just been made; it ends when the time of `limit_time` is up."""
    limit = _limit.get()
    if limit is not None:
        limit.copies.append(connection.dup())
    return connection


def is_time_up() -> bool:
    """Return whether the time of `limit_time` is up: what was read last may be a part of an answer only."""
    limit = _limit.get()
    return limit is not None and limit.is_over


def send_request(
    method: str, parts: SplitResult, address: str, headers: Mapping[str, str], body: bytes | None
) -> Answer:
    """Send one request to the host of `parts` at an IP address of it; raise a fault if no answer comes."""
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        with limit_time(2 * SECONDS):
            plain = watch_connection(socket.create_connection((address, port), timeout=SECONDS))
            connection.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
            )
            return _exchange(connection, method, path, headers, body)
    except ssl.SSLCertVerificationError as fault:
        raise TemporaryFault(_("对方服务器的证书不可信")) from fault
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise TemporaryFault(_("连不上对方服务器")) from fault
    finally:
        connection.close()


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes | None,
) -> Answer:
    """Send the request and read the answer; whatever fails from here on leaves open whether it was received."""
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.read(LONGEST_ANSWER).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException) as fault:
        raise UncertainFault(_("等不到对方服务器的回答")) from fault


def check_status(answer: Answer) -> None:
    """Raise the fault of a status that is no success: 5xx and "try later" are temporary, everything else permanent."""
    if 200 <= answer.status < 300:
        return
    if answer.status >= 500 or answer.status in BUSY:
        raise TemporaryFault(_("对方服务器暂时不能用"), answer.status)
    raise PermanentFault(_("对方服务器拒绝"), answer.status)
