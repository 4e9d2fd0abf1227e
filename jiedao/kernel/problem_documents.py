"""Refusals of the interfaces for programs, as JSON by RFC 9457 (`application/problem+json`).

A document has the members of the RFC (`type`, `title`, `status`, `detail`, `instance`) and our own: `hint` states what
to do, `field` is the field or filter that the refusal concerns, `errors` lists every fault of a request, and
`request_id` is the id of the request in the log and in the audit. `message` repeats `detail` for older callers.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from jiedao.kernel.requests import find_request_id

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:jiedao:problem:"
LONGEST_INSTANCE = 500

# The kind of problem and its title by status; a status that is not listed is described as its class (400 or 500).
KINDS: dict[int, tuple[str, Any]] = {
    400: ("unreadable", _("请求无法读取")),
    401: ("unauthenticated", _("没有有效的令牌")),
    403: ("not-allowed", _("没有权限")),
    404: ("not-found", _("没有找到")),
    405: ("method-not-allowed", _("不接受这种方法")),
    408: ("timeout", _("传送太慢")),
    409: ("conflict", _("与现在的情况冲突")),
    411: ("length-required", _("没有说明长度")),
    413: ("too-large", _("内容太大")),
    415: ("unsupported-media-type", _("内容的格式不能用")),
    422: ("invalid", _("内容不符合要求")),
    429: ("too-many-requests", _("请求太多")),
    500: ("server-error", _("系统出错")),
    503: ("unavailable", _("暂时不能用")),
    504: ("too-slow", _("用时太长")),
    507: ("disk-full", _("磁盘已满")),
}


def build_problem(
    status: int,
    message: object,
    hint: object = "",
    *,
    field: str = "",
    errors: Iterable[Mapping[str, str]] | None = None,
    path: str = "",
    request_id: str = "",
) -> dict[str, Any]:
    """Return the document of a refusal.

    Args:
        errors: every fault as {"field", "detail", "hint"}; by default the one of `field`, where a field is named.
        path: the address that was requested.
    """
    kind, title = KINDS.get(status) or KINDS[500 if status >= 500 else 400]
    own = [{"field": field, "detail": str(message), "hint": str(hint)}] if field else []
    return {
        "type": TYPE_PREFIX + kind,
        "title": str(title),
        "status": status,
        "detail": str(message),
        "instance": quote(path[:LONGEST_INSTANCE], safe="/:@!$&'()*+,;=-._~", errors="replace"),
        "hint": str(hint),
        "field": field,
        "errors": own if errors is None else [dict(fault) for fault in errors],
        "request_id": request_id,
        "message": str(message),
    }


def answer_problem_document(
    request: HttpRequest,
    status: int,
    message: object,
    hint: object = "",
    *,
    field: str = "",
    errors: Iterable[Mapping[str, str]] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Return the answer with the document of a refusal; `extra` are further members."""
    document = build_problem(
        status,
        message,
        hint,
        field=field,
        errors=errors,
        path=request.path_info,
        request_id=find_request_id(request),
    )
    body = orjson.dumps(document | dict(extra or {}))
    return HttpResponse(body, status=status, content_type=MEDIA_TYPE)
