"""Headers that every answer has beside those of Django."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# The page of the intake asks for the position of a grid worker; photos come from a file field, which needs nothing. The
# app of the phone sets a header of its own, because it scans codes.
PERMISSIONS = "camera=(), display-capture=(), geolocation=(self), microphone=(), payment=(), usb=()"


class PermissionsPolicy:
    """Add the header Permissions-Policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS)
        return response
