"""The second factor: set up with a code and the password, asked at the door, each code good for once."""

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


def give_password(client: Client, goal: str = "") -> Any:
    return client.post("/accounts/sign-in/", {"username": "wang", "password": PASSWORD, "next": goal})


def code_at(secret: str, seconds: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(NOON.timestamp()) + seconds)


def secret_on(page: Any) -> str:
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page.content.decode())
    assert found is not None
    return found[1].replace(" ", "")


def switched_on(client: Client) -> tuple[str, list[str]]:
    """Sign in, switch the second factor on, and return its secret and the recovery codes."""
    give_password(client)
    secret = secret_on(client.get(PAGE))
    page = client.post(PAGE, {"password": PASSWORD, "code": code_at(secret)})
    assert page.status_code == 200
    return secret, re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page.content.decode())


def enter(client: Client, code: str) -> int:
    return client.post("/accounts/code/", {"code": code}).status_code


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_it_is_set_up_with_a_picture_a_key_the_password_and_a_code(person: User) -> None:
    client = new_client()
    secret, codes = switched_on(client)
    assert len(set(codes)) == 10
    row = SecondFactor.objects.get(user=person)
    assert secret not in row.secret
    assert second_factor.unseal(row.secret) == secret
    assert not {code for code in codes if code in str(list(RecoveryCode.objects.values()))}
    assert signed_in(client)
    page = client.get(PAGE).content.decode()
    assert "恢复码还剩 10 个" in page
    assert secret not in page
    assert codes[0] not in page
    assert Entry.objects.filter(action="accounts.second_factor:switch_on", object_id=person.pk).count() == 1
    assert secret not in str(list(Entry.objects.values_list("before", "after")))


def test_the_picture_is_data_of_the_page_and_holds_the_address(person: User) -> None:
    client = new_client()
    give_password(client)
    page = client.get(PAGE)
    assert 'src="data:image/svg+xml' in page.content.decode()
    assert pyotp.parse_uri(page.context["address"]).secret == secret_on(page)
    assert secret_on(client.get(PAGE)) == secret_on(page)


@pytest.mark.parametrize(
    ("password", "code"), [("wrong password", ""), (PASSWORD, "000000"), (PASSWORD, "汉字")]
)
def test_it_is_not_set_up_without_password_and_code(person: User, password: str, code: str) -> None:
    client = new_client()
    give_password(client)
    secret = secret_on(client.get(PAGE))
    page = client.post(PAGE, {"password": password, "code": code or code_at(secret)})
    assert page.status_code == 422
    assert secret_on(page) == secret
    assert not SecondFactor.objects.exists()


def test_switching_it_on_ends_the_other_sessions(person: User) -> None:
    other = new_client()
    give_password(other)
    switched_on(new_client())
    assert other.get(PAGE).status_code == 302


def test_the_password_alone_opens_nothing(person: User) -> None:
    switched_on(new_client())
    client = new_client()
    answer = give_password(client, "/desk/board/")
    assert answer["Location"] == "/accounts/code/?next=%2Fdesk%2Fboard%2F"
    assert not signed_in(client)
    assert client.get("/desk/")["Location"].startswith("/accounts/sign-in/")


def test_the_code_opens_and_leads_where_the_person_wanted(person: User) -> None:
    secret, _codes = switched_on(new_client())
    client = new_client()
    give_password(client)
    answer = client.post("/accounts/code/", {"code": code_at(secret, 30), "next": "/desk/board/"})
    assert answer["Location"] == "/desk/board/"
    entry = Entry.objects.filter(action="accounts.session:sign_in").order_by("-id")[0]
    assert entry.after == {"how": "CODE"}


def test_the_code_page_leads_to_no_other_site(person: User) -> None:
    secret, _codes = switched_on(new_client())
    client = new_client()
    give_password(client, "https://evil.example/")
    answer = client.post("/accounts/code/", {"code": code_at(secret, 30), "next": "https://evil.example/"})
    assert answer["Location"] == "/desk/"


def test_a_code_counts_once_and_an_older_one_no_more(person: User) -> None:
    secret, _codes = switched_on(new_client())
    client = new_client()
    give_password(client)
    assert enter(client, code_at(secret)) == 422  # switched on with it
    assert enter(client, code_at(secret, -30)) == 422
    assert enter(client, code_at(secret, 30)) == 302
    again = new_client()
    give_password(again)
    assert enter(again, code_at(secret, 30)) == 422


@pytest.mark.parametrize(("seconds", "status"), [(-60, 422), (30, 302), (60, 422)])
def test_a_clock_may_be_off_by_half_a_minute(person: User, seconds: int, status: int) -> None:
    secret, _codes = switched_on(new_client())
    client = new_client()
    give_password(client)
    assert enter(client, code_at(secret, seconds)) == status


def test_a_code_is_read_in_full_width_and_with_blanks(person: User) -> None:
    secret, _codes = switched_on(new_client())
    client = new_client()
    give_password(client)
    code = code_at(secret, 30)
    wide = "".join(chr(ord(figure) + 0xFEE0) for figure in code)
    assert enter(client, f" {wide[:3]} {wide[3:]} ") == 302


