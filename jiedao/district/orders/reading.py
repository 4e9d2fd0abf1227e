"""Reading what an office states of its orders, and moving the cases of the district accordingly.

A case moves as it does with every other unit: 接单 once the office has accepted, 处置完成 with its reply, 退回 with
its reason. The district checks and closes as always.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseMove, ReasonKind
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.table import FLOW
from jiedao.district.client import OfficeClient, OfficeFault
from jiedao.district.models import Order, OrderState
from jiedao.district.orders.alarms import notify_stuck, settle_order
from jiedao.district.orders.answers import MAX_REPLY, CaseAnswer, ListAnswer, read_answer
from jiedao.district.orders.pauses import compute_look, store_fault
from jiedao.district.orders.sending import CASES, NOT_FOUND, name_actor, try_order, write_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.policies import get_policy
from jiedao.kernel.wordings import TEXT, Wording
from jiedao.orgs.actor import make_system_actor

MANY = 3  # from so many orders on, one list replaces requests about those that have not changed
MOST_PAGES = 20
MOST_NEWS = 100  # entries of one order in the history of the case; the panel shows all of its steps
# Steps of the office that the history of the district's case names; the others are in the panel alone.
NEWS = frozenset(
    {
        "ASK_EXTENSION",
        "GRANT_EXTENSION",
        "REFUSE_EXTENSION",
        "SUSPEND",
        "RESUME",
        "MERGE",
        "UNMERGE",
        "ANSWER",
    }
)


def read_orders(client: OfficeClient, orders: Sequence[Order]) -> None:
    """Read what is new of these orders of one office; raise OfficeFault unless it concerns one order alone."""
    versions = _read_versions(client) if len(orders) >= MANY else {}
    for order in orders:
        if order.office_version and versions.get(order.number) == order.office_version:
            now = clock.real_now()
            order.heard_at, order.next_at = now, compute_look(now, order.changed_at)
            order.attempts, order.fault = 0, {}
            order.save(update_fields=["heard_at", "next_at", "attempts", "fault"])
        else:
            _read_order(client, order)


def _read_versions(client: OfficeClient) -> dict[str, int]:
    """Return the versions of the district's open cases at the office by number: 50 in one request."""
    versions: dict[str, int] = {}
    path, params = CASES, {"group": "open"}
    for _page in range(MOST_PAGES):
        answer = read_answer(ListAnswer, client.get(path, params))
        versions.update({row.number: row.version for row in answer.cases})
        if not answer.next or not answer.next.startswith(f"{CASES}?"):
            break
        path, params = answer.next, {}
    return versions


def _read_order(client: OfficeClient, order: Order) -> None:
    try:
        answer = read_answer(CaseAnswer, client.get(f"{CASES}/{order.number}"))
    except OfficeFault as fault:
        if fault.status == NOT_FOUND and fault.is_refusal:
            # The office was restored from a backup that is older than the order: the same content is sent again.
            try_order(client, order)
            return
        store_fault(order, fault.wording, clock.real_now())
        if not fault.is_refusal:
            raise
        return
    apply_answer(order.pk, answer)


def apply_answer(order_id: int, answer: CaseAnswer) -> None:
    """Store what the office states, and make the move that follows; a move that is refused is tried again later."""
    with transaction.atomic():
        order = Order.objects.select_for_update().select_related("office", "case").get(pk=order_id)
        if not order.is_open:
            return
        now = clock.real_now()
        _store_state(order, answer, now)
        try:
            with transaction.atomic():
                _follow_office(order, answer, now)
        except UserError as fault:
            order.refresh_from_db()
            store_fault(order, Wording(TEXT, {"text": str(fault)}), now)
            notify_stuck(order)
        else:
            Order.objects.filter(pk=order_id).update(attempts=0)


def _store_state(order: Order, answer: CaseAnswer, now: datetime) -> None:
    steps = answer.list_steps()
    _write_news(order, steps)
    if answer.version != order.office_version or answer.state != order.office_state:
        order.changed_at = now
    order.office_version, order.office_state, order.steps = answer.version, answer.state.value, steps
    order.heard_at, order.next_at = now, compute_look(now, order.changed_at)
    order.fault = {}
    order.save()


def _write_news(order: Order, steps: Sequence[Mapping[str, str]]) -> None:
    """Add an entry to the history of the case for each step that is news."""
    known = {(step["move"], step["at"]) for step in order.steps}
    news = [step for step in steps if step["move"] in NEWS and (step["move"], step["at"]) not in known]
    if not news:
        return
    # An office that states other steps at each request must not fill the history of the case.
    written = CaseMove.objects.filter(
        case_id=order.case_id, move="ORDER_NEWS", data__order=order.serial
    ).count()
    for step in news[: max(0, MOST_NEWS - written)]:
        label = str(FLOW[step["move"]].label)
        write_entry(order, "ORDER_NEWS", f"{label}：{step['text']}" if step["text"] else label)


def _follow_office(order: Order, answer: CaseAnswer, now: datetime) -> None:
    """Make the move on the district's case that follows from the state of the office's case."""
    if answer.outcome is None:
        if answer.state != State.REPORTED and order.case.state == State.DISPATCHED:
            note = _("街道编号 %(number)s") % {"number": order.number}
            _move(order, "TAKE", note=note)
        return
    reply = answer.reply.strip()[:MAX_REPLY]
    is_closed = answer.outcome == "CLOSED"
    order.state = OrderState.REPLIED if is_closed else OrderState.RETURNED
    order.reply, order.ended_at, order.next_at = reply, now, None
    order.payload, order.attempts = "", 0
    order.save()
    if is_closed:
        _move(order, "HANDLE", result=reply or _("街道已办结，没有写明结果。"))
    else:
        _move(order, "RETURN", reason=_choose_reason(), note=reply or _("街道没有写明理由。"))
    settle_order(order)


def _move(order: Order, code: str, **data: str) -> Case:
    actor = make_system_actor(name_actor(order))
    return perform(actor, order.case_id, code, data=data, needs_photos=False)  # an office sends none


def _choose_reason() -> str:
    """Return the reason of the pack with which an office returns a case; raise UserError where the pack has none."""
    wanted = str(get_policy("order_return_reason"))
    if catalogue.find_reason(ReasonKind.RETURN, wanted) is None:
        raise UserError(
            _("数据包里没有退回原因“%(code)s”。") % {"code": wanted},
            hint=_(
                "请在 pack.toml 的 [policy] 里把 order_return_reason 设成 reasons.toml 里的一个退回原因。"
            ),
        )
    return wanted
