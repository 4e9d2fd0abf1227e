"""Sign-in with the office's own account, against a provider that the test starts, through the real pages."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.sessions.models import Session
from django.test import Client

from jiedao.accounts import second_factor
from jiedao.accounts.models import ProviderAccount, SecondFactor, User
from jiedao.accounts.oidc.provider import forget_provider
from jiedao.accounts.tests.provider import CLIENT_ID, SECRET, Provider, encode, run_provider
from jiedao.audit.models import Entry
from jiedao.environment import OidcSettings
from jiedao.kernel import clock

pytestmark = pytest.mark.django_db
PASSWORD = "walk round the loop"
SIGN_IN, BEGIN, RETURN = "/accounts/sign-in/", "/accounts/office/", "/accounts/office/return/"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with run_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider, settings: Any) -> Provider:
    """Return the provider in its first state, and configure it."""
    fresh = Provider(running.address)
    fresh.rsa_key, fresh.ec_key = running.rsa_key, running.ec_key
    running.__dict__.update({**fresh.__dict__, "sign": running.sign_rs256})
    forget_provider()
    settings.JIEDAO_OIDC = OidcSettings(running.address, CLIENT_ID, SECRET)
    return running


@pytest.fixture
def person() -> User:
    return User.objects.create_user("wang", PASSWORD, "王敏")


@pytest.fixture
def linked(person: User, provider: Provider) -> User:
    ProviderAccount.objects.create(issuer=provider.address, subject="u-1001", user=person)
    return person


def new_client() -> Client:
    return Client(headers={"accept-language": "zh-hans"})


def begin(client: Client, goal: str = "") -> str:
    """Press the button; return the provider's address to which the browser is sent."""
    answer = client.get(BEGIN, {"next": goal} if goal else {})
    assert answer.status_code == 302
    return answer["Location"]


def sign_in(client: Client, provider: Provider, goal: str = "") -> Any:
    return client.get(provider.authorize(begin(client, goal)))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def read_refusal(client: Client, answer: Any) -> str:
    """Return the sign-in page to which a refusal leads."""
    assert answer.status_code == 302
    assert answer["Location"].startswith(SIGN_IN)
    assert not is_signed_in(client)
    return client.get(answer["Location"]).content.decode()


def configure(settings: Any, **changes: Any) -> None:
    settings.JIEDAO_OIDC = replace(settings.JIEDAO_OIDC, **changes)


# -- the way that works ----------------------------------------------------------------------------------------------


def test_a_linked_account_signs_in_and_sees_the_page_that_was_wanted(
    linked: User, provider: Provider
) -> None:
    client = new_client()
    assert 'href="/accounts/office/?next=%2Fdesk%2Fboard%2F"' in (
        client.get(SIGN_IN, {"next": "/desk/board/"}).content.decode()
    )
    answer = sign_in(client, provider, "/desk/board/")
    assert answer["Location"] == "/desk/board/"
    assert client.session["_auth_user_id"] == str(linked.pk)
    entry = Entry.objects.filter(action="accounts.session:sign_in").get()
    assert entry.after == {"how": "PROVIDER", "provider": provider.address}
    assert entry.object_id == linked.pk


def test_es256_is_accepted(linked: User, provider: Provider) -> None:
    provider.sign = provider.sign_es256
    client = new_client()
    sign_in(client, provider)
    assert is_signed_in(client)


def test_the_session_has_a_new_key_and_nothing_of_the_sign_in_left(linked: User, provider: Provider) -> None:
    client = new_client()
    address = begin(client)
    key_before = client.session.session_key
    client.get(provider.authorize(address))
    assert client.session.session_key != key_before
    assert not Session.objects.filter(session_key=key_before).exists()
    assert client.session["office_sign_ins"] == {}


def test_the_session_ends_when_idle_like_any_other(linked: User, provider: Provider) -> None:
    client = new_client()
    sign_in(client, provider)
    with clock.at(datetime.now(UTC) + timedelta(minutes=40)):
        assert client.get("/accounts/password/").status_code == 302


