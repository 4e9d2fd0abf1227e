"""Sending orders and notes to an office. A repeated request has the key of the first, so nothing is done twice."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.models import Case, CaseMove
from jiedao.cases.notices import CASE
from jiedao.district import wordings
from jiedao.district.client import OfficeClient, OfficeFault
from jiedao.district.models import Order, OrderNote, OrderState
from jiedao.district.orders.alarms import notify_unsent, settle_order
from jiedao.district.orders.answers import FiledAnswer, read_answer
from jiedao.district.orders.listening import ASK_WITHDRAWAL
from jiedao.district.orders.pauses import compute_look, store_fault
from jiedao.district.orders.payload import read_payload
from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField
from jiedao.kernel.wordings import Wording
from jiedao.orgs.actor import make_system_actor

CASES = "/api/v1/cases"
CONFLICT, NOT_FOUND = 409, 404


def name_actor(order: Order) -> str:
    """Return who made an entry that came from the office's system, as the timeline shows it."""
    return _("%(office)s（街道系统）") % {"office": order.office.name}


def send_order(client: OfficeClient, order: Order) -> None:
    """File the order at its office, again where the office has lost it; raise OfficeFault."""
    try:
        payload = read_payload(order)
    except UnreadableField as fault:
        raise OfficeFault(Wording(wordings.UNREADABLE_ORDER)) from fault
    # Written before the attempt: a process that ends in the middle leaves an order that may have arrived.
    Order.objects.filter(pk=order.pk).update(may_have_arrived=True)
    try:
        answer = read_answer(FiledAnswer, client.post(CASES, payload))
    except OfficeFault as fault:
        if not (order.may_have_arrived or fault.may_have_arrived or fault.status == 200):
            Order.objects.filter(pk=order.pk).update(may_have_arrived=False)
        raise
    _store_number(order.pk, answer.number)


@transaction.atomic
def _store_number(order_id: int, number: str) -> None:
    """Store the number that the office gave the order, with an entry in the history of the case."""
    order = Order.objects.select_for_update().select_related("office", "case").get(pk=order_id)
    if order.number == number and order.state != OrderState.WAITING:
        return
    now, old_number = clock.real_now(), order.number
    if order.state == OrderState.WAITING:
        order.state, order.sent_at = OrderState.SENT, now
    order.number, order.office_version, order.office_state = number, 0, ""
    order.heard_at = now
    if not old_number:  # an office that loses the order again and again is looked at ever less often
        order.changed_at = now
    order.attempts, order.fault = 0, {}
    order.next_at = compute_look(now, order.changed_at) if order.is_open else None
    order.save()
    settle_order(order)
    text = _("街道编号 %(number)s") % {"number": number}
    if old_number:
        text = _("街道编号由 %(before)s 改为 %(number)s") % {"before": old_number, "number": number}
    write_entry(order, "ORDER_SENT", text)
    record_entry(
        actor=make_system_actor(name_actor(order)),
        action="district.order:send",
        obj_type=CASE,
        obj_id=order.case_id,
        before={"number_there": old_number} if old_number else None,
        after={
            "office": order.office.code,
            "number_there": number,
            "with_reporter": order.with_reporter,
            "serial": order.serial,
        },
    )


def write_entry(order: Order, code: str, text: str) -> None:
    """Add an entry to the history of the case, in the name of the office's system."""
    state = Case.objects.values_list("state", flat=True).get(pk=order.case_id)
    CaseMove.objects.create(
        case_id=order.case_id,
        move=code,
        at=clock.now(),
        from_state=state,
        to_state=state,
        actor_label=name_actor(order),
        text=text,
        data={"order": order.serial},
    )


def try_order(client: OfficeClient, order: Order) -> None:
    """Send an order; store a fault, and raise it unless the office refused this order alone."""
    try:
        send_order(client, order)
    except OfficeFault as fault:
        store_fault(order, fault.wording, clock.real_now())
        notify_unsent(order, fault)
        if not fault.is_refusal:
            raise


def try_note(client: OfficeClient, note: OrderNote) -> None:
    """Send a note, unless its order has ended; store a fault, and raise it unless only this note was refused."""
    order = note.order
    if note.move != ASK_WITHDRAWAL and not order.is_open:
        OrderNote.objects.filter(pk=note.pk).update(next_at=None)
        return
    try:
        if not order.number:  # withdrawn while it was unknown whether it had arrived
            send_order(client, order)
            order.refresh_from_db()
        body = {"move": note.move, "note": note.text, "client_uuid": str(note.client_uuid)}
        if note.answer_date is not None:
            body["answer_date"] = note.answer_date.isoformat()
        client.post(f"{CASES}/{order.number}/follow-ups", body)
    except OfficeFault as fault:
        store_fault(note, fault.wording, clock.real_now(), is_final=_is_final(note, fault))
        if not fault.is_refusal:
            raise
        return
    OrderNote.objects.filter(pk=note.pk).update(sent_at=clock.real_now(), next_at=None, attempts=0, fault={})
    if not order.is_open:
        Order.objects.filter(pk=order.pk).update(payload="")


def _is_final(note: OrderNote, fault: OfficeFault) -> bool:
    """Return whether sending the note again cannot help.

    A refusal for the state of the case may end: the office supervises a case once it has accepted it. Where the number
    is unknown, the order is sent again first, as long as it is open.
    """
    if not fault.is_refusal:
        return False
    return note.move == ASK_WITHDRAWAL or fault.status not in {CONFLICT, NOT_FOUND}
