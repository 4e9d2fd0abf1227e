"""Ends sessions that are idle or too old, and keeps pages with passwords and codes out of every cache."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from jiedao.accounts import sessions


class SessionLimits:
    """Sign a user out after `JIEDAO_IDLE_MINUTES` without a request, and in any case after `SESSION_COOKIE_AGE`.

    A request that a page sends without the user is no activity: its view sets `request.by_itself`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if sessions.is_signed_in(request) and (reason := sessions.find_end_reason(request)):
            sessions.end_session(request, reason)
        response = self.get_response(request)
        if sessions.is_signed_in(request) and not getattr(request, "by_itself", False):
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
