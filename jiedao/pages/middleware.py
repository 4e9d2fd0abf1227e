"""The middleware that sets the actor on every request of a signed-in user."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import Resolver404, resolve, reverse

from jiedao.accounts import sessions
from jiedao.accounts.models import User
from jiedao.kernel.errors import UserError
from jiedao.kernel.requests import get_client_address, get_request_id
from jiedao.kernel.running import note_user
from jiedao.kernel.views import render_problem
from jiedao.orgs.actor import find_actor
from jiedao.orgs.second_factor import SecondFactorRequired
from jiedao.pages.doors import list_door_names

SESSION_POST_KEY = "post_id"
SESSION_REPRESENTS_KEY = "represents_id"  # the absent user whose deputy the user is in that post


@cache
def get_staff_addresses() -> tuple[str, ...]:
    """Return the prefixes of the staff pages: that of the page after signing in, and those of the other faces."""
    return (resolve_url(settings.LOGIN_REDIRECT_URL), *(reverse(name) for name in list_door_names()))


def _is_unknown(request: HttpRequest) -> bool:
    try:
        resolve(request.path_info)
    except Resolver404:
        return True
    return False


class ActorMiddleware:
    """Set `request.actor` (None for a user without a post) and turn a UserError into a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        is_staff_page = request.path_info.startswith(get_staff_addresses())
        # An unknown address is answered inside the frame of the site, too.
        is_framed = is_staff_page or request.path_info.startswith("/accounts/") or _is_unknown(request)
        if is_framed and request.user.is_authenticated:
            redirect_url = self._enter(request, request.user)
            if redirect_url and is_staff_page:
                return redirect(redirect_url)
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            page = render_problem(request, 405)
            page["Allow"] = response["Allow"]
            return page
        return response

    def _enter(self, request: HttpRequest, user: User) -> str:
        """Set the actor and return "", or return the address of a page that the user has to complete first."""
        # An administrator has seen the password; a user who signs in at the provider does not use it.
        if user.must_change_password and not sessions.is_from_provider(request):
            return reverse("accounts:change_password")
        try:
            has_factor = sessions.has_provider_factor(request)
            actor = find_actor(
                user,
                request.session.get(SESSION_POST_KEY),
                represents_id=request.session.get(SESSION_REPRESENTS_KEY),
                has_factor=has_factor,
            )
        except SecondFactorRequired:
            return reverse("accounts:second_factor") + "?required=1"
        if actor is None:
            return ""
        note_user(actor.user_id)
        request.actor = actor.bind_to_request(  # type: ignore[attr-defined]
            get_request_id(request), get_client_address(request)
        )
        return ""

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Return a page that shows the refusal and its hint; None for any other exception."""
        if not isinstance(fault, UserError):
            return None
        return render_problem(request, fault.status, fault.message, fault.hint)
