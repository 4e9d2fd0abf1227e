"""The cast with an endpoint, and a client of it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from jiedao.accounts.models import ApiToken
from jiedao.api import auth
from jiedao.api.open311.filing import KEYLESS
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.testing.cast import Town, make_town

ROOT = "/open311/v2"
FORM = "application/x-www-form-urlencoded"
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
Filing = Callable[..., Any]


def open_endpoint(**columns: Any) -> None:
    """Store the endpoint as applying a pack does."""
    Policy.objects.update_or_create(key="open311", defaults={"value": {**ENDPOINT, **columns}})
    forget_all()


def get(path: str, headers: dict[str, str] | None = None, **params: Any) -> Any:
    """Get a resource below the root."""
    return Client().get(f"{ROOT}/{path}", params, headers=headers)


def post(form: dict[str, Any], path: str = "requests.json") -> Any:
    """Send a form as clients of the specification do."""
    return Client().post(f"{ROOT}/{path}", data=urlencode(form, doseq=True), content_type=FORM)


@pytest.fixture
def town(db: None) -> Town:
    """The cast, whose office offers Open311; without cached actors and counts of other tests."""
    auth.forget_actors()
    KEYLESS.clear()
    town = make_town()
    open_endpoint()
    return town


@pytest.fixture
def api_key(town: Town) -> str:
    """Return a key that may file cases."""
    return ApiToken.issue(town.users["registrar"], "app", scopes=["cases:report"])[1]


@pytest.fixture
def file_form(api_key: str) -> Filing:
    """Return a function that sends a valid form, with fields changed, or left out where they are None."""

    def send(path: str = "requests.json", **fields: Any) -> Any:
        form = {
            "api_key": api_key,
            "service_code": "MATTER:01001",
            "lat": "22.605",
            "long": "114.105",
            "description": "临江花园门口堆放垃圾三天，气味很大。",
            **fields,
        }
        return post({name: value for name, value in form.items() if value is not None}, path)

    return send
