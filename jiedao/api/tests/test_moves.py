"""Moves, comments and files of cases over JSON."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from PIL import Image

from jiedao.api import auth
from jiedao.api.models import StoredAnswer
from jiedao.api.once import _compute_fingerprint
from jiedao.api.tests.conftest import CASES, Caller
from jiedao.cases.models import Case, CaseMove, Reason
from jiedao.cases.moves.table import FLOW
from jiedao.files.models import Attachment
from jiedao.orgs.scopes import SCOPES
from jiedao.testing.cast import Town, walk
from jiedao.testing.questions import add_questions


def call(caller: Caller, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Send JSON, or a form where the body has a file; return status and answer."""
    client = Client(HTTP_AUTHORIZATION=f"Bearer {caller.token}")
    if isinstance(body, dict) and "file" in body:
        answer = client.post(path, body, headers=headers)
    else:
        content = json.dumps(body) if body is not None else ""
        answer = client.generic(method, path, content, content_type="application/json", headers=headers)
    return answer.status_code, answer.json() if "json" in answer["Content-Type"] else answer


def make_photo(size: tuple[int, int] = (40, 30)) -> io.BytesIO:
    """Return a JPEG to upload."""
    file = io.BytesIO()
    Image.new("RGB", size, "green").save(file, "JPEG")
    file.seek(0)
    file.name = "现场.jpg"
    return file


def list_options(caller: Caller, case: Case) -> dict[str, Any]:
    """Return the moves that the caller may make, by code."""
    status, answer = call(caller, "GET", f"{CASES}/{case.number}/moves")
    assert status == 200, answer
    return {row["move"]: row for row in answer["moves"]}


def move(caller: Caller, case: Case, code: str, fields: dict[str, Any], **options: Any) -> tuple[int, Any]:
    """Make a move with the present version of the case, unless the options name another."""
    version = options.pop("version", None) or Case.objects.get(pk=case.pk).version
    path = f"{CASES}/{case.number}/moves/{code}"
    return call(caller, "POST", path, {"version": version, "fields": fields}, **options)


def test_the_moves_of_a_case_state_their_fields(town: Town, caller: Any) -> None:
    case = walk(town, to="FILED")
    options = list_options(caller("dispatcher"), case)

    assert {"DISPATCH", "MERGE", "SUSPEND"} <= options.keys()
    fields = {field["name"]: field for field in options["DISPATCH"]["fields"]}
    assert (fields["unit"]["kind"], fields["unit"]["need"]) == ("unit", "required")
    assert (fields["helpers"]["kind"], fields["helpers"]["need"]) == ("units", "optional")
    assert options["DISPATCH"]["target"] == "DISPATCHED"
    assert list_options(caller("grid1"), case).keys() == {"COMMENT"}


def test_a_case_is_worked_from_report_to_closing(town: Town, caller: Any, registrar: Caller) -> None:
    number = registrar.post({"channel": "HOTLINE", "detail": "临江花园门口堆放垃圾三天。", "point": None})[1][
        "number"
    ]
    case = Case.objects.get(number=number)
    rubbish = f"MATTER:{town.categories['RUBBISH'].code}"
    area = town.areas["G1"].code

    assert move(registrar, case, "ACCEPT", {"category": rubbish, "area": area})[0] == 200
    status, answer = move(caller("dispatcher"), case, "DISPATCH", {"unit": town.units["URBAN"].code})
    assert (status, answer["state"]) == (200, "DISPATCHED")
    assert "RETURN" not in answer["allowed"]
    handler = caller("handler")
    assert move(handler, case, "TAKE", {})[1]["state"] == "HANDLING"
    fields = {field["name"]: field for field in list_options(handler, case)["HANDLE"]["fields"]}
    photo = {"file": make_photo(), "kind": fields["photos"]["photo_kind"] or "PHOTO_AFTER"}
    photo_id = call(handler, "POST", "/api/v1/uploads", photo)[1]["id"]
    status, answer = move(handler, case, "HANDLE", {"result": "已清运。", "photos": [photo_id]})
    assert (status, answer["state"]) == (200, "HANDLED"), answer
    assert Attachment.objects.get(pk=photo_id).object_id == case.pk
    case.refresh_from_db()
    assert case.category_id == town.categories["RUBBISH"].pk
    assert case.area_id == town.areas["G1"].pk


