"""The account of a superior's system: a post of scope OWN, which sees the cases that it sent and nothing else."""

import uuid
from typing import Any

import pytest
from django.test import Client

from jiedao.accounts.models import User
from jiedao.api.tests.conftest import CASES, Caller
from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseMove, CaseSource, Demand
from jiedao.kernel import clock
from jiedao.notices.models import Notice
from jiedao.orgs.models import Holding, Post
from jiedao.orgs.scopes import SCOPES
from jiedao.testing.cast import Town, make_move, store_photo, walk

RIGHTS = ["cases.case:report", "cases.case:view", "cases.case:remind", "cases.case:supervise"]
ORDER = {
    "channel": "SUPERIOR",
    "detail": "临江花园东门堆放垃圾，请五月八日前办结。",
    "place": "滨江路1号",
    "source_key": "district:2026-00000007",
    "wanted_by": "2026-05-08T18:00:00+08:00",
}


def give_account(town: Town, username: str = "upper") -> Caller:
    """Return the caller of a superior's system, with a token of every scope that the post can fill."""
    post = Post.objects.create(
        code=f"OFFICE.{username}",
        unit=town.units["OFFICE"],
        title="上级平台",
        permissions=RIGHTS,
        scope="OWN",
    )
    town.users[username] = User.objects.create(username=username, full_name="清江区平台")
    Holding.objects.create(user=town.users[username], post=post)
    return Caller(town, username, list(SCOPES))


@pytest.fixture
def upper(town: Town) -> Caller:
    """The account of the district's system."""
    return give_account(town)


def send_order(upper: Caller, **fields: Any) -> Case:
    """File an order through the API and return the case."""
    status, answer = upper.post({**ORDER, "client_uuid": str(uuid.uuid4()), **fields})
    assert status == 201, answer
    return Case.objects.get(number=answer["number"])


