"""The pages that make tasks of a plan, compare promises with the next report, and compare two reports."""

import io
from collections.abc import Callable, Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.projects.models import Campaign, Pledge
from jiedao.reports.models import PlanDecision, Report
from jiedao.reports.planning.sentences import make_key
from jiedao.reports.tests.conftest import JULY, ReportTown, make_report_town
from jiedao.reports.tests.test_planning import DRAINS, FOREIGN, PARKING, PATROL, TEXT
from jiedao.testing.cast import Town

SignedIn = Callable[[str], Client]


@pytest.fixture
def report_town(db: None) -> Iterator[ReportTown]:
    with clock.at(JULY):
        made = make_report_town()
        made.template.text = TEXT
        made.template.save()
        post = made.town.posts["handler"]
        post.permissions = [*post.permissions, "projects.promise:view", "projects.promise:edit"]
        post.save()
        forget_all()
        yield made


@pytest.fixture
def town(report_town: ReportTown) -> Town:
    return report_town.town


@pytest.fixture
def report(report_town: ReportTown, signed_in: SignedIn) -> Report:
    """Return the report of June, begun on its page by handler."""
    signed_in("handler").post("/desk/reports/new/", {"template": "monthly", "period": "2020-06"})
    return Report.objects.get()


def read(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def open_sentence(report: Report, text: str) -> str:
    return f"/desk/reports/{report.pk}/plan/{make_key(text)}/"


def make_campaign(client: Client, report_town: ReportTown, report: Report) -> Campaign:
    data = {
        "version": "1",
        "kind": "CAMPAIGN",
        "title": "新建停车泊位",
        "target": "40",
        "measure": "个",
        "unit": str(report_town.town.units["URBAN"].pk),
        "due_date": "2020-07-31",
    }
    answer = client.post(open_sentence(report, PARKING), data)
    assert answer.status_code == 302, answer.content.decode()
    campaign: Campaign = Campaign.objects.get()
    return campaign


def test_a_sentence_opens_a_form_that_is_filled_from_its_words(report: Report, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    assert f'href="{open_sentence(report, PARKING)}"' in read(handler, f"/desk/reports/{report.pk}/")

    page = read(handler, open_sentence(report, PARKING))

    for words in ('value="40"', 'value="个"', 'value="2020-07-31"', "期限取自“7月底前”", "新建停车泊位"):
        assert words in page


def test_a_sentence_becomes_a_campaign_that_names_its_report(
    report_town: ReportTown, report: Report, signed_in: SignedIn
) -> None:
    handler = signed_in("handler")
    campaign = make_campaign(handler, report_town, report)

    page = read(handler, f"/desk/reports/{report.pk}/")
    assert f"/desk/promises/campaigns/{campaign.key}/" in page
    assert "0 / 40 个，0.0%" in page
    assert PARKING in read(handler, f"/desk/promises/campaigns/{campaign.key}/")
    again = read(handler, open_sentence(report, PARKING))
    assert "这一句已经成为任务" in again
    assert 'name="again"' in again


def test_a_second_task_of_a_sentence_is_refused_without_a_tick(
    report_town: ReportTown, report: Report, signed_in: SignedIn
) -> None:
    handler = signed_in("handler")
    make_campaign(handler, report_town, report)
    data = {
        "version": "1",
        "kind": "PLEDGE",
        "title": "停车",
        "unit": str(report_town.town.units["URBAN"].pk),
        "due_date": "2020-07-31",
    }

    refused = handler.post(open_sentence(report, PARKING), data)
    accepted = handler.post(open_sentence(report, PARKING), {**data, "again": "on"})

    assert (refused.status_code, accepted.status_code) == (422, 302)
    assert "请勾选“再设一项”" in refused.content.decode()
    assert Pledge.objects.count() == 1


def test_a_sentence_is_marked_as_no_promise_with_a_reason_and_unmarked(
    report: Report, signed_in: SignedIn
) -> None:
    handler, url = signed_in("handler"), open_sentence(report, PATROL)
    assert handler.post(f"{url}dismiss/", {"version": "1", "reason": ""}).status_code == 422
    handler.post(f"{url}dismiss/", {"version": "1", "reason": "日常工作，不设任务"})
    assert "日常工作，不设任务" in read(handler, f"/desk/reports/{report.pk}/")

    decision = PlanDecision.objects.get()
    handler.post(f"/desk/reports/{report.pk}/decisions/{decision.pk}/undo/", {"reason": "改为承诺"})

    assert "日常工作，不设任务" not in read(handler, f"/desk/reports/{report.pk}/")


def test_an_existing_task_is_linked(report_town: ReportTown, report: Report, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    campaign = make_campaign(handler, report_town, report)
    handler.post(
        f"/desk/reports/{report.pk}/decisions/{PlanDecision.objects.get().pk}/undo/", {"reason": "重新关联"}
    )
    url = open_sentence(report, PARKING)
    assert "可能已有这项任务" in read(handler, url)

    handler.post(f"{url}link/", {"version": "1", "kind": "CAMPAIGN", "object": str(campaign.pk)})

    assert PlanDecision.objects.filter(campaign=campaign, withdrawn_at=None, is_new=False).count() == 1


def test_a_reader_sees_the_plan_without_forms(report: Report, signed_in: SignedIn) -> None:
    leader = signed_in("leader")
    page = read(leader, f"/desk/reports/{report.pk}/")
    assert DRAINS in page
    assert open_sentence(report, DRAINS) not in page
    read(leader, open_sentence(report, DRAINS), 403)


def test_a_writer_who_gives_no_tasks_is_told_so(report: Report, signed_in: SignedIn) -> None:
    assert "您的岗位不能布置任务" in read(signed_in("shift"), open_sentence(report, DRAINS))


def test_the_next_report_shows_promised_against_reported_and_exports_it(
    report_town: ReportTown, report: Report, signed_in: SignedIn
) -> None:
    handler = signed_in("handler")
    make_campaign(handler, report_town, report)
    handler.post("/desk/reports/new/", {"template": "monthly", "period": "2020-07"})
    july = Report.objects.get(first_date="2020-07-01")
    results = '# 七月\n\n## 一、主要工作\n\n南区新建停车泊位{{ name("12个") }}。拆除违建{{ figure("works.gone") }}。\n'
    handler.post(f"/desk/reports/{july.pk}/edit/", {"base": "1", "text": results, "note": ""})
    url = f"/desk/reports/{july.pk}/promises/"

    page = read(handler, url)
    for words in (
        "可能已写到，待确认",
        "南区新建停车泊位12个。",
        "报告了没承诺",
        "拆除违建2处。",
        "上期计划还有 2 句没有处理",
    ):
        assert words in page
    decision = PlanDecision.objects.get()
    assert "就是这句" in read(handler, f"{url}?choose={decision.pk}")
    handler.post(f"{url}{decision.pk}/", {"sentence": make_key("南区新建停车泊位12个。")})
    assert "确认" in read(handler, url)

    answer = handler.get(f"{url}export/")
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert rows[2][:3] == ("已写到", PARKING, "专项行动")
    assert rows[3][0] == "报告了没承诺"
    assert rows[3][-1] == "拆除违建2处。"


def test_two_reports_are_compared_on_a_page(report: Report, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    text = TEXT.replace("雨水管网清疏", "雨水管网全面清疏")
    handler.post(f"/desk/reports/{report.pk}/edit/", {"base": "1", "text": text, "note": "补充"})
    url = f"/desk/reports/{report.pk}/compare/"

    page = read(handler, f"{url}?left={report.pk}:1&right={report.pk}:2")

    assert "<ins>全面</ins>" in page
    assert "改了 1 句，删了 0 句，加了 0 句" in page
    assert "1 个数相同" in page
    assert "没有这份报告或这一版" in read(handler, f"{url}?left=987654")


def test_a_foreign_report_is_stored_from_a_file(report_town: ReportTown, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    file = SimpleUploadedFile("五月.txt", FOREIGN.encode())

    handler.post("/desk/reports/new/", {"template": "monthly", "period": "2020-05", "file": file})

    report = Report.objects.get()
    assert report.imported_from == "五月.txt"
    page = read(handler, f"/desk/reports/{report.pk}/")
    assert "6月底前由市容科完成雨水管网清疏。" in page
    assert "不是指标的数" not in page


def test_a_sentence_with_two_promises_offers_the_second(report_town: ReportTown, signed_in: SignedIn) -> None:
    words = "年内党支部覆盖率达到100%，创建红色小区7个。"
    report_town.template.text = f"# 题\n\n## 一、打算 {{{{ plan() }}}}\n\n{words}\n"
    report_town.template.save()
    handler = signed_in("handler")
    handler.post("/desk/reports/new/", {"template": "monthly", "period": "2020-06"})
    report = Report.objects.get()
    first = handler.get(open_sentence(report, words)).context["form"].initial
    data = {"version": "1", "unit": str(report_town.town.units["URBAN"].pk), "due_date": "2020-12-31"}
    handler.post(
        open_sentence(report, words),
        {**data, **{key: first[key] for key in ("kind", "title", "target", "measure")}},
    )

    page = read(handler, f"/desk/reports/{report.pk}/")
    second = handler.get(open_sentence(report, words)).context["form"].initial

    assert (first["kind"], first["title"], first["target"]) == ("CAMPAIGN", "创建红色小区", "7")
    assert "句中还有别的承诺，再设一项" in page
    assert (second["kind"], second["title"]) == ("PLEDGE", "党支部覆盖率达到100%")
    assert str(second["due_date"]) == "2020-12-31"
