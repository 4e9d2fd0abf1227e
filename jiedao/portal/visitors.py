"""What a browser may open for an hour: cases by their codes, the matters of a verified phone, the page of a company.

It is stored in signed cookies. Nothing about a visitor is stored on the server.
"""

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from jiedao.cases.models import Follower
from jiedao.kernel.signed import load_signed
from jiedao.registers.actions.record_codes import find_record_by_mark, make_code_mark

FOLLOW_COOKIE, MATTERS_COOKIE, COMPANY_COOKIE = "jiedao_follow", "jiedao_matters", "jiedao_company"
FOLLOW_PAGE, MATTERS_PAGE = "portal:follow", "portal:mine"
LASTS = 3600
MOST_CASES = 20


def remember_followers(request: HttpRequest, response: HttpResponse, follower_ids: list[int]) -> None:
    """Let the browser open these cases for an hour, beside those that it may open already."""
    ids = [*follower_ids, *(pk for pk in _read_ids(request) if pk not in follower_ids)][:MOST_CASES]
    _set_cookie(request, response, FOLLOW_COOKIE, ids, reverse(FOLLOW_PAGE))


def find_follower(request: HttpRequest, number: str) -> Follower | None:
    """Return the follower as whom the browser may open the case, None where it did not enter the code lately."""
    ids = _read_ids(request)
    rows = Follower.objects.filter(pk__in=ids, case__number=number).select_related("case__merged_into")
    return rows.order_by("role", "-pk").last() if ids else None


def remember_phone(request: HttpRequest, response: HttpResponse, contact: str) -> None:
    """Let the browser list the matters of a verified phone; `contact` is the encrypted number."""
    _set_cookie(request, response, MATTERS_COOKIE, contact, reverse(MATTERS_PAGE))


def read_phone_contact(request: HttpRequest) -> str:
    """Return the encrypted number of the verified phone, "" for none."""
    return str(_read(request, MATTERS_COOKIE) or "")


def remember_company(request: HttpRequest, response: HttpResponse, record_id: int) -> None:
    """Let the browser see what the company of a record sees; it reports in the name of this company, too."""
    _set_cookie(request, response, COMPANY_COOKIE, [record_id, make_code_mark(record_id)], "/")


def find_company(request: HttpRequest) -> int | None:
    """Return the record whose code the browser stated; None for none, and where that code is no longer the record's."""
    match _read(request, COMPANY_COOKIE):
        case [int(record_id), str(mark)]:
            return find_record_by_mark(record_id, mark)
    return None


def forget_visitor(response: HttpResponse) -> None:
    """Delete the cookies, so that the next person at a shared computer can open nothing."""
    response.delete_cookie(FOLLOW_COOKIE, path=reverse(FOLLOW_PAGE))
    response.delete_cookie(MATTERS_COOKIE, path=reverse(MATTERS_PAGE))
    response.delete_cookie(COMPANY_COOKIE)


def _set_cookie(request: HttpRequest, response: HttpResponse, name: str, value: Any, path: str) -> None:
    response.set_cookie(
        name,
        signing.dumps(value, salt=name),
        max_age=LASTS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
        path=path,
    )


def _read(request: HttpRequest, name: str) -> Any:
    try:
        return load_signed(request.COOKIES.get(name, ""), salt=name, max_age=LASTS)
    except signing.BadSignature:
        return None


def _read_ids(request: HttpRequest) -> list[int]:
    value = _read(request, FOLLOW_COOKIE)
    return [pk for pk in value if isinstance(pk, int)] if isinstance(value, list) else []
