"""Sessions, from the sign-in to the end: by sign-out, by idleness or by age."""

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import SESSION_KEY, login, logout
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from jiedao.accounts import throttle
from jiedao.accounts.actions import SESSION, record_account_event
from jiedao.accounts.models import User
from jiedao.accounts.visitor import make_visitor
from jiedao.kernel import clock

BACKEND = "django.contrib.auth.backends.ModelBackend"
BEGAN, ACTIVE, ENDED, WAITING = "begun_at", "seen_at", "ended", "second_factor"
PROVIDER, LEFT_PROVIDER = "provider", "left_provider"
CONFIRMED = "confirmed_at"  # when the user has signed in at the provider again
IDLE, AGE = "IDLE", "AGE"
CODE_TIME_LIMIT = timedelta(minutes=10)
SECONDS_AHEAD = 300  # by which a clock may be set back without ending the sessions


def _current_second() -> int:
    return int(clock.real_now().timestamp())


@transaction.atomic
def begin_session(request: HttpRequest, user: User, how: str, provider: dict[str, Any] | None = None) -> None:
    """Sign the user in under a new session key; `how` is PASSWORD, CODE, RECOVERY or PROVIDER.

    It also deletes the expired sessions of all users and the old counts of failures.

    Args:
        provider: the issuer at which the user has signed in, and whether its second factor is accepted.
    """
    login(request, user, backend=BACKEND)
    request.session.pop(WAITING, None)
    request.session.pop(ENDED, None)
    request.session.pop(LEFT_PROVIDER, None)
    request.session.pop(PROVIDER, None)
    request.session.pop(CONFIRMED, None)
    after = {"how": how}
    if provider is not None:
        request.session[PROVIDER] = provider
        after["provider"] = provider["issuer"]
    request.session[BEGAN] = request.session[ACTIVE] = _current_second()
    record_account_event(
        actor=make_visitor(request, user), action=f"{SESSION}:sign_in", user_id=user.pk, after=after
    )
    Session.objects.filter(expire_date__lt=clock.real_now()).delete()
    AccessAttempt.objects.filter(attempt_time__lt=clock.real_now() - timedelta(days=1)).delete()
    throttle.delete_old_counts()


@transaction.atomic
def end_session(request: HttpRequest, why: str = "") -> None:
    """Sign the user out; the sign-in page then shows the reason `why`, IDLE or AGE."""
    user = request.user
    if isinstance(user, User):
        after = {"why": why} if why else None
        record_account_event(
            actor=make_visitor(request, user), action=f"{SESSION}:sign_out", user_id=user.pk, after=after
        )
    was_at_provider = is_from_provider(request)
    logout(request)
    if was_at_provider:
        request.session[LEFT_PROVIDER] = True
    if why:
        request.session[ENDED] = why


def find_end_reason(request: HttpRequest) -> str:
    """Return why the session has to end now, IDLE or AGE; "" when it may continue."""
    now, session = _current_second(), request.session
    if max(int(session.get(ACTIVE, now)), int(session.get(BEGAN, now))) > now + SECONDS_AHEAD:
        return AGE  # the clock was ahead: until it is there again, the session would be neither idle nor old
    if now - int(session.get(ACTIVE, now)) > settings.JIEDAO_IDLE_MINUTES * 60:
        return IDLE
    return AGE if now - int(session.get(BEGAN, now)) > settings.SESSION_COOKIE_AGE else ""


def is_signed_in(request: HttpRequest) -> bool:
    """Return whether a user is signed in, without loading the user."""
    return SESSION_KEY in request.session


def is_from_provider(request: HttpRequest) -> bool:
    """Return whether the user has signed in at the office's provider, not with a password."""
    return PROVIDER in request.session


def has_provider_factor(request: HttpRequest) -> bool:
    """Return whether the provider has checked a second factor that replaces jiedao's own."""
    return bool((request.session.get(PROVIDER) or {}).get("has_factor"))


def get_provider_sign_in(request: HttpRequest) -> dict[str, Any]:
    """Return what is stored of the user's sign-in at the provider, nothing for a user who entered a password."""
    return dict(request.session.get(PROVIDER) or {})


@transaction.atomic
def confirm_at_provider(request: HttpRequest, user: User, provider: dict[str, Any]) -> None:
    """Store, for ten minutes and under a new session key, that the user has just signed in at the provider again."""
    request.session.cycle_key()
    request.session[PROVIDER] = provider
    request.session[CONFIRMED] = _current_second()
    after = {"how": "PROVIDER", "provider": provider["issuer"]}
    record_account_event(
        actor=make_visitor(request, user), action=f"{SESSION}:confirm", user_id=user.pk, after=after
    )


def is_confirmed(request: HttpRequest) -> bool:
    """Return whether the sign-in at the provider replaces the password for one change of the second factor."""
    age = _current_second() - int(request.session.get(CONFIRMED, 0))
    return is_from_provider(request) and 0 <= age <= CODE_TIME_LIMIT.total_seconds()


def use_confirmation(request: HttpRequest) -> None:
    """End the confirmation, which is good for one change."""
    request.session.pop(CONFIRMED, None)


def record_activity(request: HttpRequest) -> None:
    """Store the time of the user's activity, at most once a minute."""
    now = _current_second()
    if now - int(request.session.get(ACTIVE, 0)) >= min(60, settings.JIEDAO_IDLE_MINUTES * 6):
        request.session.only_activity = not request.session.modified  # type: ignore[attr-defined]
        request.session[ACTIVE] = now
        request.session.setdefault(BEGAN, now)


def wait_for_code(request: HttpRequest, user: User, provider: dict[str, Any] | None = None) -> None:
    """Store for ten minutes, under a new session key, that the first factor was right: the password or `provider`."""
    request.session.cycle_key()
    waiting_user: dict[str, Any] = {
        "user": user.pk,
        "at": _current_second(),
        "hash": user.get_session_auth_hash(),
    }
    if provider is not None:
        waiting_user["provider"] = provider
    request.session[WAITING] = waiting_user


def find_waiting_user(request: HttpRequest) -> User | None:
    """Return the user who has entered the password but not yet the code.

    None after ten minutes, and when the password or the account has changed since.
    """
    stored: dict[str, Any] = request.session.get(WAITING) or {}
    if not stored or abs(_current_second() - int(stored["at"])) > CODE_TIME_LIMIT.total_seconds():
        return None  # abs: the clock was ahead
    user: User | None = User.objects.filter(pk=stored["user"], is_active=True).first()
    return user if user is not None and user.get_session_auth_hash() == stored["hash"] else None


def get_waiting_provider(request: HttpRequest) -> dict[str, Any] | None:
    """Return the provider at which the waiting user has signed in; None for a user who entered the password."""
    return (request.session.get(WAITING) or {}).get("provider")
