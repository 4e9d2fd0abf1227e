"""Use of a token: its last day is stored, and revoking it works within ten seconds."""

from datetime import UTC, datetime, timedelta

import pytest

from jiedao.accounts.models import ApiToken, SecondFactor
from jiedao.api import auth
from jiedao.api.tests.conftest import Caller
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
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
