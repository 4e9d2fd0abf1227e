"""The cast with an endpoint, and a client of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from jiedao.accounts.models import ApiToken
from jiedao.api import auth
from jiedao.api.open311.filing import KEYLESS
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.testing.cast import Town, make_town

ROOT = "/open311/v2"
ENDPOINT = {
    "contact": "云溪街道办事处 0755-12345678",
    "contact_en": "Yunxi Sub-district Office",
    "key_service": "请向街道办事处书面申请令牌。",
    "key_service_en": "",
    "jurisdiction": "yunxi.example.gov.cn",
    "type": "test",
    "without_key": False,
    "services": None,
}


def open_endpoint(**columns: Any) -> None:
    """Store the endpoint as applying a pack does."""
    Policy.objects.update_or_create(key="open311", defaults={"value": {**ENDPOINT, **columns}})
    forget_all()


@pytest.fixture
def town(db: None) -> Town:
    """The cast, whose office offers Open311; without cached actors and counts of other tests."""
    auth.forget_actors()
    KEYLESS.clear()
    town = make_town()
    open_endpoint()
    return town


@pytest.fixture
def key(town: Town) -> str:
    """Return an api_key that may file cases."""
    return ApiToken.issue(town.users["registrar"], "app", scopes=["cases:report"])[1]


Filing = Callable[..., HttpResponse]


@pytest.fixture
def file_form(key: str) -> Filing:
    """Return a function that sends a valid form as JSON client, with fields changed, or left out where None."""

    def send(suffix: str = "json", **fields: Any) -> HttpResponse:
        form = {
            "api_key": key,
            "service_code": "MATTER:01001",
            "lat": "22.605",
            "long": "114.105",
            "description": "临江花园门口堆放垃圾三天，气味很大。",
            **fields,
        }
        data = {name: value for name, value in form.items() if value is not None}
        return Client().post(f"{ROOT}/requests.{suffix}", data=encode_form(data), content_type=FORM)

    return send


FORM = "application/x-www-form-urlencoded"


def encode_form(data: dict[str, Any]) -> str:
    """Return a form as clients send it."""
    from urllib.parse import urlencode

    return urlencode(data, doseq=True)


def get(path: str, **params: Any) -> HttpResponse:
    """Get a resource below the root."""
    return Client().get(f"{ROOT}/{path}", params)
