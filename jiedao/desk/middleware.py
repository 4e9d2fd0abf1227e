"""Puts the actor on every request of a person who signed in."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from jiedao.kernel.errors import UserError
from jiedao.kernel.requests import client_address
from jiedao.kernel.views import problem
from jiedao.orgs.actor import actor_of

POST_KEY = "post_id"


class ActorMiddleware:
    """Set `request.actor` (None for somebody without a post) and turn a UserError into its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        if request.path_info.startswith("/desk/") and request.user.is_authenticated:
            if request.user.must_change_password:  # one that somebody else has seen
                return redirect("accounts:change_password")
            actor = actor_of(request.user, request.session.get(POST_KEY))
            if actor is not None:
                request.actor = actor.on_request(  # type: ignore[attr-defined]
                    uuid.uuid4().hex[:16], client_address(request)
                )
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Show a refusal as a page that says what to do."""
        if not isinstance(fault, UserError):
            return None
        return problem(request, fault.status, fault.message, fault.hint)
