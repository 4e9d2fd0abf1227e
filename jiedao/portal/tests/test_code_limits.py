"""One-time codes: the challenge before each, growing pauses, limits of an address, and answers that reveal nothing."""

import re
from contextlib import suppress
from datetime import timedelta

import pytest
from django.test import Client

from jiedao.accounts.models import FailureCount
from jiedao.cases.following_public import code_limits
from jiedao.cases.following_public.code_limits import take_turn
from jiedao.cases.following_public.proving import send_proof
from jiedao.cases.models import ContactProof
from jiedao.kernel.errors import TooManyRequests
from jiedao.kernel.models import Job
from jiedao.portal.tests.test_following import solve
from jiedao.portal.tests.test_reporting import town  # noqa: F401
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db
PHONE = "13912340001"


def make_older(age: timedelta) -> None:
    """Let time pass for all counts."""
    for row in FailureCount.objects.all():
        row.since_at, row.latest_at = row.since_at - age, row.latest_at - age
        row.save()


def test_a_code_needs_a_challenge_that_is_good_for_one_message(client: Client, town: Town) -> None:  # noqa: F811
    bare = client.post("/mine/", {"phone": PHONE})
    assert (bare.status_code, ContactProof.objects.count()) == (422, 0)
    form = solve(phone=PHONE)
    assert client.post("/mine/", form).status_code == 200
    for phone in (PHONE, "13912340002"):
        again = client.post("/mine/", form | {"phone": phone})
        assert again.status_code == 422
        assert f'value="{phone}"' in again.text  # with a new challenge, to be sent again
    assert ContactProof.objects.count() == 1
    refused = solve(phone="110")  # a refusal leaves the challenge as it was
    assert client.post("/mine/", refused).status_code == 422
    assert client.post("/mine/", refused | {"phone": "13912340002"}).status_code == 200


def test_a_page_does_not_show_whether_a_contact_was_sent_a_code_before(client: Client, town: Town) -> None:  # noqa: F811
    pages = [client.post("/mine/", solve(phone=phone)) for phone in (PHONE, PHONE, "13912340002")]
    texts = {re.sub(r'value="[^"]*"|nonce-[^"\']*', "", page.text) for page in pages}
    assert ({page.status_code for page in pages}, len(texts)) == ({200}, 1)
    assert Job.objects.filter(name="cases:send_proof").count() == 2


def test_the_pauses_of_a_contact_grow_and_a_day_has_six_codes(db: None) -> None:
    for pause in code_limits.PAUSES:
        assert take_turn("x")
        make_older(pause - timedelta(seconds=5))
        assert not take_turn("x")
        make_older(timedelta(seconds=10))
    assert take_turn("x")
    make_older(timedelta(hours=12))
    assert not take_turn("x")
    make_older(timedelta(hours=12))
    assert take_turn("x")


def test_a_clock_that_was_ahead_keeps_no_contact_waiting(db: None) -> None:
    for _code in range(len(code_limits.PAUSES) + 1):
        make_older(timedelta(hours=6))
        FailureCount.objects.update(since_at=code_limits.clock.real_now())
        assert take_turn("x")
    assert not take_turn("x")
    make_older(-timedelta(days=365))
    assert take_turn("x")


def test_an_address_has_a_limit_of_an_hour_and_of_a_day(db: None) -> None:
    sent = 0
    for _hour in range(4):
        for number in range(11):
            with suppress(TooManyRequests):
                send_proof("SMS", f"139{sent:04d}{number:04d}", address="2001:db8::1")
                sent += 1
        make_older(timedelta(hours=1, seconds=1))
    assert sent == 30
    assert send_proof("SMS", PHONE, address="2001:db8:0:1::1")  # another network
    with pytest.raises(TooManyRequests):
        send_proof("SMS", PHONE, address="2001:db8::2")
