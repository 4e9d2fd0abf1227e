"""The pages of the evaluation: results, an explained sheet, an appeal that changes a score, a simulation, downloads."""

import re
from collections.abc import Iterator
from datetime import timedelta
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
    shown = text(leader, page)
    assert "成立，剔除并重新计分" in shown
    assert "失分" in shown  # what the case costs
    assert "得分 80.00 → 100.00" in shown
    assert re.search(r"名次 [23] → 1", shown)
    foreseen = leader.post(f"{page}decide/", {"foresee": "1", "granted": case.number, "decision": "再看"})
    assert foreseen.status_code == 200
    assert f'value="{case.number}"' in foreseen.content.decode()
    assert "checked" in foreseen.content.decode()
    assert Score.objects.filter(number__gt=1).count() == 0
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


SIMULATE = f"{SHEET}simulate/?period=2020-06"


def try_draft(client: Client, status: int = 200, **fields: str) -> str:
    """Return the page of the simulation after typing into some of its fields."""
    answer = client.post(SIMULATE, {name.replace("__", "."): value for name, value in fields.items()})
    assert answer.status_code == status
    return answer.content.decode()


def test_a_simulation_shows_both_results(published: Score, signed_in: SignedIn) -> None:
    supervisor = signed_in("supervisor")
    assert "与现在相同" in text(supervisor, SIMULATE)
    page = try_draft(supervisor, rate__rate__points="30", open__deduct__points="60")
    assert "87.50" in page
    assert "80.00" in page
    assert "各项合计 100 分，总分 100 分" in page
    assert "各项合计 90 分，总分 100 分" in try_draft(supervisor, rate__rate__points="50")
    assert "“差”不低于" in page
    assert Score.objects.filter(number__gt=1).count() == 0
    text(signed_in("leader"), SIMULATE)  # who decides may try a sheet too
    text(signed_in("handler"), SIMULATE, 403)


def test_a_simulation_changes_rules_bands_and_grades(published: Score, signed_in: SignedIn) -> None:
    supervisor = signed_in("supervisor")
    page = try_draft(supervisor, rate__rule="bands")
    assert 'name="rate.bands.bands"' in page  # with usual bands
    page = try_draft(
        supervisor, rate__rule="bands", rate__bands__bands="[90, +∞) 60\n[50, 90) 20\n(−∞, 50) 0"
    )
    assert "55.00" in page  # 20 + 25 + 10
    page = try_draft(supervisor, _grade__0="75")
    assert page.count("优") > text(supervisor, SIMULATE).count("优")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rate__rate__points": "x"}, "rate.rate.points"),
        ({"rate__rate__points": "0"}, "分值要大于 0"),
        ({"open__deduct__cap": "5"}, "最多扣 5 分，30 分永远扣不完"),
        ({"rate__rule": "bands", "rate__bands__bands": "[90, +∞) 60\n(−∞, 50) 0"}, "之间有空档"),
        ({"rate__rule": "bands", "rate__bands__bands": "[40, +∞) 60\n(−∞, 50) 0"}, "有重叠"),
        ({"rate__rule": "bands", "rate__bands__bands": "[50, +∞) 40\n(−∞, 50) 0"}, "各段最高 40 分"),
        ({"rate__rule": "bands", "rate__bands__bands": "九十以上 60"}, "不是分段"),
        ({"rate__rule": "rank_table", "rate__rank_table__table": "60, 70"}, "名次靠后的得分不能更高"),
        ({"_total": "0"}, "_total"),
    ],
)
def test_a_simulation_states_what_is_wrong(
    published: Score, signed_in: SignedIn, fields: dict[str, str], words: str
) -> None:
    page = try_draft(signed_in("supervisor"), 422, **fields)
    assert words in page
    assert "j-error" in page


