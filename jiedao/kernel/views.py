"""Problem pages and the theme switch."""

import sys

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from jiedao.kernel.outages import answer_outage, find_outage, remember_outage

THEME_COOKIE = "jd_theme"
THEMES = ("light", "dark")
YEAR = 365 * 24 * 3600


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


def explain(status: int) -> tuple[str, str]:
    """Return what happened and what to do next, in the reader's language."""
    texts = {
        400: (_("这个请求看不懂。"), _("请返回上一页，刷新后重新填写再提交。")),
        403: (
            _("您的岗位没有这项权限。"),
            _("如果工作需要，请联系本单位的管理员为您的岗位开通，或回到首页，在右上角切换到有权限的岗位。"),
        ),
        404: (
            _("没有找到这个页面。"),
            _("可能地址有误，或者这条内容不在您的管辖范围内。请从首页或搜索框重新查找。"),
        ),
        408: (_("内容传得太慢，没有收完。"), _("请检查网络，再提交一次；照片多时分几次上传。")),
        409: (
            _("这条内容刚刚被别人改过。"),
            _("您填写的文字已保留。请返回并刷新，看过最新情况后再提交。"),
        ),
        413: (_("上传的文件太大。"), _("请压缩图片或把文件拆小，再重新上传。")),
        422: (_("提交的内容有问题。"), _("请返回上一页，按提示修改后再提交。")),
        429: (_("操作太频繁。"), _("请等一分钟再试。您填写的文字已保留。")),
        500: (
            _("系统出了错，刚才的操作没有生效。"),
            _("请稍后再试一次；如果仍然出错，请把出错时间告诉系统管理员。您填写的文字已保留。"),
        ),
        503: (
            _("系统暂时忙不过来或连不上数据库，刚才的操作没有生效。"),
            _("请不要关闭本页，过一分钟再提交一次；一直这样请告诉系统管理员。"),
        ),
        507: (
            _("服务器的磁盘已满，刚才的内容没有保存。"),
            _("查看不受影响。请不要关闭本页，告诉系统管理员清理磁盘，再提交一次。"),
        ),
    }
    return texts.get(status, texts[500])


def explain_in_text(status: int, path: str, language: str) -> tuple[list[tuple[str, str]], bytes]:
    """Return headers and body of an answer without templates: JSON below /api/, else plain text.

    Args:
        language: the header Accept-Language of the request.
    """
    with translation.override("en" if language.strip().lower().startswith("en") else "zh-hans"):
        message, hint = explain(status)
    if path.startswith("/api/"):
        kind, body = "application/json", orjson.dumps({"message": message, "hint": hint, "field": ""})
    else:
        kind, body = "text/plain", f"{message}{hint}\n".encode()
    headers = [
        ("content-type", f"{kind}; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ]
    return ([*headers, ("retry-after", "5")] if status == 503 else headers), body


def explain_outage(request: HttpRequest, status: int) -> HttpResponse:
    """Return the answer for a database or a disk that is not usable, without using either."""
    if request.path_info.startswith("/api/"):
        headers, body = explain_in_text(status, "/api/", request.headers.get("Accept-Language", ""))
        return HttpResponse(body, status=status, headers=dict(headers))
    message, hint = explain(status)
    page = {"status": status, "message": message, "hint": hint, "bare": True}
    return HttpResponse(render_to_string("error.html", page), status=status)


def render_problem(
    request: HttpRequest, status: int, message: object = "", hint: object = "", title: object = ""
) -> HttpResponse:
    """Render the page of a refusal or a fault: what happened and what to do next."""
    usual_message, usual_hint = explain(status)
    context = {
        "status": status,
        "title": title,
        "message": message or usual_message,
        "hint": hint or ("" if message else usual_hint),
    }
    return render(request, "error.html", context, status=status)


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
    """Answer 500 without the database: Django's handler500. The page shows no name and no navigation.

    A database that is away or locked is answered with 503, a full disk with 507.
    """
    fault = sys.exc_info()[1]
    if status := find_outage(fault):
        remember_outage(fault)
        return answer_outage(request, status)
    message, hint = explain(500)
    page = {"status": 500, "message": message, "hint": hint, "bare": True}
    return HttpResponse(render_to_string("error.html", page), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token did not match: the user signed in again meanwhile, or cookies are off.

    A script gets plain text. The problem page contains forms and would set a new token cookie: as the answer to a
    request that a page sends while it is left, this would invalidate the form that the user is filling in by then.
    """
    title, message, hint = (
        _("表单已过期"),
        _("页面放得太久，或登录状态已改变，表单没有提交。"),
        _("请返回上一页并刷新，再提交一次；您填写的文字已保留。如果一直这样，请检查浏览器是否允许 Cookie。"),
    )
    if "text/html" not in request.headers.get("Accept", ""):
        return HttpResponse(f"{title} {message}{hint}", status=403, content_type="text/plain; charset=utf-8")
    return render_problem(request, 403, message, hint, title)
