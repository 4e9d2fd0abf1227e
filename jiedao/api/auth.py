"""Who calls the API: a bearer token, resolved to an actor."""

import time

from django.http import HttpRequest
from ninja.security import HttpBearer

from jiedao.accounts.models import ApiToken, token_digest
from jiedao.kernel import clock
from jiedao.kernel.requests import client_address, request_id
from jiedao.orgs.actor import Actor, actor_of

HELD_SECONDS = 10.0
_held: dict[str, tuple[float, Actor]] = {}


def forget() -> None:
    """Drop the actors held by this process."""
    _held.clear()


def _resolve(digest: str) -> Actor | None:
    row = ApiToken.objects.filter(digest=digest, revoked_at__isnull=True).select_related("user").first()
    if (
        row is None
        or not row.user.is_active
        or (row.expires_at is not None and row.expires_at <= clock.now())
    ):
        return None
    today = clock.today()
    if row.last_used_date != today:  # one write a day
        ApiToken.objects.filter(pk=row.pk).update(last_used_date=today)
    return actor_of(row.user)


def actor_by_token(secret: str) -> Actor | None:
    """Return the actor of a token, held for 10 s: a revoked token stops within that time."""
    digest = token_digest(secret)
    held = _held.get(digest)
    if held is not None and held[0] > time.monotonic():
        return held[1]
    actor = _resolve(digest)
    if actor is None:
        _held.pop(digest, None)
        return None
    if len(_held) > 1000:
        _held.clear()
    _held[digest] = (time.monotonic() + HELD_SECONDS, actor)
    return actor


class TokenAuth(HttpBearer):
    """The door of the API: `Authorization: Bearer jd_...`."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Return the actor bound to this request, or None for 401."""
        actor = actor_by_token(token.strip())
        return actor.on_request(request_id(request), client_address(request)) if actor else None
