"""The fixtures of the browser tests report what the Content Security Policy blocks, on every face."""

from pathlib import Path

from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from jiedao.testing.cast import Town
from jiedao.testing.faults import collect_faults
from jiedao.testing.public_site import open_site
from tests.browser.pages import Site


def test_a_violation_is_reported_on_every_face(
    chromium: Browser, live_server: LiveServer, town: Town, tmp_path: Path
) -> None:
    open_site()
    context = chromium.new_context()
    faults = collect_faults(context)
    site = Site(context.new_page(), live_server.url, tmp_path)
    site.be("shift")
    for path in ("/", "/field/", "/desk/"):
        site.open(path)
        assert faults == []
        site.page.evaluate("document.body.setAttribute('style', 'color: red')")
        site.page.wait_for_function("document.body.hasAttribute('style')")
        site.page.evaluate("new Promise(requestAnimationFrame)")
        assert any("style-src" in fault for fault in faults), path
        faults.clear()
    context.close()
