"""The public pages of publications with their figures, the feed, open data and the office's response."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from lxml import etree

from jiedao.files.actions import attach_files
from jiedao.indicators.figure import TOWN, Figure
from jiedao.indicators.models import Measure
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import make_system_actor
from jiedao.portal.info.figures import FigureLine
from jiedao.portal.open_data import views as open_data_views
from jiedao.publishing import counting_views
from jiedao.publishing.actions.moving import withdraw_publication
from jiedao.publishing.actions.releasing import close_data_set, release_data_set
from jiedao.publishing.models import DataSet, Publication
from jiedao.publishing.open_data.definition import read_set
from jiedao.publishing.open_data.narrowing import find_rows_query
from jiedao.publishing.tests.people import PUBLISHER, WRITER, grant_publishing_rights, publish, write
from jiedao.registers.actions.records import change_record
from jiedao.registers.rows import RecordInput
from jiedao.reports.actions.signing import sign_report
from jiedao.reports.actions.writing import begin_report
from jiedao.reports.tests.conftest import JULY, ReportTown, make_report_town
from jiedao.testing.cast import Town, store_photo, walk
from jiedao.testing.public_site import open_site


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Write what the tests publish in Chinese."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def report_town(db: None) -> Iterator[ReportTown]:
    """A town with a public site on 1 July 2020, and people who publish."""
    with clock.at(JULY):
        made = make_report_town()
        grant_publishing_rights(made.town)
        open_site()
        yield made


@pytest.fixture
def town(report_town: ReportTown) -> Town:
    return report_town.town


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"accept-language": "zh-hans"})


def test_a_visitor_finds_and_reads_a_publication(town: Town, visitor: Client) -> None:
    public = publish(town, write(town, document_number="云街通〔2020〕3号"))
    write(town, title="还没有公布的草稿")
    assert "停水通告" in visitor.get("/").text
    listed = visitor.get("/info/?kind=NOTICE&q=停水").text
    assert f'href="/info/{public.pk}/"' in listed
    assert "还没有公布的草稿" not in listed
    page = visitor.get(f"/info/{public.pk}/")
    assert not page.cookies
    for words in (
        "云溪街道办事处",
        "云街通〔2020〕3号",
        "2020-06-01",
        "2020-07-01",
        "<h2>一、时间</h2>",
        "data-print",
    ):
        assert words in page.text
    assert f'src="/info/{public.pk}/code.svg"' in page.text
    assert visitor.get(f"/info/{public.pk}/code.svg")["Content-Type"] == "image/svg+xml"


def test_a_notice_is_on_the_notice_board_until_its_last_day_and_then_in_the_list(
    town: Town, visitor: Client
) -> None:
    public = publish(town, write(town, current_until=date(2020, 7, 3)))
    publish(town, write(town, title="没有期限的通告"))
    publish(town, write(town, title="一份计划", kind="PLAN", current_until=date(2020, 7, 3)))
    board = visitor.get("/").text.partition('id="notices"')[2].partition("</section>")[0]
    assert "停水通告" in board
    assert "有效期至 2020-07-03" in board
    assert "没有期限的通告" in board
    assert "一份计划" not in board
    assert 'id="notices"' in visitor.get("/consultations/").text
    with clock.at(JULY + timedelta(days=3)):
        board = visitor.get("/").text.partition('id="notices"')[2].partition("</section>")[0]
        assert "停水通告" not in board
        assert "没有期限的通告" in board
        assert "已过有效期" in visitor.get("/info/?kind=NOTICE").text
        assert "已过有效期，留作查阅" in visitor.get(f"/info/{public.pk}/").text
    with clock.at(JULY + timedelta(days=31)):
        assert 'id="notices"' not in visitor.get("/").text
    with pytest.raises(UserError) as fault:
        write(town, current_until=date(2020, 5, 31))
    assert fault.value.field == "current_until"


def test_a_visitor_reads_in_larger_type_without_a_script(town: Town, visitor: Client) -> None:
    public = publish(town, write(town))
    assert "pi-paper--larger" in visitor.get(f"/info/{public.pk}/?size=larger").text
    assert "pi-paper--" not in visitor.get(f"/info/{public.pk}/?size=x").text


def test_what_is_typed_is_shown_as_text(town: Town, visitor: Client) -> None:
    public = publish(town, write(town, title="<b>通告</b>", text="<script>alert(1)</script>"))
    page = visitor.get(f"/info/{public.pk}/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_views_are_counted_without_a_cookie_and_not_for_loading_ahead(
    town: Town, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting_views.VIEWS.flush()  # what other tests left
    monkeypatch.setattr(counting_views, "WRITE_EVERY", 0.0)
    public = publish(town, write(town))
    url = f"/info/{public.pk}/"
    visitor.get(url, headers={"Sec-Purpose": "prefetch"})
    visitor.head(url)
    assert re.search(r"浏览次数</dt><dd>1<", visitor.get(url).text)


def test_a_withdrawn_publication_answers_410_with_the_reason_alone(town: Town, visitor: Client) -> None:
    public = publish(town, write(town))
    withdraw_publication(
        actor=town.actor(PUBLISHER), publication_id=public.pk, version=public.version, reason="日期写错了"
    )
    page = visitor.get(f"/info/{public.pk}/")
    assert page.status_code == 410
    assert "日期写错了" in page.text
    assert "6月10日" not in page.text


def test_files_are_public_only_while_their_publication_is(town: Town, visitor: Client) -> None:
    draft = write(town)
    upload_id = store_photo(town, WRITER)
    attach_files(town.actor(WRITER), "publishing.publication", draft.pk, [upload_id])
    url = f"/info/{draft.pk}/files/{upload_id}/"
    assert visitor.get(url).status_code == 404
    public = publish(town, draft)
    assert visitor.get(url)["Content-Type"] == "image/jpeg"
    other = publish(town, write(town, title="另一份"))
    assert visitor.get(f"/info/{other.pk}/files/{upload_id}/").status_code == 404
    withdraw_publication(
        actor=town.actor(PUBLISHER), publication_id=public.pk, version=public.version, reason="附表有误"
    )
    assert visitor.get(url).status_code == 404


def test_an_unknown_publication_or_kind_is_a_page_of_the_site(town: Town, visitor: Client) -> None:
    for url in (
        "/info/77/",
        f"/info/{write(town).pk}/",
        "/info/?kind=SECRET",
        "/data/none/",
        "/data/none/rows.csv",
    ):
        page = visitor.get(url)
        assert page.status_code == 404
        assert "p-page" in page.text


def test_the_feed_lists_what_is_published(town: Town, visitor: Client) -> None:
    public = publish(town, write(town))
    write(town, title="还没有公布的草稿")
    answer = visitor.get("/feed.atom")
    assert answer["Content-Type"].startswith("application/atom+xml")
    feed = etree.fromstring(answer.content)
    space = {"a": "http://www.w3.org/2005/Atom"}
    assert feed.xpath("//a:entry/a:title/text()", namespaces=space) == ["停水通告"]
    assert feed.xpath("//a:entry/a:link/@href", namespaces=space) == [f"http://testserver/info/{public.pk}/"]
    assert feed.xpath("string(//a:entry/a:summary)", namespaces=space) == "各位居民："


def make_works_set(town: Town, columns: list[str]) -> DataSet:
    row = DataSet.objects.create(
        key="works", name="违建", source="register", register="works", columns=columns, licence="CC0-1.0"
    )
    release_data_set(actor=town.actor(PUBLISHER), key="works", digest=read_set(row).digest)
    return row


def publish_report(report_town: ReportTown) -> Publication:
    town = report_town.town
    report = begin_report(
        actor=town.actor("shift"),
        template=report_town.template,
        period=parse_period("2020-06"),
        place=TOWN,
    )
    sign_report(actor=town.actor("leader"), report_id=report.pk, number=1)
    return publish(town, write(town, report_id=report.pk, kind="REPORT", title="六月月报"))


def test_a_figure_that_is_a_rank_shows_it() -> None:
    figure = Figure(Measure(key="rank"), parse_period("2020-06"), TOWN, JULY, rank=2, rank_field="全区")
    assert FigureLine(figure, 1, None, {}).rank_words == "全区第 2 位"
    assert FigureLine(replace(figure, value=Decimal(3)), 1, None, {}).rank_words == ""


def test_each_number_opens_its_definition_and_its_rows_where_they_are_open(
    report_town: ReportTown, visitor: Client
) -> None:
    make_works_set(report_town.town, ["code", "gone", "area_m2"])
    page = visitor.get(f"/info/{publish_report(report_town).pk}/").text
    anchors = re.findall(r'<a class="figure" href="#([^"]+)"', page)
    assert anchors
    assert all(f'id="{anchor}"' in page for anchor in anchors)
    assert "拆除违建" in page
    public = Publication.objects.get()
    urls = {url.replace("&amp;", "&") for url in re.findall(r'href="(/data/works/[^"]*)"', page)}
    assert {url.split("&figure=")[0] for url in urls} == {"/data/works/?f.gone=1&on=2020-06-30"}
    assert all(f"&figure={public.pk}-" in url for url in urls)
    rows = visitor.get(urls.pop()).text
    assert "这里只列出一个数字背后的 2 条记录" in rows
    assert [code in rows for code in ("W1", "W2", "W3")] == [True, True, False]


def find_one_more(report_town: ReportTown) -> None:
    """Correct the third record: it was gone in June already."""
    record = report_town.records[2]
    change_record(
        actor=make_system_actor(),
        record_id=record.pk,
        data=RecordInput(record.code, record.name, on=date(2020, 6, 2), values={"gone": True, "area_m2": 90}),
        why="漏记",
    )


def read_words(html: str) -> str:
    """Return the words of a page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_rows_of_a_published_number_state_what_has_changed_since(
    report_town: ReportTown, visitor: Client
) -> None:
    make_works_set(report_town.town, ["code", "gone"])
    page = visitor.get(f"/info/{publish_report(report_town).pk}/").text
    assert "截至 2020-07-01" in page
    url = re.findall(r'href="(/data/works/[^"]*)"', page)[0].replace("&amp;", "&")
    words = read_words(visitor.get(url).text)
    assert "与公布的一致" in words
    assert "2 条，是 2020-06-30 当天结束时的样子 · 与公布时数的条数相同" in words
    assert "签发后不再改动" not in words
    find_one_more(report_town)
    words = read_words(visitor.get(url).text)
    assert "公布的数字 2 " in words
    assert "按现在的记录 3 " in words
    assert "比公布的 +1" in words
    assert "3 条，是 2020-06-30 当天结束时的样子 · 比公布时数的多 1 条" in words
    assert "签发后不再改动" in words
    for wrong in ("figure=1", "figure=999-1", f"figure={'9' * 30}-1", "figure=x-y"):
        assert "公布的数字" not in visitor.get(url.split("figure=")[0] + wrong).text


