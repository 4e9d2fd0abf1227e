"""The board compared with the period before and the year before, its columns, and its workbook."""

import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from django.http import HttpResponse

from jiedao.audit.models import Entry
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.testing.cast import Town, make_cases


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 10, tzinfo=clock.TOWN_TZ)


def make_handled(town: Town, day: datetime, *, on_time: int, late: int, unit: str = "URBAN") -> None:
    """Make cases of a unit that were due on a day, handled on time or late."""
    columns = {"reported_at": day, "unit": unit, "state": "DONE", "handled_at": day, "handle_due_at": day}
    closed = {**columns, "closed_at": day}
    rows: list[dict[str, Any]] = [{**closed, "handled_on_time": True}] * on_time
    make_cases(town, rows + [{**closed, "handled_on_time": False}] * late)


@pytest.fixture
def three_months(town: Town) -> None:
    """May 2020: 3 of 4 on time. April: 1 of 2. May 2019: 4 of 4. The unit CLEAN has cases in May 2020 alone."""
    make_handled(town, at(2020, 5, 4), on_time=2, late=1)
    make_handled(town, at(2020, 5, 4), on_time=1, late=0, unit="CLEAN")
    make_handled(town, at(2020, 4, 6), on_time=1, late=1)
    make_handled(town, at(2019, 5, 6), on_time=4, late=0)


def read_page(client: Any, query: str) -> str:
    page = client.get(f"/desk/board/?{query}")
    assert page.status_code == 200
    return str(page.content.decode())


@pytest.mark.usefixtures("three_months")
def test_tiles_change_in_percentage_points_against_both_periods(signed_in: SignedIn) -> None:
    page = read_page(signed_in("leader"), "period=2020-05")
    assert "与上期（2020 年 4 月）对比；与去年同期（2019 年 5 月）对比；" in page
    assert "3/4 · 比上期高 25.0 个百分点 · 比去年同期低 25.0 个百分点" in page  # 75 %, 50 %, 100 %
    assert "比上期多 2 · 与去年同期持平" in page  # 4, 2 and 4 reported
    assert "25.0%" not in page


@pytest.mark.usefixtures("three_months")
def test_period_without_data_is_not_compared(signed_in: SignedIn) -> None:
    page = read_page(signed_in("leader"), "period=2019-05&compare=previous")
    assert "上期（2019 年 4 月）没有数据，不作对比；去年同期（2018 年 5 月）没有数据，不作对比" in page
    assert ("比上期" in page, "o-change" in page) == (False, False)
    assert "对比" not in read_page(signed_in("leader"), "period=all").split("</h1>")[1].split("<form")[0]


@pytest.mark.usefixtures("three_months")
def test_cells_of_the_table_show_the_change_and_a_line_without_data_states_it(signed_in: SignedIn) -> None:
    page = read_page(signed_in("leader"), "period=2020-05&compare=previous")
    table = page.split('id="board-table"')[1].split("</table>")[0]
    urban, clean = table.split('<th scope="row">')[1:3]
    assert "+16.7 百分点" in urban  # 66.7 % after 50 %
    assert '<span class="o-change">+1</span>' in urban  # 3 after 2
    assert "上期没有数据" in clean
    assert "百分点" not in clean
    assert "+25.0 百分点" in table.split("<tfoot>")[1]
    assert "o-change" not in read_page(signed_in("leader"), "period=2020-05")


def test_running_period_is_compared_with_as_many_days(town: Town, signed_in: SignedIn) -> None:
    make_handled(town, at(2020, 5, 4), on_time=2, late=0)
    make_handled(town, at(2020, 4, 6), on_time=1, late=0)
    make_handled(town, at(2020, 4, 28), on_time=7, late=0)
    with clock.at(at(2020, 5, 10)):
        page = read_page(signed_in("leader"), "period=2020-05")
    assert "与上期的同样天数（2020-04-01 至 2020-04-10）对比" in page
    assert "比上期多 1" in page


@pytest.mark.usefixtures("three_months")
def test_columns_are_chosen_and_stay_in_links(signed_in: SignedIn) -> None:
    client = signed_in("leader")
    page = read_page(client, "period=2020-05&col=due&col=on_time_rate&col=nonsense&compare=year")
    head = page.split('id="board-table"')[1].split("</thead>")[0]
    assert head.count('class="j-num"') == 2
    assert "by=area&amp;col=on_time_rate&amp;col=due&amp;compare=year" in page
    assert page.count("checked>") == 2
    usual = read_page(client, "period=2020-05&col=nonsense")
    assert usual.split('id="board-table"')[1].split("</thead>")[0].count('class="j-num"') == 11


def read_rows(answer: HttpResponse) -> list[tuple[Any, ...]]:
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return list(openpyxl.load_workbook(io.BytesIO(content)).active.values)


@pytest.mark.usefixtures("three_months")
def test_workbook_has_the_table_as_numbers(town: Town, signed_in: SignedIn) -> None:
    query = "period=2020-05&by=unit&col=reported&col=on_time_rate&compare=previous"
    answer = signed_in("leader").get(f"/desk/board/export/?{query}")
    assert answer.status_code == 200
    note, head, *rows = read_rows(answer)
    assert "与上期（2020 年 4 月）对比" in str(note[0])
    assert head == ("单位", "按期处置率（%）", "比上期（百分点）", "上报数", "比上期")
    assert rows[0] == (town.units["URBAN"].label, 66.7, 16.7, 3, 1)
    assert rows[1] == (town.units["CLEAN"].label, 100, None, 1, None)
    assert rows[2] == ("合计", 75, 25, 4, 2)
    assert Entry.objects.filter(action="cases.board:export").count() == 1
    assert signed_in("leader").get("/desk/board/export/?period=May").status_code == 422
    assert signed_in("handler").get(f"/desk/board/export/?{query}").status_code == 403
