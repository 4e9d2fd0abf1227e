"""Orders between a district and an office over the office's real API.

One database plays both: the district's case goes down through the API and comes back in as a case of the office. Only
the transport is replaced, by Django's test client.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from jiedao.accounts.models import ApiToken, User
from jiedao.audit.models import Entry
from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseMove, Demand, Reporter
from jiedao.district.actions import add_office, change_office
from jiedao.district.client import OfficeClient, OfficeFault
from jiedao.district.models import Office, Order, OrderNote, OrderState
from jiedao.district.orders.actions import release_reporter, retry_order
from jiedao.district.orders.jobs import serve_office, serve_offices
from jiedao.district.orders.payload import read_payload
from jiedao.district.orders.reading import MOST_NEWS
from jiedao.district.wordings import NO_ANSWER, NOT_CONNECTED
from jiedao.kernel import clock
from jiedao.kernel.crypto import decrypt
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.outbound import Answer
from jiedao.kernel.wordings import Wording
from jiedao.notices.models import Notice
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.testing.cast import Town, make_move, make_town, store_photo, walk

RIGHTS = ["cases.case:report", "cases.case:view", "cases.case:remind", "cases.case:supervise"]
DOWN = Wording(NOT_CONNECTED)


@dataclass
class Wire:
    """The requests that were sent, and how they fail.

    Attributes:
        fault: raised in place of a request.
        loses: lets the office carry out a request, and loses its answer.
        answers: by method, in place of the office's own.
    """

    requests: list[tuple[str, str]] = field(default_factory=list)
    fault: Wording | None = None
    loses: bool = False
    answers: dict[str, Answer] = field(default_factory=dict)

    def count(self, method: str) -> int:
        return sum(row[0] == method for row in self.requests)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    state = Wire()

    def send(client: OfficeClient, method: str, path: str, body: bytes | None) -> Answer:
        state.requests.append((method, path))
        if state.fault is not None:
            raise OfficeFault(state.fault)
        if method in state.answers:
            return state.answers[method]
        headers = {"Authorization": client._build_headers(body)["Authorization"]}
        browser = Client(headers=headers)
        reply = browser.generic(method, path, body or b"", content_type="application/json")
        if state.loses:
            raise OfficeFault(Wording(NO_ANSWER, {"seconds": 20}), may_have_arrived=True)
        return Answer(reply.status_code, reply.content, is_cut=False)

    monkeypatch.setattr(OfficeClient, "_send", send)
    return state


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    yield make_town()
    forget_all()


@pytest.fixture
def token(town: Town) -> str:
    """The token of the district's account at the office."""
    post = Post.objects.create(
        code="OFFICE.UPPER", unit=town.units["OFFICE"], title="上级平台", permissions=RIGHTS, scope="OWN"
    )
    town.users["upper"] = User.objects.create(username="upper", full_name="清江区平台")
    Holding.objects.create(user=town.users["upper"], post=post)
    scopes = ["cases:read", "cases:report", "cases:follow"]
    return ApiToken.issue(town.users["upper"], "district", scopes=scopes)[1]


@pytest.fixture
def office(town: Town, token: str) -> Office:
    """The office, which a unit of the district without posts represents."""
    town.units["JD"] = Unit.objects.create(code="JD", name="云溪街道", kind="OFFICE")
    return add_office(
        actor=make_system_actor(),
        code="YUNXI",
        name="云溪街道",
        address="https://yunxi.example",
        area="990001001",
        unit="JD",
        token=token,
    )


@pytest.fixture
def case(town: Town, office: Office, wire: Wire) -> Case:
    """A case of the district, dispatched to the unit that represents the office; nothing has been sent yet."""
    return dispatch(town, walk(town, to="FILED"))


def dispatch(town: Town, case: Case, **fields: Any) -> Case:
    return make_move(town, "dispatcher", case, "DISPATCH", **{"unit": town.units["JD"].pk, **fields})


def serve(office: Office) -> None:
    """Run the exchange now, whatever is put off until later."""
    past = clock.real_now() - timedelta(seconds=1)
    Order.objects.filter(next_at__isnull=False).update(next_at=past)
    OrderNote.objects.filter(next_at__isnull=False).update(next_at=past)
    serve_office(office_id=office.pk)


def find_below(case: Case) -> Case:
    """Return the office's case of the last order."""
    return Case.objects.get(number=case.orders.latest("serial").number)


