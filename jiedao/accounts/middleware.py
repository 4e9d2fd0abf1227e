"""Ends sessions that are idle or too old, and keeps pages with passwords and codes out of every cache."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

from jiedao.accounts import sessions
from jiedao.kernel.standstill import is_still


def is_in_background(request: HttpRequest) -> bool:
    """Return whether a script of a page sent the request, as far as the browser states it."""
    return "HX-Request" in request.headers or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


class Sessions(SessionMiddleware):
    """Django's sessions, but a request in the background never deletes the cookie.

    It may have been sent with the key of the session that the user's own request has just ended, and would take away
    the new session, in which the sign-in page finds why.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Store the session and set its cookie, as Django does."""
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and not cookie.value and is_in_background(request):
            del response.cookies[settings.SESSION_COOKIE_NAME]
        return response


class SessionLimits:
    """Sign a user out after `JIEDAO_IDLE_MINUTES` without a request, and in any case after `SESSION_COOKIE_AGE`.

    A request that a page sends without the user is no activity: its view sets `request.by_itself`. A request in the
    background is not answered after the end, and leaves it to the user's next request to end the session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if sessions.is_signed_in(request) and (reason := sessions.find_end_reason(request)):
            if is_in_background(request):
                request.user, request.by_itself = AnonymousUser(), True  # type: ignore[attr-defined]
            else:
                sessions.end_session(request, reason)
        response = self.get_response(request)
        by_itself = getattr(request, "by_itself", False)
        if sessions.is_signed_in(request) and not by_itself and not is_still():
            sessions.record_activity(request)
        return response


class NoStore:
    """Keep the pages of this room, with their passwords and codes, out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None and match.app_name == "accounts":
            response["Cache-Control"] = "no-store"
        return response
