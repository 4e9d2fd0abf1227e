"""The pages of the evaluation: results, an explained sheet, an appeal that changes a score, a simulation, downloads."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document
from openpyxl import load_workbook

from jiedao.cases.models import Case
from jiedao.desk.tests.conftest import SignedIn
from jiedao.evaluation.models import Appeal, ManualPoints, Score, ScoreLine, SheetVersion
from jiedao.evaluation.tests.conftest import NOW, measures, scored_town, version
from jiedao.files.selectors import list_attachments
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.orgs.models import Unit
from jiedao.testing.cast import Town

__all__ = ["measures", "scored_town", "version"]  # fixtures

SHEET = "/desk/scores/units/"
URBAN = "/desk/scores/units/URBAN/"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _july() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def town(scored_town: Town, version: SheetVersion) -> Town:
    """Return the town whose units are scored."""
    return scored_town


@pytest.fixture
def published(town: Town, signed_in: SignedIn) -> Score:
    """Publish June on the page, and return the score of URBAN."""
    answer = signed_in("supervisor").post(f"{SHEET}publish/", {"period": "2020-06"})
    assert answer.status_code == 302
    return Score.objects.get(place_key="unit:URBAN")


def text(client: Client, url: str, status: int = 200) -> str:
    """Return the page as text."""
    page = client.get(url)
    assert page.status_code == status, url
    return page.content.decode()


def read_download(client: Client, url: str) -> BytesIO:
    """Return a downloaded file."""
    answer = client.get(url)
    assert answer.status_code == 200
    return BytesIO(b"".join(answer.streaming_content))  # type: ignore[attr-defined]


def test_unpublished_scores_are_for_those_who_evaluate(town: Town, signed_in: SignedIn) -> None:
    assert "试算，尚未公布" in text(signed_in("supervisor"), f"{SHEET}?period=2020-06")
    page = text(signed_in("handler"), f"{SHEET}?period=2020-06")
    assert "还没有公布" in page
    assert "城市管理科" not in page
    text(signed_in("handler"), f"{URBAN}?period=2020-06", 403)


def test_the_results_are_ranked(published: Score, signed_in: SignedIn) -> None:
    page = text(signed_in("handler"), f"{SHEET}?period=2020-06")
    assert "已公布" in page
    assert page.index("区水务局") < page.index("城市管理科")
    assert "申诉截止 2020-07-07" in page


def test_every_point_is_explained_down_to_its_rows(published: Score, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    page = text(handler, f"{URBAN}?period=2020-06")
    assert "60 × 75% = 45" in page
    assert "3 ÷ 4" in page
    assert "80.00" in page
    rows = "/desk/board/rows/?measure=due&period=2020-06&by=unit&key=URBAN"
    assert rows.replace("&", "&amp;") in page
    listed = text(handler, rows)
    assert all(case.number in listed for case in Case.objects.filter(lead_unit__code="URBAN"))


def test_a_unit_contests_a_case_and_sees_its_score_change(published: Score, signed_in: SignedIn) -> None:
    case = Case.objects.get(handled_at=None)
    handler, leader = signed_in("handler"), signed_in("leader")
    form = f"/desk/scores/contest/{published.pk}/"
    assert form in text(handler, f"{URBAN}?period=2020-06")
    refused = handler.post(form, {"numbers": "2020-99999999", "reason": "不在本单位管辖范围"})
    assert refused.status_code == 422
    assert "没有这个案件" in refused.content.decode()
    photo = SimpleUploadedFile("证明.pdf", PDF, "application/pdf")
    handler.post(form, {"numbers": case.number, "reason": "不在本单位管辖范围", "photos": photo})
    appeal = Appeal.objects.get()
    assert len(list_attachments("evaluation.appeal", appeal.pk)) == 1
    page = f"/desk/scores/appeals/{appeal.pk}/"
    assert "成立，剔除并重新计分" not in text(handler, page)
    assert "成立，剔除并重新计分" in text(leader, page)
    leader.post(f"{page}decide/", {"grant": "1", "granted": case.number, "decision": "核实不属于该单位"})
    assert "得分 80 → 100" in text(handler, page)
    now = text(handler, f"{URBAN}?period=2020-06")
    assert "60 × 100% = 60" in now
    assert "第 2 版：100.00 分" in now
    assert case.number in now
    before = text(handler, f"{URBAN}?period=2020-06&version=1")
    assert "60 × 75% = 45" in before
    assert "已被新的版本取代" in before
    rows = f"/desk/board/rows/?measure=due&period=2020-06&by=unit&key=URBAN&by=without&key={case.number}"
    listed = text(leader, rows)
    assert "已剔除 1 件" in listed
    assert f"/desk/cases/{case.number}/" not in listed


def test_another_unit_sees_no_appeal(published: Score, signed_in: SignedIn) -> None:
    case = Case.objects.get(handled_at=None)
    signed_in("handler").post(
        f"/desk/scores/contest/{published.pk}/", {"numbers": case.number, "reason": "不在本单位管辖范围"}
    )
    appeal = Appeal.objects.get()
    text(signed_in("water"), f"/desk/scores/appeals/{appeal.pk}/", 404)
    assert case.number not in text(signed_in("water"), "/desk/scores/appeals/")
    assert case.number in text(signed_in("leader"), "/desk/scores/appeals/")
    refused = signed_in("water").post(
        f"/desk/scores/contest/{published.pk}/", {"numbers": case.number, "reason": "替别人申诉"}
    )
    assert refused.status_code == 403


def test_points_are_given_with_a_reason(published: Score, signed_in: SignedIn, version: SheetVersion) -> None:
    supervisor = signed_in("supervisor")
    url = f"{URBAN}points/?period=2020-06"
    item = version.items.get(key="other").pk
    assert supervisor.post(url, {"item": item, "points": "12", "reason": "超过分值"}).status_code == 422
    assert supervisor.post(url, {"item": item, "points": "6.5", "reason": "巡查发现两处"}).status_code == 302
    assert ManualPoints.objects.get().given_by.username == "supervisor"
    page = text(supervisor, f"{URBAN}?period=2020-06")
    assert "巡查发现两处" in page
    assert "76.5" in page


def test_a_simulation_shows_both_ranks(published: Score, signed_in: SignedIn) -> None:
    url = "/desk/scores/units/simulate/?period=2020-06&w_rate=30&w_open=60&w_other=10"
    page = text(signed_in("supervisor"), url)
    assert "82.5" in page
    assert "合计 100 分" in page
    assert Score.objects.filter(number__gt=1).count() == 0
    assert "合计 90 分，评分表为 100 分" in text(
        signed_in("supervisor"), url.replace("w_open=60", "w_open=50")
    )
    text(signed_in("supervisor"), url.replace("w_open=60", "w_open=x"), 422)
    text(signed_in("handler"), url, 403)


def test_scores_are_computed_again_with_a_reason(published: Score, signed_in: SignedIn) -> None:
    supervisor = signed_in("supervisor")
    Case.objects.filter(handled_at=None).update(handled_at=NOW)
    assert supervisor.post(f"{SHEET}recompute/", {"period": "2020-06", "reason": ""}).status_code == 422
    supervisor.post(f"{SHEET}recompute/", {"period": "2020-06", "reason": "补录处置时间"})
    assert Score.objects.get(place_key="unit:URBAN", current=True).number == 2


def test_results_cost_the_same_for_many_units(
    published: Score, signed_in: SignedIn, version: SheetVersion, town: Town
) -> None:
    supervisor = signed_in("supervisor")

    def count(period: str) -> int:
        text(supervisor, f"{SHEET}?period={period}")  # fills the caches of the process
        with CaptureQueriesContext(connection) as queries:
            text(supervisor, f"{SHEET}?period={period}")
        return len(queries)

    few = [count("2020-06"), count("2020-05")]
    codes = [f"U{number}" for number in range(40)]
    Unit.objects.bulk_create(Unit(code=code, name=code, kind="DEPARTMENT") for code in codes)
    forget_all()
    version.spec = {**version.spec, "only": [*version.spec["only"], *codes]}
    version.save()
    for unit in Unit.objects.filter(code__in=codes):
        score = Score.objects.create(
            sheet_version=version, first_date=published.first_date, last_date=published.last_date, unit=unit,
            place_key=f"unit:{unit.code}", points=50, total=100, rank=4, rank_of=43, made_at=NOW,
            made_by_label="", published_at=NOW,
        )  # fmt: skip
        for item in version.items.all():
            ScoreLine.objects.create(score=score, item=item, points=5, out_of=10)
    assert [count("2020-06"), count("2020-05")] == few


def test_downloads_hold_the_results(published: Score, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    sheet = load_workbook(read_download(handler, f"{SHEET}workbook/?period=2020-06")).active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert rows[0][:4] == ("名次", "单位", "得分", "等次")
    assert ("城市管理科", 80, "差", 45) in [row[1:5] for row in rows]
    word = Document(read_download(handler, f"{SHEET}document/?period=2020-06"))
    assert any("城市管理科" in cell.text for row in word.tables[0].rows for cell in row.cells)
    word = Document(read_download(handler, f"{SHEET}document/?period=2020-06&unit=URBAN"))
    assert any("60 × 75% = 45" in cell.text for row in word.tables[0].rows for cell in row.cells)


def test_a_period_without_a_version_is_explained(town: Town, signed_in: SignedIn) -> None:
    page = text(signed_in("supervisor"), f"{SHEET}?period=2019-06")
    assert "没有有效的版本" in page
    assert "2019 年 6 月" in page


def test_without_sheets_the_page_states_how_to_declare_one(town: Town, signed_in: SignedIn) -> None:
    assert signed_in("handler").get("/desk/scores/").headers["Location"] == SHEET
    from jiedao.evaluation.models import ScoreSheet

    ScoreSheet.objects.update(active=False)
    assert "scoresheets.toml" in text(signed_in("handler"), "/desk/scores/")
    text(signed_in("handler"), SHEET, 404)