def accept_below(town: Town, below: Case) -> None:
    category, unit = town.categories["RUBBISH"].pk, town.units["URBAN"].pk
    make_move(town, "registrar", below, "ACCEPT", category=category)
    make_move(town, "dispatcher", below, "DISPATCH", unit=unit)


def close_below(town: Town, below: Case, result: str = "已清运。") -> None:
    make_move(town, "handler", below, "HANDLE", result=result, photos=[store_photo(town, "handler")])
    make_move(town, "supervisor", below, "CHECK_PASS")
    make_move(town, "shift", below, "CLOSE")


def list_codes(case: Case) -> list[str]:
    return list(case.moves.order_by("id").values_list("move", flat=True))


def test_an_order_goes_down_once_with_number_and_deadline_and_without_the_reporter(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    serve(office)
    serve_office(office_id=office.pk)
    order, below = case.orders.get(), find_below(case)
    assert wire.count("POST") == 1
    assert (order.state, below.channel, below.source_key) == (
        OrderState.SENT,
        "SUPERIOR",
        f"district:{case.number}",
    )
    assert (below.subject, below.place_text, below.lon) == (case.subject, case.place_text, case.lon)
    assert below.source.due_at == case.handle_due_at
    assert not Reporter.objects.filter(case=below).exists()
    assert CaseMove.objects.get(case=case, move="ORDER_SENT").text == f"街道编号 {below.number}"
    assert Entry.objects.get(action="district.order:send").after["with_reporter"] is False


def test_the_unit_of_an_office_needs_no_posts_here(town: Town, case: Case) -> None:
    assert case.state == State.DISPATCHED
    empty = Unit.objects.create(code="EMPTY", name="空", kind="OFFICE")
    forget_all()
    with pytest.raises(UserError, match="没有人在岗"):
        dispatch(town, walk(town, to="FILED"), unit=empty.pk)


def test_the_loop_closes_through_the_office(town: Town, office: Office, case: Case) -> None:
    serve(office)
    below = find_below(case)
    accept_below(town, below)
    serve(office)
    case.refresh_from_db()
    assert case.state == State.HANDLING
    make_move(town, "handler", below, "ASK_EXTENSION", limit="1wd", note="设备在修")
    serve(office)
    close_below(town, below)
    serve(office)
    case.refresh_from_db()
    order = case.orders.get()
    assert (case.state, order.state, order.reply, order.payload) == (
        State.HANDLED,
        OrderState.REPLIED,
        "已清运。",
        "",
    )
    assert list_codes(case)[-4:] == ["ORDER_SENT", "TAKE", "ORDER_NEWS", "HANDLE"]
    last = case.moves.get(move="HANDLE")
    assert (last.text, last.actor_label) == ("已清运。", "云溪街道（街道系统）")
    make_move(town, "supervisor", case, "CHECK_PASS")
    make_move(town, "shift", case, "CLOSE", reply="已清运，感谢反映。")


def test_a_refusal_returns_the_case_with_its_reason(town: Town, office: Office, case: Case) -> None:
    serve(office)
    make_move(town, "registrar", find_below(case), "REJECT", reason="COURT", reply="属于云海街道。")
    serve(office)
    case.refresh_from_db()
    assert (case.state, case.lead_unit_id, case.returns) == (State.FILED, None, 1)
    assert "属于云海街道" in case.moves.get(move="RETURN").text
    dispatch(town, case)
    orders = list(case.orders.order_by("serial").values_list("state", flat=True))
    assert orders == [OrderState.RETURNED, OrderState.WAITING]


def test_a_refusal_beyond_the_limit_of_returns_is_shown_and_tried_again(
    town: Town, office: Office, case: Case
) -> None:
    serve(office)
    make_move(town, "registrar", find_below(case), "REJECT", reason="COURT", reply="不归我们。")
    Case.objects.filter(pk=case.pk).update(returns=3)
    serve(office)
    order = case.orders.get()
    assert (order.state, "上限" in str(order.fault_wording)) == (OrderState.SENT, True)
    assert Notice.objects.filter(kind="cases.case:order_stuck", user=town.users["dispatcher"]).exists()
    Case.objects.filter(pk=case.pk).update(returns=2)
    serve(office)
    assert case.orders.get().state == OrderState.RETURNED


def test_work_that_is_sent_back_goes_down_again_and_names_the_first_order(
    town: Town, office: Office, case: Case
) -> None:
    serve(office)
    first = find_below(case)
    accept_below(town, first)
    close_below(town, first)
    serve(office)
    make_move(town, "supervisor", case, "REWORK", note="地面没冲洗")
    serve(office)
    second = find_below(case)
    assert second.pk != first.pk
    assert second.source_key == f"district:{case.number}-2"
    for text in ("地面没冲洗", case.number, first.number):
        assert text in second.detail


def test_urging_and_supervision_reach_the_unit_and_its_answer_comes_back(
    town: Town, office: Office, case: Case
) -> None:
    serve(office)
    below = find_below(case)
    make_move(town, "supervisor", case, "SUPERVISE", note="区长督办")
    serve(office)
    assert OrderNote.objects.get().sent_at is None  # the office has not accepted the case yet
    accept_below(town, below)
    serve(office)
    assert Demand.objects.get(case=below).text == "区长督办"
    make_move(town, "handler", below, "ANSWER", answer="今天办完。")
    make_move(town, "shift", case, "REMIND", note="再催")
    serve(office)
    assert CaseMove.objects.filter(case=below, move="REMIND").count() == 1
    assert case.moves.get(move="ORDER_NEWS").text.endswith("今天办完。")


def test_a_case_given_to_another_unit_asks_the_office_to_void_its_own(
    town: Town, office: Office, case: Case
) -> None:
    serve(office)
    below = find_below(case)
    make_move(town, "dispatcher", case, "REDISPATCH", unit=town.units["URBAN"].pk, note="改由城管科办")
    serve(office)
    below.refresh_from_db()
    assert below.state == State.REPORTED  # nothing is deleted or voided from afar
    assert Notice.objects.get(kind="cases.case:withdrawal_asked").user == town.users["shift"]
    order = case.orders.get()
    assert (order.state, order.payload) == (OrderState.WITHDRAWN, "")
    make_move(town, "shift", below, "VOID", reason="MISTAKE", note="应区里请求")
    serve(office)
    case.refresh_from_db()
    assert case.lead_unit_id == town.units["URBAN"].pk


def test_an_order_withdrawn_before_any_attempt_never_leaves(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    make_move(town, "dispatcher", case, "REDISPATCH", unit=town.units["URBAN"].pk, note="改派")
    serve(office)
    assert wire.requests == []
    assert case.orders.get().state == OrderState.WITHDRAWN


def test_an_office_that_is_down_gets_its_order_when_it_is_back(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    wire.fault = DOWN
    for _attempt in range(7):
        serve(office)
    order = case.orders.get()
    assert (order.state, order.attempts, order.may_have_arrived) == (OrderState.WAITING, 7, False)
    assert order.next_at - clock.real_now() > timedelta(minutes=50)
    assert Notice.objects.filter(kind="cases.case:order_unsent", user=town.users["dispatcher"]).count() == 1
    wire.fault = None
    serve(office)
    assert case.orders.get().state == OrderState.SENT
    assert Case.objects.filter(channel="SUPERIOR").count() == 1
    assert not Notice.objects.filter(kind="cases.case:order_unsent", settled_at=None).exists()


def test_an_office_that_is_down_is_asked_once_however_much_is_due(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    for _case in range(3):
        dispatch(town, walk(town, to="FILED"))
    wire.fault = DOWN
    serve(office)
    assert len(wire.requests) == 1
    assert not Order.objects.filter(next_at__lte=clock.real_now()).exists()


def test_the_dispatchers_are_notified_of_every_order_that_waits(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    other = dispatch(town, walk(town, to="FILED"))
    wire.fault = DOWN
    for _attempt in range(7):
        serve(office)
    notices = Notice.objects.filter(kind="cases.case:order_unsent", user=town.users["dispatcher"])
    assert {notice.object_id for notice in notices} == {case.pk, other.pk}


def test_one_failure_after_an_outage_is_retried_soon(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    serve(office)
    wire.fault = DOWN
    for _attempt in range(7):
        serve(office)
    wire.fault = None
    accept_below(town, find_below(case))
    serve(office)
    assert case.orders.get().attempts == 0


def test_a_lost_answer_makes_no_second_case(office: Office, case: Case, wire: Wire) -> None:
    wire.loses = True
    serve(office)
    assert (case.orders.get().state, case.orders.get().may_have_arrived) == (OrderState.WAITING, True)
    wire.loses = False
    serve(office)
    assert wire.count("POST") == 2
    assert Case.objects.filter(channel="SUPERIOR").count() == 1
    assert find_below(case).channel == "SUPERIOR"


def test_an_order_withdrawn_after_a_lost_answer_is_withdrawn_there_too(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    wire.loses = True
    serve(office)
    wire.loses = False
    make_move(town, "dispatcher", case, "REDISPATCH", unit=town.units["URBAN"].pk, note="改派")
    serve(office)
    below = Case.objects.get(channel="SUPERIOR")
    assert below.moves.filter(move="ASK_WITHDRAWAL").count() == 1
    assert case.orders.get().number == below.number


def test_an_office_restored_from_yesterday_gets_the_order_again(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    serve(office)
    old = find_below(case).number
    # The backup is older than the order: case and key are unknown there, and the number belongs to another matter.
    Case.objects.filter(number=old).update(
        client_uuid=None, source_key=None, intake_digest=None, reported_by=town.users["shift"]
    )
    serve(office)
    new = find_below(case)
    assert (new.number != old, new.source_key) == (True, f"district:{case.number}")
    assert case.moves.filter(move="ORDER_SENT").latest("id").text == f"街道编号由 {old} 改为 {new.number}"


def test_a_token_that_is_refused_is_stated_and_everything_waits(
    office: Office, case: Case, token: str
) -> None:
    serve(office)
    below = find_below(case)
    change_office(actor=make_system_actor(), code="YUNXI", token="jd_revoked")
    serve(office)
    order = case.orders.get()
    assert "令牌" in str(order.fault_wording)
    assert (order.state, order.number) == (OrderState.SENT, below.number)
    change_office(actor=make_system_actor(), code="YUNXI", token=token)
    serve(office)
    assert case.orders.get().fault == {}


HOSTILE: list[bytes] = [
    b"<html><script>alert(1)</script></html>",
    b"[]",
    b'{"number": "../../x", "created": true}',
    b'{"number": 7, "version": "x"}',
    b'{"number": "2020-00000001", "version": 1, "state": "OWNED", "outcome": null, "reply": "", "moves": []}',
    b'{"number": "2020-00000001", "version": 99999999999, "state": "FILED", "outcome": null, "reply": "", "moves": []}',
    b'{"number": "2020-00000001", "version": 1, "state": "FILED", "outcome": null, "reply": "", "moves": [{}]}',
    (
        b'{"number": "2020-00000001", "version": 1, "state": "FILED", "outcome": null, "reply": "", "moves": '
        b'[{"move": "TAKE", "at": "9999-12-31T23:59:59Z", "by": "", "text": ""}]}'
    ),
]


@pytest.mark.parametrize("content", HOSTILE)
def test_a_hostile_answer_changes_nothing(office: Office, case: Case, wire: Wire, content: bytes) -> None:
    serve(office)
    before = Order.objects.values("state", "number", "office_state", "steps").get()
    wire.answers["GET"] = wire.answers["POST"] = Answer(200, content, is_cut=False)
    serve(office)
    order = case.orders.get()
    assert Order.objects.values("state", "number", "office_state", "steps").get() == before
    assert "不是街道系统的数据" in str(order.fault_wording)


def test_an_office_that_invents_steps_does_not_fill_the_history(
    office: Office, case: Case, wire: Wire
) -> None:
    serve(office)
    answer = {"number": case.orders.get().number, "state": "HANDLING", "outcome": None, "reply": ""}
    for version in range(1, 4):
        moves = [
            {"move": "ANSWER", "at": f"2020-0{version}-01T00:{minute:02}:00Z", "by": "", "text": "x"}
            for minute in range(60)
        ]
        content = json.dumps({**answer, "version": version, "moves": moves}).encode()
        wire.answers["GET"] = Answer(200, content, is_cut=False)
        serve(office)
    assert case.moves.filter(move="ORDER_NEWS").count() == MOST_NEWS
    assert len(case.orders.get().steps) == 60


def test_a_script_in_a_reply_is_stored_as_text_and_cut(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    serve(office)
    number = find_below(case).number
    reply = "<script>alert(1)</script>" + "长" * 50_000
    wire.answers["GET"] = Answer(
        200,
        (
            f'{{"number": "{number}", "version": 9, "state": "DONE", "outcome": "CLOSED", '
            f'"reply": "{reply}", "moves": []}}'
        ).encode(),
        is_cut=False,
    )
    serve(office)
    case.refresh_from_db()
    text = case.moves.get(move="HANDLE").text
    assert (case.state, len(text), text[:25]) == (State.HANDLED, 5000, "<script>alert(1)</script>")


def test_a_case_that_the_office_merged_ends_with_the_other_one(
    town: Town, office: Office, case: Case
) -> None:
    serve(office)
    below, primary = find_below(case), walk(town, to="FILED")
    make_move(town, "registrar", below, "MERGE", into=primary.number)
    serve(office)
    assert case.orders.get().office_state == "MERGED"
    make_move(town, "dispatcher", primary, "DISPATCH", unit=town.units["URBAN"].pk)
    make_move(town, "handler", primary, "HANDLE", result="一并清运。", photos=[store_photo(town, "handler")])
    make_move(town, "supervisor", primary, "CHECK_PASS")
    make_move(town, "shift", primary, "CLOSE", reply="已一并清运。")
    serve(office)
    assert case.orders.get().reply == "已一并清运。"


def test_many_unchanged_orders_cost_one_request(town: Town, office: Office, case: Case, wire: Wire) -> None:
    for _case in range(4):
        dispatch(town, walk(town, to="FILED"))
    serve(office)
    serve(office)
    wire.requests.clear()
    serve(office)
    assert [method for method, _path in wire.requests] == ["GET"]


def test_the_next_look_is_later_the_longer_nothing_happens(office: Office, case: Case) -> None:
    serve(office)
    serve(office)
    Order.objects.update(changed_at=clock.real_now() - timedelta(hours=5))
    serve(office)
    pause = case.orders.get().next_at - clock.real_now()
    assert timedelta(minutes=28) < pause < timedelta(minutes=31)


def test_the_reporter_goes_down_only_where_a_dispatcher_chose_so_with_a_reason(
    town: Town, office: Office, wire: Wire
) -> None:
    case = walk(town, to="FILED")
    with pytest.raises(UserError):
        release_reporter(town.actor("shift"), case.number, reason=" ")
    with pytest.raises(NotAllowed):
        release_reporter(town.actor("dispatcher"), case.number, reason="街道要上门")  # may not reveal
    release_reporter(town.actor("shift"), case.number, reason="街道要上门核对")
    dispatch(town, case)
    serve(office)
    row = Reporter.objects.get(case=find_below(case))
    assert (decrypt(row.name), decrypt(row.phone)) == ("张三", "13800138000")
    assert "13800138000" not in Order.objects.get().payload
    entry = Entry.objects.get(action="district.order:release_reporter")
    assert (entry.after["reason"], "张三" in str(entry.after)) == ("街道要上门核对", False)
    assert Entry.objects.get(action="district.order:send").after["with_reporter"] is True


def test_a_retry_sends_at_once_and_needs_the_right(
    town: Town, office: Office, case: Case, wire: Wire
) -> None:
    wire.fault = DOWN
    serve(office)
    wire.fault = None
    with pytest.raises(NotAllowed):
        retry_order(town.actor("visitor"), case.number)
    retry_order(town.actor("dispatcher"), case.number)
    serve_office(office_id=office.pk)
    assert case.orders.get().state == OrderState.SENT


def test_an_inactive_office_gets_no_order(town: Town, office: Office, wire: Wire) -> None:
    change_office(actor=make_system_actor(), code="YUNXI", active=False)
    case = dispatch(town, walk(town, to="FILED"), sure=True)
    assert not case.orders.exists()


def test_an_office_that_is_switched_off_keeps_its_orders_until_they_are_moved(
    town: Town, office: Office, case: Case
) -> None:
    serve(office)
    change_office(actor=make_system_actor(), code="YUNXI", active=False)
    make_move(town, "dispatcher", case, "COMMENT", note="内部备注")
    assert case.orders.get().state == OrderState.SENT
    assert not OrderNote.objects.exists()
    make_move(town, "dispatcher", case, "REDISPATCH", unit=town.units["URBAN"].pk, note="改派")
    assert case.orders.get().state == OrderState.WITHDRAWN


def test_only_offices_with_something_due_are_served(town: Town, office: Office, case: Case) -> None:
    assert serve_offices() == 1
    Order.objects.update(next_at=clock.real_now() + timedelta(hours=1))
    assert serve_offices() == 0


def test_an_order_does_not_wait_for_a_clock_that_was_set_back(office: Office, case: Case) -> None:
    Order.objects.update(next_at=clock.real_now() + timedelta(minutes=50))
    serve_office(office_id=office.pk)
    assert case.orders.get().state == OrderState.WAITING
    Order.objects.update(next_at=clock.real_now() + timedelta(days=400))
    serve_office(office_id=office.pk)
    assert case.orders.get().state == OrderState.SENT


def test_the_payload_is_the_same_at_every_attempt(office: Office, case: Case) -> None:
    order = case.orders.get()
    first = read_payload(order)
    Case.objects.filter(pk=case.pk).update(subject="改过的标题")
    assert read_payload(Order.objects.get()) == first
