"""Cases as a source of figures: cells by several splits against a slow count, filters, months, and the list behind."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.cases.figures import build_rate, build_spec
from jiedao.cases.models import Assignment, CaseMove, Clock
from jiedao.cases.selectors.counting import find_cases
from jiedao.cases.selectors.measures import MEASURES, RATES
from jiedao.cases.tests.slow_board import SlowBoard
from jiedao.cases.tests.test_board import CASES, CLOCKS, MOVES, PARTS, add_history
from jiedao.kernel import clock, figures, periods
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import narrow_to_month
from jiedao.orgs.actor import make_system_actor
from jiedao.places.models import Area
from jiedao.testing.cast import Town, make_cases

pytestmark = pytest.mark.django_db
NOON = datetime(2020, 6, 15, 12, tzinfo=clock.TOWN_TZ)
SPRING = periods.parse_period("2020-04-10..2020-06-12")
SPLITS = [(), ("month",), ("area", "month"), ("unit", "month"), ("unit", "category"), ("channel", "area")]


def at(day: int, month: int = 5) -> datetime:
    return datetime(2020, month, day, 10, tzinfo=clock.TOWN_TZ)


def make_board_key(split: str, key: str) -> str:
    """Return the key of a cell as the board has it."""
    return Area.objects.get(path=key).code if split == "area" and key else key or "-"


def find_slow_ids(slow: SlowBoard, code: str, splits: Sequence[str], key: Sequence[str]) -> set[int]:
    period, where = SPRING, []
    for split, value in zip(splits, key, strict=True):
        if split == "month":
            period = narrow_to_month(period, value)
        else:
            where.append((split, make_board_key(split, value)))
    return slow.find_ids(code, period.first, period.last, where)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(CASES, min_size=1, max_size=8), PARTS, MOVES, CLOCKS)
def test_cells_of_several_splits_equal_a_slow_count(
    town: Town, cases: Any, parts: Any, moves: Any, clocks: Any
) -> None:
    with clock.at(NOON), transaction.atomic():
        add_history(town, cases, parts, moves, clocks)
        slow = SlowBoard(NOON)
        for splits in SPLITS:
            readings = figures.read_many(list(map(build_spec, MEASURES)), period=SPRING, splits=splits)
            for code, reading in zip(MEASURES, readings, strict=True):
                for cell in reading.cells:
                    assert cell.rows == len(find_slow_ids(slow, code, splits, cell.key)), (code, splits, cell)
                assert reading.rows == len(slow.find_ids(code, SPRING.first, SPRING.last)), (code, splits)
                assert sum(cell.rows for cell in reading.cells) >= reading.rows
        transaction.set_rollback(True)


def test_a_case_of_two_units_counts_for_both_and_once_in_the_total(town: Town) -> None:
    (case,) = make_cases(town, [{"reported_at": at(3), "unit": "CLEAN"}], index=False)
    for unit, day in (("WATER", 4), ("CLEAN", 30)):
        Assignment.objects.create(
            case=case,
            unit=town.units[unit],
            role="LEAD",
            dispatched_at=at(day),
            ended_at=at(day + 1),
            outcome="DONE",
        )
    CaseMove.objects.create(case=case, move="SUSPEND", at=at(5), to_state="SUSPENDED", actor_label="x")
    CaseMove.objects.create(
        case=case, move="SUSPEND", at=at(5, month=6), to_state="SUSPENDED", actor_label="x"
    )
    dispatched = figures.read(build_spec("dispatched"), period=SPRING, splits=("unit",))
    assert dispatched.by("unit") == {"WATER": 1, "CLEAN": 1}
    assert (dispatched.total, dispatched.rows) == (1, 1)
    suspended = figures.read(build_spec("suspended"), period=SPRING, splits=("month", "area"))
    assert [(cell.key[0], cell.rows) for cell in suspended.cells] == [("2020-05", 1), ("2020-06", 1)]
    assert suspended.total == 1
    with pytest.raises(ValueError, match="overlap"):
        suspended.by("area")


def test_filters_narrow_the_count_and_its_list_alike(town: Town) -> None:
    make_cases(
        town,
        [
            {"reported_at": at(3), "grid": "G1", "kind": "RUBBISH", "channel": "HOTLINE", "urgent": True},
            {"reported_at": at(4), "grid": "G1", "kind": "STALL", "channel": "PATROL"},
            {"reported_at": at(5), "grid": "G3", "kind": "RUBBISH", "channel": "WEB"},
            {"reported_at": at(6), "grid": "STREET", "kind": "NONE", "channel": "HOTLINE"},
        ],
        index=False,
    )
    rubbish = town.categories["RUBBISH"]
    minor = f"{rubbish.kind} {rubbish.code}"
    stall = f"{town.categories['STALL'].kind} {town.categories['STALL'].code}"
    for where, number in (
        ({"channel": "HOTLINE"}, 2),
        ({"channel": ["HOTLINE", "WEB"]}, 3),
        ({"category": minor}, 2),
        ({"category": minor[:-3]}, 2),
        ({"category": [minor[:-3], stall]}, 3),
        ({"area": town.areas["RIVER"].code}, 2),
        ({"area": town.areas["G3"].code, "category": minor}, 1),
        ({"flag": "urgent"}, 1),
    ):
        spec = {**build_spec("reported"), "where": where}
        assert figures.check(spec) == []
        link = figures.list_rows(spec, period=SPRING)
        pairs = [value for _name, value in link.query[2:]]
        narrowing = list(zip(pairs[::2], pairs[1::2], strict=True))
        assert figures.read(spec, period=SPRING).total == number, where
        assert find_cases(make_system_actor(), "reported", SPRING, narrowing).count() == number, where


def test_the_link_names_measure_period_and_cell(town: Town) -> None:
    hill = town.areas["HILL"]
    link = figures.list_rows(
        build_spec("due"),
        period=periods.parse_period("2020Q2"),
        where={"area": hill.path, "month": "2020-05"},
    )
    assert link.kind == "cases.measure"
    assert link.query == (("measure", "due"), ("period", "2020-05"), ("by", "area"), ("key", hill.code))
    nowhere = figures.list_rows(build_spec("due"), period=SPRING, where={"unit": ""})
    assert nowhere.query[-2:] == (("by", "unit"), ("key", "-"))


def test_a_rate_pairs_numerator_and_denominator_by_cell(town: Town) -> None:
    base = {"reported_at": at(1), "handle_due_at": at(4), "state": "HANDLED", "handled_at": at(3)}
    make_cases(
        town,
        [
            {**base, "grid": "G1", "handled_on_time": True},
            {**base, "grid": "G1", "handled_on_time": False},
            {**base, "grid": "G3", "handled_on_time": False},
        ],
        index=False,
    )
    with clock.at(NOON):
        rate = figures.read_rate(build_rate("on_time_rate"), period=SPRING, splits=("area",))
        empty = figures.read_rate(build_rate("visit_rate"), period=SPRING)
    river, hill = town.areas["RIVER"].path, town.areas["HILL"].path
    assert (rate.numerator.total, rate.denominator.total) == (1, 3)
    assert {key[0]: str(share) for key, share in rate.shares.items()} == {river: "0.5", hill: "0"}
    assert empty.share is None
    assert all(figures.check(spec) == [] for code in RATES for spec in (build_rate(code).numerator,))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"measure": "moon"}, "no measure 'moon'; known: reported"),
        ({"sum": "x"}, "'cases' has no 'sum'"),
        ({"where": {"moon": "x"}}, "cases are not filtered by 'moon'; known: unit, area"),
        ({"where": {"unit": "NOBODY"}}, "'where' 'unit': there is no 'NOBODY'"),
        ({"where": {"channel": []}}, "a text or a list of texts"),
        ({"where": "HOTLINE"}, "'where' is a table"),
        ({"where": {"flag": "red"}}, "no flag 'red'; known: supervised"),
    ],
)
def test_a_faulty_spec_is_reported_with_its_reason(town: Town, change: dict[str, Any], words: str) -> None:
    spec = {**build_spec("due"), **change}
    with override("en"):
        assert words in "; ".join(figures.check(spec))
    with pytest.raises(UserError, match="数据来源已不可用"):
        figures.read(spec, period=SPRING)


def test_a_split_that_cases_do_not_have_is_refused(town: Town, english: None) -> None:
    assert figures.check(build_spec("due"), ("grade",)) == [
        "no split by 'grade'; known: area, category, channel, month, unit"
    ]


def test_clocks_of_two_months_count_once_in_the_total(town: Town) -> None:
    (case,) = make_cases(town, [{"reported_at": at(3), "has_reporter": True}], index=False)
    for month in (5, 6):
        Clock.objects.create(
            case=case,
            stage="ACCEPT",
            limit="2wh",
            started_at=at(3, month),
            due_at=at(4, month),
            warn_at=at(3, month),
            stopped_at=at(3, month) + timedelta(hours=1),
        )
    with clock.at(NOON):
        reading = figures.read(build_spec("responded"), period=SPRING, splits=("month",))
    assert ([cell.rows for cell in reading.cells], reading.total) == ([1, 1], 1)
