"""Which requests may have a large body: those of a session in force and of a valid token."""

from datetime import timedelta

from django.conf import settings
from django.test import Client

from jiedao.accounts.models import ApiToken
from jiedao.api.auth import forget_actors
from jiedao.api.callers import is_known_caller
from jiedao.kernel import clock
from jiedao.testing.cast import Town


def test_a_session_is_known_while_its_user_is_signed_in(client: Client, town: Town) -> None:
    client.get("/accounts/sign-in/")
    assert not is_known_caller({"HTTP_COOKIE": client.cookies.output(header="", sep=";")})
    client.force_login(town.users["registrar"])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    environ = {"HTTP_COOKIE": f"a=1; {settings.SESSION_COOKIE_NAME}={session}"}
    assert is_known_caller(environ)
    client.logout()
    assert not is_known_caller(environ)
    for text in ("x", session[:-1], session.upper(), "\x00" * 32):
        assert not is_known_caller({"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={text}"})


def test_a_token_is_known_until_it_expires(town: Town) -> None:
    user = town.users["registrar"]
    _token, valid = ApiToken.issue(user, "valid")
    _token, expired = ApiToken.issue(user, "old", expires_at=clock.real_now() - timedelta(days=1))
    forget_actors()
    assert is_known_caller({"HTTP_AUTHORIZATION": f"Bearer {valid}"})
    for text in (f"Bearer {expired}", f"Bearer {valid}x", f"Basic {valid}", "Bearer", ""):
        assert not is_known_caller({"HTTP_AUTHORIZATION": text})
