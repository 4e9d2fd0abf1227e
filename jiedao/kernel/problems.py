"""The text of a problem page, and its plain form, which needs neither the database nor the frame of the site."""

from functools import lru_cache

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.kernel.open311_documents import answer_document, choose_suffix, make_errors, write_document
from jiedao.kernel.problem_documents import MEDIA_TYPE, answer_problem_document, build_problem

PLAIN_LAYOUT = "base_plain.html"
BARE_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'"


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
        504: (
            _("这个请求用时太长，已被停止。"),
            _("请先看看刚才的内容是否已经保存，再决定要不要重做；查询请缩小范围。再次出现请告诉系统管理员。"),
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
    """Return headers and body of an answer for which Django does not run.

    It is JSON below /api/, a list of errors below /open311/, elsewhere a page or plain text.

    Args:
        language: the header Accept-Language of the request.
        accept: its header Accept; a browser that asks for a page gets one.
    """
    code = "en" if language.strip().lower().startswith("en") else "zh-hans"
    headers = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
    if path.startswith(settings.JIEDAO_API_PATH):
        with translation.override(code):
            message, hint = explain(status)
            body = orjson.dumps(build_problem(status, message, hint, path=path))
        kind = MEDIA_TYPE
    elif path.startswith(settings.JIEDAO_OPEN311_PATH):
        with translation.override(code):
            kind, body = write_document(
                make_errors(status, " ".join(explain(status))), choose_suffix(path, accept)
            )
    elif "text/html" in accept:
        kind, body = "text/html", render_bare_page(status, code)
        headers.append(("content-security-policy", BARE_POLICY))
    else:
        with translation.override(code):
            kind, body = "text/plain", "{}{}\n".format(*explain(status)).encode()
    is_complete = kind == MEDIA_TYPE or "charset" in kind
    headers.insert(0, ("content-type", kind if is_complete else f"{kind}; charset=utf-8"))
    return ([*headers, ("retry-after", "5")] if status == 503 else headers), body


@lru_cache(maxsize=100)
def render_bare_page(status: int, language: str) -> bytes:
    """Return the problem page without name and navigation: who asks is not known, or cannot be found out."""
    with translation.override(language):
        message, hint = explain(status)
        page = {"layout": PLAIN_LAYOUT, "status": status, "message": message, "hint": hint}
        return render_to_string("error.html", page).encode()


def explain_outage(request: HttpRequest, status: int) -> HttpResponse:
    """Return the answer for a database or a disk that is not usable, without using either."""
    if request.path_info.startswith((settings.JIEDAO_API_PATH, settings.JIEDAO_OPEN311_PATH)):
        language, accept = (request.headers.get(name, "") for name in ("Accept-Language", "Accept"))
        headers, body = explain_in_text(status, request.path_info, language, accept)
        return HttpResponse(body, status=status, headers=dict(headers))
    return HttpResponse(render_bare_page(status, translation.get_language() or ""), status=status)


def explain_moving(request: HttpRequest, *, has_moved: bool) -> HttpResponse:
    """Return the answer while the office moves to another database, and afterwards on the old one."""
    code = translation.get_language_from_request(request)
    with translation.override(code):
        message = _("数据正在搬到另一个数据库，刚才的操作没有保存。")
        hint = _("查看不受影响。请过几分钟再试；正在填表的，请用浏览器的返回键回到表单再提交。")
        if has_moved:
            message = _("数据已搬到另一个数据库，这里不再使用。")
            hint = _("请告诉系统管理员：把 JIEDAO_DATABASE_URL 改为新的地址，再重新启动服务。")
        if request.path_info.startswith(settings.JIEDAO_API_PATH):
            return answer_problem_document(request, 503, message, hint)
        if request.path_info.startswith(settings.JIEDAO_OPEN311_PATH):
            suffix = choose_suffix(request.path_info, request.headers.get("Accept", ""))
            return answer_document(make_errors(503, f"{message} {hint}"), suffix, status=503)
        page = {"layout": PLAIN_LAYOUT, "status": 503, "message": message, "hint": hint}
        return HttpResponse(render_to_string("error.html", page), status=503)
