"""A request that a script sends after the end of a session leaves the end, and its reason, to the user's request."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from jiedao.accounts.models import User
from jiedao.accounts.sessions import ACTIVE
from jiedao.kernel import clock

pytestmark = pytest.mark.django_db
PAGE = "/accounts/password/"
BACKGROUND = {"HX-Request": "true"}


@pytest.fixture
def idle() -> Client:
    """A client whose user has been idle for too long."""
    client = Client()
    client.force_login(User.objects.create(username="a"))
    session = client.session
    session[ACTIVE] = int((clock.real_now() - timedelta(days=1)).timestamp())
    session.save()
    return client


def test_it_is_not_answered_and_does_not_end_the_session(idle: Client) -> None:
    assert idle.get(PAGE, headers=BACKGROUND).status_code == 302
    page = idle.get(PAGE, follow=True).content.decode()
    assert "已自动退出" in page


def test_with_the_key_of_an_ended_session_it_does_not_delete_the_cookie(idle: Client) -> None:
    old = idle.cookies[settings.SESSION_COOKIE_NAME].value
    idle.get(PAGE)
    late = Client()
    late.cookies[settings.SESSION_COOKIE_NAME] = old
    answer = late.get(PAGE, headers={"Sec-Fetch-Mode": "cors"})
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert late.get(PAGE).cookies[settings.SESSION_COOKIE_NAME].value == ""
