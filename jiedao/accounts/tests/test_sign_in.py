"""Signing in: audit entries, locks and redirects."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.kernel import clock

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
    assert (unknown.object_id, unknown.after) == (None, {"username": "my***"})
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
    assert AccessAttempt.objects.get().ip_address == address
