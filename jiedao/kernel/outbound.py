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

Network = IPv4Network | IPv6Network
TRANSLATED = ip_network("64:ff9b::/96")  # reaches IPv4 addresses, private ones too
# Of special use (RFC 6890, 7526, 9637), which Python counts as public: protocol assignments, among them the metadata
# server of a cloud, relays, and addresses for documentation.
SPECIAL = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))


class OutboundFault(Exception):  # noqa: N818 (its subclasses name what kind)
    """A request got no answer."""


class UnknownHost(OutboundFault):
    """The name of the host cannot be looked up."""


class PrivateAddress(OutboundFault):
    """The host has an address in a network that is not allowed."""


class NotEncrypted(OutboundFault):
    """The address begins with http:// and is in no network for which that is allowed."""


class UntrustedCertificate(OutboundFault):
    """The certificate of the host is not trusted."""


class NotConnected(OutboundFault):
    """No connection could be made: nothing was sent."""


class NoAnswer(OutboundFault):
    """The request left, and no complete answer came: it may have been received."""


@dataclass(frozen=True)
class Request:
    """A request to the address whose parts are given."""

    method: str
    parts: SplitResult
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """The answer of a server; `is_cut` is true where the body is longer than what was read of it."""

    status: int
    content: bytes
    is_cut: bool = False

    @property
    def body(self) -> str:
        """The body as text; bytes that are no UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")


@dataclass(frozen=True)
class Limits:
    """The limits of a request: seconds without any data, seconds in all, and bytes of the answer."""

    pause: float
    total: float
    size: int


def get_port(parts: SplitResult) -> int:
    """Return the port of an address: that which it states, else that of its scheme."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def list_addresses(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host; raise UnknownHost if the name cannot be looked up."""
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise UnknownHost(host) from fault
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def is_public(address: str) -> bool:
    """Return whether an IP address is reachable on the internet and cannot lead into a private network."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in TRANSLATED or ip.sixtofour is not None or ip.teredo is not None or ip.is_site_local:
            return False
    if any(ip in network for network in SPECIAL):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_in_networks(address: str, networks: Sequence[Network]) -> bool:
    """Return whether an address is in one of the networks; an IPv4 address in its IPv6 form counts as IPv4."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in networks)


def check_addresses(addresses: Sequence[str], networks: Sequence[Network], *, secure: bool) -> str:
    """Return the IP address to connect to; raise PrivateAddress or NotEncrypted if one of them is not allowed.

    An address of a private network is allowed if `networks` contains it; only there may it be http.
    """
    for address in addresses:
        if is_in_networks(address, networks):
            continue
        if not is_public(address):
            raise PrivateAddress(address)
        if not secure:
            raise NotEncrypted(address)
    return addresses[0]


_limit: ContextVar["_TimeLimit | None"] = ContextVar("jiedao_time_limit", default=None)


class _TimeLimit:
    """Ends its connections when the time is up, whatever is being done with them.

    It holds a copy of each socket, because encryption detaches the original one.
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
    """Return whether the time of `limit_time` is up, so that what was read last may be incomplete."""
    limit = _limit.get()
    return limit is not None and limit.is_over


def send_request(request: Request, address: str, limits: Limits) -> Answer:
    """Send a request to its host at an IP address of it; raise OutboundFault if no answer comes."""
    parts = request.parts
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = get_port(parts)
    connection = http.client.HTTPConnection(host, port, timeout=limits.pause)
    try:
        with limit_time(limits.total):
            plain = watch_connection(socket.create_connection((address, port), timeout=limits.pause))
            connection.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
            )
            return _exchange(connection, request, limits.size)
    except ssl.SSLCertVerificationError as fault:
        raise UntrustedCertificate(host) from fault
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise NotConnected(host) from fault
    finally:
        connection.close()


def _exchange(connection: http.client.HTTPConnection, request: Request, size: int) -> Answer:
    """Send the request and read the answer; after any failure here it is unknown whether the request was received."""
    path = (request.parts.path or "/") + (f"?{request.parts.query}" if request.parts.query else "")
    try:
        connection.request(request.method, path, body=request.body, headers=dict(request.headers))
        response = connection.getresponse()
        content = response.read(size + 1)
    except (OSError, http.client.HTTPException) as fault:
        raise NoAnswer(path) from fault
    if is_time_up():
        raise NoAnswer(path)
    return Answer(response.status, content[:size], is_cut=len(content) > size)
