"""The optional source of map tiles: its address, and the one host that pages with a live map may load from."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template

from jiedao.kernel.drawing import draw_map
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.kernel.tiles import (
    TileSource,
    TileSourceAccess,
    find_address_fault,
    mark_live_map,
    read_tile_source,
)

WMTS = (
    "https://t0.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=0123456789abcdef"
)
LIVE = "{% load jiedao %}{% map_svg features url='/data/' %}"


@pytest.mark.parametrize(
    "address", ["https://tiles.example.cn/{z}/{x}/{y}.png", "https://tiles.example.cn:8443/{z}/{y}/{x}", WMTS]
)
def test_addresses_of_xyz_and_wmts_are_accepted(address: str) -> None:
    assert find_address_fault(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "http://tiles.example.cn/{z}/{x}/{y}.png",
        "https://tiles.example.cn/{z}/{x}.png",
        "https://{s}.tiles.example.cn/{z}/{x}/{y}.png",
        "https://*.example.cn/{z}/{x}/{y}.png",
        "https://tiles.example.cn; script-src *//{z}/{x}/{y}",
        "https://user@tiles.example.cn/{z}/{x}/{y}.png",
        "https://tiles.example.cn:port/{z}/{x}/{y}.png",
        "//tiles.example.cn/{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    assert find_address_fault(address)


@pytest.mark.django_db
def test_only_a_page_with_a_live_map_may_load_from_the_host() -> None:
    assert read_tile_source() is None
    Policy.objects.create(key="map_tiles", value=WMTS)
    Policy.objects.create(key="map_tiles_credit", value="© 天地图")
    forget_all()
    assert read_tile_source() == TileSource(WMTS, "© 天地图")
    features = {"type": "FeatureCollection", "features": []}

    def show(source: str) -> tuple[str, object]:
        request = HttpRequest()

        def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse(Template(source).render(Context({"request": request, "features": features})))

        response = TileSourceAccess(view)(request)
        return response.content.decode(), getattr(response, "_csp_update", None)

    page, allowed = show(LIVE)
    assert 'data-credit="© 天地图"' in page
    assert allowed == {name: ["https://t0.tianditu.gov.cn"] for name in ("img-src", "connect-src")}
    page, allowed = show("{% load jiedao %}{% map_svg features %}")
    assert ("data-tiles" in page, allowed) == (False, None)


@pytest.mark.django_db
def test_an_address_that_is_none_is_never_used() -> None:
    Policy.objects.create(key="map_tiles", value="https://x.cn; script-src *")
    forget_all()
    assert mark_live_map(HttpRequest()) is None


def test_names_of_premises_that_would_cover_each_other_are_left_out() -> None:
    def place(lon: float, lat: float, **properties: str) -> dict[str, object]:
        return {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
            "properties": properties,
        }

    names = [
        place(114.1030, 22.6030, kind="premise", text="百合苑"),
        place(114.1031, 22.6030, kind="premise", text="书香苑"),  # covered by the first
        place(114.1000, 22.6001, kind="premise", text="新村"),  # below the case itself
        place(114.1010, 22.6060, kind="premise", text="华庭苑"),
    ]
    frame = [place(114.09, 22.59, kind="case", tone="info"), place(114.12, 22.62, kind="case", tone="info")]
    here = place(114.1000, 22.6000, kind="here")
    svg = draw_map({"features": [*frame, *names, here]}, "图", 240)
    assert [name for name in ("百合苑", "书香苑", "新村", "华庭苑") if f">{name}</text>" in svg] == [
        "百合苑",
        "华庭苑",
    ]
