"""Small facts about a request."""

import uuid
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

REQUEST_ID = "jiedao.request_id"  # in META, where no header of a client can have this name


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, at most 45 characters.

    Behind `JIEDAO_PROXIES` proxies it is the one that the outermost of them wrote into X-Forwarded-For; what stands
    before that in the header is the client's own word and is not believed, nor is what is no address.
    """
    near = str(request.META.get("REMOTE_ADDR", ""))[:45]
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if not 0 < settings.JIEDAO_PROXIES <= len(hops):
        return near
    try:
        return str(ip_address(hops[-settings.JIEDAO_PROXIES].strip()))[:45]
    except ValueError:
        return near


def new_request_id() -> str:
    """Return a number for one request."""
    return uuid.uuid4().hex[:16]


def request_id(request: HttpRequest) -> str:
    """Return the request's number: the same in its audit entries and its log lines."""
    return str(request.META.get(REQUEST_ID) or new_request_id())
