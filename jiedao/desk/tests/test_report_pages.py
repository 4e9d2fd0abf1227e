"""The pages of reports: who may do what, preview without a script, sign-off, and what changed since."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from docx import Document as WordDocument
from docx.oxml.ns import qn

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.indicators.figure import TOWN
from jiedao.indicators.models import VIEW as VIEW_FIGURES
from jiedao.indicators.models import Measure
from jiedao.kernel import clock
from jiedao.kernel.periods import day_of, parse_period
from jiedao.reports.actions.writing import begin_report
from jiedao.reports.forms.filling import find_office_name
from jiedao.reports.functions import write_period
from jiedao.reports.models import Report, ReportTemplate, ReportVersion, Signature, WordTemplate
from jiedao.reports.tests.conftest import JULY, TEXT, ReportTown, make_report_town
from jiedao.reports.tests.test_word_templates import make_word
from jiedao.testing.cast import Town

SignedIn = Callable[[str], Client]


@pytest.fixture
def report_town(db: None) -> Iterator[ReportTown]:
    with clock.at(JULY):
        yield make_report_town()


@pytest.fixture
def town(report_town: ReportTown) -> Town:
    return report_town.town


@pytest.fixture
def report(town: Town, signed_in: SignedIn) -> Report:
    """Return the report of June, begun on its page by handler."""
    answer = signed_in("handler").post("/desk/reports/new/", {"template": "monthly", "period": "2020-06"})
    assert answer.status_code == 302, answer.content.decode()
    return Report.objects.get()


def read(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def test_a_signed_report_shows_what_changed_since(
    report_town: ReportTown, report: Report, signed_in: SignedIn
) -> None:
    leader, url = signed_in("leader"), f"/desk/reports/{report.pk}/"
    assert "超500平方米" in read(leader, url)
    leader.post(f"{url}sign/", {"version": "1"})
    signature = Signature.objects.get()
    page = read(leader, url)
    assert signature.digest in page
    assert "没有变化" in read(leader, f"{url}changes/")
    report_town.change_area(330)
    assert "签发以后有 2 个数变了" in read(leader, url)
    changes = read(leader, f"{url}changes/")
    for words in ("540 平方米", "570 平方米", "+30 平方米", "90%", "95%", "完成率"):
        assert words in changes
    assert "超500平方米" in read(leader, url)
    assert Report.objects.get().signatures.get().digest == signature.digest


def test_the_author_cannot_sign(report: Report, signed_in: SignedIn) -> None:
    shift = signed_in("shift")
    text = TEXT + "继续巡查。"
    shift.post(f"/desk/reports/{report.pk}/edit/", {"base": "1", "text": text, "note": "补一句"})
    answer = shift.post(f"/desk/reports/{report.pk}/sign/", {"version": "2"}, follow=True)
    assert "本人起草的报告须由他人签发" in answer.content.decode()
    assert not Signature.objects.exists()


def test_the_preview_works_without_a_script_and_saves_nothing(report: Report, signed_in: SignedIn) -> None:
    data = {"base": "1", "text": TEXT + "宣传25场。", "preview": "1"}
    page = signed_in("handler").post(f"/desk/reports/{report.pk}/edit/", data).content.decode()
    assert "<mark>25场</mark>" in page
    assert "宣传25场。</textarea>" in page.replace("\n</textarea>", "</textarea>")
    assert ReportVersion.objects.count() == 1


def test_a_refused_text_stays_in_the_form(report: Report, signed_in: SignedIn) -> None:
    handler, url = signed_in("handler"), f"/desk/reports/{report.pk}/edit/"
    answer = handler.post(url, {"base": "1", "text": '{{ figure("gone") }}很长的一段话'})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "已不存在" in page
    assert "很长的一段话" in page
    handler.post(url, {"base": "1", "text": TEXT + "甲"})
    stale = handler.post(url, {"base": "1", "text": TEXT + "乙"})
    assert stale.status_code == 409
    assert "乙" in stale.content.decode()


def test_the_live_preview_is_a_part_of_a_page(report: Report, signed_in: SignedIn) -> None:
    answer = signed_in("handler").post(f"/desk/reports/{report.pk}/preview/", {"text": "# 题\n\n一段。"})
    assert "<h1>题</h1>" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_the_picker_lists_each_measure_with_its_value(report: Report, signed_in: SignedIn) -> None:
    page = read(signed_in("handler"), f"/desk/reports/{report.pk}/edit/")
    assert "{{ figure(&quot;works.area&quot;) }}" in page
    assert "540 平方米" in page


@pytest.mark.parametrize("suffix", ["docx", "pdf", "html"])
def test_files_are_downloaded(report: Report, signed_in: SignedIn, suffix: str) -> None:
    answer = signed_in("grid1").get(f"/desk/reports/{report.pk}/files/{suffix}/")
    assert answer.status_code == 200
    assert f".{suffix}" in answer["Content-Disposition"]
    start = {"docx": b"PK", "pdf": b"%PDF", "html": b"<!doctype html>"}[suffix]
    assert answer.content.startswith(start)


def test_rights_decide_who_reads_writes_and_signs(report: Report, signed_in: SignedIn) -> None:
    url = f"/desk/reports/{report.pk}/"
    reader = signed_in("grid1")
    assert "修改文字" not in read(reader, url)
    read(reader, f"{url}versions/1/")
    read(reader, f"{url}versions/9/", 404)
    read(reader, f"{url}edit/", 403)
    read(reader, f"{url}files/exe/", 404)
    assert reader.post(f"{url}sign/", {"version": "1"}).status_code == 403
    assert reader.post(f"{url}preview/", {"text": "x"}).status_code == 403
    read(signed_in("dispatcher"), "/desk/reports/", 403)
    read(reader, "/desk/reports/999/", 404)


def test_a_withdrawn_signature_opens_the_report_again(report: Report, signed_in: SignedIn) -> None:
    leader, url = signed_in("leader"), f"/desk/reports/{report.pk}/"
    leader.post(f"{url}sign/", {"version": "1"})
    assert signed_in("handler").get(f"{url}edit/").status_code == 302
    refused = leader.post(f"{url}withdraw/", {"reason": ""})
    assert refused.status_code == 422
    leader.post(f"{url}withdraw/", {"reason": "面积复测后有误"})
    page = read(leader, url)
    assert "面积复测后有误" in page
    assert signed_in("handler").get(f"{url}edit/").status_code == 200


def test_a_report_of_a_wrong_period_is_refused_at_its_field(town: Town, signed_in: SignedIn) -> None:
    answer = signed_in("handler").post("/desk/reports/new/", {"template": "monthly", "period": "2020H1"})
    assert answer.status_code == 422
    assert "月报" in answer.content.decode()
    assert not Report.objects.exists()


def test_a_signed_number_opens_its_figure(report: Report, signed_in: SignedIn) -> None:
    leader, url = signed_in("leader"), f"/desk/reports/{report.pk}/"
    leader.post(f"{url}sign/", {"version": "1"})
    assert 'href="/desk/figures/works.gone/?period=2020-06"' in read(leader, url)
    Measure.objects.filter(key="works.gone").update(active=False)
    page = read(leader, url)
    assert "works.gone" not in page
    assert "/desk/figures/works.area/?period=2020-06" in page


def test_a_number_opens_its_rows_for_a_user_who_may_not_open_figures(
    report: Report, town: Town, signed_in: SignedIn
) -> None:
    post = town.posts["grid1"]
    post.permissions = [right for right in post.permissions if right != VIEW_FIGURES] + [
        "registers.record:view"
    ]
    post.save()
    page = read(signed_in("grid1"), f"/desk/reports/{report.pk}/")
    assert 'href="/desk/registers/works/?' in page
    assert "/desk/figures/" not in page


def upload(client: Client, content: bytes, **changes: str) -> str:
    file = SimpleUploadedFile("红头.docx", content)
    data = {"template": "monthly", "name": "红头文件", "period": "2020-06", "file": file, **changes}
    answer = client.post("/desk/reports/word-templates/", data, follow=True)
    return answer.content.decode()


def test_an_uploaded_word_template_is_offered_at_the_report_and_filled(
    report: Report, signed_in: SignedIn
) -> None:
    content = make_word("云溪街道文件", "{{ body }}")
    assert "试填成功" in upload(signed_in("handler"), content)
    stored, reader = WordTemplate.objects.get(), signed_in("grid1")
    page = read(reader, f"/desk/reports/{report.pk}/")
    assert f"/desk/reports/{report.pk}/word/{stored.pk}/" in page
    answer = reader.get(f"/desk/reports/{report.pk}/word/{stored.pk}/")
    lines = [paragraph.text for paragraph in WordDocument(BytesIO(answer.content)).paragraphs]
    assert lines[:2] == ["云溪街道文件", "2020年6月工作月报"]
    assert reader.get(f"/desk/reports/word-templates/{stored.pk}/file/").content == content
    assert reader.post("/desk/reports/word-templates/", {"template": "monthly"}).status_code == 403


def test_a_refused_word_template_shows_why_and_keeps_what_was_typed(
    report: Report, signed_in: SignedIn
) -> None:
    page = upload(signed_in("handler"), make_word("{{ figure('works.none') }}"))
    assert "第 1 段" in page
    assert "“works.none”已不存在" in page
    assert 'value="红头文件"' in page
    assert not WordTemplate.objects.exists()


def test_a_template_whose_figure_is_no_longer_there_is_explained_on_the_report(
    report: Report, signed_in: SignedIn
) -> None:
    handler = signed_in("handler")
    upload(handler, make_word("{{ figure('works.rate') }}"))
    Measure.objects.filter(key="works.rate").update(active=False)
    answer = handler.get(f"/desk/reports/{report.pk}/word/{WordTemplate.objects.get().pk}/", follow=True)
    assert "“works.rate”已不存在" in answer.content.decode()


def test_a_retired_word_template_is_offered_no_more(report: Report, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    upload(handler, make_word("{{ body }}"))
    stored = WordTemplate.objects.get()
    handler.post(f"/desk/reports/word-templates/{stored.pk}/retire/")
    assert "Word · 红头文件" not in read(handler, f"/desk/reports/{report.pk}/")
    read(handler, f"/desk/reports/{report.pk}/word/{stored.pk}/", 404)


def test_the_list_is_narrowed_to_one_kind_and_has_pages(
    report_town: ReportTown, report: Report, signed_in: SignedIn
) -> None:
    daily = ReportTemplate.objects.create(
        key="daily", name="工作简报", period_kind="day", text="# 简报", position=2
    )
    actor = report_town.town.actor("handler")
    for day in range(1, 52):
        period = day_of(date(2020, 5, 1) + timedelta(days=day))
        begin_report(actor=actor, template=daily, period=period, place=TOWN)
    reader = signed_in("grid1")
    assert read(reader, "/desk/reports/").count("data-row>") == 50
    assert read(reader, "/desk/reports/?page=2").count("data-row>") == 2
    page = read(reader, "/desk/reports/?report=monthly")
    assert page.count("data-row>") == 1
    assert "2020 年 6 月 月报" in page
    read(reader, "/desk/reports/?page=9", 422)


def test_a_report_of_each_length_is_begun_on_the_page(town: Town, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    for kind, period in (("day", "2020-06-30"), ("quarter", "2020Q2"), ("year", "2020")):
        ReportTemplate.objects.create(key=kind, name=kind, period_kind=kind, text="# {{ period }}报告")
        assert f'<option value="{period}">' in read(handler, "/desk/reports/new/")
        answer = handler.post("/desk/reports/new/", {"template": kind, "period": period}, follow=True)
        assert f"<h1>{write_period(parse_period(period))}报告</h1>" in answer.content.decode()


def test_a_new_target_in_the_plan_does_not_block_signing(report: Report, signed_in: SignedIn) -> None:
    handler, leader, url = signed_in("handler"), signed_in("leader"), f"/desk/reports/{report.pk}/"
    plan = "\n\n## 二、下月打算 {{ plan() }}\n\n7月底前办结信访积案12件。\n"
    handler.post(f"{url}edit/", {"base": "1", "text": f"{TEXT}\n\n宣传25场。{plan}"})
    refused = leader.post(f"{url}sign/", {"version": "2"}, follow=True).content.decode()
    page = read(leader, url)
    handler.post(f"{url}edit/", {"base": "2", "text": f"{TEXT}{plan}"})
    signed = leader.post(f"{url}sign/", {"version": "3"}, follow=True).content.decode()

    assert "{{ name(&quot;25场&quot;) }}" in refused
    assert "计划里手写的目标数 1 个，不影响签发" in page
    assert "<code>{{ name(&quot;25场&quot;) }}</code>" in page
    assert "已签发，报告中的数已固定" in signed


def test_a_draft_is_marked_and_a_signed_report_ends_with_the_office_and_the_day(
    report: Report, signed_in: SignedIn
) -> None:
    leader, url = signed_in("leader"), f"/desk/reports/{report.pk}/"
    file = f"{url}files/docx/"
    draft = WordDocument(BytesIO(leader.get(file).content))
    draft_page = leader.get(f"{url}files/html/").content.decode()
    leader.post(f"{url}sign/", {"version": "1"})
    signed = WordDocument(BytesIO(leader.get(file).content))
    signed_page = leader.get(f"{url}files/html/").content.decode()

    section, signed_section = draft.sections[0], signed.sections[0]
    assert (section.header.paragraphs[0].text, section.even_page_header.paragraphs[0].text) == (
        "草稿",
        "草稿",
    )
    assert "草稿" not in signed_section.header._element.xml
    assert signed_section.top_margin == section.top_margin
    assert [paragraph.text for paragraph in signed.paragraphs[-3:-1]] == [find_office_name(), "2020年7月1日"]
    assert "2020年7月1日" not in draft.paragraphs[-1].text
    assert '<p class="mark">草稿</p>' in draft_page
    assert '<p class="closing">2020年7月1日</p>' in signed_page
    digest, drafter = report.signatures.get().digest, User.objects.get(username="handler").full_name
    signer = User.objects.get(username="leader").full_name
    imprint = [row.cells[0].text for row in signed.tables[-1].rows]
    assert imprint[0].startswith(f"起草：{drafter}\u3000\u3000签发：{signer}\u3000\u30002020年7月1日")
    assert imprint[1] == f"校验值 {digest}"
    assert signed.tables[-1]._tbl.tblPr.find(qn("w:tblpPr")).get(qn("w:tblpYSpec")) == "bottom"
    assert f'<p class="digest">校验值 {digest}</p>' in signed_page
    assert "校验值" not in draft_page
    assert "草稿" not in signed_page
    assert leader.get(f"{url}files/pdf/").content.startswith(b"%PDF")


def test_a_fault_leaves_the_last_good_preview(report: Report, signed_in: SignedIn) -> None:
    handler, url = signed_in("handler"), f"/desk/reports/{report.pk}/"
    wrong = TEXT + '{{ figure("gone") }}'
    live = handler.post(f"{url}preview/", {"text": wrong})
    good = handler.post(f"{url}preview/", {"text": TEXT})
    page = handler.post(f"{url}edit/", {"base": "1", "text": wrong, "preview": "1"}).content.decode()

    assert live["HX-Retarget"] == "#preview-fault"
    assert "已不存在" in live.content.decode()
    assert "desk-paper" not in live.content.decode()
    assert "HX-Retarget" not in good
    assert '<div id="preview-fault">' in good.content.decode()
    assert "下面是已保存的第 1 版" in page
    assert "2020年6月工作月报</h1>" in page


def test_a_unit_report_without_a_unit_is_refused_at_the_unit(town: Town, signed_in: SignedIn) -> None:
    ReportTemplate.objects.create(key="unit", name="单位月报", period_kind="month", scope="unit", text="# 题")
    answer = signed_in("handler").post("/desk/reports/new/", {"template": "unit", "period": "2020-06"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"unit"}


def test_downloads_of_a_report_are_recorded(report: Report, signed_in: SignedIn) -> None:
    handler = signed_in("handler")
    for suffix in ("docx", "html"):
        assert handler.get(f"/desk/reports/{report.pk}/files/{suffix}/").status_code == 200
    entries = Entry.objects.filter(action="reports.report:export").order_by("pk")
    assert [(entry.object_id, entry.after) for entry in entries] == [
        (report.pk, {"format": "docx", "draft": True}),
        (report.pk, {"format": "html", "draft": True}),
    ]
