"""The main paths of the public's site and of the phone app by keyboard alone; axe checks the pages on the way."""

import pytest
from playwright.sync_api import Page, expect

from jiedao.cases.models import Case
from jiedao.portal.limits import REPORTS
from jiedao.testing.cast import Town, walk, walk_case
from jiedao.testing.public_site import open_site
from tests.browser.axe import find_violations
from tests.browser.field_app import FieldApp, wait_for_worker
from tests.browser.keyboard import press, tab_to, type_into
from tests.browser.pages import Site


@pytest.fixture
def open_town(town: Town) -> Town:
    """The cast, in a town with a public site."""
    REPORTS.clear()
    open_site()
    return town


def skip_to_content(page: Page, label: str = "跳到正文") -> None:
    """Follow the skip link, the first stop of every page."""
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name=label)
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_resident_reports_follows_and_rates_by_keyboard(site: Site, open_town: Town) -> None:
    page = site.page
    site.open("/")
    skip_to_content(page)
    press(site.main().get_by_role("link", name="我要反映").first)
    press(site.main().get_by_role("link", name="垃圾没人清"))
    type_into(page.locator("#id_detail"), "楼下的垃圾三天没有人清运")
    type_into(page.locator("#id_place_text"), "临江花园")
    press(page.get_by_role("button", name="提交", exact=True))
    expect(page.get_by_role("heading", name="已经收到，谢谢您")).to_be_visible()
    assert find_violations(page) == []
    number, code = page.locator(".p-slip .p-code").all_inner_texts()
    case = Case.objects.get(number=number)
    page.context.clear_cookies()
    site.open("/follow/")
    type_into(page.locator("#number"), number)
    type_into(page.locator("#code"), code)
    page.keyboard.press("Enter")
    site.see("楼下的垃圾三天没有人清运")
    assert find_violations(page) == []
    walk_case(open_town, case, to="CLOSED")
    page.reload()
    skip_to_content(page)
    press(page.get_by_label("解决了", exact=True), "Space")
    tab_to(page.get_by_label("很满意", exact=True))
    page.keyboard.press("Space")
    assert find_violations(page) == []
    press(page.get_by_role("button", name="提交评价"))
    site.see("谢谢您的评价。")
    assert find_violations(page) == []
    case.refresh_from_db()
    assert (case.state, case.satisfaction) == ("DONE", 5)


def test_a_user_of_the_phone_app_reports_and_takes_a_case_by_keyboard(field: FieldApp, town: Town) -> None:
    case = walk(town, to="DISPATCHED")
    page = field.open("handler")
    wait_for_worker(page)
    skip_to_content(page)
    press(page.get_by_role("link", name=case.subject).first)
    press(page.get_by_role("link", name="接单"))
    press(page.get_by_role("button", name="接单"))
    expect(page.get_by_role("heading", name="处置中")).to_be_visible(timeout=60_000)
    case.refresh_from_db()
    assert case.state == "HANDLING"
    press(page.locator("#tabs").get_by_role("link", name="上报"))
    type_into(page.locator("#f-detail"), "路灯不亮。")
    press(page.get_by_role("button", name="提交"))
    expect(page.locator("main h1")).to_contain_text("今天")
    expect(page.get_by_text("已全部发送")).to_be_visible(timeout=60_000)
    assert Case.objects.exclude(pk=case.pk).get().detail == "路灯不亮。"
