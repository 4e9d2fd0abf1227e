"""A user at a browser: open a page, sign in, press a button, take a picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from jiedao.accounts.models import User

PASSWORD = "walk round the loop"


@dataclass
class Site:
    """The site in the browser of one user: `page` is the browser page, `pictures` the folder for screenshots."""

    page: Page
    address: str
    pictures: Path
    SIZES: ClassVar[dict[str, tuple[int, int]]] = {"desk": (1280, 800), "phone": (390, 844)}

    def open(self, path: str) -> None:
        """Open a path of the site; fail on an answer of 400 or above."""
        answer = self.page.goto(f"{self.address}{path}")
        assert answer is not None
        assert answer.status < 400, f"{path} answered {answer.status}"

    def leave(self) -> None:
        """Leave the site and forget the session."""
        # First, so that the page that is left sends its last request with the session of its user.
        self.page.goto("about:blank")
        self.page.context.clear_cookies()

    def be(self, username: str) -> None:
        """Sign a user in without the sign-in page, which is a second faster than `sign_in`."""
        self.leave()
        client = Client()
        client.force_login(
            User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend"
        )
        session = client.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": session.key, "value": session.value, "url": self.address}])

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        """Sign in as a user by keyboard, after forgetting the session of another user."""
        self.leave()
        self.open("/accounts/sign-in/")
        self.page.locator("input[name=username]").first.fill(username)
        self.page.locator("input[name=password]").first.fill(password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/desk/**")

    def press(self, label: str) -> None:
        """Press the button with this label."""
        self.main().get_by_role("button", name=label, exact=True).first.click()

    def follow(self, label: str) -> None:
        """Follow the link whose label contains the text; a label may also contain the key of the link."""
        self.main().get_by_role("link", name=label).first.click()

    def see(self, *texts: str) -> None:
        """Wait until the page shows each text."""
        for text in texts:
            expect(self.main().get_by_text(text).first).to_be_visible()

    def main(self) -> Locator:
        """Return the content of the page, without the navigation."""
        return self.page.locator("main")

    def size(self, name: str) -> None:
        """Give the window one of `SIZES`, in CSS pixels."""
        width, height = self.SIZES[name]
        self.page.set_viewport_size({"width": width, "height": height})

    def picture(self, name: str, *, size: str = "desk", dark: bool = False, full: bool = False) -> Path:
        """Save NAME.png in the folder of pictures."""
        self.size(size)
        self.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        path = self.pictures / f"{name}.png"
        self.page.screenshot(path=path, full_page=full, animations="disabled")
        return path
