"""Draw the schematic map of packs/buji: communities.geojson and grids.geojson.

No polygons of Buji's communities are published, so this draws a division that looks like a town and is marked
as schematic: a rough outline by hand, one seed point for each community, and inside each community grids of about
equal size. Every border is snapped to a lattice of 0.000001 degree and shared to the last digit, so that
grids neither overlap nor leave gaps. The same seed gives the same map.

Run: .venv/bin/python tools/make_buji_map.py
"""

import csv
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import MultiPoint, Point, Polygon
from shapely.affinity import scale
from shapely.geometry.base import BaseGeometry

PACK = Path(__file__).resolve().parent.parent / "packs" / "buji"
TOWN = "440307014"
GRIDS = 268
LATTICE = 1e-6
STRETCH = 0.923  # cosine of the latitude: a degree east is shorter than a degree north

# drawn by hand, rounded to about a hundred metres, clockwise from the south-west
OUTLINE = [
    (114.098, 22.594),
    (114.1, 22.601),
    (114.098, 22.606),
    (114.097, 22.61),
    (114.101, 22.612),
    (114.105, 22.614),
    (114.108, 22.618),
    (114.112, 22.619),
    (114.115, 22.624),
    (114.118, 22.628),
    (114.122, 22.631),
    (114.126, 22.63),
    (114.13, 22.628),
    (114.134, 22.624),
    (114.136, 22.619),
    (114.135, 22.614),
    (114.133, 22.61),
    (114.131, 22.605),
    (114.132, 22.599),
    (114.135, 22.593),
    (114.136, 22.588),
    (114.131, 22.587),
    (114.127, 22.589),
    (114.123, 22.591),
    (114.119, 22.59),
    (114.115, 22.59),
    (114.11, 22.592),
    (114.105, 22.591),
    (114.101, 22.591),
]

# the approximate position of each community, in the order of the codes
SEEDS = {
    "001": (114.104, 22.595),
    "002": (114.119, 22.609),
    "003": (114.115, 22.6),
    "004": (114.1105, 22.604),
    "005": (114.1035, 22.6085),
    "006": (114.1215, 22.603),
    "007": (114.12, 22.594),
    "008": (114.129, 22.609),
    "009": (114.112, 22.595),
    "010": (114.1285, 22.592),
    "011": (114.1115, 22.6115),
    "012": (114.117, 22.618),
    "013": (114.127, 22.599),
    "014": (114.12, 22.625),
    "015": (114.1265, 22.6165),
    "016": (114.105, 22.602),
    "017": (114.129, 22.624),
}


def compute_cells(points: np.ndarray, within: BaseGeometry) -> list[BaseGeometry]:
    """Return the Voronoi cell of each point, cut at `within`, in the order of the points."""
    parts = shapely.get_parts(shapely.voronoi_polygons(MultiPoint(points), extend_to=within.buffer(0.02)))
    tree = shapely.STRtree(parts)
    order = [int(tree.query(Point(point), predicate="intersects")[0]) for point in points]
    return [get_largest_part(parts[index].intersection(within)) for index in order]


def get_largest_part(geometry: BaseGeometry) -> BaseGeometry:
    """Return the largest part."""
    return max(shapely.get_parts(geometry), key=lambda part: part.area)


def split_community(community: BaseGeometry, count: int, random: np.random.Generator) -> list[BaseGeometry]:
    """Divide a community into grids of about equal size: Lloyd's relaxation of random points."""
    west, south, east, north = community.bounds
    points: list[tuple[float, float]] = []
    while len(points) < count:
        point = (random.uniform(west, east), random.uniform(south, north))
        if community.covers(Point(point)):
            points.append(point)
    parts = compute_cells(np.array(points), community)
    for _ in range(12):
        parts = compute_cells(np.array([(part.centroid.x, part.centroid.y) for part in parts]), community)
    return parts


