"""The second factor and the idle logout in the browser."""

import time

import pyotp
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from jiedao.accounts.models import SecondFactor
from jiedao.testing.cast import Town, walk
from tests.browser.pages import PASSWORD, Site
from tests.browser.test_pages import FAULTS_OF_FORM, find_too_wide_elements


def compute_code(secret: str, later: int = 0) -> str:
    """Return the code that an authenticator shows so many seconds from now."""
    return pyotp.TOTP(secret).at(int(time.time()) + later)


def enter_password(site: Site, username: str) -> None:
    """Enter account and password, without waiting for the next page."""
    site.page.context.clear_cookies()
    site.open("/accounts/sign-in/")
    site.page.fill("#id_username", username)
    site.page.fill("#id_password", PASSWORD)
    site.page.keyboard.press("Enter")


def switch_on_second_factor(site: Site) -> tuple[str, list[str]]:
    """Switch the second factor on from the account page; return its secret and the recovery codes."""
    page = site.page
    site.open("/desk/account/")
    site.follow("开启两步验证")
    assert page.locator("img.a-qr").evaluate("image => image.complete && image.naturalWidth > 100")
    secret = page.locator("#secret").inner_text().replace(" ", "")
    page.fill("#id_password", PASSWORD)
    page.fill("#id_code", compute_code(secret))
    site.press("开启")
    site.see("请抄下恢复码")
    return secret, page.locator(".a-codes code").all_inner_texts()


def try_second_factor(site: Site) -> None:
    """Set up the second factor, sign in by code and by recovery code, and switch it off."""
    page = site.page
    site.sign_in("handler")
    secret, codes = switch_on_second_factor(site)
    assert len(codes) == 10
    enter_password(site, "handler")
    page.wait_for_url("**/accounts/code/")
    page.fill("#id_code", "000000")
    site.press("登录")
    site.see("验证码不对")
    page.fill("#id_code", compute_code(secret, 30))
    site.press("登录")
    page.wait_for_url("**/desk/")
    enter_password(site, "handler")
    page.wait_for_url("**/accounts/code/")
    site.follow("手机不在身边")
    page.fill("#id_code", codes[0])
    site.press("登录")
    page.wait_for_url("**/desk/")
    site.see("还剩 9 个")
    site.open("/accounts/second-factor/")
    page.fill("#id_password", PASSWORD)
    page.fill("#id_code", codes[1])
    site.press("关闭两步验证")
    site.see("开启两步验证")
    assert not SecondFactor.objects.exists()


def test_the_second_factor_from_setting_up_to_switching_off(site: Site, town: Town) -> None:
    try_second_factor(site)


def test_the_second_factor_needs_no_script(plain_site: Site, town: Town) -> None:
    try_second_factor(plain_site)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_its_pages_fit_a_phone_and_are_readable_by_a_screen_reader(
    site: Site, town: Town, language: str
) -> None:
    site.size("phone")
    page, faults = site.page, dict[str, object]()

    def check_page(name: str) -> None:
        page.context.add_cookies([{"name": "django_language", "value": language, "url": site.address}])
        page.reload()
        page_faults = [wide for wide in [find_too_wide_elements(page)] if wide] + page.evaluate(
            FAULTS_OF_FORM
        )
        if page_faults:
            faults[name] = page_faults

    site.sign_in("handler")
    for path in ("/accounts/password/", "/accounts/second-factor/", "/desk/account/"):
        site.open(path)
        check_page(path)
    page.context.clear_cookies(name="django_language")
    site.open("/desk/account/")
    switch_on_second_factor(site)
    assert not find_too_wide_elements(page)
    site.open("/accounts/second-factor/")
    check_page("on")
    enter_password(site, "handler")
    page.wait_for_url("**/accounts/code/")
    check_page("code")
    assert not faults, faults


def age_sessions() -> None:
    """Set the last activity of every session to 31 minutes ago."""
    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        store["seen_at"] -= 31 * 60
        store.save()


def sign_in_again(site: Site) -> None:
    """Enter the password on the page that follows the idle logout."""
    site.see("已自动退出")
    site.page.fill("#id_username", "handler")
    site.page.fill("#id_password", PASSWORD)
    site.page.keyboard.press("Enter")


def type_and_be_idle(site: Site, town: Town) -> str:
    """Type a result into the form of a case, wait until the draft is stored, and age the session; return the path."""
    case = walk(town, to="HANDLING")
    site.sign_in("handler")
    path = f"/desk/cases/{case.number}/"
    site.open(f"{path}?move=HANDLE")
    site.page.fill("#handle_result", "已清运两车")
    expect(site.page.locator(".j-draft-note").first).to_contain_text("草稿已保存")
    age_sessions()
    return path


def test_text_typed_before_the_idle_logout_is_restored_after_signing_in(site: Site, town: Town) -> None:
    type_and_be_idle(site, town)
    site.page.once("dialog", lambda dialog: dialog.accept())
    site.page.reload()
    sign_in_again(site)
    expect(site.page.locator("#handle_result")).to_have_value("已清运两车")


def test_a_form_submitted_after_the_idle_logout_is_not_lost(site: Site, town: Town) -> None:
    path = type_and_be_idle(site, town)
    site.page.fill("#handle_result", "已清运两车，并冲洗地面")
    site.press("处置完成")
    sign_in_again(site)
    site.page.wait_for_url(lambda url: "/accounts/" not in url)
    site.open(f"{path}?move=HANDLE")
    expect(site.page.locator("#handle_result")).to_have_value("已清运两车，并冲洗地面")
