"""A session ends when it is idle, and after eight hours in any case."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.kernel import clock

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
PASSWORD = "walk round the loop"


@pytest.fixture
def client() -> Client:
    User.objects.create_user("wang", PASSWORD, "王敏")
    signed_in_client = Client(headers={"accept-language": "zh-hans"})
    with clock.at(NINE):
        signed_in_client.post("/accounts/sign-in/", {"username": "wang", "password": PASSWORD})
    return signed_in_client


def can_open(client: Client, minutes: float) -> bool:
    with clock.at(NINE + timedelta(minutes=minutes)):
        return client.get("/accounts/password/").status_code == 200


def test_half_an_hour_without_requests_ends_the_session_with_a_notice(client: Client) -> None:
    assert can_open(client, 29)
    assert can_open(client, 58)
    assert not can_open(client, 89)
    assert "有 30 分钟没有操作" in client.get("/accounts/sign-in/").content.decode()
    entry = Entry.objects.order_by("-id")[0]
    assert (entry.action, entry.after) == ("accounts.session:sign_out", {"why": "IDLE"})


def test_the_next_sign_in_removes_the_notice(client: Client) -> None:
    can_open(client, 31)
    client.post("/accounts/sign-in/", {"username": "wang", "password": PASSWORD})
    client.post("/accounts/sign-out/")
    assert "没有操作" not in client.get("/accounts/sign-in/").content.decode()


def test_a_session_ends_after_eight_hours_of_activity(client: Client) -> None:
    assert all(can_open(client, minutes) for minutes in range(0, 8 * 60, 20))
    assert not can_open(client, 8 * 60 + 1)
    assert "请重新登录" in client.get("/accounts/sign-in/").content.decode()


def test_the_limit_is_a_setting(client: Client, settings: object) -> None:
    settings.JIEDAO_IDLE_MINUTES = 5  # type: ignore[attr-defined]
    assert can_open(client, 4)
    assert not can_open(client, 10)


def test_a_session_is_written_at_most_once_a_minute(client: Client) -> None:
    def read_session_data(seconds: int) -> str:
        can_open(client, 2 + seconds / 60)
        return Session.objects.get().session_data

    first = read_session_data(0)
    assert read_session_data(50) == first
    assert read_session_data(61) != first


def test_a_sign_in_deletes_expired_sessions(client: Client) -> None:
    Session.objects.create(session_key="old", session_data="", expire_date=NINE - timedelta(days=1))
    Client().post("/accounts/sign-in/", {"username": "wang", "password": PASSWORD})
    assert not Session.objects.filter(session_key="old").exists()


def test_a_session_of_a_clock_that_was_ahead_ends_when_the_clock_is_set_back(client: Client) -> None:
    assert can_open(client, -4)  # a clock may be corrected by some minutes
    assert not can_open(client, -2 * 365 * 24 * 60)
    assert not can_open(client, 1)
