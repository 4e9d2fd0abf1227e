"""The behaviours of the scripts, on the page of `lab`, under the CSP of the site."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from jiedao.pages import middleware
from tests.browser import lab
from tests.browser.pages import Site

pytestmark = pytest.mark.urls("tests.browser.lab")


@pytest.fixture
def lab_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Open the page; fail after the test if a script failed or the CSP blocked something."""
    # The addresses of `lab` do not include those of the faces for the staff.
    monkeypatch.setattr(middleware, "get_staff_addresses", lambda: ("/desk/",))
    lab.STORE.clear()
    faults: list[str] = []
    site.page.on("pageerror", lambda fault: faults.append(str(fault)))
    site.page.on(
        "console", lambda line: faults.append(line.text) if "Content Security" in line.text else None
    )
    site.page.on("dialog", lambda dialog: dialog.accept())
    site.open("/")
    yield site
    assert faults == []


def test_a_draft_is_restored_from_the_server_on_another_machine(lab_page: Site) -> None:
    page = lab_page.page
    page.fill("#text", "很长的一段文字")
    page.select_option("select[name=unit]", "b")
    expect(page.locator(".j-draft-note")).not_to_be_empty()
    page.evaluate("localStorage.clear()")
    lab_page.open("/")
    expect(page.locator("#text")).to_have_value("很长的一段文字")
    expect(page.locator("select[name=unit]")).to_have_value("b")
    page.locator(".j-draft button").click()
    expect(page.locator("#text")).to_have_value("")


def test_a_draft_survives_a_problem_page_and_is_removed_after_a_successful_submit(lab_page: Site) -> None:
    page = lab_page.page
    page.fill("#text", "没有提交的文字")
    page.evaluate("document.getElementById('reply').action = '/broken/'")
    page.click("#send")
    expect(page.locator("[data-problem='409']")).to_be_visible()
    lab.STORE.clear()
    lab_page.open("/")
    expect(page.locator("#text")).to_have_value("没有提交的文字")
    page.click("#send")
    expect(page.locator("h1")).to_have_text("done")
    assert page.evaluate("localStorage.length") == 0


def test_a_draft_is_stored_in_the_browser_while_there_is_no_network(lab_page: Site) -> None:
    page = lab_page.page
    page.route("**/draft/", lambda route: route.abort())
    page.fill("#text", "断网时写的")
    expect(page.locator(".j-draft-note")).to_contain_text("本机")
    page.unroute("**/draft/")
    lab_page.open("/")
    expect(page.locator("#text")).to_have_value("断网时写的")


def test_a_field_marked_to_be_skipped_is_never_stored_in_a_draft(lab_page: Site) -> None:
    page = lab_page.page
    page.fill("#reporter", "13800000000")
    page.fill("#text", "来电内容")
    expect(page.locator(".j-draft-note")).not_to_be_empty()
    assert "13800000000" not in page.evaluate("JSON.stringify(localStorage)")
    assert set(lab.STORE["fields"]) == {"text", "unit"}


def test_another_user_who_has_the_case_open_is_named(lab_page: Site) -> None:
    expect(lab_page.page.locator("jd-presence")).to_contain_text("陈立 · 执法队 正在填写")


def test_rows_are_selected_by_keys_and_ranges_by_shift(lab_page: Site) -> None:
    page = lab_page.page
    expect(page.locator(".j-bulk")).to_be_hidden()
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-bulk-count]")).to_have_text("已选 1 条")
    page.locator("[data-row] input").nth(4).click(modifiers=["Shift"])
    expect(page.locator("[data-bulk-count]")).to_have_text("已选 4 条")
    page.locator("[data-bulk-all]").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("已选 6 条")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{lab_page.address}/row/3/")


def test_keys_have_no_effect_while_the_user_types(lab_page: Site) -> None:
    page = lab_page.page
    page.locator("#text").press_sequentially("v?j")
    expect(page.locator("#text")).to_have_value("v?j")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_the_question_mark_lists_the_keys_of_the_page(lab_page: Site) -> None:
    lab_page.page.keyboard.press("?")
    expect(lab_page.page.locator("#keys[open]")).to_contain_text("下一行、上一行")


def test_a_dangerous_button_asks_for_confirmation(lab_page: Site) -> None:
    page = lab_page.page
    page.keyboard.press("v")
    expect(page.locator("#confirm-text")).to_have_text("sure?")
    page.keyboard.press("Escape")
    expect(page.locator("#danger")).to_be_visible()
    page.click("#danger")
    page.click("[data-confirm-yes]")
    expect(page.locator("h1")).to_have_text("done")


def test_a_photo_is_shrunk_to_two_thousand_pixels(lab_page: Site, tmp_path: Path) -> None:
    page = lab_page.page
    Image.effect_noise((2600, 1300), 60).convert("RGB").save(tmp_path / "big.jpg", quality=95)
    page.set_input_files("input[type=file]", tmp_path / "big.jpg")
    expect(page.locator(".j-preview")).to_contain_text("已压缩到")
    width = page.evaluate(
        "createImageBitmap(document.querySelector('input[type=file]').files[0]).then(b => b.width)"
    )
    assert width == 2000


def test_a_click_on_the_live_map_fills_the_place(lab_page: Site) -> None:
    page = lab_page.page
    page.locator("jd-map").scroll_into_view_if_needed()
    expect(page.locator("jd-map.is-live")).to_be_visible(timeout=20_000)
    page.locator("jd-map").click()
    expect(page.locator("#lon")).to_have_value("114.110000")
    assert page.input_value("#lat").startswith("22.61")


def test_the_svg_map_stays_visible_while_the_live_map_has_no_grids(lab_page: Site) -> None:
    page = lab_page.page
    page.route("**/*csp-worker*", lambda route: route.abort())
    lab_page.open("/")
    page.locator("jd-map").scroll_into_view_if_needed()
    expect(page.locator("jd-map canvas")).to_have_count(1, timeout=20_000)
    assert page.evaluate(
        "(() => { const box = document.querySelector('jd-map').getBoundingClientRect();"
        " return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2).tagName; })()"
    ) in {"path", "polygon", "svg"}


def test_a_page_in_the_dark_theme_is_printed_black_on_white(lab_page: Site) -> None:
    page = lab_page.page
    page.emulate_media(color_scheme="dark", media="print")
    look = "getComputedStyle(document.querySelector('main .j-list a')).color"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(look) == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--j-text')") == "#000"


def test_a_chart_replaces_its_table_and_a_button_shows_the_table_again(lab_page: Site) -> None:
    page = lab_page.page
    page.locator("jd-chart").scroll_into_view_if_needed()
    expect(page.locator("jd-chart canvas")).to_be_visible(timeout=20_000)
    page.locator(".j-chart__bar button").click()
    expect(page.locator("jd-chart table")).to_be_visible()


def test_the_theme_and_the_language_can_be_switched_and_are_remembered(lab_page: Site) -> None:
    page = lab_page.page
    page.click(".j-tool--user")
    page.click("button[name=theme][value=dark]")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.click(".j-tool--user")
    page.click("button[name=language][value=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
