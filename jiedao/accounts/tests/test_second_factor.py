"""The second factor: set up with a code and the password, asked at the sign-in, each code valid once."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from django.test import Client

from jiedao.accounts import second_factor
from jiedao.accounts.models import RecoveryCode, SecondFactor, User
from jiedao.audit.models import Entry
from jiedao.kernel import clock

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
PASSWORD = "walk round the loop"
PAGE = "/accounts/second-factor/"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


@pytest.fixture
def person() -> User:
    return User.objects.create_user("wang", PASSWORD, "王敏")


def new_client() -> Client:
    return Client(headers={"accept-language": "zh-hans"})


def enter_password(client: Client, goal: str = "") -> Any:
    return client.post("/accounts/sign-in/", {"username": "wang", "password": PASSWORD, "next": goal})


def make_code(secret: str, seconds: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(NOON.timestamp()) + seconds)


def read_secret(page: Any) -> str:
    match = re.search(r'id="secret">([A-Z2-7 ]+)<', page.content.decode())
    assert match is not None
    return match[1].replace(" ", "")


def switch_on(client: Client) -> tuple[str, list[str]]:
    """Sign in, switch the second factor on, and return its secret and the recovery codes."""
    enter_password(client)
    secret = read_secret(client.get(PAGE))
    page = client.post(PAGE, {"password": PASSWORD, "code": make_code(secret)})
    assert page.status_code == 200
    return secret, re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page.content.decode())


def enter_code(client: Client, code: str) -> int:
    return client.post("/accounts/code/", {"code": code}).status_code


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_second_factor_is_set_up_with_password_and_code(person: User) -> None:
    client = new_client()
    secret, codes = switch_on(client)
    assert len(set(codes)) == 10
    row = SecondFactor.objects.get(user=person)
    assert secret not in row.secret
    assert second_factor.decrypt_secret(row.secret) == secret
    assert not {code for code in codes if code in str(list(RecoveryCode.objects.values()))}
    assert is_signed_in(client)
    page = client.get(PAGE).content.decode()
    assert "恢复码还剩 10 个" in page
    assert secret not in page
    assert codes[0] not in page
    assert Entry.objects.filter(action="accounts.second_factor:switch_on", object_id=person.pk).count() == 1
    assert secret not in str(list(Entry.objects.values_list("before", "after")))


def test_the_qr_code_is_a_data_uri_and_stays_the_same(person: User) -> None:
    client = new_client()
    enter_password(client)
    page = client.get(PAGE)
    assert 'src="data:image/svg+xml' in page.content.decode()
    assert pyotp.parse_uri(page.context["address"]).secret == read_secret(page)
    assert read_secret(client.get(PAGE)) == read_secret(page)


@pytest.mark.parametrize(
    ("password", "code"), [("wrong password", ""), (PASSWORD, "000000"), (PASSWORD, "汉字")]
)
def test_the_second_factor_is_not_set_up_without_password_and_code(
    person: User, password: str, code: str
) -> None:
    client = new_client()
    enter_password(client)
    secret = read_secret(client.get(PAGE))
    page = client.post(PAGE, {"password": password, "code": code or make_code(secret)})
    assert page.status_code == 422
    assert read_secret(page) == secret
    assert not SecondFactor.objects.exists()


def test_switching_the_second_factor_on_ends_the_other_sessions(person: User) -> None:
    other_client = new_client()
    enter_password(other_client)
    switch_on(new_client())
    assert other_client.get(PAGE).status_code == 302


def test_the_password_alone_does_not_sign_a_user_in(person: User) -> None:
    switch_on(new_client())
    client = new_client()
    answer = enter_password(client, "/desk/board/")
    assert answer["Location"] == "/accounts/code/?next=%2Fdesk%2Fboard%2F"
    assert not is_signed_in(client)
    assert client.get("/desk/")["Location"].startswith("/accounts/sign-in/")


def test_the_code_signs_in_and_leads_to_the_requested_page(person: User) -> None:
    secret, _codes = switch_on(new_client())
    client = new_client()
    enter_password(client)
    answer = client.post("/accounts/code/", {"code": make_code(secret, 30), "next": "/desk/board/"})
    assert answer["Location"] == "/desk/board/"
    entry = Entry.objects.filter(action="accounts.session:sign_in").order_by("-id")[0]
    assert entry.after == {"how": "CODE"}


def test_the_code_page_leads_to_no_other_site(person: User) -> None:
    secret, _codes = switch_on(new_client())
    client = new_client()
    enter_password(client, "https://evil.example/")
    answer = client.post("/accounts/code/", {"code": make_code(secret, 30), "next": "https://evil.example/"})
    assert answer["Location"] == "/desk/"


def test_a_used_code_and_older_codes_are_refused(person: User) -> None:
    secret, _codes = switch_on(new_client())
    client = new_client()
    enter_password(client)
    assert enter_code(client, make_code(secret)) == 422  # switched on with it
    assert enter_code(client, make_code(secret, -30)) == 422
    assert enter_code(client, make_code(secret, 30)) == 302
    second_client = new_client()
    enter_password(second_client)
    assert enter_code(second_client, make_code(secret, 30)) == 422


@pytest.mark.parametrize(("seconds", "status"), [(-60, 422), (30, 302), (60, 422)])
def test_a_clock_may_be_off_by_half_a_minute(person: User, seconds: int, status: int) -> None:
    secret, _codes = switch_on(new_client())
    client = new_client()
    enter_password(client)
    assert enter_code(client, make_code(secret, seconds)) == status


def test_a_code_is_read_in_full_width_and_with_blanks(person: User) -> None:
    secret, _codes = switch_on(new_client())
    client = new_client()
    enter_password(client)
    code = make_code(secret, 30)
    wide = "".join(chr(ord(figure) + 0xFEE0) for figure in code)
    assert enter_code(client, f" {wide[:3]} {wide[3:]} ") == 302


def test_five_wrong_codes_lock_whatever_the_address(person: User) -> None:
    secret, codes = switch_on(new_client())
    statuses = []
    for number in range(5):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}", headers={"accept-language": "zh-hans"})
        enter_password(client)
        statuses.append(enter_code(client, "000000"))
    assert statuses == [422] * 4 + [429]
    assert enter_code(client, make_code(secret, 30)) == 429
    page = client.post("/accounts/code/?recovery=1", {"code": codes[0]})
    assert page.status_code == 429
    assert "请等 15 分钟再试" in page.content.decode()
    assert Entry.objects.filter(action="accounts.second_factor:fail").count() == 5
    assert Entry.objects.filter(action="accounts.second_factor:lock").count() == 1
    with clock.at(NOON + timedelta(minutes=16)):
        enter_password(client)
        assert enter_code(client, make_code(secret, 16 * 60)) == 302


def test_a_recovery_code_is_valid_once_and_the_page_shows_how_many_are_left(person: User) -> None:
    _secret, codes = switch_on(new_client())
    client = new_client()
    enter_password(client)
    answer = client.post("/accounts/code/?recovery=1", {"code": codes[3].upper().replace("-", " ")})
    assert answer.status_code == 302
    assert "还剩 9 个" in client.get("/accounts/password/").content.decode()
    second_client = new_client()
    enter_password(second_client)
    assert enter_code(second_client, codes[3]) == 422


def test_a_recovery_code_of_another_user_is_refused(person: User) -> None:
    switch_on(new_client())
    other_user = User.objects.create_user("li", PASSWORD, "李强")
    factor = SecondFactor.objects.create(
        user=other_user, secret=second_factor.encrypt_secret("A" * 32), last_step=0
    )
    code = second_factor.make_recovery_codes()[0]
    RecoveryCode.objects.create(factor=factor, digest=second_factor.hash_recovery_code(other_user.pk, code))
    client = new_client()
    enter_password(client)
    assert enter_code(client, code) == 422


def test_the_code_page_needs_a_password_of_the_last_ten_minutes(person: User) -> None:
    secret, _codes = switch_on(new_client())
    assert new_client().get("/accounts/code/")["Location"] == "/accounts/sign-in/"
    client = new_client()
    enter_password(client)
    with clock.at(NOON + timedelta(minutes=11)):
        answer = client.post("/accounts/code/", {"code": make_code(secret, 660)})
    assert answer["Location"] == "/accounts/sign-in/"
    assert not is_signed_in(client)


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}, {"session_epoch": 9}])
def test_a_sign_in_without_its_code_ends_when_the_account_changes(
    person: User, change: dict[str, Any]
) -> None:
    secret, _codes = switch_on(new_client())
    client = new_client()
    enter_password(client)
    User.objects.filter(pk=person.pk).update(**change)
    assert client.post("/accounts/code/", {"code": make_code(secret, 30)})["Location"] == "/accounts/sign-in/"
    assert not is_signed_in(client)


def test_the_second_factor_is_switched_off_only_with_password_and_code(person: User) -> None:
    client = new_client()
    secret, codes = switch_on(client)
    off = PAGE + "off/"
    assert client.post(off, {"password": "wrong password", "code": codes[0]}).status_code == 422
    assert client.post(off, {"password": PASSWORD, "code": "000000"}).status_code == 422
    assert client.post(off, {"password": PASSWORD, "code": make_code(secret)}).status_code == 422
    assert SecondFactor.objects.exists()
    assert client.post(off, {"password": PASSWORD, "code": codes[0]})["Location"] == PAGE
    assert not SecondFactor.objects.exists()
    assert Entry.objects.filter(action="accounts.second_factor:switch_off", user_id=person.pk).count() == 1
    assert is_signed_in(client)
    assert client.get(PAGE).status_code == 200
    assert enter_password(new_client())["Location"] == "/desk/"


def test_new_recovery_codes_end_the_old_ones(person: User) -> None:
    client = new_client()
    secret, codes = switch_on(client)
    page = client.post(PAGE + "codes/", {"password": PASSWORD, "code": make_code(secret, 30)})
    new_codes = re.findall(r"<code>([a-z2-9-]{11})</code>", page.content.decode())
    assert len(new_codes) == 10
    second_client = new_client()
    enter_password(second_client)
    assert enter_code(second_client, codes[0]) == 422
    assert enter_code(second_client, new_codes[0]) == 302


def test_the_browser_does_not_store_pages_with_secrets(person: User) -> None:
    client = new_client()
    enter_password(client)
    assert "no-store" in client.get(PAGE)["Cache-Control"]
    secret = read_secret(client.get(PAGE))
    assert "no-store" in client.post(PAGE, {"password": PASSWORD, "code": make_code(secret)})["Cache-Control"]


@pytest.mark.parametrize("part", ["off/", "codes/"])
def test_the_address_of_a_form_redirects_to_the_page(person: User, part: str) -> None:
    client = new_client()
    switch_on(client)
    assert client.get(PAGE + part)["Location"] == PAGE


def test_codes_and_locks_of_a_clock_that_was_ahead_do_not_shut_the_user_out(person: User) -> None:
    secret, _codes = switch_on(new_client())
    factor = SecondFactor.objects.get(user=person)
    factor.last_step = int((NOON + timedelta(days=730)).timestamp()) // 30
    factor.locked_until = NOON + timedelta(days=730)
    factor.save()
    client = new_client()
    enter_password(client)
    assert enter_code(client, make_code(secret)) == 302
    again = new_client()
    enter_password(again)
    assert enter_code(again, make_code(secret)) == 422  # each code is valid once, as ever
