"""The JSON API: routers, errors and the door."""

import logging
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from jiedao.api.auth import TokenAuth
from jiedao.api.cases import router as cases
from jiedao.api.inspections import router as inspections
from jiedao.api.registers import router as registers
from jiedao.api.wording import fault_hint, fault_text
from jiedao.kernel.errors import UserError
from jiedao.registers.actions.records import RowRefused

MOST_BYTES = 512 * 1024  # the longest text allowed, escaped as JSON, is half of this
log = logging.getLogger("jiedao.api")


class TooLarge(UserError):  # noqa: N818 (a refusal)
    """The body is longer than any case can be."""

    status = 413


class OrjsonParser(Parser):
    """Reads bodies with orjson."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the decoded body; HttpError 400 for malformed JSON, TooLarge for more than 512 kB."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            raise TooLarge(
                _("请求体超过 %(most)d kB。") % {"most": MOST_BYTES // 1024},
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


api = NinjaAPI(
    title="jiedao",
    version="1",
    docs_url=None,
    auth=TokenAuth(),
    parser=OrjsonParser(),
    renderer=OrjsonRenderer(),
    description=(
        "The same actions as the pages, as JSON. Send `Authorization: Bearer TOKEN`; a token acts as one person in "
        "that person's first post. Every refusal says what is wrong and what to do. See docs/reference/api.md."
    ),
)
api.add_router("", cases)
api.add_router("", registers)
api.add_router("", inspections)


def _say(status: int, message: object, hint: object = "", field: str = "") -> HttpResponse:
    body = {"message": str(message), "hint": str(hint), "field": field}
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/json; charset=utf-8")


def _see() -> str:
    return _("字段说明见 /api/v1/openapi.json。")


def problem(request: HttpRequest, status: int, *, allow: str = "") -> HttpResponse:
    """Answer an address that does not exist (404), is not for this method (405), or a body of unknown length (411)."""
    if status == 411:
        hint = _("请带上 Content-Length，不要分块发送（Transfer-Encoding: chunked）。")
        return _say(411, _("没有说明请求体的长度，它没有被读取。"), hint)
    if status == 404:
        return _say(404, _("没有这个地址：%(path)s") % {"path": request.path_info[:200]}, _see())
    answer = _say(405, _("这个地址不接受 %(method)s。") % {"method": request.method}, _see())
    answer["Allow"] = allow
    return answer


@api.exception_handler(UserError)
def refuse(request: HttpRequest, fault: UserError) -> HttpResponse:
    """Answer a refusal."""
    return _say(fault.status, fault.message, fault.hint, fault.field)


@api.exception_handler(RowRefused)
def refuse_row(request: HttpRequest, fault: RowRefused) -> HttpResponse:
    """Answer a record that cannot be kept, with every fault of it."""
    faults = [{"field": one.field, "reason": one.reason} for one in fault.faults]
    body = {"message": str(fault.message), "hint": str(_see()), "field": fault.field, "faults": faults}
    return HttpResponse(
        orjson.dumps(body), status=fault.status, content_type="application/json; charset=utf-8"
    )


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    """Answer a body that does not fit: the first fault in words, with its field."""
    first = fault.errors[0]
    source, *loc = first.get("loc", ("",))
    place = ".".join(str(part) for part in (loc[1:] if source == "body" else loc))
    where = place or _("请求体")
    return _say(422, f"{where}: {fault_text(first)}", fault_hint(first, place), place)


@api.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, fault: AuthenticationError) -> HttpResponse:
    """Answer a caller without a valid token."""
    answer = _say(401, _("缺少有效的令牌。"), _("请带上 Authorization: Bearer <令牌>；令牌由管理员签发。"))
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(HttpError)
def other(request: HttpRequest, fault: HttpError) -> HttpResponse:
    """Answer any other fault of a request."""
    cause = fault.__cause__
    if isinstance(cause, UserError):  # ninja hides what the parser said behind a sentence of its own
        return refuse(request, cause)
    told = cause if isinstance(cause, HttpError) else fault
    hint = _("请发送 UTF-8 编码的 JSON，并检查所指的行和列。") if told.status_code == 400 else _see()
    return _say(told.status_code, told.message, hint)


@api.exception_handler(RequestDataTooBig)
@api.exception_handler(UnreadablePostError)
@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
def unread(request: HttpRequest, fault: Exception) -> HttpResponse:
    """Answer a body that could not be read to its end."""
    status = 413 if isinstance(fault, RequestDataTooBig) else 400
    return _say(status, _("请求体没有读完。"), _("请重新发送；同一个 client_uuid 不会重复立案。"))


@api.exception_handler(Exception)
def broken(request: HttpRequest, fault: Exception) -> HttpResponse:
    """Answer a fault of ours; the log has it."""
    log.exception("%s %s", request.method, request.path_info, exc_info=fault)
    return _say(
        500,
        _("系统出了错，这次请求没有生效。"),
        _("请稍后用同一个 client_uuid 再试；如果仍然出错，请告诉系统管理员。"),
    )
