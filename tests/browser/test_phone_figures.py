"""Figures and scores on a phone: every page fits a small screen, a figure opens to its rows, a score is contested."""

from collections.abc import Iterable

import pytest
from playwright.sync_api import expect

from jiedao.cases.models import Case
from jiedao.evaluation.actions.publishing import publish_scores
from jiedao.evaluation.models import Appeal, Score, ScoreSheet
from jiedao.kernel.periods import parse_period
from jiedao.testing.cast import Town
from tests.browser import test_figures, test_scores
from tests.browser.pages import Site

FITS = "document.documentElement.scrollWidth <= innerWidth"
# Controls that a finger cannot hit: lower than 44 px, less what rounding takes.
FIND_SMALL = """() => [...document.querySelectorAll("main .btn, main select, main summary, main td a, main th a")]
  .filter((part) => part.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((part) => part.getBoundingClientRect().height < 43 && part.getBoundingClientRect().width > 1)
  .filter((part) => getComputedStyle(part, "::after").position !== "absolute")  // which enlarges the part
  .map((part) => `${part.className} ${part.textContent.trim()}`)"""
HAN = """() => {
  const words = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (/没有|给满分|不参加|全区|折算/.test(walker.currentNode.textContent))
    words.push(walker.currentNode.textContent.trim());
  return words;
}"""


@pytest.fixture
def month(town: Town) -> str:
    """A published month of scores, with figures beside it."""
    test_figures.prepare(town)
    month = test_scores.prepare(town)
    sheet = ScoreSheet.objects.get()
    publish_scores(actor=town.actor("supervisor"), sheet=sheet, period=parse_period(month))
    return month


def list_pages(month: str) -> dict[str, list[str]]:
    """Return the addresses of the pages of figures and scores by who opens them."""
    score = Score.objects.get(place_key="unit:URBAN")
    return {
        "leader": [
            "/desk/",
            "/desk/board/",
            "/desk/board/rows/?measure=due&period=2020-06",
            "/desk/figures/?period=2020-06",
            "/desk/figures/due/?period=2020-06",
            "/desk/overview/",
            "/desk/overview/?wall=1",
            "/desk/hotspots/",
            "/desk/scores/appeals/",
            "/desk/notices/",
        ],
        "shift": ["/desk/figures/entries/?period=2020-06", "/desk/figures/output/enter/?period=2020-06"],
        "supervisor": [
            f"/desk/scores/units/?period={month}",
            f"/desk/scores/units/simulate/?period={month}",
        ],
        "handler": [f"/desk/scores/units/URBAN/?period={month}", f"/desk/scores/contest/{score.pk}/"],
    }


def choose_english(site: Site) -> None:
    """Choose English with the switch of the user's menu."""
    site.page.locator("summary.j-tool--user").tap()
    site.page.get_by_role("button", name="English").first.tap()
    expect(site.page.locator("html")).to_have_attribute("lang", "en")


def find_faults(site: Site, paths: Iterable[str]) -> list[str]:
    """Return the pages that scroll sideways or have controls too small for a finger."""
    faults = []
    for path in paths:
        site.open(path)
        if not site.page.evaluate(FITS):
            faults.append(f"{path} scrolls sideways")
        faults += [f"{path} {part}" for part in site.page.evaluate(FIND_SMALL)]
    return faults


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_scrolls_sideways_on_a_small_phone(month: str, small_phone: Site, language: str) -> None:
    faults = []
    for username, paths in list_pages(month).items():
        small_phone.be(username)
        small_phone.open("/desk/")
        if language == "en":
            choose_english(small_phone)
        faults += find_faults(small_phone, paths)
    assert faults == []


def test_a_figure_opens_to_its_rows_and_back_on_a_phone(month: str, small_phone: Site) -> None:
    site, page = small_phone, small_phone.page
    site.be("leader")
    site.open("/desk/")
    page.locator(".j-nav__more summary").tap()
    page.locator(".j-nav__more").get_by_role("link", name="指标").tap()
    expect(page.locator("input[name=period]")).to_be_hidden()
    page.get_by_text("筛选", exact=True).tap()
    page.fill("input[name=period]", "2020-06")
    page.get_by_role("button", name="查看").tap()
    page.get_by_role("link", name="应处置", exact=True).tap()
    expect(page.locator("#figure-value")).to_have_text("3")
    page.locator("#figure-rows a").tap()
    expect(site.main().locator("tr[data-row]")).to_have_count(3)
    site.main().locator("tr[data-row] a").first.tap()
    page.wait_for_url("**/desk/cases/*/")
    page.go_back()
    expect(site.main().locator("tr[data-row]")).to_have_count(3)
    page.go_back()
    expect(page.locator("#figure-value")).to_have_text("3")


def test_a_score_is_contested_and_decided_on_a_phone(month: str, town: Town, small_phone: Site) -> None:
    site, page = small_phone, small_phone.page
    late = Case.objects.get(subject="井盖松动")
    site.be("handler")
    site.open("/desk/notices/")
    site.see("评分已公布")
    site.main().get_by_role("button").filter(has_text="办件考评").first.tap()
    site.see("每一分从哪里来")
    page.get_by_role("link", name="提出申诉").tap()
    page.locator(f"input[name=numbers][value='{late.number}']").tap()
    page.fill("textarea[name=reason]", "井盖属于供水单位，不归本单位管")
    page.get_by_role("button", name="提交申诉").tap()
    site.see("申诉已提交，等待裁定")
    assert page.evaluate(FITS)

    site.be("leader")
    site.open("/desk/")
    choose_english(site)
    page.locator(".j-nav__more summary").tap()
    page.locator(".j-nav__more").get_by_role("link", name="Evaluation").tap()
    page.locator(".j-tabs").get_by_role("link", name="Appeals").tap()
    expect(page.locator(".j-tabs a[aria-current]")).to_be_in_viewport()
    page.locator(".e-appeals a").first.tap()
    assert find_faults(site, [f"/desk/scores/appeals/{Appeal.objects.get().pk}/"]) == []
    page.locator("input[name=granted]").tap()
    page.fill("textarea[name=decision]", "Checked on site")
    page.get_by_role("button", name="Grant").tap()
    site.see("The appeal is granted")
    page.get_by_role("link", name="Open the new score").tap()
    site.see(f"Appeal granted, case {late.number} struck")
    assert page.evaluate(HAN) == []
