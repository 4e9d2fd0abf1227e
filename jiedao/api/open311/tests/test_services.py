"""Discovery, services and their definitions, and what every resource has in common."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from jiedao.api.limits import ADDRESSES
from jiedao.api.open311.tests.conftest import ROOT, get, open_endpoint
from jiedao.cases.models import Category
from jiedao.kernel.breaker import BREAKER
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.testing.cast import Town

CODES = ["COMPONENT:01001", "MATTER:01001", "MATTER:01002", "MATTER:04001", "OTHER"]


def test_discovery_names_the_endpoint_in_both_formats_with_the_bare_type(town: Town) -> None:
    as_json, as_xml = get("discovery.json"), get("discovery.xml")
    assert (as_json["Content-Type"], as_xml["Content-Type"]) == ("application/json", "text/xml")
    body = as_json.json()
    endpoint = body["endpoints"][0]
    assert (body["contact"], endpoint["type"]) == ("云溪街道办事处 0755-12345678", "test")
    assert endpoint["url"] == "http://testserver/open311/v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    root = ET.fromstring(as_xml.content)
    assert root.findtext("contact") == body["contact"]
    assert as_xml.content.isascii()
    assert root.findtext("endpoints/endpoint/specification") == "http://wiki.open311.org/GeoReport_v2"
    assert get("", {"Accept": "application/json"}).json() == body


def test_discovery_states_the_public_address_of_the_site(town: Town, settings: Any) -> None:
    settings.JIEDAO_SITE_URL = "https://jiedao.example.gov.cn"
    endpoint = get("discovery.json").json()["endpoints"][0]
    assert endpoint["url"] == "https://jiedao.example.gov.cn/open311/v2"


def test_every_category_in_use_is_a_service_and_one_is_for_other_matters(town: Town) -> None:
    rows = get("services.json").json()
    assert [row["service_code"] for row in rows] == CODES
    assert rows[1] == {
        "service_code": "MATTER:01001",
        "service_name": "暴露垃圾",
        "description": "暴露垃圾",
        "metadata": False,
        "type": "realtime",
        "keywords": "垃圾,恶臭",
        "group": "市容环境",
    }
    services = ET.fromstring(get("services.xml").content)
    assert [service.findtext("service_code") for service in services.iter("service")] == CODES


def test_services_are_in_the_language_of_the_caller_and_describe_when_a_matter_is_filed(town: Town) -> None:
    Category.objects.filter(pk=town.categories["CITY"].pk).update(filing_condition="路面、绿地有垃圾")
    forget_all()
    english = get("services.json", {"Accept-Language": "en"}).json()[1]
    assert (english["service_name"], english["group"]) == ("Exposed rubbish", "City appearance")
    assert get("services.json").json()[1]["description"] == "路面、绿地有垃圾"


def test_the_pack_limits_the_services(town: Town) -> None:
    open_endpoint(services=["MATTER:01", "COMPONENT:01001"])
    assert [row["service_code"] for row in get("services.json").json()] == [*CODES[:3], "OTHER"]
    Category.objects.filter(pk=town.categories["RUBBLE"].pk).update(active=False)
    forget_all()
    assert [row["service_code"] for row in get("services.json").json()] == [*CODES[:2], "OTHER"]


def test_a_service_without_questions_has_no_attributes(town: Town) -> None:
    assert get("services/MATTER:01001.json").json() == {"service_code": "MATTER:01001", "attributes": []}
    root = ET.fromstring(get("services/matter:01001.xml").content)
    assert root.findtext("service_code") == "MATTER:01001"


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("services/MATTER:99999.json", {}),
        ("services.json", {"jurisdiction_id": "elsewhere.org"}),
        ("requests/2026-00000001.json", {}),
        ("requests/x.json", {"jurisdiction_id": "elsewhere.org"}),
        ("tokens/123.json", {}),
        ("tokens/6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10.json", {}),
        ("services/MATTER:01001.html", {}),
        ("unknown.json", {}),
    ],
)
def test_what_does_not_exist_is_404_with_the_standard_body(
    town: Town, path: str, params: dict[str, str]
) -> None:
    answer = get(path.replace(".json", ".xml"), **params)
    errors = ET.fromstring(answer.content)
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/xml; charset=utf-8")
    assert (errors.tag, errors.findtext("error/code")) == ("errors", "404")
    if path.endswith(".json"):
        rows = get(path, **params).json()
        assert [row["code"] for row in rows] == [404]
        assert errors.findtext("error/description") == rows[0]["description"].replace(".json", ".xml")


def test_an_empty_parameter_counts_as_missing(town: Town) -> None:
    assert get("services.json", jurisdiction_id="").json() == get("services.json").json()
    assert get("services.json", jurisdiction_id="YUNXI.example.gov.cn").status_code == 200


def test_without_the_file_of_the_pack_the_endpoint_is_closed(town: Town) -> None:
    Policy.objects.filter(key="open311").delete()
    forget_all()
    for path in ("discovery.json", "services.json", "requests.json", "tokens/1.json"):
        assert (get(path).status_code, get(path).json()[0]["code"]) == (404, 404)


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("services", "application/json", "application/json; charset=utf-8"),
        ("services", "*/*", "text/xml; charset=utf-8"),
        ("services", "text/xml, application/json", "text/xml; charset=utf-8"),
        ("services.xml", "application/json", "text/xml; charset=utf-8"),
        ("services.json", "text/xml", "application/json; charset=utf-8"),
    ],
)
def test_the_suffix_decides_the_format_and_without_one_the_header(
    town: Town, path: str, accept: str, expected: str
) -> None:
    assert get(path, {"Accept": accept})["Content-Type"] == expected


def test_other_methods_are_405_and_name_those_that_work(town: Town) -> None:
    answer = Client().delete(f"{ROOT}/requests.json")
    assert (answer.status_code, answer["Allow"], answer.json()[0]["code"]) == (405, "GET, HEAD, POST", 405)
    assert Client().head(f"{ROOT}/services.json").status_code == 200


def test_an_app_on_another_site_may_read_and_nothing_is_cached(town: Town) -> None:
    answer = get("services.json")
    assert (answer["Access-Control-Allow-Origin"], answer["Cache-Control"]) == ("*", "no-store")
    assert (answer.cookies, answer["Content-Language"]) == ({}, "zh-hans")


def test_an_address_that_sends_too_many_requests_gets_retry_after(town: Town, settings: Any) -> None:
    settings.JIEDAO_API_ADDRESS_RATE = 1
    ADDRESSES.clear()
    answers = [get("services.xml") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert (int(answers[-1]["Retry-After"]) > 0, b"<code>429</code>" in answers[-1].content) == (True, True)


def test_an_outage_is_answered_in_the_format_of_the_caller(town: Town) -> None:
    BREAKER.open()
    try:
        as_json, as_xml = get("requests.json"), get("requests.xml", {"Accept-Language": "en"})
    finally:
        BREAKER.reset()
    assert (as_json.status_code, as_json.json()[0]["code"], as_json["Retry-After"]) == (503, 503, "5")
    assert ET.fromstring(as_xml.content).findtext("error/code") == "503"
    assert as_xml["Content-Type"] == "text/xml; charset=utf-8"
