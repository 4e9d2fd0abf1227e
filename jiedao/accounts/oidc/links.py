"""Which user a provider's account belongs to. An account is known by issuer and subject, which never change hands."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from jiedao.accounts.actions import end_sessions, record_account_event
from jiedao.accounts.models import ProviderAccount, User
from jiedao.accounts.oidc.config import get_settings
from jiedao.accounts.oidc.passwords import is_administrator
from jiedao.audit.actions import AuditActor
from jiedao.kernel import clock
from jiedao.kernel.storable import make_storable

PROVIDER = "accounts.provider"
WAITING_DAYS = 30
MOST_WAITING = 500  # a provider of a city has more people than the office


def _describe(claims: dict[str, Any]) -> str:
    """Return the name that the provider states; a person may have chosen it freely, so it identifies no one."""
    names = [claims.get(name) for name in ("name", "preferred_username")]
    words = [" ".join(make_storable(name).split()) for name in names if isinstance(name, str)]
    return " · ".join(dict.fromkeys(word for word in words if word))[:120]


@transaction.atomic
def find_account(*, actor: AuditActor, claims: dict[str, Any]) -> ProviderAccount | None:
    """Return the provider's account with its user; without a user it waits for an administrator.

    Where the configuration names a claim, an unknown account is linked to the user with that name. None if too many
    accounts are waiting.
    """
    issuer, now = get_settings().issuer, clock.real_now()
    waiting = ProviderAccount.objects.filter(user__isnull=True)
    waiting.filter(seen_at__lt=now - timedelta(days=WAITING_DAYS)).delete()
    fields = {"label": _describe(claims), "seen_at": now}
    identity = {"issuer": issuer, "subject": claims["sub"]}
    rows = ProviderAccount.objects.select_for_update(of=("self",)).select_related("user")
    account: ProviderAccount | None = rows.filter(**identity).first()
    user = _find_by_claim(claims) if account is None or account.user is None else None
    if account is None and user is None and waiting.count() >= MOST_WAITING:
        return None
    account, is_new = ProviderAccount.objects.update_or_create(**identity, defaults=fields)
    if account.user is None and user is not None:
        _link(actor, "match", user, account)
    elif is_new:
        _record(actor, "wait", None, account)
    return account


def is_account_of(user: User, claims: dict[str, Any]) -> bool:
    """Return whether the claims are those of the provider's account that is linked to the user."""
    accounts = ProviderAccount.objects.filter(issuer=get_settings().issuer, subject=claims["sub"])
    return bool(accounts.filter(user=user).exists())


def _find_by_claim(claims: dict[str, Any]) -> User | None:
    """Return the active user whose name is in the configured claim and who has no account of the provider yet.

    Never an administrator: the operator of the provider could choose the claim, and so administer this office.
    """
    config = get_settings()
    value = claims.get(config.match_claim) if config.match_claim else None
    if not isinstance(value, str) or not value.strip():
        return None
    if config.match_claim == "email" and claims.get("email_verified") is not True:
        return None
    users = User.objects.select_for_update().filter(is_active=True, is_demo=False)
    user: User | None = users.filter(username=make_storable(value).strip().lower()).first()
    if user is None or is_administrator(user):
        return None
    if ProviderAccount.objects.filter(user=user, issuer=config.issuer).exists():
        return None
    return user


def _record(actor: AuditActor, event: str, user: User | None, account: ProviderAccount) -> None:
    after = {"issuer": account.issuer, "subject": account.subject, "number": account.pk}
    user_id = user.pk if user is not None else None
    record_account_event(actor=actor, action=f"{PROVIDER}:{event}", user_id=user_id, after=after)


def _link(actor: AuditActor, event: str, user: User, account: ProviderAccount) -> None:
    account.user = user
    account.save(update_fields=["user"])
    _record(actor, event, user, account)


@transaction.atomic
def link_account(*, actor: AuditActor, user: User, account: ProviderAccount) -> None:
    """Link a provider's account to a user. The caller has checked the right and that both are free."""
    _link(actor, "link", user, account)


@transaction.atomic
def unlink_account(*, actor: AuditActor, user: User, account: ProviderAccount) -> None:
    """Delete the link of a user and end the user's sessions. The caller has checked the right."""
    _record(actor, "unlink", user, account)
    account.delete()
    end_sessions(user)
