"""The commands `jiedao user` and `jiedao token`, with which the operator creates the first accounts and tokens."""

import json
import sys
from datetime import datetime, time
from typing import Any

import click
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.accounts.models import ApiToken, User
from jiedao.accounts.second_factor import is_on
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs import actions, linking
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Post
from jiedao.orgs.selectors import read_user_page


@click.group()
def user_group() -> None:
    """Create and list accounts."""


@user_group.command("create")
@click.argument("username")
@click.option("--name", "full_name", required=True, help="The person's name.")
@click.option("--post", "codes", multiple=True, help="Code of a post to hold; may be given more than once.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_user(username: str, full_name: str, codes: tuple[str, ...], password_stdin: bool) -> None:
    """Create an account and print its password once, unless it was passed in."""
    actor = make_system_actor("jiedao user create")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with transaction.atomic():
        user, secret = actions.create_user(
            actor=actor, username=username, full_name=full_name, password=password
        )
        for code in codes:
            actions.give_post(actor=actor, user_id=user.pk, post_id=_get_post(code).pk)
    click.echo(_("已建立账号 %(name)s。") % {"name": user.username}, err=True)
    if password is None:
        click.echo(secret)


def _get_post(code: str) -> Post:
    post = Post.objects.filter(code=code).first()
    if post is None:
        unit, _dot, role = code.partition(".")
        alike = Q(code__istartswith=unit) | Q(code__iendswith=f".{role}")
        similar_posts = Post.objects.filter(alike, active=True).order_by("code")[:8]
        known = "、".join(similar_posts.values_list("code", flat=True))
        raise UserError(
            _("没有代码为 %(code)s 的岗位。") % {"code": code},
            hint=_("相近的岗位：%(known)s") % {"known": known or "-"},
            field="post",
        )
    return post


@user_group.command("reset")
@click.argument("username")
@click.option("--second-factor", is_flag=True, help="Switch the second factor off, too.")
def reset_user(username: str, second_factor: bool) -> None:
    """Set a new password for a user and print it once: the way back for the last administrator."""
    actor, user = make_system_actor("jiedao user reset"), get_user(username)
    with transaction.atomic():
        _user_again, secret = actions.reset_password(actor=actor, user_id=user.pk)
        if second_factor and is_on(user):
            actions.reset_second_factor(actor=actor, user_id=user.pk)
        elif second_factor:
            click.echo(_("此人没有开启两步验证，只重设了密码。"), err=True)
    click.echo(_("账号 %(name)s 的新密码，登录后须修改：") % {"name": user.username}, err=True)
    click.echo(secret)


def get_user(username: str) -> User:
    """Return the account with this name; raise NotFoundError, which names the command that lists all."""
    user: User | None = User.objects.filter(username=username).first()
    if user is None:
        raise NotFoundError(
            _("没有账号 %(name)s。") % {"name": username}, hint=_("jiedao user list 列出所有账号。")
        )
    return user


@user_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_users(as_json: bool) -> None:
    """List the accounts with the posts they hold today."""
    rows, after = [], ""
    while True:
        page = read_user_page(after=after)
        rows += page.rows
        after = page.next
        if not after:
            break
    if as_json:
        documents = [
            {"username": row.username, "name": row.full_name, "active": row.is_active, "posts": row.posts}
            for row in rows
        ]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=2))
        return
    for row in rows:
        state = "" if row.is_active else f"（{_('已停用')}）"
        click.echo(f"{row.username}\t{row.full_name}{state}\t{'；'.join(row.posts)}")


@user_group.command("link")
@click.argument("username")
@click.argument("subject")
def link_user(username: str, subject: str) -> None:
    """Link an account of the office's provider, by its identifier (sub), to an account."""
    actor, user = make_system_actor("jiedao user link"), get_user(username)
    linking.link_provider_account(actor=actor, user_id=user.pk, subject=subject)
    click.echo(_("已把单位账号关联到 %(name)s。") % {"name": user.username}, err=True)


@user_group.command("unlink")
@click.argument("username")
def unlink_user(username: str) -> None:
    """Delete the link of an account to the office's provider, and end its sessions."""
    actor, user = make_system_actor("jiedao user unlink"), get_user(username)
    linking.unlink_provider_account(actor=actor, user_id=user.pk)
    click.echo(_("已取消 %(name)s 与单位账号的关联。") % {"name": user.username}, err=True)


