"""Notices to the dispatchers about orders that do not get through, or come back in a way that needs a decision."""

from django.utils.translation import gettext_lazy as _

from jiedao.cases.notices import CASE, name_case
from jiedao.district.client import OfficeFault
from jiedao.district.models import Order, OrderState
from jiedao.kernel import clock
from jiedao.notices.actions import notify, settle
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Tone
from jiedao.orgs.people import find_holders

TASK = "order"
MANY_ATTEMPTS = 6  # half an hour after the first
ORDER_UNSENT = NoticeKind(
    f"{CASE}:order_unsent", _("下达不出去，请看案件页的“下达情况”"), Tone.WARN, asks=True
)
ORDER_STUCK = NoticeKind(
    f"{CASE}:order_stuck", _("街道已答复，但本区的案件接不上，请看案件页的“下达情况”"), Tone.WARN, asks=True
)
KINDS = (ORDER_UNSENT, ORDER_STUCK)


def notify_unsent(order: Order, fault: OfficeFault) -> None:
    """Notify the dispatchers once: of a refusal immediately, of an office that does not answer after half an hour."""
    if order.state == OrderState.WAITING and (fault.is_refusal or order.attempts >= MANY_ATTEMPTS):
        _notify(order, ORDER_UNSENT)


def notify_stuck(order: Order) -> None:
    """Notify the dispatchers once that the move which follows from the office's answer is refused."""
    _notify(order, ORDER_STUCK)


def settle_order(order: Order) -> None:
    """Withdraw the notices about an order that has got through, has come back or is not wanted any more."""
    settle(object_type=CASE, object_id=order.case_id, now=clock.now(), tasks=[TASK])


def _notify(order: Order, kind: NoticeKind) -> None:
    notify(
        user_ids=find_holders("cases.case:dispatch", order.case.area_path),
        kind=kind,
        object_id=order.case_id,
        object_name=name_case(order.case),
        key=f"order:{order.pk}:{kind.code}",
        task=TASK,
    )
