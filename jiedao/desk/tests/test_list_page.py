"""The list of cases: filters, saved views, bulk dispatch, export."""

import io
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from jiedao.audit.models import Entry
from jiedao.cases.models import Case
from jiedao.desk.models import SavedView
from jiedao.desk.tests.conftest import SignedIn
from jiedao.testing.cast import Town, make_case, make_cases, walk

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