def test_new_keys_of_the_provider_are_read_at_once(linked: User, provider: Provider) -> None:
    sign_in(new_client(), provider)
    old_key = provider.rsa_key
    try:
        provider.rsa_key, provider.key_id = rsa.generate_private_key(65537, 2048), "k2"
        client = new_client()
        sign_in(client, provider)
        assert is_signed_in(client)
    finally:
        provider.rsa_key = old_key


def test_a_user_without_a_post_sees_the_page_that_states_it(linked: User, provider: Provider) -> None:
    client = new_client()
    answer = sign_in(client, provider)
    page = client.get(answer["Location"], follow=True)
    assert "还没有岗位" in page.content.decode()


def test_a_first_password_need_not_be_changed_by_a_user_who_does_not_use_it(
    linked: User, provider: Provider
) -> None:
    User.objects.update(must_change_password=True)
    client = new_client()
    sign_in(client, provider)
    assert client.get("/desk/").status_code != 302


def test_it_is_off_by_default(person: User) -> None:
    client = new_client()
    assert client.get(BEGIN).status_code == 404
    assert client.get(RETURN, {"code": "x", "state": "y"}).status_code == 404
    assert "/accounts/office/" not in client.get(SIGN_IN).content.decode()


# -- whose account it is ---------------------------------------------------------------------------------------------


def test_an_unknown_account_waits_for_an_administrator(person: User, provider: Provider) -> None:
    client = new_client()
    page = read_refusal(client, sign_in(client, provider))
    account = ProviderAccount.objects.get()
    assert account.user is None
    assert (account.subject, account.label) == ("u-1001", "王敏 · wang")
    assert f"请把登记号 {account.pk} 告诉" in page
    assert "没有关联" not in client.get(SIGN_IN).content.decode()  # the message is shown once
    read_refusal(client, sign_in(client, provider))
    assert Entry.objects.filter(action="accounts.provider:wait").count() == 1
    assert User.objects.count() == 1


def test_a_claim_links_at_the_first_sign_in_only_where_it_is_configured(
    person: User, provider: Provider, settings: Any
) -> None:
    configure(settings, match_claim="preferred_username")
    client = new_client()
    sign_in(client, provider)
    assert is_signed_in(client)
    assert ProviderAccount.objects.get().user == person
    assert Entry.objects.filter(action="accounts.provider:match", object_id=person.pk).count() == 1
    provider.claims = {"sub": "u-2002", "preferred_username": "wang"}  # another person with the same name
    other = new_client()
    read_refusal(other, sign_in(other, provider))


