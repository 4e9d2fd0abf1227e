"""Forms: a superior's blank is uploaded, bound, filled, confirmed by another user, and filled again."""

from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from jiedao.reports.forms.models import FormFill
from jiedao.reports.tests.blanks import make_monthly_blank
from jiedao.reports.tests.form_parts import add_cases, prepare_town
from tests.browser.pages import PASSWORD, Site


def download(site: Site, label: str, path: Path) -> dict[str, object]:
    """Download a filled form and return its cells."""
    with site.page.expect_download() as waiting:
        site.follow(label)
    waiting.value.save_as(path)
    sheet = load_workbook(path)["月报"]
    return {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row}


def test_a_blank_is_bound_and_filled_twice(site: Site, live_server: LiveServer, tmp_path: Path) -> None:
    town, page = prepare_town(PASSWORD), site.page
    blank = tmp_path / "月报.xlsx"
    blank.write_bytes(make_monthly_blank())
    site.be("handler")
    site.open("/desk/forms/")
    site.follow("登记一张表")
    page.fill("input[name=name]", "城管月报")
    page.fill("input[name=sender]", "区城管局")
    page.select_option("select[name=cycle]", "month")
    page.fill("input[name=due_days]", "5")
    page.set_input_files("input[name=blank]", blank)
    site.press("上传并绑定")
    site.see("每格填什么", "按表头文字的建议")
    site.picture("form-suggested")
    page.get_by_role("checkbox", name="B7 存在的问题").check()
    site.press("绑定所选")
    site.see("已绑定 12 格")
    page.get_by_role("link", name="绑定 C7", exact=True).click()
    page.select_option("select[name=measure]", "due")
    page.select_option("select[name=rule]", "to_date")
    site.picture("form-bind")
    site.picture("form-bind-phone", size="phone", full=True)
    site.size("desk")
    site.press("绑定这一格")
    site.see("应处置 · 本年累计")
    site.follow("绑定完了")
    site.picture("form-begin")
    page.fill("input[name=period]", "2020-06")
    site.press("自动填表")
    site.see("已填好 12 格", "33.3")
    page.get_by_role("textbox", name="存在的问题").fill("夜间占道")
    page.fill("input[name=why]", "巡查日志 6 月")
    site.press("保存手工数据")
    site.see("已保存手工数据")
    site.picture("form-fill", full=True)
    site.picture("form-fill-phone", size="phone", full=True)
    site.size("desk")

    site.be("leader")
    site.open(f"/desk/forms/fills/{FormFill.objects.get().pk}/")
    page.fill("input[name=minutes]", "5")
    site.press("确认")
    site.see("已确认报出")
    cells = download(site, "下载报出的表", tmp_path / "六月.xlsx")
    assert (cells["B4"], cells["C5"], cells["C7"], cells["B7"]) == (2, 33.3, 5, "夜间占道")

    add_cases(town, 7, {"G1": 2}, {"G1": 1})
    site.be("handler")
    site.open("/desk/forms/F001/")
    site.picture("form-page")
    site.press("填下一期：2020 年 7 月")
    site.see("与上次（2020 年 6 月）不同的", "上次：夜间占道")
    site.press("空格沿用上次")
    site.see("沿用了上次的 1 格")
    site.picture("form-again", full=True)
    expect(site.main().locator(".form-cell.is-changed").first).to_be_visible()
    page.get_by_role("link", name="临江社区 · 处置率").first.click()
    site.see("2 ÷ 3")
    site.picture("form-cell")
    site.picture("form-cell-phone", size="phone", full=True)
    site.open("/desk/forms/")
    site.picture("form-list")
    site.picture("form-list-phone", size="phone", full=True)
