"""A report in the browser: signed with what changed since, its plan made into tasks, and compared with another."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.records import add_record
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.rows import RecordInput
from jiedao.reports.models import Report, ReportTemplate
from jiedao.reports.tests.conftest import declare_works, grant_report_rights
from jiedao.testing.cast import Town
from tests.browser.pages import Site

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = """# {{ period }}工作月报

## 一、违建

拆除违建{{ figure("works.gone") }}。

## 二、下月打算 {{ plan() }}

年底前新建停车泊位{{ name("40个") }}，缓解停车难。

继续加强日常巡查。
"""


@pytest.fixture
def records(live_server: LiveServer, town: Town) -> list[int]:
    """Records of works with measures, a template, and people who write, sign, and give tasks."""
    grant_report_rights(town)
    post = town.posts["handler"]
    post.permissions = [*post.permissions, "projects.promise:view", "projects.promise:edit"]
    post.save()
    forget_all()
    made = declare_works()
    ReportTemplate.objects.create(key="monthly", name="月报", period_kind="month", text=TEXT)
    return [record.register_id for record in made]


def begin(site: Site, period: str) -> Report:
    """Begin a report on its page as handler."""
    site.be("handler")
    site.open("/desk/reports/new/")
    site.page.fill("input[name=period]", period)
    site.press("起草")
    site.see("已起草")
    report: Report = Report.objects.order_by("-pk")[0]
    return report


def test_a_signed_report_stays_as_it_is_and_shows_what_changed_since(site: Site, records: list[int]) -> None:
    begin(site, "2020-06")
    site.be("leader")
    site.open("/desk/reports/")
    site.follow("2020 年 6 月 月报")
    site.press("签发")
    site.see("已签发，报告中的数已固定", "拆除违建2处")
    site.follow("签发后的变化")
    site.see("没有变化")

    info = register_by_id(records[0])
    assert info is not None
    data = RecordInput("W9", "棚", values={"gone": True, "area_m2": 50})
    data.on = Report.objects.get().last_date
    add_record(actor=make_system_actor(), info=info, data=data)

    site.open("/desk/reports/")
    site.follow("2020 年 6 月 月报")
    site.see("签发以后有 1 个数变了", "拆除违建2处")
    site.follow("签发以后有 1 个数变了")
    row = site.main().get_by_role("row").filter(has_text="拆除违建")
    expect(row).to_contain_text("2 处")
    expect(row).to_contain_text("3 处")
    expect(row).to_contain_text("+1 处")


def test_a_click_on_a_sentence_makes_a_task_that_the_next_report_is_compared_with(
    site: Site, records: list[int]
) -> None:
    june = begin(site, "2020-06")
    page = site.page
    site.open(f"/desk/reports/{june.pk}/")
    site.follow("年底前新建停车泊位40个，缓解停车难。")
    expect(page.get_by_label("目标数")).to_have_value("40")
    expect(page.get_by_label("计量单位")).to_have_value("个")
    expect(page.get_by_label("名称")).to_have_value("新建停车泊位")
    page.locator("select[name=unit]").evaluate(
        "box => { box.value = [...box.options].find(o => o.value).value }"
    )
    page.get_by_label("完成期限").fill((clock.today() + timedelta(days=200)).isoformat())
    site.press("设为任务")
    site.see("已设为专项行动：新建停车泊位", "0 / 40 个")

    july = begin(site, "2020-07")
    site.open(f"/desk/reports/{july.pk}/")
    site.follow("上期承诺对照")
    site.see("年底前新建停车泊位40个", "推进中", "承诺了没报告")
    site.follow("另选一句")
    page.locator("select[name=sentence]").select_option(index=0)
    site.press("就是这句")
    site.see("已写到")
    site.follow("新建停车泊位")
    site.see("出自报告", "年底前新建停车泊位40个，缓解停车难。")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_two_versions_are_compared_in_two_colours_without_scrolling_sideways(
    site: Site, records: list[int], size: str, tmp_path: Path
) -> None:
    june = begin(site, "2020-06")
    site.page.fill("textarea[name=text]", TEXT.replace("日常巡查", "夜间巡查"))
    site.press("保存为新版本")
    site.size(size)
    site.follow("与另一份比较")

    row = site.main().locator(".rep-diff__row--changed")
    expect(row.locator("del")).to_have_text("日常")
    expect(row.locator("ins")).to_have_text("夜间")
    colours = [
        row.locator(part).evaluate("box => getComputedStyle(box).backgroundColor")
        for part in (".rep-diff__old", ".rep-diff__new")
    ]
    assert len(set(colours)) == 2
    assert (
        site.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    )
    assert f"/desk/reports/{june.pk}/compare/" in site.page.url