def test_strangers_of_a_large_provider_do_not_fill_the_table(
    person: User, provider: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jiedao.accounts.oidc.links.MOST_WAITING", 1)
    configure(settings, match_claim="preferred_username")
    for number in range(2):
        provider.claims = {"sub": f"stranger-{number}"}
        client = new_client()
        assert "还没有关联" in read_refusal(client, sign_in(client, provider))
    assert list(ProviderAccount.objects.values_list("subject", flat=True)) == ["stranger-0"]
    provider.claims = {"sub": "u-1001", "preferred_username": "wang"}
    client = new_client()
    sign_in(client, provider)
    assert is_signed_in(client)
    assert Entry.objects.filter(action="accounts.provider:wait").count() == 1
    with clock.at(datetime.now(UTC) + timedelta(days=31)):
        client = new_client()
        provider.claims = {"sub": "stranger-2", "iat": int(clock.real_now().timestamp())}
        provider.claims["exp"] = provider.claims["iat"] + 300
        sign_in(client, provider)
    assert set(ProviderAccount.objects.values_list("subject", flat=True)) == {"u-1001", "stranger-2"}


@pytest.mark.parametrize("verified", [False, "true", None])
def test_an_address_that_is_not_verified_links_nothing(
    provider: Provider, settings: Any, verified: object
) -> None:
    User.objects.create_user("wang@example.org", PASSWORD, "王敏")
    configure(settings, match_claim="email")
    provider.claims = {"sub": "u-1001", "email": "wang@example.org", "email_verified": verified}
    client = new_client()
    read_refusal(client, sign_in(client, provider))


def test_an_account_that_is_switched_off_does_not_sign_in(linked: User, provider: Provider) -> None:
    User.objects.update(is_active=False)
    client = new_client()
    assert "该账号已停用" in read_refusal(client, sign_in(client, provider))


# -- the second factor -----------------------------------------------------------------------------------------------


def switch_on_second_factor(user: User) -> str:
    secret = second_factor.make_secret()
    SecondFactor.objects.create(user=user, secret=second_factor.encrypt_secret(secret), last_step=0)
    return secret


def test_the_own_second_factor_follows(linked: User, provider: Provider) -> None:
    secret = switch_on_second_factor(linked)
    provider.claims["amr"] = ["pwd", "otp"]  # not trusted
    client = new_client()
    answer = sign_in(client, provider, "/desk/board/")
    assert answer["Location"] == "/accounts/code/?next=%2Fdesk%2Fboard%2F"
    assert not is_signed_in(client)
    client.post("/accounts/code/", {"code": pyotp.TOTP(secret).now()})
    assert is_signed_in(client)
    entry = Entry.objects.filter(action="accounts.session:sign_in").get()
    assert entry.after == {"how": "CODE", "provider": provider.address}


@pytest.mark.parametrize(
    ("claims", "trusted"),
    [
        ({"amr": ["pwd", "hwk"]}, True),
        ({"acr": "level-2"}, True),
        ({"amr": "hwk"}, False),
        ({"acr": ["level-2"]}, False),
        ({"amr": ["pwd"], "acr": "level-1"}, False),
        ({}, False),
    ],
)
def test_the_second_factor_of_the_provider_counts_where_it_is_trusted(
    linked: User, provider: Provider, settings: Any, claims: dict[str, Any], trusted: bool
) -> None:
    switch_on_second_factor(linked)
    configure(settings, trusted_amr=("hwk",), trusted_acr=("level-2",))
    provider.claims |= claims
    client = new_client()
    sign_in(client, provider)
    assert is_signed_in(client) is trusted


# -- attacks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": "汉字"},
        {"aud": "another"},
        {"aud": [CLIENT_ID, "another"]},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"azp": "another"},
        {"iss": "https://provider.example.org"},
        {"sub": ""},
        {"sub": None},
        {"sub": "u-1001\x00"},
        {"exp": None},
        {"exp": "2999-01-01"},
        {"exp": float("nan")},
        {"exp": 10**400},
        {"iat": True},
    ],
)
def test_a_token_with_wrong_claims_is_refused(
    linked: User, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    client = new_client()
    assert "登录凭证不可信" in read_refusal(client, sign_in(client, provider))
    assert Entry.objects.filter(action="accounts.session:fail").get().after["why"] == "TOKEN"


def sign_none(provider: Provider, claims: dict[str, Any]) -> str:
    return provider.build_signed({"alg": "none"}, claims) + "."


def sign_with_public_key(provider: Provider, claims: dict[str, Any]) -> str:
    """Sign by HMAC with the public key as the secret, which a library that trusts the header accepts."""
    signed = provider.build_signed({"alg": "HS256", "kid": provider.key_id}, claims)
    key = provider.rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return f"{signed}.{encode(hmac.digest(key, signed.encode(), 'sha256'))}"


def sign_with_client_secret(provider: Provider, claims: dict[str, Any]) -> str:
    signed = provider.build_signed({"alg": "HS256"}, claims)
    return f"{signed}.{encode(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest())}"


def sign_with_another_key(provider: Provider, claims: dict[str, Any]) -> str:
    forger = Provider(provider.address)
    return forger.sign_rs256(claims)


def change_after_signing(provider: Provider, claims: dict[str, Any]) -> str:
    header, _content, signature = provider.sign_rs256(claims).split(".")
    changed = provider.build_signed({}, {**claims, "sub": "u-1001", "name": "另一人"}).split(".")[1]
    return f"{header}.{changed}.{signature}"


def remove_signature(provider: Provider, claims: dict[str, Any]) -> str:
    return provider.sign_rs256(claims).rpartition(".")[0] + "."


def confuse_key_types(provider: Provider, claims: dict[str, Any]) -> str:
    """Name the RSA key in the header of an ES256 token."""
    return (
        provider.build_signed({"alg": "ES256", "kid": provider.key_id}, claims) + "." + encode(b"\x00" * 64)
    )


def sign_es256_with_zeros(provider: Provider, claims: dict[str, Any]) -> str:
    return provider.build_signed({"alg": "ES256", "kid": "e1"}, claims) + "." + encode(b"\x00" * 64)


def write_no_token(provider: Provider, claims: dict[str, Any]) -> str:
    return "汉.字.!"


@pytest.mark.parametrize(
    "forge",
    [
        sign_none,
        sign_with_public_key,
        sign_with_client_secret,
        sign_with_another_key,
        change_after_signing,
        remove_signature,
        confuse_key_types,
        sign_es256_with_zeros,
        write_no_token,
    ],
)
def test_a_forged_token_is_refused(linked: User, provider: Provider, forge: Any) -> None:
    provider.sign = lambda claims: forge(provider, claims)
    client = new_client()
    assert "登录凭证不可信" in read_refusal(client, sign_in(client, provider))


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [({"exp": -61}, False), ({"exp": -50}, True), ({"iat": 50}, True), ({"iat": 70}, False)],
)
def test_the_clocks_may_differ_by_a_minute(
    linked: User, provider: Provider, seconds: dict[str, int], accepted: bool
) -> None:
    provider.claims |= {name: int(time.time()) + value for name, value in seconds.items()}
    client = new_client()
    answer = sign_in(client, provider)
    assert is_signed_in(client) is accepted
    if not accepted:
        assert "时间对不上" in read_refusal(client, answer)


