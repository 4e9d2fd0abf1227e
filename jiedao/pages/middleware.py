"""Puts the actor on every request of a person who signed in."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse

from jiedao.accounts.models import User
from jiedao.kernel.errors import UserError
from jiedao.kernel.requests import client_address, request_id
from jiedao.kernel.views import problem
from jiedao.orgs.actor import actor_of
from jiedao.orgs.second_factor import SecondFactorRequired

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
        try:
            actor = actor_of(user, request.session.get(POST_KEY))
        except SecondFactorRequired:
            return reverse("accounts:second_factor") + "?required=1"
        if actor is None:
            return ""
        request.actor = actor.on_request(  # type: ignore[attr-defined]
            request_id(request), client_address(request)
        )
        return ""

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Show a refusal as a page that says what to do."""
        if not isinstance(fault, UserError):
            return None
        return problem(request, fault.status, fault.message, fault.hint)
