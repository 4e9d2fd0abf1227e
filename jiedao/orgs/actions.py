"""Writes to users, holdings of posts, and API tokens. Each checks the right and leaves an audit entry."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jiedao.accounts.actions import end_sessions, switch_off_second_factor, unlock_account
from jiedao.accounts.models import ApiToken, User
from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.kernel.short_codes import draw_code, format_code
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import end_deputies_of, end_empty_deputies
from jiedao.orgs.granting import check_give, check_not_self
from jiedao.orgs.models import Holding, Post
from jiedao.orgs.people import DUTY_ROWS
from jiedao.orgs.scopes import check_scopes
from jiedao.places.models import Area

MANAGE_USERS = "orgs.user:manage"
DEFAULT_LIFETIME = timedelta(days=90)  # of a token for which no last day was chosen
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


def get_row(model: Any, pk: int | None, what: str) -> Any:
    """Return the row of a model or query with this id; raise NotFoundError, which names `what`, when it is missing."""
    rows = model if isinstance(model, QuerySet) else model.objects.all()
    row = rows.filter(pk=pk).first() if pk is not None else None
    if row is None:
        raise NotFoundError(
            _("没有找到%(what)s。") % {"what": what}, hint=_("它可能已被删除；请回到列表再选。")
        )
    return row


def make_password() -> str:
    """Return a new password of four groups of four letters (79 bits), to be shown once."""
    return format_code(draw_code(16)).lower()


def _clean_name(value: str, max_length: int = 60) -> str:
    text = " ".join(value.split())
    if not text or len(text) > max_length:
        raise UserError(
            _("请填写姓名。"), hint=_("1 到 %(most)d 个字。") % {"most": max_length}, field="full_name"
        )
    return text


@transaction.atomic
def create_user(
    *, actor: Actor, username: str, full_name: str, password: str | None = None
) -> tuple[User, str]:
    """Create an account; return it and its password.

    A generated password is to be shown once and must be changed at the first sign-in. In the database of a
    demonstration every account is marked as a demonstration's.

    Raise UserError for an account name that exists already or is not valid, NotAllowed without the right.
    """
    actor.require(MANAGE_USERS)
    name = username.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise UserError(
            _("账号“%(name)s”不合规则。") % {"name": username[:40]},
            hint=_("用 2 到 40 个小写字母、数字、点、下划线或短横，以字母或数字开头。"),
            field="username",
        )
    if User.objects.filter(username=name).exists():
        raise UserError(
            _("账号 %(name)s 已经有人用了。") % {"name": name},
            hint=_("请换一个，例如加上数字。"),
            field="username",
        )
    person = User(username=name, full_name=_clean_name(full_name))
    secret = _validate_password(password, person) if password is not None else make_password()
    user = User.objects.create_user(name, secret, person.full_name)
    user.must_change_password = password is None
    user.is_demo = clock.read_town_time().began_at is not None
    user.save(update_fields=["must_change_password", "is_demo"])
    after = {"username": name, "full_name": user.full_name}
    record_entry(actor=actor, action=MANAGE_USERS, obj_type="accounts.user", obj_id=user.pk, after=after)
    return user, secret


def _validate_password(password: str, user: User) -> str:
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise UserError(_("密码不合要求。"), hint=" ".join(fault.messages), field="password") from fault
    return password


@transaction.atomic
def rename_user(*, actor: Actor, user_id: int, full_name: str) -> User:
    """Correct a person's name, but not that of an administrator whose rights the actor may not give."""
    actor.require(MANAGE_USERS)
    user: User = get_row(User, user_id, _("账号"))
    if user_id != actor.user_id:
        _check_may_take_over(actor, user)
    before, user.full_name = user.full_name, _clean_name(full_name)
    user.save(update_fields=["full_name"])
    _record_user_change(actor, user, "full_name", before, user.full_name)
    return user


@transaction.atomic
def set_user_active(*, actor: Actor, user_id: int, active: bool) -> User:
    """Activate or deactivate an account, never one's own; deactivating it ends its sessions and tokens."""
    actor.require(MANAGE_USERS)
    check_not_self(actor, user_id)
    user: User = get_row(User, user_id, _("账号"))
    _check_may_take_over(actor, user)
    before, user.is_active = user.is_active, active
    user.save(update_fields=["is_active"])
    if not active:
        end_deputies_of(actor, user.pk)
        end_sessions(user)  # they would continue when the account is activated again
        for token in ApiToken.objects.filter(user=user, revoked_at__isnull=True):
            _revoke_token(actor, token)
    _record_user_change(actor, user, "is_active", before, active)
    return user