def test_an_answer_is_good_once(linked: User, provider: Provider) -> None:
    client = new_client()
    address = provider.authorize(begin(client))
    client.get(address)
    client.post("/accounts/sign-out/")
    assert "这次登录已经过期" in read_refusal(client, client.get(address))


def test_a_state_is_good_for_one_attempt(linked: User, provider: Provider) -> None:
    client = new_client()
    address = provider.authorize(begin(client))
    provider.answers["/token"] = 503, b""
    assert "没有回应" in read_refusal(client, client.get(address))
    provider.answers.clear()
    assert "这次登录已经过期" in read_refusal(client, client.get(address))


def test_a_replayed_code_is_refused_under_a_new_state(linked: User, provider: Provider) -> None:
    client = new_client()
    first = parse_qs(urlsplit(provider.authorize(begin(client))).query)
    client.get(RETURN, {"code": first["code"][0], "state": first["state"][0]})
    thief = new_client()
    state = parse_qs(urlsplit(begin(thief)).query)["state"][0]
    page = read_refusal(thief, thief.get(RETURN, {"code": first["code"][0], "state": state}))
    assert "没有确认这次登录" in page


def test_a_stolen_code_is_worth_nothing_without_the_verifier(linked: User, provider: Provider) -> None:
    stolen = parse_qs(urlsplit(provider.authorize(begin(new_client()))).query)["code"][0]
    thief = new_client()
    state = parse_qs(urlsplit(begin(thief)).query)["state"][0]
    assert "没有确认这次登录" in read_refusal(thief, thief.get(RETURN, {"code": stolen, "state": state}))


def test_the_answer_belongs_to_the_browser_that_began(linked: User, provider: Provider) -> None:
    address = provider.authorize(begin(new_client()))
    victim = new_client()
    assert "这次登录已经过期" in read_refusal(victim, victim.get(address))
    assert "/token" not in provider.requests


