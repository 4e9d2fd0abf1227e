"""The pages of a district: ranking, all figures, one office, and the administration of offices."""

import io
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from jiedao.audit.models import Entry
from jiedao.delivery.tests.servers import run_web_server
from jiedao.desk.tests.conftest import SignedIn
from jiedao.district.models import MANAGE, VIEW, Office, OfficeFigure
from jiedao.district.tests.published import make_answer, make_figure
from jiedao.district.tests.test_ranking import KEY, add_figure
from jiedao.kernel import clock
from jiedao.kernel.models import Job
from jiedao.testing.cast import Town

PERIOD = "?period=2020H1"


@pytest.fixture
def leader(town: Town, signed_in: SignedIn) -> Client:
    """A leader who may see the figures of the offices."""
    post = town.posts["leader"]
    post.permissions = [*post.permissions, VIEW]
    post.save()
    return signed_in("leader")


@pytest.fixture
def admin(town: Town, signed_in: SignedIn) -> Client:
    """The administrator of a district."""
    post = town.posts["admin"]
    post.permissions = [*post.permissions, MANAGE]
    post.save()
    return signed_in("admin")


def read(client: Client, name: str, *arguments: str, query: str = PERIOD) -> str:
    answer = client.get(reverse(f"desk:{name}", args=arguments) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_home_page_of_the_administrator_offers_the_offices(admin: Client) -> None:
    page = admin.get(reverse("desk:home"))
    assert page.status_code == 200
    assert f'href="{reverse("desk:admin_offices")}"' in page.content.decode()


def test_the_ranking_shows_rank_value_source_and_age(leader: Client) -> None:
    add_figure("甲街道", "90.0", numerator=90, denominator=100)
    add_figure("乙街道", "95.5")
    page = read(leader, "district")
    assert page.index("乙街道") < page.index("甲街道")
    assert "95.5" in page
    assert "90 ÷ 100" in page
    assert "2020-07-01 10:00" in page
    assert f'href="https://x.test/desk/figures/{KEY}/?period=2020H1"' in page


def test_another_definition_is_listed_apart_in_its_words(leader: Client) -> None:
    for code in ("甲", "乙"):
        add_figure(code, "90")
    add_figure("丙", "99", version="v2", meaning="只算热线")
    page = read(leader, "district")
    assert "按另一版口径计算：只算热线" in page
    assert page.index("口径或时段不同，不排名") < page.index(">丙<")


def test_an_office_that_does_not_answer_is_shown_with_its_last_values(leader: Client) -> None:
    add_figure("甲", "90")
    Office.objects.update(last_fault_at=clock.real_now(), last_fault={"code": "office.not_connected"})
    for name, arguments in (("district", ()), ("district_office", ("甲",))):
        page = read(leader, name, *arguments)
        assert "90.0" in page
        assert "连不上对方服务器" in page


def test_hostile_texts_of_an_office_are_escaped(leader: Client) -> None:
    add_figure("甲", "90", name="<script>alert(1)</script>", meaning="<img src=x>")
    for name, arguments in (("district", ()), ("district_matrix", ()), ("district_office", ("甲",))):
        page = read(leader, name, *arguments)
        assert "<script>alert(1)" not in page
        assert "<img src=x>" not in page


def test_the_matrix_and_its_workbook_have_the_same_values(leader: Client) -> None:
    add_figure("甲", "90")
    add_figure("乙", "95.5")
    assert "95.5" in read(leader, "district_matrix")
    answer = leader.get(reverse("desk:district_export") + PERIOD)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    first = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert {row[0]: row[2] for row in first[1:]} == {"甲": 90, "乙": 95.5}
    assert Entry.objects.filter(action="district.figure:export").count() == 1


def test_without_offices_the_page_states_what_to_do(leader: Client) -> None:
    assert "还没有下辖街道" in read(leader, "district")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?period=2020-13", "看不懂这个时段：2020-13"),
        ("?measure=none", "没有街道在这个时段公布“none”"),
        ("?periode=2020", "没有名为“periode”的筛选条件"),
    ],
)
def test_a_wrong_parameter_is_named(leader: Client, query: str, words: str) -> None:
    add_figure("甲", "90")
    assert words in read(leader, "district", query=query)


def test_an_unknown_office_is_not_found(leader: Client) -> None:
    assert leader.get(reverse("desk:district_office", args=["NONE"])).status_code == 404


def test_reading_now_writes_a_job_for_the_period_of_the_page(leader: Client) -> None:
    add_figure("甲", "90")
    answer = leader.post(reverse("desk:district_read"), {"period": "2020H1"})
    assert answer.status_code == 302
    assert Job.objects.get(name="district.read_office").kwargs["period"] == "2020H1"


def test_an_office_is_added_checked_changed_and_removed(admin: Client, settings: Any) -> None:
    settings.JIEDAO_OFFICE_NETWORKS = [ip_network("127.0.0.0/8")]
    with run_web_server() as server, clock.at(datetime(2020, 6, 30, 2, tzinfo=UTC)):
        server.body = make_answer(make_figure(), code="990001001")
        form = {
            "code": "YUNXI",
            "name": "云溪街道",
            "address": f"http://127.0.0.1:{server.port}",
            "area": "990001001",
            "unit": "",
            "token": "jd_abc",
        }
        assert admin.post(reverse("desk:admin_offices"), form).status_code == 302
        office = Office.objects.get()
        answer = admin.post(reverse("desk:admin_office_check", args=[office.pk]), follow=True)
        assert "公布 1 项指标" in answer.content.decode()
        assert not OfficeFigure.objects.exists()
        change = {**form, "name": "云溪", "token": "", "active": "on"}
        admin.post(reverse("desk:admin_office", args=[office.pk]), change)
        changed = Office.objects.get()
        assert (changed.name, changed.token) == ("云溪", office.token)
        page = admin.get(reverse("desk:admin_offices")).content.decode()
        assert "jd_abc" not in page
        admin.post(reverse("desk:admin_office_remove", args=[office.pk]))
    assert not Office.objects.exists()


def test_a_wrong_address_stays_in_the_form(admin: Client) -> None:
    form = {"code": "X", "name": "甲", "address": "ftp://x", "area": "990001001", "unit": "", "token": ""}
    answer = admin.post(reverse("desk:admin_offices"), form)
    assert answer.status_code == 422
    assert "不是对方系统的网址" in answer.content.decode()
