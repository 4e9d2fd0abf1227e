"""The OpenAPI description: it is served, and every answer conforms to it (schemathesis)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from jiedao.api.tests.conftest import Caller
from jiedao.testing.cast import Town, make_cases

PATH = "/api/v1/openapi.json"
application = get_wsgi_application()


@contextmanager
def one_connection() -> Iterator[None]:
    """Let requests keep the connection of the test, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def schema() -> BaseSchema:
    """Return the description as a client reads it; generating it takes half a second."""
    with one_connection():
        return schemathesis.openapi.from_wsgi(PATH, application)


def test_the_description_is_public_and_lists_every_address() -> None:
    described = Client().get(PATH).json()
    assert described["openapi"].startswith("3.")
    assert {path: sorted(ways) for path, ways in described["paths"].items()} == {
        "/api/v1/cases": ["get", "post"],
        "/api/v1/cases/{number}": ["get"],
        "/api/v1/cases/{number}/follow-ups": ["post"],
        "/api/v1/figures": ["get"],
        "/api/v1/figures/{key}": ["get"],
        "/api/v1/inspections": ["get"],
        "/api/v1/inspections/{number}": ["get"],
        "/api/v1/inspections/{number}/answers": ["post"],
        "/api/v1/inspections/{number}/photos": ["post"],
        "/api/v1/published-figures": ["get"],
        "/api/v1/registers": ["get"],
        "/api/v1/registers/{key}": ["get"],
        "/api/v1/registers/{key}/records": ["get", "post"],
        "/api/v1/registers/{key}/records/{code}": ["get", "patch"],
        "/api/v1/registers/{key}/records/{code}/history": ["get"],
        "/api/v1/reports": ["get"],
        "/api/v1/reports/{key}/{period}": ["get"],
        "/api/v1/reports/{key}/{period}/files/{suffix}": ["get"],
        "/api/v1/webhooks": ["get", "post"],
        "/api/v1/webhooks/{code}": ["delete", "get", "patch"],
        "/api/v1/webhooks/{code}/events": ["get"],
        "/api/v1/webhooks/{code}/events/{event_id}/again": ["post"],
    }


def test_the_description_contains_authentication_examples_and_statuses() -> None:
    described = Client().get(PATH).json()
    assert described["components"]["securitySchemes"]["TokenAuth"] == {"type": "http", "scheme": "bearer"}
    for name in ("CaseIn", "FiledOut", "Problem"):
        assert described["components"]["schemas"][name]["example"]
    filing = described["paths"]["/api/v1/cases"]["post"]
    assert {"200", "201", "400", "401", "403", "411", "413", "422"} <= filing["responses"].keys()


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/v1/cases", "POST"),
        ("/api/v1/cases", "GET"),
        ("/api/v1/cases/{number}", "GET"),
        ("/api/v1/registers/{key}/records", "GET"),
        ("/api/v1/registers/{key}/records", "POST"),
    ],
)
def test_every_answer_conforms_to_the_description(
    schema: BaseSchema, town: Town, registrar: Caller, path: str, method: str
) -> None:
    make_cases(town, [{} for _ in range(3)], index=False)
    modes = list(schemathesis.GenerationMode)

    @settings(
        max_examples=30,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(*(schema[path][method].as_strategy(generation_mode=mode) for mode in modes)))
    def check(case: schemathesis.Case) -> None:
        # the API rightly refuses a valid code that does not exist in the town
        case.call_and_validate(
            headers={"Authorization": f"Bearer {registrar.token}"}, excluded_checks=[positive_data_acceptance]
        )

    with one_connection():
        check()
