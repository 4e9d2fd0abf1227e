"""Orders of an upper platform: they come in with its numbers, and each step and reply goes back exactly once."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from jiedao.cases.models import Case
from jiedao.cases.sources import SourceTerms
from jiedao.exchange.endpoints.actions import change_endpoint
from jiedao.exchange.endpoints.active import has_endpoints
from jiedao.exchange.endpoints.jobs import erase_events, serve_endpoint
from jiedao.exchange.endpoints.orders import fetch_orders, read_end, read_orders
from jiedao.exchange.endpoints.reconciling import default_since, reconcile
from jiedao.exchange.endpoints.selectors import read_url
from jiedao.exchange.endpoints.sending import send_due
from jiedao.exchange.models import Endpoint, EventState, OutgoingEvent, Reconciliation
from jiedao.exchange.tests.peers import CityDesk
from jiedao.kernel import clock
from jiedao.kernel.crypto import encrypt
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town, make_move, make_town, walk

SYSTEM = make_system_actor()
DUE = datetime(2031, 6, 30, 18, 0, tzinfo=clock.TOWN_TZ)


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def give_order(town: Town, peer: CityDesk, number: str, to: str = "REPORTED", **columns: Any) -> Case:
    """Let the city desk send an order, and the office work on it."""
    peer.orders[number] = {"state": "办理中", "wanted_by": DUE.isoformat(), "replies": [], "steps": []}
    values = {"source_key": f"12345:{number}", "terms": SourceTerms(due_at=DUE), **columns}
    return walk(town, to=to, detail=f"工单 {number}：临江花园门口堆放垃圾。", **values)


def send_until_quiet(platform: Endpoint, peer: CityDesk) -> int:
    """Send until nothing waits, as the worker does over hours; return how many runs it took."""
    for runs in range(1, 200):
        OutgoingEvent.objects.filter(state=EventState.WAITING).update(next_at=clock.real_now())
        send_due(platform)
        if not OutgoingEvent.objects.exclude(state=EventState.SENT).exists():
            return runs
    raise AssertionError("some events were never received")


def test_steps_and_the_reply_are_sent_back_exactly_once_over_a_bad_line(
    town: Town, peer: CityDesk, platform: Endpoint
) -> None:
    peer.loses, peer.breaks = 0.4, 0.3
    cases = [give_order(town, peer, f"SZ{n}", to="CLOSED") for n in range(3)]
    walk(town, to="CLOSED", source_key="other:SZ1", detail="别处的事，路灯不亮。")

    send_until_quiet(platform, peer)

    assert peer.doubles > 0
    assert peer.forged == peer.changed == 0
    assert {row["data"]["order"] for row in peer.accepted.values()} == {"SZ0", "SZ1", "SZ2"}
    for n, case in enumerate(cases):
        order = peer.orders[f"SZ{n}"]
        assert len(order["replies"]) == 1
        assert order["state"] == "已办结"
        assert order["steps"] == sorted(set(order["steps"]))
        case.refresh_from_db()
        assert order["steps"][-1] == case.version


def test_the_city_desk_reads_its_own_number_state_and_deadline(
    town: Town, peer: CityDesk, platform: Endpoint
) -> None:
    case = give_order(town, peer, "SZ1")
    serve_endpoint(endpoint_id=platform.pk)
    (document,) = peer.accepted.values()
    data = document["data"]
    assert (data["order"], data["number"], data["state_label"]) == ("SZ1", case.number, "待受理")
    assert datetime.fromisoformat(data["wanted_by"]) == DUE
    assert (data["outcome"], data["reply"]) == (None, "")
    assert peer.headers[0]["authorization"] == "Bearer city-token"


def test_internal_notes_are_not_sent(town: Town, peer: CityDesk, platform: Endpoint) -> None:
    case = give_order(town, peer, "SZ1", to="FILED")
    count = OutgoingEvent.objects.count()
    make_move(town, "dispatcher", case, "COMMENT", note="内部意见。")
    assert OutgoingEvent.objects.count() == count


def test_a_merged_order_ends_with_the_primary_case(town: Town, peer: CityDesk, platform: Endpoint) -> None:
    primary = walk(town, to="REPORTED")
    merged = give_order(town, peer, "SZ1")
    make_move(town, "registrar", merged, "MERGE", into=primary.number)
    fields = {"reason": "COURT", "note": "属于法院受理的事。", "reply": "请向法院起诉。"}
    make_move(town, "registrar", primary, "REJECT", **fields)

    send_until_quiet(platform, peer)

    last = list(peer.accepted.values())[-1]["data"]
    assert (last["order"], last["outcome"]) == ("SZ1", "REFUSED")
    assert last["reply"].endswith("请向法院起诉。")


def test_a_platform_that_is_away_for_weeks_loses_nothing(
    town: Town, peer: CityDesk, platform: Endpoint
) -> None:
    give_order(town, peer, "SZ1", to="CLOSED")
    OutgoingEvent.objects.update(created_at=clock.real_now() - timedelta(days=30))
    peer.status = 503
    send_due(platform)
    assert not OutgoingEvent.objects.exclude(state=EventState.WAITING).exists()
    peer.status = 200
    send_until_quiet(platform, peer)
    assert len(peer.orders["SZ1"]["replies"]) == 1


def test_what_was_received_is_erased(town: Town, peer: CityDesk, platform: Endpoint) -> None:
    give_order(town, peer, "SZ1")
    send_until_quiet(platform, peer)
    erase_events()
    assert OutgoingEvent.objects.count() == 1
    OutgoingEvent.objects.update(ended_at=clock.real_now() - timedelta(days=91))
    erase_events()
    assert not OutgoingEvent.objects.exists()


def test_return_visits_are_not_sent_unless_the_case_is_opened_again(
    town: Town, peer: CityDesk, platform: Endpoint
) -> None:
    case = give_order(town, peer, "SZ1", to="CLOSED")
    events = OutgoingEvent.objects.filter(endpoint=platform)
    count = events.count()
    dissatisfied = {"reached": True, "solved": False, "satisfaction": 1, "note": "门口还有垃圾"}
    make_move(town, "visitor", case, "VISIT", **dissatisfied, keep="UNREASONABLE")
    assert events.count() == count
    other = give_order(town, peer, "SZ2", to="CLOSED")
    make_move(town, "visitor", other, "VISIT", **dissatisfied, cause="NOT_DONE")
    assert events.latest("pk").kind == "case.reopened"


def test_a_token_or_an_address_of_another_key_is_refused_in_words_and_can_be_replaced(
    town: Town, peer: CityDesk, platform: Endpoint
) -> None:
    address = read_url(platform.target)
    Endpoint.objects.update(token=encrypt("x", context="of another field"))
    platform.refresh_from_db()
    with pytest.raises(UserError, match="令牌无法解密"):
        fetch_orders(platform, default_since())
    Endpoint.objects.update(target=encrypt("x", context="other"), list_url=encrypt("x", context="other"))
    platform.refresh_from_db()
    with pytest.raises(UserError, match="网址无法解密"):
        fetch_orders(platform, default_since())
    changed = change_endpoint(actor=SYSTEM, code="CITY", target=address, token="city-token")
    assert read_url(changed.target) == address


def test_a_list_of_too_many_orders_is_refused(
    town: Town, peer: CityDesk, platform: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jiedao.exchange.endpoints.orders.MOST_ORDERS", 2)
    for number in ("SZ1", "SZ2", "SZ3"):
        give_order(town, peer, number)
    with pytest.raises(UserError, match="超过 2 个工单"):
        fetch_orders(platform, default_since())


def test_a_move_survives_an_endpoint_that_another_process_has_removed(
    town: Town, peer: CityDesk, platform: Endpoint
) -> None:
    case = give_order(town, peer, "SZ1")
    assert has_endpoints()  # and so cached
    OutgoingEvent.objects.all().delete()
    Endpoint.objects.all().delete()
    make_move(town, "registrar", case, "ACCEPT", category=town.categories["COVER"].pk)
    connection.check_constraints()
    assert not OutgoingEvent.objects.exists()


def test_equal_orders_have_no_difference(town: Town, peer: CityDesk, platform: Endpoint) -> None:
    give_order(town, peer, "SZ1", to="CLOSED")
    give_order(town, peer, "SZ2")
    give_order(town, peer, "SZ3")
    send_until_quiet(platform, peer)
    orders = fetch_orders(platform, default_since())
    result = reconcile(SYSTEM, "CITY", orders, since=default_since())
    assert (result.orders, result.matches, result.differences) == (3, 3, [])


def test_every_difference_is_named(town: Town, peer: CityDesk, platform: Endpoint) -> None:
    give_order(town, peer, "SENT")
    send_until_quiet(platform, peer)
    give_order(town, peer, "WAITING", to="CLOSED")
    peer.orders["NEVER"] = {"state": "办理中", "wanted_by": None, "replies": [], "steps": []}
    give_order(town, peer, "DROPPED")
    del peer.orders["DROPPED"]
    peer.orders["SENT"]["wanted_by"] = (DUE + timedelta(days=1)).isoformat()
    give_order(town, peer, "ODD")
    peer.orders["ODD"]["state"] = "二次交办"
    OutgoingEvent.objects.filter(number=Case.objects.get(source_key="12345:ODD").number).delete()

    result = reconcile(SYSTEM, "CITY", fetch_orders(platform, default_since()), since=default_since())

    assert {(row["kind"], row["order"]) for row in result.differences} == {
        ("DEADLINE", "SENT"),
        ("UNSENT", "WAITING"),
        ("STATE", "WAITING"),
        ("MISSING_HERE", "NEVER"),
        ("MISSING_THERE", "DROPPED"),
        ("UNKNOWN_STATE", "ODD"),
    }
    assert (result.orders, result.matches) == (4, 0)
    assert result.counts["STATE"] == 1


def test_a_table_of_orders_is_compared_as_well(
    town: Town, peer: CityDesk, platform: Endpoint, tmp_path: Path
) -> None:
    give_order(town, peer, "00012", to="CLOSED")
    send_until_quiet(platform, peer)
    path = tmp_path / "orders.csv"
    path.write_text(
        '市热线工单,,\n工单号,办理状态,办理时限\n="00012",已办结,2031-06-30 18:00\n00013,办理中,\n',
        encoding="gb18030",
    )
    result = reconcile(SYSTEM, "CITY", read_orders(path), since=default_since(), origin=path.name)
    assert [(row["kind"], row["order"]) for row in result.differences] == [("MISSING_HERE", "00013")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("标题,内容\n一,二\n", "编号"),
        ("工单号,办理时限\nA1,不是日期\n", "第 2 行"),
        ("工单号,办理状态\n,办理中\n", "第 2 行"),
    ],
)
def test_a_table_that_cannot_be_read_compares_nothing(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_orders(path)


def test_an_unreachable_list_compares_nothing(platform: Endpoint, settings: Any) -> None:
    settings.JIEDAO_WEBHOOK = {"hosts": [], "networks": []}
    with pytest.raises(UserError, match="没有作任何比较"):
        fetch_orders(platform, default_since())
    assert not Reconciliation.objects.exists()


def test_a_subscription_cannot_be_reconciled(subscription: Endpoint) -> None:
    with pytest.raises(UserError):
        reconcile(SYSTEM, "SCREEN", [], since=default_since())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CLOSED", True),
        ("待受理", False),
        ("已办结", True),
        ("办理中", False),
        ("二次交办", None),
        ("", None),
    ],
)
def test_states_are_read_in_several_words(text: str, expected: bool | None) -> None:
    assert read_end(text) is expected
