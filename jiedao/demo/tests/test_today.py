"""The demonstration of today, and databases that `jiedao demo` leaves alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from jiedao.accounts.models import User
from jiedao.cases.flow import OPEN
from jiedao.cases.models import Case
from jiedao.demo.commands import PACK, check_database_is_own, make_town
from jiedao.demo.generator import PAST_TO
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.testing.cast import make_cases
from jiedao.testing.cast import make_town as make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _real_time() -> Iterator[None]:
    yield
    clock.set_town_time(clock.REAL_TIME)
    forget_all()


def test_a_town_of_today_has_the_real_time_and_open_cases_of_the_last_days() -> None:
    make_town(PACK, today=True, cases=20)
    assert clock.read_town_time().shift == timedelta(0)
    assert clock.read_town_time().began_at is not None
    assert Case.objects.filter(reported_date__lte=PAST_TO).count() == 20
    live = Case.objects.filter(reported_date__gt=PAST_TO)
    assert live.filter(state__in=OPEN).count() >= 150
    assert not live.filter(reported_at__lt=clock.now() - timedelta(days=40)).exists()
    assert not live.filter(reported_at__gt=clock.now()).exists()


def test_accounts_that_an_earlier_version_did_not_mark_are_marked() -> None:
    User.objects.create(username="zhiban", full_name="刘卫国", password="stored", is_demo=True)
    User.objects.create(username="d0042", full_name="赵伟", password="stored")
    check_database_is_own(today=False)
    assert not User.objects.filter(is_demo=False).exists()


def test_the_database_of_an_office_is_left_alone() -> None:
    town = make_cast()
    make_cases(town, [{}, {}, {}])
    before = list(User.objects.order_by("id").values_list("username", "is_demo"))
    with pytest.raises(UserError, match="3 件案件不是演示的"):
        make_town(PACK)
    assert list(User.objects.order_by("id").values_list("username", "is_demo")) == before
    assert clock.read_town_time() == clock.REAL_TIME
