"""The commands `jiedao user` and `jiedao token`, with which the operator creates the first accounts and tokens."""

import json
import sys
from datetime import datetime, time

import click
from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs import actions
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Post
from jiedao.orgs.selectors import read_user_page


@click.group()
def user_group() -> None:
    """Make and list accounts."""


@user_group.command("create")
@click.argument("username")
@click.option("--name", "full_name", required=True, help="The person's name.")
@click.option("--post", "codes", multiple=True, help="Code of a post to hold; may be given more than once.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_user(username: str, full_name: str, codes: tuple[str, ...], password_stdin: bool) -> None:
    """Make an account and print its password once, unless it was given."""
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
        similar_posts = Post.objects.filter(code__istartswith=code.partition(".")[0]).order_by("code")[:8]
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
    """Give somebody a new password and print it once: the way back for the last administrator."""
    actor, user = make_system_actor("jiedao user reset"), _get_user(username)
    with transaction.atomic():
        _user_again, secret = actions.reset_password(actor=actor, user_id=user.pk)
        if second_factor:
            actions.reset_second_factor(actor=actor, user_id=user.pk)
    click.echo(_("账号 %(name)s 的新密码，登录后须修改：") % {"name": user.username}, err=True)
    click.echo(secret)


def _get_user(username: str) -> User:
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


@click.group()
def token_group() -> None:
    """Issue and revoke API tokens."""


@token_group.command("issue")
@click.argument("username")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last day it is good for.")
def issue_token(username: str, name: str, expires: datetime | None) -> None:
    """Make a token that acts as the user, and print its secret once."""
    expires_at = datetime.combine(expires, time.max, tzinfo=clock.TOWN_TZ) if expires else None
    actor, user = make_system_actor("jiedao token issue"), _get_user(username)
    token, secret = actions.issue_token(actor=actor, user_id=user.pk, name=name, expires_at=expires_at)
    click.echo(_("令牌 %(id)d 只显示这一次，请妥善保存。") % {"id": token.pk}, err=True)
    click.echo(secret)


@token_group.command("revoke")
@click.argument("token_id", type=int)
def revoke_token(token_id: int) -> None:
    """End a token by its number."""
    actions.revoke_token(actor=make_system_actor("jiedao token revoke"), token_id=token_id)
    click.echo(_("令牌 %(id)d 已作废。") % {"id": token_id}, err=True)
