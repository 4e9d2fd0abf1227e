"""The public's site in a browser: report on a phone with scripts, follow and rate; report without scripts; sizes."""

import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from jiedao.cases.models import Case
from jiedao.portal.limits import REPORTS
from jiedao.testing.cast import Town, walk_case
from jiedao.testing.public_site import open_site
from tests.browser.pages import Site

# Visible controls without a label, and links and buttons without words.
UNNAMED = """[...document.querySelectorAll('input:not([type=hidden]), textarea, select, a, button')]
  .filter((control) => control.offsetParent && !(control.labels?.length || control.innerText?.trim()
    || control.getAttribute('aria-label')))
  .map((control) => control.outerHTML.slice(0, 80))"""


@pytest.fixture
def open_town(town: Town) -> Town:
    """The cast, in a town with a public site."""
    REPORTS.clear()
    open_site()
    return town


def test_a_resident_reports_on_a_phone_follows_by_the_code_and_rates(
    phone: Site, open_town: Town, photo: Path
) -> None:
    page = phone.page
    phone.open("/")
    page.get_by_role("link", name="我要反映").last.tap()
    page.get_by_role("link", name="垃圾没人清").tap()
    expect(page.locator("#challenge-question")).to_be_hidden()
    page.fill("#id_detail", "楼下的垃圾三天没有人清运")
    page.fill("#id_place_text", "临江花园")
    page.set_input_files("#id_photos", photo)
    expect(page.locator(".j-preview img")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="提交").tap()
    expect(page.get_by_role("heading", name="已经收到，谢谢您")).to_be_visible()
    number, code = page.locator(".p-slip .p-code").all_inner_texts()
    case = Case.objects.get(number=number)
    walk_case(open_town, case, to="CLOSED")
    page.context.clear_cookies()
    phone.open("/follow/")
    page.fill("#number", number)
    page.fill("#code", code)
    page.get_by_role("button", name="查看").tap()
    page.get_by_text("解决了", exact=True).tap()
    page.get_by_text("很满意", exact=True).tap()
    page.get_by_role("button", name="提交评价").tap()
    phone.see("谢谢您的评价。")
    case.refresh_from_db()
    assert (case.state, case.satisfaction) == ("DONE", 5)
    expect(page.locator("#challenge-question")).to_be_hidden()
    page.fill("#target", "13912340001")
    page.get_by_role("button", name="发验证码").tap()
    expect(page.get_by_role("heading", name="输入验证码")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_resident_points_at_the_place_on_the_map_by_keyboard(phone: Site, open_town: Town) -> None:
    page = phone.page
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    phone.open("/report/rubbish/")
    page.wait_for_load_state("networkidle")
    assert not any("maplibre" in url for url in requests)
    page.get_by_role("button", name="在地图上指").tap()
    expect(page.locator("jd-map.is-live")).to_be_visible(timeout=20_000)
    canvas = page.locator("jd-map canvas")
    canvas.focus()
    canvas.press("ArrowRight")
    first = float(page.locator("#id_lon").input_value())
    canvas.press("Shift+ArrowRight")
    assert float(page.locator("#id_lon").input_value()) > first
    expect(page.locator("[data-locate-status]")).to_contain_text("这个点在")
    expect(page.locator("#id_place_text")).not_to_have_value("")
    page.fill("#id_detail", "楼下的垃圾三天没有人清运")
    page.get_by_role("button", name="提交").tap()
    expect(page.get_by_role("heading", name="已经收到，谢谢您")).to_be_visible()
    case = Case.objects.get()
    assert case.lon is not None
    assert case.lon > first


def test_a_resident_without_scripts_answers_the_question(plain_site: Site, open_town: Town) -> None:
    page = plain_site.page
    plain_site.open("/report/rubbish/")
    page.fill("#id_detail", "楼下的垃圾三天没有人清运")
    page.fill("#id_place_text", "临江花园")
    assert page.get_by_role("button", name="在地图上指").count() == 0
    question = page.locator("#challenge-question label").inner_text()
    page.fill("#id_answer", str(sum(map(int, re.findall(r"\d+", question)))))
    page.get_by_role("button", name="提交").click()
    assert "已经收到，谢谢您" in page.content()
    assert Case.objects.count() == 1


@pytest.mark.parametrize("path", ["/", "/report/rubbish/", "/follow/"])
def test_a_public_page_is_small_and_names_its_controls(phone: Site, open_town: Town, path: str) -> None:
    bodies: list[int] = []
    phone.page.on("response", lambda answer: bodies.append(len(gzip.compress(answer.body()))))
    phone.open(path)
    phone.page.wait_for_load_state("networkidle")
    assert sum(bodies) < 150_000
    assert phone.page.evaluate(UNNAMED) == []
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
