"""Events of cases to other systems: what is sent, how it is signed, and what happens when it is not received."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.actions.history import History, file_histories
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.models import Case
from jiedao.cases.moves.perform import perform
from jiedao.exchange.endpoints.actions import (
    add_endpoint,
    change_endpoint,
    drop_waiting,
    remove_endpoint,
    renew_secret,
    send_again,
)
from jiedao.exchange.endpoints.actions import (
    test_endpoint as send_test,
)
from jiedao.exchange.endpoints.jobs import erase_events, serve_endpoint, serve_endpoints
from jiedao.exchange.endpoints.payload import read_body
from jiedao.exchange.endpoints.sending import send_due
from jiedao.exchange.endpoints.signing import build_headers
from jiedao.exchange.models import Endpoint, EventState, OutgoingEvent
from jiedao.exchange.tests.peers import CityDesk
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.models import Job
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town, make_town, walk

SYSTEM = make_system_actor()
NEW: dict[str, Any] = {
    "channel": "HOTLINE",
    "subject": "临江花园垃圾",
    "detail": "临江花园门口堆放垃圾三天，张三反映。",
    "lon": 114.105,
    "lat": 22.605,
}


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def file(town: Town, **columns: Any) -> Case:
    filed = file_case(NewCase(**{**NEW, **columns}), actor=town.actor("registrar"))
    return Case.objects.get(pk=filed.id)


def reject(town: Town, case: Case) -> None:
    fields = {"reason": "COURT", "note": "属于法院受理的事。", "reply": "请向法院起诉。"}
    perform(town.actor("registrar"), case.pk, "REJECT", data=fields)


def list_kinds() -> list[str]:
    return list(OutgoingEvent.objects.order_by("pk").values_list("kind", flat=True))


def make_due() -> None:
    OutgoingEvent.objects.update(next_at=clock.real_now())


def test_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's own libraries.
    headers = build_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_filing_moving_and_ending_are_sent_signed(town: Town, peer: CityDesk, subscription: Endpoint) -> None:
    case = file(town)
    reject(town, case)

    serve_endpoint(endpoint_id=subscription.pk)

    documents = list(peer.accepted.values())
    assert [row["type"] for row in documents] == ["case.filed", "case.ended"]
    assert documents[1]["data"]["number"] == case.number
    assert documents[1]["data"]["state"] == "REJECTED"
    assert documents[1]["data"]["outcome"] == "REFUSED"
    assert peer.forged == 0
    assert peer.headers[0]["webhook-id"] == peer.headers[0]["idempotency-key"]


def test_nothing_that_people_wrote_is_sent(town: Town, peer: CityDesk, subscription: Endpoint) -> None:
    file(town, reporter_name="张三", reporter_phone="13800138000", place_text="临江花园东门")
    serve_endpoint(endpoint_id=subscription.pk)
    text = str(list(peer.accepted.values()))
    assert not [word for word in ("垃圾", "张三", "13800138000", "东门") if word in text]


def test_only_chosen_events_are_written(town: Town, subscription: Endpoint) -> None:
    change_endpoint(actor=SYSTEM, code="SCREEN", events=["case.ended"])
    case = file(town)
    reject(town, case)
    assert list_kinds() == ["case.ended"]


def test_changes_and_moves_are_different_events(town: Town, subscription: Endpoint) -> None:
    case = walk(town, to="FILED")
    before = list_kinds()
    perform(town.actor("dispatcher"), case.pk, "COMMENT", data={"note": "已电话联系。"})
    assert before[0] == "case.filed"
    assert set(before[1:]) == {"case.moved"}
    assert list_kinds()[-1] == "case.changed"


def test_a_move_that_is_undone_leaves_no_event(town: Town, subscription: Endpoint) -> None:
    case = file(town)
    with pytest.raises(UserError):
        perform(town.actor("registrar"), case.pk, "REJECT", data={})
    assert list_kinds() == ["case.filed"]


def test_imported_past_cases_are_not_announced(town: Town, subscription: Endpoint) -> None:
    at = clock.now() - timedelta(days=30)
    history = History(NewCase(**NEW, reported_at=at), "CLOSED", accepted_at=at, closed_at=at)
    file_histories([history], actor=town.actor("shift"))
    assert not list_kinds()


def test_without_endpoints_filing_writes_nothing(town: Town) -> None:
    file(town)
    assert not OutgoingEvent.objects.exists()


def test_a_lost_answer_repeats_the_same_number_and_body(
    town: Town, peer: CityDesk, subscription: Endpoint
) -> None:
    file(town)
    peer.loses = 1.0
    send_due(subscription)
    event = OutgoingEvent.objects.get()
    assert (event.state, event.attempts) == (EventState.WAITING, 1)

    peer.loses = 0.0
    make_due()
    send_due(subscription)

    event.refresh_from_db()
    assert event.state == EventState.SENT
    assert (peer.received, len(peer.accepted), peer.doubles, peer.changed) == (2, 1, 1, 0)


def test_events_of_a_case_keep_their_order(town: Town, peer: CityDesk, subscription: Endpoint) -> None:
    first, other = file(town), file(town, detail="另一件事，路灯不亮。")
    reject(town, first)
    OutgoingEvent.objects.filter(case=first, kind="case.filed").update(
        next_at=clock.real_now() + timedelta(minutes=5)
    )

    send_due(subscription)

    received = [(row["data"]["number"], row["type"]) for row in peer.accepted.values()]
    assert received == [(other.number, "case.filed")]


def test_the_event_of_a_dead_worker_is_sent_again(town: Town, peer: CityDesk, subscription: Endpoint) -> None:
    file(town)
    OutgoingEvent.objects.update(
        state=EventState.SENDING, lease_token="dead", lease_until=clock.real_now() - timedelta(seconds=1)
    )
    assert serve_endpoints() == 1
    serve_endpoint(endpoint_id=subscription.pk)
    assert OutgoingEvent.objects.get().state == EventState.SENT


def test_a_refusal_is_final_and_can_be_sent_again(town: Town, peer: CityDesk, subscription: Endpoint) -> None:
    file(town)
    peer.status = 422
    send_due(subscription)
    event = OutgoingEvent.objects.get()
    assert (event.state, event.status, event.detail) == (EventState.FAILED, 422, "422")
    assert "received" in event.answer

    peer.status = 200
    assert send_again(actor=SYSTEM, code="SCREEN", event_id=event.pk) == 1
    send_due(subscription)
    event.refresh_from_db()
    assert event.state == EventState.SENT
    assert list(peer.accepted) == [str(event.uuid)]


def test_an_unreachable_endpoint_pauses_and_then_gets_its_events_at_once(
    town: Town, peer: CityDesk, subscription: Endpoint
) -> None:
    for n in range(5):
        file(town, detail=f"第 {n} 件事，井盖破损。")
    peer.status = 503
    send_due(subscription)
    assert peer.received == 3

    peer.status = 200
    OutgoingEvent.objects.filter(attempts=0).update(next_at=clock.real_now())
    subscription.refresh_from_db()
    send_due(subscription)
    assert OutgoingEvent.objects.filter(state=EventState.SENT).count() == 5


def test_a_subscription_gives_up_after_five_days(town: Town, peer: CityDesk, subscription: Endpoint) -> None:
    file(town)
    OutgoingEvent.objects.update(created_at=clock.real_now() - timedelta(days=6))
    peer.status = 503
    send_due(subscription)
    assert OutgoingEvent.objects.get().state == EventState.FAILED


def test_received_events_are_erased_after_ninety_days(
    town: Town, peer: CityDesk, subscription: Endpoint
) -> None:
    file(town)
    send_due(subscription)
    erase_events()
    assert OutgoingEvent.objects.count() == 1
    OutgoingEvent.objects.update(ended_at=clock.real_now() - timedelta(days=91))
    erase_events()
    assert not OutgoingEvent.objects.exists()


def test_a_new_secret_signs_what_waits(town: Town, peer: CityDesk, subscription: Endpoint) -> None:
    file(town)
    _endpoint, peer.secret = renew_secret(actor=SYSTEM, code="SCREEN")
    subscription.refresh_from_db()
    send_due(subscription)
    assert (peer.forged, len(peer.accepted)) == (0, 1)


def test_secrets_and_addresses_are_stored_encrypted(subscription: Endpoint, peer: CityDesk) -> None:
    subscription.refresh_from_db()
    stored = f"{subscription.target} {subscription.secret} {subscription.token}"
    assert "hidden" not in stored
    assert peer.secret not in stored
    entries = str(
        list(Entry.objects.filter(action="exchange.endpoint:manage").values_list("after", flat=True))
    )
    assert "hidden" not in entries
    assert peer.secret not in entries


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest", "https://elsewhere.example/", "ftp://127.0.0.1/", "not an address"],
)
def test_an_address_that_is_not_allowed_is_refused(peer: CityDesk, db: None, target: str) -> None:
    with pytest.raises(UserError) as refusal:
        add_endpoint(actor=SYSTEM, code="X", kind="WEBHOOK", name="x", target=target, events=["case.filed"])
    assert refusal.value.field == "target"
    assert not Endpoint.objects.exists()


def test_a_host_that_turns_private_is_not_reached(
    town: Town, peer: CityDesk, subscription: Endpoint, settings: Any
) -> None:
    file(town)
    settings.JIEDAO_WEBHOOK = {"hosts": [f"127.0.0.1:{peer.port}"], "networks": []}
    send_due(subscription)
    event = OutgoingEvent.objects.get()
    assert (event.state, peer.received) == (EventState.WAITING, 0)
    assert "内部网络" in event.reason


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"events": []}, "events"),
        ({"events": ["case.unknown"]}, "events"),
        ({"token": "two words"}, "token"),
    ],
)
def test_bad_values_are_refused_by_field(subscription: Endpoint, values: dict[str, Any], field: str) -> None:
    with pytest.raises(UserError) as refusal:
        change_endpoint(actor=SYSTEM, code="SCREEN", **values)
    assert refusal.value.field == field


def test_managing_needs_the_right(town: Town, subscription: Endpoint) -> None:
    with pytest.raises(NotAllowed):
        change_endpoint(actor=town.actor("shift"), code="SCREEN", name="x")
    with pytest.raises(NotAllowed):
        send_again(actor=town.actor("shift"), code="SCREEN")


def test_an_endpoint_with_waiting_events_is_not_removed(town: Town, subscription: Endpoint) -> None:
    file(town)
    with pytest.raises(UserError):
        remove_endpoint(actor=SYSTEM, code="SCREEN")
    with pytest.raises(UserError):
        drop_waiting(actor=SYSTEM, code="SCREEN")
    change_endpoint(actor=SYSTEM, code="SCREEN", active=False)
    assert drop_waiting(actor=SYSTEM, code="SCREEN") == 1
    remove_endpoint(actor=SYSTEM, code="SCREEN")
    assert not OutgoingEvent.objects.exists()


def test_another_address_forgets_the_token(platform: Endpoint, peer: CityDesk) -> None:
    change_endpoint(actor=SYSTEM, code="CITY", target=f"http://127.0.0.1:{peer.port}/events")
    platform.refresh_from_db()
    assert platform.token
    change_endpoint(actor=SYSTEM, code="CITY", target=f"http://127.0.0.1:{peer.port}/other")
    platform.refresh_from_db()
    assert not platform.token


def test_a_test_event_is_sent(town: Town, peer: CityDesk, subscription: Endpoint) -> None:
    event = send_test(actor=town.actor("admin"), code="SCREEN")
    assert Job.objects.filter(name="exchange:serve_endpoint").count() == 1
    serve_endpoint(endpoint_id=subscription.pk)
    event.refresh_from_db()
    assert event.state == EventState.SENT
    assert read_body(event).startswith(b'{"type": "endpoint.test"')
    assert uuid.UUID(peer.headers[0]["webhook-id"]) == event.uuid
