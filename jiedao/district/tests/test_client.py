"""The client of an office: what it sends, what it accepts, and what it records of each fault."""

import time
from ipaddress import ip_network
from typing import Any

import pytest

from jiedao.delivery.tests.servers import WebServer
from jiedao.district import wordings
from jiedao.district.client import OfficeClient, OfficeFault
from jiedao.district.models import Office
from jiedao.district.tests.conftest import SECRET
from jiedao.district.wordings import OfficeState
from jiedao.kernel.outbound import Limits


def fail(office: Office, **more: Any) -> OfficeFault:
    with pytest.raises(OfficeFault) as caught:
        OfficeClient(office, **more).get("/api/v1/published-figures")
    office.refresh_from_db()
    return caught.value


def test_a_request_carries_the_token_and_its_parameters(office: Office, server: WebServer) -> None:
    server.body = b'{"figures": []}'
    assert OfficeClient(office).get("/api/v1/x", {"period": "2020H1"}) == {"figures": []}
    path, headers, _body = server.requests[0]
    assert path == "/api/v1/x?period=2020H1"
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in office.token


def test_an_answer_is_recorded(office: Office) -> None:
    OfficeClient(office).get("/api/v1/x")
    office.refresh_from_db()
    assert office.state == OfficeState.ANSWERS
    assert office.fault is None


def test_a_post_sends_json(office: Office, server: WebServer) -> None:
    OfficeClient(office).post("/api/v1/cases", {"detail": "井盖"})
    _path, headers, body = server.requests[0]
    assert headers["Content-Type"] == "application/json"
    assert body == '{"detail":"井盖"}'.encode()


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, b"<html>login</html>", wordings.NONSENSE),
        (200, b"[1, 2]", wordings.NONSENSE),
        (200, b"[" * 100_000, wordings.NONSENSE),
        (404, b"<html>not found</html>", wordings.NONSENSE),
        (302, b"", wordings.REDIRECTED),
        (401, b'{"message": "no"}', wordings.TOKEN_REFUSED),
        (403, b'{"message": "no"}', wordings.NOT_ALLOWED),
        (429, b'{"message": "slow"}', wordings.BUSY),
        (502, b"bad gateway", wordings.UNAVAILABLE),
    ],
)
def test_a_fault_is_recorded_in_words(
    office: Office, server: WebServer, status: int, body: bytes, code: str
) -> None:
    server.status, server.body = status, body
    fault = fail(office)
    assert fault.wording.code == code
    assert fault.status == status
    assert office.state == OfficeState.FAULTY
    assert str(office.fault) == str(fault)


def test_a_refusal_of_a_request_is_an_answer_of_the_office(office: Office, server: WebServer) -> None:
    server.status, server.body = (
        422,
        '{"message": "没有\\u0000这个时段", "hint": "x", "field": "period"}'.encode(),
    )
    fault = fail(office)
    assert fault.wording.code == wordings.REFUSED
    assert fault.document == {"message": "没有这个时段", "hint": "x", "field": "period"}
    assert office.state == OfficeState.ANSWERS


def test_five_megabytes_are_not_read(office: Office, server: WebServer) -> None:
    server.body = b'{"x": "' + b"y" * 5_000_000 + b'"}'
    assert fail(office).wording.code == wordings.TOO_LARGE


def test_an_office_that_closes_without_an_answer_may_have_received_the_request(
    office: Office, server: WebServer
) -> None:
    server.closes = True
    fault = fail(office)
    assert fault.wording.code == wordings.NO_ANSWER
    assert fault.may_have_arrived


def test_an_office_that_hangs_is_left_after_the_limit(office: Office, server: WebServer) -> None:
    server.pause = 3.0
    begun = time.monotonic()
    fault = fail(office, limits=Limits(pause=0.2, total=0.4, size=1000))
    assert fault.wording.code == wordings.NO_ANSWER
    assert time.monotonic() - begun < 2


def test_nobody_listens(office: Office) -> None:
    office.address = "http://127.0.0.1:9"
    fault = fail(office)
    assert fault.wording.code == wordings.NOT_CONNECTED
    assert not fault.may_have_arrived


def test_a_private_address_must_be_allowed(office: Office, server: WebServer, settings: Any) -> None:
    settings.JIEDAO_OFFICE_NETWORKS = [ip_network("10.0.0.0/8")]
    assert fail(office).wording.code == wordings.PRIVATE_ADDRESS
    assert server.requests == []


def test_an_office_without_a_token_is_not_asked(office: Office, server: WebServer) -> None:
    office.token = ""
    assert fail(office).wording.code == wordings.NO_TOKEN
    assert server.requests == []


def test_an_office_that_answers_again_is_no_longer_faulty(office: Office, server: WebServer) -> None:
    server.status = 503
    fail(office)
    server.status = 200
    OfficeClient(office).get("/api/v1/x")
    office.refresh_from_db()
    assert office.state == OfficeState.ANSWERS
