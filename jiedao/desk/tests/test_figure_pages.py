"""Figures on pages: every number equals the list that it opens, for every post; entering, confirming and locking."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jiedao.audit.models import Entry as AuditEntry
from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.tests.stock import stock_register
from jiedao.indicators.models import ENTER, VIEW, Entry, Measure, PeriodLock, Target, Tile
from jiedao.indicators.tests.conftest import DAY, declare_measure, make_due_cases
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import month_of
from jiedao.registers.catalogue import REGISTERS
from jiedao.testing.cast import Town, make_case, make_cases

JUNE = "?period=2020-06"
COUNTED = re.compile(r'href="([^"]+)"[^>]*data-count="(\d+)"', re.DOTALL)


@pytest.fixture(autouse=True)
def _july() -> Iterator[None]:
    with clock.at(datetime(2020, 7, 1, 2, tzinfo=UTC)):
        yield


@pytest.fixture
def figures(town: Town) -> Town:
    """Five cases due in June, and measures of every kind over them; handler and grid1 may see figures, too."""
    for username in ("handler", "grid1"):
        post = town.posts[username]
        post.permissions = [*post.permissions, VIEW, "cases.board:view"]
        post.save()
    make_due_cases(town)
    due, done = ({"source": "cases", "measure": name} for name in ("due", "handled"))
    declare_measure("due", "amount", {"spec": due}, name="应处置")
    rate = {"numerator": done, "denominator": due, "denominator_name": "应处置"}
    declare_measure("handled_rate", "rate", rate, unit_label="%", digits=1, name="处置率")
    both = {"numerator": [done, {**due, "weight": 0.5}], "denominator": due, "denominator_name": "应处置"}
    declare_measure("weighted", "rate", both, unit_label="%", name="加权率")
    declare_measure(
        "left", "formula", {"formula": "due - 1.0", "terms": {"due": "due"}}, name="剩余", splits=[]
    )
    declare_measure("output", "entered", {}, unit_label="亿元", digits=2, name="总产值", splits=[])
    for position, key in enumerate(("due", "handled_rate", "weighted", "output")):
        Tile.objects.create(measure=Measure.objects.get(key=key), span="year", position=position)
    forget_all()
    return town


def list_counted(page: str) -> list[tuple[str, int]]:
    return [(unescape(url), int(count)) for url, count in COUNTED.findall(page)]


def count_listed(client: Client, url: str) -> int:
    """Return how many rows the list of an address states that it has."""
    page = client.get(url)
    assert page.status_code == 200, url
    total = re.search(r"<h1>.*?j-num[^>]*>\s*(\d+)", page.content.decode(), re.DOTALL)
    assert total is not None, url
    return int(total[1])


PAGES = (
    "/desk/figures/" + JUNE,
    "/desk/figures/due/" + JUNE,
    "/desk/figures/handled_rate/" + JUNE,
    "/desk/figures/weighted/" + JUNE,
    "/desk/figures/left/" + JUNE,
    "/desk/figures/due/" + JUNE + "&place=unit:WATER",
    "/desk/overview/",
    "/desk/overview/?wall=1",
)


@pytest.mark.parametrize("username", ["leader", "shift", "handler", "grid1"])
def test_every_number_equals_the_list_that_it_opens(
    figures: Town, signed_in: SignedIn, username: str
) -> None:
    client, counted = signed_in(username), 0
    for address in PAGES:
        page = client.get(address)
        assert page.status_code == 200, address
        for url, number in list_counted(page.content.decode()):
            assert count_listed(client, url) == number, (address, url)
            counted += 1
    assert counted >= 20


def test_a_reader_of_a_part_sees_the_figure_of_the_town_and_the_rows_of_the_part(
    figures: Town, signed_in: SignedIn
) -> None:
    page = signed_in("grid1").get("/desk/figures/due/" + JUNE).content.decode()
    assert '<b class="j-num" id="figure-value">5</b>' in page
    top = page[page.index('id="figure-rows"') : page.index("怎么得出")]
    assert list_counted(top) == [("/desk/board/rows/?measure=due&period=2020-06", 2)]
    assert "您可查看的部分" in top


def test_records_of_a_register_are_counted_and_listed(figures: Town, signed_in: SignedIn) -> None:
    post = figures.posts["leader"]
    post.permissions = [*post.permissions, "registers.record:view"]
    post.save()
    stock_register()
    info = next(iter(REGISTERS.get().values()))
    spec = {"source": "register", "register": info.key}
    declare_measure("stock", "amount", {"spec": spec}, splits=["area"])
    page = signed_in("leader").get("/desk/figures/stock/" + JUNE).content.decode()
    assert '<b class="j-num" id="figure-value">0</b>' not in page
    assert "还没有任何记录" in page
    assert list_counted(page[page.index("figure-value") : page.index("怎么得出")]) == []


def test_a_figure_states_how_it_was_made_and_its_denominator(figures: Town, signed_in: SignedIn) -> None:
    page = signed_in("leader").get("/desk/figures/handled_rate/" + JUNE).content.decode()
    assert "3 ÷ 5" in page
    assert "60.0" in page
    assert "应处置" in page
    assert "临江社区" in page


def test_before_the_first_case_there_is_no_data_and_nothing_to_compare_with(
    figures: Town, signed_in: SignedIn
) -> None:
    page = signed_in("leader").get("/desk/figures/due/?period=2020-04").content.decode()
    assert "起才有记录" in page
    assert 'id="figure-value">0<' not in page
    assert "原为 0" not in signed_in("leader").get("/desk/figures/due/" + JUNE).content.decode()


def test_a_target_shows_completion_and_pace(figures: Town, signed_in: SignedIn) -> None:
    Target.objects.create(
        measure=Measure.objects.get(key="due"),
        first_date="2020-01-01",
        last_date="2020-12-31",
        value=20,
        source="年度任务书",
    )
    page = signed_in("leader").get("/desk/figures/due/?period=2020H1").content.decode()
    assert "25.0%" in page
    assert "慢于序时进度 24.7 个百分点" in page  # 182 of 366 days have passed: 49.7 %
    assert "年度任务书" in page


def test_no_data_is_a_dash_with_its_reason(figures: Town, signed_in: SignedIn) -> None:
    page = signed_in("leader").get("/desk/figures/output/" + JUNE).content.decode()
    assert '<b class="j-num" id="figure-value">—</b>' in page
    assert "尚未填报，或尚未确认" in page


def test_a_measure_that_is_not_split_states_so(figures: Town, signed_in: SignedIn) -> None:
    Measure.objects.filter(key="due").update(splits=["area"])
    page = signed_in("leader").get("/desk/figures/due/" + JUNE + "&place=unit:WATER").content.decode()
    assert "本指标不按单位统计" in page


@pytest.mark.parametrize("query", ["?period=May", "?place=moon", "?place=area:1", "?place=unit:NONE"])
def test_an_unreadable_address_is_answered_with_a_message(
    figures: Town, signed_in: SignedIn, query: str
) -> None:
    for path in ("/desk/figures/", "/desk/figures/due/"):
        page = signed_in("leader").get(path + query)
        assert page.status_code == 200
        assert "j-alert" in page.content.decode() or "j-toast" in page.content.decode()


def test_the_catalogue_costs_the_same_for_more_measures(figures: Town, signed_in: SignedIn) -> None:
    client = signed_in("leader")

    def count_queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/desk/figures/" + JUNE).status_code == 200
        return len(queries)

    count_queries()
    few = count_queries()
    for number in range(40):
        declare_measure(f"more{number}", "amount", {"spec": {"source": "cases", "measure": "due"}})
    assert count_queries() == few


def test_the_workbook_has_the_numbers_of_the_page(figures: Town, signed_in: SignedIn) -> None:
    answer = signed_in("leader").get("/desk/figures/export/" + JUNE)
    sheet = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    rows = {row[0]: row for row in sheet.iter_rows(min_row=3, values_only=True)}
    assert rows["due"][3] == 5
    assert rows["handled_rate"][3:7] == (60, "%", 3, 5)
    assert rows["output"][3] is None
    assert "尚未填报" in rows["output"][-1]
    assert AuditEntry.objects.filter(action="indicators.figure:export").count() == 1


def test_the_workbook_of_a_figure_has_its_parts(figures: Town, signed_in: SignedIn) -> None:
    answer = signed_in("leader").get("/desk/figures/due/export/" + JUNE)
    sheet = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    rows = [row[:4] for row in sheet.iter_rows(min_row=3, values_only=True)]
    assert ("本期", "2020 年 6 月", "全街道", 5) in rows
    assert ("按社区", "2020 年 6 月", figures.areas["RIVER"].label, 2) in rows
    assert ("按单位", "2020 年 6 月", figures.units["WATER"].label, 1) in rows


GIVEN = {"period": "2020-05", "place": "", "value": "3.45", "status": "actual", "source": "区统计局快报"}


def enter(client: Client, **changes: str) -> int:
    answer = client.post("/desk/figures/output/enter/", {**GIVEN, **changes})
    return answer.status_code


@pytest.mark.parametrize(
    "value",
    ["1e999999999", "NaN", "Infinity", "9" * 100_000, "1" + " " * 20_000 + "x"],
    ids=lambda value: value[:11],
)
@pytest.mark.parametrize("field", ["value", "growth"])
def test_a_figure_beyond_all_measure_is_refused(
    figures: Town, signed_in: SignedIn, field: str, value: str
) -> None:
    assert enter(signed_in("shift"), **{field: value}) == 422
    assert not Entry.objects.exists()


def test_a_figure_is_entered_confirmed_corrected_and_locked_on_pages(
    figures: Town, signed_in: SignedIn
) -> None:
    shift, leader = signed_in("shift"), signed_in("leader")
    assert enter(shift) == 302
    entry = Entry.objects.get()
    waiting = leader.get("/desk/figures/entries/").content.decode()
    assert "3.45 亿元" in waiting
    assert "须由另一位同事确认" in shift.get("/desk/figures/entries/").content.decode()
    shift.post(f"/desk/figures/entries/{entry.pk}/confirm/")
    entry.refresh_from_db()
    assert not entry.current
    leader.post(f"/desk/figures/entries/{entry.pk}/confirm/")
    assert "3.45" in leader.get("/desk/figures/output/?period=2020-05").content.decode()

    refused = shift.post("/desk/figures/output/enter/", {**GIVEN, "value": "4"})
    assert refused.status_code == 422
    assert "必须写明原因" in refused.content.decode()
    assert enter(shift, value="4", reason="统计部门修订") == 302
    second = Entry.objects.get(version=2)
    leader.post(f"/desk/figures/entries/{second.pk}/return/", {"reason": "还没有文件"})
    assert Entry.objects.count() == 1

    leader.post("/desk/figures/entries/lock/", {"theme": "test", "period": "2020-05"})
    assert PeriodLock.objects.count() == 1
    assert "只能更正" in leader.get("/desk/figures/entries/?period=2020-05").content.decode()


def test_the_return_address_stays_on_this_site(figures: Town, signed_in: SignedIn) -> None:
    answer = signed_in("leader").post(
        "/desk/figures/entries/7/confirm/", {"back": "https://elsewhere.example/"}
    )
    assert answer["Location"] == "/desk/figures/entries/"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source": ""}, "来源文件"),
        ({"value": "很多"}, "不是数"),
        ({"value": ""}, "至少填一项"),
        ({"period": "五月"}, "看不懂这个时段"),
        ({"rank": "12", "rank_of": "11"}, "大于排名总数"),
    ],
)
def test_a_wrong_form_is_shown_again_with_what_was_typed(
    figures: Town, signed_in: SignedIn, changes: dict[str, str], field: str
) -> None:
    answer = signed_in("shift").post(
        "/desk/figures/output/enter/", {**GIVEN, "scope_words": "可比口径", **changes}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert field in page
    assert "可比口径" in page
    assert not Entry.objects.exists()


def send_sheet(client: Client, text: str) -> tuple[int, str]:
    file = SimpleUploadedFile("五月.csv", text.encode())
    answer = client.post("/desk/figures/entries/import/", {"file": file}, follow=True)
    return answer.status_code, answer.content.decode()


HEADER = "指标代码,时段,数值,增速,位次,来源文件\n"


def test_a_sheet_is_entered_completely(figures: Town, signed_in: SignedIn) -> None:
    declare_measure("sales", "entered", {}, splits=[])
    status, page = send_sheet(
        signed_in("shift"),
        HEADER + "output,2020-05,3.45,,,快报\nsales,2020-05,,-12.5%,,快报\ndue,2020-05,,,,\n",
    )
    assert status == 200
    assert "已填报 2 项" in page
    assert {(entry.measure.key, str(entry.value), str(entry.growth)) for entry in Entry.objects.all()} == {
        ("output", "3.4500", "None"),
        ("sales", "None", "-12.50"),
    }
    assert not Entry.objects.filter(current=True).exists()
    assert AuditEntry.objects.filter(action="indicators.figure:import").count() == 1


def test_a_sheet_with_faults_writes_nothing_and_names_every_row(figures: Town, signed_in: SignedIn) -> None:
    status, page = send_sheet(
        signed_in("shift"),
        HEADER + "output,2020-05,3.45,,,快报\nnothing,2020-05,1,,,快报\noutput,2020-06,多,,,快报\n"
        "output,2020-07,1,,,\ndue,2020-05,1,,,快报\n",
    )
    assert status == 422
    assert "4 行有错误，什么都没有写入" in page
    for words in ("nothing", "不是数", "来源文件", "不能填报"):
        assert words in page
    assert not Entry.objects.exists()


@pytest.mark.parametrize("text", ["名称,数\na,1\n", HEADER, HEADER + "output,2020-05,,,,快报\n"])
def test_a_sheet_without_figures_is_refused_with_a_hint(
    figures: Town, signed_in: SignedIn, text: str
) -> None:
    status, page = send_sheet(signed_in("shift"), text)
    assert status == 422
    assert "模板" in page


def test_the_template_comes_in_again(figures: Town, signed_in: SignedIn) -> None:
    client = signed_in("shift")
    answer = client.get("/desk/figures/entries/template/?period=2020-05")
    book = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    sheet = book.active
    columns = {cell.value: cell.column for cell in sheet[2]}  # type: ignore[index]
    sheet.cell(3, columns["增速"], 12.5)  # type: ignore[union-attr]
    sheet.cell(3, columns["来源文件"], "快报")  # type: ignore[union-attr]
    stream = BytesIO()
    book.save(stream)
    client.post("/desk/figures/entries/import/", {"file": SimpleUploadedFile("填报.xlsx", stream.getvalue())})
    entry = Entry.objects.get()
    assert (entry.measure.key, str(entry.growth), entry.period.text) == ("output", "12.50", "2020-05")


def test_without_the_right_nothing_is_entered(figures: Town, signed_in: SignedIn) -> None:
    assert ENTER not in figures.posts["leader"].permissions
    assert enter(signed_in("leader")) == 403


def test_the_overview_shows_tiles_changes_and_the_latest_entered_figure(
    figures: Town, signed_in: SignedIn
) -> None:
    enter(signed_in("shift"), period="2020-01..2020-05")
    leader = signed_in("leader")
    leader.post(f"/desk/figures/entries/{Entry.objects.get().pk}/confirm/")
    make_cases(
        figures,
        [{"state": "HANDLING", "reported_at": DAY, "handle_due_at": datetime(2020, 6, 30, 2, tzinfo=UTC)}],
        index=False,
    )
    forget_all()
    page = leader.get("/desk/overview/").content.decode()
    assert "2020 年 1 至 5 月" in page
    assert "3.45" in page
    since = page[page.index("昨天以来的变化") :]
    assert "+1" in since


def test_the_part_that_refreshes_is_the_page_without_its_frame(figures: Town, signed_in: SignedIn) -> None:
    client = signed_in("leader")
    part = client.get("/desk/overview/?part=1").content.decode()
    assert part.lstrip().startswith('<div class="ov"')
    assert 'hx-trigger="every 60s"' in part
    assert "<html" not in part
    assert (
        'hx-get="/desk/overview/?part=1&amp;wall=1"' in client.get("/desk/overview/?wall=1").content.decode()
    )


def test_the_town_is_ranked_among_imported_figures_of_its_peers(figures: Town, signed_in: SignedIn) -> None:
    Measure.objects.filter(key="output").update(better="more")
    header = "指标代码,时段,同级单位,数值,来源文件\n"
    rows = "output,2020-05,,3.45,快报\noutput,2020-05,东岭街道,5.1,快报\noutput,2020-05,西渡街道,2,快报\n"
    status, _page = send_sheet(signed_in("shift"), header + rows)
    assert status == 200
    leader = signed_in("leader")
    for entry in Entry.objects.all():
        leader.post(f"/desk/figures/entries/{entry.pk}/confirm/")
    page = leader.get("/desk/figures/output/?period=2020-05").content.decode()
    assert "同级单位第 2 位" in page
    assert "（共 3 个）" in page
    table = page[page.index('id="peers"') :]
    assert table.index("东岭街道") < table.index("3.45") < table.index("西渡街道")
    peer = leader.get("/desk/figures/output/?period=2020-05&place=peer:东岭街道").content.decode()
    assert "5.10" in peer
    assert leader.get("/desk/figures/due/?period=2020-05&place=peer:东岭街道").status_code == 200
    listed = leader.get("/desk/figures/entries/?period=2020-05").content.decode()
    assert "3.45" in listed


def test_a_peer_is_entered_on_the_page_and_is_no_part_of_the_town(figures: Town, signed_in: SignedIn) -> None:
    shift = signed_in("shift")
    assert enter(shift, peer="东岭街道", value="5.1") == 302
    entry = Entry.objects.get()
    assert (entry.place_key, entry.place_label) == ("peer:东岭街道", "东岭街道")
    assert "东岭街道" in signed_in("leader").get("/desk/figures/entries/").content.decode()
    header = "指标代码,时段,同级单位,社区代码,数值,来源文件\n"
    status, page = send_sheet(shift, header + "output,2020-05,东岭街道,990001001001,5,快报\n")
    assert status == 422
    assert "不属于本街道的社区或单位" in page


def test_the_catalogue_filters_by_status_scope_and_missing_data(figures: Town, signed_in: SignedIn) -> None:
    shift, leader = signed_in("shift"), signed_in("leader")
    declare_measure("sales", "entered", {}, name="零售额", splits=[])
    enter(shift, status="bureau", scope_words="可比口径")
    make_case(figures, reported_at=datetime(2020, 4, 3, 2, tzinfo=UTC), state="CLOSED", index=False)
    leader.post(f"/desk/figures/entries/{Entry.objects.get().pk}/confirm/")

    def list_keys(state: str) -> set[str]:
        page = leader.get("/desk/figures/", {"period": "2020-05", "state": state}).content.decode()
        keys = re.findall(r'href="/desk/figures/([a-z_]+)/\?', page[page.index("<main") :])
        return {*keys} - {"entries", "export"}

    assert list_keys("bureau") == {"output"}
    assert list_keys("scope:可比口径") == {"output"}
    assert "sales" in list_keys("none")
    assert "output" not in list_keys("none")
    assert {"due"} <= list_keys("actual")
    assert list_keys("flash") == set()
    page = leader.get("/desk/figures/", {"period": "2020-05"}).content.decode()
    assert "以统计公布为准 · 可比口径" in page
    sheet = leader.get("/desk/figures/export/", {"period": "2020-05", "state": "bureau"})
    book = openpyxl.load_workbook(BytesIO(b"".join(sheet.streaming_content)))  # type: ignore[attr-defined]
    assert [row[0] for row in book.active.iter_rows(min_row=3, values_only=True)] == ["output"]  # type: ignore[union-attr]


def test_a_figure_of_a_community_states_its_rank(figures: Town, signed_in: SignedIn) -> None:
    hill = figures.areas["HILL"]
    page = signed_in("leader").get(f"/desk/figures/handled_rate/{JUNE}&place=area:{hill.code}")
    assert "各社区中第 2 位（共 2 个）" in page.content.decode()


def test_splits_by_category_and_channel_open_their_rows(figures: Town, signed_in: SignedIn) -> None:
    Measure.objects.filter(key="due").update(splits=["area", "unit", "category", "channel"])
    client = signed_in("leader")
    page = client.get("/desk/figures/due/" + JUNE).content.decode()
    for split in ("category", "channel"):
        table = re.search(rf'<table[^>]*data-split="{split}">.*?</table>', page, re.DOTALL)
        assert table is not None
        counted = list_counted(table[0])
        assert sum(number for _url, number in counted) == 5
        assert all(count_listed(client, url) == number for url, number in counted)


def test_a_sum_of_months_shows_the_entries_that_it_adds_up(figures: Town, signed_in: SignedIn) -> None:
    measure = declare_measure("loans", "entered", {"sum": True}, unit_label="亿元")
    for month, value in ((4, 2), (5, 3), (6, 4)):
        Entry.objects.create(
            measure=measure,
            first_date=date(2020, month, 1),
            last_date=month_of(date(2020, month, 1)).last,
            value=value,
            source=f"银行 {month} 月报表",
            entered_at=clock.now(),
            confirmed_at=clock.now(),
            current=True,
        )
    page = signed_in("leader").get("/desk/figures/loans/?period=2020Q2").content.decode()
    assert "相加的各月" in page
    assert all(f"银行 {month} 月报表" in page for month in (4, 5, 6))
    assert "相加的各月" not in signed_in("leader").get("/desk/figures/loans/?period=2020-05").content.decode()


def test_units_without_rows_are_folded_and_not_ranked(figures: Town, signed_in: SignedIn) -> None:
    Measure.objects.filter(key="due").update(better="less", splits=["unit"])
    page = signed_in("leader").get("/desk/figures/due/" + JUNE).content.decode()
    table = re.search(r'<table[^>]*data-split="unit">.*?</table>', page, re.DOTALL)
    assert table is not None
    assert "区水务局" in table[0]
    assert table[0].count("<tr>") == 3  # the head, URBAN and WATER
    assert "个没有这样的记录，不排名" in page


def test_a_formula_is_printed_with_the_names_of_its_measures(figures: Town, signed_in: SignedIn) -> None:
    page = signed_in("leader").get("/desk/figures/left/" + JUNE).content.decode()
    assert "应处置 - 1.0，其中 应处置 = 5" in page
