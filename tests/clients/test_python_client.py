"""The generated Python client: it matches the API, and works against a running server."""

import ast
import json
import re
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from jiedao.accounts.models import ApiToken
from jiedao.api import auth
from jiedao.cases.models import Case
from jiedao.exchange.endpoints.active import forget_endpoints
from jiedao.exchange.endpoints.signing import build_headers
from jiedao.testing.cast import Town, make_town, walk
from jiedao.testing.ports import find_free_port
from tools import make_client

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def package() -> Iterator[Any]:
    """The client's package, which is not part of the project's own."""
    sys.path.insert(0, str(ROOT / "clients" / "python"))
    import jiedao_client

    yield jiedao_client
    sys.path.remove(str(ROOT / "clients" / "python"))


@pytest.fixture
def town(transactional_db: None) -> Town:
    auth.forget_actors()
    return make_town()


@pytest.fixture
def client(package: Any, town: Town, live_server: LiveServer) -> Any:
    """A client of the listening server with the token of the registrar."""
    token = ApiToken.issue(town.users["registrar"], "test")[1]
    return package.Client(live_server.url, token, language="en", sleep=lambda _seconds: None)


def test_the_client_is_that_of_the_api() -> None:
    modules = make_client.generate(make_client.load_document())
    assert make_client.find_stale(modules) == [], "run python tools/make_client.py"


def test_every_operation_has_a_method_with_a_docstring() -> None:
    document = make_client.load_document()
    tree = ast.parse((make_client.TARGET / "client.py").read_text(encoding="utf-8"))
    (class_,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    methods = {
        node.name for node in class_.body if isinstance(node, ast.FunctionDef) and ast.get_docstring(node)
    }
    assert methods == {row[2]["operationId"] for row in make_client.list_operations(document)}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"$ref": "#/components/schemas/PointIn"}, "PointIn"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "str | None"),
        ({"type": "array", "items": {"type": "integer"}}, "list[int]"),
        ({"enum": ["A", "B"], "type": "string"}, "Literal['A', 'B']"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "dict[str, float]"),
        ({"type": ["string", "null"]}, "str | None"),
        ({}, "Any"),
    ],
)
def test_types_of_schemas(schema: dict[str, Any], expected: str) -> None:
    assert make_client.write_type(schema) == expected


def test_a_case_is_filed_once_read_and_listed(client: Any, town: Town) -> None:
    body = {
        "channel": "HOTLINE",
        "detail": "临江花园门口堆放垃圾，请清理。",
        "point": {"lon": 114.105, "lat": 22.605},
        "client_uuid": str(uuid.uuid4()),
    }
    first, second = client.file_case(body), client.file_case(body)
    assert (first["created"], second["created"], first["number"]) == (True, False, second["number"])

    case = client.read_case(first["number"])
    assert (case["state"], case["area_code"]) == ("REPORTED", town.areas["G1"].code)
    page = client.list_cases(state=["REPORTED"], order="newest")
    assert [row["number"] for row in page["cases"]] == [first["number"]]


def test_pages_are_followed(client: Any, town: Town) -> None:
    numbers = {walk(town, to="REPORTED", detail=f"第 {n} 件事，井盖破损。").number for n in range(52)}
    first = client.list_cases(group="open")
    assert len(first["cases"]) < 52
    assert {row["number"] for row in client.iterate(first, "cases")} == numbers


def test_a_refusal_states_the_field_and_what_to_do(client: Any, package: Any) -> None:
    with pytest.raises(package.Refused) as refusal:
        client.file_case({"channel": "HOTLINE", "detail": "事", "category": "MATTER:99999"})
    assert (refusal.value.status, refusal.value.field) == (422, "category")
    assert refusal.value.hint
    assert not Case.objects.exists()


def test_a_wrong_token_is_refused(package: Any, town: Town, live_server: LiveServer) -> None:
    with pytest.raises(package.Refused) as refusal:
        package.Client(live_server.url, "jd_wrong").list_cases()
    assert refusal.value.status == 401


def test_a_reading_request_without_an_answer_is_sent_again(package: Any) -> None:
    waits: list[float] = []
    client = package.Client(f"http://127.0.0.1:{find_free_port()}", "jd_x", sleep=waits.append)
    with pytest.raises(package.NotReached):
        client.list_cases()
    with pytest.raises(package.NotReached):
        client.file_case({"channel": "HOTLINE", "detail": "事"})
    assert waits == [1.0, 2.0, 3.0]


def test_subscriptions_are_managed(package: Any, town: Town, live_server: LiveServer, settings: Any) -> None:
    settings.JIEDAO_WEBHOOK = {"hosts": ["screen.example"], "networks": []}
    token = ApiToken.issue(town.users["admin"], "test", scopes=["webhooks:manage"])[1]
    client = package.Client(live_server.url, token)
    added = client.add_webhook(
        {"code": "S", "name": "大屏", "target": "https://screen.example/", "events": ["case.filed"]}
    )
    assert added["secret"].startswith("whsec_")
    assert client.list_webhook_events("S")["events"] == []
    client.remove_webhook("S")
    assert client.list_webhooks()["webhooks"] == []
    forget_endpoints()


def test_an_event_is_checked_by_its_signature(package: Any) -> None:
    body, now = json.dumps({"type": "case.filed"}).encode(), str(int(time.time()))
    headers = {name.title(): value for name, value in build_headers(SECRET, "1", now, body).items()}
    assert package.read_event(SECRET, headers, body) == {"type": "case.filed"}
    with pytest.raises(package.NotAuthentic):
        package.read_event(SECRET, headers, body + b" ")
    with pytest.raises(package.NotAuthentic):
        package.read_event(SECRET, headers, body, now=time.time() + 3600)


def test_the_examples_of_the_readme_are_python() -> None:
    text = (ROOT / "clients" / "python" / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        ast.parse(example)
