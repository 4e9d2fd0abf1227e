"""The address of the client, the id of a request, and complete addresses of pages."""

import uuid
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest

REQUEST_ID = "jiedao.request_id"  # a key in META that no header of a client can have


def get_client_address(request: HttpRequest) -> str:
    """Return the address of the client, at most 45 characters."""
    return read_client_address(request.META)


def read_client_address(environ: Mapping[str, Any]) -> str:
    """Return the address of the client from the environment of a request.

    Behind `JIEDAO_PROXIES` proxies it is the address that the outermost proxy wrote into X-Forwarded-For. Entries
    before it come from the client and are ignored, as is an entry that is no address.
    """
    peer_address = str(environ.get("REMOTE_ADDR", ""))[:45]
    hops = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if not 0 < settings.JIEDAO_PROXIES <= len(hops):
        return peer_address
    try:
        return str(ip_address(hops[-settings.JIEDAO_PROXIES].strip()))[:45]
    except ValueError:
        return peer_address


def group_address(address: str) -> str:
    """Return the address by which limits count a client: of IPv6 the first of its network of 64 bits.

    A single customer has such a network, and so as many addresses as he likes. What is no address is returned as it is.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False).network_address)


def get_limit_address(request: HttpRequest) -> str:
    """Return the address of the client as limits count it."""
    return group_address(get_client_address(request))


def make_request_id() -> str:
    """Return a new random id for a request."""
    return uuid.uuid4().hex[:16]


def find_request_id(request: HttpRequest) -> str:
    """Return the id that the server gave the request; "" where it gave none."""
    return str(request.META.get(REQUEST_ID) or "")


def get_request_id(request: HttpRequest) -> str:
    """Return the id of the request, which its audit entries and log lines share."""
    return str(request.META.get(REQUEST_ID) or make_request_id())


def build_site_url(request: HttpRequest, path: str) -> str:
    """Return the complete address of a page: on the site of the settings, without one on that of the request."""
    return (
        f"{settings.JIEDAO_SITE_URL}{path}" if settings.JIEDAO_SITE_URL else request.build_absolute_uri(path)
    )
