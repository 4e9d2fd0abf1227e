"""A sign-in from the button to the return from the provider, bound to the browser by state, nonce and PKCE."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from jiedao.accounts import sessions
from jiedao.accounts.models import User
from jiedao.accounts.oidc.config import get_settings
from jiedao.accounts.oidc.faults import DENIED, REFUSED, STALE, SignInFault
from jiedao.accounts.oidc.provider import (
    exchange_code,
    get_endpoint,
    read_claims,
    read_discovery,
)
from jiedao.accounts.oidc.tokens import LATEST, Expected, check_fresh
from jiedao.environment import OidcSettings
from jiedao.kernel import clock

STARTED = "office_sign_ins"  # a key of the session: the sign-ins that were begun, by their state
MOST_STARTED = 5  # in several tabs
TIME_LIMIT = 600  # seconds
CANCELLED = {"access_denied", "login_required", "consent_required", "interaction_required"}


@dataclass(frozen=True)
class Identity:
    """Who has signed in at the provider.

    Attributes:
        claims: those of the valid ID token.
        goal: the page to show afterwards, checked when the sign-in was begun.
        signed_in_at: when the person has signed in there, None where the provider does not state it.
        has_factor: whether the provider states a second factor that the configuration accepts.
    """

    claims: dict[str, Any]
    goal: str
    has_factor: bool
    signed_in_at: float | None = None


def _current_second() -> int:
    return int(clock.real_now().timestamp())


def _build_redirect_uri(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("accounts:office_return"))


def begin_sign_in(request: HttpRequest, goal: str, *, confirms: User | None = None) -> str:
    """Store a new sign-in in the session; return the provider's address to which the browser has to go.

    Args:
        confirms: the signed-in user who confirms a change so: the provider must ask for the password again.
    """
    config, address = get_settings(), get_endpoint("authorization_endpoint")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _value in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    started = dict(request.session.get(STARTED) or {})
    started[state] = {"nonce": nonce, "verifier": verifier, "at": _current_second(), "goal": goal}
    if confirms is not None:
        latest = sessions.get_provider_sign_in(request).get("signed_in_at")
        started[state] |= {"confirms": confirms.pk, "latest": latest}
    newest = sorted(started.items(), key=lambda item: -int(item[1]["at"]))[:MOST_STARTED]
    request.session[STARTED] = dict(newest) | {state: started[state]}
    query = {
        "response_type": "code",
        "client_id": config.client_id,
        "redirect_uri": _build_redirect_uri(request),
        "scope": " ".join(config.scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if confirms is not None:  # the second for providers that know only one of them
        query |= {"prompt": "login", "max_age": "0"}
    if config.trusted_acr:
        query["acr_values"] = " ".join(config.trusted_acr)
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def is_confirmation(request: HttpRequest) -> bool:
    """Return whether the provider answers a sign-in by which a signed-in user confirms a change."""
    started = (request.session.get(STARTED) or {}).get(request.GET.get("state", "")) or {}
    return request.user.is_authenticated and started.get("confirms") == request.user.pk


def take_started(request: HttpRequest) -> dict[str, Any]:
    """Remove the sign-in that the provider answers from the session, and return it; raise SignInFault for none."""
    started = dict(request.session.get(STARTED) or {})
    sign_in: dict[str, Any] | None = started.pop(request.GET.get("state", ""), None)
    if sign_in is None:
        raise SignInFault(STALE, "unknown state")
    request.session[STARTED] = started
    request.session.save()  # before the provider is asked: the state must be good for one request only
    if abs(_current_second() - int(sign_in["at"])) > TIME_LIMIT:  # abs: the clock was ahead
        raise SignInFault(STALE, "the state is too old")
    return sign_in


def finish_sign_in(request: HttpRequest, started: dict[str, Any]) -> Identity:
    """Return who has signed in, from the provider's answer in the address; raise SignInFault."""
    config, discovery = get_settings(), read_discovery()
    issuer = request.GET.get("iss")  # RFC 9207: against the answer of another provider
    is_required = discovery.get("authorization_response_iss_parameter_supported") is True
    if issuer != discovery["issuer"] and (issuer or is_required):
        raise SignInFault(STALE, "the answer is of another issuer")
    error = request.GET.get("error", "")
    if error:
        raise SignInFault(DENIED if error in CANCELLED else REFUSED, f"the provider answers {error[:60]!r}")
    code = request.GET.get("code", "")
    if not code:
        raise SignInFault(REFUSED, "the answer has no code")
    token = exchange_code(code, started["verifier"], _build_redirect_uri(request))
    expected = Expected(
        discovery["issuer"], config.client_id, started["nonce"], clock.real_now(), config.clock_skew
    )
    claims = read_claims(token, expected)
    if "confirms" in started:
        # A sign-in of just before does not count, although the clocks may differ by the skew.
        since = max(float(started["at"]) - config.clock_skew, float(started["latest"] or 0))
        check_fresh(claims, since=since, expected=expected)
    return Identity(claims, started["goal"], _has_trusted_factor(config, claims), _read_sign_in(claims))


def _read_sign_in(claims: dict[str, Any]) -> float | None:
    moment = claims.get("auth_time")
    return float(moment) if isinstance(moment, int | float) and abs(moment) < LATEST else None


def _has_trusted_factor(config: OidcSettings, claims: dict[str, Any]) -> bool:
    methods = claims.get("amr")
    used = {method for method in methods if isinstance(method, str)} if isinstance(methods, list) else set()
    level = claims.get("acr")
    return (isinstance(level, str) and level in config.trusted_acr) or bool(used & set(config.trusted_amr))


def build_end_address(request: HttpRequest) -> str:
    """Return the provider's address for signing out there as well (OpenID Connect RP-Initiated Logout 1.0)."""
    address = get_endpoint("end_session_endpoint")
    query = {
        "client_id": get_settings().client_id,
        "post_logout_redirect_uri": request.build_absolute_uri(reverse("accounts:sign_in")),
    }
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
