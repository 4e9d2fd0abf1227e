"""Figures over JSON: the same values as on pages, within the scopes of the token."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from jiedao.api.tests.conftest import Caller
from jiedao.cases.flow import State
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel import clock
from jiedao.testing.cast import Town, make_cases

ROOT = "/api/v1/figures"
DAY = datetime(2020, 6, 10, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _measures(town: Town) -> Iterator[None]:
    rows = [
        {
            "reported_at": DAY,
            "handle_due_at": DAY,
            "state": State.HANDLING.value,
            "unit": "URBAN",
            "grid": "G1",
        }
    ]
    make_cases(town, [*rows, {**rows[0], "unit": "WATER", "grid": "G3"}], index=False)
    due, done = ({"source": "cases", "measure": name} for name in ("due", "handled"))
    declare_measure("due", "amount", {"spec": due})
    declare_measure(
        "rate", "rate", {"numerator": done, "denominator": due, "denominator_name": "应处置"}, unit_label="%"
    )
    with clock.at(datetime(2020, 7, 1, 2, tzinfo=UTC)):
        yield


def test_the_list_has_every_measure_with_its_rows(caller: Callable[[str], Caller]) -> None:
    status, answer = caller("leader").get(ROOT, period="2020-06")
    assert status == 200
    figures = {row["measure"]: row for row in answer["figures"]}
    assert (figures["due"]["value"], figures["due"]["rows"]) == ("2", 2)
    assert figures["due"]["rows_url"] == "/desk/board/rows/?measure=due&period=2020-06"
    assert (figures["rate"]["value"], figures["rate"]["numerator"], figures["rate"]["denominator"]) == (
        "0",
        "0",
        "2",
    )


def test_a_period_before_the_first_record_is_no_data(caller: Callable[[str], Caller]) -> None:
    declare_measure("visits", "amount", {"spec": {"source": "inspections", "count": "due"}})
    status, answer = caller("leader").get(ROOT, period="2020-05")
    assert status == 200
    begun = "没有数据：2020-06-10 起才有记录"
    assert {row["measure"]: (row["value"], row["note"]) for row in answer["figures"]} == {
        "due": (None, begun),
        "rate": (None, begun),
        "visits": (None, "没有数据：还没有任何记录"),
    }


def test_a_figure_has_its_definition_target_and_parts(caller: Callable[[str], Caller], town: Town) -> None:
    status, answer = caller("leader").get(f"{ROOT}/due", period="2020-06", by="area")
    assert status == 200
    assert answer["definition"]["kind"] == "amount"
    assert answer["target"] is None
    assert answer["before"] is None  # the first case was reported in June
    assert {row["area"]: row["value"] for row in answer["split"]} == {
        town.areas["RIVER"].code: "1",
        town.areas["HILL"].code: "1",
    }
    assert caller("leader").get(f"{ROOT}/due", period="2020-06", unit="WATER")[1]["value"] == "1"


def test_no_data_is_null_and_states_why(caller: Callable[[str], Caller]) -> None:
    declare_measure("output", "entered", {})
    answer = caller("leader").get(f"{ROOT}/output", period="2020-06")[1]
    assert answer["value"] is None
    assert answer["note"]


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("", {"period": "May"}, 422),
        ("", {"colour": "red"}, 422),
        ("", {"theme": "moon"}, 422),
        ("", {"area": "999"}, 422),
        ("/none", {}, 404),
        ("/due", {"by": "moon"}, 422),
    ],
)
def test_a_wrong_request_is_refused_with_a_hint(
    caller: Callable[[str], Caller], path: str, params: dict[str, str], status: int
) -> None:
    answer = caller("leader").get(ROOT + path, **params)
    assert answer[0] == status
    assert answer[1]["message"]


def test_a_token_needs_the_scope_and_the_post_the_right(town: Town) -> None:
    assert Caller(town, "leader", ["figures:read"]).get(ROOT)[0] == 200
    assert Caller(town, "leader", ["cases:read"]).get(ROOT)[0] == 403
    assert Caller(town, "grid1").get(ROOT)[0] == 403
