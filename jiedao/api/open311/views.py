"""The resources of the endpoint."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiedao.api.open311.endpoint import get_endpoint
from jiedao.api.open311.filing import file_request
from jiedao.api.open311.moments import format_moment
from jiedao.api.open311.parameters import read_query
from jiedao.api.open311.problems import answer_error, choose_format
from jiedao.api.open311.service_requests import get_request, list_requests
from jiedao.api.open311.services import define_service, get_service, list_services
from jiedao.cases.selectors.public_requests import find_number_by_key
from jiedao.files.storage import open_content
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.open311_documents import (
    CONTENT_TYPES,
    JSON,
    XML,
    Document,
    answer_bare_document,
    answer_document,
)
from jiedao.kernel.requests import build_site_url
from jiedao.packs.history import find_last
from jiedao.publishing.selectors import find_public_photo

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
FIRST = datetime(
    2026, 1, 1, tzinfo=clock.TOWN_TZ
)  # of an office whose pack was applied before there was an archive
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
View = Callable[..., HttpResponse]


def accept_methods(*methods: str) -> Callable[[View], View]:
    """Let a resource answer these methods, and any other with 405."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method in methods:
                return view(request, *args, **kwargs)
            response = answer_error(
                request, 405, _("这个地址不接受 %(method)s。") % {"method": str(request.method)[:20]}
            )
            response["Allow"] = ", ".join(methods)
            return response

        return answer

    return decorate


def get_root(request: HttpRequest) -> str:
    """Return the public address of the endpoint."""
    return build_site_url(request, f"{settings.JIEDAO_OPEN311_PATH}v2")


@accept_methods("GET", "HEAD")
def discovery(request: HttpRequest) -> HttpResponse:
    """Return the address, the formats and the contact of the endpoint."""
    endpoint = get_endpoint(request)
    last = find_last()
    changed = format_moment(last.applied_at if last is not None else FIRST)
    values = {
        "changeset": changed,
        "contact": endpoint.contact,
        "key_service": endpoint.key_service,
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": get_root(request),
                "changeset": changed,
                "type": endpoint.stage,
                "formats": [CONTENT_TYPES[XML], CONTENT_TYPES[JSON]],
            }
        ],
    }
    return answer_bare_document(Document("discovery", values), choose_format(request))


@accept_methods("GET", "HEAD")
def services(request: HttpRequest) -> HttpResponse:
    """Return the list of services."""
    rows = list_services(get_endpoint(request))
    return answer_document(Document("services", rows), choose_format(request))


@accept_methods("GET", "HEAD")
def definition(request: HttpRequest, code: str) -> HttpResponse:
    """Return the definition of a service."""
    service = get_service(get_endpoint(request), code)
    return answer_document(Document("service_definition", define_service(service)), choose_format(request))


@accept_methods("GET", "HEAD", "POST")
def service_requests(request: HttpRequest) -> HttpResponse:
    """Return the requested service requests, or file one."""
    if request.method == "POST":
        return _create(request)
    endpoint = get_endpoint(request)
    rows = list_requests(endpoint, read_query(endpoint, request.GET), get_root(request))
    return answer_document(Document("service_requests", rows), choose_format(request))


def _create(request: HttpRequest) -> HttpResponse:
    if request.content_type not in FORMS and request.META.get("CONTENT_LENGTH") not in {"", "0", None}:
        raise UserError(
            _("Content-Type %(name)s 不能用。") % {"name": str(request.content_type)[:60]},
            hint=_("请用 application/x-www-form-urlencoded 发送表单。"),
        )
    filed = file_request(request, get_endpoint(request))
    row = {
        "service_request_id": filed.number,
        "service_notice": " ".join([_("已登记，请用编号查询进展。"), *filed.warnings]),
        "account_id": None,
    }
    status = 201 if filed.created else 200
    return answer_document(Document("service_requests", [row]), choose_format(request), status=status)


@accept_methods("GET", "HEAD")
def single_request(request: HttpRequest, number: str) -> HttpResponse:
    """Return one service request."""
    row = get_request(get_endpoint(request), number, get_root(request))
    return answer_document(Document("service_requests", [row]), choose_format(request))


@accept_methods("GET", "HEAD")
def token(request: HttpRequest, token: str) -> HttpResponse:
    """Return the number of the request that was filed under a token, which is the client_uuid of that request.

    Every service is realtime, so no answer contains a token. A client that got no answer reads the number here.
    """
    get_endpoint(request)
    try:
        number = find_number_by_key(uuid.UUID(token))
    except ValueError:
        number = None
    if number is None:
        raise NotFoundError(
            _("没有 token %(name)s。") % {"name": token[:40]},
            hint=_("登记时会立即返回 service_request_id，不需要 token。"),
            field="token",
        )
    row = {"service_request_id": number, "token": token}
    return answer_document(Document("service_requests", [row]), choose_format(request))


@accept_methods("GET", "HEAD")
def media(request: HttpRequest, photo_id: int) -> HttpResponse:
    """Return the public copy of a photo that a reviewer released."""
    get_endpoint(request)
    blob = find_public_photo(photo_id)
    if blob is None:
        raise NotFoundError(_("没有这张照片，或它已经撤下。"), hint=_("请重新读取这件事项的 media_url。"))
    with open_content(blob.sha256) as content:
        return HttpResponse(content.read(), content_type=blob.content_type)