def share_borders(parts: list[BaseGeometry]) -> list[BaseGeometry]:
    """Snap every border to the lattice so that neighbours share each vertex."""
    lines = shapely.union_all([part.boundary for part in parts])
    noded = shapely.union_all(shapely.set_precision(lines, LATTICE), grid_size=LATTICE)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    tree = shapely.STRtree(parts)
    groups: list[list[BaseGeometry]] = [[] for _ in parts]
    for face in faces:
        groups[int(tree.nearest(face.representative_point()))].append(face)
    return [shapely.coverage_union_all(group) for group in groups]


def order_grids(grids: list[BaseGeometry]) -> list[BaseGeometry]:
    """Order grids by rows from north to south, each from west to east, as the series of codes requires."""
    rows = max(1, round(len(grids) ** 0.5))
    by_north = sorted(grids, key=lambda grid: -grid.centroid.y)
    size = -(-len(grids) // rows)
    bands = [by_north[start : start + size] for start in range(0, len(grids), size)]
    return [grid for band in bands for grid in sorted(band, key=lambda grid: grid.centroid.x)]


def round_coordinates(geometry: BaseGeometry) -> list[list[list[float]]]:
    """Return the rings of a polygon, rounded to the lattice."""
    rings = [geometry.exterior, *geometry.interiors]
    return [[[round(x, 6), round(y, 6)] for x, y in ring.coords] for ring in rings]


def write_features(path: Path, features: list[tuple[dict[str, Any], BaseGeometry]]) -> None:
    """Write each feature on its own line, so that diffs are readable."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": round_coordinates(shapely.normalize(shape))},
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for properties, shape in features
    ]
    path.write_text(
        '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8"
    )


def check_division(grids: list[BaseGeometry], town: BaseGeometry) -> None:
    """Raise AssertionError if grids overlap or leave gaps."""
    assert all(grid.geom_type == "Polygon" and grid.is_valid for grid in grids)
    assert shapely.coverage_is_valid(grids)
    assert abs(sum(grid.area for grid in grids) - town.area) < 1e-12


def draw_map() -> dict[str, list[BaseGeometry]]:
    """Return the grids of each community, in the order of their numbers."""
    random = np.random.default_rng(20200804)
    town = scale(Polygon(OUTLINE), xfact=STRETCH, yfact=1, origin=(0, 0))
    points = np.array([(x * STRETCH, y) for x, y in SEEDS.values()])
    communities = compute_cells(points, town)
    parts: list[BaseGeometry] = []
    bounds = [0]
    for community in communities:
        count = max(8, round(GRIDS * community.area / town.area))
        parts += split_community(community, count, random)
        bounds.append(len(parts))
    level = [scale(part, xfact=1 / STRETCH, yfact=1, origin=(0, 0)) for part in parts]
    shared = share_borders(level)
    return {
        code: order_grids(shared[start:end])
        for code, (start, end) in zip(SEEDS, pairwise(bounds), strict=True)
    }


def main() -> None:
    """Draw the map and write both files."""
    with (PACK / "areas.csv").open(encoding="utf-8") as file:
        names = {row["code"]: row for row in csv.DictReader(file)}
    drawn = draw_map()
    outlines, grids = [], []
    for short, parts in drawn.items():
        code = TOWN + short
        outlines.append(({"code": code, "name": names[code]["name"]}, shapely.coverage_union_all(parts)))
        for index, part in enumerate(parts, start=1):
            title = names[code]["name"].removesuffix("社区")
            title_en = names[code]["name_en"].removesuffix(" Community")
            properties = {
                "code": f"{code}{index:03}",
                "name": f"{title}{index:03}网格",
                "name_en": f"{title_en} grid {index:03}",
            }
            grids.append((properties, part))
    town = shapely.coverage_union_all([shape for _, shape in outlines])
    check_division([shape for _, shape in grids], town)
    write_features(
        PACK / "communities.geojson", [({"code": TOWN, "name": names[TOWN]["name"]}, town), *outlines]
    )
    write_features(PACK / "grids.geojson", grids)
    print(f"{len(outlines)} communities, {len(grids)} grids")


if __name__ == "__main__":
    main()
