"""The commands `jiedao office`, and what they refuse."""

import json

import pytest
from click.testing import CliRunner, Result

from jiedao.audit.models import Entry
from jiedao.delivery.tests.servers import WebServer
from jiedao.district.commands import office_group
from jiedao.district.models import TOKEN, Office
from jiedao.kernel.crypto import decrypt
from jiedao.kernel.errors import UserError

ADD = (
    "add",
    "BANTIAN",
    "--name",
    "坂田街道",
    "--address",
    "https://bantian.example.gov.cn/",
    "--area",
    "440307003",
)


def run(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(office_group, list(words), input=stdin)


def refuse(*words: str, stdin: str = "") -> UserError:
    result = run(*words, stdin=stdin)
    assert isinstance(result.exception, UserError), result.output
    return result.exception


def test_an_office_is_added_with_its_token_from_standard_input(district: None) -> None:
    assert run(*ADD, "--unit", "JD3", "--token-stdin", stdin="jd_abc\n").exit_code == 0
    office = Office.objects.get(code="BANTIAN")
    assert office.address == "https://bantian.example.gov.cn"
    assert office.unit is not None
    assert office.unit.code == "JD3"
    assert decrypt(office.token, context=TOKEN) == "jd_abc"


def test_the_audit_never_holds_the_token(district: None) -> None:
    run(*ADD, "--token-stdin", stdin="jd_abc\n")
    run("change", "BANTIAN", "--token-stdin", stdin="jd_def\n")
    entries = Entry.objects.filter(action="district.office:manage")
    assert entries.count() == 2
    assert not [entry for entry in entries if "jd_" in json.dumps([entry.before, entry.after])]


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("--address", "bantian.example.gov.cn", "address"),
        ("--address", "https://user:pw@bantian.example.gov.cn", "address"),
        ("--address", "https://bantian.example.gov.cn/?a=1", "address"),
        ("--address", "https://[::1", "address"),
        ("--area", "440307999", "area"),
        ("--unit", "NOBODY", "unit"),
        ("--name", " ", "name"),
    ],
)
def test_a_wrong_value_is_refused(district: None, name: str, value: str, field: str) -> None:
    assert refuse(*ADD, name, value).field == field
    assert not Office.objects.exists()


def test_an_area_and_a_unit_have_one_office(office: Office) -> None:
    assert refuse(*ADD[:-1], "440307002").field == "area"
    assert refuse(*ADD, "--unit", "JD2").field == "unit"


def test_an_office_is_not_added_twice(office: Office) -> None:
    assert refuse("add", "BUJI", *ADD[2:]).field == "code"


def test_another_address_forgets_the_token(office: Office) -> None:
    run("change", "BUJI", "--address", "https://elsewhere.example.gov.cn")
    office.refresh_from_db()
    assert office.token == ""


def test_the_list_names_what_is_wrong(office: Office, server: WebServer) -> None:
    server.status = 401
    server.body = b"{}"
    assert "令牌" in str(refuse("check", "BUJI"))
    row = json.loads(run("list", "--json").output)[0]
    assert (row["code"], row["unit"], row["has_token"], row["state"]) == ("BUJI", "JD2", True, "faulty")
    assert "令牌" in row["fault"]
    assert "令牌" in run("list").output


def test_an_office_is_removed(office: Office) -> None:
    assert run("remove", "BUJI").exit_code == 0
    assert not Office.objects.exists()
    assert refuse("remove", "BUJI").field == "code"
