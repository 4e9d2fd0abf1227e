"""The grid worker's app on a phone whose browser is closed and opened again."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from conftest import CHROMIUM_ARGUMENTS
from jiedao.testing.faults import collect_faults
from tests.browser.pages import Site

PHONE: dict[str, Any] = {
    "locale": "zh-CN",
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "permissions": ["geolocation"],
    "geolocation": {"longitude": 114.105, "latitude": 22.605, "accuracy": 18},
}


class FieldApp:
    """The app on a phone whose storage is a folder, so that the browser can be closed and opened again."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.kind, self.address, self.folder = browser.browser_type, address, folder
        self.context: BrowserContext | None = None
        self.faults: list[str] = []

    def open(self, username: str = "") -> Page:
        """Start the browser and open the app; with a user, sign in first."""
        self.context = self.kind.launch_persistent_context(
            self.folder, executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS, **PHONE
        )
        collect_faults(self.context, self.faults)
        page = self.context.pages[0] if self.context.pages else self.context.new_page()
        if username:
            Site(page, self.address, self.folder).be(username)
        page.goto(f"{self.address}/field/")
        return page

    def close(self) -> None:
        if self.context is not None:
            self.context.close()
            self.context = None

    def cut_off(self, *, offline: bool = True) -> None:
        assert self.context is not None
        self.context.set_offline(offline)


def wait_for_worker(page: Page) -> None:
    """Wait until the service worker has stored the build."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect(page.locator("main h1")).to_contain_text("今天")