def test_two_callers_cannot_make_the_same_move(town: Town, caller: Any) -> None:
    case = walk(town, to="FILED")
    first, second = caller("dispatcher"), caller("shift")
    fields = {"unit": town.units["URBAN"].code}

    assert move(first, case, "DISPATCH", fields, version=case.version)[0] == 200
    status, answer = move(second, case, "DISPATCH", fields, version=case.version)
    assert (status, answer["type"]) == (409, "urn:jiedao:problem:conflict")
    assert CaseMove.objects.filter(case=case, move="DISPATCH").count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "fields.unit"),
        ({"unit": "NOWHERE"}, "fields.unit"),
        ({"unit": ["URBAN"]}, "fields.unit"),
        ({"unit": "URBAN", "colour": "red"}, "fields.colour"),
        ({"unit": "URBAN", "limit": "soon"}, "fields.limit"),
        ({"unit": "URBAN", "helpers": ["NOWHERE"]}, "fields.helpers"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(
    town: Town, caller: Any, fields: dict[str, Any], field: str
) -> None:
    case = walk(town, to="FILED")
    codes = {key: unit.code for key, unit in town.units.items()}
    fields = {
        name: codes.get(value, value) if isinstance(value, str) else value for name, value in fields.items()
    }

    status, answer = move(caller("dispatcher"), case, "DISPATCH", fields)
    assert (status, answer["field"]) == (422, field)
    assert answer["hint"]
    case.refresh_from_db()
    assert case.state == "FILED"


def test_a_reason_is_offered_and_accepted_by_its_code(town: Town, caller: Any) -> None:
    case = walk(town, to="REPORTED")
    shift = caller("shift")
    options = list_options(shift, case)["REJECT"]["fields"]
    [reason] = [field for field in options if field["name"] == "reason"]

    assert [choice["value"] for choice in reason["choices"]] == list(
        Reason.objects.filter(kind="REJECT", active=True).order_by("id").values_list("code", flat=True)
    )
    fields = {"reason": reason["choices"][0]["value"], "reply": "不属于街道职责。"}
    assert move(shift, case, "REJECT", fields)[1]["state"] == "REJECTED"


def test_what_a_caller_may_not_do_is_refused(town: Town, caller: Any) -> None:
    case = walk(town, to="FILED")

    assert move(caller("grid1"), case, "DISPATCH", {"unit": "X"})[0] == 403
    assert move(caller("grid3"), case, "COMMENT", {"note": "x"})[0] == 404
    assert move(caller("dispatcher"), case, "FLY", {})[0] == 404
    assert move(caller("dispatcher"), case, "REPORT", {})[0] == 404
    reader = Caller(town, "dispatcher", ["cases:read"])
    assert move(reader, case, "COMMENT", {"note": "x"})[0] == 403


def test_every_move_is_within_the_scope_of_working_on_cases() -> None:
    # Asking for withdrawal is a follow-up of the sender; what another system answered comes by import.
    others = {"cases.case:report", "exchange.messages:import"}
    rights = {row.permission for row in FLOW.moves.values() if row.effect is not None}
    assert rights - others <= SCOPES["cases:work"]
    assert "cases.case:reveal" not in SCOPES["cases:work"]


def test_a_comment_is_stored_once_under_its_key(town: Town, caller: Any) -> None:
    case, grid = walk(town, to="FILED"), caller("grid1")
    path, body = f"{CASES}/{case.number}/comments", {"text": "已电话联系物业。"}

    first = call(grid, "POST", path, body, **{"Idempotency-Key": "k-1"})
    again = call(grid, "POST", path, body, **{"Idempotency-Key": "k-1"})
    assert first == again
    assert first[0] == 201
    other = call(grid, "POST", path, {"text": "别的话"}, **{"Idempotency-Key": "k-1"})
    assert (other[0], other[1]["field"]) == (422, "Idempotency-Key")
    assert call(caller("shift"), "POST", path, body, **{"Idempotency-Key": "k-1"})[0] == 201
    texts = [row["text"] for row in call(grid, "GET", path)[1]["comments"]]
    assert texts == ["已电话联系物业。", "已电话联系物业。"]
    assert "已电话" not in StoredAnswer.objects.first().body  # type: ignore[union-attr]


def test_a_refusal_is_not_stored_under_its_key(town: Town, caller: Any) -> None:
    case, grid = walk(town, to="FILED"), caller("grid1")
    path, key = f"{CASES}/{case.number}/comments", {"Idempotency-Key": "k-2"}

    assert call(grid, "POST", path, {"text": ""}, **key)[0] == 422
    assert not StoredAnswer.objects.exists()
    assert call(grid, "POST", path, {"text": "现在有字了"}, **key)[0] == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "钥匙"])
