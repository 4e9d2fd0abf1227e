"""GET /api/v1/cases and /api/v1/cases/{number}: filters, pages, scope."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.api.tests.conftest import CASES, Caller
from jiedao.testing.cast import Town, make_case, make_cases, walk


def numbers(answer: dict[str, Any]) -> list[str]:
    return [row["number"] for row in answer["cases"]]


def test_a_list_shows_what_a_client_needs(town: Town, registrar: Caller) -> None:
    case = make_case(town, unit="URBAN")
    status, answer = registrar.get()
    row = answer["cases"][0]
    assert (status, answer["next"], answer["previous"]) == (200, None, None)
    assert (row["number"], row["url"]) == (case.number, f"{CASES}/{case.number}")
    assert row["category"] == f"{case.category.kind}:{case.category.code}"
    assert (row["overdue"], row["reported_at"]) == (False, case.reported_at.isoformat())


def test_following_next_gives_every_case_once(town: Town, registrar: Caller) -> None:
    made = make_cases(town, [{} for _ in range(120)], index=False)
    seen: list[str] = []
    status, answer = registrar.get()
    seen += numbers(answer)
    while answer["next"]:
        status, answer = registrar.get(answer["next"])
        assert status == 200
        seen += numbers(answer)
    assert seen == [case.number for case in reversed(made)]
    assert numbers(registrar.get(answer["previous"])[1]) == seen[50:100]


def test_filters_are_taken_by_code_and_kept_in_next(town: Town, registrar: Caller) -> None:
    make_cases(town, [{"kind": "STALL", "state": "FILED"} for _ in range(60)], index=False)
    make_cases(town, [{"kind": "STALL", "state": "REPORTED"}, {"kind": "RUBBISH"}], index=False)
    stall = town.categories["STALL"]
    _status, answer = registrar.get(state="FILED", category=f"{stall.kind}:{stall.code}")
    following = registrar.get(answer["next"])[1]
    assert (len(answer["cases"]), len(following["cases"])) == (50, 10)
    asked = parse_qs(urlsplit(answer["next"]).query)
    assert (asked["state"], asked["category"]) == (["FILED"], [f"{stall.kind}:{stall.code}"])
    assert {row["category_label"] for row in following["cases"]} == {stall.name}


def test_area_and_unit_are_taken_by_code_with_all_below(town: Town, registrar: Caller) -> None:
    inside = make_case(town, grid="G1", unit="CLEAN")
    make_case(town, grid="G3", unit="WATER")
    assert numbers(registrar.get(area=town.areas["RIVER"].code)[1]) == [inside.number]
    assert numbers(registrar.get(unit=town.units["URBAN"].code)[1]) == [inside.number]


@pytest.mark.parametrize(
    "params",
    [
        {"state": "NOWHERE"},
        {"category": "MATTER:99999"},
        {"sate": "FILED"},
        {"cursor": "x1"},
        {"from": "gestern"},
        {"area": "999"},
        {"area": "1"},
        {"category": "1"},
        {"unit": "1"},
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(registrar: Caller, params: dict[str, str]) -> None:
    status, answer = registrar.get(**params)
    assert (status, answer["field"]) == (422, next(iter(params)))
    assert "略去" not in answer["message"]


def test_days_that_run_backwards_are_refused_and_not_turned_round(registrar: Caller) -> None:
    status, answer = registrar.get(**{"from": "2026-01-02", "to": "2026-01-01"})
    assert (status, answer["field"]) == (422, "from")
    assert "对调" not in answer["hint"]


def test_a_list_takes_the_same_statements_for_3_and_for_50(town: Town, registrar: Caller) -> None:
    counts = []
    for many in (3, 60):
        make_cases(town, [{} for _ in range(many)], index=False)
        registrar.get()
        with CaptureQueriesContext(connection) as queries:
            registrar.get(state="FILED")
        counts.append(len(queries))
    assert counts[1] <= 2
    assert counts[0] <= counts[1]


def test_only_cases_in_scope_are_listed_and_read(town: Town, caller: Callable[[str], Caller]) -> None:
    own, other = make_case(town, grid="G1"), make_case(town, grid="G3")
    grid_worker = caller("grid1")
    assert numbers(grid_worker.get()[1]) == [own.number]
    assert grid_worker.get(f"{CASES}/{own.number}")[0] == 200
    status, answer = grid_worker.get(f"{CASES}/{other.number}")
    assert (status, answer["message"]) == (404, f"没有找到案件 {other.number}。")


def test_a_case_is_read_with_its_timeline_and_allowed_moves_but_without_its_reporter(
    town: Town, registrar: Caller
) -> None:
    case = walk(town, to="FILED")
    status, answer = registrar.get(f"{CASES}/{case.number}")
    assert status == 200
    assert [row["move"] for row in answer["moves"]] == ["REPORT", "ACCEPT"]
    assert answer["area_code"] == town.areas["G1"].code
    assert "COMMENT" in answer["allowed"]
    assert "张三" not in str(answer)
    assert "13800138000" not in str(answer)


@pytest.mark.parametrize("number", ["2026-99999999", "x", "%00", "..%2f", "a" * 300, "2026-0000000１"])
def test_a_number_that_is_none_is_404(registrar: Caller, number: str) -> None:
    status, answer = registrar.get(f"{CASES}/{number}")
    assert (status, bool(answer["hint"])) == (404, True)
