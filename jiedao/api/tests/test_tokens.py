"""Use of a token: its scopes, its limits, its last day, and that revoking it works within ten seconds."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from jiedao.accounts.models import ApiToken, SecondFactor
from jiedao.api import auth
from jiedao.api.router import api
from jiedao.api.tests.conftest import CASES, Caller, make_body
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.notices.deputies import name_deputy
from jiedao.orgs.deputizing import NewDeputy
from jiedao.orgs.models import Holding
from jiedao.orgs.scopes import SCOPES
from jiedao.testing.cast import Town

NIGHT = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)  # half past eleven in the town


def test_the_day_of_the_last_use_is_in_the_zone_of_the_town(registrar: Caller) -> None:
    for minutes, day in ((0, 25), (20, 25), (40, 26)):
        auth.forget_actors()
        with clock.at(NIGHT + timedelta(minutes=minutes)):
            assert registrar.get()[0] == 200
        assert ApiToken.objects.get().last_used_date == datetime(2026, 11, day, tzinfo=UTC).date()


def test_an_unused_token_has_no_last_day(registrar: Caller) -> None:
    assert ApiToken.objects.get().last_used_date is None


@pytest.mark.parametrize(("seconds", "status"), [(9.0, 200), (10.1, 401)])
def test_a_revoked_token_stops_working_within_ten_seconds(
    town: Town, registrar: Caller, monkeypatch: pytest.MonkeyPatch, seconds: float, status: int
) -> None:
    start = auth.time.monotonic()
    monkeypatch.setattr(auth.time, "monotonic", lambda: start)
    assert registrar.get()[0] == 200
    ApiToken.objects.update(revoked_at=clock.now())
    monkeypatch.setattr(auth.time, "monotonic", lambda: start + seconds)
    assert registrar.get()[0] == status


def test_a_token_of_a_post_that_requires_a_second_factor_is_refused_until_its_owner_has_one(
    town: Town, registrar: Caller
) -> None:
    Policy.objects.create(key="second_factor_rights", value=["cases.case:report"])
    forget_all()
    status, answer = registrar.get()
    assert status == 403
    assert "两步验证" in answer["message"]
    assert "登录工作台" in answer["hint"]
    SecondFactor.objects.create(user=town.users["registrar"], secret="sealed", last_step=0)
    assert registrar.get()[0] == 200


def test_a_token_of_another_post_is_not_asked_for_a_second_factor(town: Town, registrar: Caller) -> None:
    Policy.objects.create(key="second_factor_rights", value=["orgs.user:manage"])
    forget_all()
    assert registrar.get()[0] == 200


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        (None, [200, 201]),
        (["cases:read"], [200, 403]),
        (["cases:report"], [403, 201]),
        (["registers:read"], [403, 403]),
        ([], [403, 403]),
    ],
)
def test_a_token_is_good_for_its_scopes_only(
    town: Town, scopes: list[str] | None, statuses: list[int]
) -> None:
    caller = Caller(town, "registrar", scopes)
    assert [caller.get()[0], caller.post(make_body())[0]] == statuses


def test_a_refusal_names_the_missing_scope_and_what_to_do(town: Town) -> None:
    status, answer = Caller(town, "registrar", ["cases:report"]).get()
    assert status == 403
    assert "cases:read" in answer["message"]
    assert "--scope" in answer["hint"]


def test_a_scope_gives_no_right_that_the_post_lacks(town: Town) -> None:
    assert Caller(town, "supervisor", list(SCOPES)).post(make_body())[0] == 403


def test_the_actor_of_a_token_has_only_the_rights_of_its_scopes(town: Town) -> None:
    number = Caller(town, "shift").post(make_body())[1]["number"]
    assert Caller(town, "shift", ["cases:read"]).get(f"{CASES}/{number}")[1]["allowed"] == []
    assert "VOID" in Caller(town, "shift").get(f"{CASES}/{number}")[1]["allowed"]


def test_every_endpoint_has_a_scope() -> None:
    operations = [
        operation
        for _prefix, router in api._routers
        for view in router.path_operations.values()
        for operation in view.operations
    ]
    assert len(operations) > 10
    for operation in operations:
        [token_auth] = operation.auth_callbacks
        assert token_auth.scopes, operation.view_func  # type: ignore[attr-defined]
        assert set(token_auth.scopes) <= set(SCOPES), operation.view_func  # type: ignore[attr-defined]


def test_a_token_that_sends_too_much_is_429_with_the_time_to_wait(
    town: Town, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JIEDAO_API_TOKEN_RATE = 6  # type: ignore[attr-defined]
    start = auth.time.monotonic()
    monkeypatch.setattr(auth.time, "monotonic", lambda: start)
    caller, other = Caller(town, "registrar"), Caller(town, "shift")
    assert [caller.get()[0] for _n in range(31)] == [200] * 30 + [429]
    assert other.get()[0] == 200
    answer = Client(HTTP_AUTHORIZATION=f"Bearer {caller.token}").get(CASES)
    assert (answer.status_code, answer["Retry-After"]) == (429, "10")
    assert "10 秒" in answer.json()["hint"]
    monkeypatch.setattr(auth.time, "monotonic", lambda: start + 10.1)
    assert [caller.get()[0] for _n in range(2)] == [200, 429]


def test_an_address_that_sends_too_much_is_429_before_its_token_is_looked_at(
    town: Town, settings: object
) -> None:
    settings.JIEDAO_API_ADDRESS_RATE = 1  # type: ignore[attr-defined]
    client = Client(HTTP_AUTHORIZATION="Bearer jd_wrong", REMOTE_ADDR="192.0.2.7")
    assert [client.get(CASES).status_code for _n in range(6)] == [401] * 5 + [429]
    assert Client(HTTP_AUTHORIZATION="Bearer jd_wrong", REMOTE_ADDR="192.0.2.8").get(CASES).status_code == 401


def test_a_token_never_acts_as_a_deputy(town: Town) -> None:
    user, today = town.users["registrar"], clock.today()
    represented = NewDeputy(town.users["visitor"].pk, user.pk, today, today)
    name_deputy(actor=town.actor("admin"), new=represented)
    Holding.objects.filter(user=user, represents__isnull=True).delete()
    token, _secret = ApiToken.issue(user, "试验")
    assert auth.find_caller(token.digest) is None