def test_a_key_that_cannot_be_used_is_refused(town: Town, caller: Any, key: str) -> None:
    case = walk(town, to="FILED")
    path = f"{CASES}/{case.number}/comments"
    status, answer = call(caller("grid1"), "POST", path, {"text": "x"}, **{"Idempotency-Key": key})
    assert (status, answer["field"]) == (422, "Idempotency-Key")
    assert not CaseMove.objects.filter(case=case, move="COMMENT").exists()


def test_a_repeated_answer_needs_a_token_with_the_scope(town: Town, caller: Any) -> None:
    case = walk(town, to="FILED")
    path, body, key = f"{CASES}/{case.number}/comments", {"text": "x"}, {"Idempotency-Key": "k-3"}
    assert call(caller("grid1"), "POST", path, body, **key)[0] == 201
    assert call(Caller(town, "grid1", ["cases:read"]), "POST", path, body, **key)[0] == 403
    stranger = Client(HTTP_AUTHORIZATION="Bearer jd_wrong").post(path, body, "application/json", headers=key)
    assert stranger.status_code == 401


def test_filing_with_a_key_files_one_case(registrar: Caller) -> None:
    body = {"channel": "HOTLINE", "detail": "路灯不亮。"}
    answers = [registrar.post(body, **{"Idempotency-Key": "file-1"}) for _n in range(2)]
    assert answers[0] == answers[1]
    assert answers[0][0] == 201
    assert Case.objects.count() == 1


def test_the_answer_states_the_remaining_requests_of_the_token(registrar: Caller) -> None:
    answer = Client(HTTP_AUTHORIZATION=f"Bearer {registrar.token}").get(CASES)
    assert answer["RateLimit-Policy"] == '"token";q=30000;w=300'
    assert answer["RateLimit"].startswith('"token";r=29999;t=')
    auth.forget_actors()


