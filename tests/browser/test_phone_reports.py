"""Reports, forms and the checker on a narrow phone: every page fits, and a person can do the work with a thumb."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from jiedao.indicators.figure import TOWN
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.reports.actions.signing import sign_report
from jiedao.reports.actions.writing import begin_report
from jiedao.reports.forms.actions.filling import start_fill
from jiedao.reports.forms.models import Form
from jiedao.reports.models import Report, ReportTemplate
from jiedao.reports.tests.blanks import make_monthly_blank
from jiedao.reports.tests.conftest import declare_works, grant_report_rights, keep_works_since
from jiedao.reports.tests.form_parts import add_monthly_form, prepare_town
from jiedao.testing.cast import Town
from tests.browser.pages import PASSWORD, Site
from tests.browser.test_report_plans import TEXT

pytestmark = pytest.mark.django_db(transaction=True)
WIDTH = 360
# A phone zooms out of a page that is too wide, so that its window grows with the page.
FITS = f"Math.max(document.documentElement.scrollWidth, innerWidth) <= {WIDTH}"
CLAIMS = "应办结工单420件，办结399件，办结率93%。\n6月31日，街道召开例会。"
# Controls that a thumb has to meet; links within a sentence have the height of their line.
CONTROLS = "main button, main .btn, main summary, main select, main .form-cell a"
FIND_SMALL = f"""() => [...document.querySelectorAll('{CONTROLS}')]
  .filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 1)
  .filter((element) => element.getBoundingClientRect().height < 43.5)
  .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture
def phone(chromium: Browser, live_server: LiveServer, tmp_path: Path) -> Iterator[Site]:
    """The running site on a phone of 360 px; fail after the test if a script failed."""
    context = chromium.new_context(
        locale="zh-CN",
        viewport={"width": WIDTH, "height": 740},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
    )
    page, faults = context.new_page(), list[str]()
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield Site(page=page, address=live_server.url, pictures=tmp_path)
    context.close()
    assert faults == []


@pytest.fixture
def office(live_server: LiveServer) -> Town:
    """Return a town in which handler writes reports and fills forms, and leader signs and confirms."""
    town = prepare_town(PASSWORD)
    grant_report_rights(town)
    forget_all()
    declare_works()
    keep_works_since("2020-01-01")
    ReportTemplate.objects.create(key="monthly", name="月报", period_kind="month", text=TEXT)
    return town


def make_report(town: Town, period: str = "2020-06") -> Report:
    template = ReportTemplate.objects.get()
    return begin_report(
        actor=town.actor("handler"), template=template, period=parse_period(period), place=TOWN
    )


def check_pages(page: Page, address: str, paths: list[str]) -> None:
    """Open each page and fail with those that are wider than the phone or have controls too small to meet."""
    faults = []
    for path in paths:
        answer = page.goto(f"{address}{path}")
        assert answer is not None
        assert answer.status == 200, path
        if not page.evaluate(FITS):
            faults.append(f"{path} is {page.evaluate('document.documentElement.scrollWidth')} px wide")
        faults += [f"{path} {element}" for element in page.evaluate(FIND_SMALL)]
    assert faults == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_of_reports_forms_and_the_checker_fit(phone: Site, office: Town, language: str) -> None:
    first, second = make_report(office, "2020-05"), make_report(office)
    sign_report(actor=office.actor("leader"), report_id=first.pk, number=1)
    form = add_monthly_form(office, make_monthly_blank())
    fill = start_fill(actor=office.actor("handler"), form=form, period=parse_period("2020-06"))
    paths = [
        "/desk/reports/",
        "/desk/reports/new/",
        "/desk/reports/check/",
        "/desk/reports/word-templates/",
        f"/desk/reports/{first.pk}/",
        f"/desk/reports/{first.pk}/changes/",
        *(
            f"/desk/reports/{second.pk}/{part}"
            for part in ("", "edit/", "compare/", "promises/", "versions/1/")
        ),
        "/desk/forms/",
        "/desk/forms/new/",
        *(f"/desk/forms/{form.key}/{part}" for part in ("", "edit/", "bind/")),
        f"/desk/forms/{form.key}/bind/?cell=月报!C7",
        f"/desk/forms/fills/{fill.pk}/",
        f"/desk/forms/fills/{fill.pk}/cell/?cell=月报!C4",
    ]

    for username in ("handler", "leader"):
        phone.be(username)
        phone.page.context.add_cookies([{"name": "django_language", "value": language, "url": phone.address}])
        seen = [path for path in paths if username == "handler" or not path.endswith(("/new/", "/edit/"))]
        check_pages(
            phone.page, phone.address, [path for path in seen if "bind" not in path or username == "handler"]
        )