@transaction.atomic
def reset_password(*, actor: Actor, user_id: int) -> tuple[User, str]:
    """Set a new password for another user, to be shown once and changed at the next sign-in.

    It ends the user's sessions and the lock after too many failures. Nobody can reset their own password.
    """
    actor.require(MANAGE_USERS)
    check_not_self(actor, user_id)
    user: User = get_row(User, user_id, _("账号"))
    _check_may_take_over(actor, user)
    secret = make_password()
    user.set_password(secret)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    unlock_account(user.username)
    _record_user_change(actor, user, "password", None, "reset")
    return user, secret


@transaction.atomic
def reset_second_factor(*, actor: Actor, user_id: int) -> User:
    """Switch off the second factor of another user who lost it, so that they can set up a new one."""
    actor.require(MANAGE_USERS)
    check_not_self(actor, user_id)
    user: User = get_row(User, user_id, _("账号"))
    _check_may_take_over(actor, user)
    if not switch_off_second_factor(actor=actor, user=user):
        raise UserError(_("此人没有开启两步验证。"), hint=_("不需要重置。"))
    return user


def may_take_over(actor: Actor, user: User) -> bool:
    """Return whether the actor may change the account: whether they may give all rights of its posts."""
    try:
        _check_may_take_over(actor, user)
    except NotAllowed:
        return False
    return True


def _check_may_take_over(actor: Actor, user: User) -> None:
    """Raise NotAllowed if the actor may not give the user's rights: a new password would open the account.

    An account is above the actor if one of its posts, also one that has ended or has not begun, holds such a right.
    """
    for holding in Holding.objects.filter(user=user).select_related("post"):
        check_give(actor, holding.post.permissions)


def _record_user_change(actor: Actor, user: User, field: str, before: Any, after: Any) -> None:
    record_entry(
        actor=actor,
        action=MANAGE_USERS,
        obj_type="accounts.user",
        obj_id=user.pk,
        before={field: before},
        after={field: after},
    )
    transaction.on_commit(DUTY_ROWS.forget)


@transaction.atomic
def give_post(
    *,
    actor: Actor,
    user_id: int,
    post_id: int,
    area_ids: Sequence[int] = (),
    from_date: date | None = None,
    to_date: date | None = None,
) -> Holding:
    """Let another user hold a post over areas for a time, or change an existing holding.

    Without areas, the unit's own area applies. Raise NotAllowed for a post with rights that the actor may not give,
    and for a user who holds such rights already: otherwise the auditor could be given cases to read.
    """
    actor.require(MANAGE_USERS)
    check_not_self(actor, user_id)
    user: User = get_row(User, user_id, _("账号"))
    post: Post = get_row(Post, post_id, _("岗位"))
    check_give(actor, post.permissions)
    _check_may_take_over(actor, user)
    if from_date and to_date and to_date < from_date:
        raise UserError(_("任职的结束早于开始。"), hint=_("请检查起止日期。"), field="to_date")
    areas = list(Area.objects.filter(pk__in=area_ids, active=True))
    if len(areas) != len(set(area_ids)):
        raise UserError(_("有区域不存在或已停用。"), hint=_("请重新选择区域。"), field="areas")
    existing = Holding.objects.own().filter(user=user, post=post).prefetch_related("areas").first()
    before = describe_holding(existing) if existing is not None else None
    holding, _is_new = Holding.objects.update_or_create(
        user=user, post=post, represents=None, defaults={"from_date": from_date, "to_date": to_date}
    )
    for row in (holding, *holding.deputies.all()):
        row.areas.set(areas)
    _record_holding_change(actor, holding, before, describe_holding(holding))
    return holding


@transaction.atomic
def take_post(*, actor: Actor, holding_id: int) -> None:
    """Delete a holding of another user; the audit entry describes it. Its deputies end with it."""
    actor.require(MANAGE_USERS)
    holding: Holding = get_row(Holding.objects.own(), holding_id, _("任职"))
    check_not_self(actor, holding.user_id)
    check_give(actor, holding.post.permissions)
    _record_holding_change(actor, holding, describe_holding(holding), None)
    holding.delete()
    end_empty_deputies(actor, holding.user_id)


