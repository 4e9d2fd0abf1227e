"""Figures in a browser: opened down to the rows, entered by one person and confirmed by another, on a wall."""

from datetime import UTC, datetime
from io import BytesIO

from playwright.sync_api import expect
from pypdf import PdfReader

from jiedao.indicators.models import Theme, Tile
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel.memo import forget_all
from jiedao.testing.cast import Town, make_cases
from tests.browser.pages import Site

DAY = datetime(2020, 6, 10, 2, tzinfo=UTC)


def prepare(town: Town) -> None:
    """Three cases due in June 2020, two of them in the first community, and two measures."""
    case = {"state": "HANDLING", "reported_at": DAY, "handle_due_at": DAY, "unit": "URBAN"}
    make_cases(town, [{**case, "grid": "G1"}, {**case, "grid": "G1"}, {**case, "grid": "G3"}], index=False)
    due = declare_measure("due", "amount", {"spec": {"source": "cases", "measure": "due"}}, name="应处置")
    declare_measure("output", "entered", {}, unit_label="亿元", digits=2, name="总产值", splits=[])
    Tile.objects.create(measure=due, span="year")
    forget_all()


def test_a_figure_opens_down_to_its_rows(town: Town, site: Site) -> None:
    prepare(town)
    site.be("leader")
    site.open("/desk/figures/?period=2020-06")
    site.follow("应处置")
    expect(site.page.locator("#figure-value")).to_have_text("3")
    row = site.main().locator("table[data-split=area] tr").filter(has_text=town.areas["RIVER"].label)
    row.get_by_role("link", name="记录").click()
    expect(site.main().locator("tr[data-row]")).to_have_count(2)
    site.main().locator("tr[data-row] a").first.click()
    site.see(town.areas["RIVER"].label)


def test_a_figure_is_entered_by_one_person_and_confirmed_by_another(town: Town, site: Site) -> None:
    prepare(town)
    site.be("shift")
    site.open("/desk/figures/output/?period=2020-05")
    site.follow("填报")
    site.page.fill("input[name=value]", "3.45")
    site.page.fill("input[name=source]", "区统计局快报")
    site.press("提交，等待确认")
    site.see("须由另一位同事确认")
    site.be("leader")
    site.open("/desk/")
    site.see("等我确认的数")
    site.main().locator("section[aria-labelledby=todo-figures] a.j-queue__item").click()
    site.see("3.45 亿元")
    site.press("确认")
    site.see("没有等待确认的数")
    site.open("/desk/figures/output/?period=2020-05")
    expect(site.page.locator("#figure-value")).to_have_text("3.45")


def test_the_overview_refreshes_itself_and_fits_every_width(town: Town, site: Site) -> None:
    prepare(town)
    site.be("leader")
    for path in ("/desk/overview/", "/desk/overview/?wall=1"):
        for size in Site.SIZES:
            site.size(size)
            site.open(path)
            site.see("应处置", "昨天以来的变化")
            assert site.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    part = site.page.locator("#overview")
    expect(part).to_have_attribute("hx-trigger", "every 60s")
    site.page.clock.install()
    site.open("/desk/overview/?wall=1")
    site.see("应处置")
    with site.page.expect_response(lambda answer: "part=1" in answer.url) as answer:
        site.page.clock.fast_forward(61_000)
    assert answer.value.status == 200
    expect(site.page.locator("#overview")).to_have_count(1)


def test_the_overview_of_six_themes_fits_one_screen_and_prints_on_one_sheet(town: Town, site: Site) -> None:
    spec = {"spec": {"source": "cases", "measure": "due"}}
    for number, size in enumerate((5, 4, 3, 4, 4, 4)):
        theme = Theme.objects.create(key=f"theme{number}", name=f"第 {number} 类", position=number)
        for place in range(size):
            key = f"m{number}.m{place}"
            measure = declare_measure(key, "amount", spec, name=f"应当处置的案件 {place}", theme=theme)
            Tile.objects.create(measure=measure, span="half", position=number * 10 + place)
    forget_all()
    site.be("leader")
    for path, width, height in (("", 1366, 900), ("?wall=1", 1920, 1080)):
        site.page.set_viewport_size({"width": width, "height": height})
        site.open(f"/desk/overview/{path}")
        site.see("昨天以来的变化")
        assert site.page.evaluate("document.documentElement.scrollHeight <= window.innerHeight"), path
        assert site.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert len(PdfReader(BytesIO(site.page.pdf(prefer_css_page_size=True))).pages) == 1, path