def test_rows_of_cases_end_with_the_day_on_which_the_figure_was_computed() -> None:
    cases = DataSet(
        key="cases", source="cases", columns=["reported_date", "due_date", "handled_date", "state"]
    )
    sets = [read_set(cases)]

    def find_period(measure: str, day: date) -> str:
        query = (("measure", measure), ("period", "2020H1"))
        match = find_rows_query(sets, RowsLink("cases.measure", (), query), day)
        assert match is not None
        return match[1]["period"]

    assert find_period("reported", date(2020, 4, 20)) == "2020-01-01..2020-04-20"
    assert find_period("reported", date(2020, 7, 1)) == "2020H1"
    assert (
        find_period("due", date(2020, 4, 20)) == "2020H1"
    )  # its state is that of now, and the page states it


def test_rows_stay_closed_where_the_data_set_lacks_a_column_of_the_figure(
    report_town: ReportTown, visitor: Client
) -> None:
    make_works_set(report_town.town, ["code", "area_m2"])
    page = visitor.get(f"/info/{publish_report(report_town).pk}/").text
    assert "/data/works/" not in page
    refused = visitor.get("/data/works/?f.gone=1")
    assert refused.status_code == 422
    assert "p-page" in refused.text
    assert visitor.get("/data/works/?from=timeline").status_code == 200


