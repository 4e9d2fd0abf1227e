"""The grid that contains a point."""

import math

import pytest

from jiedao.kernel.coordinates import CoordinateSystem, from_wgs84
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.places.models import Area
from jiedao.places.selectors import locate
from jiedao.testing.cast import SIDE, SOUTH, WEST, Town

METRE = 1 / 102_800  # degrees of longitude for a metre, at 22.6 degrees north
MIDDLE = SOUTH + SIDE / 2  # of the southern row of grids


@pytest.mark.parametrize(
    ("lon", "lat", "grid"),
    [
        (WEST + 0.005, SOUTH + 0.005, "G1"),
        (WEST + 0.015, SOUTH + 0.005, "G2"),
        (WEST + 0.005, SOUTH + 0.015, "G3"),
        (WEST + 0.015, SOUTH + 0.015, "G4"),
    ],
)
def test_a_point_is_in_the_grid_that_contains_it(town: Town, lon: float, lat: float, grid: str) -> None:
    point = locate(lon, lat)
    assert point.area is not None
    assert point.area.id == town.areas[grid].pk
    assert (point.lon, point.lat, point.exact, point.distance_m, point.outside) == (
        lon,
        lat,
        True,
        0.0,
        False,
    )


def test_a_point_on_a_border_belongs_to_the_grid_with_the_lower_code(town: Town) -> None:
    point = locate(WEST + SIDE, MIDDLE)
    assert point.area is not None
    assert point.area.code == town.areas["G1"].code


def test_a_point_near_the_town_belongs_to_the_nearest_grid(town: Town) -> None:
    point = locate(WEST - 150 * METRE, MIDDLE)
    assert point.area is not None
    assert (point.area.id, point.exact) == (town.areas["G1"].pk, False)
    assert point.distance_m == pytest.approx(150, abs=2)


def test_a_point_further_away_is_outside(town: Town) -> None:
    point = locate(WEST - 250 * METRE, MIDDLE)
    assert (point.area, point.outside, point.exact, point.distance_m) == (None, True, False, math.inf)


@pytest.mark.parametrize("system", [CoordinateSystem.GCJ02, CoordinateSystem.BD09])
def test_a_point_of_a_chinese_map_is_converted(town: Town, system: CoordinateSystem) -> None:
    lon, lat = WEST + 0.0005, MIDDLE  # 50 m inside: unconverted it would be in another grid, or outside
    point = locate(*from_wgs84(lon, lat, system), system.value)
    assert (point.lon, point.lat) == pytest.approx((lon, lat), abs=1e-6)
    assert point.area is not None
    assert (point.area.id, point.exact) == (town.areas["G1"].pk, True)


def test_a_retired_grid_contains_no_point(town: Town) -> None:
    Area.objects.filter(pk=town.areas["G1"].pk).update(active=False)
    forget_all()
    point = locate(WEST + 0.002, SOUTH + 0.002)
    assert point.outside


def test_a_town_without_outlines_cannot_tell_where_a_point_is(town: Town) -> None:
    Area.objects.update(polygon=None)
    forget_all()
    point = locate(WEST + 0.005, MIDDLE)
    assert (point.area, point.outside) == (None, False)


def test_where_a_grid_has_no_outline_only_the_grid_that_contains_the_point_is_certain(town: Town) -> None:
    Area.objects.filter(pk=town.areas["G1"].pk).update(polygon=None)
    forget_all()
    inside, near = locate(WEST + 0.015, MIDDLE), locate(WEST + 0.010 - 50 * METRE, MIDDLE)
    assert inside.area is not None
    assert inside.area.id == town.areas["G2"].pk
    assert (near.area, near.outside) == (None, False)


@pytest.mark.parametrize(
    ("lon", "lat", "system"),
    [(181.0, 22.6, "WGS84"), (114.1, 22.6, "MARS"), (float("nan"), 22.6, "WGS84"), (0.0, 0.0, "WGS84")],
)
def test_what_is_no_point_on_earth_is_refused(town: Town, lon: float, lat: float, system: str) -> None:
    with pytest.raises(UserError, match="不是有效的位置") as refusal:
        locate(lon, lat, system)
    assert refusal.value.field == "lon"
    assert "WGS84" in str(refusal.value.hint)


def test_swapped_numbers_are_pointed_out(town: Town) -> None:
    with pytest.raises(UserError) as refusal:
        locate(22.6, 114.1)
    assert "填反了" in str(refusal.value.hint)
