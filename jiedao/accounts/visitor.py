"""Who signs in, for the audit: a person before any post is known, or nobody yet."""

from dataclasses import dataclass

from django.http import HttpRequest

from jiedao.accounts.models import User
from jiedao.kernel.requests import client_address, request_id

NOBODY = "未登录"


@dataclass(frozen=True)
class Visitor:
    """The actor of what happens at the door."""

    user_id: int | None
    label: str
    request_id: str
    address: str
    post_id: None = None


def visitor(request: HttpRequest, user: User | None = None) -> Visitor:
    """Return the person at this request; without a user somebody who has not signed in."""
    label = user.full_name if user is not None else NOBODY
    return Visitor(user.pk if user else None, label, request_id(request), client_address(request))
