"""The command `jiedao user end`, which states what then waits for nobody; the other commands are in `orgs.commands`."""

import json
from typing import Any

import click
from django.utils.translation import gettext as _

from jiedao.cases.actions.leaving import end_service
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.commands import get_user, user_group
from jiedao.orgs.models import Holding, Unit
from jiedao.orgs.unattended import find_left_by_users

__all__ = ["user_group"]


@user_group.command("end")
@click.argument("username")
@click.option("--post", "code", default="", help="End only this post; without it the account is deactivated.")
@click.option("--to", "successor", default="", help="The account that takes over the posts.")
@click.option("--unit", "unit_code", default="", help="The unit that takes over the open cases.")
@click.option("--later", is_flag=True, help="Leave the open work where it is.")
@click.option("--json", "as_json", is_flag=True)
def end_user(username: str, code: str, **options: Any) -> None:
    """End a post or an account, and state the open work that then waits for nobody.

    While there is such work, one of --to, --unit and --later is needed.
    """
    user = get_user(username)
    if not (user.is_active or code):
        raise UserError(
            _("账号 %(name)s 已经停用。") % {"name": username},
            hint=_("接任的人由管理员在“管理 - 人员”里任职。"),
            field="username",
        )
    holding_id = _find_holding(user.pk, code) if code else None
    lines = find_left_by_users(user.pk, holding_id)
    successor, unit_code = options["successor"], options["unit_code"]
    moved = end_service(
        actor=make_system_actor("jiedao user end"),
        user_id=user.pk,
        holding_id=holding_id,
        successor_id=get_user(successor).pk if successor else None,
        unit_id=_find_unit(unit_code) if unit_code else None,
        later=options["later"],
    )
    waiting = [] if successor else [{"work": line.text, "count": line.count} for line in lines]
    if options["as_json"]:
        click.echo(json.dumps({"user": username, "moved": moved, "unattended": waiting}, ensure_ascii=False))
        return
    for line in waiting:
        click.echo(f"  {line['work']} {line['count']}")
    click.echo(_("已结束。已转交 %(n)d 件在办案件。") % {"n": moved})


def _find_holding(user_id: int, code: str) -> int:
    holding = Holding.objects.own().filter(user_id=user_id, post__code=code).first()
    if holding is None:
        known = Holding.objects.own().filter(user_id=user_id).values_list("post__code", flat=True)
        raise UserError(
            _("此人没有担任 %(code)s。") % {"code": code},
            hint=_("担任的岗位：%(known)s") % {"known": "、".join(known) or "-"},
            field="post",
        )
    return int(holding.pk)


def _find_unit(code: str) -> int:
    unit = Unit.objects.filter(code=code, active=True).first()
    if unit is None:
        raise UserError(
            _("没有代码为 %(code)s 的单位。") % {"code": code}, hint=_("请用在用单位的代码。"), field="unit"
        )
    return unit.pk
