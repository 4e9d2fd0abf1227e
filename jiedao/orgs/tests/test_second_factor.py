"""A user without a second factor cannot act in a post that requires one, neither on the desk nor by the API."""

import pytest

from jiedao.accounts.models import SecondFactor
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.orgs.actor import find_actor
from jiedao.orgs.models import Holding
from jiedao.orgs.second_factor import SecondFactorRequired
from jiedao.orgs.tests.people import Office, make_office


@pytest.fixture
def guarded_office(db: None) -> Office:
    """Return the office of a town that requires a second factor where accounts are managed."""
    office = make_office()
    Policy.objects.create(key="second_factor_rights", value=["orgs.user:manage"])
    forget_all()
    return office


def test_a_person_without_second_factor_gets_no_actor_in_a_guarded_post(guarded_office: Office) -> None:
    with pytest.raises(SecondFactorRequired) as refused:
        guarded_office.actor("sys")
    assert refused.value.status == 403
    SecondFactor.objects.create(user=guarded_office.users["sys"], secret="sealed", last_step=0)
    assert guarded_office.actor("sys").can("orgs.user:manage")


def test_only_the_rights_of_the_post_in_use_decide(guarded_office: Office) -> None:
    clerk = guarded_office.users["clerk"]
    Holding.objects.create(user=clerk, post=guarded_office.posts["sys"])
    assert guarded_office.actor("clerk").can("cases.case:accept")
    with pytest.raises(SecondFactorRequired):
        find_actor(clerk, guarded_office.posts["sys"].pk)


def test_an_account_of_a_demonstration_needs_no_second_factor(guarded_office: Office) -> None:
    user = guarded_office.users["sys"]
    user.is_demo = True
    user.save(update_fields=["is_demo"])
    assert guarded_office.actor("sys").can("orgs.user:manage")
