"""Small facts about a request."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, at most 45 characters.

    Behind `JIEDAO_PROXIES` proxies it is the one that the outermost of them wrote into X-Forwarded-For; what stands
    before that in the header is the client's own word and is not believed.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if 0 < settings.JIEDAO_PROXIES <= len(hops):
        address = hops[-settings.JIEDAO_PROXIES] or address
    return address[:45]
