"""The JSON API: routers, parser, renderer and the answers to errors."""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from jiedao.api.case_files import router as case_files
from jiedao.api.case_moves import router as case_moves
from jiedao.api.cases import router as cases
from jiedao.api.categories import name_answer_field
from jiedao.api.categories import router as categories
from jiedao.api.describing import DescribedAPI
from jiedao.api.figures import router as figures
from jiedao.api.inspections import router as inspections
from jiedao.api.once import AnsweredBefore
from jiedao.api.projects import router as projects
from jiedao.api.promises import router as promises
from jiedao.api.published import router as published
from jiedao.api.reference import router as reference
from jiedao.api.registers import router as registers
from jiedao.api.reports import router as reports
from jiedao.api.webhooks import router as webhooks
from jiedao.api.wording import choose_hint, format_fault
from jiedao.cases.questions import AnswerFaults
from jiedao.kernel.errors import TooManyRequests, UserError
from jiedao.kernel.outages import answer_outage, find_outage, remember_outage
from jiedao.kernel.problem_documents import answer_problem_document
from jiedao.registers.actions.records import RowRefused

MAX_BYTES = 512 * 1024  # twice the longest allowed text when it is escaped as JSON
MOST_ERRORS = 100  # faults that one answer lists
log = logging.getLogger("jiedao.api")


class TooLarge(UserError):  # noqa: N818 (a refusal)
    """The body is longer than any valid request."""

    status = 413


