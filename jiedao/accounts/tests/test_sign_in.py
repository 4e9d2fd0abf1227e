"""Signing in: audit entries, locks and redirects."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client

from jiedao.accounts.actions import unlock_account
from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.requests import group_address

pytestmark = pytest.mark.django_db
PASSWORD, WRONG = "walk round the loop", "not my password at all"
CHINESE = {"accept-language": "zh-hans"}


@pytest.fixture
def person() -> User:
    return User.objects.create_user("wang", PASSWORD, "王敏")


def sign_in(client: Client, username: str = "wang", password: str = PASSWORD, **more: str) -> int:
    return client.post("/accounts/sign-in/", {"username": username, "password": password, **more}).status_code


def list_entries() -> list[tuple[str, int | None]]:
    return list(Entry.objects.order_by("id").values_list("action", "object_id"))


def test_signing_in_and_out_is_in_the_audit_with_the_address(person: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(client) == 302
    client.post("/accounts/sign-out/")
    assert list_entries() == [
        ("accounts.session:sign_in", person.pk),
        ("accounts.session:sign_out", person.pk),
    ]
    entry = Entry.objects.first()
    assert entry is not None
    assert (entry.user_id, entry.actor_label, entry.address) == (person.pk, "王敏", "192.0.2.7")
    assert entry.after == {"how": "PASSWORD"}
    assert "_auth_user_id" not in client.session


def test_the_account_is_read_in_any_case_and_without_blanks(person: User) -> None:
    assert sign_in(Client(), " Wang ") == 302


def test_a_failed_sign_in_is_in_the_audit_without_what_was_typed(person: User) -> None:
    assert sign_in(Client(), password=WRONG) == 200
    sign_in(Client(), username="my-secret-by-mistake", password=WRONG)
    known, unknown = Entry.objects.order_by("id")
    assert (known.action, known.object_id, known.user_id) == ("accounts.session:fail", person.pk, None)
    assert known.after == {"username": "wang"}
    assert (unknown.object_id, unknown.after) == (None, {"unknown_names_in_this_hour": 1})
    assert WRONG not in str(list(AccessAttempt.objects.values()))


def test_a_name_that_is_too_long_is_refused_without_an_entry(person: User) -> None:
    assert sign_in(Client(), username="a" * 100_000, password=WRONG) == 200
    assert not Entry.objects.exists()


def test_five_failures_lock_the_account_at_this_address_for_15_minutes(person: User) -> None:
    client = Client(headers=CHINESE, REMOTE_ADDR="192.0.2.7")
    assert [sign_in(client, password=WRONG) for _n in range(5)] == [200] * 4 + [429]
    page = client.post("/accounts/sign-in/", {"username": "wang", "password": PASSWORD})
    assert page.status_code == 429
    assert "请等 15 分钟再试" in page.content.decode()
    assert [action for action, _pk in list_entries()] == ["accounts.session:fail"] * 5 + [
        "accounts.session:lock"
    ]
    assert sign_in(Client(REMOTE_ADDR="192.0.2.8")) == 302


def test_an_account_tried_from_many_addresses_is_paused_there_but_not_in_its_own_browser(
    person: User,
) -> None:
    own = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(own) == 302
    own.post("/accounts/sign-out/")
    strangers = [Client(headers=CHINESE, REMOTE_ADDR=f"198.51.100.{n}") for n in range(1, 41)]
    answers = [sign_in(client, password=WRONG) for client in strangers]
    assert answers == [200] * 20 + [429] * 20
    assert sign_in(strangers[0]) == 429  # with the right password too
    assert sign_in(own) == 302
    lock = Entry.objects.get(action="accounts.session:lock")
    assert lock.after == {"of": "account", "username": "wang", "failures": 20}
    assert Entry.objects.filter(action="accounts.session:fail").count() == 20


def test_an_address_that_tries_many_accounts_is_paused(person: User, settings: Any) -> None:
    settings.JIEDAO_ADDRESS_FAILURES = 12
    for n in range(15):
        User.objects.create_user(f"user{n}", PASSWORD, f"用户{n}")
    client = Client(REMOTE_ADDR="198.51.100.9")
    assert [sign_in(client, f"user{n}", WRONG) for n in range(15)] == [200] * 12 + [429] * 3
    assert sign_in(client) == 429
    assert sign_in(Client(REMOTE_ADDR="198.51.100.10")) == 302
    lock = Entry.objects.get(action="accounts.session:lock")
    assert (lock.object_id, lock.after) == (
        None,
        {"of": "address", "address": "198.51.100.9", "failures": 12},
    )


def test_a_pause_ends_by_itself_and_by_the_administrator(person: User) -> None:
    for n in range(1, 21):
        sign_in(Client(REMOTE_ADDR=f"198.51.100.{n}"), password=WRONG)
    assert sign_in(Client(REMOTE_ADDR="198.51.100.200")) == 429
    with clock.at(clock.real_now() + timedelta(minutes=15, seconds=1)):
        assert sign_in(Client(REMOTE_ADDR="198.51.100.200")) == 302
    unlock_account("wang")
    assert sign_in(Client(REMOTE_ADDR="198.51.100.201")) == 302


def test_a_known_browser_has_a_limit_of_its_own(person: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7")
    sign_in(client)
    client.post("/accounts/sign-out/")
    for _n in range(5):
        assert sign_in(client, password=WRONG) == 200
    lock = Entry.objects.get(action="accounts.session:lock")
    assert lock.after == {"of": "device", "username": "wang", "failures": 5}
    assert [sign_in(client, password=WRONG) for _n in range(6)][-1] == 429  # a stranger now


def test_a_stranger_at_the_same_address_does_not_lock_a_known_browser_out(person: User) -> None:
    own, stranger = Client(REMOTE_ADDR="192.0.2.7"), Client(REMOTE_ADDR="192.0.2.7")
    sign_in(own)
    own.post("/accounts/sign-out/")
    assert [sign_in(stranger, password=WRONG) for _n in range(5)][-1] == 429
    assert sign_in(own) == 302


def test_the_cookie_of_a_browser_counts_for_its_own_account_only(person: User) -> None:
    User.objects.create_user("li", PASSWORD, "李")
    client = Client(REMOTE_ADDR="192.0.2.7")
    sign_in(client)
    client.post("/accounts/sign-out/")
    for n in range(1, 21):
        sign_in(Client(REMOTE_ADDR=f"198.51.100.{n}"), "li", WRONG)
    assert sign_in(client, "li") == 429
    client.cookies["jiedao_device"] = "forged"
    assert sign_in(client) == 302  # merely an unknown browser


def test_failures_of_unknown_names_are_counted_together(person: User, settings: Any) -> None:
    settings.JIEDAO_ADDRESS_FAILURES = 0
    for n in range(25):
        sign_in(Client(), f"nobody{n}", WRONG)
    entries = Entry.objects.filter(action="accounts.session:fail").order_by("id")
    assert [entry.after for entry in entries] == [{"unknown_names_in_this_hour": n} for n in (1, 10)]


def test_an_attempt_during_the_lock_neither_prolongs_it_nor_leaves_an_entry(person: User) -> None:
    client = Client(headers=CHINESE)
    for _n in range(5):
        sign_in(client, password=WRONG)
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=12, seconds=30))
    page = client.post("/accounts/sign-in/", {"username": "wang", "password": WRONG})
    assert "请等 3 分钟再试" in page.content.decode()
    assert len(list_entries()) == 6
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=15, seconds=1))
    assert sign_in(client) == 302


def test_a_successful_sign_in_resets_the_count_of_failures(person: User) -> None:
    client = Client()
    for _round in range(2):
        for _n in range(4):
            sign_in(client, password=WRONG)
        assert sign_in(client) == 302
        client.post("/accounts/sign-out/")


def test_an_unknown_account_gets_the_same_answers_as_a_known_one(person: User) -> None:
    def read_answers(username: str) -> list[str]:
        client = Client()
        form = {"username": username, "password": WRONG}
        pages = [client.post("/accounts/sign-in/", form) for _n in range(6)]
        return [f"{page.status_code} {page.content.decode().count('role=')}" for page in pages]

    assert read_answers("wang") == read_answers("nobody-of-this-name")


@pytest.mark.parametrize(
    "goal",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "https:evil", "\\\\evil.example"],
)
def test_the_sign_in_redirects_to_no_other_site(person: User, goal: str) -> None:
    answer = Client().post("/accounts/sign-in/", {"username": "wang", "password": PASSWORD, "next": goal})
    assert answer["Location"] == "/desk/"


def test_the_sign_in_redirects_to_the_requested_page(person: User) -> None:
    form = {"username": "wang", "password": PASSWORD, "next": "/desk/cases/?q=a"}
    assert Client().post("/accounts/sign-in/", form)["Location"] == "/desk/cases/?q=a"


def test_a_sign_in_changes_the_session_key(person: User) -> None:
    client = Client()
    client.session.save()
    client.cookies["sessionid"] = planted = client.session.session_key or ""
    assert sign_in(client) == 302
    assert client.cookies["sessionid"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_deactivating_an_account_ends_its_sessions_for_good(person: User) -> None:
    from jiedao.accounts.actions import end_sessions

    client = Client()
    sign_in(client)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get("/accounts/password/").status_code == 302
    assert sign_in(Client()) == 200
    client = Client()
    User.objects.filter(pk=person.pk).update(is_active=True)
    sign_in(client)
    end_sessions(person)
    assert client.get("/accounts/password/").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "203.0.113.9", "192.0.2.7"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.9.9.9, 203.0.113.9", "203.0.113.9"),  # the client can invent the first address
        (2, "203.0.113.9, 192.0.2.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.7"),
        (1, "", "192.0.2.7"),
        (1, "unknown", "192.0.2.7"),
        (1, "2001:db8::7", "2001:db8::7"),
    ],
)
def test_behind_a_proxy_the_address_is_that_of_the_client(
    person: User, settings: object, proxies: int, header: str, address: str
) -> None:
    settings.JIEDAO_PROXIES = proxies  # type: ignore[attr-defined]
    client = Client(REMOTE_ADDR="192.0.2.7", headers={"x-forwarded-for": header})
    sign_in(client, password=WRONG)
    assert Entry.objects.get().address == address
    assert AccessAttempt.objects.get().ip_address == group_address(address)


def test_an_account_in_full_width_letters_is_the_same_account_for_every_limit(person: User) -> None:
    for n in range(1, 21):
        sign_in(Client(REMOTE_ADDR=f"198.51.100.{n}"), "ｗＡｎｇ", WRONG)
    stranger = Client(REMOTE_ADDR="198.51.100.200")
    assert [sign_in(stranger, name) for name in ("wang", "ｗａｎｇ", "　ＷＡＮＧ")] == [429] * 3


def test_the_addresses_of_an_ipv6_network_count_as_one(person: User, settings: Any) -> None:
    settings.JIEDAO_ADDRESS_FAILURES = 12
    for n in range(13):
        User.objects.create_user(f"user{n}", PASSWORD, f"用户{n}")
    answers = [sign_in(Client(REMOTE_ADDR=f"2001:db8:0:7::{n + 1:x}"), f"user{n}", WRONG) for n in range(13)]
    assert answers == [200] * 12 + [429]
    assert sign_in(Client(REMOTE_ADDR="2001:db8:0:7:ffff::1")) == 429
    assert sign_in(Client(REMOTE_ADDR="2001:db8:0:8::1")) == 302


def test_an_account_is_locked_for_an_ipv6_network(person: User) -> None:
    for n in range(5):
        last = sign_in(Client(REMOTE_ADDR=f"2001:db8::{n + 1:x}"), password=WRONG)
    page = Client(headers=CHINESE, REMOTE_ADDR="2001:db8::ff").post(
        "/accounts/sign-in/", {"username": "wang", "password": PASSWORD}
    )
    assert (last, page.status_code) == (429, 429)
    assert "请等 15 分钟再试" in page.content.decode()
    assert sign_in(Client(REMOTE_ADDR="2001:db8:0:1::1")) == 302


def test_locks_of_a_clock_that_was_ahead_do_not_last_until_then(person: User) -> None:
    with clock.at(clock.real_now() + timedelta(days=730)):
        for n in range(1, 21):
            sign_in(Client(REMOTE_ADDR=f"198.51.100.{n}"), password=WRONG)
    assert sign_in(Client(REMOTE_ADDR="198.51.100.200")) == 302
    stranger = Client(REMOTE_ADDR="198.51.100.9")
    for _n in range(5):
        sign_in(stranger, password=WRONG)
    AccessAttempt.objects.update(attempt_time=clock.now() + timedelta(days=730))
    assert sign_in(stranger) == 302
    strangers = [Client(REMOTE_ADDR=f"192.0.2.{n}") for n in range(1, 22)]
    assert [sign_in(client, password=WRONG) for client in strangers][-1] == 429  # counted anew
