"""Registers as a source of figures: flows by community and month, states of a past day, and the list behind them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.kernel import clock, figures, periods
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.records import add_record, change_record, end_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Anchor, Choice, Definition, Field, FieldKind, Grade, Rule
from jiedao.registers.models import Record
from jiedao.registers.rows import RecordInput
from jiedao.registers.selectors.history import read_state_on
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town

STATES = (Choice("STANDS", "未拆"), Choice("GONE", "已拆"))
WORKS = Definition(
    key="works",
    name="违建",
    on=Anchor.TOWN,
    fields=(
        Field("state", "状态", FieldKind.CHOICE, choices=STATES, filter=True),
        Field("area_m2", "面积", FieldKind.NUMBER, unit="平方米"),
        Field("gone_on", "拆除日期", FieldKind.DATE, filter=True),
        Field("seen_on", "发现日期", FieldKind.DATE),
    ),
    grades=(Grade("L", "大型", "Large", "bad"), Grade("M", "中型", "Medium", "warn")),
    rules=(Rule("L", "area_m2 >= 500", "五百平方米以上", "From 500 square metres"),),
)
SPEC = {
    "source": "register",
    "register": "works",
    "sum": "area_m2",
    "date": "gone_on",
    "where": {"state": "GONE"},
}
STOCK = {"source": "register", "register": "works", "sum": "area_m2"}
JULY = datetime(2020, 7, 10, 2, tzinfo=UTC)
G1, G3 = "990001001001001", "990001001002001"
# code, area, state, removed on, square metres
ROWS = [
    ("W1", G1, "GONE", "2020-05-31", 0.1),
    ("W2", G1, "GONE", "2020-05-02", 0.2),
    ("W3", G1, "GONE", "2020-06-30", 1000),
    ("W4", G3, "GONE", "2020-06-30", 500.25),
    ("W5", "", "GONE", "2020-06-01", 7),
    ("W6", G3, "STANDS", "2020-06-01", 90),
    ("W7", G3, "GONE", "2020-06-30", None),
    ("W8", G3, "GONE", "2020-07-09", 11),
    ("W9", G3, "GONE", "2020-06-09", 13),
]


def add_works(
    info: RegisterInfo, code: str, area: str = G1, *, on: date | None = None, **values: Any
) -> Record:
    return add_record(
        actor=make_system_actor(), info=info, data=RecordInput(code, "棚", area=area, on=on, values=values)
    )


@pytest.fixture
def works(town: Town) -> RegisterInfo:
    with clock.at(JULY):
        info = declare(WORKS)
        for code, area, state, gone_on, size in ROWS:
            record = add_works(info, code, area, state=state, gone_on=gone_on, area_m2=size)
        end_record(actor=make_system_actor(), record_id=record.pk, on=None, why="登记错误")
    return info


def test_amounts_are_read_by_community_and_month_in_one_statement(
    town: Town, works: RegisterInfo, django_assert_num_queries: Any
) -> None:
    river, hill = town.areas["RIVER"].path, town.areas["HILL"].path
    assert figures.check(SPEC, ("area", "month")) == []
    with django_assert_num_queries(1):
        june = figures.read(SPEC, period=periods.parse_period("2020H1"), splits=("area", "month"))
    assert june.total == Decimal("1507.55")
    assert june.by("area") == {"": 7, river: Decimal("1000.3"), hill: Decimal("500.25")}
    assert june.by("month") == {"2020-05": Decimal("0.3"), "2020-06": Decimal("1507.25")}
    assert june.rows == 6
    assert figures.read(SPEC, period=periods.parse_period("2020-07-01..2020-07-09")).total == 11
    counted = {key: value for key, value in SPEC.items() if key != "sum"}
    assert figures.read(counted, period=periods.parse_period("2020H1")).total == 6


def test_a_day_that_is_still_to_come_does_not_count(works: RegisterInfo) -> None:
    with clock.at(datetime(2020, 6, 15, 2, tzinfo=UTC)):
        assert figures.read(SPEC, period=periods.parse_period("2020")).total == Decimal("7.3")
        query = dict(figures.list_rows(SPEC, period=periods.parse_period("2020")).query)
    assert query["f.gone_on.to"] == "2020-06-15"


def test_the_list_behind_an_amount_is_narrowed_to_it(town: Town, works: RegisterInfo) -> None:
    river = town.areas["RIVER"]
    link = figures.list_rows(SPEC, period=periods.parse_period("2020H1"), where={"area": river.path})
    assert (link.kind, link.args) == ("registers.records", ("works",))
    assert dict(link.query) == {
        "f.state": "GONE",
        "f.gone_on.from": "2020-01-01",
        "f.gone_on.to": "2020-06-30",
        "area": str(river.pk),
    }


def test_a_state_is_that_of_the_last_day_of_the_period(town: Town) -> None:
    with clock.at(JULY):
        info = declare(WORKS)
        first = add_works(info, "W1", on=date(2020, 5, 1), state="STANDS", area_m2=600)
        second = add_works(info, "W2", G3, on=date(2020, 5, 1), state="STANDS", area_m2=40)
        change_record(
            actor=make_system_actor(),
            record_id=first.pk,
            why="复测",
            data=RecordInput(
                "W1", "棚", area=G1, on=date(2020, 6, 10), values={"state": "STANDS", "area_m2": 90}
            ),
        )
        end_record(actor=make_system_actor(), record_id=second.pk, on=date(2020, 7, 1), why="已拆除")
        may, june, now = (periods.parse_period(text) for text in ("2020-05", "2020-06", "2020-07"))
        assert figures.read(STOCK, period=may, splits=("grade",)).by("grade") == {"L": 600, "M": 40}
        assert figures.read(STOCK, period=june, splits=("grade",)).by("grade") == {"M": 130}
        assert (figures.read(STOCK, period=now).total, figures.read(STOCK, period=now).rows) == (90, 1)
        large = {**STOCK, "grade": "L"}
        assert [figures.read(large, period=period).rows for period in (may, june)] == [1, 0]
        link = figures.list_rows(large, period=may)
        assert dict(link.query) == {"grade": "L", "on": "2020-05-31"}
        assert "on" not in dict(figures.list_rows(STOCK, period=now, where={"grade": "M"}).query)
    with override("en"):
        assert figures.check(STOCK, ("month",)) == ["no split by 'month'; known: area, grade, unit"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"source": "sheet"},
            "no source 'sheet'; known: aid, campaigns, cases, inspections, pledges, projects, register",
        ),
        ({"register": "ships"}, "no register 'ships'"),
        ({"sum": "state"}, "'sum' is no number of 'works' that lists sum: 'state'; known: area_m2"),
        ({"date": "seen_on"}, "that filters: 'seen_on'; known: gone_on"),
        ({"where": {"area_m2": "3"}}, "'where' names 'area_m2', by which 'works' does not filter"),
        ({"where": {"state": "SOLD"}}, "where state: “SOLD” is none of the choices"),
        ({"where": {"state": date(2020, 1, 1)}}, "where state: a text, a number or true or false"),
        ({"where": {"gone_on": "2020-01-01"}}, "'where' names 'gone_on', whose days are those of the period"),
        ({"grade": "S"}, "'grade' is no grade of 'works': 'S'; known: L, M"),
        ({"digits": 9}, "'digits' is a whole number from 0 to 6"),
        ({"unit": "m2"}, "has no 'unit'"),
    ],
)
def test_a_spec_that_cannot_be_read_states_why(
    works: RegisterInfo, change: dict[str, Any], words: str
) -> None:
    spec = {**SPEC, **change}
    with override("en"):
        assert words in "; ".join(figures.check(spec))
    with pytest.raises(UserError, match="数据来源已不可用"):
        figures.read(spec, period=periods.parse_period("2020H1"))


# -- against a slow count ------------------------------------------------------------------------------------

DAYS = st.integers(0, 60).map(lambda days: date(2020, 5, 1) + timedelta(days=days))
STATE = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["STANDS", "GONE"]),
        "gone_on": st.none() | DAYS.map(date.isoformat),
        "area_m2": st.none() | st.decimals(0, 2000, places=2).map(float),
    }
)
RECORDS = st.lists(st.tuples(st.sampled_from([G1, G3, ""]), STATE, DAYS, st.none() | STATE), max_size=6)


def slow_amounts(spec: figures.Spec, period: periods.Period, splits: tuple[str, ...]) -> dict[Any, Any]:
    """Return key -> [amount, rows], record by record."""
    amounts: dict[Any, Any] = {}
    for record in Record.objects.all():
        state = record if "date" in spec else read_state_on(record, min(period.last, clock.today()))
        if state is None or not state.active:
            continue
        values = state.values
        day = values.get("gone_on")
        if "date" in spec and (day is None or not period.first.isoformat() <= day <= period.last.isoformat()):
            continue
        if any(values.get(key) != value for key, value in spec.get("where", {}).items()):
            continue
        keys = {"area": state.area_path[:12], "unit": "", "grade": state.grade, "month": (day or "")[:7]}
        cell = amounts.setdefault(tuple(keys[split] for split in splits), [Decimal(0), 0])
        cell[0] += Decimal(str(values.get("area_m2") or 0)) if "sum" in spec else 1
        cell[1] += 1
    return amounts


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(RECORDS)
def test_cells_are_those_of_a_slow_count(town: Town, records: Any) -> None:
    flow_count = {key: value for key, value in SPEC.items() if key != "sum"}
    with clock.at(JULY), transaction.atomic():
        info = declare(WORKS)
        for number, (area, values, day, later) in enumerate(records):
            record = add_works(info, f"W{number}", area, on=day, **values)
            if later is not None:
                change = RecordInput(record.code, "棚", area=area, on=day + timedelta(days=9), values=later)
                change_record(actor=make_system_actor(), record_id=record.pk, data=change, why="复测")
        for period in map(periods.parse_period, ("2020-05", "2020-05-20..2020-06-20", "2020")):
            for spec, splits in (
                (SPEC, ("area", "month")),
                (SPEC, ()),
                (flow_count, ("grade", "area")),
                (STOCK, ("area",)),
                ({**STOCK, "where": {"state": "GONE"}}, ("grade", "unit")),
                (STOCK, ()),
            ):
                reading = figures.read(spec, period=period, splits=splits)
                cells = {cell.key: [cell.amount, cell.rows] for cell in reading.cells}
                assert cells == slow_amounts(spec, period, splits), (spec, period.text, splits)
        transaction.set_rollback(True)
