"""Aid to partner places: payments need documents and never exceed the commitment."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.projects.actions.aid import add_commitment, add_payment, void_payment
from jiedao.projects.selectors.aid import read_aid_status
from jiedao.projects.tests.promise_parts import HALF_YEAR, JULY, create_partners, promise_town
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Iterator[Town]:
    with clock.at(JULY):
        new_town = promise_town()
        create_partners(new_town)
        yield new_town


def add_test_commitment(town: Town, partner: str, key: str, amount: str) -> None:
    add_commitment(
        actor=town.actor("handler"),
        partner=partner,
        key=key,
        amount=Decimal(amount),
        day=date(2020, 3, 1),
        purpose="产业帮扶",
        document="街党工委会议纪要第5号",
    )


def test_status_sums_commitments_and_payments(town: Town, django_assert_max_num_queries: Any) -> None:
    for partner, key, amount in (("P1", "C1", "1000000"), ("P2", "C2", "588000"), ("P3", "C3", "300000")):
        add_test_commitment(town, partner, key, amount)
    actor = town.actor("handler")
    payment: dict[str, Any] = {"actor": actor, "day": date(2020, 4, 1), "document": "拨款凭证 0401"}
    add_payment(**payment, commitment="C1", key="F1", amount=Decimal(600_000))
    mistake = add_payment(**payment, commitment="C1", key="F2", amount=Decimal(400_000))
    with pytest.raises(UserError, match="尚可支付 0 元"):
        add_payment(**payment, commitment="C1", key="F3", amount=Decimal("0.01"))
    void_payment(actor=actor, payment_id=mistake.pk, why="凭证录错")
    with pytest.raises(Stale):
        void_payment(actor=actor, payment_id=mistake.pk, why="再来")
    leader = town.actor("leader")
    with django_assert_max_num_queries(4):
        status = read_aid_status(leader, HALF_YEAR)
    assert (status.committed, status.paid, status.outstanding) == (1_888_000, 600_000, 1_288_000)
    assert [line.committed for line in status.partners] == [1_000_000, 588_000, 300_000]
    assert read_aid_status(town.actor("leader"), date(2020, 3, 31)).paid == 0
    assert read_aid_status(town.actor("grid1")).partners == []
    assert Entry.objects.filter(action__startswith="projects.").count() == 6


def test_invalid_payment_is_refused(town: Town) -> None:
    add_test_commitment(town, "P1", "C1", "1000")
    payment: dict[str, Any] = {
        "actor": town.actor("handler"),
        "commitment": "C1",
        "key": "F1",
        "amount": Decimal(1),
        "day": date(2020, 4, 1),
        "document": "凭证",
    }
    for change, message in (
        ({"amount": Decimal("0.001")}, "金额不能是"),
        ({"amount": Decimal(-1)}, "金额不能是"),
        ({"amount": Decimal("Infinity")}, "金额不能是"),
        ({"day": date(2020, 2, 1)}, "不能作为日期"),
        ({"day": date(2020, 7, 2)}, "不能作为日期"),
        ({"document": " "}, "没有填写"),
    ):
        with pytest.raises(UserError, match=message):
            add_payment(**{**payment, **change})
    with pytest.raises(NotAllowed):
        add_payment(**{**payment, "actor": town.actor("leader")})
    with pytest.raises(NotFoundError):
        add_payment(**{**payment, "actor": town.actor("grid3")})
    add_payment(**payment)
    with pytest.raises(UserError, match="F1 已经有了"):
        add_payment(**payment)
    with pytest.raises(UserError, match="C1 已经有了"):
        add_test_commitment(town, "P2", "C1", "5")
