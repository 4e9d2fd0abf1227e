"""Problem pages and the theme switch."""

import logging
import sys
from functools import lru_cache
from urllib.parse import urlsplit

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from jiedao.kernel.outages import READING, answer_outage, find_outage, remember_outage
from jiedao.kernel.requests import get_request_id

THEME_COOKIE = "jd_theme"
THEMES = ("light", "dark")
YEAR = 365 * 24 * 3600
FRAME_LAYOUT, PLAIN_LAYOUT = "base.html", "base_plain.html"
RETRIED = {408, 429, 500, 503}
BARE_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'"
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


def explain(status: int, *, signed_in: bool = False) -> tuple[str, str]:
    """Return what happened and what to do next, in the reader's language.

    The hint names only what the problem page has: navigation, search and account are on it for a user who holds a post.
    """
    texts = {
        400: (_("这个请求看不懂。"), _("请回到表单，刷新后重新填写再提交。")),
        403: (_("您的岗位没有这项权限。"), _explain_missing_right(signed_in)),
        404: (_("没有找到这个页面。"), _explain_missing_page(signed_in)),
        405: (
            _("这个页面不能这样打开。"),
            _("它只用来提交表单，可能是刷新或收藏了提交时的地址，什么也没有改变。请从首页重新打开。"),
        ),
        408: (_("内容传得太慢，没有收完。"), _("请检查网络，再提交一次；照片多时分几次上传。")),
        409: (_("这条内容刚刚被别人改过。"), _("请回到表单并刷新，看过最新情况后再提交。")),
        413: (_("上传的文件太大。"), _("请压缩图片，把视频剪短，或分几次上传。")),
        422: (_("提交的内容有问题。"), _("请回到表单，按提示修改后再提交。")),
        429: (_("操作太频繁。"), _("请等一分钟再试。")),
        500: (
            _("系统出了错，刚才的操作没有生效。"),
            _("请稍后再试一次；如果仍然出错，请把时间和下面的代码告诉系统管理员。"),
        ),
        503: (
            _("系统暂时忙不过来或连不上数据库，刚才的操作没有生效。"),
            _("请过一分钟再试；正在填表的，请用浏览器的返回键回到表单再提交。一直这样请告诉系统管理员。"),
        ),
        507: (
            _("服务器的磁盘已满，刚才的内容没有保存。"),
            _("查看不受影响。请告诉系统管理员清理磁盘，再用浏览器的返回键回到表单提交一次。"),
        ),
    }
    return texts.get(status, texts[500])


def _explain_missing_right(signed_in: bool) -> str:
    if signed_in:
        return _(
            "如果工作需要，请联系本单位的管理员为您的岗位开通。"
            "您有几个岗位的，可在右上角的“账号与岗位”里切换到有权限的岗位。"
        )
    return _("请从首页登录后再试；如果工作需要，请联系本单位的管理员。")


def _explain_missing_page(signed_in: bool) -> str:
    if signed_in:
        return _("可能地址有误，或者这条内容不在您的管辖范围内。请用页面上方的搜索按编号或内容查找。")
    return _("可能地址有误。请核对地址，或回到首页登录后再找。")


def explain_in_text(
    status: int, path: str, language: str, accept: str = ""
) -> tuple[list[tuple[str, str]], bytes]:
    """Return headers and body of an answer for which Django does not run: JSON below /api/, a page, or plain text.

    Args:
        language: the header Accept-Language of the request.
        accept: its header Accept; a browser that asks for a page gets one.
    """
    code = "en" if language.strip().lower().startswith("en") else "zh-hans"
    headers = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
    if path.startswith("/api/"):
        with translation.override(code):
            message, hint = explain(status)
        kind, body = "application/json", orjson.dumps({"message": message, "hint": hint, "field": ""})
    elif "text/html" in accept:
        kind, body = "text/html", _render_bare_page(status, code)
        headers.append(("content-security-policy", BARE_POLICY))
    else:
        with translation.override(code):
            kind, body = "text/plain", "{}{}\n".format(*explain(status)).encode()
    headers.insert(0, ("content-type", f"{kind}; charset=utf-8"))
    return ([*headers, ("retry-after", "5")] if status == 503 else headers), body


@lru_cache(maxsize=100)
def _render_bare_page(status: int, language: str) -> bytes:
    """Return the problem page without name and navigation: who asks is not known, or cannot be found out."""
    with translation.override(language):
        message, hint = explain(status)
        page = {"layout": PLAIN_LAYOUT, "status": status, "message": message, "hint": hint}
        return render_to_string("error.html", page).encode()


def explain_outage(request: HttpRequest, status: int) -> HttpResponse:
    """Return the answer for a database or a disk that is not usable, without using either."""
    if request.path_info.startswith("/api/"):
        headers, body = explain_in_text(status, "/api/", request.headers.get("Accept-Language", ""))
        return HttpResponse(body, status=status, headers=dict(headers))
    return HttpResponse(_render_bare_page(status, translation.get_language() or ""), status=status)


def choose_layout(request: HttpRequest) -> str:
    """Return the template of the page's frame: with navigation for a user who holds a post, else without."""
    return FRAME_LAYOUT if getattr(request, "actor", None) is not None else PLAIN_LAYOUT


def render_problem(
    request: HttpRequest, status: int, message: object = "", hint: object = "", title: object = ""
) -> HttpResponse:
    """Render the page of a refusal or a fault: what happened and what to do next.

    A user who holds a post gets it inside the frame of the site, with navigation and search.
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
        "hint": hint or ("" if message else usual_hint),
        "back_url": _find_page_before(request) if reads else "",
        "retry_url": request.get_full_path() if reads and status in RETRIED else "",
        "request_id": get_request_id(request) if status == 500 else "",
    }
    return render(request, "error.html", context, status=status)


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
    return HttpResponse(_render_bare_page(500, translation.get_language() or ""), status=500)


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
