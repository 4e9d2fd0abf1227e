"""Outlines are drawn with the mouse and a finger, downloaded, loaded again, and sound."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer
from shapely.geometry import shape

from jiedao.kernel.memo import forget_all
from jiedao.places.models import Area
from jiedao.testing.cast import Town
from tests.browser.pages import Site

PAGE = "/desk/admin/outlines/"


@pytest.fixture
def bare_town(town: Town) -> Town:
    """The cast in a town without outlines."""
    Area.objects.update(polygon=None)
    forget_all()
    return town


def download(page: Page, name: str) -> dict[str, Any]:
    """Download a map and return its geometries by code."""
    with page.expect_download() as waiting:
        page.locator(f"[data-do={name}]").click()
    document = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert waiting.value.suggested_filename == f"{name}.geojson"
    return {row["properties"]["code"]: shape(row["geometry"]) for row in document["features"]}


def click_at(page: Page, x: float, y: float) -> None:
    """Click at a share of the width and height of the sheet."""
    box = page.locator(".out-svg").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def choose(page: Page, code: str) -> None:
    """Choose an area in the list."""
    page.locator(f'[data-choose="{code}"]').click()


def draw(page: Page, code: str, corners: list[tuple[float, float]]) -> None:
    """Draw an area corner by corner."""
    choose(page, code)
    page.locator("[data-do=start]").click()
    for x, y in corners:
        click_at(page, x, y)
    page.locator("[data-do=finish]").click()


def test_two_grids_are_drawn_over_an_image_and_share_their_border(
    site: Site, bare_town: Town, tmp_path: Path
) -> None:
    first, second = bare_town.areas["G1"].code, bare_town.areas["G2"].code
    site.be("admin")
    site.open(PAGE)
    page = site.page
    Image.new("RGB", (300, 240), "beige").save(tmp_path / "map.png")
    page.set_input_files("[data-do=image]", tmp_path / "map.png")
    expect(page.locator(".out-svg image")).to_have_count(1)
    draw(page, first, [(0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5)])
    # Near the corners of the first one.
    draw(page, second, [(0.503, 0.102), (0.9, 0.1), (0.9, 0.5), (0.498, 0.497)])
    grids = download(page, "grids")
    assert set(grids) == {first, second}
    assert grids[first].intersection(grids[second]).area == 0
    assert grids[first].intersection(grids[second]).length > 0.01
    site.picture("drawn")


def test_a_corner_that_is_dragged_moves_in_both_neighbours_and_can_be_undone(
    site: Site, bare_town: Town
) -> None:
    first, second = bare_town.areas["G1"].code, bare_town.areas["G2"].code
    site.be("admin")
    site.open(PAGE)
    page = site.page
    page.locator("[data-do=rectangles]").click()
    before = download(page, "grids")
    assert len(before) == 4
    choose(page, first)
    shared = [
        corner for corner in before[first].exterior.coords if corner in set(before[second].exterior.coords)
    ]
    assert len(shared) >= 2
    index = list(before[first].exterior.coords).index(shared[0])
    grip = page.locator(f'circle[data-index="{index}"]').bounding_box()
    assert grip is not None
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 40, steps=4)
    page.mouse.up()
    after = download(page, "grids")
    assert not after[first].equals(before[first])
    assert not after[second].equals(before[second])
    assert (
        sum(after[code].intersection(after[other]).area for code in after for other in after if code < other)
        < 1e-12
    )
    site.picture("dragged")
    page.locator("[data-do=undo]").click()
    assert download(page, "grids")[first].equals(before[first])


def test_what_was_downloaded_is_loaded_again(site: Site, bare_town: Town, tmp_path: Path) -> None:
    site.be("admin")
    site.open(PAGE)
    page = site.page
    page.locator("[data-do=rectangles]").click()
    before = download(page, "communities")
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": outline.__geo_interface__}
        for code, outline in before.items()
    ]
    (tmp_path / "communities.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features})
    )
    site.open(PAGE)
    page.set_input_files("[data-do=load]", tmp_path / "communities.geojson")
    site.see("载入了 2 个边界")
    after = download(page, "communities")
    assert all(after[code].equals(outline) for code, outline in before.items())
    (tmp_path / "notes.json").write_text("[]")
    page.set_input_files("[data-do=load]", tmp_path / "notes.json")
    site.see("这不是 GeoJSON 文件")


def test_the_outlines_that_there_are_can_be_changed(site: Site, town: Town) -> None:
    site.be("admin")
    site.open(PAGE)
    grids = download(site.page, "grids")
    stored = {area.code: shape(area.polygon) for area in Area.objects.filter(kind="GRID")}
    assert {code: grid.equals(stored[code]) for code, grid in grids.items()} == dict.fromkeys(stored, True)


def test_a_finger_draws_an_area(
    chromium: Browser, live_server: LiveServer, bare_town: Town, tmp_path: Path
) -> None:
    context = chromium.new_context(
        locale="zh-CN", has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    site = Site(page=context.new_page(), address=live_server.url, pictures=tmp_path)
    site.be("admin")
    site.open(PAGE)
    page, code = site.page, bare_town.areas["G1"].code
    page.locator(f'[data-choose="{code}"]').tap()
    page.locator("[data-do=start]").tap()
    page.locator(".out-svg").scroll_into_view_if_needed()
    box = page.locator(".out-svg").bounding_box()
    assert box is not None
    for x, y in ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8)):
        page.touchscreen.tap(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    page.locator("[data-do=finish]").tap()
    assert set(download(page, "grids")) == {code}
    page.screenshot(path=tmp_path / "phone.png", full_page=True)
    context.close()