class OrjsonParser(Parser):
    """Reads bodies with orjson."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the decoded body; raise HttpError 400 for malformed JSON, TooLarge for more than 512 kB."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            raise TooLarge(
                _("请求体超过 %(most)d kB。") % {"most": MAX_BYTES // 1024},
                hint=_("文字请保留要点；附件请在页面上传。"),
            )
        try:
            return orjson.loads(request.body)
        except orjson.JSONDecodeError as fault:
            raise HttpError(400, _("请求体不是有效的 JSON：%(fault)s") % {"fault": fault}) from fault


class OrjsonRenderer(BaseRenderer):
    """Writes answers with orjson."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """Return the encoded answer."""
        return orjson.dumps(data, default=str)


api = DescribedAPI(
    title="jiedao",
    version="1",
    docs_url=None,
    parser=OrjsonParser(),
    renderer=OrjsonRenderer(),
    description=(
        "The same actions as the pages, as JSON. Send `Authorization: Bearer TOKEN`; a token acts as one person in "
        "that person's first post, within its scopes. Every refusal states what is wrong and what to do. "
        "See docs/reference/api.md."
    ),
)
api.add_router("", cases)
api.add_router("", case_moves)
api.add_router("", case_files)
api.add_router("", categories)
api.add_router("", registers)
api.add_router("", inspections)
api.add_router("", projects)
api.add_router("", promises)
api.add_router("", figures)
api.add_router("", published)
api.add_router("", reports)
api.add_router("", reference)
api.add_router("", webhooks)


def _get_schema_hint() -> str:
    return _("字段说明见 /api/v1/openapi.json。")


def answer_problem(request: HttpRequest, status: int, *, allow: str = "") -> HttpResponse:
    """Answer an unknown address (404), a method that it does not accept (405), or a body of unknown length (411)."""
    if status == 411:
        hint = _("请带上 Content-Length，不要分块发送（Transfer-Encoding: chunked）。")
        return answer_problem_document(request, 411, _("没有说明请求体的长度，它没有被读取。"), hint)
    if status == 404:
        message = _("没有这个地址：%(path)s") % {"path": request.path_info[:200]}
        return answer_problem_document(request, 404, message, _get_schema_hint())
    message = _("这个地址不接受 %(method)s。") % {"method": request.method}
    answer = answer_problem_document(request, 405, message, _get_schema_hint())
    answer["Allow"] = allow
    return answer


@api.exception_handler(UserError)
def answer_refusal(request: HttpRequest, fault: UserError) -> HttpResponse:
    """Answer a refusal of an action or a selector; one of a caller that sends too much with the seconds to wait."""
    answer = answer_problem_document(request, fault.status, fault.message, fault.hint, field=fault.field)
    if isinstance(fault, TooManyRequests):
        answer["Retry-After"] = str(fault.seconds)
    return answer


@api.exception_handler(AnswerFaults)
def answer_refused_answers(request: HttpRequest, fault: AnswerFaults) -> HttpResponse:
    """Answer a case whose answers to the questions of its category cannot be stored, with all their faults."""
    errors = [
        {"field": name_answer_field(item.field), "detail": str(item.message), "hint": str(item.hint)}
        for item in fault.faults
    ]
    return answer_problem_document(
        request, fault.status, fault.message, fault.hint, field=errors[0]["field"], errors=errors
    )


@api.exception_handler(AnsweredBefore)
def repeat_answer(request: HttpRequest, repeated: AnsweredBefore) -> HttpResponse:
    """Repeat the answer to a request that the caller sends again."""
    return repeated.answer


@api.exception_handler(RowRefused)
def answer_refused_row(request: HttpRequest, fault: RowRefused) -> HttpResponse:
    """Answer a record that cannot be stored, with all its faults."""
    hint = str(_get_schema_hint())
    faults = [{"field": row_fault.field, "reason": str(row_fault.reason)} for row_fault in fault.faults]
    return answer_problem_document(
        request,
        fault.status,
        fault.message,
        hint,
        field=fault.field,
        errors=[{"field": item["field"], "detail": item["reason"], "hint": hint} for item in faults],
        extra={"faults": faults},
    )


@api.exception_handler(ValidationError)
def answer_invalid(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    """Answer a request that does not match its schema: `detail` states the first fault, `errors` all of them."""
    errors = [_describe_fault(item) for item in fault.errors[:MOST_ERRORS]]
    first = errors[0]
    subject = first["field"] or _("请求体")
    return answer_problem_document(
        request, 422, f"{subject}: {first['detail']}", first["hint"], field=first["field"], errors=errors
    )


def _describe_fault(fault: Mapping[str, Any]) -> dict[str, str]:
    source, *location = fault.get("loc", ("",))
    path = ".".join(str(part) for part in (location[1:] if source == "body" else location))
    return {"field": path, "detail": format_fault(fault), "hint": choose_hint(fault, path)}


@api.exception_handler(AuthenticationError)
def answer_unauthenticated(request: HttpRequest, fault: AuthenticationError) -> HttpResponse:
    """Answer a caller without a valid token."""
    hint = _("请带上 Authorization: Bearer <令牌>；令牌由管理员签发。")
    answer = answer_problem_document(request, 401, _("缺少有效的令牌。"), hint)
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(HttpError)
def answer_http_error(request: HttpRequest, fault: HttpError) -> HttpResponse:
    """Answer any other HTTP error of a request."""
    cause = fault.__cause__
    if isinstance(cause, UserError):  # ninja replaces the error of the parser by its own
        return answer_refusal(request, cause)
    error = cause if isinstance(cause, HttpError) else fault
    hint = (
        _("请发送 UTF-8 编码的 JSON，并检查所指的行和列。")
        if error.status_code == 400
        else _get_schema_hint()
    )
    return answer_problem_document(request, error.status_code, error.message, hint)


@api.exception_handler(RequestDataTooBig)
@api.exception_handler(UnreadablePostError)
@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
def answer_unread(request: HttpRequest, fault: Exception) -> HttpResponse:
    """Answer a request whose body could not be read completely."""
    status = 413 if isinstance(fault, RequestDataTooBig) else 400
    hint = _("请重新发送；同一个 client_uuid 不会重复立案。")
    return answer_problem_document(request, status, _("请求体没有读完。"), hint)


@api.exception_handler(Exception)
def answer_fault(request: HttpRequest, fault: Exception) -> HttpResponse:
    """Answer an unexpected error with 500, and log it; a database or a disk that is not usable with 503 or 507."""
    log.exception("%s %s", request.method, request.path_info, exc_info=fault)
    if status := find_outage(fault):
        remember_outage(fault)
        return answer_outage(request, status)
    hint = _("请稍后用同一个 client_uuid 再试；如果仍然出错，请告诉系统管理员。")
    return answer_problem_document(request, 500, _("系统出了错，这次请求没有生效。"), hint)