def describe_holding(holding: Holding) -> dict[str, Any]:
    """Return the values of a holding for the audit."""
    return {
        "user": holding.user_id,
        "post": holding.post.code,
        "areas": sorted(area.code for area in holding.areas.all()),
        "from": str(holding.from_date or ""),
        "to": str(holding.to_date or ""),
    }


def _record_holding_change(actor: Actor, holding: Holding, before: Any, after: Any) -> None:
    record_entry(
        actor=actor,
        action=MANAGE_USERS,
        obj_type="orgs.holding",
        obj_id=holding.pk,
        before=before,
        after=after,
    )
    transaction.on_commit(DUTY_ROWS.forget)


@transaction.atomic
def issue_token(
    *,
    actor: Actor,
    user_id: int,
    name: str,
    expires_at: datetime | None = None,
    never_expires: bool = False,
    scopes: Sequence[str] | None = None,
) -> tuple[ApiToken, str]:
    """Create an API token that acts as the user; return it and its secret, which is shown once.

    Args:
        expires_at: when it ends; None for the end of the day in 90 days, or for never if `never_expires`.
        scopes: what it is good for, see `scopes`; None for every right of the post.

    Raise NotAllowed when the user's posts hold rights that the actor may not give, because the token has them too.
    """
    actor.require(MANAGE_USERS)
    user: User = get_row(User, user_id, _("账号"))
    check_not_self(actor, user.pk)
    _check_may_take_over(actor, user)
    purpose = " ".join(name.split())[:80]
    if not purpose:
        raise UserError(_("请写明令牌的用途。"), hint=_("例如“手机端”“数据交换”。"), field="name")
    if expires_at is not None and expires_at <= clock.real_now():
        raise UserError(_("有效期已经过去。"), hint=_("请选择今天以后的日期，或留空。"), field="expires")
    if expires_at is None and not never_expires:
        expires_at = compute_default_expiry()
    limits = check_scopes(scopes) if scopes is not None else None
    token, secret = ApiToken.issue(user, purpose, expires_at, limits)
    after = {"user": user.username, "name": purpose, "expires_at": str(expires_at or ""), "scopes": limits}
    record_entry(actor=actor, action=MANAGE_USERS, obj_type="accounts.apitoken", obj_id=token.pk, after=after)
    return token, secret


def compute_default_expiry() -> datetime:
    """Return the end of the local day on which a token ends for which no day was chosen."""
    day = clock.real_now().astimezone(clock.TOWN_TZ).date() + DEFAULT_LIFETIME
    return datetime.combine(day, time.max, tzinfo=clock.TOWN_TZ)


@dataclass(frozen=True)
class EndedAccess:
    """The result of `end_all_access`: the number of ended sessions, and the tokens that were in force."""

    sessions: int
    tokens: list[ApiToken]


@transaction.atomic
def end_all_access(*, actor: Actor, keep_tokens: bool = False) -> EndedAccess:
    """End all sessions and revoke all API tokens, as after a restore or a break-in.

    A restored database has the sessions and tokens of the day of the backup, among them those that were ended or
    revoked since. With `keep_tokens` the tokens are only returned.
    """
    actor.require(MANAGE_USERS)
    sessions = Session.objects.all().delete()[0]
    tokens = list(ApiToken.objects.filter(revoked_at__isnull=True).select_related("user").order_by("id"))
    for token in tokens if not keep_tokens else ():
        _revoke_token(actor, token)
    after = {"sessions": sessions, "tokens": 0 if keep_tokens else len(tokens)}
    if any(after.values()):
        action = "orgs.access:end_all"
        record_entry(actor=actor, action=action, obj_type="accounts.user", obj_id=None, after=after)
    return EndedAccess(sessions, tokens)


@transaction.atomic
def revoke_token(*, actor: Actor, token_id: int) -> ApiToken:
    """Revoke a token; a second call changes nothing."""
    actor.require(MANAGE_USERS)
    token: ApiToken = get_row(ApiToken, token_id, _("令牌"))
    if token.revoked_at is None:
        _revoke_token(actor, token)
    return token


def _revoke_token(actor: Actor, token: ApiToken) -> None:
    token.revoked_at = clock.real_now()
    token.save(update_fields=["revoked_at"])
    after = {"revoked": True}
    record_entry(actor=actor, action=MANAGE_USERS, obj_type="accounts.apitoken", obj_id=token.pk, after=after)
