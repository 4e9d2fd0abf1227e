"""Puts the actor on every request of a person who signed in."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse

from jiedao.accounts import second_factor
from jiedao.accounts.models import User
from jiedao.kernel.errors import UserError
from jiedao.kernel.policies import get_policy
from jiedao.kernel.requests import client_address, request_id
from jiedao.kernel.views import problem
from jiedao.orgs.actor import Actor, actor_of

POST_KEY = "post_id"


@cache
def staff_address() -> str:
    """Return where the pages of the staff begin: the page that a user sees after signing in is the first of them."""
    return resolve_url(settings.LOGIN_REDIRECT_URL)


class ActorMiddleware:
    """Set `request.actor` (None for somebody without a post) and turn a UserError into its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        desk = request.path_info.startswith(staff_address())
        if (desk or request.path_info.startswith("/accounts/")) and request.user.is_authenticated:
            first = self._enter(request, request.user)
            if first and desk:
                return redirect(first)
        return self.get_response(request)

    def _enter(self, request: HttpRequest, user: User) -> str:
        """Set the actor, or return the address of what the person has to do before anything else."""
        if user.must_change_password:  # one that somebody else has seen
            return reverse("accounts:change_password")
        actor = actor_of(user, request.session.get(POST_KEY))
        if actor is None:
            return ""
        if lacks_second_factor(user, actor):
            return reverse("accounts:second_factor") + "?required=1"
        request.actor = actor.on_request(  # type: ignore[attr-defined]
            request_id(request), client_address(request)
        )
        return ""

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Show a refusal as a page that says what to do."""
        if not isinstance(fault, UserError):
            return None
        return problem(request, fault.status, fault.message, fault.hint)


def lacks_second_factor(user: User, actor: Actor) -> bool:
    """Tell whether the post holds a right for which the town asks for a second factor that the person has not."""
    asked = get_policy("second_factor_rights")
    return any(right in actor.permissions for right in asked) and not second_factor.is_on(user)
