"""Every page of every face under axe (WCAG 2.2 A and AA), in the demonstration's town.

The walk follows the links of each user, so that a page is opened by a user who may open it. JIEDAO_TEST_LANGUAGE=en
walks the English pages, JIEDAO_TEST_THEME=dark the dark ones. `make axe` runs it; other test runs skip it.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from jiedao.demo.commands import PACK, make_town
from jiedao.kernel.memo import forget_all
from jiedao.reports.models import Report
from jiedao.testing.faults import collect_faults
from tests.browser.axe import find_violations
from tests.browser.following_links import Walk
from tests.browser.pages import Site
from tests.structure.url_table import read_table

LANGUAGE = os.environ.get("JIEDAO_TEST_LANGUAGE", "zh-hans")
THEME: Any = os.environ.get("JIEDAO_TEST_THEME", "light")
CASES = 260
STAFF = ["zhiban", "shouli", "paiqian", "chuzhi", "huanwei", "hecha", "huifang", "wangge", "lingdao"]
STAFF += ["chengjian", "guanli", "anquan", "shenji"]
PUBLIC_PAGES = ["/", "/accounts/sign-in/", "/report/", "/follow/", "/mine/", "/company/"]
STAFF_PAGES = ["/desk/", "/field/"]
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

UNVISITED = Path(__file__).with_name("unvisited.txt")


def list_unvisited() -> set[str]:
    """Return the url names that are no pages, or that the walk does not reach."""
    lines = UNVISITED.read_text(encoding="utf-8").splitlines()
    return {line.split()[0] for line in lines if line[:1] not in {"", "#"}}


def list_pages() -> set[str]:
    """Return the url names of the pages of the faces."""
    faces = ("accounts:", "desk:", "field:", "portal:")
    names = {row.name for row in read_table() if row.method == "GET" and row.name.startswith(faces)}
    return names - list_unvisited()


def list_own_pages() -> dict[str, list[str]]:
    """Return pages that the links of earlier users do not lead to, because these may not change the first object."""
    parcels, report = "/desk/registers/land_parcels/", Report.objects.order_by("pk").first()
    assert report is not None
    return {
        "zhiban": ["/desk/scores/units/simulate/", f"/desk/reports/{report.pk}/edit/"],
        "chengjian": [*(f"{parcels}{page}/" for page in ("new", "import", "grades"))],
    }


@pytest.fixture
def demonstration(live_server: LiveServer) -> str:
    """The town of `jiedao demo` with fewer cases, in the database of the running site; return the site's address."""
    make_town(PACK, cases=CASES)
    forget_all()
    return live_server.url


@pytest.mark.skipif("JIEDAO_TEST_AXE" not in os.environ, reason="opens 190 kinds of pages: make axe")
def test_no_page_violates_wcag_2_2_aa(chromium: Browser, demonstration: str, tmp_path: Path) -> None:
    left_out, own_pages = list_unvisited(), list_own_pages()
    desktop = Walk(demonstration, find_violations, ("accounts:", "desk:", "portal:"), left_out)
    phone = Walk(demonstration, find_violations, ("portal:", "field:", "accounts:sign_in"), left_out)
    for walk, screen, users in ((phone, PHONE, ("", "wangge")), (desktop, DESKTOP, ("", *STAFF))):
        for user in users:
            context = chromium.new_context(
                locale="zh-CN", reduced_motion="reduce", color_scheme=THEME, **screen
            )
            context.set_default_timeout(120_000)  # a busy machine
            blocked = collect_faults(context)
            site = Site(context.new_page(), demonstration, tmp_path)
            if user:
                site.be(user)
            language = {"name": settings.LANGUAGE_COOKIE_NAME, "value": LANGUAGE, "url": demonstration}
            context.add_cookies([language])
            starts = [*STAFF_PAGES, *own_pages.get(user, [])] if user else PUBLIC_PAGES
            walk.follow(site.page, starts, f"{user} at {screen['viewport']['width']} px:")
            context.close()
            if blocked:
                walk.faults[f"{user}: reported by the browser"] = blocked
    faults = phone.faults | desktop.faults
    assert not faults, "\n".join(f"{place}\n    " + "\n    ".join(lines) for place, lines in faults.items())
    missing = list_pages() - {name for name, _variant in desktop.visited | phone.visited}
    assert not missing, (
        f"no link leads there, add a start page or a line in {UNVISITED.name}: {sorted(missing)}"
    )
