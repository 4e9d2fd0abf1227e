"""The answers of the server to the app: the bundle of a day, items, refusals in JSON, codes of places."""

import gzip
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jiedao.cases.models import Case
from jiedao.cases.questions.storing import write_answers
from jiedao.field import build, day, previews
from jiedao.field.day import build_day, build_present_case
from jiedao.fieldwork.actions import taking
from jiedao.fieldwork.tests.parts import REPORT, make_raw
from jiedao.files.actions import store_file
from jiedao.files.tests.pictures import decode, make_picture
from jiedao.kernel import clock
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.models import Inspection
from jiedao.registers.tests.inspecting import INSPECTED, add_house, grant_rights
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town, make_case, make_move, make_town, walk
from jiedao.testing.questions import add_questions

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


@pytest.fixture
def client(town: Town) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(town.users["grid1"], backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(client: Client, raw: Any) -> Any:
    return client.post("/field/items/", json.dumps(raw), content_type="application/json")


def to_verify(town: Town) -> Case:
    case = walk(town, to="REPORTED")
    return make_move(town, "registrar", case, "ACCEPT", category=town.categories["COVER"].pk)


def test_day_holds_the_work_of_the_actor_and_nothing_about_reporters(town: Town) -> None:
    case = to_verify(town)
    make_case(town, grid="G3", lon=114.105, lat=22.615)  # of another grid worker
    near = make_case(town, grid="G1", lon=114.106, lat=22.604)
    bundle = build_day(town.actor("grid1"))
    assert {row["number"]: row["todo"] for row in bundle["cases"]} == {
        case.number: "VERIFY",
        near.number: "NEAR",
    }
    moves = {move["code"]: move for move in bundle["cases"][0]["moves"]}
    assert "VERIFY" in moves
    assert "VOID" not in moves
    assert [field["label"] for field in moves["UNTRUE"]["fields"]] == ["不属实的理由", "现场照片"]
    assert [field["label"] for field in moves["COMMENT"]["fields"]] == ["备注"]
    assert [(field["name"], field["need"]) for field in moves["VERIFY"]["fields"]] == [
        ("note", "required"),
        ("photos", "optional"),
    ]
    text = json.dumps(bundle, ensure_ascii=False)
    assert "13800138000" not in text
    assert "张三" not in text


def test_day_holds_due_inspections_with_their_questions(town: Town) -> None:
    grant_rights(town)
    record = add_house(town, declare(INSPECTED), on=clock.today() - timedelta(days=40))
    today = clock.today()
    Inspection.objects.create(
        register_id=record.register_id,
        record=record,
        kind="EXTRA",
        checklist="fire",
        area_path=record.area_path,
        planned_date=today,
        due_date=today,
        counted_date=today,
    )
    [inspection] = build_day(town.actor("grid1"))["inspections"]
    assert [(item["key"], item["photo"]) for item in inspection["items"]] == [
        ("exit", True),
        ("wiring", False),
        ("alarm", False),
    ]


def add_photos(case: Case, kind: str, count: int = 1, **options: Any) -> list[int]:
    """Attach pictures of 1,000 px to a case and return their ids."""
    system = make_system_actor()
    upload = ContentFile(make_picture(size=(1000, 750), **options), name="现场.jpg")
    target = {"object_type": "cases.case", "object_id": case.pk}
    return [store_file(system, upload, kind=kind, **target).pk for _number in range(count)]


def test_day_names_photos_of_work_and_answers_to_questions(town: Town, client: Client) -> None:
    case, near = to_verify(town), make_case(town, grid="G1", lon=114.106, lat=22.604)
    before, after = add_photos(case, "PHOTO_BEFORE", 3), add_photos(case, "PHOTO_AFTER")
    add_photos(near, "PHOTO_BEFORE")
    add_questions(town)
    write_answers(case.pk, {"kinds": ["RUBBLE"], "seen": True, "seen_by": "高个子"}, case.reported_at)
    rows = {row["number"]: row for row in client.get("/field/day/").json()["cases"]}
    photos = rows[case.number]["photos"]
    assert [photo["id"] for photo in photos] == [before[0], before[2], after[0]]
    assert photos[2]["kind"] == "处置后照片"
    assert rows[near.number]["photos"] == []
    assert rows[case.number]["answers"] == [["是什么垃圾？", "建筑垃圾"], ["看到是谁倒的吗？", "是"]]
    data = {"case": case.number, "move": "COMMENT", "version": case.version, "fields": {"note": "看过"}}
    present = send(client, make_raw(town, "MOVE", data)).json()["row"]
    assert (present["photos"], len(present["answers"])) == (photos, 2)


@pytest.mark.parametrize(("form", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB")])
def test_preview_is_a_small_picture_for_those_who_see_the_case(
    town: Town, client: Client, form: str, mode: str
) -> None:
    [photo] = add_photos(to_verify(town), "PHOTO_BEFORE", form=form, mode=mode)
    answer = client.get(f"/field/previews/{photo}/")
    small = decode(answer.content)
    assert (small.format, small.size) == ("JPEG", (480, 360))
    assert "no-store" in answer["Cache-Control"]
    client.force_login(town.users["grid3"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/field/previews/{photo}/").status_code == 404


def test_bundle_has_a_limit_of_photos(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "MOST_PHOTOS", 3)
    for _number in range(2):
        add_photos(to_verify(town), "PHOTO_BEFORE", 2)
    rows = build_day(town.actor("grid1"))["cases"]
    assert [len(row["photos"]) for row in rows] == [2, 1]


def test_item_is_answered_with_its_case_and_a_repetition_with_the_same(client: Client, town: Town) -> None:
    raw = make_raw(town, "REPORT", REPORT)
    first, second = send(client, raw), send(client, raw)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Case.objects.get().number == first.json()["case"]


def test_photo_is_stored_before_its_item(client: Client, town: Town) -> None:
    key = "6f1d1f5e-8d1b-4a1e-9d55-000000000001"
    raw = make_raw(town, "REPORT", REPORT, photos={"photos": [key]})
    refused = send(client, raw)
    assert (refused.status_code, refused.json()["missing"]) == (422, [key])
    for _attempt in range(2):
        photo = SimpleUploadedFile("现场.jpg", make_picture(), content_type="image/jpeg")
        answer = client.post("/field/photos/", {"id": key, "kind": "PHOTO_BEFORE", "file": photo})
        assert answer.json() == {"id": key}
    assert send(client, raw).status_code == 201


@pytest.mark.parametrize("fields", [{}, {"id": "x"}, {"kind": "X"}, {"file": b"no picture"}, {"file": b""}])
def test_file_that_is_no_picture_is_refused_with_a_reason(client: Client, fields: dict[str, Any]) -> None:
    values: dict[str, Any] = {"id": "6f1d1f5e-8d1b-4a1e-9d55-000000000002", "kind": "PHOTO_BEFORE", **fields}
    values["file"] = SimpleUploadedFile("a.jpg", fields.get("file", make_picture())) if fields else ""
    answer = client.post("/field/photos/", values)
    assert answer.status_code == 422
    assert answer.json()["hint"]


def test_conflict_is_answered_with_the_case_as_it_is_now(client: Client, town: Town) -> None:
    case = to_verify(town)
    data = {"case": case.number, "move": "VERIFY", "version": case.version, "fields": {"note": "属实"}}
    make_move(town, "supervisor", case, "VERIFY", note="督查已看过")
    answer = send(client, make_raw(town, "MOVE", data))
    body = answer.json()
    assert (answer.status_code, body["stale"]) == (409, True)
    assert (body["present"]["text"], body["present"]["state"]) == ("督查已看过", "待派遣")
    assert [move["code"] for move in body["case"]["moves"]] == ["COMMENT"]


def test_conflict_of_an_inspection_is_answered_with_the_other_one(client: Client, town: Town) -> None:
    grant_rights(town)
    record = add_house(town, declare(INSPECTED), on=clock.today() - timedelta(days=40))
    today = clock.today()
    due = Inspection.objects.create(
        register_id=record.register_id,
        record=record,
        kind="EXTRA",
        checklist="fire",
        area_path=record.area_path,
        planned_date=today,
        due_date=today,
        counted_date=today,
    )
    answers = {key: {"value": "OK", "note": "通畅"} for key in ("exit", "wiring", "alarm")}
    data = {"inspection": due.pk, "version": due.version, "answers": answers, "note": "先到一步"}
    assert send(client, make_raw(town, "INSPECT", data)).status_code == 201
    refused = send(client, make_raw(town, "INSPECT", data))
    present = refused.json()["inspection"]
    assert (refused.status_code, refused.json()["stale"]) == (409, True)
    assert (present["passed"], present["text"], present["day"]) == (True, "先到一步", today.isoformat())
    assert "赵青" in present["who"]
    assert present["answers"]["exit"][1:] == ["合格", "通畅"]


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000])
def test_content_that_is_no_item_is_refused_with_a_reason(client: Client, content: bytes) -> None:
    answer = client.post("/field/items/", content, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["hint"]


def test_request_of_a_signed_out_user_is_refused_in_json(town: Town) -> None:
    answer = Client(headers={"accept-language": "zh-hans"}).get("/field/hello/")
    assert (answer.status_code, answer.json()["message"]) == (401, "登录已到期。")


def test_shell_holds_nothing_personal_and_the_worker_stores_the_files_that_exist(
    client: Client, town: Town
) -> None:
    assert (
        client.get("/field/shell/").content
        == Client(headers={"accept-language": "zh-hans"}).get("/field/shell/").content
    )
    worker = client.get("/field/sw.js").content.decode()
    config = json.loads(re.search(r"BUILD = (\{.*\});", worker)[1])  # type: ignore[index]
    assert "/static/field/js/app.js" in config["files"]
    for address in config["files"]:
        assert client.get(address).status_code == 200, address


def test_version_changes_with_the_shell_and_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {build.compute_version("a"), build.compute_version("b")}
    monkeypatch.setattr(build, "get_file_digest", lambda: "other files")
    versions.add(build.compute_version("a"))
    assert len(versions) == 3


def test_start_of_the_app_is_small(client: Client) -> None:
    texts = [client.get("/field/").content]
    for address in build.list_addresses():
        if not address.endswith(".png"):
            answer = client.get(address)
            texts.append(b"".join(answer))
            answer.close()
    assert len(texts) > 15
    assert (
        sum(len(gzip.compress(text, 6)) for text in texts) < 150_000
    )  # as the server in front of jiedao sends them


def test_codes_of_places_are_printed_and_open_the_place(client: Client, town: Town) -> None:
    page = client.get("/field/codes/", {"area": town.areas["G1"].pk}).content.decode()
    assert page.count("data:image/svg+xml") == 2  # the grid, and the estate in it
    assert "临江花园" in page
    assert "data:image" not in client.get("/field/codes/", {"area": town.areas["G3"].pk}).content.decode()
    answer = client.get("/field/here/PREMISE/P001/")
    assert answer["Location"] == "/field/#/here/PREMISE/P001"


def test_page_of_a_place_lists_its_visits_for_those_who_see_it(
    client: Client, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "LEAST_HOLDERS", 2)
    data = {"place_kind": "PREMISE", "place": "P001", "proof": "CODE"}
    assert send(client, make_raw(town, "VISIT", data)).status_code == 201
    page = client.get("/field/places/PREMISE/P001/").content.decode()
    for words in ("临江花园", f"{clock.today():%Y-%m-%d}", "网格员", "扫描二维码"):
        assert words in page
    assert "赵青" not in page.split("<main")[1]
    places = client.get("/field/places/", {"area": town.areas["G1"].pk}).content.decode()
    assert "/field/places/PREMISE/P001/" in places
    for who in ("grid3", "handler"):  # another grid; a post without an area
        client.force_login(town.users[who], backend="django.contrib.auth.backends.ModelBackend")
        assert client.get("/field/places/PREMISE/P001/").status_code == 404
        places = client.get("/field/places/", {"area": town.areas["G1"].pk}).content.decode()
        assert "P001" not in places


@pytest.mark.parametrize(
    ("path", "policy"),
    [("/field/", "camera=(self)"), ("/field/shell/", "camera=(self)"), ("/desk/", "camera=()")],
)
def test_only_the_app_may_use_the_camera(client: Client, path: str, policy: str) -> None:
    assert policy in client.get(path)["Permissions-Policy"]


def test_desk_offers_the_app_to_those_who_work_outside(client: Client, town: Town) -> None:
    assert 'href="/field/"' in client.get("/desk/").content.decode()
    admin = Client()
    admin.force_login(town.users["admin"], backend="django.contrib.auth.backends.ModelBackend")
    assert 'href="/field/"' not in admin.get("/desk/").content.decode()


def test_file_of_a_phone_is_imported_at_the_desk(client: Client, town: Town) -> None:
    content = {
        "format": "jiedao-field-queue",
        "v": 1,
        "items": [make_raw(town, "REPORT", REPORT)],
        "photos": {},
    }
    for words in ("已导入", "以前已收到"):
        upload = SimpleUploadedFile("queue.json", json.dumps(content).encode())
        page = client.post("/desk/field-file/", {"file": upload}).content.decode()
        assert words in page
        assert Case.objects.get().number in page
    bad = client.post("/desk/field-file/", {"file": SimpleUploadedFile("a.json", b"{}")})
    assert (bad.status_code, "这不是手机导出的文件" in bad.content.decode()) == (422, True)


def count_statements(town: Town, who: str) -> int:
    build_day(town.actor(who))  # fills what the process caches
    with CaptureQueriesContext(connection) as queries:
        build_day(town.actor(who))
    return len(queries)


@pytest.mark.parametrize(
    ("who", "state"), [("grid1", "HANDLED"), ("supervisor", "HANDLED"), ("handler", "DISPATCHED")]
)
def test_a_day_of_many_cases_needs_no_more_statements(town: Town, who: str, state: str) -> None:
    walk(town, to=state, lon=114.106, lat=22.604)
    few = count_statements(town, who)
    for _number in range(6):
        walk(town, to=state, lon=114.106, lat=22.604)
    assert len(build_day(town.actor(who))["cases"]) == 7
    assert count_statements(town, who) == few


def test_bundle_states_how_many_cases_are_nearby(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(3):
        make_case(town, grid="G1", lon=114.106, lat=22.604)
    assert build_day(town.actor("grid1"))["near_total"] == 3
    monkeypatch.setattr(day, "MOST_NEARBY", 2)
    bundle = build_day(town.actor("grid1"))
    assert (bundle["near_total"], len(bundle["cases"])) == (3, 2)


def test_bundle_holds_what_only_a_move_makes_possible(town: Town) -> None:
    case = to_verify(town)
    [row] = build_day(town.actor("grid1"))["cases"]
    moves = {move["code"]: move for move in row["moves"]}
    assert row["number"] == case.number
    assert "SELF_HANDLE" not in moves
    assert moves["VERIFY"]["then"] == ["COMMENT"]
    assert "SELF_HANDLE" not in moves["UNTRUE"]["then"]


def test_case_stated_untrue_shows_it_and_is_not_handled_by_the_same_user(town: Town) -> None:
    case = to_verify(town)
    [before] = build_day(town.actor("grid1"))["cases"]
    make_move(town, "grid1", case, "UNTRUE", note="到场未见")
    case.refresh_from_db()
    row = build_present_case(town.actor("grid1"), case)
    assert row["state"] == "已核实不属实，等受理决定"
    assert before["state"] == "待核实"
    assert "SELF_HANDLE" not in {move["code"] for move in row["moves"] + row["later"]}

    reported = walk(town, to="REPORTED")
    row = build_present_case(town.actor("grid1"), reported)
    assert row["state"] == "待受理"
    assert "SELF_HANDLE" in {move["code"] for move in row["moves"]}


def test_a_receipt_has_the_case_as_it_is_now_and_the_bundle_what_follows(town: Town) -> None:
    case = walk(town, to="DISPATCHED")
    [row] = build_day(town.actor("handler"))["cases"]
    then = {move["code"]: move["then"] for move in row["moves"]}
    assert "HANDLE" in then["TAKE"]
    assert "TAKE" not in then["HANDLE"]
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(town.users["handler"], backend="django.contrib.auth.backends.ModelBackend")
    data = {"case": case.number, "move": "TAKE", "version": row["version"], "fields": {}}
    raw = make_raw(town, "MOVE", data, who="handler")
    for status in (201, 200):
        answer = send(client, raw)
        assert answer.status_code == status, answer.content.decode()
        case.refresh_from_db()
        present = answer.json()["row"]
        assert (present["version"], present["state"]) == (case.version, "处置中")
        assert "TAKE" not in {move["code"] for move in present["moves"]}
