"""Amounts of a register for other rooms: by community and month, in one statement, and the list behind them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from jiedao.kernel import clock, feeds
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import system
from jiedao.registers.actions.records import add_record, end_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Choice, Definition, Field, FieldKind, Hangs
from jiedao.registers.rows import Given
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town

STATES = (Choice("STANDS", "未拆"), Choice("GONE", "已拆"))
WORKS = Definition(
    key="works",
    name="违建",
    on=Hangs.TOWN,
    fields=(
        Field("state", "状态", FieldKind.CHOICE, choices=STATES, filter=True),
        Field("area_m2", "面积", FieldKind.NUMBER, unit="平方米"),
        Field("gone_on", "拆除日期", FieldKind.DATE, filter=True),
        Field("seen_on", "发现日期", FieldKind.DATE),
    ),
)
SPEC = {
    "source": "register",
    "register": "works",
    "sum": "area_m2",
    "date": "gone_on",
    "where": {"state": "GONE"},
}
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


@pytest.fixture
def works(town: Town) -> RegisterInfo:
    with clock.at(datetime(2020, 7, 10, 2, tzinfo=UTC)):
        info = declare(WORKS)
        for code, area, state, gone_on, size in ROWS:
            values: dict[str, Any] = {"state": state, "gone_on": gone_on, "area_m2": size}
            made = add_record(actor=system(), info=info, given=Given(code, "棚", area=area, values=values))
        end_record(actor=system(), record_id=made.pk, on=None, why="登记错误")
    return info


def test_amounts_are_read_by_community_and_month_in_one_statement(
    town: Town, works: RegisterInfo, django_assert_num_queries: Any
) -> None:
    river, hill = town.areas["RIVER"].path, town.areas["HILL"].path
    assert feeds.check(SPEC) == []
    with django_assert_num_queries(1):
        june = feeds.read(SPEC, until=date(2020, 6, 30))
    assert june.total == Decimal("1507.55")
    assert june.by_area == {"": 7, river: Decimal("1000.3"), hill: Decimal("500.25")}
    assert june.by_month == {date(2020, 5, 1): Decimal("0.3"), date(2020, 6, 1): Decimal("1507.25")}
    assert june.rows == 6
    assert feeds.read(SPEC, until=date(2020, 7, 9), since=date(2020, 6, 30)).total == 11
    counted = {key: value for key, value in SPEC.items() if key != "sum"}
    assert feeds.read(counted, until=date(2020, 6, 30)).total == 6


def test_the_list_behind_an_amount_is_narrowed_to_it(town: Town, works: RegisterInfo) -> None:
    found = feeds.address(
        SPEC, until=date(2020, 6, 30), since=date(2019, 12, 31), area_path=town.areas["RIVER"].path
    )
    assert (found.url_name, found.args) == ("desk:register", ("works",))
    assert found.query == {
        "f.state": "GONE",
        "f.gone_on.from": "2020-01-01",
        "f.gone_on.to": "2020-06-30",
        "area": str(town.areas["RIVER"].pk),
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "sheet"}, "no source 'sheet'; known: register"),
        ({"register": "ships"}, "no register 'ships'"),
        ({"sum": "state"}, "'sum' is no number of 'works' that lists sum: 'state'; known: area_m2"),
        ({"date": "seen_on"}, "that filters: 'seen_on'; known: gone_on"),
        ({"where": {"area_m2": "3"}}, "'where' names 'area_m2', by which 'works' does not filter"),
        ({"where": {"state": "SOLD"}}, "'where' 'state': “SOLD” is none of the choices"),
        ({"where": {"gone_on": date(2020, 1, 1)}}, "'where' 'gone_on': a text, a number or true or false"),
        ({"digits": 9}, "'digits' is a whole number from 0 to 6"),
        ({"unit": "m2"}, "has no 'unit'"),
    ],
)
def test_a_spec_that_cannot_be_read_says_why(works: RegisterInfo, change: dict[str, Any], words: str) -> None:
    spec = {**SPEC, **change}
    assert words in "; ".join(feeds.check(spec))
    with pytest.raises(UserError, match="数据来源已不可用"):
        feeds.read(spec, until=date(2020, 6, 30))