def test_a_next_version_is_uploaded_and_tried(published: Score, signed_in: SignedIn) -> None:
    supervisor = signed_in("supervisor")
    answer = supervisor.post(
        SIMULATE, {"download": "1", "rate.rate.points": "30", "open.deduct.points": "60"}
    )
    assert answer["Content-Disposition"] == 'attachment; filename="units-2020-08.toml"'
    written = answer.content
    assert b"from = 2020-08-01" in written
    added = b"""
[[scoresheet_item]]
sheet = "units"
version = "2020-08"
key = "extra"
name = "\xe5\x8a\xa0\xe5\x88\x86"
rule = { rule = "manual", points = 20 }
missing = "full"
"""
    file = SimpleUploadedFile("scoresheets.toml", written + added)
    answer = supervisor.post(SIMULATE, {"upload": "1", "file": file})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "各项合计 120 分" in page
    assert 'name="extra.manual.points"' in page
    structure = (written + added).decode()
    again = try_draft(supervisor, structure=structure, rate__rate__points="10")
    assert "各项合计 100 分" in again
    bad = supervisor.post(SIMULATE, {"upload": "1", "file": SimpleUploadedFile("x.toml", b"[[")})
    assert bad.status_code == 422
    assert "文件有误：第 1 行：" in bad.content.decode()


ITEM = """[[scoresheet_version]]
sheet = "units"
key = "a"
from = 2020-01-01
[[scoresheet_item]]
sheet = "units"
version = "a"
key = "b"
name = "b"
rule = %s
"""


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('{ rule = "manual", points = "1e999999999" }', "第 10 行：“b”的规则无法读取"),
        ('{ rule = "manual", points = 1e300 }', "第 10 行：“b”的规则无法读取"),
        ('{ rule = "manual", points = nan }', "第 10 行：“b”的规则无法读取"),
        ('{ rule = "manual", points = 99999999999999999999 }', "文件有误：第 10 行："),
        ('{ rule = ["manual"], points = 5 }', "第 10 行：“b”的规则无法读取"),
        ('"manual"', "第 10 行：“b”的规则无法读取"),
        ("{", "文件有误：第 10 行："),
    ],
)
def test_a_number_beyond_all_measure_in_a_file_is_refused_with_its_line(
    published: Score, signed_in: SignedIn, rule: str, words: str
) -> None:
    supervisor = signed_in("supervisor")
    written = ITEM % rule
    file = SimpleUploadedFile("scoresheets.toml", written.encode())
    uploaded = supervisor.post(SIMULATE, {"upload": "1", "file": file})
    assert uploaded.status_code == 422
    assert words in uploaded.content.decode()
    assert words in try_draft(supervisor, 422, structure=written)


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ("[90, 95) 1e999999999", "位数太多"),
        ("[90, 1e999999999) 60", "位数太多"),
        ("[90, NaN) 60", "不是数"),
        ("[" + " " * 190 + "x", "不是分段"),
        ("[" + " " * 20_000 + "x", "超过 200 个字"),
        ("[90, +∞) 60\n" * 101, "最多写 100 行，现在有 101 行"),
    ],
)
def test_bands_beyond_all_measure_are_refused(
    published: Score, signed_in: SignedIn, bands: str, words: str
) -> None:
    page = try_draft(signed_in("supervisor"), 422, rate__rule="bands", rate__bands__bands=bands)
    assert words in page


