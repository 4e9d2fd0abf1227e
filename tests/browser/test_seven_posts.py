"""A case by seven posts, by mouse alone: few clicks besides typing, and after each step the message on top in focus.

Counted is every click on a button or link from the home page on; signing in, typing, and choosing a file or an entry
are not. From home each post opens the matter and sends its form; the dispatcher dispatches by the duty list, and the
return caller opens the call with its number, with a button of the home page. A user who works through several
matters continues to the next with the button that sends the form, which saves the way over the home page.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jiedao.cases.models import Case, Category
from jiedao.kernel.memo import forget_all
from jiedao.testing.cast import Town, walk
from tests.browser.pages import Site

MOST_CLICKS = 10  # for one of several matters that each post works through
CLICKS_FROM_HOME = 13  # two for each post, but one for the dispatcher
GO_ON = "，接着办下一件"
SUBJECT, OTHER = "临江花园北门的垃圾堆了三天没有清运，有恶臭。", "江滨路口的沙发没有人收走。"


class Walker:
    """Counts the clicks of the users on buttons and links."""

    def __init__(self, site: Site, town: Town, photo: Path) -> None:
        self.site, self.town, self.photo, self.clicks = site, town, photo, 0

    @property
    def page(self) -> Page:
        return self.site.page

    def press(self, button: str) -> None:
        self.clicks += 1
        self.site.press(button)

    def go_home(self, username: str) -> None:
        self.site.be(username)
        self.site.open("/desk/")

    def open_first(self) -> None:
        """Click the first matter that waits; its form is open, and its page has one way forward."""
        self.clicks += 1
        self.site.main().locator("#waiting a[data-row]").first.click()
        self.page.wait_for_url("**/desk/cases/*/*")

    def open_call(self) -> None:
        """Click the button of the first call that waits; the page has the number of the reporter."""
        self.press("打电话")
        self.site.see("13800138000")

    def dispatch_from_home(self) -> None:
        """Click the button that dispatches the first case by the duty list, and see the message in focus."""
        self.send("派给城市管理科")

    def send(self, button: str) -> None:
        """Send the open form, and see the message in focus at the top of the page."""
        self.press(button)
        self.page.wait_for_url("**done=**")
        expect(self.page.locator("#done")).to_be_focused()
        assert self.page.evaluate("window.scrollY") == 0
        assert self.site.main().locator("a.btn-primary", has_text="返工").count() == 0

    def report(self, detail: str) -> None:
        """Register a case as the grid worker."""
        self.go_home("grid1")
        self.clicks += 1
        self.site.follow("登记案件")
        self.page.fill("#id_detail", detail)
        self.page.fill("#id_place_text", "临江花园北门")
        self.page.fill("#id_reporter_phone", "13800138000")
        self.page.select_option("#id_area", str(self.town.areas["G1"].pk))
        self.press("登记")
        self.page.wait_for_url("**/desk/cases/2*/?done=REPORT#done")
        expect(self.page.locator("#done")).to_be_focused()
        expect(self.page.locator("#done")).to_contain_text("已登记：20")

    def fill(self, move: str) -> None:
        """Fill the open form of a move: this is typing and choosing."""
        page = self.page
        if move == "受理立案":
            page.select_option("#accept_category", str(self.town.categories["RUBBISH"].pk))
        elif move == "处置完成":
            page.fill("#handle_result", "已清运并冲洗地面。")
            page.set_input_files("#handle_photos", self.photo)
            expect(page.locator(".j-preview img")).to_be_visible()
        elif move == "核查通过":
            page.fill("#check_pass_note", "已到现场看过，清理干净。")
        elif move == "结案":
            page.fill("#close_reply", "您反映的垃圾已清运，感谢监督。")
        elif move == "登记":
            if self.page.get_by_role("button", name="显示号码").count():
                self.press("显示号码")
            self.site.see("13800138000")
            for name, value in {"reached": "yes", "solved": "yes", "satisfaction": "5"}.items():
                page.locator(f"input[name={name}][value='{value}']").check()


STEPS = [
    ("registrar", "受理立案"),
    ("dispatcher", "派遣"),
    ("handler", "处置完成"),
    ("supervisor", "核查通过"),
    ("shift", "结案"),
    ("visitor", "登记"),
]


@pytest.fixture
def walker(site: Site, town: Town, photo: Path) -> Walker:
    Category.objects.filter(pk=town.categories["RUBBISH"].pk).update(photo_after=True)
    forget_all()
    return Walker(site, town, photo)


def test_seven_posts_need_two_clicks_at_most_from_home(walker: Walker) -> None:
    walker.report(SUBJECT)
    for username, move in STEPS:
        walker.go_home(username)
        if username == "dispatcher":
            walker.dispatch_from_home()
            continue
        if username == "visitor":
            walker.open_call()
        else:
            walker.open_first()
        walker.fill(move)
        walker.send(move)
    case = Case.objects.get()
    assert (case.state, case.satisfaction) == ("DONE", 5)
    assert walker.clicks == CLICKS_FROM_HOME


def test_seven_posts_that_go_on_to_the_next_matter_need_at_most_ten_clicks(walker: Walker) -> None:
    walker.report(OTHER)
    walker.clicks = 0
    walker.report(SUBJECT)
    for username, move in STEPS:
        walker.go_home(username)
        clicks_before = walker.clicks
        walker.open_first()
        expect(walker.page.locator("h1")).to_contain_text(OTHER[:8])
        walker.fill(move)
        walker.send(move + GO_ON)
        walker.clicks = clicks_before  # those were clicks on the other case
        expect(walker.page.locator("h1")).to_contain_text(SUBJECT[:8])
        expect(walker.page.locator("#done")).to_contain_text(OTHER[:8])
        walker.fill(move)
        walker.send(move + GO_ON)
        walker.site.see("都办完了，回首页")
    assert set(Case.objects.values_list("state", flat=True)) == {"DONE"}
    assert walker.clicks <= MOST_CLICKS


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
