"""Authentication of API requests: a bearer token is resolved to an actor."""

import time
from dataclasses import dataclass

from django.http import HttpRequest
from ninja.security import HttpBearer

from jiedao.accounts.models import ApiToken, hash_token
from jiedao.api.limits import ADDRESSES, TOKENS, note_allowance
from jiedao.api.once import HEADER, claim_answer
from jiedao.kernel import clock
from jiedao.kernel.requests import get_client_address, get_request_id
from jiedao.kernel.running import note_user
from jiedao.orgs.actor import Actor, find_actor
from jiedao.orgs.scopes import limit_to_scopes, require_scope

CACHE_SECONDS = 10.0


@dataclass(frozen=True)
class Caller:
    """The actor of a token, and the scopes of the token; None for one without a limit."""

    actor: Actor
    scopes: list[str] | None


_callers: dict[str, tuple[float, Caller]] = {}


def forget_actors() -> None:
    """Drop the cached actors and the counts of requests of this process."""
    _callers.clear()
    TOKENS.clear()
    ADDRESSES.clear()


def _load_caller(digest: str) -> Caller | None:
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
    actor = find_actor(token.user, own_only=True)  # a machine is nobody's deputy
    return Caller(limit_to_scopes(actor, token.scopes), token.scopes) if actor is not None else None


def find_caller(digest: str) -> Caller | None:
    """Return the caller of a token, cached for 10 s: a revoked token stops working within that time."""
    cached = _callers.get(digest)
    if cached is not None and cached[0] > time.monotonic():
        return cached[1]
    caller = _load_caller(digest)
    if caller is None:
        _callers.pop(digest, None)
        return None
    if len(_callers) > 1000:
        _callers.clear()
    _callers[digest] = (time.monotonic() + CACHE_SECONDS, caller)
    return caller


def has_known_token(request: HttpRequest) -> bool:
    """Return whether a writing request has a valid token; others never need the transaction of `once.answer_once`."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if HEADER not in request.headers or scheme.lower() != "bearer":
        return False
    return find_caller(hash_token(token.strip())) is not None


class TokenAuth(HttpBearer):
    """Authenticates a request by `Authorization: Bearer jd_...`, for an endpoint that one of the scopes opens."""

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        self.scopes = scopes

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Return the actor bound to this request, or None for 401.

        Raise TooManyRequests where the token has sent too many, NotAllowed where it lacks the scope, AnsweredBefore
        where it has sent the request before under the same Idempotency-Key.
        """
        digest = hash_token(token.strip())
        caller = find_caller(digest)
        if caller is None:
            return None
        note_allowance(request, TOKENS.take(digest))
        note_user(caller.actor.user_id)
        require_scope(caller.scopes, *self.scopes)
        claim_answer(request, caller.actor)
        return caller.actor.bind_to_request(get_request_id(request), get_client_address(request))


READ_CASES, REPORT_CASES = TokenAuth("cases:read"), TokenAuth("cases:report")
FOLLOW_CASES, WORK_ON_CASES = TokenAuth("cases:follow"), TokenAuth("cases:work")
UPLOAD_FILES = TokenAuth("cases:work", "cases:report", "inspections:write", "projects:write")
FILE_OR_READ_CASES = TokenAuth("cases:read", "cases:report")
READ_REGISTERS, WRITE_REGISTERS = TokenAuth("registers:read"), TokenAuth("registers:write")
WRITE_INSPECTIONS = TokenAuth("inspections:write")
READ_PROJECTS, WRITE_PROJECTS = TokenAuth("projects:read"), TokenAuth("projects:write")
# Reading the meaning of codes, such as those of units: every scope that reads or writes objects includes it.
READ_CODES = TokenAuth("cases:read", "cases:report", "cases:work", "registers:read", "projects:read")
MANAGE_WEBHOOKS = TokenAuth("webhooks:manage")
READ_PUBLISHED = TokenAuth("published:read")
READ_FIGURES, READ_REPORTS = TokenAuth("figures:read"), TokenAuth("reports:read")


def require_register_reader(request: HttpRequest) -> Actor:
    """Return the actor of a request about registers; raise NotAllowed unless the post may read them."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.require("registers.record:view")
    return actor
