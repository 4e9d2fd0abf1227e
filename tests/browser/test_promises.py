"""Campaigns: the quota page counts the records of an imported sheet and lists the records behind a number."""

from pathlib import Path

from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from jiedao.desk.tests.stock import FEED, G1, G3, stock_register
from jiedao.kernel.memo import forget_all
from jiedao.projects.tests.promise_parts import create_campaign, promise_town
from jiedao.registers.models import Record
from tests.browser.pages import PASSWORD, Site

SHEET = f"""编码,名称,网格,状态,拆除面积,拆除日期
S1,一号棚屋,{G1},已拆,200000.5,2020-03-11
S2,二号棚屋,{G3},已拆,{{}},2020-06-30
S3,三号棚屋,{G3},未拆,,
"""


def check_sheet(site: Site, path: Path, amount: str) -> None:
    """Upload a sheet and let it be checked."""
    path.write_text(SHEET.format(amount), encoding="utf-8")
    site.page.set_input_files("#file", path)
    site.press("检查")


def test_the_quota_page_counts_imported_records_and_lists_them(
    site: Site, live_server: LiveServer, tmp_path: Path
) -> None:
    town, page = promise_town(PASSWORD), site.page
    for username, verbs in {"handler": ["view", "edit"], "leader": ["view"]}.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *(f"registers.record:{verb}" for verb in verbs)]
        post.save()
    forget_all()
    stock_register()
    create_campaign(town, feed=FEED)

    site.be("handler")
    site.open("/desk/registers/stock/")
    site.follow("导入")
    check_sheet(site, tmp_path / "违建.csv", '"12,28"')
    site.see("1 处错误，什么都没有写入", "E3")
    check_sheet(site, tmp_path / "违建.csv", "12.27995万")
    site.see("没有错误", "新增 3 条")
    assert not Record.objects.exists()
    site.press("导入")
    site.see("已导入：新增 3 条", "一号棚屋")

    site.be("leader")
    site.open("/desk/promises/")
    site.follow("拆除消化存量违建")
    page.fill("input[name=on]", "2020-06-30")
    site.press("查看")
    site.see("32.28", "35.42", "91.1 %")
    row = site.main().get_by_role("row").filter(has_text="临江社区")
    row.get_by_role("link", name="20.00").click()
    site.see("存量违建", "一号棚屋")
    expect(site.main().get_by_text("二号棚屋")).to_have_count(0)
