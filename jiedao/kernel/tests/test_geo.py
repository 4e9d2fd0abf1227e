import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import LineString, Polygon, box, mapping

from jiedao.kernel.geo import CoordinateSystem, PolygonIndex, from_wgs84, is_valid_point, to_wgs84

BUJI = (114.12, 22.60)
EARTH = Geod(ellps="WGS84")
WEST, MIDDLE, EAST, SOUTH, NORTH = 114.10, 114.12, 114.14, 22.59, 22.61
GRIDS = [("west", box(WEST, SOUTH, MIDDLE, NORTH)), ("east", box(MIDDLE, SOUTH, EAST, NORTH))]
INDEX = PolygonIndex(GRIDS)


def move_east(lon: float, lat: float, metres: float) -> tuple[float, float]:
    east, north, _ = EARTH.fwd(lon, lat, 90.0, metres)
    return east, north


@pytest.mark.parametrize(
    ("system", "east", "north"),
    [("GCJ02", 0.0051, -0.0027), ("BD09", 0.0115, 0.0037), ("CGCS2000", 0.0, 0.0), ("WGS84", 0.0, 0.0)],
)
def test_offsets_at_buji_equal_the_measured_ones(system, east, north):
    lon, lat = from_wgs84(*BUJI, CoordinateSystem(system))
    assert (lon - BUJI[0], lat - BUJI[1]) == pytest.approx((east, north), abs=6e-5)


@given(st.floats(73.0, 136.0), st.floats(3.0, 54.0), st.sampled_from(CoordinateSystem))
def test_converting_back_returns_the_same_point(lon, lat, system):
    back = to_wgs84(*from_wgs84(lon, lat, system), system)
    assert back == pytest.approx((lon, lat), abs=1e-9)


def test_gcj02_does_not_shift_points_abroad():
    assert to_wgs84(-73.98, 40.75, CoordinateSystem.GCJ02) == (-73.98, 40.75)


@pytest.mark.parametrize(
    "point", [(math.nan, 22.6), (114.1, math.inf), (181.0, 0.1), (114.1, 90.1), (0.0, 0.0), (22.6, 114.1)]
)
def test_an_invalid_point_is_refused(point):
    assert not is_valid_point(*point)
    with pytest.raises(ValueError, match="not a point"):
        to_wgs84(*point, CoordinateSystem.WGS84)


def test_a_point_inside_is_exact():
    hit = INDEX.locate(114.11, 22.6)
    assert hit is not None
    assert (hit.key, hit.distance_m, hit.exact) == ("west", 0.0, True)


def test_a_point_on_a_shared_edge_belongs_to_the_first_polygon():
    assert INDEX.locate(MIDDLE, 22.6).key == "west"
    assert PolygonIndex(GRIDS[::-1]).locate(MIDDLE, 22.6).key == "east"


def test_a_point_just_outside_belongs_to_the_nearest_polygon():
    hit = INDEX.locate(*move_east(EAST, 22.6, 150.0))
    assert (hit.key, hit.exact) == ("east", False)
    assert hit.distance_m == pytest.approx(150.0, rel=2e-3)


def test_a_point_far_outside_belongs_to_no_polygon():
    assert INDEX.locate(*move_east(EAST, 22.6, 199.0)) is not None
    assert INDEX.locate(*move_east(EAST, 22.6, 201.0)) is None


def test_a_point_that_is_no_number_belongs_to_no_polygon():
    assert INDEX.locate(math.nan, 22.6) is None


def test_a_hole_is_outside():
    ring = Polygon(box(114.1, 22.58, 114.2, 22.68).exterior, [box(114.14, 22.62, 114.16, 22.64).exterior])
    hit = PolygonIndex([(7, mapping(ring))]).locate(114.141, 22.63)
    assert (hit.key, hit.exact) == (7, False)


def test_an_empty_index_returns_no_polygon():
    empty = PolygonIndex([])
    assert len(empty) == 0
    assert empty.locate(114.1, 22.6) is None
    assert empty.locate_many([114.1], [22.6]).index.tolist() == [-1]


@given(st.lists(st.tuples(st.floats(114.09, 114.15), st.floats(22.58, 22.62)), max_size=30))
def test_locate_many_returns_the_same_answers_as_locate(points):
    points = [*points, (MIDDLE, 22.6), (math.nan, 22.6)]
    hits = INDEX.locate_many(*np.array(points).T)
    for (lon, lat), index, distance, exact in zip(
        points, hits.index, hits.distance_m, hits.exact, strict=True
    ):
        alone = INDEX.locate(lon, lat)
        if alone is None:
            assert (index, bool(exact)) == (-1, False)
            assert np.isnan(distance)
        else:
            assert (INDEX.keys[index], bool(exact)) == (alone.key, alone.exact)
            assert distance == pytest.approx(alone.distance_m)


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"type": "Polygon"},
        {"type": "Point", "coordinates": [1, 2]},
        Polygon(),
        LineString([(0, 0), (1, 1)]),
        5,
    ],
)
def test_an_invalid_polygon_is_refused_with_its_key(geometry):
    with pytest.raises(ValueError, match="grid-9"):
        PolygonIndex([*GRIDS, ("grid-9", geometry)])
