"""A browser of 2020 shows the texts and controls of the main pages: none overlaps, none is cut off at the side."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from jiedao.testing.cast import Town, make_cases, walk
from jiedao.testing.public_site import open_site
from tests.browser.old_chromium import age_css, make_old
from tests.browser.pages import Site

PAGES = {
    "": ["/", "/report/", "/report/rubbish/", "/follow/", "/map/", "/info/"],
    "handler": ["/desk/", "/desk/cases/", "/desk/cases/{case}/?move=HANDLE", "/desk/cases/new/"],
    "shift": ["/desk/", "/desk/board/", "/desk/dispatcher/"],
}
DRAWN = "等于几？"  # the question of the challenge, another one each time
LINES = """[...document.querySelector("main").innerText.split("\\n")].map((line) => line.trim()).filter(Boolean)"""
# Texts and controls of which one covers another, and what makes the page scroll sideways.
LAYOUT_FAULTS = """() => {
  const main = document.querySelector("main");
  const isShown = (element) => {
    for (let one = element; one && one !== main; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (["fixed", "sticky"].includes(style.position) || style.opacity === "0") return false;
      if (style.overflow !== "visible" && (one.offsetWidth <= 2 || one.offsetHeight <= 2)) return false;
    }
    return element.checkVisibility({ checkVisibilityCSS: true }) && !element.closest("svg, option");
  };
  const boxes = [];
  for (const control of main.querySelectorAll("input, select, textarea, button"))
    if (isShown(control)) boxes.push([control, control.getBoundingClientRect()]);
  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (!text.data.trim() || !isShown(text.parentElement)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) boxes.push([text, box]);
  }
  const faults = [];
  for (const [index, [one, a]] of boxes.entries())
    for (const [other, b] of boxes.slice(index + 1)) {
      if (one === other || one.contains(other) || other.contains(one)) continue;
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 2 && height > Math.min(a.height, b.height) * 0.4)
        faults.push(["overlap", ...[one, other].map((node) => (node.outerHTML ?? node.data).slice(0, 60))].join(" | "));
    }
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`${document.documentElement.scrollWidth} px wide`);
  return faults;
}"""


@pytest.fixture
def old_site(chromium: Browser, live_server: LiveServer, tmp_path: Path) -> Iterator[Site]:
    """The running site in a browser of 2020."""
    context = chromium.new_context(locale="zh-CN", service_workers="block", reduced_motion="reduce")
    make_old(context)
    yield Site(context.new_page(), live_server.url, tmp_path)
    context.close()


def test_style_sheet_loses_what_a_browser_of_2020_cannot_read() -> None:
    css = "a{gap:4px;inset:0}.f{display:flex;gap:8px;color:red}b:has(i){color:red}@media print{c:is(d){top:0}e{top:0}}"
    css += "@supports selector(:has(*)){g{top:0}}@supports not (color:light-dark(#000,#fff)){h{top:0}}"
    assert age_css(css) == "a{gap:4px}.f{display:flex;color:red}@media print{e{top:0}}h{top:0}"


def find_missing_lines(plain_site: Site, old_site: Site, path: str) -> list[str]:
    """Return the lines of a page in a browser of today, without scripts, that the old browser does not show."""
    plain_site.open(path)
    lines = [str(line) for line in plain_site.page.evaluate(LINES)]
    shown = "\n".join(old_site.page.evaluate(LINES))
    return [line for line in lines if line not in shown and not line.endswith(DRAWN)]


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_old_browser_shows_all_of_the_main_pages(
    old_site: Site, plain_site: Site, town: Town, size: str
) -> None:
    open_site()
    make_cases(town, [{"kind": "RUBBISH", "state": "HANDLING", "unit": "URBAN"}] * 3)
    case = walk(town, to="HANDLING")
    faults: dict[str, list[str]] = {}
    for person, paths in PAGES.items():
        for site in (old_site, plain_site):
            site.size(size)
            if person:
                site.be(person)
        for path in [path.format(case=case.number) for path in paths]:
            old_site.open(path)
            found = old_site.page.evaluate(LAYOUT_FAULTS) + find_missing_lines(plain_site, old_site, path)
            picture = old_site.picture(f"{size}{path.translate(str.maketrans('/?=', '---'))}", size=size)
            with Image.open(picture) as drawn:
                if len(drawn.convert("RGB").getcolors(1 << 24) or []) < 30:
                    found.append(f"an empty picture: {picture}")
            if found:
                faults[f"{person} {path}"] = found
    assert not faults, "\n".join(f"{where}: {what}" for where, what in faults.items())


def test_phone_app_names_the_way_out_where_its_scripts_do_not_run(old_site: Site, town: Town) -> None:
    old_site.size("phone")
    old_site.be("grid1")
    old_site.open("/field/")
    note = old_site.page.locator(".f-old")
    expect(note).to_be_hidden()
    expect(note).to_be_visible(timeout=15_000)
    assert old_site.page.evaluate(LAYOUT_FAULTS) == []
    old_site.picture("phone-field", size="phone")
    note.get_by_role("link").click()
    expect(old_site.page).to_have_url(f"{old_site.address}/desk/")
