"""What a move on a case of the district means for the office below: an order, a note, or a request to withdraw.

Everything is written in the transaction of the move, and sent by a job once that is committed.
"""

import uuid
from datetime import date

from django.conf import settings
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.cases.flow import WITH_UNIT, State
from jiedao.cases.models import Case
from jiedao.cases.moves.listeners import MoveEvent
from jiedao.cases.moves.table import FLOW
from jiedao.district.models import OPEN_ORDERS, Office, Order, OrderNote, OrderState, ReporterRelease
from jiedao.district.office_units import OFFICE_UNITS, has_offices
from jiedao.district.orders.alarms import settle_order
from jiedao.district.orders.payload import build_payload, store_payload
from jiedao.kernel import clock
from jiedao.kernel.jobs import enqueue

SERVE = "district:serve_office"
NOTED_MOVES = frozenset({"REMIND", "SUPERVISE"})
ASK_WITHDRAWAL = "ASK_WITHDRAWAL"
# A pause of the district is not the end of the order: the office goes on.
STAYING = WITH_UNIT | {State.SUSPENDED.value}


def follow_move(event: MoveEvent) -> None:
    """Make, note or withdraw the order of the case, as the move requires."""
    if has_offices():
        # What goes down is for the office, whatever the language of the user.
        with translation.override(settings.LANGUAGE_CODE):
            _follow_move(event)


def _follow_move(event: MoveEvent) -> None:
    orders = Order.objects.filter(case_id=event.case_id, state__in=OPEN_ORDERS)
    order = orders.select_related("office").first()
    # An office that was switched off keeps the orders that it has; it only gets no new ones.
    stays = order is not None and event.after_state in STAYING and order.office.unit_id == event.unit_id
    if order is not None and not stays:
        withdraw_order(order, reason=event.text or _get_label(event.move))
        order = None
    if order is None:
        office_id = OFFICE_UNITS.get().get(event.unit_id or 0)
        if office_id is not None and event.after_state in WITH_UNIT:
            create_order(event, office_id)
    elif event.move in NOTED_MOVES:
        day = event.facts.get("answer_date")
        _add_note(
            order,
            event.move,
            event.text or _get_label(event.move),
            date.fromisoformat(str(day)) if day else None,
        )


def _get_label(move: str) -> str:
    return str(FLOW[move].label) if move in FLOW else move


def create_order(event: MoveEvent, office_id: int) -> Order:
    """Store the order with what will be sent, and the job that sends it."""
    case = Case.objects.get(pk=event.case_id)
    earlier = Order.objects.filter(case=case)
    previous = earlier.filter(office_id=office_id).order_by("-serial").first()
    now = clock.real_now()
    order = Order(
        case=case,
        office=Office.objects.get(pk=office_id),
        serial=(earlier.aggregate(last=Max("serial"))["last"] or 0) + 1,
        client_uuid=uuid.uuid4(),
        with_reporter=bool(ReporterRelease.objects.filter(case=case).delete()[0]),
        due_at=case.handle_due_at,
        created_at=now,
        next_at=now,
    )
    store_payload(order, build_payload(order, case, note=_choose_note(event), previous=previous))
    order.save(force_insert=True)
    enqueue_office(office_id)
    return order


def _choose_note(event: MoveEvent) -> str:
    """Return what the user wrote for the office, without why another unit lost the case."""
    return "" if event.move == "REDISPATCH" else event.text


def withdraw_order(order: Order, *, reason: str) -> None:
    """End an order that the district does without, and ask the office to void its case if it may have one."""
    may_be_there = order.may_have_arrived or order.state == OrderState.SENT
    settle_order(order)
    order.state = OrderState.WITHDRAWN
    order.ended_at = clock.real_now()
    order.next_at = None
    if may_be_there:
        _add_note(order, ASK_WITHDRAWAL, _("区里撤回这次交办：%(reason)s") % {"reason": reason})
    else:
        order.payload = ""
    order.save()


def _add_note(order: Order, move: str, text: str, answer_date: date | None = None) -> None:
    now = clock.real_now()
    OrderNote.objects.create(
        order=order,
        move=move,
        text=text,
        answer_date=answer_date,
        client_uuid=uuid.uuid4(),
        created_at=now,
        next_at=now,
    )
    enqueue_office(order.office_id)


def enqueue_office(office_id: int) -> None:
    """Enqueue the job that exchanges with an office what is due, unless one waits already."""
    enqueue(SERVE, unique_key=f"district:office:{office_id}", office_id=office_id)
