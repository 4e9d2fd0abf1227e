"""A person updates the pack on the page: with a computer, on a phone, in English."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from jiedao.accounts.models import User
from jiedao.kernel.jobs import run_pending
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.packs.actions import apply_pack
from jiedao.packs.archives import read_pack_files, write_archive
from jiedao.packs.check import check_pack
from jiedao.packs.models import AppliedPack
from jiedao.packs.tests.test_apply import open_case
from jiedao.packs.tests.tiny import TinyPack
from tests.browser.pages import PASSWORD, Site

ADMIN = """
[[role]]
key = "ADMIN"
title = "系统管理员"
scope = "AREA"
permissions = ["packs.pack:apply", "cases.case:view"]

[[post]]
role = "ADMIN"
units = ["JDB"]
"""


@pytest.fixture
def tiny(live_server: LiveServer, tmp_path: Path) -> TinyPack:
    """A town founded from a small pack, with a person who may apply packs, and the pack changed by hand."""
    pack = TinyPack(tmp_path / "小镇")
    pack.append("posts.toml", ADMIN)
    apply_pack(pack=check_pack(pack.folder)[0], actor=make_system_actor())
    user = User.objects.create_user(username="guanli", password=PASSWORD, full_name="何俊")
    Holding.objects.create(user=user, post=Post.objects.get(code="JDB.ADMIN"))
    pack.edit("pack.toml", 'version = "1"', 'version = "2"')
    pack.edit("duties.toml", 'handle = "1wd"', 'handle = "2wd"')
    return pack


def choose(page: Page, tiny: TinyPack, tmp_path: Path) -> None:
    """Choose the .zip file of the pack and send it."""
    path = tmp_path / "小镇.zip"
    path.write_bytes(write_archive(read_pack_files(tiny.folder)))
    page.set_input_files("#file", path)
    page.locator("form:has(#file) button").click()
    page.wait_for_url("**/drafts/**")


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def test_a_pack_is_planned_and_applied(site: Site, tiny: TinyPack, tmp_path: Path) -> None:
    page = site.page
    site.sign_in("guanli")
    site.open("/desk/admin/packs/")
    choose(page, tiny, tmp_path)
    assert "2 工作日" in page.locator(".pk-lines").first.inner_text()
    page.locator("#reason").fill("2026 年调整")
    page.locator("form[action$='/apply/'] button").click()
    page.click("[data-confirm-yes]")
    page.wait_for_url("**/tasks/**")
    run_pending()
    page.reload()
    page.get_by_role("link", name="看结果").click()
    assert "2026 年调整" in page.locator("main").inner_text()
    assert page.locator(".pk-add").count() > 0
    assert [row.version for row in AppliedPack.objects.order_by("pk")] == ["1", "2"]


def test_a_refused_plan_fits_a_phone_and_is_english(
    chromium: Browser, live_server: LiveServer, tiny: TinyPack, tmp_path: Path
) -> None:
    case = open_case(lead_unit=Unit.objects.get(code="SQ1"))
    tiny.edit("units.toml", 'code = "SQ1"', 'code = "SQ2"')
    tiny.edit("duties.toml", '"SQ1"', '"SQ2"')
    context = chromium.new_context(
        locale="en-US", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    site = Site(page=context.new_page(), address=live_server.url, pictures=tmp_path)
    site.sign_in("guanli")
    site.open("/desk/admin/packs/")
    assert not is_too_wide(site.page)
    choose(site.page, tiny, tmp_path)
    assert not is_too_wide(site.page)
    text = site.page.locator("main").inner_text()
    assert "✗ 1 item cannot be done now: the pack is refused." in text
    assert site.page.locator("#reason").count() == 0
    site.page.get_by_role("link", name=case.number).click()
    assert site.page.url.endswith(f"/desk/cases/{case.number}/")
    context.close()
