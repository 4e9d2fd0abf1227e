"""Small facts about a request."""

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address of the client as the server saw it, at most 45 characters."""
    return str(request.META.get("REMOTE_ADDR", ""))[:45]