def follow(caller: Caller, case: Case, move: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Send a follow-up of a case; return status and answer."""
    body = {"move": move, "client_uuid": str(uuid.uuid4()), **fields}
    client = Client(HTTP_AUTHORIZATION=f"Bearer {caller.token}")
    answer = client.post(f"{CASES}/{case.number}/follow-ups", body, content_type="application/json")
    return answer.status_code, answer.json()


def handle(town: Town, case: Case) -> None:
    """Accept, dispatch and handle a case."""
    category, unit = town.categories["RUBBISH"].pk, town.units["URBAN"].pk
    make_move(town, "registrar", case, "ACCEPT", category=category, note="受理员的内部说明")
    make_move(town, "dispatcher", case, "DISPATCH", unit=unit)
    make_move(town, "handler", case, "TAKE")
    make_move(town, "handler", case, "COMMENT", note="业主是老赖，别理他")
    make_move(town, "handler", case, "HANDLE", result="已清运。", photos=[store_photo(town, "handler")])


def test_an_order_keeps_the_number_and_the_deadline_of_the_sender(upper: Caller) -> None:
    case = send_order(upper)
    source = CaseSource.objects.get(case=case)
    assert (case.source_key, case.reported_by.username) == ("district:2026-00000007", "upper")
    assert source.due_at.isoformat() == "2026-05-08T10:00:00+00:00"
    assert upper.get(f"{CASES}/{case.number}")[1]["wanted_by"] == "2026-05-08T10:00:00+00:00"


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59-12:00", "2200-01-01T00:00:00Z", "0001-01-01T00:00:00"]
)
def test_a_deadline_outside_the_calendar_is_refused(upper: Caller, moment: str) -> None:
    status, answer = upper.post({**ORDER, "wanted_by": moment})
    assert (status, answer["field"]) == (422, "wanted_by")
    assert not Case.objects.exists()


FILTERS: list[dict[str, Any]] = [
    {},
    {"group": "open"},
    {"state": "FILED"},
    {"category": "MATTER:01001"},
    {"area": "990001001001"},
    {"area": "990001001"},
    {"unit": "URBAN"},
    {"channel": "HOTLINE"},
    {"due": "overdue"},
    {"due": "soon"},
    {"flag": "urgent"},
    {"q": "垃圾"},
    {"q": "13800138000"},
    {"q": "张三"},
    {"todo": "accept"},
    {"mine": "moved"},
    {"order": "urgency"},
    {"order": "area"},
    {"from": "2000-01-01"},
]


@pytest.mark.parametrize("params", FILTERS, ids=str)
def test_no_filter_of_the_list_shows_or_counts_a_case_that_was_not_sent(
    town: Town, upper: Caller, params: dict[str, Any]
) -> None:
    order = send_order(upper)
    for state in ("REPORTED", "FILED", "DISPATCHED", "HANDLED", "DONE"):
        walk(town, to=state, urgent=True)
    status, answer = upper.get(CASES, **params)
    if status == 422:
        assert params.keys() & {"unit", "todo"}, answer
        return
    assert status == 200, answer
    assert {row["number"] for row in answer["cases"]} <= {order.number}
    assert answer["total"] == len(answer["cases"])


def test_the_number_of_a_case_that_was_not_sent_finds_nothing(town: Town, upper: Caller) -> None:
    other = walk(town, to="DONE")
    assert upper.get(f"{CASES}/{other.number}")[0] == 404
    assert upper.get(CASES, q=other.number)[1]["cases"] == []
    assert follow(upper, other, "REMIND", note="快办")[0] == 404
    assert not other.moves.filter(move="REMIND").exists()


def test_one_superior_sees_nothing_of_another(town: Town, upper: Caller) -> None:
    order = send_order(upper)
    other = give_account(town, "province")
    assert other.get(f"{CASES}/{order.number}")[0] == 404
    status, answer = other.post({**ORDER, "client_uuid": str(order.client_uuid)})
    assert status == 409
    assert order.number not in str(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/figures",
        "/api/v1/figures/cases.reported",
        "/api/v1/registers",
        "/api/v1/registers/lifts/records",
        "/api/v1/inspections",
        "/api/v1/reports",
        "/api/v1/reports/monthly/2026-04",
    ],
)
def test_everything_but_cases_is_refused(upper: Caller, path: str) -> None:
    assert upper.get(path)[0] in {403, 404}


def test_the_sender_reads_steps_without_names_and_internal_notes(town: Town, upper: Caller) -> None:
    order = send_order(upper)
    handle(town, order)
    status, answer = upper.get(f"{CASES}/{order.number}")
    assert (status, answer["outcome"], answer["reply"]) == (200, None, "")
    assert [row["move"] for row in answer["moves"]] == ["REPORT", "ACCEPT", "DISPATCH", "TAKE", "HANDLE"]
    assert answer["moves"][3]["by"] == "城市管理科"
    text = str(answer)
    for secret in ("李强", "钱敏", "孙伟", "内部说明", "老赖", "已清运"):
        assert secret not in text
    assert answer["suggestions"] == []


def test_the_result_is_the_reply_once_the_office_has_closed_the_case(town: Town, upper: Caller) -> None:
    order = send_order(upper)
    handle(town, order)
    make_move(town, "supervisor", order, "CHECK_PASS")
    make_move(town, "shift", order, "CLOSE")
    answer = upper.get(f"{CASES}/{order.number}")[1]
    assert (answer["outcome"], answer["reply"]) == ("CLOSED", "已清运。")


def test_the_reply_of_a_first_round_is_not_that_of_the_second(town: Town, upper: Caller) -> None:
    order = send_order(upper)
    handle(town, order)
    make_move(town, "supervisor", order, "CHECK_PASS")
    make_move(town, "shift", order, "CLOSE", reply="第一次的答复。")
    make_move(town, "shift", order, "REOPEN", note="又堆上了")
    photos = [store_photo(town, "handler")]
    make_move(town, "handler", order, "HANDLE", result="第二次清运。", photos=photos)
    make_move(town, "supervisor", order, "CHECK_PASS")
    make_move(town, "shift", order, "CLOSE")
    assert upper.get(f"{CASES}/{order.number}")[1]["reply"] == "第二次清运。"


def test_a_refusal_and_a_voiding_state_why(town: Town, upper: Caller) -> None:
    refused, voided = send_order(upper), send_order(upper, source_key="district:8")
    make_move(town, "registrar", refused, "REJECT", reason="COURT", reply="请走诉讼途径。")
    make_move(town, "shift", voided, "VOID", reason="MISTAKE", note="应交办方请求")
    first = upper.get(f"{CASES}/{refused.number}")[1]
    second = upper.get(f"{CASES}/{voided.number}")[1]
    assert (first["outcome"], "请走诉讼途径" in first["reply"]) == ("REFUSED", True)
    assert (second["outcome"], "应交办方请求" in second["reply"]) == ("VOIDED", True)


def test_a_merged_order_ends_with_the_case_that_took_it_in_and_shows_nothing_else_of_it(
    town: Town, upper: Caller
) -> None:
    order, primary = send_order(upper), walk(town, to="FILED")
    make_move(town, "registrar", order, "MERGE", into=primary.number)
    assert upper.get(f"{CASES}/{order.number}")[1]["outcome"] is None
    Case.objects.filter(pk=primary.pk).update(state=State.DISPATCHED, lead_unit=town.units["URBAN"])
    make_move(town, "handler", primary, "HANDLE", result="一并清运。", photos=[store_photo(town, "handler")])
    make_move(town, "supervisor", primary, "CHECK_PASS")
    make_move(town, "shift", primary, "CLOSE", reply="已清运，感谢反映。")
    answer = upper.get(f"{CASES}/{order.number}")[1]
    assert (answer["state"], answer["outcome"], answer["reply"]) == ("MERGED", "CLOSED", "已清运，感谢反映。")
    assert primary.number not in str(answer)
    assert upper.get(f"{CASES}/{primary.number}")[0] == 404


def test_the_parts_of_a_split_order_are_not_visible_to_the_sender(town: Town, upper: Caller) -> None:
    order = send_order(upper)
    make_move(town, "registrar", order, "SPLIT", parts=["另有占道经营"])
    part = Case.objects.get(split_from=order)
    assert upper.get(f"{CASES}/{part.number}")[0] == 404
    assert upper.get(CASES)[1]["total"] == 1


def test_a_repeated_reminder_notifies_the_unit_once(town: Town, upper: Caller) -> None:
    order = send_order(upper)
    handle(town, order)
    make_move(town, "supervisor", order, "REWORK", note="没清干净", photos=[])
    key = str(uuid.uuid4())
    first = follow(upper, order, "REMIND", note="区里催办", client_uuid=key)
    second = follow(upper, order, "REMIND", note="区里催办", client_uuid=key)
    assert (first[0], second[0]) == (201, 200)
    assert (first[1]["created"], second[1]["created"]) == (True, False)
    assert CaseMove.objects.filter(case=order, move="REMIND").count() == 1
    notice = Notice.objects.get(kind="cases.case:reminded")
    assert notice.user == town.users["handler"]


def test_an_answer_to_a_supervision_reaches_the_sender(town: Town, upper: Caller) -> None:
    order = send_order(upper)
    assert follow(upper, order, "SUPERVISE", note="限期办结", answer_date="2099-01-01")[0] == 409
    category, unit = town.categories["RUBBISH"].pk, town.units["URBAN"].pk
    make_move(town, "registrar", order, "ACCEPT", category=category)
    make_move(town, "dispatcher", order, "DISPATCH", unit=unit)
    assert follow(upper, order, "SUPERVISE", note="限期办结", answer_date=clock.today().isoformat())[0] == 201
    make_move(town, "handler", order, "ANSWER", answer="明日办完。")
    answer = upper.get(f"{CASES}/{order.number}")[1]
    assert Demand.objects.get().answer == "明日办完。"
    assert [row["text"] for row in answer["moves"]][-2:] == ["限期办结", "明日办完。"]


def test_a_withdrawal_is_asked_for_and_decided_by_the_office(town: Town, upper: Caller) -> None:
    order = send_order(upper)
    assert follow(upper, order, "ASK_WITHDRAWAL", note="重复交办")[0] == 201
    order.refresh_from_db()
    assert order.state == State.REPORTED
    notice = Notice.objects.get(kind="cases.case:withdrawal_asked")
    assert notice.user == town.users["shift"]
    make_move(town, "shift", order, "VOID", reason="MISTAKE", note="应交办方请求")
    notice.refresh_from_db()
    assert notice.settled_at is not None


def test_a_token_without_the_scope_follows_nothing_up(town: Town, upper: Caller) -> None:
    order = send_order(upper)
    caller = Caller(town, "upper", ["cases:read", "cases:report"])
    assert follow(caller, order, "REMIND", note="快办")[0] == 403