@click.group()
def token_group() -> None:
    """Issue and revoke API tokens."""


@token_group.command("issue")
@click.argument("username")
@click.option("--name", required=True, help="What the token is for.")
@click.option(
    "--expires",
    default="",
    metavar="YYYY-MM-DD|never",
    help="The last day it is good for; 90 days from today if not given.",
)
@click.option("--scope", "scopes", multiple=True, help="What it is good for; may be given more than once.")
def issue_token(username: str, name: str, expires: str, scopes: tuple[str, ...]) -> None:
    """Create a token that acts as the user, and print its secret once.

    The scopes are cases:read, cases:report, cases:follow, cases:work, registers:read, registers:write,
    inspections:write, projects:read, projects:write, figures:read, reports:read and published:read.
    Without one the token has every right of the user's first post.
    """
    actor, user = make_system_actor("jiedao token issue"), get_user(username)
    token, secret = actions.issue_token(
        actor=actor,
        user_id=user.pk,
        name=name,
        expires_at=_read_last_day(expires),
        never_expires=expires == "never",
        scopes=scopes or None,
    )
    click.echo(_("令牌 %(id)d 只显示这一次，请妥善保存。") % {"id": token.pk}, err=True)
    if token.expires_at is not None:
        last_day = f"{token.expires_at.astimezone(clock.TOWN_TZ):%Y-%m-%d}"
        click.echo(_("有效期至 %(day)s；长期有效须写明 --expires never。") % {"day": last_day}, err=True)
    if not scopes:
        click.echo(_("没有写 --scope：它有这个岗位的全部权限。"), err=True)
    click.echo(secret)


def _read_last_day(text: str) -> datetime | None:
    """Return the end of a local day; None where no day is given. Raise BadParameter for what is no day."""
    if text in {"", "never"}:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=clock.TOWN_TZ)
    except ValueError as fault:
        raise click.BadParameter("write YYYY-MM-DD or never", param_hint="--expires") from fault
    return datetime.combine(day, time.max, tzinfo=clock.TOWN_TZ)


def _describe_token(token: ApiToken) -> dict[str, Any]:
    last_day = token.expires_at.astimezone(clock.TOWN_TZ).date() if token.expires_at else None
    return {
        "id": token.pk,
        "username": token.user.username,
        "name": token.name,
        "scopes": token.scopes,
        "expires": str(last_day) if last_day else None,
        "last_used": str(token.last_used_date) if token.last_used_date else None,
    }


def _print_token(token: ApiToken) -> None:
    row = _describe_token(token)
    ends = row["expires"] or _("长期")
    click.echo(f"{row['id']}\t{row['username']}\t{row['name']}\t{','.join(row['scopes'] or ['*'])}\t{ends}")


@token_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_tokens(as_json: bool) -> None:
    """List the tokens in force."""
    tokens = list(ApiToken.objects.filter(revoked_at__isnull=True).select_related("user").order_by("id"))
    if as_json:
        click.echo(json.dumps([_describe_token(token) for token in tokens], ensure_ascii=False, indent=2))
        return
    for token in tokens:
        _print_token(token)


@user_group.command("end-access")
@click.option("--keep-tokens", is_flag=True, help="Only list the API tokens.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def end_access(keep_tokens: bool, as_json: bool) -> None:
    """End all sessions and revoke all API tokens, as after a break-in; `jiedao restore` does it by itself."""
    actor = make_system_actor("jiedao user end-access")
    ended = actions.end_all_access(actor=actor, keep_tokens=keep_tokens)
    if as_json:
        document = {
            "sessions": ended.sessions,
            "revoked": not keep_tokens,
            "tokens": [_describe_token(token) for token in ended.tokens],
        }
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    for token in ended.tokens:
        _print_token(token)
    click.echo(_("已结束 %(n)d 个登录。") % {"n": ended.sessions}, err=True)


@token_group.command("revoke")
@click.argument("token_id", type=int)
def revoke_token(token_id: int) -> None:
    """End a token by its number."""
    actions.revoke_token(actor=make_system_actor("jiedao token revoke"), token_id=token_id)
    click.echo(_("令牌 %(id)d 已作废。") % {"id": token_id}, err=True)
