"""Who signs in, for the audit: a person before any post is known, or nobody yet."""

import uuid
from dataclasses import dataclass

from django.http import HttpRequest

from jiedao.accounts.models import User
from jiedao.kernel.requests import client_address

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
    return Visitor(user.pk if user else None, label, uuid.uuid4().hex[:16], client_address(request))
