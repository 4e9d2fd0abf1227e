"""The panel 下达情况 of a case: what an office was sent, and what its system stated last."""

from datetime import datetime
from typing import Any

from jiedao.cases.flow import FINISHED, State
from jiedao.cases.models import Case
from jiedao.desk.cases.timeline import get_move_label
from jiedao.desk.order_lines import describe_order
from jiedao.district.models import Order, OrderNote
from jiedao.district.office_units import has_offices
from jiedao.district.orders.selectors import find_release, read_orders_of_case
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor


def build_orders(actor: Actor, case: Case) -> dict[str, Any]:
    """Return the context of the panel; {} without a query in a system that has no offices below."""
    if not has_offices():
        return {}
    orders = read_orders_of_case(case)
    may_dispatch = actor.can("cases.case:dispatch")
    may_choose = (
        may_dispatch and actor.can("cases.case:reveal") and case.has_reporter and case.state == State.FILED
    )
    release = find_release(case) if case.has_reporter and case.state not in FINISHED else None
    return {
        "orders": [_describe_order(order) for order in orders],
        "order_release": release,
        "may_send_reporter": may_choose and release is None,
        "may_retry_order": may_dispatch and any(_is_waiting(order) for order in orders[:1]),
        "may_list_orders": may_dispatch or actor.can("cases.case:supervise"),
        "real_now": clock.real_now(),
    }


def _is_waiting(order: Order) -> bool:
    return order.next_at is not None or any(note.next_at is not None for note in order.notes.all())


def _describe_order(order: Order) -> dict[str, Any]:
    return {
        **describe_order(order),
        "days": (order.ended_at or clock.real_now()) - order.created_at,
        "notes": [_describe_note(note) for note in order.notes.all()],
        "steps": [
            {
                "label": get_move_label(step["move"]),
                "at": datetime.fromisoformat(step["at"]),
                "by": step["by"],
                "text": step["text"],
            }
            for step in order.steps[::-1]
        ],
    }


def _describe_note(note: OrderNote) -> dict[str, Any]:
    return {
        "note": note,
        "label": get_move_label(note.move),
        "fault": str(note.fault_wording or ""),
    }
