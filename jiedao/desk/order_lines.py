"""An order to an office as pages show it."""

from typing import Any

from jiedao.cases.flow import State
from jiedao.district.models import Order

TONES = {"WAITING": "warn", "SENT": "info", "REPLIED": "good", "RETURNED": "bad", "WITHDRAWN": "hold"}


def describe_order(order: Order) -> dict[str, Any]:
    """Return the order with its tone, the state of the office's case in words, and what went wrong last."""
    return {
        "order": order,
        "tone": TONES[order.state],
        "state_there": State(order.office_state).label if order.office_state else "",
        "fault": str(order.fault_wording or ""),
    }