def test_cases_are_chosen_from_those_that_count(published: Score, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    form = f"/desk/scores/contest/{published.pk}/"
    late, foreign = Case.objects.get(handled_at=None), Case.objects.get(lead_unit__code="WATER")
    page = text(handler, form)
    assert page.count('name="numbers"') == 4
    assert foreign.number not in page
    assert "项目rate失分" in page
    narrowed = handler.post(
        form, {"filter": "1", "q": "没有这样的标题", "numbers": late.number, "reason": "先写一半"}
    )
    shown = narrowed.content.decode()
    assert narrowed.status_code == 200
    assert shown.count('name="numbers"') == 1
    assert "checked" in shown
    assert "先写一半" in shown
    assert not Appeal.objects.exists()
    by_item = handler.post(form, {"filter": "1", "item": "open"}).content.decode()
    assert by_item.count('name="numbers"') == 1  # one case is pending
    strange = handler.post(form, {"filter": "1", "q": "\x00", "numbers": "\x00"})
    assert strange.status_code == 200
    assert handler.post(form, {"numbers": "\x00", "reason": "编号有误的申诉"}).status_code == 422
    none = handler.post(form, {"reason": "没有选案件"})
    assert none.status_code == 422
    assert "请选择要申诉的案件" in none.content.decode()


def test_a_case_links_to_contesting_it(published: Score, signed_in: SignedIn) -> None:
    late = Case.objects.get(handled_at=None)
    link = f"/desk/scores/contest/{published.pk}/?number={late.number}"
    assert link in text(signed_in("handler"), f"/desk/cases/{late.number}/")
    assert "对计入评分提出申诉" not in text(signed_in("leader"), f"/desk/cases/{late.number}/")
    page = text(signed_in("handler"), link)
    assert page.count("checked") == 1
    signed_in("handler").post(
        link.partition("?")[0], {"numbers": late.number, "reason": "不在本单位管辖范围"}
    )
    assert link not in text(signed_in("handler"), f"/desk/cases/{late.number}/")  # it is contested already


def test_an_appeal_is_granted_in_part(published: Score, signed_in: SignedIn) -> None:
    handler, leader = signed_in("handler"), signed_in("leader")
    numbers = list(Case.objects.filter(lead_unit__code="URBAN").values_list("number", flat=True)[:2])
    handler.post(
        f"/desk/scores/contest/{published.pk}/", {"numbers": numbers, "reason": "不在本单位管辖范围"}
    )
    page = f"/desk/scores/appeals/{Appeal.objects.get().pk}/"
    shown = text(leader, page)
    assert all(number in shown for number in numbers)
    assert "checked" not in shown  # each case is granted deliberately
    nothing = leader.post(f"{page}decide/", {"grant": "1", "decision": "没有勾选案件"})
    assert nothing.status_code == 422
    assert "请勾选成立的案件" in nothing.content.decode()
    leader.post(f"{page}decide/", {"grant": "1", "granted": numbers[1], "decision": "一件属实"})
    assert "申诉部分成立，已重新计分" in text(leader, page)
    assert "部分成立" in text(handler, page)
    again = leader.post(f"{page}decide/", {"grant": "0", "decision": "再裁定一次"})
    assert again.status_code == 409


def test_an_appeal_is_withdrawn(published: Score, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    late = Case.objects.get(handled_at=None)
    handler.post(
        f"/desk/scores/contest/{published.pk}/", {"numbers": late.number, "reason": "不在本单位管辖范围"}
    )
    page = f"/desk/scores/appeals/{Appeal.objects.get().pk}/"
    assert "撤回申诉" in text(handler, page)
    assert "撤回申诉" not in text(signed_in("leader"), page)
    assert signed_in("leader").post(f"{page}withdraw/").status_code == 403
    assert handler.post(f"{page}withdraw/").status_code == 302
    assert "已撤回" in text(handler, page)


def test_publishing_twice_is_refused(published: Score, signed_in: SignedIn) -> None:
    again = signed_in("supervisor").post(f"{SHEET}publish/", {"period": "2020-06"})
    assert again.status_code == 422
    assert "已经公布" in again.content.decode()
    assert Score.objects.filter(place_key="unit:URBAN").count() == 1


def test_after_the_last_day_nothing_is_contested(published: Score, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    with clock.at(NOW + timedelta(days=6)):
        form = f"/desk/scores/contest/{published.pk}/"
        assert "现在不能申诉" in text(handler, form)
        number = Case.objects.get(handled_at=None).number
        late = handler.post(form, {"numbers": number, "reason": "不在本单位管辖范围"})
    assert late.status_code == 422
    assert "申诉期已过，最后一天是 2020-07-07" in late.content.decode()


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
            sheet_version=version,
            first_date=published.first_date,
            last_date=published.last_date,
            unit=unit,
            place_key=f"unit:{unit.code}",
            points=50,
            total=100,
            rank=4,
            rank_of=43,
            made_at=NOW,
            made_by_label="",
            published_at=NOW,
        )
        for item in version.items.all():
            ScoreLine.objects.create(score=score, item=item, points=5, out_of=10)
    assert [count("2020-06"), count("2020-05")] == few


def test_downloads_hold_the_results(published: Score, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    book = load_workbook(read_download(handler, f"{SHEET}workbook/?period=2020-06"))
    sheet, explained = book.worksheets
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert rows[0][:4] == ("名次", "单位", "得分", "等次")
    assert ("城市管理科", 80, "差", 45) in [row[1:5] for row in rows]
    (poor,) = [row[3] for row in sheet.iter_rows(min_row=3) if row[1].value == "城市管理科"]
    assert poor.fill.fgColor.rgb == "FFF8D7D5"  # the colour of the tone of its grade
    lines = list(explained.iter_rows(min_row=3, values_only=True))
    assert ("城市管理科", "项目rate", 60, 45, "rate 75%（3 ÷ 4）", "60 × 75% = 45", None) in lines
    assert len(lines) == 9  # three items of three units
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


def test_audit_names_an_appeal_by_its_number_and_not_by_its_later_state(
    published: Score, town: Town, signed_in: SignedIn
) -> None:
    case = Case.objects.get(handled_at=None)
    handler, leader = signed_in("handler"), signed_in("leader")
    photo = SimpleUploadedFile("证明.pdf", PDF, "application/pdf")
    fields = {"numbers": case.number, "reason": "不在本单位管辖范围", "photos": photo}
    handler.post(f"/desk/scores/contest/{published.pk}/", fields)
    appeal = Appeal.objects.get()
    decision = {"grant": "1", "granted": case.number, "decision": "核实不属于该单位"}
    leader.post(f"/desk/scores/appeals/{appeal.pk}/decide/", decision)
    post = town.posts["visitor"]
    post.permissions, post.scope = ["audit.entry:view"], "OWN"
    post.save()
    forget_all()
    page = text(signed_in("visitor"), "/desk/admin/audit/?type=evaluation.appeal")
    assert "GRANTED" not in page
    lines = [
        " ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.findall(r"(?s)<tr>(.*?)</tr>", page)
    ]
    made = next(line for line in lines if "提出了评分申诉" in line)
    assert f"评分申诉 第 {appeal.pk} 号（{published.place_label}" in made
    assert "成立" not in made
    published_line = text(signed_in("visitor"), "/desk/admin/audit/?type=evaluation.scoresheet")
    assert "评分表</span> units" not in published_line
    assert not re.search(r">\s*units\s*<", published_line)


def test_a_unit_reads_its_own_published_score_and_only_ranks_of_others(
    published: Score, town: Town, signed_in: SignedIn
) -> None:
    post = town.posts["handler"]
    post.permissions = ["cases.case:view", "evaluation.score:view_own"]
    post.save()
    forget_all()
    client = signed_in("handler")
    page = text(client, f"{SHEET}?period=2020-06")
    assert f'href="{URBAN}?period=2020-06"' in page
    assert "/desk/scores/units/WATER/" not in page
    assert town.units["WATER"].label in page
    own = text(client, f"{URBAN}?period=2020-06")
    assert "60 × 75% = 45" in own
    assert "没有“提出考评申诉”的权限" in own  # states who may
    assert "提出申诉" not in own
    text(client, "/desk/scores/units/WATER/?period=2020-06", 403)
    text(client, f"{SHEET}workbook/?period=2020-06", 403)
    text(client, f"{SHEET}document/?period=2020-06", 403)
    assert client.get(f"{SHEET}document/?period=2020-06&unit=URBAN").status_code == 200
    post.permissions = [*post.permissions, "evaluation.appeal:make"]
    post.save()
    forget_all()
    assert "提出申诉" in text(client, f"{URBAN}?period=2020-06")
    assert text(client, f"/desk/scores/contest/{published.pk}/")
    other = Score.objects.get(place_key="unit:WATER")
    text(client, f"/desk/scores/contest/{other.pk}/", 404)