def test_five_wrong_codes_lock_whatever_the_address(person: User) -> None:
    secret, codes = switched_on(new_client())
    statuses = []
    for number in range(5):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}", headers={"accept-language": "zh-hans"})
        give_password(client)
        statuses.append(enter(client, "000000"))
    assert statuses == [422] * 4 + [429]
    assert enter(client, code_at(secret, 30)) == 429
    page = client.post("/accounts/code/?recovery=1", {"code": codes[0]})
    assert page.status_code == 429
    assert "请等 15 分钟再试" in page.content.decode()
    assert Entry.objects.filter(action="accounts.second_factor:fail").count() == 5
    assert Entry.objects.filter(action="accounts.second_factor:lock").count() == 1
    with clock.at(NOON + timedelta(minutes=16)):
        give_password(client)
        assert enter(client, code_at(secret, 16 * 60)) == 302


def test_a_recovery_code_opens_once_and_says_how_many_are_left(person: User) -> None:
    _secret, codes = switched_on(new_client())
    client = new_client()
    give_password(client)
    answer = client.post("/accounts/code/?recovery=1", {"code": codes[3].upper().replace("-", " ")})
    assert answer.status_code == 302
    assert "还剩 9 个" in client.get("/accounts/password/").content.decode()
    again = new_client()
    give_password(again)
    assert enter(again, codes[3]) == 422


def test_a_recovery_code_of_somebody_else_opens_nothing(person: User) -> None:
    switched_on(new_client())
    other = User.objects.create_user("li", PASSWORD, "李强")
    row = SecondFactor.objects.create(user=other, secret=second_factor.seal("A" * 32), last_step=0)
    code = second_factor.new_recovery_codes()[0]
    RecoveryCode.objects.create(factor=row, digest=second_factor.recovery_digest(other.pk, code))
    client = new_client()
    give_password(client)
    assert enter(client, code) == 422


def test_the_code_page_is_closed_without_the_password_and_ten_minutes_after_it(person: User) -> None:
    secret, _codes = switched_on(new_client())
    assert new_client().get("/accounts/code/")["Location"] == "/accounts/sign-in/"
    client = new_client()
    give_password(client)
    with clock.at(NOON + timedelta(minutes=11)):
        answer = client.post("/accounts/code/", {"code": code_at(secret, 660)})
    assert answer["Location"] == "/accounts/sign-in/"
    assert not signed_in(client)


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}, {"session_epoch": 9}])
def test_the_half_open_door_closes_when_the_account_changes(person: User, change: dict[str, Any]) -> None:
    secret, _codes = switched_on(new_client())
    client = new_client()
    give_password(client)
    User.objects.filter(pk=person.pk).update(**change)
    assert client.post("/accounts/code/", {"code": code_at(secret, 30)})["Location"] == "/accounts/sign-in/"
    assert not signed_in(client)


def test_it_is_switched_off_with_password_and_code_alone(person: User) -> None:
    client = new_client()
    secret, codes = switched_on(client)
    off = PAGE + "off/"
    assert client.post(off, {"password": "wrong password", "code": codes[0]}).status_code == 422
    assert client.post(off, {"password": PASSWORD, "code": "000000"}).status_code == 422
    assert client.post(off, {"password": PASSWORD, "code": code_at(secret)}).status_code == 422
    assert SecondFactor.objects.exists()
    assert client.post(off, {"password": PASSWORD, "code": codes[0]})["Location"] == PAGE
    assert not SecondFactor.objects.exists()
    assert Entry.objects.filter(action="accounts.second_factor:switch_off", user_id=person.pk).count() == 1
    assert signed_in(client)
    assert client.get(PAGE).status_code == 200
    assert give_password(new_client())["Location"] == "/desk/"


def test_new_recovery_codes_end_the_old_ones(person: User) -> None:
    client = new_client()
    secret, codes = switched_on(client)
    page = client.post(PAGE + "codes/", {"password": PASSWORD, "code": code_at(secret, 30)})
    fresh = re.findall(r"<code>([a-z2-9-]{11})</code>", page.content.decode())
    assert len(fresh) == 10
    door = new_client()
    give_password(door)
    assert enter(door, codes[0]) == 422
    assert enter(door, fresh[0]) == 302


def test_pages_with_secrets_are_not_kept_by_the_browser(person: User) -> None:
    client = new_client()
    give_password(client)
    assert "no-store" in client.get(PAGE)["Cache-Control"]
    secret = secret_on(client.get(PAGE))
    assert "no-store" in client.post(PAGE, {"password": PASSWORD, "code": code_at(secret)})["Cache-Control"]


@pytest.mark.parametrize("part", ["off/", "codes/"])
def test_an_address_of_a_form_opened_by_itself_leads_to_the_page(person: User, part: str) -> None:
    client = new_client()
    switched_on(client)
    assert client.get(PAGE + part)["Location"] == PAGE
