"""A pasted text is checked in the browser: marks, the list beside or below it, and the way between them."""

import pytest
from playwright.sync_api import Locator, expect

from jiedao.testing.cast import Town
from tests.browser.pages import Site

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "应办结工单420件，办结399件，办结率93%。\n6月31日，街道召开例会。"


def read_box(locator: Locator) -> dict[str, float]:
    box = locator.bounding_box()
    assert box is not None
    return dict(box)


def test_a_pasted_text_is_marked_and_explained(site: Site, town: Town) -> None:
    page = site.page
    site.be("leader")
    site.open("/desk/reports/check/")

    page.get_by_label("粘贴文字").fill(TEXT)
    page.get_by_role("button", name="核对").click()

    expect(page.locator("mark")).to_have_count(2)
    expect(page.locator("#mark-1")).to_contain_text("93%")
    expect(page.locator("#finding-1")).to_contain_text("399 ÷ 420 = 95%")
    page.locator("#mark-2").get_by_role("link").click()
    expect(page.locator("#finding-2")).to_be_in_viewport()
    expect(page.get_by_label("粘贴文字")).to_have_value(TEXT)


def test_the_list_is_beside_the_text_and_below_it_on_a_phone(site: Site, town: Town) -> None:
    page = site.page
    site.be("leader")
    site.open("/desk/reports/check/")
    page.get_by_label("粘贴文字").fill(TEXT)
    page.get_by_role("button", name="核对").click()
    text, findings = page.locator(".rc-text"), page.locator(".rc-findings")

    wide = read_box(text), read_box(findings)
    page.set_viewport_size({"width": 390, "height": 844})
    narrow = read_box(text), read_box(findings)

    assert wide[1]["x"] >= wide[0]["x"] + wide[0]["width"]
    assert narrow[1]["y"] >= narrow[0]["y"] + narrow[0]["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
