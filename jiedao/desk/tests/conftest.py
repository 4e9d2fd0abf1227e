"""Fixtures of the desk's tests: the town, and clients of signed-in users."""

from collections.abc import Callable

import pytest
from django.test import Client

from jiedao.testing.cast import Town, make_town

SignedIn = Callable[[str], Client]


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def signed_in(town: Town) -> SignedIn:
    """Return a function that returns the client of a signed-in user whose language is Chinese."""

    def sign_in(username: str) -> Client:
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(town.users[username], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
