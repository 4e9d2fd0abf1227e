"""Orders of a list of inspections and of their findings: each row once, in both directions."""

from datetime import timedelta
from typing import Any

import pytest

from jiedao.kernel import clock, ordering
from jiedao.kernel.errors import UserError
from jiedao.registers.actions.inspections import Answer
from jiedao.registers.actions.planning import plan_rounds
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Inspection
from jiedao.registers.selectors.inspection_filters import InspectionFilters
from jiedao.registers.selectors.inspection_ordering import FINDING_ORDERS, INSPECTION_ORDERS
from jiedao.registers.selectors.inspections import read_inspection_page
from jiedao.registers.tests.inspecting import (
    JULY,
    TODAY,
    add_house,
    answer_all,
    answer_inspection,
    upload_photo,
)
from jiedao.testing.cast import Town


@pytest.fixture
def made(town: Town, inspected: RegisterInfo) -> Any:
    """Four houses: one inspection failed, one passed, two wait."""
    with clock.at(JULY):
        for number, code in enumerate(("H3", "H1", "H4", "H2")):
            add_house(town, inspected, code, on=TODAY - timedelta(days=30 + number))
        plan_rounds(inspected, TODAY)
        first, second = Inspection.objects.order_by("id")[:2]
        failed = answer_all(exit=Answer("FAIL", "堵了", [upload_photo(town)]), wiring=Answer("FAIL", "老化"))
        answer_inspection(town, first, answers=failed)
        answer_inspection(town, second)
        yield inspected


def walk(town: Town, filters: InspectionFilters, size: int) -> tuple[list[int], list[int]]:
    actor = town.actor("leader")
    page = read_inspection_page(actor, filters, size=size)
    forward = [row.pk for row in page.rows]
    last = forward
    while page.next:
        page = read_inspection_page(actor, filters, page.next, size=size)
        last = [row.pk for row in page.rows]
        forward += last
    backward = list(last)
    while page.previous:
        page = read_inspection_page(actor, filters, page.previous, size=size)
        backward = [row.pk for row in page.rows] + backward
    return forward, backward


GETTERS: dict[str, Any] = {
    "day": lambda row: getattr(row, "counted_date", None) or row.found_date,
    "record": lambda row: row.record.name,
    "register": lambda row: row.register_id,
    "area": lambda row: row.area_path,
    "inspector": lambda row: row.done_label,
    "text": lambda row: row.text,
    "case": lambda row: row.case_id,
}


@pytest.mark.parametrize(
    ("show", "order"),
    [("", order) for order in ["", *INSPECTION_ORDERS]]
    + [("items", order) for order in ["", *FINDING_ORDERS]],
)
def test_each_order_has_every_row_once_in_both_directions(
    town: Town, made: RegisterInfo, show: str, order: str
) -> None:
    filters = InspectionFilters(show=show, order=order)
    whole = walk(town, filters, 50)[0]
    assert len(set(whole)) == len(whole) >= 2
    for size in (1, 2, 3):
        assert walk(town, filters, size) == (whole, whole)
    rows = read_inspection_page(town.actor("leader"), filters).rows
    get = GETTERS.get(order.removeprefix("-"))
    if get is not None:
        values = [get(row) for row in rows if get(row) != ""]
        assert values == sorted(values, reverse=order.startswith("-"))
        assert all(get(row) == "" for row in rows[len(values) :])


def test_the_state_is_ordered_by_what_the_list_shows(town: Town, made: RegisterInfo) -> None:
    rows = read_inspection_page(town.actor("leader"), InspectionFilters(order="state")).rows
    shown = ["failed" if row.passed is False else "passed" if row.passed else row.state for row in rows]
    ranks = ["failed", "DUE", "passed", "MISSED", "DROPPED"]
    assert {"failed", "DUE", "passed"} <= set(shown)
    assert shown == sorted(shown, key=ranks.index)


def test_only_the_day_orders_more_rows_than_a_user_waits_for(
    town: Town, made: RegisterInfo, monkeypatch: Any
) -> None:
    monkeypatch.setattr(ordering, "MAX_SORTED", 1)
    actor = town.actor("leader")
    for order in ("", "day", "-day"):
        assert read_inspection_page(actor, InspectionFilters(order=order)).shown > 1
    with pytest.raises(UserError, match="不能这样排序"):
        read_inspection_page(actor, InspectionFilters(order="record"))
