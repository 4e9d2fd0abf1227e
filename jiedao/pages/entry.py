"""The door of every desk page: somebody signed in, in a post, perhaps with a right."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from jiedao.kernel.views import problem
from jiedao.orgs.actor import Actor


class DeskRequest(HttpRequest):
    """A request of somebody in a post."""

    actor: Actor
    by_itself: bool


View = Callable[..., HttpResponseBase]


def staff(*rights: str) -> Callable[[View], View]:
    """Let only somebody in a post through, who holds one of the rights where any is named.

    Who has not signed in is sent to do so and back; without a post or the right a page says so.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        @never_cache
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            actor: Actor | None = getattr(request, "actor", None)
            if actor is None:
                return _without_post(request)
            if rights and not any(actor.can(right) for right in rights):
                return problem(request, 403)
            return view(cast(DeskRequest, request), *args, **kwargs)

        return guarded

    return wrap


def _without_post(request: HttpRequest) -> HttpResponse:
    return problem(
        request,
        403,
        _("您的账号还没有岗位，看不到任何案件。"),
        _("请联系本单位的管理员为您安排岗位，再重新登录。"),
    )
