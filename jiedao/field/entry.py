"""The access check for requests of the app's scripts: a refusal is JSON, never a page or a redirect."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest

# Each of these rights gives its holder work in the app.
FIELD_RIGHTS = (
    "cases.case:report",
    "cases.case:verify",
    "cases.case:handle",
    "cases.case:check",
    "registers.visit:make",
)
View = Callable[..., HttpResponseBase]


def answer_fault(fault: UserError, **more: Any) -> JsonResponse:
    """Return a refusal in the reader's language, with a hint."""
    body = {"message": str(fault.message), "hint": str(fault.hint), "field": fault.field, **more}
    return JsonResponse(body, status=fault.status)


def require_field(view: View) -> View:
    """Open the view to a signed-in user whose post has work in the app; answer 401 and 403 in JSON."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        if not request.user.is_authenticated:
            return JsonResponse(
                {"message": _("登录已到期。"), "hint": _("请重新登录，手机上的内容还在。"), "field": ""},
                status=401,
            )
        if actor is None or not any(actor.can(right) for right in FIELD_RIGHTS):
            return answer_fault(NotAllowed(_("您的岗位在手机工作台里没有事项。"), hint=_("请到工作台办理。")))
        try:
            return view(cast(DeskRequest, request), *args, **kwargs)
        except UserError as fault:
            return answer_fault(fault)

    return guarded
