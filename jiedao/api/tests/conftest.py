"""A client of the API with a token of a user of the cast."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jiedao.accounts.models import ApiToken
from jiedao.api import auth
from jiedao.testing.cast import Town, make_town

CASES = "/api/v1/cases"


class Caller:
    """A client with a token of a user of the cast."""

    def __init__(self, town: Town, username: str, scopes: list[str] | None = None) -> None:
        self.token = ApiToken.issue(town.users[username], "test", scopes=scopes)[1]
        self._client = Client(HTTP_AUTHORIZATION=f"Bearer {self.token}")

    def post(self, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        """Send a body (text and bytes unchanged, other values as JSON); return status and answer."""
        content = body if isinstance(body, (str, bytes)) else json.dumps(body)
        answer = self._client.post(CASES, content, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    def get(self, path: str = CASES, **params: Any) -> tuple[int, dict[str, Any]]:
        """Get an address; return status and answer."""
        answer = self._client.get(path, params)
        return answer.status_code, answer.json()


def make_body(**fields: Any) -> dict[str, Any]:
    """Return a valid body with a point in G1 of the cast."""
    return {
        "channel": "HOTLINE",
        "detail": "临江花园门口堆放垃圾三天，气味很大，请尽快清理。",
        "point": {"lon": 114.105, "lat": 22.605},
        **fields,
    }


@pytest.fixture
def town(db: None) -> Town:
    """The cast, without cached actors of other tests."""
    auth.forget_actors()
    return make_town()


@pytest.fixture
def caller(town: Town) -> Callable[[str], Caller]:
    """Return a function that makes the caller of a username."""
    return lambda username: Caller(town, username)


@pytest.fixture
def registrar(town: Town) -> Caller:
    """The caller that may file and see all cases."""
    return Caller(town, "registrar")
