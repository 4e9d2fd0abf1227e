"""Linking accounts of the office's provider to users: the owner of a linked account signs in as the user."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.accounts.models import ProviderAccount, User
from jiedao.accounts.oidc import links
from jiedao.accounts.oidc.config import LONGEST_SUBJECT
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actions import MANAGE_USERS, get_row, may_take_over
from jiedao.orgs.actor import Actor
from jiedao.orgs.granting import check_not_self

MOST_CHOICES = 100


@dataclass(frozen=True)
class Linking:
    """What the page of a user shows of the provider: the linked account, and those that wait, the newest first."""

    account: ProviderAccount | None
    waiting: list[ProviderAccount]


def read_linking(user_id: int) -> Linking | None:
    """Return the user's link; None where no provider is configured."""
    if settings.JIEDAO_OIDC is None:
        return None
    accounts = ProviderAccount.objects.filter(issuer=settings.JIEDAO_OIDC.issuer)
    account = accounts.filter(user_id=user_id).first()
    waiting = accounts.filter(user__isnull=True).order_by("-pk")[:MOST_CHOICES] if account is None else []
    return Linking(account, list(waiting))


def _get_user(actor: Actor, user_id: int) -> tuple[User, str]:
    """Lock the user and return it with the issuer; raise UserError if the actor may not change the link."""
    actor.require(MANAGE_USERS)
    if settings.JIEDAO_OIDC is None:
        raise NotFoundError(_("没有配置单位账号登录。"), hint=_("请联系系统管理员。"))
    check_not_self(actor, user_id)
    user: User = get_row(User, user_id, _("账号"))
    # Two administrators at once: the second one sees the link.
    User.objects.select_for_update().get(pk=user.pk)
    if not may_take_over(actor, user):
        raise NotAllowed(
            _("此人的岗位有您没有的管理权限，您不能关联他的单位账号。"),
            hint=_("请由持有这些权限的管理员办理。"),
        )
    return user, settings.JIEDAO_OIDC.issuer


@transaction.atomic
def link_provider_account(
    *, actor: Actor, user_id: int, number: int | None = None, subject: str = ""
) -> None:
    """Link a waiting account, by its number, or an account by the provider's identifier (`sub`).

    Raise UserError for neither or an unknown one, Stale if the account or the user is linked already.
    """
    user, issuer = _get_user(actor, user_id)
    subject = make_storable(subject).strip()
    if ProviderAccount.objects.filter(issuer=issuer, user=user).exists():
        raise Stale(_("此人已经关联了单位账号。"), hint=_("如需更换，请先取消关联。"))
    accounts = ProviderAccount.objects.select_for_update().filter(issuer=issuer)
    if number is not None:
        account = accounts.filter(pk=number).first()
    elif 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable():
        account = accounts.get_or_create(issuer=issuer, subject=subject)[0]
    else:
        account = None
    if account is None:
        raise UserError(
            _("没有这个单位账号。"), hint=_("请从列表里选登记号，或填写单位账号系统里的标识（sub）。")
        )
    if account.user_id is not None:
        raise Stale(_("这个单位账号已经关联到别人。"), hint=_("请核对登记号；一个单位账号只能关联一个人。"))
    links.link_account(actor=actor, user=user, account=account)


@transaction.atomic
def unlink_provider_account(*, actor: Actor, user_id: int) -> None:
    """Delete the link of a user and end the user's sessions; raise UserError if there is none."""
    user, issuer = _get_user(actor, user_id)
    account = ProviderAccount.objects.filter(issuer=issuer, user=user).first()
    if account is None:
        raise UserError(_("此人没有关联单位账号。"), hint=_("不需要取消。"))
    links.unlink_account(actor=actor, user=user, account=account)