def test_a_state_is_good_for_ten_minutes(linked: User, provider: Provider) -> None:
    client = new_client()
    address = provider.authorize(begin(client))
    with clock.at(datetime.now(UTC) + timedelta(minutes=11)):
        assert "这次登录已经过期" in read_refusal(client, client.get(address))


def test_an_answer_of_another_issuer_is_refused(linked: User, provider: Provider) -> None:
    client = new_client()
    address = provider.authorize(begin(client)) + "&iss=https%3A%2F%2Fevil.example"
    assert "这次登录已经过期" in read_refusal(client, client.get(address))
    provider.discovery["authorization_response_iss_parameter_supported"] = True
    forget_provider()
    read_refusal(client, sign_in(client, provider))


@pytest.mark.parametrize(
    "goal", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
def test_the_way_back_stays_on_this_site(linked: User, provider: Provider, goal: str) -> None:
    assert sign_in(new_client(), provider, goal)["Location"] == "/desk/"


def test_an_address_with_too_many_failures_pauses_for_unknown_browsers(
    linked: User, provider: Provider, settings: Any
) -> None:
    settings.JIEDAO_ADDRESS_FAILURES = 3
    known = new_client()
    sign_in(known, provider)
    known.post("/accounts/sign-out/")
    stranger = new_client()
    for _attempt in range(3):
        stranger.get(RETURN, {"code": "x", "state": "y"})
    paused = stranger.get(BEGIN)
    assert paused.status_code == 429
    assert "请等 15 分钟再试" in paused.content.decode()
    sign_in(known, provider)
    assert is_signed_in(known)
    assert new_client().post(SIGN_IN, {"username": "wang", "password": PASSWORD}).status_code == 302


def test_sign_ins_that_are_begun_without_end_do_not_fill_the_table_of_sessions(
    linked: User, provider: Provider, settings: Any
) -> None:
    settings.JIEDAO_ADDRESS_FAILURES = 1
    known = new_client()
    sign_in(known, provider)
    known.post("/accounts/sign-out/")
    before = Session.objects.count()
    answers = [new_client().get(BEGIN) for _attempt in range(30)]
    # The known browser was unknown when it began for the first time.
    assert [answer.status_code for answer in answers] == [302] * 19 + [429] * 11
    assert "请等 15 分钟再试" in answers[-1].content.decode()
    assert Session.objects.count() == before + 19
    sign_in(known, provider)
    assert is_signed_in(known)


# -- faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words"),
    [("access_denied", "登录已取消"), ("server_error", "没有让您登录"), ("\x00汉", "没有让您登录")],
)
def test_a_refusal_of_the_provider_is_shown_in_words(provider: Provider, error: str, words: str) -> None:
    client = new_client()
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    assert words in read_refusal(client, client.get(RETURN, {"error": error, "state": state}))


@pytest.mark.parametrize(
    ("path", "answered", "words"),
    [
        ("/.well-known/openid-configuration", (503, b""), "没有回应"),
        ("/.well-known/openid-configuration", (404, b""), "没有配置好"),
        ("/.well-known/openid-configuration", (200, b"<html>"), "没有配置好"),
        ("/.well-known/openid-configuration", (200, b"[" * 100_000), "没有配置好"),
        ("/.well-known/openid-configuration", (200, b" " * 600_000), "没有回应"),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "https://evil.example"}'), "没有配置好"),
        ("/token", (500, b""), "没有回应"),
        ("/token", (302, b""), "没有配置好"),
        ("/token", (401, b'{"error": "invalid_client"}'), "没有配置好"),
        ("/token", (400, b"[]"), "没有配置好"),
        ("/token", (200, b"{}"), "凭证不可信"),
        ("/keys", (200, b"{}"), "没有配置好"),
        ("/keys", (200, b'{"keys": [1, null, {"kty": "RSA"}]}'), "凭证不可信"),
        ("/keys", (200, b'{"keys": [{"kty": "RSA", "kid": "k1", "n": "AQ", "e": "AA"}]}'), "凭证不可信"),
    ],
)
def test_faults_of_the_provider_are_shown_in_words(
    linked: User, provider: Provider, path: str, answered: tuple[int, bytes], words: str
) -> None:
    provider.answers[path] = answered
    client = new_client()
    answer = client.get(BEGIN)
    if not answer["Location"].startswith(SIGN_IN):
        answer = client.get(provider.authorize(answer["Location"]))
    assert words in read_refusal(client, answer)


