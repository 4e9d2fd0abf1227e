"""Subscriptions over the API: added, changed, listed with their events and removed by a token with the scope."""

import json
import uuid
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from jiedao.accounts.models import ApiToken
from jiedao.exchange.endpoints.active import forget_endpoints
from jiedao.exchange.models import Endpoint, EventState, OutgoingEvent
from jiedao.testing.cast import Town, make_town, walk

PATH = "/api/v1/webhooks"
BODY = {
    "code": "SCREEN",
    "name": "大屏",
    "target": "https://screen.example/events?key=hidden",
    "events": ["case.filed", "case.ended"],
}
Call = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def call(town: Town, settings: Any) -> Any:
    """Return a function that sends a request as the administrator."""
    from jiedao.api import auth

    auth.forget_actors()
    settings.JIEDAO_WEBHOOK = {"hosts": ["screen.example"], "networks": [ip_network("127.0.0.0/8")]}
    token = ApiToken.issue(town.users["admin"], "test", scopes=["webhooks:manage"])[1]
    client = Client(HTTP_AUTHORIZATION=f"Bearer {token}")

    def send(method: str, path: str = PATH, body: Any = None) -> tuple[int, dict[str, Any]]:
        answer = client.generic(method, path, b"" if body is None else json.dumps(body), "application/json")
        return answer.status_code, answer.json() if answer.content else {}

    yield send
    forget_endpoints()


def test_a_subscription_is_added_changed_and_removed(call: Call) -> None:
    status, added = call("POST", body=BODY)
    assert (status, added["host"], added["secret"][:6]) == (201, "screen.example", "whsec_")
    assert "hidden" not in str(added)

    assert call("GET")[1]["webhooks"][0]["code"] == "SCREEN"
    assert "secret" not in call("GET", f"{PATH}/SCREEN")[1]
    assert call("PATCH", f"{PATH}/SCREEN", {"active": False})[1]["active"] is False
    assert call("DELETE", f"{PATH}/SCREEN")[0] == 204
    assert call("GET", f"{PATH}/SCREEN")[0] == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target": "https://elsewhere.example/"}, "target"),
        ({"events": ["case.unknown"]}, "events.0"),
        ({"events": []}, "events"),
        ({"code": "with space"}, "code"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_bad_bodies_are_refused_by_field(call: Call, changes: dict[str, Any], field: str) -> None:
    status, answer = call("POST", body={**BODY, **changes})
    assert (status, answer["field"].removeprefix("body.")) == (422, field)
    assert not Endpoint.objects.exists()


def test_events_are_listed_and_sent_again(call: Call, town: Town) -> None:
    call("POST", body=BODY)
    case = walk(town, to="REPORTED")
    event = OutgoingEvent.objects.get()
    OutgoingEvent.objects.update(state=EventState.FAILED, status=422, answer="no", reason="对方拒绝了这一条")

    (row,) = call("GET", f"{PATH}/SCREEN/events?state=FAILED")[1]["events"]
    assert (row["id"], row["number"], row["status"]) == (str(event.uuid), case.number, 422)

    assert call("POST", f"{PATH}/SCREEN/events/{event.uuid}/again") == (200, {"count": 1})
    event.refresh_from_db()
    assert event.state == EventState.WAITING
    assert call("POST", f"{PATH}/SCREEN/events/{uuid.uuid4()}/again")[0] == 404


def test_other_scopes_and_rights_are_refused(town: Town) -> None:
    for username, scope in (("admin", "cases:read"), ("shift", "webhooks:manage")):
        token = ApiToken.issue(town.users[username], "test", scopes=[scope])[1]
        assert Client(HTTP_AUTHORIZATION=f"Bearer {token}").get(PATH).status_code == 403
