"""A score in a browser: opened down to its rows, contested, decided by another person, and changed; a sheet tried."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import expect

from jiedao.cases.models import Case
from jiedao.evaluation.models import APPEAL, DECIDE, PUBLISH, VIEW, Score
from jiedao.evaluation.tests.conftest import add_item, declare_measure, declare_sheet
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import month_of
from jiedao.testing.cast import Town, make_cases
from tests.browser.pages import Site

RIGHTS = {
    "handler": [VIEW, APPEAL, "cases.board:view"],
    "water": [VIEW, APPEAL],
    "leader": [VIEW, DECIDE],
    "supervisor": [VIEW, PUBLISH],
}


def prepare(town: Town) -> str:
    """Declare a sheet over cases of the last month, of which one is still open; return the month as written."""
    month = month_of(clock.today()).previous()
    assert month is not None
    due_at = datetime(month.first.year, month.first.month, 10, 2, tzinfo=UTC)
    done = {
        "state": "CLOSED",
        "reported_at": due_at,
        "handle_due_at": due_at,
        "handled_at": due_at,
        "handled_on_time": True,
        "unit": "URBAN",
    }
    late = {**done, "state": "HANDLING", "handled_at": None, "handled_on_time": None, "subject": "井盖松动"}
    make_cases(town, [done, done, done, late, {**done, "unit": "WATER", "grid": "G3"}], index=False)
    for username, rights in RIGHTS.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *rights]
        post.save()
    source = {"source": "cases"}
    spec = {
        "numerator": {**source, "measure": "handled"},
        "denominator": {**source, "measure": "due"},
        "denominator_name": "应处置",
    }
    declare_measure("rate", "rate", spec, name="处置率", unit_label="%", digits=1, better="more")
    version = declare_sheet(only=["URBAN", "WATER"])
    version.from_date = month.first.replace(month=1, day=1)
    version.save()
    add_item(version, "rate", {"rule": "rate", "points": 100}, values={"value": "rate"})
    forget_all()
    return month.text


def test_a_score_is_contested_and_changes(town: Town, site: Site, photo: Path) -> None:
    month = prepare(town)
    sheet, urban = f"/desk/scores/units/?period={month}", f"/desk/scores/units/URBAN/?period={month}"
    late = Case.objects.get(handled_at=None)
    site.be("supervisor")
    site.open(sheet)
    site.press("公布")
    site.see("已公布 2 个评分")

    site.be("handler")
    site.open("/desk/notices/")
    site.see("评分已公布：75")
    site.open(urban)
    site.see("100 × 75% = 75")
    site.follow("看分母的记录")
    expect(site.main().locator("tr[data-row]")).to_have_count(4)
    site.open(f"/desk/cases/{late.number}/")
    site.follow("对计入评分提出申诉")
    box = site.main().locator(f"input[name=numbers][value='{late.number}']")
    expect(box).to_be_checked()
    site.main().locator("input[name=q]").fill("井盖")
    site.press("筛选")
    expect(box).to_be_checked()
    expect(site.main().locator("input[name=numbers]")).to_have_count(1)
    site.page.fill("textarea[name=reason]", "井盖属于供水单位，不归本单位管")
    site.page.set_input_files("input[name=photos]", photo)
    site.press("提交申诉")
    site.see("申诉已提交", "等待裁定")

    site.be("leader")
    site.open("/desk/scores/appeals/")
    site.main().get_by_role("link").filter(has_text=str(late.number)).click()
    expect(site.main().locator("img")).to_have_count(1)
    site.see("若全部成立： 得分 75.00 → 100.00，名次 2 → 1")
    site.page.fill("textarea[name=decision]", "核实无误，予以剔除")
    site.main().get_by_role("checkbox", name=str(late.number)).check()
    site.press("成立，剔除并重新计分")
    site.see("得分 75 → 100")

    site.be("handler")
    site.open(urban)
    site.see("100 × 100% = 100", "第 2 版：100.00 分", "第 1 版：75.00 分", str(late.number))
    assert list(
        Score.objects.filter(place_key="unit:URBAN").order_by("number").values_list("points", "current")
    ) == [(Decimal(75), False), (Decimal(100), True)]


def test_another_sheet_is_tried_and_stores_nothing(town: Town, site: Site) -> None:
    month = prepare(town)
    site.be("supervisor")
    site.open(f"/desk/scores/units/simulate/?period={month}")
    site.see("与现在相同")
    site.page.locator("select[name='rate.rule']").select_option("threshold")
    site.press("试算")
    site.page.fill("input[name='rate.threshold.threshold']", "95")
    site.page.fill("input[name='rate.threshold.per']", "3")
    site.press("试算")
    row = site.main().locator("tr").filter(has_text="城市管理科")
    expect(row).to_contain_text("75.00")
    expect(row).to_contain_text("40.00")  # 100 − 3 × (95 − 75)
    with site.page.expect_download() as download:
        site.press("下载为数据包的新版本")
    written = Path(download.value.path()).read_text(encoding="utf-8")
    assert 'rule = { rule = "threshold", points = 100' in written
    assert not Score.objects.exists()
