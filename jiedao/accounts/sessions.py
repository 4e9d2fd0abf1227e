"""A session from the sign-in to its end: by the person, by idleness, or by its age."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login, logout
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from jiedao.accounts.actions import SESSION, note
from jiedao.accounts.models import User
from jiedao.accounts.visitor import visitor
from jiedao.kernel import clock

BACKEND = "django.contrib.auth.backends.ModelBackend"
BEGUN, SEEN, ENDED, WAITING = "begun_at", "seen_at", "ended", "second_factor"
IDLE, AGE = "IDLE", "AGE"
CODE_WITHIN = timedelta(minutes=10)


def _seconds() -> int:
    return int(clock.now().timestamp())


@transaction.atomic
def begin(request: HttpRequest, user: User, how: str) -> None:
    """Sign the person in under a new session key; `how` is PASSWORD, CODE or RECOVERY.

    What others left behind and has expired is cleared away.
    """
    login(request, user, backend=BACKEND)
    request.session.pop(WAITING, None)
    request.session.pop(ENDED, None)
    request.session[BEGUN] = request.session[SEEN] = _seconds()
    note(actor=visitor(request, user), action=f"{SESSION}:sign_in", user_id=user.pk, after={"how": how})
    Session.objects.filter(expire_date__lt=clock.now()).delete()


@transaction.atomic
def end(request: HttpRequest, why: str = "") -> None:
    """Sign the person out; the sign-in page will tell `why`, IDLE or AGE."""
    user = request.user
    if isinstance(user, User):
        after = {"why": why} if why else None
        note(actor=visitor(request, user), action=f"{SESSION}:sign_out", user_id=user.pk, after=after)
    logout(request)
    if why:
        request.session[ENDED] = why


def over(request: HttpRequest) -> str:
    """Return why the session has to end now: IDLE, AGE, or "" where it goes on."""
    now, session = _seconds(), request.session
    if now - int(session.get(SEEN, now)) > settings.JIEDAO_IDLE_MINUTES * 60:
        return IDLE
    return AGE if now - int(session.get(BEGUN, now)) > settings.SESSION_COOKIE_AGE else ""


def is_signed_in(request: HttpRequest) -> bool:
    """Tell whether the session is of somebody, without asking for the person."""
    return SESSION_KEY in request.session


def renew(request: HttpRequest) -> None:
    """Note that the person did something; written at most once a minute."""
    now = _seconds()
    if now - int(request.session.get(SEEN, 0)) >= min(60, settings.JIEDAO_IDLE_MINUTES * 6):
        request.session[SEEN] = now
        request.session.setdefault(BEGUN, now)


def wait_for_code(request: HttpRequest, user: User) -> None:
    """Keep, for ten minutes and under a new session key, that the password was right."""
    request.session.cycle_key()
    bound = {"user": user.pk, "at": _seconds(), "hash": user.get_session_auth_hash()}
    request.session[WAITING] = bound


def waiting(request: HttpRequest) -> User | None:
    """Return who has given the password and not yet the code; None after ten minutes, or a new password."""
    kept: dict[str, Any] = request.session.get(WAITING) or {}
    if not kept or clock.now() - datetime.fromtimestamp(kept["at"], clock.TOWN_TZ) > CODE_WITHIN:
        return None
    user: User | None = User.objects.filter(pk=kept["user"], is_active=True).first()
    return user if user is not None and user.get_session_auth_hash() == kept["hash"] else None
