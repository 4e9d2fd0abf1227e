"""One case by seven posts: at most ten clicks besides typing, and after each step the message is in focus on top."""

from pathlib import Path

from playwright.sync_api import Page, expect

from jiedao.cases.models import Case, Category
from jiedao.kernel.memo import forget_all
from jiedao.testing.cast import Town, walk
from tests.browser.pages import Site

MOST_CLICKS = 10


class Walker:
    """Counts the clicks of the users; they open pages from their home page by the keys that the page names."""

    def __init__(self, site: Site) -> None:
        self.site, self.clicks = site, 0

    @property
    def page(self) -> Page:
        return self.site.page

    def click(self, button: str) -> None:
        """Click the button of the open form, and see the message in focus at the top of the page."""
        self.clicks += 1
        self.site.press(button)
        self.page.wait_for_url("**done=**")
        expect(self.page.locator("#done")).to_be_focused()
        assert self.page.evaluate("window.scrollY") == 0
        assert self.site.main().locator("a.btn-primary", has_text="返工").count() == 0

    def open_first(self, username: str) -> None:
        """Come to the home page and open the first matter by keyboard."""
        self.site.be(username)
        self.site.open("/desk/")
        self.page.keyboard.press("j")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/desk/cases/*/")


def test_seven_posts_need_at_most_ten_clicks(site: Site, town: Town, photo: Path) -> None:
    Category.objects.filter(pk=town.categories["RUBBISH"].pk).update(photo_after=True)
    forget_all()
    walker, page = Walker(site), site.page

    site.be("grid1")
    site.open("/desk/")
    page.keyboard.press("n")
    page.fill("#id_detail", "临江花园北门的垃圾堆了三天没有清运，有恶臭。")
    page.fill("#id_place_text", "临江花园北门")
    page.fill("#id_reporter_phone", "13800138000")
    page.select_option("#id_area", str(town.areas["G1"].pk))
    walker.clicks += 1
    site.press("登记")
    page.wait_for_url("**/desk/cases/2*/")

    walker.open_first("registrar")
    page.select_option("#accept_category", str(town.categories["RUBBISH"].pk))
    walker.click("受理立案")
    walker.open_first("dispatcher")
    walker.click("派遣")
    walker.open_first("handler")
    walker.click("接单")
    page.fill("#handle_result", "已清运并冲洗地面。")
    page.set_input_files("#handle_photos", photo)
    expect(page.locator(".j-preview img")).to_be_visible()
    walker.click("处置完成")
    walker.open_first("supervisor")
    page.fill("#check_pass_note", "已到现场看过，清理干净。")
    walker.click("核查通过")
    walker.open_first("shift")
    page.fill("#close_reply", "您反映的垃圾已清运，感谢监督。")
    walker.click("结案")

    assert Case.objects.get().state == "CLOSED"
    assert (
        walker.clicks <= MOST_CLICKS - 2
    )  # the return visit needs two at most: its answers, and sending them


def test_without_script_the_message_is_the_target_of_the_address(plain_site: Site, town: Town) -> None:
    case = walk(town, to="HANDLING")
    plain_site.be("handler")
    plain_site.open(f"/desk/cases/{case.number}/")
    plain_site.page.fill("#handle_result", "已清运。")
    plain_site.press("处置完成")
    plain_site.page.wait_for_url("**#done")
    message = plain_site.page.locator("#done")
    expect(message).to_be_in_viewport()
    expect(message).to_contain_text("已完成：处置完成")
