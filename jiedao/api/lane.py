"""Middleware that answers API requests without sessions, cookies and the middleware of pages, always in JSON."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils import translation

from jiedao.api.auth import has_known_token
from jiedao.api.limits import ADDRESSES, write_allowance
from jiedao.api.once import answer_once
from jiedao.kernel.errors import TooManyRequests
from jiedao.kernel.requests import get_limit_address

PREFIX = "/api/"


class ApiLane:
    """Answer addresses below /api/ here, and pass other requests on to the middleware of pages.

    A token authenticates each request, so sessions, cookies and CSRF protection are not needed, which saves a third of
    the time of filing a case. It must come after Django's SecurityMiddleware, whose headers the API needs too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        request.get_host()  # raises an error for a Host header that is not allowed
        translation.activate(translation.get_language_from_request(request))
        response: HttpResponseBase = self._answer(request)
        write_allowance(request, response)
        if isinstance(response, HttpResponse):
            response["Content-Length"] = len(response.content)
        response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        response["Cache-Control"] = "no-store"
        return response

    def _answer(self, request: HttpRequest) -> Any:
        from jiedao.api.router import answer_problem, answer_refusal  # noqa: PLC0415 (middleware loads before the addresses)

        try:
            ADDRESSES.take(get_limit_address(request))
        except TooManyRequests as fault:
            return answer_refusal(request, fault)
        try:
            request.resolver_match = match = resolve(request.path_info)
        except Http404:
            return answer_problem(request, 404)
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower() and not request.META.get(
            "CONTENT_LENGTH"
        ):
            return answer_problem(request, 411)  # WSGI would present an empty body

        def make_answer() -> Any:
            return match.func(request, *match.args, **match.kwargs)

        answer = answer_once(request, make_answer) if has_known_token(request) else make_answer()
        if isinstance(answer, HttpResponseNotAllowed):
            return answer_problem(request, 405, allow=answer["Allow"])
        return answer