@pytest.mark.parametrize(
    "address",
    ["http://provider.example.org/a", "https://[", "ftp://x", "https://x/\r\nSet-Cookie: a", 7, None],
)
def test_the_browser_is_sent_to_a_usable_address_only(provider: Provider, address: object) -> None:
    provider.discovery["authorization_endpoint"] = address
    client = new_client()
    assert "没有配置好" in read_refusal(client, client.get(BEGIN))


def test_passwords_still_work_while_the_provider_is_away(
    linked: User, provider: Provider, settings: Any
) -> None:
    configure(settings, issuer="http://127.0.0.1:9")
    client = new_client()
    assert "单位账号系统没有回应" in read_refusal(client, client.get(BEGIN))
    assert client.post(SIGN_IN, {"username": "wang", "password": PASSWORD}).status_code == 302


# -- the end, and passwords ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offered", [True, False])
def test_signing_out_offers_to_sign_out_at_the_provider(
    linked: User, provider: Provider, settings: Any, offered: bool
) -> None:
    configure(settings, sign_out=offered)
    client = new_client()
    sign_in(client, provider)
    client.post("/accounts/sign-out/")
    assert ("退出单位账号" in client.get(SIGN_IN).content.decode()) is offered
    answer = client.get("/accounts/office/sign-out/")
    assert answer["Location"].startswith(f"{provider.address}/logout?client_id=jiedao&post_logout") is offered


def test_passwords_can_be_left_to_administrators(linked: User, provider: Provider, settings: Any) -> None:
    configure(settings, passwords_for_administrators_only=True)
    client = new_client()
    answer = client.post(SIGN_IN, {"username": "wang", "password": PASSWORD})
    assert answer.status_code == 403
    assert "只有管理员可以用密码登录" in answer.content.decode()
    assert not is_signed_in(client)
    assert Entry.objects.filter(action="accounts.session:fail").get().after == {"why": "NO_PASSWORD"}
    sign_in(client, provider)
    assert is_signed_in(client)


# -- confirming a change by signing in there again -------------------------------------------------------------------

FACTOR_PAGE = "/accounts/second-factor/"


def confirm(client: Client, provider: Provider) -> Any:
    """Press the button of the page; return the answer to the return from the provider."""
    answer = client.get(BEGIN, {"confirm": "", "next": FACTOR_PAGE})
    assert answer.status_code == 302
    return client.get(provider.authorize(answer["Location"]))


def read_secret(client: Client) -> str:
    page = client.get(FACTOR_PAGE).content.decode()
    return page.partition('id="secret">')[2].partition("<")[0].replace(" ", "")


def set_up(client: Client) -> Any:
    """Send the form of the page without a password."""
    secret = read_secret(client)
    return client.post(FACTOR_PAGE, {"code": pyotp.TOTP(secret).at(int(clock.real_now().timestamp()))})


def test_the_second_factor_is_set_up_without_a_password_after_a_new_sign_in(
    linked: User, provider: Provider
) -> None:
    linked.set_unusable_password()
    linked.save()
    client = new_client()
    sign_in(client, provider)
    page = client.get(FACTOR_PAGE).content.decode()
    assert "用单位账号确认" in page
    assert 'name="password"' not in page  # the user has none
    assert set_up(client).status_code == 422
    address = client.get(BEGIN, {"confirm": "", "next": FACTOR_PAGE})["Location"]
    query = parse_qs(urlsplit(address).query)
    assert (query["prompt"], query["max_age"]) == (["login"], ["0"])
    key_before = client.session.session_key
    answer = client.get(provider.authorize(address))
    assert answer["Location"] == FACTOR_PAGE
    assert client.session.session_key != key_before
    page = client.get(FACTOR_PAGE).content.decode()
    assert "已用单位账号确认" in page
    assert 'name="password"' not in page
    assert 'name="code"' in page
    assert set_up(client).status_code == 200
    assert SecondFactor.objects.get().user == linked
    entries = Entry.objects.filter(object_id=linked.pk).order_by("id").values_list("action", flat=True)
    assert list(entries)[-2:] == ["accounts.session:confirm", "accounts.second_factor:switch_on"]


