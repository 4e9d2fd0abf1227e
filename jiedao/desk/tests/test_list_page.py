"""The list of cases: filters, saved views, bulk dispatch, export."""

import codecs
import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from jiedao.audit.models import Entry
from jiedao.cases.models import Case
from jiedao.desk import case_files, exporting
from jiedao.desk.models import SavedView
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel.jobs import run_pending
from jiedao.tasks.models import Task
from jiedao.testing.cast import Town, make_case, make_cases, walk
from jiedao.testing.html import parse_page

STATEMENTS = 9  # session, user, post, areas, units, page, count, views, notices


@pytest.mark.parametrize("many", [3, 300])
def test_number_of_queries_does_not_grow_with_the_rows(town: Town, signed_in: SignedIn, many: int) -> None:
    client = signed_in("dispatcher")
    make_cases(town, [{"unit": "URBAN"} for _ in range(many)], index=False)
    client.get("/desk/cases/")
    with CaptureQueriesContext(connection) as spent:
        page = client.get("/desk/cases/?state=FILED")
    assert f"共 {many} 件" in page.content.decode()
    assert len(spent) <= STATEMENTS


def test_unreadable_filter_is_reported_and_ignored(town: Town, signed_in: SignedIn) -> None:
    make_case(town, subject="夜间噪音")
    page = signed_in("dispatcher").get("/desk/cases/?state=NOWHERE&category=abc&q=噪音").content.decode()
    assert "state=NOWHERE" in page
    assert "category=abc" in page
    assert "夜间" in page


def test_search_for_a_case_number_opens_the_case(town: Town, signed_in: SignedIn) -> None:
    make_case(town, number="2026-00000042")
    answer = signed_in("dispatcher").get("/desk/cases/?q=2026-42")
    assert answer["Location"] == "/desk/cases/2026-00000042/"


def test_pages_keep_the_filters(town: Town, signed_in: SignedIn) -> None:
    make_cases(town, [{} for _ in range(60)], index=False)
    client = signed_in("dispatcher")
    first = client.get("/desk/cases/?state=FILED").context["pager"]
    second = client.get(f"/desk/cases/?{first['next']}").context["pager"]
    assert (first["shown"], second["shown"], second["next"]) == (50, 10, "")
    assert "state=FILED" in first["next"]
    assert client.get(f"/desk/cases/?{second['previous']}").context["pager"]["shown"] == 50


