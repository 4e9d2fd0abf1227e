"""Inspections over JSON: the same access, actions and scope as the pages."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jiedao.api.tests.conftest import Caller
from jiedao.cases.models import Case
from jiedao.files.models import Attachment
from jiedao.files.tests.pictures import make_picture
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.registers.actions.planning import plan_rounds
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.jobs import mark_missed_inspections
from jiedao.registers.models import Finding, Inspection
from jiedao.registers.tests.inspecting import INSPECTED, JULY, TODAY, add_house, close_case, grant_rights
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town

ROOT = "/api/v1/inspections"
HILL = "990001001002001"
KEY = "6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10"
GOOD = {key: {"value": "OK"} for key in ("exit", "wiring", "alarm")}


@pytest.fixture
def info(town: Town) -> Any:
    """The register of rented houses with a fire check, in July 2020."""
    grant_rights(town)
    forget_all()
    with clock.at(JULY):
        yield declare(INSPECTED)


def make_round(town: Town, info: RegisterInfo, code: str = "H1", **values: Any) -> Inspection:
    """Return the round inspection of a house, which is due today."""
    record = add_house(town, info, code, on=TODAY - timedelta(days=30), **values)
    plan_rounds(info, TODAY)
    return Inspection.objects.get(record=record)


def send(caller: Caller, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Send a body; return status and answer."""
    client = Client(headers={"Authorization": f"Bearer {caller.token}", "Accept-Language": "zh"})
    answer = client.post(path, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def send_photo(caller: Caller, inspection: Inspection, **fields: str) -> tuple[int, dict[str, Any]]:
    """Send a photo for an inspection; return status and answer."""
    file = SimpleUploadedFile("通道.jpg", make_picture(), content_type="image/jpeg")
    client = Client(headers={"Authorization": f"Bearer {caller.token}"})
    answer = client.post(f"{ROOT}/{inspection.pk}/photos", {"file": file, **fields})
    return answer.status_code, answer.json()


def test_a_failed_item_opens_a_case_and_its_recheck_names_the_finding(
    town: Town, caller: Callable[[str], Caller], info: RegisterInfo
) -> None:
    inspection, grid1 = make_round(town, info), caller("grid1")
    path = f"{ROOT}/{inspection.pk}"
    status, asked = grid1.get(path)
    assert (status, asked["register"], asked["state"], asked["answerable"]) == (200, "houses", "DUE", True)
    assert [(item["key"], item["photo"]) for item in asked["items"]] == [
        ("exit", True),
        ("wiring", False),
        ("alarm", False),
    ]
    assert asked["record"] == {
        "code": "H1",
        "name": "H1号楼",
        "place": "",
        "url": "/api/v1/registers/houses/records/H1",
    }
    (status, shot), retried = (
        send_photo(grid1, inspection, client_uuid=KEY),
        send_photo(grid1, inspection, client_uuid=KEY),
    )
    assert (status, retried) == (201, (200, shot))

    failed = {"value": "FAIL", "note": "堆放电动车", "photos": [shot["id"]]}
    body = {"answers": {**GOOD, "exit": failed}, "note": "业主在场", "version": 1, "client_uuid": KEY}
    status, answered = send(grid1, f"{path}/answers", body)
    assert (status, answered["state"], answered["passed"], answered["answerable"]) == (
        200,
        "DONE",
        False,
        False,
    )
    assert answered["answers"][0] == {
        "item": "exit",
        "asked": "疏散通道畅通",
        "asked_en": "Exits are clear",
        "value": "FAIL",
        "note": "堆放电动车",
        "photos": [shot["id"]],
    }
    case = Case.objects.get()
    (finding,) = answered["findings"]
    assert (finding["item"], finding["state"], finding["case"]) == ("exit", "OPEN", case.number)
    assert Attachment.objects.filter(object_type="cases.case", object_id=case.pk).count() == 1
    assert send(grid1, f"{path}/answers", body) == (200, answered)
    assert send(grid1, f"{path}/answers", {**body, "client_uuid": None, "version": None})[0] == 409
    other_inspection = make_round(town, info, "H2")
    # Its client_uuid is used already.
    assert send(grid1, f"{ROOT}/{other_inspection.pk}/answers", body)[0] == 409
    assert (Finding.objects.count(), Case.objects.count()) == (1, 1)

    close_case(town, case)
    recheck = Inspection.objects.get(kind="RECHECK")
    (finding,) = grid1.get(path)[1]["findings"]
    assert (finding["state"], finding["rechecks"][0]["url"]) == ("RIGHT", f"{ROOT}/{recheck.pk}")
    recheck_answer = grid1.get(f"{ROOT}/{recheck.pk}")[1]
    assert [item["key"] for item in recheck_answer["items"]] == ["exit"]
    assert (recheck_answer["looks_at"]["case"], recheck_answer["findings"]) == (case.number, [])


def test_a_photo_of_50_megapixels_is_scaled_as_on_the_pages(
    town: Town, caller: Callable[[str], Caller], info: RegisterInfo
) -> None:
    inspection, grid1 = make_round(town, info), caller("grid1")
    client = Client(headers={"Authorization": f"Bearer {grid1.token}"})
    file = SimpleUploadedFile("a.jpg", make_picture(size=(8_160, 6_120)), content_type="image/jpeg")

    answer = client.post(f"{ROOT}/{inspection.pk}/photos", {"file": file})

    assert answer.status_code == 201
    blob = Attachment.objects.get(pk=answer.json()["id"]).blob
    assert (blob.width, blob.height) == (4_080, 3_060)


def test_missing_items_are_reported_and_callers_without_right_or_scope_refused(
    town: Town, caller: Callable[[str], Caller], info: RegisterInfo
) -> None:
    inspection, grid1 = make_round(town, info), caller("grid1")
    path = f"{ROOT}/{inspection.pk}/answers"
    answers = {"exit": {"value": "FAIL"}, "roof": {"value": "OK"}}
    status, refused = send(grid1, path, {"answers": answers, "on": "2020-07-11"})
    reasons = {item["field"]: item["reason"] for item in refused["faults"]}
    assert (status, set(reasons)) == (422, {"exit", "wiring", "alarm", "roof", "on"})
    assert reasons["wiring"] == "“没有私拉电线”还没有回答。"
    assert send(grid1, path, {"answers": {"exit": {"value": "MAYBE"}}})[1]["field"] == "answers.exit.value"
    foreign_photo = {"answers": {**GOOD, "wiring": {"value": "FAIL", "photos": [7]}}}
    assert send(grid1, path, foreign_photo)[1]["field"] == "photos"
    assert send(caller("leader"), path, {"answers": GOOD})[0] == 403
    assert send_photo(caller("leader"), inspection)[0] == 403
    grid3 = caller("grid3")
    assert send(grid3, path, {"answers": GOOD})[0] == 404
    assert send_photo(grid3, inspection)[0] == 404
    assert grid3.get(f"{ROOT}/{inspection.pk}")[0] == 404
    assert not Case.objects.exists()


def test_a_list_is_limited_to_scope_filtered_and_paged(
    town: Town, caller: Callable[[str], Caller], info: RegisterInfo
) -> None:
    for n in range(52):
        add_house(town, info, f"H{n}", on=TODAY - timedelta(days=30))
    add_house(town, info, "H99", on=TODAY - timedelta(days=30), area=HILL)
    plan_rounds(info, TODAY)
    grid1, leader = caller("grid1"), caller("leader")

    def codes(client: Caller, **params: str) -> list[str]:
        status, page = client.get(ROOT, **params)
        assert status == 200, page
        return [row["record"]["code"] for row in page["inspections"]]

    first = leader.get(ROOT, state="DUE", register="houses")[1]
    second = leader.get(first["next"])[1]
    assert (len(first["inspections"]), len(second["inspections"]), second["next"], first["total"]) == (
        50,
        3,
        None,
        53,
    )
    assert codes(caller("grid3")) == ["H99"] == codes(leader, area=HILL)
    first_inspection = Inspection.objects.get(record__code="H7")
    assert send(grid1, f"{ROOT}/{first_inspection.pk}/answers", {"answers": GOOD})[0] == 200
    assert codes(leader, state="DONE") == ["H7"] == codes(grid1, state="DONE", mine="true")
    assert codes(leader, mine="true") == []  # the leader may not make inspections
    assert len(codes(leader, record="H7")) == 2
    with clock.at(JULY + timedelta(days=1)):
        mark_missed_inspections()
        last = (TODAY - timedelta(days=3)).isoformat(), TODAY.isoformat()
        assert codes(leader, state="MISSED", area=HILL, **{"from": last[0], "to": last[1]}) == ["H99"]
        assert codes(grid1, state="DUE", to=TODAY.isoformat()) == []
    for wrong in ({"colour": "red"}, {"register": "ships"}, {"unit": "nobody"}, {"state": "LATE"}):
        assert leader.get(ROOT, **wrong)[0] == 422
    assert caller("registrar").get(ROOT)[0] == 403


@pytest.mark.parametrize("text", ["0", "1577836800", "2026-02-30", "tomorrow"])
def test_a_number_is_no_day(town: Town, info: RegisterInfo, text: str) -> None:
    assert Caller(town, "handler").get(ROOT, to=text)[0] == 422


def test_an_unplanned_inspection_is_recorded(
    town: Town, caller: Callable[[str], Caller], info: RegisterInfo
) -> None:
    add_house(town, info, "H7")
    grid1, path = caller("grid1"), "/api/v1/registers/houses/records/H7/inspections"
    [checklist] = grid1.get("/api/v1/registers/houses")[1]["checklists"]
    body = {"checklist": checklist["key"], "answers": GOOD, "client_uuid": KEY}

    status, made = send(grid1, path, body)
    assert (status, made["state"], made["passed"]) == (201, "DONE", True)
    assert send(grid1, path, body)[1]["id"] == made["id"]
    assert send(grid1, path, {**body, "checklist": "none", "client_uuid": None})[0] == 404
    assert send(caller("leader"), path, body)[0] == 403
    assert Inspection.objects.filter(record__code="H7", state="DONE").count() == 1


def test_an_extra_inspection_is_planned_and_dropped(
    town: Town, caller: Callable[[str], Caller], info: RegisterInfo
) -> None:
    add_house(town, info, "H8")
    shift, path = caller("shift"), "/api/v1/registers/houses/records/H8/plans"

    status, planned = send(shift, path, {"checklist": "fire", "due": "2020-07-20", "why": "举报"})
    assert (status, planned["state"], planned["kind"], planned["due_date"]) == (
        201,
        "DUE",
        "EXTRA",
        "2020-07-20",
    )
    assert send(shift, path, {"checklist": "fire", "due": "2020-07-01"})[1]["field"] == "due"
    assert send(caller("grid1"), path, {"checklist": "fire", "due": "2020-07-20"})[0] == 403
    drop = f"{planned['url']}/drop"
    assert send(shift, drop, {"why": "已停业", "version": planned["version"]})[1]["state"] == "DROPPED"
    assert send(shift, drop, {"why": "已停业"})[0] == 409


def test_a_list_takes_several_values(town: Town, caller: Callable[[str], Caller], info: RegisterInfo) -> None:
    near, far = make_round(town, info, "H1"), make_round(town, info, "H2", area=HILL)
    shift = caller("shift")

    def list_ids(**params: Any) -> set[int]:
        return {row["id"] for row in shift.get(ROOT, state=["DUE", "DONE"], **params)[1]["inspections"]}

    assert list_ids() == list_ids(area=["990001001001", "990001001002"]) == {near.pk, far.pk}
    assert list_ids(area=["990001001001", "990001001001001"]) == {near.pk}
    assert list_ids(register=["houses"]) == {near.pk, far.pk}
    records = shift.get("/api/v1/registers/houses/records", area=[HILL, "990001001001"], grade=["C", "B"])[1]
    assert {row["code"] for row in records["records"]} == {"H1", "H2"}
    assert (
        shift.get("/api/v1/registers/houses/records", updated_after="2030-01-01T00:00:00Z")[1]["records"]
        == []
    )
    assert len(shift.get("/api/v1/registers/houses/records", updated_after="2000-01-01")[1]["records"]) == 2