def test_a_confirmation_is_good_for_one_change_and_ten_minutes(linked: User, provider: Provider) -> None:
    client = new_client()
    sign_in(client, provider)
    confirm(client, provider)
    assert set_up(client).status_code == 200
    page = client.get(FACTOR_PAGE).content.decode()
    assert 'name="password"' in page
    assert "用单位账号确认" in page
    codes = "/accounts/second-factor/codes/"
    secret = second_factor.decrypt_secret(SecondFactor.objects.get().secret)
    later = pyotp.TOTP(secret).at(int(clock.real_now().timestamp()) + 30)
    assert client.post(codes, {"code": later}).status_code == 422
    confirm(client, provider)
    assert client.post(codes, {"code": later}).status_code == 200
    confirm(client, provider)
    with clock.at(datetime.now(UTC) + timedelta(minutes=11)):
        assert 'name="password"' in client.get(FACTOR_PAGE).content.decode()


@pytest.mark.parametrize("fault", ["old session", "no auth_time", "text", "future", "just before"])
def test_a_provider_that_did_not_ask_again_confirms_nothing(
    linked: User, provider: Provider, fault: str
) -> None:
    client = new_client()
    if fault == "just before":
        provider.signed_in_at = int(time.time()) - 5
    sign_in(client, provider)
    provider.ignores_prompt = fault in {"old session", "just before"}
    if fault == "no auth_time":
        sign = provider.sign
        provider.sign = lambda claims: sign({key: claims[key] for key in claims if key != "auth_time"})
    elif fault in {"text", "future"}:
        provider.claims["auth_time"] = "now" if fault == "text" else time.time() + 3600
    answer = confirm(client, provider)
    assert answer["Location"] == FACTOR_PAGE
    page = client.get(FACTOR_PAGE).content.decode()
    assert ("时间对不上" if fault == "future" else "没有重新核对身份") in page
    assert 'name="password"' in page
    assert set_up(client).status_code == 422
    assert is_signed_in(client)
    entry = Entry.objects.filter(action="accounts.session:fail").get()
    assert entry.object_id == linked.pk


def test_another_account_of_the_provider_confirms_nothing(linked: User, provider: Provider) -> None:
    other = User.objects.create_user("li", PASSWORD, "李四")
    ProviderAccount.objects.create(issuer=provider.address, subject="u-2002", user=other)
    client = new_client()
    sign_in(client, provider)
    provider.claims = {"sub": "u-2002"}
    confirm(client, provider)
    assert "另一个单位账号" in client.get(FACTOR_PAGE).content.decode()
    assert client.session["_auth_user_id"] == str(linked.pk)
    assert set_up(client).status_code == 422


def test_who_has_entered_a_password_confirms_with_it(linked: User, provider: Provider) -> None:
    client = new_client()
    client.post(SIGN_IN, {"username": "wang", "password": PASSWORD})
    assert client.get(BEGIN, {"confirm": "", "next": FACTOR_PAGE})["Location"] == FACTOR_PAGE
    page = client.get(FACTOR_PAGE).content.decode()
    assert "用单位账号确认" not in page
    assert 'name="password"' in page


def test_an_answer_to_an_ordinary_sign_in_confirms_nothing(linked: User, provider: Provider) -> None:
    client = new_client()
    ordinary = begin(client)
    sign_in(client, provider)
    answer = client.get(provider.authorize(f"{ordinary}&prompt=login"))
    assert answer["Location"] == "/desk/"
    assert set_up(client).status_code == 422
