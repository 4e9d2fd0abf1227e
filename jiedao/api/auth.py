"""Authentication of API requests: a bearer token is resolved to an actor."""

import time

from django.http import HttpRequest
from ninja.security import HttpBearer

from jiedao.accounts.models import ApiToken, hash_token
from jiedao.kernel import clock
from jiedao.kernel.requests import get_client_address, get_request_id
from jiedao.orgs.actor import Actor, find_actor

CACHE_SECONDS = 10.0
_actors: dict[str, tuple[float, Actor]] = {}


def forget_actors() -> None:
    """Drop the cached actors of this process."""
    _actors.clear()


def _load_actor(digest: str) -> Actor | None:
    token = ApiToken.objects.filter(digest=digest, revoked_at__isnull=True).select_related("user").first()
    if (
        token is None
        or not token.user.is_active
        or (token.expires_at is not None and token.expires_at <= clock.real_now())
    ):
        return None
    today = clock.real_now().astimezone(clock.TOWN_TZ).date()
    if token.last_used_date != today:  # at most one write a day
        ApiToken.objects.filter(pk=token.pk).update(last_used_date=today)
    return find_actor(token.user)


def find_actor_by_token(secret: str) -> Actor | None:
    """Return the actor of a token, cached for 10 s: a revoked token stops working within that time."""
    digest = hash_token(secret)
    cached = _actors.get(digest)
    if cached is not None and cached[0] > time.monotonic():
        return cached[1]
    actor = _load_actor(digest)
    if actor is None:
        _actors.pop(digest, None)
        return None
    if len(_actors) > 1000:
        _actors.clear()
    _actors[digest] = (time.monotonic() + CACHE_SECONDS, actor)
    return actor


class TokenAuth(HttpBearer):
    """Authenticates a request by `Authorization: Bearer jd_...`."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Return the actor bound to this request, or None for 401."""
        actor = find_actor_by_token(token.strip())
        return actor.bind_to_request(get_request_id(request), get_client_address(request)) if actor else None


def require_register_reader(request: HttpRequest) -> Actor:
    """Return the actor of a request about registers; raise NotAllowed unless the post may read them."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.require("registers.record:view")
    return actor