def test_files_are_uploaded_and_downloaded(town: Town, caller: Any) -> None:
    case, grid = walk(town, to="FILED"), caller("grid1")
    path = f"{CASES}/{case.number}/files"

    status, sent = call(grid, "POST", path, {"file": make_photo((4000, 10)), "kind": "PHOTO_BEFORE"})
    assert (status, sent["content_type"], sent["kind"]) == (201, "image/jpeg", "PHOTO_BEFORE")
    assert [row["id"] for row in call(grid, "GET", path)[1]["files"]] == [sent["id"]]
    status, download = call(grid, "GET", sent["url"])
    assert (status, download["Content-Type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(b"".join(download.streaming_content))).size == (
        sent["width"],
        sent["height"],
    )
    assert call(caller("grid3"), "GET", sent["url"])[0] == 404
    other = walk(town, to="FILED")
    assert call(grid, "GET", f"{CASES}/{other.number}/files/{sent['id']}")[0] == 404


def test_a_file_that_is_no_photo_is_refused(town: Town, caller: Any) -> None:
    case, grid = walk(town, to="FILED"), caller("grid1")
    text = io.BytesIO(b"not a photo")
    text.name = "x.jpg"
    status, answer = call(
        grid, "POST", f"{CASES}/{case.number}/files", {"file": text, "kind": "PHOTO_BEFORE"}
    )
    assert (status, bool(answer["hint"])) == (422, True)
    assert not Attachment.objects.exists()


def test_a_form_is_stored_once_under_its_key(town: Town, caller: Any) -> None:
    grid = caller("grid1")
    keys = {"Idempotency-Key": "photo-1"}
    answers = [call(grid, "POST", "/api/v1/uploads", {"file": make_photo()}, **keys) for _n in range(2)]
    assert answers[0] == answers[1]
    assert Attachment.objects.count() == 1


def test_a_case_is_filed_with_photos(town: Town, registrar: Caller) -> None:
    photo_id = call(registrar, "POST", "/api/v1/uploads", {"file": make_photo()})[1]["id"]
    status, answer = registrar.post({"channel": "APP", "detail": "井盖破损。", "photos": [photo_id]})
    assert status == 201
    files = call(registrar, "GET", f"{CASES}/{answer['number']}/files")[1]["files"]
    assert [row["kind"] for row in files] == ["PHOTO_BEFORE"]
    assert (
        registrar.post({"channel": "APP", "detail": "另一件。", "photos": [photo_id]})[1]["field"] == "photos"
    )


def test_updated_after_finds_what_changed(town: Town, registrar: Caller, caller: Any) -> None:
    old, moved = walk(town, to="FILED"), walk(town, to="FILED")
    as_of = CaseMove.objects.order_by("-at")[0].at
    move(caller("dispatcher"), moved, "COMMENT", {"note": "变了"})

    _status, answer = registrar.get(updated_after=as_of.isoformat())
    assert [row["number"] for row in answer["cases"]] == [moved.number]
    assert answer["as_of"]
    every = registrar.get(updated_after="2020-01-01T00:00:00Z", state=["FILED", "CLOSED"])[1]["cases"]
    assert {row["number"] for row in every} == {old.number, moved.number}
    status, refused = registrar.get(updated_after="yesterday")
    assert (status, refused["field"]) == (422, "updated_after")


def test_answers_to_questions_are_corrected_by_a_move(town: Town, registrar: Caller) -> None:
    add_questions(town)
    case = walk(town, to="FILED")
    [field, _note] = list_options(registrar, case)["ANSWER_QUESTIONS"]["fields"]
    assert (field["name"], field["kind"]) == ("answers", "answers")

    assert (
        move(registrar, case, "ANSWER_QUESTIONS", {"answers": {"kinds": ["RUBBLE"], "size": 12.5}})[0] == 200
    )
    answers = registrar.get(f"{CASES}/{case.number}")[1]["answers"]
    assert {row["key"]: row["value"] for row in answers} == {"kinds": ["RUBBLE"], "size": 12.5}
    status, refused = move(
        registrar, case, "ANSWER_QUESTIONS", {"answers": {"kinds": ["RUBBLE"], "size": -1}}
    )
    assert (status, refused["field"]) == (422, "answers.size")
    assert move(registrar, case, "ANSWER_QUESTIONS", {"answers": "RUBBLE"})[0] == 422
    assert move(registrar, case, "COMMENT", {"note": {"a": "b"}})[1]["field"] == "fields.note"


def test_requests_differ_by_all_values_and_files_of_a_name(rf: RequestFactory) -> None:
    def compute(values: list[str], contents: list[bytes]) -> str:
        files = [SimpleUploadedFile("1.jpg", content) for content in contents]
        return _compute_fingerprint(rf.post("/", {"unit": values, "photos": files}))

    first = compute(["A", "B"], [b"1", b"2"])
    assert first == compute(["A", "B"], [b"1", b"2"])
    assert first != compute(["C", "B"], [b"1", b"2"])
    assert first != compute(["A", "B"], [b"3", b"2"])
