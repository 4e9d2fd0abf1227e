"""Small facts about a request."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


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
