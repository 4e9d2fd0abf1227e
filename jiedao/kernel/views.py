"""Problem pages and the theme switch."""

import logging
import sys
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from jiedao.kernel.outages import READING, answer_outage, find_outage, remember_outage
from jiedao.kernel.problems import PLAIN_LAYOUT, explain, render_bare_page
from jiedao.kernel.requests import get_request_id

THEME_COOKIE = "jd_theme"
THEMES = ("light", "dark")
YEAR = 365 * 24 * 3600
FRAME_LAYOUT = "base.html"
PROBLEM_PAGE = "error.html"
RETRIED = {408, 429, 500, 503}
log = logging.getLogger("jiedao.pages")


def get_theme(request: HttpRequest) -> str:
    """Return "light" or "dark" if the user chose one, else "" (the system's setting applies)."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def set_theme(request: HttpRequest) -> HttpResponse:
    """Store the chosen theme in a cookie for a year and redirect back; an unknown value deletes the cookie."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    target = request.POST.get("next") or "/"
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE, chosen, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


def choose_layout(request: HttpRequest) -> str:
    """Return the template of the page's frame: with navigation for a user who holds a post, else without.

    A face with a frame of its own states it as `request.problem_layout`.
    """
    if getattr(request, "actor", None) is not None:
        return FRAME_LAYOUT
    return getattr(request, "problem_layout", PLAIN_LAYOUT)


def render_problem(
    request: HttpRequest, status: int, message: object = "", hint: object = "", title: object = ""
) -> HttpResponse:
    """Render the page of a refusal or a fault: what happened and what to do next.

    A user who holds a post gets it inside the frame of the site, with navigation and search. A face with a page of its
    own states it as `request.problem_template`.
    """
    layout = choose_layout(request)
    signed_in = layout == FRAME_LAYOUT
    usual_message, usual_hint = explain(status, signed_in=signed_in)
    reads = request.method in READING
    context = {
        "layout": layout,
        "status": status,
        "title": title,
        "message": message or usual_message,
        "is_usual": not message,
        "hint": hint or ("" if message else usual_hint),
        "back_url": _find_page_before(request) if reads else "",
        "retry_url": request.get_full_path() if reads and status in RETRIED else "",
        "request_id": get_request_id(request) if status == 500 else "",
    }
    template = PROBLEM_PAGE if signed_in else getattr(request, "problem_template", PROBLEM_PAGE)
    return render(request, template, context, status=status)


def _find_page_before(request: HttpRequest) -> str:
    """Return the page of this site from which a link led here; "" where there is none or it is this page itself."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure()):
        return ""
    parts = urlsplit(referer)
    address = parts.path + (f"?{parts.query}" if parts.query else "")
    return "" if address == request.get_full_path() or address.startswith("//") else address


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: Django's handler400; an upload over the limit is answered with 413."""
    if isinstance(exception, DisallowedHost):  # the links of the usual page need the name of the host
        return HttpResponse(render_bare_page(400, translation.get_language() or ""), status=400)
    too_large = type(exception).__name__ in {"RequestDataTooBig", "TooManyFilesSent"}
    return render_problem(request, 413 if too_large else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403: Django's handler403."""
    return render_problem(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: Django's handler404."""
    return render_problem(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500: Django's handler500. What the frame of the page needs may be what failed: then it is left out.

    A database that is away or locked is answered with 503, a full disk with 507.
    """
    fault = sys.exc_info()[1]
    if status := find_outage(fault):
        remember_outage(fault)
        return answer_outage(request, status)
    try:
        return render_problem(request, 500)
    except Exception:
        log.exception("the frame of the page cannot be shown")
    return HttpResponse(render_bare_page(500, translation.get_language() or ""), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token did not match: the user signed in again meanwhile, or cookies are off.

    A script gets plain text. The problem page contains forms and would set a new token cookie: as the answer to a
    request that a page sends while it is left, this would invalidate the form that the user is filling in by then.
    """
    title, message, hint = (
        _("表单已过期"),
        _("页面放得太久，或登录状态已改变，表单没有提交。"),
        _(
            "请用浏览器的返回键回到表单，复制要紧的文字，刷新后再提交一次。如果一直这样，请检查浏览器是否允许 Cookie。"
        ),
    )
    if "text/html" not in request.headers.get("Accept", ""):
        return HttpResponse(f"{title} {message}{hint}", status=403, content_type="text/plain; charset=utf-8")
    return render_problem(request, 403, message, hint, title)
