"""Who may still sign in with a password where the office signs in at its provider."""

from collections.abc import Callable

from django.conf import settings

from jiedao.accounts.models import User

_is_administrator: list[Callable[[User], bool]] = []


def register_administrators(test: Callable[[User], bool]) -> None:
    """Declare how to recognise an administrator; the room that knows the posts calls it at start."""
    _is_administrator[:] = [test]


def may_use_password(user: User) -> bool:
    """Return whether the user may sign in with a password.

    Administrators always may: otherwise nobody could sign in to repair anything while the provider is away.
    """
    config = settings.JIEDAO_OIDC
    if config is None or not config.passwords_for_administrators_only:
        return True
    return is_administrator(user)


def is_administrator(user: User) -> bool:
    """Return whether the user administers the office."""
    return any(test(user) for test in _is_administrator)