def test_open_data_is_downloaded_with_licence_and_dictionary(
    town: Town, visitor: Client, tmp_path: Path, settings: Any
) -> None:
    settings.JIEDAO_DATA = tmp_path
    make_works_set(town, ["code", "gone"])
    assert "违建" in visitor.get("/data/").text
    page = visitor.get("/data/works/").text
    assert 'rel="license noopener"' in page
    assert "/data/works/rows.csv" in page
    answer: Any = visitor.get("/data/works/rows.json")
    content = json.loads(b"".join(answer.streaming_content))
    assert [row["code"] for row in content["rows"]] == ["W3", "W2", "W1"]
    assert answer["Content-Disposition"] == 'attachment; filename="works-20200701.json"'
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert visitor.get("/data/works/dictionary.json").json()["licence"]["code"] == "CC0-1.0"
    assert visitor.get("/data/works/rows.geojson").status_code == 404  # it has no positions
    assert visitor.get("/data/works/rows.exe").status_code == 404


def test_the_rows_behind_a_figure_are_paged_and_downloaded(
    town: Town, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_data_views, "NARROWED_ROWS", 1)
    make_works_set(town, ["code", "gone"])
    first = visitor.get("/data/works/?f.gone=1&on=2020-06-30").text
    second = visitor.get("/data/works/?f.gone=1&on=2020-06-30&page=2").text
    assert [">W2<" in first, ">W1<" in first] == [True, False]
    assert [">W2<" in second, ">W1<" in second] == [False, True]
    assert 'href="?f.gone=1&amp;on=2020-06-30&amp;page=2#rows"' in first
    assert "第 2 页，共 2 页" in second
    assert ">W1<" in visitor.get("/data/works/?f.gone=1&on=2020-06-30&page=99").text
    assert 'href="/data/works/rows.csv?f.gone=1&amp;on=2020-06-30"' in first
    answer: Any = visitor.get("/data/works/rows.json?f.gone=1&on=2020-06-30")
    content = json.loads(b"".join(answer.streaming_content))
    assert [row["code"] for row in content["rows"]] == ["W2", "W1"]
    assert answer["Content-Disposition"] == 'attachment; filename="works-20200701-selection.json"'
    table: Any = visitor.get("/data/works/rows.csv?f.gone=1&on=2020-06-30")
    assert b"".join(table.streaming_content).decode("utf-8-sig").count("W") == 2
    assert visitor.get("/data/works/rows.csv?f.area_m2=1").status_code == 422
    assert visitor.get("/data/works/rows.geojson?f.gone=1").status_code == 404


