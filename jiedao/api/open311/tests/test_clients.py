"""A client of another author: `georeport` from PyPI, over HTTP, also as the how-to shows it."""

import re
from pathlib import Path

import pytest
import requests
from georeport import GeoReport
from pytest_django.live_server_helper import LiveServer

from jiedao.accounts.models import ApiToken
from jiedao.api.open311.tests.conftest import ROOT, open_endpoint
from jiedao.testing.cast import make_town, walk

HOWTO = Path(__file__).parents[4] / "docs" / "how-to" / "use-open311.md"


@pytest.mark.django_db(transaction=True)
def test_georeport_reads_in_both_formats_what_was_filed_and_worked_on(live_server: LiveServer) -> None:
    town = make_town()
    open_endpoint()
    key = ApiToken.issue(town.users["registrar"], "app", scopes=["cases:report"])[1]
    form = {"api_key": key, "service_code": "MATTER:01001", "address_string": "滨江路", "description": "垃圾"}
    filed = requests.post(f"{live_server.url}{ROOT}/requests.json", data=form, timeout=20)
    number = filed.json()[0]["service_request_id"]
    done = walk(town, to="DONE")
    for output_format in ("json", "xml"):
        client = GeoReport(
            f"{live_server.url}{ROOT}/", jurisdiction="yunxi.example.gov.cn", output_format=output_format
        )
        codes = [service["service_code"] for service in client.get_service_list()]
        assert codes == ["COMPONENT:01001", "MATTER:01001", "MATTER:01002", "MATTER:04001", "OTHER"]
        assert client.get_service_definition("MATTER:01001")["service_code"] == "MATTER:01001"
        listed = [row["service_request_id"] for row in client.get_service_requests()]
        assert listed == [done.number, number]
        rows = client.get_service_requests(status="closed,open", service_code="MATTER:01001,OTHER")
        assert [row["status"] for row in rows] == ["closed", "open"]
        single = client.get_service_request(number)
        assert (single["service_name"], single["status"], single["description"]) == ("暴露垃圾", "open", None)
        assert client.get_service_request(done.number)["status_notes"] == "已办结"
        with pytest.raises(requests.HTTPError, match="404"):
            client.get_service_request("2026-99999999")
    follow_howto(live_server.url, key)


def follow_howto(url: str, key: str) -> None:
    """Run the example of the how-to against a server."""
    [code] = re.findall(r"```python\n(.*?)```", HOWTO.read_text(encoding="utf-8"), re.DOTALL)
    printed: list[str] = []
    written = code.replace("https://jiedao.example.gov.cn", url).replace('"KEY"', f'"{key}"')
    exec(written, {"print": lambda *words: printed.extend(words)})
    assert printed[1:] == ["其他（不清楚属于哪一类）", "open", "待受理"]
