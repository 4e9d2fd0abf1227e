"""A person leaves: the account is deactivated or a post is taken away, and the open cases are given to another user."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors.leaving import LeftBehind, find_left_behind
from jiedao.kernel.errors import UserError
from jiedao.orgs.actions import MANAGE_USERS, give_post, set_user_active, take_post
from jiedao.orgs.actor import Actor, make_system_actor


@transaction.atomic
def end_service(
    *,
    actor: Actor,
    user_id: int,
    holding_id: int | None = None,
    successor_id: int | None = None,
    unit_id: int | None = None,
    later: bool = False,
) -> int:
    """Deactivate an account, or end one holding of it; return how many open cases were given to another user.

    Where this leaves a unit with open cases but without people, one of these is needed; otherwise raise UserError.

    Args:
        successor_id: this user gets the posts, with the same areas.
        unit_id: this unit gets the cases, each by a move that names the administrator.
        later: the cases stay, and the page of each states to the dispatchers that nobody works there.
    """
    actor.require(MANAGE_USERS)
    left = find_left_behind(user_id, holding_id)
    count = sum(len(row.led) + len(row.helped) for row in left)
    if left and successor_id is not None:
        _give_posts(actor, left, user_id, successor_id)
    elif left and unit_id is not None:
        for row in left:
            _give_cases(actor, row, unit_id)
    elif left and not later:
        raise UserError(
            _("“%(unit)s”还有 %(n)d 件在办案件，此人离开后没有人办。")
            % {"unit": left[0].unit.label, "n": count},
            hint=_("请选择接任的人或单位。"),
        )
    if holding_id is not None:
        take_post(actor=actor, holding_id=holding_id)
    else:
        set_user_active(actor=actor, user_id=user_id, active=False)
    return 0 if later else count


def _give_posts(actor: Actor, left: list[LeftBehind], user_id: int, successor_id: int) -> None:
    if successor_id == user_id:
        raise UserError(_("接任的人不能是本人。"), hint=_("请选择另一个人。"), field="successor")
    for holding in (holding for row in left for holding in row.holdings):
        areas = [area.pk for area in holding.areas.all()]
        give_post(actor=actor, user_id=successor_id, post_id=holding.post_id, area_ids=areas)


def _give_cases(actor: Actor, left: LeftBehind, unit_id: int) -> None:
    """Give the cases of a unit to another one, as the system: an administrator of accounts has no rights in cases."""
    if unit_id == left.unit.id:
        raise UserError(_("这正是没有人的单位。"), hint=_("请选择另一个单位。"), field="unit")
    mover = make_system_actor(actor.label)
    note = _("%(unit)s 无人在岗，由管理员转出") % {"unit": left.unit.name}
    for case in left.led:
        perform(mover, case.id, "REDISPATCH", data={"unit": unit_id, "note": note})
    for case in left.helped:
        perform(mover, case.id, "RELEASE_HELP", data={"unit": left.unit.id, "note": note})
        perform(mover, case.id, "CALL_HELP", data={"helpers": [unit_id], "note": note})
