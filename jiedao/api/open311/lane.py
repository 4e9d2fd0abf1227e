"""Middleware that answers addresses below /open311/ without sessions and the middleware of pages, like the JSON API."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.api.limits import ADDRESSES
from jiedao.api.open311.problems import answer_error, answer_refusal
from jiedao.kernel.errors import UserError
from jiedao.kernel.outages import find_outage, remember_outage
from jiedao.kernel.requests import get_limit_address

UNREAD = (BadRequest, MultiPartParserError, SuspiciousOperation, UnreadablePostError)
log = logging.getLogger("jiedao.api")


class Open311Lane:
    """Answer addresses below /open311/ here, and pass other requests on.

    An app on another site may read the answers (CORS): they are public, and no cookie is read or set here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(settings.JIEDAO_OPEN311_PATH):
            return self.get_response(request)
        request.get_host()  # raises an error for a Host header that is not allowed
        translation.activate(translation.get_language_from_request(request))
        response = self._answer(request)
        response["Content-Length"] = len(response.content)
        response["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
        response["Vary"] = "Accept, Accept-Language"
        response["Access-Control-Allow-Origin"] = "*"
        response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        response["Cache-Control"] = "no-store"
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            ADDRESSES.take(get_limit_address(request))
            request.resolver_match = match = resolve(request.path_info)
            if "chunked" in request.headers.get("Transfer-Encoding", "").lower() and not request.META.get(
                "CONTENT_LENGTH"
            ):
                return answer_error(request, 411, _("没有说明请求体的长度，它没有被读取。"))
            answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        except UserError as fault:
            answer = answer_refusal(request, fault)
        except Http404:
            text = _("没有这个地址：%(path)s") % {"path": request.path_info[:200]}
            answer = answer_error(request, 404, text)
        except RequestDataTooBig:
            answer = answer_error(request, 413, _("请求体太长，没有读完。"))
        except UNREAD:
            answer = answer_error(request, 400, _("请求体没有读完。请检查编码（UTF-8）后重新发送。"))
        except Exception as fault:
            answer = self._answer_fault(request, fault)
        return answer

    def _answer_fault(self, request: HttpRequest, fault: Exception) -> HttpResponse:
        """Answer an unexpected error, and log it; a database or a disk that is not usable with 503 or 507."""
        log.exception("%s %s", request.method, request.path_info, exc_info=fault)
        status = find_outage(fault)
        if status:
            remember_outage(fault)
        answer = answer_error(request, status or 500, _("系统出了错，这次请求没有生效。请稍后再试。"))
        if status:
            answer["Retry-After"] = "5"
        return answer
