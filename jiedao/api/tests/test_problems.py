"""Every refusal is a document of RFC 9457: of an endpoint, of the lane, of the front, and during an outage."""

from typing import Any

import orjson
import pytest
from django.test import Client, RequestFactory

from jiedao.api.tests.conftest import CASES, Caller, make_body
from jiedao.kernel.outages import answer_outage
from jiedao.kernel.problem_documents import KINDS, MEDIA_TYPE, build_problem
from jiedao.kernel.problems import explain_in_text

MEMBERS = {
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "hint",
    "field",
    "errors",
    "request_id",
    "message",
}


def send(caller: Caller, body: Any, **headers: str) -> tuple[str, dict[str, Any]]:
    """File a case; return the media type and the document of the answer."""
    client = Client(HTTP_AUTHORIZATION=f"Bearer {caller.token}")
    answer = client.post(CASES, orjson.dumps(body), content_type="application/json", headers=headers)
    return answer["Content-Type"], answer.json()


def test_a_refusal_is_a_problem_document(registrar: Caller) -> None:
    kind, document = send(registrar, make_body(category="MATTER:99999"))

    assert (kind, document.keys()) == (MEDIA_TYPE, MEMBERS)
    assert document["type"] == "urn:jiedao:problem:invalid"
    assert (document["status"], document["instance"]) == (422, CASES)
    assert document["detail"] == document["message"] == "没有类别 MATTER:99999。"
    fault = {"field": "category", "detail": document["detail"], "hint": document["hint"]}
    assert document["errors"] == [fault]
    assert len(document["request_id"]) == 16


def test_every_fault_of_a_body_is_listed(registrar: Caller) -> None:
    _kind, document = send(registrar, {"channel": "PIGEON", "colour": "red"})

    assert [fault["field"] for fault in document["errors"]] == ["channel", "detail", "colour"]
    assert document["field"] == "channel"
    assert all(fault["detail"] and fault["hint"] for fault in document["errors"])


def test_the_title_is_in_the_language_of_the_caller(registrar: Caller) -> None:
    assert send(registrar, {})[1]["title"] == "内容不符合要求"
    assert send(registrar, {}, **{"Accept-Language": "en"})[1]["title"] == "The content is not valid"


@pytest.mark.parametrize(
    ("path", "method", "status", "kind"),
    [
        ("/api/v1/nowhere", "GET", 404, "not-found"),
        ("/api/v1/案件", "GET", 404, "not-found"),
        (CASES, "DELETE", 405, "method-not-allowed"),
        (CASES, "GET", 401, "unauthenticated"),
    ],
)
def test_the_lane_answers_with_problem_documents(
    db: None, path: str, method: str, status: int, kind: str
) -> None:
    answer = Client().generic(method, path)

    assert (answer.status_code, answer["Content-Type"]) == (status, MEDIA_TYPE)
    assert answer.json()["type"] == f"urn:jiedao:problem:{kind}"
    assert answer.json()["instance"].isascii()


def test_an_outage_and_the_front_answer_with_problem_documents() -> None:
    answer = answer_outage(RequestFactory().get(CASES), 503)
    headers, body = explain_in_text(413, CASES, "en")

    assert answer["Content-Type"] == dict(headers)["content-type"] == MEDIA_TYPE
    assert orjson.loads(answer.content)["type"] == "urn:jiedao:problem:unavailable"
    assert orjson.loads(body).keys() == MEMBERS


def test_a_status_without_a_kind_is_described_as_its_class() -> None:
    assert build_problem(418, "茶壶")["type"].endswith(":unreadable")
    assert build_problem(599, "坏了")["type"].endswith(":server-error")
    assert len({kind for kind, _title in KINDS.values()}) == len(KINDS)
