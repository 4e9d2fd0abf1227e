"""Registers over JSON: the same access, actions and scope as the pages."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from jiedao.api.auth import forget_actors
from jiedao.api.tests.conftest import Caller
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.registers.definition import Rule
from jiedao.registers.models import Record
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.registers.tests.sheets import G1
from jiedao.testing.cast import Town

ROOT = "/api/v1/registers"
RECORDS = f"{ROOT}/houses/records"


@pytest.fixture(autouse=True)
def _houses(town: Town) -> Any:
    for username, verbs in {"handler": ("view", "edit"), "grid3": ("view",)}.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *(f"registers.record:{verb}" for verb in verbs)]
        post.save()
    forget_all()
    declare()
    with clock.at(datetime(2020, 7, 10, 2, 0, tzinfo=UTC)):
        yield


def send(caller: Caller, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    client = Client(headers={"Authorization": f"Bearer {caller.token}"})
    answer = client.generic(method, path, data=json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def test_a_record_is_added_changed_and_read_as_of_a_past_day(caller: Callable[[str], Caller]) -> None:
    handler, grid_worker = caller("handler"), caller("grid3")
    assert [row["key"] for row in handler.get(ROOT)[1]["registers"]] == ["houses"]
    fields = {row["key"]: row for row in handler.get(f"{ROOT}/houses")[1]["fields"]}
    assert (fields["storeys"]["unit"], fields["owner"]["personal"]) == ("层", True)

    body = {
        "code": "H1",
        "name": "1号楼",
        "area": G1,
        "on": "2020-01-01",
        "client_uuid": "6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10",
        "values": {"use": "HOME", "storeys": 8, "second_exit": False, "owner": "王五"},
    }
    status, added = send(handler, "POST", RECORDS, body)
    assert (status, added["grade"], added["area_code"], added["values"]["owner"]) == (201, "C", G1, "***")
    assert send(handler, "POST", RECORDS, body)[0] == 200
    assert Record.objects.count() == 1

    patch = {"version": 1, "why": "加建了出口", "on": "2020-05-01", "values": {"second_exit": True}}
    status, changed = send(handler, "PATCH", f"{RECORDS}/H1", patch)
    assert (status, changed["version"], changed["grade"], changed["name"]) == (200, 2, "A", "1号楼")
    assert (changed["area_code"], changed["values"]["storeys"]) == (G1, 8)
    assert send(handler, "PATCH", f"{RECORDS}/H1", patch)[0] == 409

    assert handler.get(f"{RECORDS}/H1", as_of="2020-03-01")[1]["grade"] == "C"
    assert handler.get(f"{RECORDS}/H1", as_of="2019-03-01")[0] == 404
    assert [row["version"] for row in handler.get(f"{RECORDS}/H1/history")[1]["states"]] == [2, 1]
    assert send(handler, "PATCH", f"{RECORDS}/H1", {"version": 2, "why": "拆除", "active": False})[0] == 200
    assert handler.get(RECORDS)[1]["records"] == []
    assert len(handler.get(RECORDS, as_of="2020-06-30", grade="A")[1]["records"]) == 1

    assert grid_worker.get(f"{RECORDS}/H1")[0] == 404
    assert send(grid_worker, "POST", RECORDS, body | {"client_uuid": None, "code": "H2"})[0] == 403


def test_a_list_is_filtered_and_paged_and_all_faults_are_reported(
    town: Town, caller: Callable[[str], Caller]
) -> None:
    handler = caller("handler")
    for number in range(52):
        record = {"name": f"{number}号楼", "area": G1, "values": {"use": "HOME", "storeys": number % 9 + 1}}
        assert send(handler, "POST", RECORDS, record)[0] == 201
    page = handler.get(RECORDS)[1]
    following = handler.get(page["next"])[1]
    assert (len(page["records"]), len(following["records"]), following["next"]) == (50, 2, None)
    assert len(handler.get(RECORDS, **{"values.storeys": "9..", "q": "号楼"})[1]["records"]) == 5
    assert handler.get(RECORDS, colour="red")[0] == 422
    bad_record = {"name": "x", "area": "1", "values": {"storeys": "2万", "colour": "red"}}
    status, answer = send(handler, "POST", RECORDS, bad_record)
    assert status == 422
    assert {row_fault["field"] for row_fault in answer["faults"]} == {"area", "colour", "storeys", "use"}
    assert handler.get(RECORDS, as_of=date(2020, 7, 11).isoformat())[0] == 422


def test_a_rule_that_cannot_be_computed_is_a_fault_of_the_record(caller: Callable[[str], Caller]) -> None:
    crowded = Rule("C", "storeys * 100 / area_m2 > 10", "层多面积小", "Many storeys on a small area")
    declare(replace(HOUSES, rules=(crowded,)))
    record = {"name": "x", "area": G1, "values": {"use": "HOME", "storeys": 9, "area_m2": 0}}
    status, answer = send(caller("handler"), "POST", RECORDS, record)
    assert status == 422
    (fault,) = answer["faults"]
    assert fault["field"] == "storeys"
    assert "storeys * 100 / area_m2" in fault["reason"]
    record["values"] = {"use": "HOME", "storeys": 9}  # an empty field leaves the rule undecided
    assert send(caller("handler"), "POST", RECORDS, record)[0] == 201


def test_a_post_of_scope_own_reads_no_record_of_its_unit_or_without_area(
    town: Town, caller: Callable[[str], Caller]
) -> None:
    handler = caller("handler")
    assert (
        send(
            handler, "POST", RECORDS, {"code": "H1", "name": "1号楼", "area": G1, "values": {"use": "HOME"}}
        )[0]
        == 201
    )
    Record.objects.update(unit=town.units["URBAN"], area_path="")
    assert handler.get(f"{RECORDS}/H1")[0] == 200
    town.posts["handler"].scope = "OWN"
    town.posts["handler"].save()
    forget_actors()
    assert handler.get(RECORDS)[1].get("records", []) == []
    for path in ("", "/history"):
        assert handler.get(f"{RECORDS}/H1{path}")[0] in {403, 404}
    assert handler.get("/api/v1/inspections")[1]["inspections"] == []
