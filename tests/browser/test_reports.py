"""Writing a report in the browser: the figure picker, the preview, faults, leaving, and two people at one text."""

import pytest
from playwright.sync_api import Dialog, Page, expect

from jiedao.indicators.figure import TOWN
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.reports.actions.writing import begin_report, save_version
from jiedao.reports.models import Report, ReportTemplate
from jiedao.reports.tests.conftest import TEXT, declare_works, grant_report_rights
from jiedao.testing.cast import Town
from tests.browser.pages import Site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def report(town: Town) -> Report:
    """Return the report of June, begun by shift."""
    grant_report_rights(town)
    forget_all()
    declare_works()
    template = ReportTemplate.objects.create(key="monthly", name="月报", period_kind="month", text=TEXT)
    return begin_report(
        actor=town.actor("shift"), template=template, period=parse_period("2020-06"), place=TOWN
    )


def open_editor(site: Site, report: Report) -> Page:
    site.be("handler")
    site.open(f"/desk/reports/{report.pk}/edit/")
    return site.page


def type_at_end(page: Page, words: str) -> None:
    page.locator("#id_text").focus()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(words)


def test_a_figure_from_the_picker_is_in_the_text_and_the_preview(site: Site, report: Report) -> None:
    page = open_editor(site, report)
    type_at_end(page, "本月拆除面积")
    page.get_by_label("找指标").fill("面积")
    theme = page.locator(".rep-theme:not([hidden])").first
    expect(theme.locator(".j-count")).to_have_text(str(theme.locator("[data-words]:not([hidden])").count()))
    expect(theme.locator("[data-words][hidden]")).not_to_have_count(0)
    page.get_by_role("button", name="插入").first.click()
    expect(page.locator("#id_text")).to_have_value(f'{TEXT}本月拆除面积{{{{ figure("works.area") }}}}')
    expect(page.locator("#preview")).to_contain_text("本月拆除面积540平方米")
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.locator("main")).to_contain_text("已保存为第 2 版")


def test_a_fault_has_its_line_and_the_text_stays(site: Site, report: Report) -> None:
    page = open_editor(site, report)
    type_at_end(page, "\n第十行\n{{ figure('works.area' }}")
    line = TEXT.count("\n") + 3
    expect(page.locator("#preview")).to_contain_text(f"第 {line} 行：模板有错")
    expect(page.locator("#preview .desk-paper h1")).to_be_visible()  # the last good preview, below the fault
    expect(page.locator(".rep-label .j-draft-note")).not_to_be_empty()  # beside the text
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.locator("form#report-form")).to_contain_text(f"第 {line} 行：模板有错")
    expect(page.locator("#id_text")).to_have_value(f"{TEXT}\n第十行\n{{{{ figure('works.area' }}}}")


def test_leaving_with_an_unsaved_text_asks_first(site: Site, report: Report) -> None:
    page, asked = open_editor(site, report), list[str]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    type_at_end(page, "没有保存的一句。")
    page.wait_for_timeout(3000)  # longer than the draft waits before it is stored
    page.get_by_role("link", name="取消").click(no_wait_after=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/edit/")


def test_a_text_that_was_left_is_there_again(site: Site, report: Report) -> None:
    page = open_editor(site, report)
    page.on("dialog", lambda dialog: dialog.accept())
    type_at_end(page, "写到一半")
    expect(page.locator(".j-draft-note")).not_to_be_empty()
    page.get_by_role("link", name="取消").click()
    page.wait_for_url(f"**/reports/{report.pk}/")
    site.open(f"/desk/reports/{report.pk}/edit/")
    expect(page.locator("#id_text")).to_have_value(f"{TEXT}写到一半")
    expect(page.locator("#preview")).to_contain_text("写到一半")


def test_two_people_at_one_text_lose_nothing(site: Site, report: Report, town: Town) -> None:
    page = open_editor(site, report)
    type_at_end(page, "甲的一句。")
    save_version(actor=town.actor("shift"), report_id=report.pk, base=1, text=f"{TEXT}乙的一句。", note="补")
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.locator("#report-form")).to_contain_text("已保存第 2 版")
    expect(page.locator("ins")).to_have_text(["乙的一句。"])
    expect(page.locator("#id_text")).to_have_value(f"{TEXT}甲的一句。")
    type_at_end(page, "乙的一句。")
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.locator("main")).to_contain_text("已保存为第 3 版")
    assert report.versions.get(number=3).text == f"{TEXT}甲的一句。乙的一句。\n"


def test_the_editor_fits_a_phone(site: Site, report: Report) -> None:
    site.page.set_viewport_size({"width": 390, "height": 844})
    page = open_editor(site, report)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("找指标").fill("拆除")
    page.get_by_role("button", name="插入").first.click()
    expect(page.locator(".rep-inserted")).to_contain_text("已插入")  # the list stays in sight
    page.get_by_role("link", name="看插在哪里").click()
    expect(page.locator("#id_text")).to_be_in_viewport()
    expect(page.locator("#preview")).to_contain_text("拆除违建2处")
