"""Every main page on a phone and for a screen reader, in both languages."""

import pytest
from playwright.sync_api import Browser, Page

from jiedao.testing.cast import Town, make_cases, walk
from tests.browser.pages import Site

PAGES = {
    "shift": [
        "/desk/",
        "/desk/cases/",
        "/desk/cases/new/",
        "/desk/cases/{handled}/",
        "/desk/cases/{handled}/?move=CLOSE",
        "/desk/dispatcher/",
        "/desk/dispatcher/?case={reported}",
        "/desk/map/",
        "/desk/board/",
        "/desk/board/rows/?measure=reported",
        "/desk/notices/",
        "/desk/account/",
    ],
    "handler": ["/desk/", "/desk/cases/{handling}/?move=HANDLE", "/desk/cases/{handling}/?move=RETURN"],
    "visitor": ["/desk/cases/{closed}/?move=VISIT"],
    "admin": [
        "/desk/admin/",
        "/desk/admin/people/",
        "/desk/admin/posts/",
        "/desk/admin/units/",
        "/desk/admin/calendar/",
        "/desk/admin/categories/",
        "/desk/admin/endpoints/new/platform/",
        "/desk/admin/health/",
    ],
}

# A script that returns a text for each element of a page that a screen reader or a keyboard cannot use.
FAULTS_OF_FORM = """() => {
  const faults = [];
  const name = (e) => e.outerHTML.slice(0, 90);
  const seen = (e) => e.checkVisibility();
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, n) => ids.indexOf(id) !== n))) faults.push(`id twice: ${id}`);
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  if (!document.documentElement.lang) faults.push("no language");
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (![...(e.labels ?? [])].some(seen) && !e.ariaLabel && !e.getAttribute("aria-labelledby") && seen(e))
      faults.push(`no label: ${name(e)}`);
  for (const e of document.querySelectorAll("img:not([alt])")) faults.push(`no alt: ${name(e)}`);
  for (const e of document.querySelectorAll("a[href], button:not([aria-hidden=true]), summary"))
    if (seen(e) && !(e.innerText ?? e.textContent).trim() && !e.ariaLabel && !e.title &&
        !e.querySelector("[aria-label], img[alt], title"))
      faults.push(`no name: ${name(e)}`);
  for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
    for (const id of (e.getAttribute("aria-describedby") ?? e.getAttribute("aria-labelledby")).split(" "))
      if (!document.getElementById(id)) faults.push(`points nowhere: ${name(e)}`);
  return faults;
}"""


def find_too_wide_elements(page: Page) -> str:
    """Return the elements that make the page scroll sideways, "" when none does."""
    return str(
        page.evaluate("""() => {
          const page = document.documentElement;
          if (page.scrollWidth <= page.clientWidth) return "";
          const wide = [...document.querySelectorAll("body *")]
            .filter((e) => e.getBoundingClientRect().right > page.clientWidth + 1);
          return `${page.scrollWidth} px: ` + wide.slice(0, 4).map((e) => e.outerHTML.slice(0, 80)).join(" | ");
        }""")
    )


@pytest.fixture
def numbers(town: Town) -> dict[str, str]:
    """Numbers of cases in the states that the addresses name, in a town with work of all kinds."""
    make_cases(
        town,
        [
            {"kind": kind, "state": state, "grid": grid, "unit": "URBAN"}
            for kind in ("RUBBISH", "STALL")
            for state in ("FILED", "HANDLING", "DONE")
            for grid in ("G1", "G2", "G3")
        ],
    )
    states = {"reported": "REPORTED", "handling": "HANDLING", "handled": "CHECKED", "closed": "CLOSED"}
    return {name: walk(town, to=state).number for name, state in states.items()}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_main_pages_fit_a_phone_and_are_readable_by_a_screen_reader(
    site: Site, numbers: dict[str, str], language: str
) -> None:
    site.size("phone")
    faults: dict[str, object] = {}
    for person, paths in PAGES.items():
        site.be(person)
        site.page.context.add_cookies([{"name": "django_language", "value": language, "url": site.address}])
        for path in paths:
            site.open(path.format(**numbers))
            page_faults = [wide for wide in [find_too_wide_elements(site.page)] if wide] + site.page.evaluate(
                FAULTS_OF_FORM
            )
            if page_faults:
                faults[f"{person} {path}"] = page_faults
    assert not faults, "\n".join(f"{where}: {what}" for where, what in faults.items())


# Touch targets must be 44 px high, except links in a text, a table or a list of facts.
SMALL_TARGETS = """() => [...document.querySelectorAll(
    "button:not([aria-hidden=true]), summary, select, textarea, .btn, .j-tool, .j-nav a, .j-tabs a, .desk-view, " +
    ".j-queue__item, .j-panel__head a")]
  .filter((e) => e.checkVisibility() && !e.closest("dialog, .j-chart__table"))
  .filter((e) => e.getBoundingClientRect().height < 43.5)
  .map((e) => `${Math.round(e.getBoundingClientRect().height)} px: ${e.outerHTML.slice(0, 90)}`)"""


def test_touch_targets_on_a_phone_are_large_enough(
    chromium: Browser, site: Site, numbers: dict[str, str]
) -> None:
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    hand = Site(page=context.new_page(), address=site.address, pictures=site.pictures)
    faults: dict[str, object] = {}
    for person, paths in PAGES.items():
        hand.be(person)
        for path in paths:
            hand.open(path.format(**numbers))
            small_targets = hand.page.evaluate(SMALL_TARGETS)
            if small_targets:
                faults[f"{person} {path}"] = small_targets
    context.close()
    assert not faults, "\n".join(f"{where}: {what}" for where, what in faults.items())
