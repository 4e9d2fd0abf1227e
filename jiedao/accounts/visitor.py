"""The actor of sign-ins and account pages in the audit, before a post is known."""

from dataclasses import dataclass

from django.http import HttpRequest

from jiedao.accounts.models import User
from jiedao.kernel.requests import get_client_address, get_request_id

NOBODY = "未登录"


@dataclass(frozen=True)
class Visitor:
    """The actor of an event on an account: a user, without a post, or a person who has not signed in."""

    user_id: int | None
    label: str
    request_id: str
    address: str
    post_id: None = None


def make_visitor(request: HttpRequest, user: User | None = None) -> Visitor:
    """Return the visitor who made the request; without `user`, a person who has not signed in."""
    label = user.full_name if user is not None else NOBODY
    return Visitor(user.pk if user else None, label, get_request_id(request), get_client_address(request))
