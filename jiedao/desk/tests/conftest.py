"""What the tests of the desk share: the town, and people signed in to it."""

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
    """Return a function that signs a person of the cast in, reading Chinese."""

    def sign_in(username: str) -> Client:
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(town.users[username], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