def test_shared_view_is_deleted_only_by_its_owner(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("dispatcher")
    client.post("/desk/cases/views/", {"name": "待派遣的垃圾", "query": "state=FILED", "shared": "1"})
    view = SavedView.objects.get()
    assert "待派遣的垃圾" in signed_in("leader").get("/desk/cases/").content.decode()
    assert signed_in("leader").post(f"/desk/cases/views/{view.pk}/delete/").status_code == 404
    assert client.post(f"/desk/cases/views/{view.pk}/delete/").status_code == 302
    assert not SavedView.objects.exists()


def test_view_is_stored_without_null_characters(town: Town, signed_in: SignedIn) -> None:
    signed_in("dispatcher").post("/desk/cases/views/", {"name": "我的\x00视图", "query": "q=\x00"})
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("我的视图", "q=")


@pytest.mark.parametrize("name", ["", "  ", "长" * 41])
def test_view_requires_a_name(town: Town, signed_in: SignedIn, name: str) -> None:
    page = signed_in("dispatcher").post("/desk/cases/views/", {"name": name, "query": ""}, follow=True)
    assert "视图要有名称" in page.content.decode()


def test_bulk_dispatch_shows_the_result_of_each_case(town: Town, signed_in: SignedIn) -> None:
    ours, gone, foreign = walk(town), walk(town, to="DISPATCHED"), 999_999
    stall = make_case(town, kind="PIPE", grid="G3")  # no duty line
    answer = signed_in("dispatcher").post(
        "/desk/cases/bulk/", {"ids": [ours.pk, gone.pk, stall.pk, foreign], "unit": ""}
    )
    outcome = answer.context["result"]
    assert [row.id for row, _unit in outcome.done] == [ours.pk]
    assert {row.id for row, _why in outcome.refused} == {gone.pk, stall.pk}
    assert outcome.lost == 1
    ours.refresh_from_db()
    assert (ours.state, ours.lead_unit_id) == ("DISPATCHED", town.units["URBAN"].pk)


@pytest.mark.parametrize("ids", [[], ["x"], ["-1"], [str(n) for n in range(1, 202)]])
def test_bulk_dispatch_refuses_no_and_too_many_cases(town: Town, signed_in: SignedIn, ids: list[str]) -> None:
    assert signed_in("dispatcher").post("/desk/cases/bulk/", {"ids": ids, "unit": ""}).status_code == 422


def test_export_states_its_count_and_has_no_personal_data(town: Town, signed_in: SignedIn) -> None:
    walk(town, subject="=cmd|calc", reporter_name="张三丰", reporter_phone="13800138000")
    make_cases(town, [{} for _ in range(4)] + [{"grid": "G3", "state": "DONE"}], index=False)
    answer = signed_in("dispatcher").get("/desk/cases/export/?state=FILED")
    content = b"".join(answer.streaming_content)
    page = load_workbook(io.BytesIO(content)).active
    assert page is not None
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert str(rows[0][0]).startswith("共 5 件")
    assert len(rows) == 2 + 5
    assert quote("5件.xlsx") in answer["Content-Disposition"]
    text = "".join(str(value) for row in rows for value in row)
    assert "张三丰" not in text
    assert "138" not in text.replace("2026", "")
    assert Entry.objects.filter(action="cases.case:export").count() == 1


def read_sheet(content: bytes) -> list[dict[str, Any]]:
    """Return the rows of an exported sheet by their headers."""
    page = load_workbook(io.BytesIO(content)).active
    assert page is not None
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    return [dict(zip(rows[1], row, strict=True)) for row in rows[2:]]


def test_export_has_the_words_and_times_of_every_step(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="DONE", subject="树倒了")
    answer = signed_in("dispatcher").get("/desk/cases/export/?state=DONE")
    (row,) = read_sheet(b"".join(answer.streaming_content))
    assert row["编号"] == case.number
    assert row["内容"] == case.detail
    moves = {move.move: move.text for move in case.moves.order_by("id")}
    assert row["处置结果"] == moves["HANDLE"] != ""
    for header in ("上报时间", "立案时间", "派遣时间", "处置时间", "核查通过时间", "结案时间"):
        assert row[header] is not None, header
    assert row["主办单位"] == "城市管理科"
    assert row["按期处置"] == "是"


def test_export_as_csv_is_never_run_by_a_spreadsheet(town: Town, signed_in: SignedIn) -> None:
    walk(town, subject="=cmd|calc", detail="第一行\n“第二行”，逗号")
    answer = signed_in("dispatcher").get("/desk/cases/export/?format=csv")
    content = b"".join(answer.streaming_content)
    assert content.startswith(codecs.BOM_UTF8)
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert row["标题"] == "'=cmd|calc"
    assert row["内容"] == "第一行\n“第二行”，逗号"
    entry = Entry.objects.get(action="cases.case:export")
    assert (entry.after["cases"], entry.after["format"]) == (1, "csv")
    assert quote("1件.csv") in answer["Content-Disposition"]


def test_a_long_export_is_a_task_whose_file_only_its_user_gets(
    town: Town, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.JIEDAO_DATA = tmp_path
    monkeypatch.setattr(exporting, "MAX_ROWS_AT_ONCE", 3)
    monkeypatch.setattr(case_files, "CHUNK_SIZE", 2)
    make_cases(town, [{} for _ in range(5)], index=False)
    client = signed_in("dispatcher")
    answer = client.get("/desk/cases/export/?state=FILED&order=oldest")
    task = Task.objects.get()
    assert answer["Location"] == f"/desk/tasks/{task.pk}/"
    waiting = client.get(answer["Location"]).content.decode()
    assert 'http-equiv="refresh"' in waiting
    assert "已做 0 / 5" in waiting
    assert client.get(f"/desk/tasks/{task.pk}/file/").status_code == 404
    run_pending()
    finished = client.get(answer["Location"]).content.decode()
    assert 'http-equiv="refresh"' not in finished
    assert "5件.xlsx" in finished
    assert "共 5 件" in finished
    file = client.get(f"/desk/tasks/{task.pk}/file/")
    numbers = [row["编号"] for row in read_sheet(b"".join(file.streaming_content))]
    assert numbers == list(Case.objects.order_by("id").values_list("number", flat=True))
    assert Entry.objects.get(action="cases.case:export").after["cases"] == 5
    assert "已完成" in client.get("/desk/notices/").content.decode()
    other = signed_in("shift")
    assert other.get(f"/desk/tasks/{task.pk}/").status_code == 404
    assert other.get(f"/desk/tasks/{task.pk}/file/").status_code == 404


def test_an_unknown_format_or_filter_of_an_export_is_refused(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("dispatcher")
    for query in ("format=pdf", "stat=DONE", "due=soon&due=overdue"):
        assert client.get(f"/desk/cases/export/?{query}").status_code == 422, query


def test_several_values_of_a_filter_are_chips_that_are_removed_one_by_one(
    town: Town, signed_in: SignedIn
) -> None:
    units = [town.units["URBAN"].pk, town.units["WATER"].pk]
    query = f"state=FILED&state=HANDLING&unit={units[0]}&unit={units[1]}"
    page = parse_page(signed_in("dispatcher").get(f"/desk/cases/?{query}").content.decode())
    chips = {chip.text: chip.attributes["href"] for chip in page.find_all("a", "is-current")}
    assert set(chips) == {"待派遣", "处置中", "城市管理科", "区水务局"}
    assert chips["待派遣"] == f"?state=HANDLING&unit={units[0]}&unit={units[1]}"
    assert chips["区水务局"] == f"?state=FILED&state=HANDLING&unit={units[0]}"
    form = page.find("form", "j-filters")
    assert form is not None
    inputs = form.find_all("input")
    ticked = [node.attributes["value"] for node in inputs if "checked" in node.attributes]
    assert ticked == ["FILED", "HANDLING"]
    kept = [node.attributes["value"] for node in inputs if node.attributes.get("name") == "unit"]
    assert kept == [str(unit) for unit in units]


def test_headers_order_the_list_and_state_the_direction(town: Town, signed_in: SignedIn) -> None:
    make_cases(town, [{"unit": "WATER"}, {"unit": "URBAN"}], index=False)
    client = signed_in("dispatcher")
    page = parse_page(client.get("/desk/cases/?state=FILED&order=unit").content.decode())
    (head,) = page.find_all("th", attribute="aria-sort")
    link = head.find("a")
    assert link is not None
    assert (head.attributes["aria-sort"], link.text) == ("ascending", "主办单位")
    assert link.attributes["href"] == "?state=FILED&order=-unit"
    reverse = parse_page(client.get("/desk/cases/?state=FILED&order=-unit").content.decode())
    assert [head.attributes["aria-sort"] for head in reverse.find_all("th", attribute="aria-sort")] == [
        "descending"
    ]


@pytest.mark.parametrize("query", ["stat=DONE", "due=never", "due=soon&due=overdue", "unit=abc"])
def test_a_filter_that_is_not_understood_is_named_on_the_page(
    town: Town, signed_in: SignedIn, query: str
) -> None:
    page = signed_in("dispatcher").get(f"/desk/cases/?{query}")
    assert page.status_code == 200
    assert "已略去" in page.content.decode()


def test_export_contains_only_cases_in_scope(town: Town, signed_in: SignedIn) -> None:
    make_cases(town, [{"grid": "G1"}, {"grid": "G3"}], index=False)
    post = town.posts["grid1"]
    post.permissions = [*post.permissions, "cases.case:export"]
    post.save()
    answer = signed_in("grid1").get("/desk/cases/export/")
    page = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert page is not None
    assert page.max_row == 3
    assert Case.objects.count() == 2


@pytest.mark.parametrize(
    ("query", "is_open"),
    [("", False), ("state=FILED", False), ("channel=WEB", True), ("from=2020-01-01", True)],
)
def test_more_filters_are_open_only_if_one_is_set(
    town: Town, signed_in: SignedIn, query: str, is_open: bool
) -> None:
    page = signed_in("shift").get(f"/desk/cases/?{query}").content.decode()
    assert ('id="filters-on" checked>' in page) is is_open
