"""Browser tests need Chromium and the vendored page libraries."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from jiedao.testing.cast import Town, make_town
from jiedao.testing.faults import collect_faults
from tests.browser.field_app import FieldApp
from tests.browser.pages import PASSWORD, Site


@pytest.fixture
def site(page: Page, live_server: LiveServer, tmp_path: Path) -> Site:
    """The running site in a fresh browser page."""
    return Site(page=page, address=live_server.url, pictures=tmp_path)


@pytest.fixture
def plain_site(chromium: Browser, live_server: LiveServer, tmp_path: Path) -> Iterator[Site]:
    """The running site in a browser that runs no script."""
    context = chromium.new_context(locale="zh-CN", java_script_enabled=False)
    faults = collect_faults(context)
    yield Site(page=context.new_page(), address=live_server.url, pictures=tmp_path)
    context.close()
    assert faults == []


@contextmanager
def open_phone(chromium: Browser, address: str, pictures: Path, width: int, height: int) -> Iterator[Site]:
    """Open the running site in the browser of a phone; fail at the end on a script error or a CSP violation."""
    context = chromium.new_context(
        locale="zh-CN",
        viewport={"width": width, "height": height},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
    )
    faults = collect_faults(context)
    page = context.new_page()
    yield Site(page=page, address=address, pictures=pictures)
    context.close()
    assert faults == []


@pytest.fixture
def phone(chromium: Browser, live_server: LiveServer, tmp_path: Path) -> Iterator[Site]:
    """The running site in the browser of a phone."""
    with open_phone(chromium, live_server.url, tmp_path, 390, 844) as site:
        yield site


@pytest.fixture
def small_phone(chromium: Browser, live_server: LiveServer, tmp_path: Path) -> Iterator[Site]:
    """The running site in the browser of a phone with a small screen."""
    with open_phone(chromium, live_server.url, tmp_path, 360, 740) as site:
        yield site


@pytest.fixture
def town(live_server: LiveServer) -> Town:
    """The cast, in the database of the running site; every user signs in with PASSWORD."""
    return make_town(PASSWORD)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo of the size that a phone takes, larger than the size of an upload."""
    path = tmp_path / "现场.jpg"
    Image.new("RGB", (2400, 1800), (120, 140, 110)).save(path, "JPEG")
    return path


@pytest.fixture
def field(chromium: Browser, live_server: LiveServer, tmp_path: Path) -> Iterator[FieldApp]:
    """The app of the grid worker, not opened yet; fail at the end on a script error or a CSP violation."""
    field = FieldApp(chromium, live_server.url, tmp_path / "phone")
    yield field
    field.close()
    assert field.faults == []
