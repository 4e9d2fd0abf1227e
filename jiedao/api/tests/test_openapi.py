"""The OpenAPI description: it is served and committed, and every answer conforms to it (schemathesis).

`make fuzz EXAMPLES=50` calls each operation more often than the suite does.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from jiedao.accounts.models import User
from jiedao.api.tests.conftest import Caller
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.kernel.problem_documents import MEDIA_TYPE
from jiedao.projects.models.promises import Pledge
from jiedao.projects.tests.promise_parts import RIGHTS, add_item, create_campaign
from jiedao.registers.actions.planning import plan_rounds
from jiedao.registers.models import Inspection
from jiedao.registers.tests.inspecting import INSPECTED, JULY, TODAY, add_house, grant_rights
from jiedao.registers.tests.parts import declare as declare_register
from jiedao.testing.cast import PEOPLE, Town, walk

PATH = "/api/v1/openapi.json"
COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "reference" / "openapi.json"
EXAMPLES = int(os.environ.get("API_EXAMPLES", "1"))
# Every post of the cast, a user without a post, a token that is not valid, and no token.
ROLES = (*PEOPLE, "postless", "wrong", "")
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


def test_the_description_is_public_and_is_the_committed_one() -> None:
    described = Client().get(PATH).json()
    assert described["openapi"] == "3.1.0"
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert described == committed, "python tools/openapi.py update, and a line in CHANGELOG.md"


def test_every_operation_has_a_name_of_its_own_and_its_refusals() -> None:
    operations = [
        (method, operation)
        for methods in json.loads(COMMITTED.read_text(encoding="utf-8"))["paths"].values()
        for method, operation in methods.items()
    ]
    names = [operation["operationId"] for _method, operation in operations]
    assert len(set(names)) == len(names) > 40
    for method, operation in operations:
        assert {"401", "403", "422", "429", "500", "503"} <= operation["responses"].keys()
        refusals = [answer for status, answer in operation["responses"].items() if status >= "400"]
        assert {kind for answer in refusals for kind in answer["content"]} == {MEDIA_TYPE}
        headers = [row["name"] for row in operation["parameters"] if row["in"] == "header"]
        assert headers == (["Idempotency-Key"] if method in {"post", "patch"} else []), operation[
            "operationId"
        ]


def test_the_description_contains_authentication_examples_and_statuses() -> None:
    described = Client().get(PATH).json()
    assert described["components"]["securitySchemes"]["TokenAuth"] == {"type": "http", "scheme": "bearer"}
    for name in ("CaseIn", "FiledOut", "Problem"):
        assert described["components"]["schemas"][name]["example"]
    filing = described["paths"]["/api/v1/cases"]["post"]
    assert {"200", "201", "400", "401", "403", "411", "413", "422"} <= filing["responses"].keys()


class World(NamedTuple):
    """The town with one object of each kind, and the parameters of addresses that name them."""

    town: Town
    parameters: dict[str, dict[str, Any]]


@pytest.fixture
def world(town: Town) -> Iterator[World]:
    """The cast in July 2020 with cases, a register with a round, a campaign and a pledge."""
    grant_rights(town)
    for username, verbs in RIGHTS.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *(f"projects.promise:{verb}" for verb in verbs)]
        post.save()
    forget_all()
    with clock.at(JULY):
        info = declare_register(INSPECTED)
        record = add_house(town, info, "H1", on=TODAY - timedelta(days=30))
        plan_rounds(info, TODAY)
        case = walk(town, to="HANDLING")
        create_campaign(town, key="trees", feed=None)
        add_item(town)
        inspection_id = Inspection.objects.get(record=record).pk
        parameters = {
            "cases": {"number": case.number, "move": "COMMENT", "file_id": 1},
            "registers": {"key": "houses", "code": "H1"},
            "inspections": {"number": inspection_id},
            "campaigns": {"key": "trees"},
            "pledges": {"pledge_id": Pledge.objects.get().pk, "move": "REPORT"},
        }
        yield World(town, parameters)


def build_cases(operation: Any, known: dict[str, Any]) -> st.SearchStrategy[tuple[schemathesis.Case, bool]]:
    """Return calls of an operation, valid and invalid ones, and whether they name objects that exist."""
    modes = list(schemathesis.GenerationMode)
    made = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))
    names = {parameter.name for parameter in operation.path_parameters}
    return st.tuples(made, st.booleans() if names & known.keys() else st.just(False))


def make_headers(town: Town, role: str) -> dict[str, str]:
    """Return the headers of a role's requests."""
    if not role:
        return {}
    if role == "postless":
        town.users[role] = User.objects.create_user(role, None, "许多")
    token = "jd_wrong" if role == "wrong" else Caller(town, role).token
    return {"Authorization": f"Bearer {token}"}


def check_operation(operation: Any, known: dict[str, Any], headers: dict[str, str], number: int) -> None:
    """Call an operation a few times, and check that each answer is one that the description has.

    Each `number` draws other requests, and the same ones in every run.
    """

    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made=build_cases(operation, known))
    def check(made: tuple[schemathesis.Case, bool]) -> None:
        case, names_known = made
        if names_known:
            case.path_parameters = {**case.path_parameters, **known}
        # The API rightly refuses a valid code that does not exist in the town; and where the address is replaced by a
        # known one, nothing wrong may be left in the request.
        excluded = [positive_data_acceptance, *([negative_data_rejection] if names_known else [])]
        with transaction.atomic():
            case.call_and_validate(headers=headers, excluded_checks=excluded)
            transaction.set_rollback(True)

    check()


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_conforms_to_the_description(schema: BaseSchema, world: World, role: str) -> None:
    headers = make_headers(world.town, role)
    with one_connection():
        for operation in [result.ok() for result in schema.get_all_operations()]:
            known = world.parameters.get(operation.path.split("/")[3], {})
            check_operation(operation, known, headers, ROLES.index(role))