def test_a_text_is_pasted_into_the_checker(phone: Site, office: Town) -> None:
    page = phone.page
    phone.be("leader")
    phone.open("/desk/reports/check/")
    page.get_by_label("粘贴文字").fill(CLAIMS)
    page.get_by_role("button", name="核对").tap()

    page.get_by_role("link", name="看 2 个问题").tap()
    expect(page.locator("#rc-findings")).to_be_in_viewport()
    expect(page.locator("#finding-1")).to_contain_text("399 ÷ 420 = 95%")
    page.locator("#finding-2 .rc-number").tap()
    expect(page.locator("#mark-2")).to_be_in_viewport()
    page.locator("#mark-1 a").tap()
    expect(page.locator("#finding-1")).to_be_in_viewport()
    assert page.evaluate(FITS)
    assert page.evaluate(FIND_SMALL) == []


def test_a_blank_is_bound_filled_and_confirmed(phone: Site, office: Town, tmp_path: Path) -> None:
    page, blank = phone.page, tmp_path / "月报.xlsx"
    blank.write_bytes(make_monthly_blank())
    phone.be("handler")
    phone.open("/desk/forms/new/")
    page.fill("input[name=name]", "城管月报")
    page.fill("input[name=sender]", "区城管局")
    page.select_option("select[name=cycle]", "month")
    page.set_input_files("input[name=blank]", blank)
    page.get_by_role("button", name="上传并绑定").tap()
    page.get_by_role("checkbox", name="B7 存在的问题").check()
    page.get_by_role("button", name="绑定所选").tap()
    phone.see("已绑定 12 格")
    page.get_by_role("link", name="绑定 C7", exact=True).tap()
    expect(page.locator("#cell h2")).to_be_in_viewport()  # the form of the cell, below the table
    page.select_option("select[name=measure]", "due")
    page.get_by_role("button", name="绑定这一格").tap()
    phone.see("已绑定 C7")
    page.get_by_role("link", name="绑定完了").tap()
    page.fill("input[name=period]", "2020-06")
    page.get_by_role("button", name="自动填表").tap()
    phone.see("已填好 12 格")
    page.locator(".form-jumps").get_by_role("link", name="手工填写").tap()
    words = page.get_by_role("textbox", name="存在的问题")
    expect(words).to_be_in_viewport()
    words.fill("夜间占道")
    page.fill("input[name=why]", "巡查日志 6 月")
    page.get_by_role("button", name="保存手工数据").tap()
    phone.see("已保存手工数据")
    fill = Form.objects.get().fills.get()

    phone.be("leader")
    phone.open(f"/desk/forms/fills/{fill.pk}/")
    page.locator(".form-jumps").get_by_role("link", name="确认报出").tap()
    button = page.locator("#send").get_by_role("button", name="确认")
    expect(button).to_be_in_viewport()
    button.tap()
    phone.see("已确认")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载报出的表").tap()
    waiting.value.save_as(tmp_path / "报出.xlsx")
    sheet = load_workbook(tmp_path / "报出.xlsx")["月报"]
    assert (sheet["B4"].value, sheet["C5"].value, sheet["B7"].value) == (2, 33.3, "夜间占道")


def test_a_report_is_written_and_signed(phone: Site, office: Town) -> None:
    report, page = make_report(office), phone.page
    phone.be("handler")
    phone.open(f"/desk/reports/{report.pk}/edit/")
    parts = page.locator(".rep-parts")
    page.locator("#id_text").fill(f"{TEXT}\n面积")
    parts.get_by_role("link", name="指标").tap()
    page.get_by_label("找指标").fill("拆除面积")
    page.get_by_role("button", name="插入").first.tap()
    expect(page.get_by_role("status").filter(has_text="已插入 拆除面积")).to_be_in_viewport()
    parts.get_by_role("link", name="预览").tap()
    expect(page.locator("#preview")).to_contain_text("面积540平方米")
    parts.get_by_role("link", name="文字").tap()
    expect(page.locator("#id_text")).to_be_in_viewport()
    page.get_by_role("button", name="保存为新版本").tap()
    phone.see("已保存为第 2 版")

    phone.be("leader")
    phone.open(f"/desk/reports/{report.pk}/")
    page.locator(".rep-jumps").get_by_role("link", name="办理").tap()
    button = page.get_by_role("button", name="签发")
    expect(button).to_be_in_viewport()
    button.tap()
    phone.see("已签发，报告中的数已固定")
