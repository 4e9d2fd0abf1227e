"""The polygon that contains a point, or the nearest one, in memory.

The polygons are projected once, to metres around the middle of all of them (local equirectangular, radii of the
WGS 84 ellipsoid). Containment does not change, because neighbours share their corners, and distances within a
town are right to about one part in a thousand.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from jiedao.kernel.coordinates import CoordinateSystem, from_wgs84, is_valid_point, to_wgs84

__all__ = ["CoordinateSystem", "Hit", "Hits", "PolygonIndex", "from_wgs84", "is_valid_point", "to_wgs84"]

NEAR_METRES = 200.0
AXIS = 6378137.0  # WGS 84
ECCENTRICITY = 0.00669437999014
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Hit(Generic[K]):
    """The polygon of a point: `exact` when the point lies in it, else `distance_m` metres outside."""

    key: K
    distance_m: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Hits:
    """The polygons of n points.

    Attributes:
        index: int array (n), the index into `PolygonIndex.keys`; -1 where no polygon is near.
        distance_m: float array (n), 0 inside, NaN where no polygon is near.
        exact: bool array (n).
    """

    index: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    exact: NDArray[np.bool_]


class PolygonIndex(Generic[K]):
    """An index that returns the polygon of a point by its key.

    Args:
        polygons: (key, GeoJSON geometry or shapely geometry), WGS 84 degrees, polygons or multipolygons. A
            point on the edge of several belongs to the first in this order, so pass a fixed order.
        near_m: how many metres outside a point may lie and still belong to the nearest polygon.

    Raise ValueError, which names the key, for a geometry that is empty or no polygon.
    """

    def __init__(
        self, polygons: Sequence[tuple[K, Mapping[str, Any] | BaseGeometry]], *, near_m: float = NEAR_METRES
    ) -> None:
        self.keys: list[K] = [key for key, _ in polygons]
        self._near = near_m
        shapes = [read_polygon(key, polygon) for key, polygon in polygons]
        self._lon, self._lat = find_middle(shapes)
        self._east, self._north = compute_metres_per_degree(self._lat)
        self._tree = shapely.STRtree([self._flat(polygon) for polygon in shapes])

    def __len__(self) -> int:
        return len(self.keys)

    def locate(self, lon: float, lat: float) -> Hit[K] | None:
        """Return the polygon of a WGS 84 point, else the nearest within `near_m`, else None."""
        x, y = (lon - self._lon) * self._east, (lat - self._lat) * self._north
        if not (math.isfinite(x) and math.isfinite(y)):
            return None
        point = shapely.Point(x, y)
        inside = self._tree.query(point, predicate="intersects")
        if len(inside):
            return Hit(self.keys[int(inside[0] if len(inside) == 1 else inside.min())], 0.0, exact=True)
        nearest, distances = self._tree.query_nearest(point, max_distance=self._near, return_distance=True)
        if len(nearest) == 0:
            return None
        return Hit(self.keys[int(nearest.min())], float(distances[0]), exact=False)

    def locate_many(self, lons: ArrayLike, lats: ArrayLike) -> Hits:
        """Locate n WGS 84 points at once; the arrays hold the same answers as `locate`."""
        x = (np.asarray(lons, dtype=np.float64) - self._lon) * self._east
        y = (np.asarray(lats, dtype=np.float64) - self._lat) * self._north
        no_polygon = len(self.keys)
        index = np.full(x.shape, no_polygon, dtype=np.int64)
        distance = np.full(x.shape, np.nan)
        usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = np.asarray(shapely.points(x[usable], y[usable]))
        rows, polygons = self._tree.query(points, predicate="intersects")
        np.minimum.at(index, usable[rows], polygons)
        distance[usable[rows]] = 0.0
        exact = index < no_polygon
        outside = np.flatnonzero(~exact[usable])
        (rows, polygons), distances = self._tree.query_nearest(
            points[outside], max_distance=self._near, return_distance=True
        )
        np.minimum.at(index, usable[outside[rows]], polygons)
        distance[usable[outside[rows]]] = distances
        index[index == no_polygon] = -1
        return Hits(index, distance, exact)

    def _flat(self, polygon: BaseGeometry) -> BaseGeometry:
        origin, scale = (self._lon, self._lat), (self._east, self._north)
        flat: BaseGeometry = shapely.transform(polygon, lambda corners: (corners - origin) * scale)
        return flat


def read_polygon(key: object, polygon: Mapping[str, Any] | BaseGeometry) -> BaseGeometry:
    """Return the geometry; raise ValueError, which names the key, when it is empty or no polygon."""
    try:
        geometry = polygon if isinstance(polygon, BaseGeometry) else shape(dict(polygon))
    except (AttributeError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as fault:
        raise ValueError(f"{key}: not a GeoJSON polygon ({fault})") from fault
    if geometry.is_empty or geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        raise ValueError(f"{key}: an empty geometry or no polygon ({geometry.geom_type})")
    return shapely.force_2d(geometry)


def find_middle(shapes: Sequence[BaseGeometry]) -> tuple[float, float]:
    """Return the middle of the bounds of all shapes, (0, 0) when there are none."""
    if not shapes:
        return 0.0, 0.0
    west, south, east, north = shapely.total_bounds(shapes)
    return float(west + east) / 2, float(south + north) / 2


def compute_metres_per_degree(lat: float) -> tuple[float, float]:
    """Return the length of a degree to the east and to the north at the latitude, WGS 84 ellipsoid."""
    phi = math.radians(lat)
    root = math.sqrt(1.0 - ECCENTRICITY * math.sin(phi) ** 2)
    east = math.radians(AXIS / root * math.cos(phi))
    return east, math.radians(AXIS * (1.0 - ECCENTRICITY) / root**3)
