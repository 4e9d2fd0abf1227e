"""Ends sessions that nobody uses."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from jiedao.accounts import sessions


class SessionLimits:
    """Sign out who did nothing for `JIEDAO_IDLE_MINUTES`, and everybody after `SESSION_COOKIE_AGE`.

    A request that a page makes by itself is nothing that somebody did: its view sets `request.by_itself`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if sessions.is_signed_in(request) and (why := sessions.over(request)):
            sessions.end(request, why)
        response = self.get_response(request)
        if sessions.is_signed_in(request) and not getattr(request, "by_itself", False):
            sessions.renew(request)
        return response
