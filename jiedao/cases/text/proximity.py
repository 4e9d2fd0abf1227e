"""Distances on the ground between messages that have a point."""

import math
from collections import defaultdict
from collections.abc import Sequence

Point = tuple[float, float]  # lon, lat in WGS 84 degrees

EARTH = 6_371_008.8  # mean radius in metres (IUGG)
NEAR = 150.0
FAR = 1000.0
CROWD = 200
_CELL = 0.002  # degrees: wider than NEAR up to latitude 47


def compute_distance(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Return the distance of two WGS 84 points in metres (equirectangular: within 0.1 % inside a town)."""
    east = math.radians(lon_b - lon_a) * math.cos(math.radians((lat_a + lat_b) / 2))
    return EARTH * math.hypot(east, math.radians(lat_b - lat_a))


def find_neighbours(points: Sequence[Point | None]) -> list[tuple[int, int]]:
    """List the index pairs (a < b) of points at most 150 m apart; cells of over 200 points are left out.

    So many points in one cell come from a default (the town hall, the town centre), not from where things happened.
    """
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, point in enumerate(points):
        if point is not None:
            cells[int(point[0] // _CELL), int(point[1] // _CELL)].append(index)
    pairs: list[tuple[int, int]] = []
    for (x, y), members in cells.items():
        around = [i for dx in (-1, 0, 1) for dy in (-1, 0, 1) for i in cells.get((x + dx, y + dy), ())]
        if len(members) > CROWD:
            continue
        pairs.extend((a, b) for a in members for b in around if a < b and _is_near(points[a], points[b]))
    return pairs


def _is_near(a: Point | None, b: Point | None) -> bool:
    return a is not None and b is not None and compute_distance(*a, *b) <= NEAR
