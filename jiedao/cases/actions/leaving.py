"""A person leaves: the account is deactivated or a post is taken away, and the open work is given to another user."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors.leaving import LeftBehind, find_left_behind
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actions import MANAGE_USERS, give_post, set_user_active, take_post
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.models import Holding
from jiedao.orgs.unattended import describe_unattended, find_left_by_users


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

    Where this leaves open work that nobody may do, one of these is needed; otherwise raise UserError.

    Args:
        successor_id: this user gets the posts, with the same areas.
        unit_id: this unit gets the cases of units without people, each by a move that names the administrator. Other
            work stays.
        later: the work stays, and the page of each case states to the dispatchers that nobody works there.
    """
    actor.require(MANAGE_USERS)
    left = find_left_behind(user_id, holding_id)
    count = sum(len(row.led) + len(row.helped) for row in left)
    unattended = find_left_by_users(user_id, holding_id) if not (successor_id or unit_id or later) else []
    if successor_id is not None:
        _give_posts(actor, user_id, holding_id, successor_id)
    elif left and unit_id is not None:
        for row in left:
            _give_cases(actor, row, unit_id)
    elif left and not later:
        raise UserError(
            _("“%(unit)s”还有 %(n)d 件在办案件，此人离开后没有人办。")
            % {"unit": left[0].unit.label, "n": count},
            hint=_("请选择接任的人或单位。"),
        )
    elif unattended:
        raise UserError(
            _("此人离开后，这些事没有人能办：%(work)s。") % {"work": describe_unattended(unattended)},
            hint=_("请选择接任的人，或先停、以后再安排。"),
        )
    if holding_id is not None:
        take_post(actor=actor, holding_id=holding_id)
    else:
        set_user_active(actor=actor, user_id=user_id, active=False)
    return 0 if later else count


def _give_posts(actor: Actor, user_id: int, holding_id: int | None, successor_id: int) -> None:
    """Give the posts that end to another user, who adds the areas to those of a post held already."""
    if successor_id == user_id:
        raise UserError(_("接任的人不能是本人。"), hint=_("请选择另一个人。"), field="successor")
    rows = Holding.objects.on(clock.today()).own().filter(user_id=user_id).prefetch_related("areas")
    for holding in rows.filter(pk=holding_id) if holding_id is not None else rows:
        areas = {area.pk for area in holding.areas.all()}
        held = Holding.objects.own().filter(user_id=successor_id, post_id=holding.post_id).first()
        if held is not None:
            held_areas = {area.pk for area in held.areas.all()}
            areas = areas | held_areas if areas and held_areas else set()
        give_post(actor=actor, user_id=successor_id, post_id=holding.post_id, area_ids=sorted(areas))


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
