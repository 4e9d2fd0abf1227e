"""Orders of a list of records: typed values, each record once, in both directions, now and as of a past day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.kernel import clock, ordering
from jiedao.kernel.errors import UserError
from jiedao.registers.actions.records import add_record, change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record
from jiedao.registers.rows import RecordInput
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.lists import read_record_page
from jiedao.registers.selectors.ordering import list_orders
from jiedao.registers.sheets.export import choose_records
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.testing.cast import Town

JANUARY, JULY = (datetime(2020, month, 10, 2, 0, tzinfo=UTC) for month in (1, 7))
G1, G2, G3 = "990001001001001", "990001001001002", "990001001002001"
# code, name, area, storeys, area_m2, use, tested, licence, second_exit
ROWS: list[tuple[Any, ...]] = [
    ("H2", "乙楼", G1, 10, 9.5, "SHOP", "2019-03-01", "z9", "是"),
    ("H10", "甲楼", G3, 9, None, "HOME", None, None, "否"),
    ("h1", "A座", G1, 50, 1000, "HOME", "2019-12-31", "Z1", None),
    ("H3", "a座", G2, None, 88.25, "SHOP", "2019-03-01", "啊", "否"),
    ("H4", "丙楼", G3, 9, 9.5, "HOME", None, "10", "是"),
    ("H5", "乙楼", G2, 2, None, "SHOP", "2018-07-01", "9", None),
]
KEPT = frozenset({"name", "premise", "area", "unit", "parent", "place_text", "lon", "lat", "active"})
KEYS = ("storeys", "area_m2", "use", "tested", "licence", "second_exit")


def get_text(key: str) -> Callable[[Record], Any]:
    return lambda record: record.values.get(key)


GETTERS: dict[str, Callable[[Record], Any]] = {
    "name": lambda record: record.name,
    "code": lambda record: record.code,
    "grade": lambda record: "CBA".index(record.grade) if record.grade else None,
    "area": lambda record: record.area_path,
    "since": lambda record: record.since_date,
    "f.storeys": get_text("storeys"),
    "f.area_m2": get_text("area_m2"),
    "f.use": lambda record: ["HOME", "SHOP"].index(record.values["use"]),
    "f.tested": get_text("tested"),
    "f.licence": get_text("licence"),
    "f.second_exit": get_text("second_exit"),
}
OPPOSED = {"area", "f.storeys", "f.area_m2", "f.tested"}  # equal values have the newest record first


def declare_columns(*, slots: bool = True) -> RegisterInfo:
    """Declare the register with a column for every field; without slots, values are read from the JSON."""
    info = declare(replace(HOUSES, fields=tuple(replace(field, column=True) for field in HOUSES.fields)))
    if not slots:
        fields = tuple(replace(field, slot="") for field in info.definition.fields)
        info = replace(info, definition=replace(info.definition, fields=fields))
    return info


def add_rows(town: Town, info: RegisterInfo, rows: list[tuple[Any, ...]] = ROWS) -> None:
    for code, name, area, *texts in rows:
        values = {key: text for key, text in zip(KEYS, texts, strict=True) if text is not None}
        data = RecordInput(code=code, name=name, area=area, values=values)
        add_record(actor=town.actor("handler"), info=info, data=data)


@pytest.fixture(params=["slots", "json"])
def houses_in_columns(town: Town, request: Any) -> RegisterInfo:
    with clock.at(JANUARY):
        info = declare_columns()
        add_rows(town, info)
    with clock.at(JULY):
        second = Record.objects.get(code="H10")
        data = RecordInput(values={"storeys": "1", "area_m2": "50"}, keep=KEPT)
        change_record(actor=town.actor("handler"), record_id=second.pk, data=data, why="加建")
    return info if request.param == "slots" else declare_columns(slots=False)


def walk(town: Town, info: RegisterInfo, order: str, size: int, **more: Any) -> tuple[list[str], list[str]]:
    """Return the codes of all pages forward, and backward from the last page."""
    actor, filters = town.actor("leader"), RecordFilters()
    forward: list[list[str]] = []
    cursor = ""
    while True:
        page = read_record_page(actor, info, filters, cursor, size=size, order=order, **more)
        forward.append([row.code for row in page.rows])
        if not page.next:
            break
        cursor = page.next
    backward = [forward[-1]]
    while page.previous:
        page = read_record_page(actor, info, filters, page.previous, size=size, order=order, **more)
        backward.insert(0, [row.code for row in page.rows])
    return list(chain(*forward)), list(chain(*backward))


def sort_codes(records: list[Any], order: str, *, slots: bool) -> list[str]:
    """Return the codes in an order as this file defines it."""
    name, descending = order.removeprefix("-"), order.startswith("-")
    get = GETTERS[name]
    is_opposed = name == "area" or (slots and name in OPPOSED)
    by_id = sorted(records, key=lambda record: record.pk, reverse=descending != is_opposed)
    valued = [record for record in by_id if get(record) not in (None, "")]
    valued.sort(key=get, reverse=descending)
    return [*(record.code for record in valued), *(r.code for r in by_id if get(r) in (None, ""))]


@pytest.mark.parametrize("order", [f"{sign}{name}" for name in GETTERS for sign in ("", "-")])
def test_each_order_has_every_record_once_in_both_directions(
    town: Town, houses_in_columns: RegisterInfo, order: str
) -> None:
    info = houses_in_columns
    has_slots = any(field.slot for field in info.definition.fields)
    wanted = sort_codes(list(Record.objects.all()), order, slots=has_slots)
    with clock.at(JULY):
        for size in (2, 4, 50):
            assert walk(town, info, order, size) == (wanted, wanted)


@pytest.mark.parametrize(
    "order", ["f.storeys", "-f.storeys", "name", "-f.licence", "newest", "oldest", "-f.area_m2"]
)
def test_a_past_day_is_ordered_by_the_values_of_that_day(
    town: Town, houses_in_columns: RegisterInfo, order: str
) -> None:
    with clock.at(JULY):
        pages = {size: walk(town, houses_in_columns, order, size, as_of=date(2020, 3, 1)) for size in (2, 50)}
    assert pages[2] == pages[50]
    codes = pages[2][0]
    assert sorted(codes) == sorted(row[0] for row in ROWS)
    if order == "-f.storeys":
        assert codes[0] == "h1"
        assert codes[-1] == "H3"
        assert codes.index("H2") < codes.index("H10") < codes.index("H5")
    if order == "-f.area_m2":
        assert codes[:2] == ["h1", "H3"]
        assert set(codes[-2:]) == {"H10", "H5"}


def test_numbers_are_ordered_as_numbers_and_texts_by_their_characters(town: Town) -> None:
    with clock.at(JULY):
        info = declare_columns()
        add_rows(town, info)
        assert walk(town, info, "f.storeys", 50)[0][0] == "H5"
        assert walk(town, info, "f.licence", 50)[0] == ["H4", "H5", "h1", "H2", "H3", "H10"]
        assert walk(town, info, "name", 50)[0][:2] == ["h1", "H3"]


def test_the_orders_are_those_of_the_columns_and_none_of_personal_fields(town: Town) -> None:
    orders = list_orders(declare_columns())
    assert list(orders)[:6] == ["newest", "oldest", "name", "-name", "code", "-code"]
    assert "f.owner" not in orders
    assert "f.tested" not in list_orders(declare())
    assert (orders["f.storeys"].label, orders["-f.tested"].label) == ("层数从小到大", "消防检测日期晚的在前")


def test_an_order_without_an_index_is_refused_for_more_records_than_a_user_waits_for(
    town: Town, monkeypatch: Any
) -> None:
    monkeypatch.setattr(ordering, "MAX_SORTED", 5)
    with clock.at(JULY):
        info = declare_columns()
        add_rows(town, info)
        leader, worker, filters = town.actor("leader"), town.actor("grid1"), RecordFilters()
        with pytest.raises(UserError, match="不能这样排序"):
            read_record_page(leader, info, filters, order="name")
        with pytest.raises(UserError, match="不能这样排序"):
            read_record_page(leader, info, filters, order="f.storeys", as_of=date(2020, 7, 10))
        assert read_record_page(leader, info, filters, order="f.storeys").shown == 6
        assert read_record_page(leader, info, filters, order="oldest").shown == 6
        assert read_record_page(worker, info, filters, order="name").shown == 2
        narrow = RecordFilters(values={"use": "SHOP"})
        assert read_record_page(leader, info, narrow, order="name").shown == 3


@pytest.mark.parametrize("cursor", ["n1", "n1~x", "n0~3", "p9~\x00", "n1~nan", "n1~inf", "q"])
def test_a_cursor_of_another_order_shows_the_first_page(town: Town, cursor: str) -> None:
    with clock.at(JULY):
        info = declare_columns()
        add_rows(town, info)
        for order in ("-f.storeys", "name", "f.tested"):
            assert (
                read_record_page(town.actor("leader"), info, RecordFilters(), cursor, order=order).shown > 0
            )


def test_an_ordered_list_costs_the_same_for_few_records_and_for_many(town: Town) -> None:
    with clock.at(JULY):
        info = declare_columns()
        add_rows(town, info, [(f"A{n}", "楼", G1, n, None, "HOME", None, None, None) for n in range(1, 55)])
        spent: list[int] = []
        for mark in "BC":
            with CaptureQueriesContext(connection) as queries:
                read_record_page(town.actor("leader"), info, RecordFilters(), order="-f.storeys")
            spent.append(len(queries))
            more = [(f"{mark}{n}", "楼", G1, n + 1, None, "HOME", None, None, None) for n in range(60)]
            add_rows(town, info, more)
    assert spent[0] == spent[1]


@pytest.mark.parametrize("as_of", [None, date(2020, 3, 1)])
def test_an_export_has_the_order_of_the_list(
    town: Town, houses_in_columns: RegisterInfo, tmp_path: Path, as_of: date | None
) -> None:
    path, actor = tmp_path / "a.csv", town.actor("leader")
    with clock.at(JULY):
        for order in ("-f.storeys", "name", "newest", "-f.area_m2"):
            export = choose_records(actor, houses_in_columns, RecordFilters(), as_of, order=order)
            assert export.write(path, format_="csv") == export.count == 6
            codes = [line.split(",")[0] for line in path.read_text("utf-8-sig").splitlines()[1:]]
            assert codes == walk(town, houses_in_columns, order, 50, as_of=as_of)[0]
