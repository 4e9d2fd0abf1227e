"""What users of the district do about orders: send at once, and let the reporter's name and phone go down."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.access import get_case_by_number
from jiedao.cases.actions.reporter import reveal_reporter
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.notices import CASE
from jiedao.district.models import Order, OrderNote, ReporterRelease
from jiedao.district.orders.listening import enqueue_office
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.notices.reveals import clean_reason
from jiedao.orgs.actor import Actor

DISPATCH = "cases.case:dispatch"


@transaction.atomic
def retry_order(actor: Actor, number: str) -> Case:
    """Let the worker send or read at once what waits of the last order of a case; return the case."""
    actor.require(DISPATCH)
    case = get_case_by_number(actor, number)
    now = clock.real_now()
    order = Order.objects.filter(case=case).order_by("-serial").first()
    waiting = Order.objects.filter(pk=order.pk, next_at__isnull=False).update(next_at=now) if order else 0
    waiting += OrderNote.objects.filter(order__case=case, next_at__isnull=False).update(next_at=now)
    if order is None or not waiting:
        raise UserError(_("没有等着下达或等着答复的。"), hint=_("请刷新页面。"))
    enqueue_office(order.office_id)
    record_entry(
        actor=actor,
        action="district.order:retry",
        obj_type=CASE,
        obj_id=case.pk,
        after={"serial": order.serial},
    )
    return case


@transaction.atomic
def release_reporter(actor: Actor, number: str, *, reason: str) -> Case:
    """Let name and phone of the reporter go down with the next order of the case; return the case.

    Raises:
        NotAllowed: without the rights to dispatch and to reveal. UserError: without a reason or a reporter, or when the
        case does not wait for dispatch.
    """
    actor.require(DISPATCH)
    case = get_case_by_number(actor, number)
    if case.state != State.FILED:
        raise UserError(_("只有待派遣的案件可以选择附上反映人。"), hint=_("请在派遣之前选择。"))
    reason = clean_reason(reason, "reason")
    reveal_reporter(actor, case.pk, reason=reason)
    ReporterRelease.objects.update_or_create(
        case=case, defaults={"at": clock.real_now(), "by_label": actor.label}
    )
    record_entry(
        actor=actor,
        action="district.order:release_reporter",
        obj_type=CASE,
        obj_id=case.pk,
        after={"reason": reason},
    )
    return case
