"""The pages of inspections: the list with its figures, the form of a checklist, links between finding and case."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.cases.models import Case
from jiedao.desk.tests.conftest import SignedIn
from jiedao.files.tests.pictures import make_picture
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.registers.actions.planning import plan_rounds
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Finding, Inspection
from jiedao.registers.tests.inspecting import INSPECTED, add_house, close_case, grant_rights
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town


@pytest.fixture
def houses(town: Town) -> RegisterInfo:
    grant_rights(town)
    forget_all()
    return declare(INSPECTED)


def due(town: Town, info: RegisterInfo, codes: str = "1") -> Inspection:
    """Plan the rounds of buildings that are due today and return the first."""
    today = clock.today()
    for code in codes:
        add_house(town, info, f"H{code}", on=today - timedelta(days=30))
    plan_rounds(info, today)
    return Inspection.objects.order_by("id")[0]


def test_failed_answer_links_inspection_case_and_recheck(
    town: Town, signed_in: SignedIn, houses: RegisterInfo
) -> None:
    inspection, client = due(town, houses), signed_in("grid1")
    here = f"/desk/inspections/{inspection.pk}/"
    assert here in client.get("/desk/").content.decode()
    page = client.get(here).content.decode()
    assert "疏散通道畅通" in page
    sent: dict[str, Any] = {"answer-exit": "FAIL", "note-exit": "堆放电动车", "answer-wiring": "OK"}
    photo = SimpleUploadedFile("a.jpg", make_picture(), content_type="image/jpeg")
    again = client.post(here, {**sent, "photos-exit": photo})
    assert again.status_code == 422
    shown = again.content.decode()
    assert "“报警器有效”还没有回答" in shown
    assert "已上传 1 个文件，不必再选：a.jpg" in shown
    kept = shown.split('name="kept-exit" value="')[1].split('"')[0]
    done = client.post(
        here, {**sent, "kept-exit": kept, "answer-alarm": "NA", "note": "业主在场"}, follow=True
    )
    case = Case.objects.get()
    text = done.content.decode()
    for words in (
        f"检查已记录，已立案整改：{case.number}。",
        "还有 0 项待检",
        "堆放电动车",
        f"/desk/cases/{case.number}/",
        f"/desk/registers/houses/{inspection.record_id}/",
    ):
        assert words in text
    assert (
        f'<a href="{here}">台账“出租屋”的检查：H1号楼</a>'
        in client.get(f"/desk/cases/{case.number}/").content.decode()
    )
    assert case.number in client.get("/desk/inspections/?show=open").content.decode()
    close_case(town, case)
    recheck = Inspection.objects.get(kind="RECHECK")
    assert "已整改" in client.get(here).content.decode()
    assert "复查的问题" in client.get(f"/desk/inspections/{recheck.pk}/").content.decode()
    client.post(f"/desk/inspections/{recheck.pk}/", {"answer-exit": "OK"})
    assert f"/desk/inspections/{recheck.pk}/" in client.get(here).content.decode()
    late = client.post(here, {**sent, "answer-alarm": "OK", "kept-exit": kept})
    assert late.status_code == 409
    assert Finding.objects.count() == 1


def test_inspector_has_the_post_in_the_language_of_the_reader(
    town: Town, signed_in: SignedIn, houses: RegisterInfo
) -> None:
    inspection, client = due(town, houses), signed_in("grid1")
    here = f"/desk/inspections/{inspection.pk}/"
    client.post(here, {"answer-exit": "OK", "answer-wiring": "OK", "answer-alarm": "OK"})
    inspection.refresh_from_db()
    name, _dot, title = inspection.done_label.partition(" · ")
    client.cookies["django_language"] = "en"
    for url in (here, "/desk/inspections/?show=done", f"/desk/registers/houses/{inspection.record_id}/"):
        main = client.get(url).content.decode().split("<main")[1]
        assert name in main
        assert title not in main, url


def test_access_to_inspections_by_role(town: Town, signed_in: SignedIn, houses: RegisterInfo) -> None:
    inspection = due(town, houses)
    here, beside = (
        f"/desk/inspections/{inspection.pk}/",
        f"/desk/inspections/records/{inspection.record_id}/fire/",
    )
    expected = {
        "grid1": (200, 200, 302),
        "grid3": (200, 404, 404),
        "leader": (200, 200, 403),
        "registrar": (403, 403, 403),
    }
    for who, status in expected.items():
        client = signed_in(who)
        assert tuple(client.get(url).status_code for url in ("/desk/inspections/", here, beside)) == status, (
            who
        )
    assert signed_in("leader").post(here, {"answer-exit": "OK"}).status_code == 403
    assert signed_in("grid1").post(f"{here}drop/", {"why": "忙"}).status_code == 403
    shift = signed_in("shift")
    assert "检查已取消" in shift.post(f"{here}drop/", {"why": "停业"}, follow=True).content.decode()
    planned = shift.post(f"{beside}plan/", {"due": clock.today().isoformat()}, follow=True)
    assert "已安排检查" in planned.content.decode()
    assert "检查日期不对" in shift.post(f"{beside}plan/", {"due": "2019-01-01"}, follow=True).content.decode()


def test_number_of_queries_of_the_list_does_not_grow_with_the_inspections(
    town: Town, signed_in: SignedIn, houses: RegisterInfo
) -> None:
    client = signed_in("leader")
    due(town, houses, "12")
    costs = []
    for codes in ("3", "456789"):
        client.get("/desk/inspections/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/desk/inspections/?show=waiting&register=houses&area=1x")
        costs.append(len(queries))
        due(town, houses, codes)
    assert costs[0] == costs[1] <= 18
    assert "看不懂，已略去" in page.content.decode()
    assert "共 9 项" in client.get("/desk/inspections/?show=due").content.decode()
    assert "共 9 项" in signed_in("grid1").get("/desk/inspections/?show=ready").content.decode()


def test_the_list_is_ordered_by_its_headers_and_names_what_it_cannot_use(
    town: Town, signed_in: SignedIn, houses: RegisterInfo
) -> None:
    due(town, houses, "312")
    client = signed_in("grid1")

    def read_codes(query: str) -> list[str]:
        return [
            line.inspection.record.code for line in client.get(f"/desk/inspections/?{query}").context["rows"]
        ]

    assert read_codes("order=record") == ["H1", "H2", "H3"]
    assert read_codes("order=-record&show=ready") == ["H3", "H2", "H1"]
    page = client.get("/desk/inspections/?order=-record").content.decode()
    assert 'href="?show=ready&amp;order=record"' in page
    assert page.count('aria-sort="descending"') == 1
    for query, notice in {
        "nonsense=1": "没有名为“nonsense”的筛选条件",
        "show=due&show=done": "筛选条件“show”只能有一个值",
        "order=text": "筛选条件“order=text”看不懂",
    }.items():
        shown = client.get(f"/desk/inspections/?{query}").content.decode()
        assert notice in shown, query
        assert "H1号楼" in shown, query


def test_made_inspection_leads_to_the_next_one(town: Town, signed_in: SignedIn, houses: RegisterInfo) -> None:
    inspection, client = due(town, houses, "12"), signed_in("grid1")
    answers = {f"answer-{item}": "OK" for item in ("exit", "wiring", "alarm")}
    done = client.post(f"/desk/inspections/{inspection.pk}/", answers, follow=True).content.decode()
    other = Inspection.objects.exclude(record=inspection.record).get()
    assert "检查已记录，全部合格。" in done
    assert f'href="/desk/inspections/{other.pk}/"' in done
    assert f"下一项：{other.record.name}" in done
    assert "下一项" not in client.get(f"/desk/inspections/{inspection.pk}/").content.decode()
