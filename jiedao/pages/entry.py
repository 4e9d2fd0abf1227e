"""The access check of every page of the staff: the user is signed in, holds a post and has a right of the page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from jiedao.kernel.views import render_problem
from jiedao.orgs.actor import Actor


class DeskRequest(HttpRequest):
    """The request of a user who holds a post."""

    actor: Actor
    by_itself: bool  # sent by a script of the page: it does not keep an idle user signed in


View = Callable[..., HttpResponseBase]


def require_staff(*rights: str) -> Callable[[View], View]:
    """Open the view only to a user whose post has one of the rights; without rights, to every user with a post.

    A user who is not signed in is sent to the sign-in page and returns to this page afterwards. A user without a post
    or without the right gets a page that states it, with status 403.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        @never_cache
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            actor: Actor | None = getattr(request, "actor", None)
            if actor is None:
                return _refuse_without_post(request)
            if rights and not any(actor.can(right) for right in rights):
                return render_problem(request, 403)
            return view(cast(DeskRequest, request), *args, **kwargs)

        return guarded

    return wrap


def _refuse_without_post(request: HttpRequest) -> HttpResponse:
    return render_problem(
        request,
        403,
        _("您的账号还没有岗位，看不到任何案件。"),
        _("请联系本单位的管理员为您安排岗位，再重新登录。"),
    )