def test_the_navigation_names_open_data_only_where_there_is_any(town: Town, visitor: Client) -> None:
    assert 'href="/data/"' not in visitor.get("/").text
    make_works_set(town, ["code"])
    assert 'href="/data/"' in visitor.get("/").text
    close_data_set(actor=town.actor(PUBLISHER), key="works")
    assert 'href="/data/"' not in visitor.get("/").text


def test_the_response_of_the_office_is_public_month_by_month(town: Town, visitor: Client) -> None:
    with clock.at(clock.now() - timedelta(days=20)):
        walk(town, to="CLOSED")
    page = visitor.get("/response/").text
    for words in ("2020 年 6 月", "响应率", "100.0%", "按时响应数 ÷ 应响应数"):
        assert words in page
    months = visitor.get("/response/months.json").json()["months"]
    assert [(month["month"], month["closed_in"]) for month in months] == [("2020-07", 0), ("2020-06", 1)]


def test_every_page_is_in_english_for_a_reader_of_english(town: Town) -> None:
    public = publish(town, write(town))
    make_works_set(town, ["code"])
    client = Client(headers={"accept-language": "en"})
    for url in ("/info/", f"/info/{public.pk}/", "/data/", "/data/works/", "/response/"):
        text = re.sub(r"<(article|script|style)\b.*?</\1>", "", client.get(url).text, flags=re.DOTALL)
        shown = re.sub(r"<[^>]+>", " ", text)
        own_words = ("停水通告", "云溪街道办事处", "东街便民服务", "中文", "违建", "棚", "云溪街道")
        for words in own_words:
            shown = shown.replace(words, "")
        assert not re.search(r"[\u4e00-\u9fff]", shown), (url, re.findall(r"[\u4e00-\u9fff]+", shown))
