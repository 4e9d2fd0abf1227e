"""Blurred positions: the middle of a cell of about 100 m, the same for every matter in it, or the middle of the grid.

A random shift would not be enough: the average over several matters of one house would reveal its place.
"""

import math

from jiedao.cases.placing import find_road
from jiedao.cases.selectors.mapping import GRIDS
from jiedao.places.selectors import community_of
from jiedao.publishing.models.reviews import Precision

CELL = 0.001  # degrees of latitude: 111 m


def _find_middle(value: float, size: float) -> float:
    return round((math.floor(value / size) + 0.5) * size, 6)


def blur_point(lon: float, lat: float, size: float = CELL) -> tuple[float, float]:
    """Return the middle of the cell that contains the point, the same for all points of the cell.

    Args:
        size: the height of a cell in degrees of latitude; it is as wide as it is high, in metres.
    """
    middle = _find_middle(lat, size)
    # The width in degrees is that of the row of cells, so that all points of a cell have the same middle.
    width = size / max(math.cos(math.radians(middle)), 0.01)
    return _find_middle(lon, width), middle


def find_grid_middle(area_path: str) -> tuple[float, float] | None:
    """Return a point inside the grid at the path; None without an outline."""
    from shapely.geometry import shape  # noqa: PLC0415 (most commands do not need it)

    for path, _pk, polygon in GRIDS.get():
        if path == area_path:
            point = shape(polygon).representative_point()
            return round(point.x, 6), round(point.y, 6)
    return None


def blur_place_text(place_text: str, area_path: str) -> str:
    """Return the road that the words for a place name, else the community; "" where neither is known."""
    if road := find_road(place_text):
        return road
    community = community_of(area_path) if area_path else None
    return community.name if community is not None else ""


def choose_public_point(
    precision: str, lon: float | None, lat: float | None, area_path: str
) -> tuple[float, float] | None:
    """Return the point of the public copy; None where it has none."""
    if precision == Precision.NONE:
        return None
    if precision == Precision.NEAR and lon is not None and lat is not None:
        return blur_point(lon, lat)
    return find_grid_middle(area_path) if area_path else None
