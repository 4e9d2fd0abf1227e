"""GET /api/v1/cases and /api/v1/cases/{number}: filters, pages, scope."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.api.tests.conftest import CASES, Caller
from jiedao.testing.cast import Town, make_case, make_cases, walk


def list_numbers(answer: dict[str, Any]) -> list[str]:
    return [row["number"] for row in answer["cases"]]


def test_a_list_contains_the_fields_of_a_case(town: Town, registrar: Caller) -> None:
    case = make_case(town, unit="URBAN")
    status, answer = registrar.get()
    row = answer["cases"][0]
    assert (status, answer["next"], answer["previous"]) == (200, None, None)
    assert (row["number"], row["url"]) == (case.number, f"{CASES}/{case.number}")
    assert row["category"] == f"{case.category.kind}:{case.category.code}"
    assert (row["overdue"], row["reported_at"]) == (False, case.reported_at.isoformat())


def test_following_next_returns_every_case_once(town: Town, registrar: Caller) -> None:
    cases = make_cases(town, [{} for _ in range(120)], index=False)
    listed: list[str] = []
    status, answer = registrar.get()
    listed += list_numbers(answer)
    while answer["next"]:
        status, answer = registrar.get(answer["next"])
        assert status == 200
        listed += list_numbers(answer)
    assert listed == [case.number for case in reversed(cases)]
    assert list_numbers(registrar.get(answer["previous"])[1]) == listed[50:100]


def test_filters_accept_codes_and_are_part_of_next(town: Town, registrar: Caller) -> None:
    make_cases(town, [{"kind": "STALL", "state": "FILED"} for _ in range(60)], index=False)
    make_cases(town, [{"kind": "STALL", "state": "REPORTED"}, {"kind": "RUBBISH"}], index=False)
    stall = town.categories["STALL"]
    _status, answer = registrar.get(state="FILED", category=f"{stall.kind}:{stall.code}")
    following = registrar.get(answer["next"])[1]
    assert (len(answer["cases"]), len(following["cases"])) == (50, 10)
    next_query = parse_qs(urlsplit(answer["next"]).query)
    assert (next_query["state"], next_query["category"]) == (["FILED"], [f"{stall.kind}:{stall.code}"])
    assert {row["category_label"] for row in following["cases"]} == {stall.name}


def test_filters_by_area_and_unit_include_all_below(town: Town, registrar: Caller) -> None:
    inside = make_case(town, grid="G1", unit="CLEAN")
    make_case(town, grid="G3", unit="WATER")
    assert list_numbers(registrar.get(area=town.areas["RIVER"].code)[1]) == [inside.number]
    assert list_numbers(registrar.get(unit=town.units["URBAN"].code)[1]) == [inside.number]


def test_a_filter_given_twice_means_both_values(town: Town, registrar: Caller) -> None:
    app = make_case(town, unit="URBAN", channel="APP")
    web = make_case(town, unit="CLEAN", kind="RUBBLE", channel="WEB")
    make_case(town, grid="G3", unit="WATER", kind="COVER", channel="PATROL")
    both = {
        "channel": ["APP", "WEB"],
        "category": ["MATTER:01001", "MATTER:01002"],
        "unit": [town.units["CLEAN"].code, town.units["URBAN"].code],
        "area": [town.areas["G1"].code, town.areas["G2"].code],
    }
    for name, values in both.items():
        status, answer = registrar.get(**{name: values})
        assert status == 200, (name, answer)
        assert set(list_numbers(answer)) == {app.number, web.number}, name


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("due", ["overdue", "soon"]),
        ("q", ["垃圾", "路灯"]),
        ("from", ["2026-01-01", "2026-02-01"]),
        ("group", ["open", "done"]),
        ("order", ["newest", "urgency"]),
    ],
)
def test_a_filter_of_one_value_given_twice_is_refused(
    registrar: Caller, name: str, values: list[str]
) -> None:
    status, answer = registrar.get(**{name: values})
    assert (status, answer["field"]) == (422, name)
    assert "2" in answer["message"]


@pytest.mark.parametrize("order", ["oldest", "-due", "unit", "-state", "area"])
def test_pages_of_every_order_are_followed_to_the_end(town: Town, registrar: Caller, order: str) -> None:
    cases = make_cases(town, [{"unit": unit} for unit in ("URBAN", "WATER", "CLEAN") for _ in range(20)])
    numbers, answer = [], registrar.get(order=order)[1]
    numbers += list_numbers(answer)
    while answer["next"]:
        query = parse_qs(urlsplit(answer["next"]).query)
        answer = registrar.get(**query)[1]
        numbers += list_numbers(answer)
    assert sorted(numbers) == sorted(case.number for case in cases)


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
def test_an_invalid_filter_is_refused(registrar: Caller, params: dict[str, str]) -> None:
    status, answer = registrar.get(**params)
    assert (status, answer["field"]) == (422, next(iter(params)))
    assert "略去" not in answer["message"]


def test_a_range_that_runs_backwards_is_refused(registrar: Caller) -> None:
    status, answer = registrar.get(**{"from": "2026-01-02", "to": "2026-01-01"})
    assert (status, answer["field"]) == (422, "from")
    assert "对调" not in answer["hint"]


def test_a_list_costs_the_same_statements_for_3_and_for_50(town: Town, registrar: Caller) -> None:
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
    visible, foreign = make_case(town, grid="G1"), make_case(town, grid="G3")
    grid_worker = caller("grid1")
    assert list_numbers(grid_worker.get()[1]) == [visible.number]
    assert grid_worker.get(f"{CASES}/{visible.number}")[0] == 200
    status, answer = grid_worker.get(f"{CASES}/{foreign.number}")
    assert (status, answer["message"]) == (404, f"没有找到案件 {foreign.number}。")


def test_a_case_contains_timeline_and_allowed_moves_but_no_reporter(town: Town, registrar: Caller) -> None:
    case = walk(town, to="FILED")
    status, answer = registrar.get(f"{CASES}/{case.number}")
    assert status == 200
    assert [row["move"] for row in answer["moves"]] == ["REPORT", "ACCEPT"]
    assert answer["area_code"] == town.areas["G1"].code
    assert "COMMENT" in answer["allowed"]
    assert "张三" not in str(answer)
    assert "13800138000" not in str(answer)


@pytest.mark.parametrize("number", ["2026-99999999", "x", "%00", "..%2f", "a" * 300, "2026-0000000１"])
def test_an_invalid_number_is_answered_with_404(registrar: Caller, number: str) -> None:
    status, answer = registrar.get(f"{CASES}/{number}")
    assert (status, bool(answer["hint"])) == (404, True)
