"""The search of the page frame: cases, records, projects, promises, units; only what the user may see."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.tests.stock import G1, G3, remove, stock_register
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.projects.models import ProjectKind, ProjectMeasure
from jiedao.projects.tests.parts import declare as declare_project
from jiedao.projects.tests.promise_parts import add_item, create_campaign, promise_town
from jiedao.registers.search import index_records
from jiedao.testing.cast import Town, make_case, make_cases

JULY = datetime(2026, 7, 1, 9, tzinfo=clock.TOWN_TZ)
MOST_STATEMENTS = 24


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    made = promise_town()
    for name in ("leader", "shift"):
        post = made.posts[name]
        post.permissions = sorted(
            {*post.permissions, "registers.record:view", "projects.project:view", "projects.promise:view"}
        )
        post.save()
    ProjectKind.objects.create(code="park", name="公园", name_en="Parks")
    ProjectMeasure.objects.create(code="spaces", name="停车位", name_en="Parking spaces", unit="个")
    ProjectMeasure.objects.create(code="land", name="用地面积", name_en="Land", unit="平方米")
    forget_all()
    with clock.at(JULY):
        yield made


def search(client: Client, words: str) -> str:
    page = client.get("/desk/search/", {"q": words})
    assert page.status_code == 200, page.headers
    return page.content.decode()


def test_one_search_finds_every_kind_with_counts_and_links(town: Town, signed_in: SignedIn) -> None:
    make_cases(town, [{"subject": f"公园{n}号门围栏破损"} for n in (3, 13, 23)])
    remove(stock_register(), "公园3", G1, 10, "2026-05-01")
    declare_project()
    add_item(town, "R03", date(2026, 12, 31), text="公园围栏整治")
    page = search(signed_in("leader"), "公园")
    assert 'href="/desk/cases/?q=%E5%85%AC%E5%9B%AD"' in page
    assert 'href="/desk/registers/stock/?q=%E5%85%AC%E5%9B%AD"' in page
    assert 'href="/desk/projects/?q=%E5%85%AC%E5%9B%AD"' in page
    assert 'href="/desk/promises/pledges/?q=%E5%85%AC%E5%9B%AD"' in page
    assert "案件 <b>3</b>" in page
    narrow = search(signed_in("leader"), "公园3号门")
    assert (narrow.count("/desk/cases/2026-"), "/desk/registers/stock/" in narrow) == (1, False)


@pytest.mark.parametrize("many", [2, 120])
def test_number_of_statements_does_not_grow_with_the_results(
    town: Town, signed_in: SignedIn, many: int
) -> None:
    make_cases(town, [{"subject": "公园积水"} for _ in range(many)])
    stock = stock_register()
    for number in range(many):
        remove(stock, f"公园{number}", G1, 10, "2026-05-01")
    for number in range(many // 2):
        add_item(town, f"R{number:02d}", date(2026, 12, 31), text="公园整治")
    client = signed_in("leader")
    search(client, "公园")
    with CaptureQueriesContext(connection) as spent:
        page = search(client, "公园")
    assert f"案件 <b>{many}</b>" in page
    assert len(spent) <= MOST_STATEMENTS


@pytest.mark.parametrize("words", ["2026-00012308", "2026-12308", "00012308", "００012308"])
def test_a_complete_number_opens_the_case(town: Town, signed_in: SignedIn, words: str) -> None:
    make_case(town, number="2026-00012308")
    make_case(town, number="2026-00042308")
    response = signed_in("dispatcher").get("/desk/search/", {"q": words})
    assert (response.status_code, response.headers["location"]) == (302, "/desk/cases/2026-00012308/")


def test_the_end_of_a_number_comes_first_among_the_results(town: Town, signed_in: SignedIn) -> None:
    make_case(town, number="2026-00012308", id=12308, subject="井盖松动")
    make_case(town, number="2026-00022308", id=22308, subject="井盖破损")
    make_cases(town, [{"subject": "热线 12308 转来"} for _ in range(9)])
    client = signed_in("dispatcher")
    page = search(client, "12308")
    assert "案件 <b>10</b>" in page or ">10<" in page
    assert page.index("井盖松动") < page.index("热线")
    assert "井盖松动" in search(client, "2308")
    assert "没有找到" in search(client, "308")


def test_a_name_comes_before_what_only_mentions_the_word(town: Town, signed_in: SignedIn) -> None:
    make_case(town, subject="公园积水")
    make_cases(town, [{"subject": "积水", "place_text": "公园"} for _ in range(9)])
    stock = stock_register()
    remove(stock, "公园围栏", G1, 10, "2026-05-01")
    for n in range(6):
        record = remove(stock, f"存量{n}", G1, 10, "2026-05-01")
        record.place_text = "公园旁"
        record.save()
        index_records([record])
    add_item(town, "R01", date(2026, 7, 31), text="围栏整治", source="公园会议")
    add_item(town, "R02", date(2026, 12, 31), text="公园整治")
    page = search(signed_in("leader"), "公园")
    for first, other in (
        ("公园</mark>积水", ">积水<"),
        ("公园</mark>围栏", "存量"),
        ("公园</mark>整治", "围栏整治"),
    ):
        assert first in page
        assert page.index(first) < page.index(other)


def test_codes_open_their_objects(town: Town, signed_in: SignedIn) -> None:
    remove(stock_register(), "GY-07", G1, 10, "2026-05-01")
    pledge = add_item(town, "R-2026-7", date(2026, 12, 31))
    client = signed_in("leader")
    assert (
        client.get("/desk/search/", {"q": "R-2026-7"}).headers["location"].endswith(f"/pledges/{pledge.pk}/")
    )
    assert "/desk/registers/stock/" in client.get("/desk/search/", {"q": "GY-07"}).headers["location"]


def test_only_what_the_user_may_see_is_found(town: Town, signed_in: SignedIn) -> None:
    make_case(town, number="2026-00000077", subject="公园积水", grid="G3")
    remove(stock_register(), "公园3", G3, 10, "2026-05-01")
    add_item(town, "R03", date(2026, 12, 31), text="公园整治")
    page = search(signed_in("grid1"), "公园")
    assert "没有找到" in page
    assert "积水" not in page
    assert signed_in("grid1").get("/desk/search/", {"q": "2026-77"}).status_code == 200
    assert "积水" in search(signed_in("grid3"), "公园")
    for username in ("admin", "dispatcher"):
        assert "公园整治" not in search(signed_in(username), "公园")


def test_units_and_posts_are_found_and_accounts_by_administrators(town: Town, signed_in: SignedIn) -> None:
    unit = town.units["URBAN"]
    page = search(signed_in("dispatcher"), unit.name)
    assert f'href="/desk/cases/?unit={unit.pk}"' in page
    assert f'href="/desk/cases/?unit={unit.pk}"' in search(
        signed_in("dispatcher"), unit.name[0] + unit.name[2:]
    )
    user = town.users["handler"]
    link = f"/desk/admin/people/{user.pk}/"
    assert link not in search(signed_in("dispatcher"), user.full_name)
    assert link in search(signed_in("admin"), user.full_name)


def test_synonyms_are_found_in_every_kind(town: Town, signed_in: SignedIn) -> None:
    Policy.objects.create(key="synonyms", value=[["围栏", "栏杆"]])
    forget_all()
    make_case(town, subject="公园栏杆松动")
    remove(stock_register(), "栏杆", G1, 10, "2026-05-01")
    add_item(town, "R03", date(2026, 12, 31), text="更换栏杆")
    page = search(signed_in("leader"), "围栏")
    assert "公园<mark>栏杆</mark>松动" in page
    assert "/desk/registers/stock/" in page
    assert "更换<mark>栏杆</mark>" in page
    assert "更换" in signed_in("leader").get("/desk/promises/pledges/?q=围栏").content.decode()
    assert "更换" not in signed_in("leader").get("/desk/promises/pledges/?q=路灯").content.decode()


def test_the_lists_behind_the_counts_are_filtered_by_the_same_words(town: Town, signed_in: SignedIn) -> None:
    declare_project()
    create_campaign(town)
    client = signed_in("leader")
    assert "临江公园" in client.get("/desk/projects/?q=设计").content.decode()
    assert "临江公园" not in client.get("/desk/projects/?q=设计图").content.decode()
    assert "拆除消化" in client.get("/desk/promises/?q=违建").content.decode()
    assert "拆除消化" not in client.get("/desk/promises/?q=路灯").content.decode()


@pytest.mark.parametrize("words", ["", "，。", "x" * 101, "\x00", "%", "'; DROP TABLE--"])
def test_a_phrase_that_cannot_be_searched_is_explained(town: Town, signed_in: SignedIn, words: str) -> None:
    page = search(signed_in("leader"), words)
    assert 'name="q"' in page
    assert ("没有可以搜索的字" in page) == (words in {"，。", "%"})
    assert ("过长" in page) == (len(words) > 100)


def test_the_search_box_is_in_the_frame_of_every_page(town: Town, signed_in: SignedIn) -> None:
    for username in ("leader", "admin"):
        page = signed_in(username).get("/desk/").content.decode()
        form = page.split('class="j-search"')[1].split("</form>")[0]
        assert 'action="/desk/search/"' in form
        assert 'data-key="/"' in form


def test_the_end_of_a_number_that_only_one_case_has_opens_it(town: Town, signed_in: SignedIn) -> None:
    make_case(town, number="2026-00012308")
    make_case(town, number="2026-00012309", subject="井盖松动")
    found = signed_in("dispatcher").get("/desk/search/", {"q": "12308"})
    assert (found.status_code, found.headers["location"]) == (302, "/desk/cases/2026-00012308/")
