"""Supervise a pledge 督办: a leader demands an answer by a day, and the unit that owns the pledge answers."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.people import find_holders
from jiedao.projects import notices
from jiedao.projects.actions.pledges import (
    clean_text,
    end_supervision,
    make_move,
    notify_owner,
    notify_users,
    start_move,
)
from jiedao.projects.models.promises import Outcome, Pledge, Supervision
from jiedao.projects.promise_access import CONFIRM


def supervise_pledge(*, actor: Actor, pledge_id: int, demand: str, due_date: date) -> Pledge:
    """Demand that the unit finishes the pledge by a day, or answers in writing by then.

    The deadline of the pledge does not move. A demand that is still open is replaced.

    Raises:
        NotAllowed: without the right. Stale: the pledge is not being worked on any more. UserError: no demand, or a day
            before today.
    """
    clean = clean_text(demand, "demand")
    if due_date < clock.today():
        raise UserError(_("答复期限已过。"), hint=_("请填今天或以后的日期。"), field="due_date")
    with transaction.atomic():
        pledge = start_move(actor, pledge_id, "SUPERVISE")
        make_move(actor, pledge, "SUPERVISE", clean, {"due": due_date.isoformat()})
        end_supervision(pledge, Outcome.REPLACED, actor)
        Supervision.objects.create(
            pledge=pledge,
            demand=clean,
            due_date=due_date,
            asked_at=clock.now(),
            asked_by_id=actor.principal_id,
            asker_label=actor.label[:120],
        )
        notify_owner(pledge, notices.SUPERVISED, task=notices.ANSWER, data={"deadline": due_date.isoformat()})
    return pledge


def answer_supervision(
    *, actor: Actor, pledge_id: int, answer: str, promised_date: date | None = None
) -> Pledge:
    """Answer the demand on a pledge: what was done, why it is late, and by which day it will be finished.

    Raises:
        NotAllowed: the actor does not work for the unit. Stale: no answer is owed (any more). UserError: no answer, or
            a promised day before today.
    """
    clean = clean_text(answer, "answer")
    if promised_date is not None and promised_date < clock.today():
        raise UserError(_("预计完成日期已过。"), hint=_("请填今天或以后的日期。"), field="promised_date")
    with transaction.atomic():
        pledge = start_move(actor, pledge_id, "ANSWER")
        demand = end_supervision(pledge, Outcome.ANSWERED, actor, answer=clean, promised_date=promised_date)
        if demand is None:
            raise Stale(_("这一项没有待答复的督办。"), hint=_("请刷新页面，看过最新情况再办。"))
        data = {"due": demand.due_date.isoformat(), "days_late": demand.days_late}
        if promised_date is not None:
            data["promised"] = promised_date.isoformat()
        make_move(actor, pledge, "ANSWER", clean, data)
        asker = [demand.asked_by_id] if demand.asked_by_id is not None else find_holders(CONFIRM)
        notify_users(pledge, asker, notices.ANSWERED, actor)
    return pledge
