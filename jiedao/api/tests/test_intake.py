"""POST /api/v1/cases: filing, refusals and their messages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jiedao.accounts.models import ApiToken
from jiedao.api import auth
from jiedao.api.tests.conftest import CASES, Caller, make_body
from jiedao.audit.models import Entry
from jiedao.cases.models import Case, CaseMove, Clock, Reporter
from jiedao.kernel import clock
from jiedao.kernel.crypto import decrypt
from jiedao.testing.cast import Town

UUID = "6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10"


def test_a_case_is_filed_with_grid_suggestion_deadline_timeline_and_audit(
    town: Town, registrar: Caller
) -> None:
    status, answer = registrar.post(
        make_body(reporter={"name": "张三", "phone": "13800138000", "secret": True})
    )
    case = Case.objects.get(number=answer["number"])
    assert (status, answer["created"], answer["url"]) == (201, True, f"{CASES}/{case.number}")
    assert (case.area, case.state, case.coord_system) == (town.areas["G1"], "REPORTED", "WGS84")
    assert case.suggestions[0]["category"] == town.categories["RUBBISH"].pk
    assert Clock.objects.get(case=case).due_at == case.due_at > clock.now()
    assert CaseMove.objects.get(case=case).actor_label == "钱敏 · 受理员"
    entry = Entry.objects.get(action="cases.case:report")
    assert (entry.object_id, entry.address, len(entry.request_id)) == (case.pk, "127.0.0.1", 16)
    reporter = Reporter.objects.get(case=case)
    assert (reporter.secret, "张三" in reporter.name) == (True, False)


@pytest.mark.parametrize("key", [{"client_uuid": UUID}, {"source_key": "app:4711"}])
def test_sending_twice_returns_the_first_case_with_200(registrar: Caller, key: dict[str, str]) -> None:
    first = registrar.post(make_body(**key))
    second = registrar.post(make_body(**key))
    assert (first[0], second[0]) == (201, 200)
    assert second[1] == {**first[1], "created": False}
    assert Case.objects.count() == Clock.objects.count() == CaseMove.objects.count() == 1


@pytest.mark.parametrize("key", [{"client_uuid": UUID}, {"source_key": "app:4711"}])
def test_a_key_of_another_matter_is_409_and_names_no_case(
    caller: Callable[[str], Caller], registrar: Caller, key: dict[str, str]
) -> None:
    number = registrar.post(make_body(**key))[1]["number"]
    for answer in (
        registrar.post(make_body(detail="第二件事", **key)),
        caller("shift").post(make_body(**key)),
    ):
        assert (answer[0], answer[1]["field"]) == (409, next(iter(key)))
        assert number not in str(answer[1])
    assert Case.objects.count() == 1


def test_the_uuid_of_zeros_is_refused(registrar: Caller) -> None:
    status, answer = registrar.post(make_body(client_uuid="00000000-0000-0000-0000-000000000000"))
    assert (status, answer["field"]) == (422, "client_uuid")


def test_the_client_uuid_takes_precedence_over_the_source_key(registrar: Caller) -> None:
    by_uuid = registrar.post(make_body(client_uuid=UUID))[1]
    registrar.post(make_body(source_key="app:1"))
    assert registrar.post(make_body(client_uuid=UUID, source_key="app:1"))[1]["number"] == by_uuid["number"]


def test_a_case_filed_with_a_category_code_has_no_suggestions(town: Town, registrar: Caller) -> None:
    category = town.categories["STALL"]
    _status, answer = registrar.post(make_body(category=f"{category.kind}:{category.code}"))
    case = Case.objects.get(number=answer["number"])
    assert (case.category, case.suggestions) == (category, [])


def test_a_point_outside_the_town_is_filed_and_marked(registrar: Caller) -> None:
    status, answer = registrar.post(make_body(point={"lon": 116.4, "lat": 39.9}))
    case = Case.objects.get(number=answer["number"])
    assert (status, case.outside, case.area_id, case.area_path) == (201, True, None, "")


@pytest.mark.parametrize(("lon", "outside"), [(114.105, False), (116.4, True)])
def test_the_answer_states_whether_the_point_is_outside(registrar: Caller, lon: float, outside: bool) -> None:
    body = make_body(client_uuid=UUID, point={"lon": lon, "lat": 22.605})
    assert registrar.post(body)[1]["outside"] is outside
    assert registrar.post(body)[1]["outside"] is outside
    assert registrar.post(make_body(point=None))[1]["outside"] is False


@pytest.mark.parametrize(
    ("lon", "lat", "reason"), [(0, 0, "都是 0"), (22.605, 114.105, "填反了"), (999, 22, "读不出")]
)
def test_a_place_that_is_no_point_is_lost_with_a_warning(
    registrar: Caller, lon: float, lat: float, reason: str
) -> None:
    body = make_body(client_uuid=UUID, point={"lon": lon, "lat": lat, "accuracy_m": 5})
    status, answer = registrar.post(body)
    assert (status, answer["outside"], len(answer["warnings"])) == (201, False, 1)
    assert reason in answer["warnings"][0]
    case = registrar.get(f"{CASES}/{answer['number']}")[1]
    assert (case["lon"], case["lat"], case["moves"][0]["text"]) == (None, None, answer["warnings"][0])
    assert registrar.post(body) == (200, {**answer, "created": False})
    assert registrar.post(make_body())[1]["warnings"] == []


def test_faults_of_a_body_are_reported_in_the_language_of_the_caller(registrar: Caller) -> None:
    body = make_body(channel="FAX")
    assert "只能是" in registrar.post(body)[1]["message"]
    assert "Input should" not in registrar.post({"detail": "x"})[1]["message"]
    assert "must be" in registrar.post(body, **{"Accept-Language": "en"})[1]["message"]


def test_a_point_in_another_coordinate_system_is_converted(registrar: Caller) -> None:
    _status, answer = registrar.post(make_body(point={"lon": 114.1101, "lat": 22.6023, "system": "GCJ02"}))
    case = Case.objects.get(number=answer["number"])
    assert case.coord_system == "GCJ02"
    assert abs(case.lon - 114.105) < 0.001


def test_a_time_without_zone_is_in_the_zone_of_the_town(registrar: Caller) -> None:
    _status, answer = registrar.post(make_body(reported_at="2026-01-05T09:30:00"))
    case = Case.objects.get(number=answer["number"])
    assert case.reported_at.isoformat() == "2026-01-05T01:30:00+00:00"
    assert answer["number"].startswith("2026-")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"detail": "没有来源"}, "channel"),
        (make_body(detail=""), "detail"),
        (make_body(detail="   "), "detail"),
        (make_body(detail="长" * 20_001), "detail"),
        (make_body(subject="长" * 201), "subject"),
        (make_body(channel="FAX"), "channel"),
        (make_body(priority="high"), "priority"),
        (make_body(point={"lon": 114.1}), "point.lat"),
        (make_body(point={"lon": "east", "lat": 22}), "point.lon"),
        (make_body(point={"lon": 114.1, "lat": 22.6, "system": "UTM"}), "point.system"),
        (make_body(category="MATTER:99999"), "category"),
        (make_body(category="rubbish"), "category"),
        (make_body(client_uuid="no uuid"), "client_uuid"),
        (make_body(source_key=""), "source_key"),
        (make_body(urgent="perhaps"), "urgent"),
        (make_body(reporter={"name": "张", "id_card": "1"}), "reporter.id_card"),
        ([1, 2], ""),
        ("null", ""),
        ("", ""),
    ],
)
def test_an_invalid_body_is_refused_with_its_field(registrar: Caller, body: Any, field: str) -> None:
    status, answer = registrar.post(body)
    assert (status, answer["field"]) == (422, field)
    assert answer["message"]
    assert answer["hint"]
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "1999-12-31T23:59:59+08:00", "9999-12-31T23:59:59-14:00"]
)
def test_a_time_before_2000_or_in_the_future_is_refused(registrar: Caller, at: str) -> None:
    status, answer = registrar.post(make_body(reported_at=at))
    assert (status, answer["field"]) == (422, "reported_at")


@pytest.mark.parametrize(
    "body", ["{", '{"channel": NaN}', b"\xff\xfe", '{"a": 1} trailing', b'{"detail": "\xed\xa0\x80"}']
)
def test_malformed_json_is_answered_with_400(registrar: Caller, body: Any) -> None:
    status, answer = registrar.post(body)
    assert (status, "JSON" in answer["message"]) == (400, True)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_that_is_not_finite_is_no_point(registrar: Caller, number: str) -> None:
    body = '{"channel": "WEB", "detail": "井盖", "point": {"lon": LON, "lat": 22.6}}'
    assert registrar.post(body.replace("LON", number))[0] in {400, 422}
    assert not Case.objects.exists()


def test_a_body_that_is_too_long_is_answered_with_413(registrar: Caller) -> None:
    status, answer = registrar.post(make_body(detail="长" * 600_000))
    assert (status, bool(answer["hint"])) == (413, True)


def test_text_is_stored_unchanged_but_for_control_and_direction_characters(registrar: Caller) -> None:
    text = "😀 <b>%s</b> {{x}} ';-- \t第二行\n第三行"
    _status, answer = registrar.post(
        make_body(detail=f"\x00\x1b\u202e{text}", subject="井\x00盖", place="\x00大芬\x07")
    )
    case = Case.objects.get(number=answer["number"])
    assert (case.detail, case.subject, case.place_text) == (text, "井盖", "大芬")


def test_a_control_character_in_the_source_key_is_refused(registrar: Caller) -> None:
    status, answer = registrar.post(make_body(source_key="app:\x001"))
    assert (status, answer["field"]) == (422, "source_key")


def test_nul_characters_are_removed_from_a_reporter(registrar: Caller) -> None:
    assert (
        registrar.post(make_body(reporter={"name": "张\x00三", "phone": "\x00", "ref": "a\x00b"}))[0] == 201
    )


def test_a_chunked_body_is_answered_with_411(registrar: Caller) -> None:
    client = Client(HTTP_AUTHORIZATION=f"Bearer {registrar.token}", HTTP_TRANSFER_ENCODING="chunked")
    answer = client.generic("POST", CASES, b"", content_type="application/json")
    assert (answer.status_code, "Content-Length" in answer.json()["hint"]) == (411, True)


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer jd_wrong", "Basic abc", "Bearer 令牌"])
def test_a_wrong_token_is_answered_with_401(town: Town, token: str) -> None:
    answer = Client().post(
        CASES, make_body(), content_type="application/json", headers={"Authorization": token} if token else {}
    )
    assert (answer.status_code, answer.json()["field"]) == (401, "")
    assert "Authorization" in answer.json()["hint"]


def test_tokens_revoked_expired_or_of_an_inactive_user_are_answered_with_401(
    town: Town, registrar: Caller
) -> None:
    expired = ApiToken.issue(town.users["registrar"], "old", expires_at=clock.now() - timedelta(seconds=1))[1]
    assert Client(HTTP_AUTHORIZATION=f"Bearer {expired}").get(CASES).status_code == 401
    ApiToken.objects.update(revoked_at=clock.now())
    assert registrar.get()[0] == 401
    ApiToken.objects.update(revoked_at=None)
    town.users["registrar"].is_active = False
    town.users["registrar"].save()
    auth.forget_actors()
    assert registrar.get()[0] == 401


def test_a_post_without_the_right_is_answered_with_403(caller: Callable[[str], Caller]) -> None:
    status, answer = caller("visitor").post(make_body())
    assert (status, "cases.case:report" in answer["message"]) == (403, True)


def test_refusals_are_in_the_language_of_the_caller(registrar: Caller) -> None:
    assert registrar.post("{")[1]["message"].startswith("请求体不是有效的 JSON")
    assert (
        "no category"
        in registrar.post(make_body(category="MATTER:99999"), **{"Accept-Language": "en"})[1]["message"]
    )
    assert registrar.post("{")[1]["message"].startswith("请求体不是有效的 JSON")


def test_filing_costs_at_most_seven_statements(registrar: Caller) -> None:
    registrar.post(make_body())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        registrar.post(make_body(reporter={"name": "张三"}))
    statements = [
        row["sql"] for row in queries if not row["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE"))
    ]
    assert len(statements) == (1 if connection.vendor == "postgresql" else 7)


@pytest.mark.parametrize(("method", "path", "status"), [("put", CASES, 405), ("get", "/api/v1/nothing", 404)])
def test_a_wrong_address_or_method_is_answered_in_json(
    town: Town, method: str, path: str, status: int
) -> None:
    answer = getattr(Client(), method)(path)
    assert (answer.status_code, bool(answer.json()["message"])) == (status, True)
    if status == 405:
        assert "POST" in answer["Allow"]


def test_answers_set_no_cookie_and_are_not_cached(registrar: Caller) -> None:
    answer = Client(HTTP_AUTHORIZATION=f"Bearer {registrar.token}").get(CASES)
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("phone", ["138", "1391234567", "打单位电话", "139****5678"])
def test_a_phone_that_cannot_be_one_is_refused_with_what_to_do(registrar: Caller, phone: str) -> None:
    status, answer = registrar.post(make_body(reporter={"name": "李四", "phone": phone}))
    assert (status, answer["field"]) == (422, "reporter.phone")
    assert "不是电话号码" in answer["message"]
    assert "没有就留空" in answer["hint"]
    assert not Case.objects.exists()


def test_a_phone_is_stored_in_one_form_however_it_was_sent(registrar: Caller) -> None:
    for phone in ("+86 139-1234-5678", "１３９１２３４５６７８"):
        assert registrar.post(make_body(detail=f"井盖 {phone[:2]}", reporter={"phone": phone}))[0] == 201
    assert {decrypt(row.phone) for row in Reporter.objects.all()} == {"13912345678"}
    assert Case.objects.values("reporter_key").distinct().count() == 1
