"""Every answer conforms to the OpenAPI document of GeoReport v2 (schemathesis)."""

import os
from pathlib import Path

import pytest
import schemathesis
import yaml
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
)

from jiedao.api.open311.tests.conftest import ROOT, open_endpoint
from jiedao.api.tests.test_openapi import one_connection
from jiedao.cases.models import Case
from jiedao.testing.cast import Town, make_cases

DOCUMENT = Path(__file__).parents[4] / "docs" / "reference" / "open311.openapi.yaml"
# The specification has an empty parameter count as none, servers ignore parameters that they do not know, and a valid
# form is refused where its key, its category or its place does not exist.
LENIENT = [negative_data_rejection, positive_data_acceptance, ignored_auth]
EXAMPLES = max(15, int(os.environ.get("API_EXAMPLES", "1")))
OPERATIONS = [
    ("/discovery.json", "GET"),
    ("/services.json", "GET"),
    ("/services/{service_code}.json", "GET"),
    ("/requests.json", "GET"),
    ("/requests.json", "POST"),
    ("/requests/{service_request_id}.json", "GET"),
    ("/tokens/{token}.json", "GET"),
]


@pytest.fixture(scope="module")
def schema() -> schemathesis.BaseSchema:
    """Return the document, with our application behind it."""
    loaded = schemathesis.openapi.from_dict(yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")))
    loaded.app = get_wsgi_application()
    return loaded


def test_the_document_describes_every_address_with_json() -> None:
    described = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))["paths"]
    operations = {(path, method.upper()) for path, methods in described.items() for method in methods}
    assert operations == set(OPERATIONS)
    resolver = get_resolver()
    for path in described:
        assert resolver.resolve(ROOT + path.replace("{", "").replace("}", "")).namespace == "open311"


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_conforms_to_the_document(
    schema: schemathesis.BaseSchema, town: Town, api_key: str, path: str, method: str
) -> None:
    open_endpoint(without_key=method == "POST")
    [case, *_rest] = make_cases(town, [{}, {"kind": ""}, {"state": "DONE"}], index=False)
    known = {"service_code": "MATTER:01001", "service_request_id": case.number}

    @settings(max_examples=EXAMPLES, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(
        data=st.data(),
        mode=st.sampled_from(list(schemathesis.GenerationMode)),
        uses_known=st.booleans(),
    )
    def check(data: st.DataObject, mode: schemathesis.GenerationMode, uses_known: bool) -> None:
        call = data.draw(schema[path][method].as_strategy(generation_mode=mode))
        if uses_known and call.path_parameters:
            call.path_parameters = {name: known.get(name, "x") for name in call.path_parameters}
        if uses_known and isinstance(call.body, dict):
            call.body = {**call.body, "api_key": api_key, "service_code": "MATTER:01001"}
        call.call_and_validate(excluded_checks=LENIENT)

    with one_connection():
        check()
    assert Case.objects.count() >= 3
