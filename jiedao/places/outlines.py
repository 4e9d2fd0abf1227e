"""Outlines of areas before a town has a map: rectangles, a file of another system, and communities joined from grids.

Outlines are GeoJSON geometries by area code, in WGS 84.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from json import dumps
from typing import Any

import numpy as np
import shapely
from shapely.geometry import box, mapping, shape
from shapely.geometry.base import BaseGeometry

from jiedao.kernel.coordinates import CoordinateSystem, to_wgs84
from jiedao.kernel.errors import UserError

DIGITS = 8  # decimals of a degree: a millimetre, so that neighbours share their corners
STEPS = 60  # of the search for the line that cuts off a share of the area

Outlines = dict[str, BaseGeometry]


def divide(outline: BaseGeometry, weights: Sequence[float]) -> list[BaseGeometry]:
    """Divide an outline by lines from north to south and from west to east, into parts with areas like the weights.

    A rectangle is divided into rectangles. The parts are in the order of the weights, western and northern ones first.
    """
    if len(weights) == 1:
        return [outline]
    half = len(weights) // 2
    first, second = _cut(outline, sum(weights[:half]) / sum(weights))
    return divide(first, weights[:half]) + divide(second, weights[half:])


def _cut(outline: BaseGeometry, share: float) -> tuple[BaseGeometry, BaseGeometry]:
    """Cut off a share of the area, in the west of a wide outline and in the north of a high one."""
    west, south, east, north = outline.bounds
    is_wide = (east - west) * 0.9 >= north - south  # a degree of longitude is shorter
    low, high = 0.0, 1.0
    for _step in range(STEPS):
        middle = (low + high) / 2
        if _take_part(outline, middle, is_wide=is_wide)[0].area < outline.area * share:
            low = middle
        else:
            high = middle
    return _take_part(outline, high, is_wide=is_wide)


def _take_part(outline: BaseGeometry, at: float, *, is_wide: bool) -> tuple[BaseGeometry, BaseGeometry]:
    west, south, east, north = outline.bounds
    if is_wide:
        line = round(west + (east - west) * at, DIGITS)
        halves = box(west, south, line, north), box(line, south, east, north)
    else:
        line = round(north - (north - south) * at, DIGITS)
        halves = box(west, line, east, north), box(west, south, east, line)
    first, second = (_keep_areas(outline.intersection(half)) for half in halves)
    return first, second


def _keep_areas(geometry: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a geometry, without points and lines that an intersection leaves."""
    parts = [
        part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon" and not part.is_empty
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def make_rectangles(
    communities: Mapping[str, Sequence[str]], frame: BaseGeometry | None, known: Outlines
) -> Outlines:
    """Return outlines for the communities and grids that have none.

    A community without an outline gets a part of the frame, as large as the number of its grids; a community is divided
    into its grids unless one of them has an outline already.

    Args:
        communities: the codes of the grids by the code of their community.
        frame: the outline of the town; needed where a community has none.

    Raise UserError for a missing frame, and where some communities have outlines and others have none.
    """
    made: Outlines = {}
    without = [code for code in communities if code not in known]
    if without and len(without) < len(communities):
        raise UserError(
            f"有的社区有边界，有的没有：{'、'.join(without[:5])}。",
            hint="请补齐社区的边界，或删去 communities.geojson 重来。",
        )
    if without:
        if frame is None:
            hint = "用 --box 西,南,东,北 写明街道的范围（WGS 84 度），例如 --box 114.10,22.58,114.16,22.63。"
            raise UserError("社区还没有边界，也没有街道的范围。", hint=hint)
        parts = divide(frame, [max(len(communities[code]), 1) for code in without])
        made |= dict(zip(without, parts, strict=True))
    for community, grids in communities.items():
        if grids and not any(grid in known for grid in grids):
            made |= dict(zip(grids, divide({**known, **made}[community], [1] * len(grids)), strict=True))
    return made


def join_grids(grids: Outlines) -> Outlines:
    """Return the outline of each community as the union of its grids."""
    codes = sorted({code[:12] for code in grids})
    return {
        community: _keep_areas(
            shapely.union_all([outline for code, outline in sorted(grids.items()) if code[:12] == community])
        )
        for community in codes
    }


# -- a file with the codes of another system ---------------------------------------------------------------------------


@dataclass(frozen=True)
class ForeignOutlines:
    """The outlines of a file, matched with areas.

    Attributes:
        outlines: by the code of the area.
        unmatched_features: what the file calls the features that no area matches.
        unmatched_areas: codes of the areas of the same levels that have no feature.
    """

    outlines: Outlines
    unmatched_features: list[str]
    unmatched_areas: list[str]


def read_features(document: Any, system: CoordinateSystem) -> list[tuple[Mapping[str, Any], BaseGeometry]]:
    """Return properties and WGS 84 geometry of each feature of a GeoJSON document; raise UserError for another one."""
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise UserError(
            "文件里没有 GeoJSON 的要素（FeatureCollection）。", hint="请在 GIS 软件里导出为 GeoJSON。"
        )
    result: list[tuple[Mapping[str, Any], BaseGeometry]] = []
    for number, feature in enumerate(features, start=1):
        try:
            geometry = shape(feature["geometry"])
            properties = dict(feature.get("properties") or {})
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            IndexError,
            RecursionError,
            shapely.errors.ShapelyError,
        ) as fault:
            raise UserError(f"第 {number} 个要素读不出来（{fault}）。", hint="请重新导出。") from fault
        if geometry.geom_type not in {"Polygon", "MultiPolygon"} or geometry.is_empty:
            raise UserError(
                f"第 {number} 个要素不是面（{geometry.geom_type}）。",
                hint="边界须是 Polygon 或 MultiPolygon。",
            )
        result.append((properties, _convert(geometry, system)))
    return result


def _convert(geometry: BaseGeometry, system: CoordinateSystem) -> BaseGeometry:
    if system in {CoordinateSystem.WGS84, CoordinateSystem.CGCS2000}:
        return geometry
    converted: BaseGeometry = shapely.transform(
        geometry, lambda corners: np.array([to_wgs84(float(lon), float(lat), system) for lon, lat in corners])
    )
    return converted


def match_features(
    features: Sequence[tuple[Mapping[str, Any], BaseGeometry]],
    names: Mapping[str, str],
    *,
    key: str,
    codes: Mapping[str, str],
) -> ForeignOutlines:
    """Match each feature by its property `key`: by the table of codes, else as an area's code, else as its name.

    Args:
        names: the areas' names by code. A name that two areas have matches none.
        codes: the area's code by the value of the property.
    """
    by_name = {name: code for code, name in names.items() if list(names.values()).count(name) == 1}
    outlines: Outlines = {}
    unmatched: list[str] = []
    for properties, geometry in features:
        value = str(properties.get(key, "")).strip()
        code = codes.get(value) or (value if value in names else by_name.get(value, ""))
        if code not in names:
            unmatched.append(value or "（没有值）")
        elif code in outlines:
            raise UserError(f"两个要素都对应 {code}。", hint="请在 GIS 软件里合成一个，或改代码表。")
        else:
            outlines[code] = geometry
    return _list_matches(outlines, unmatched, names)


def match_in_order(
    features: Sequence[tuple[Mapping[str, Any], BaseGeometry]], names: Mapping[str, str], *, by_position: bool
) -> ForeignOutlines:
    """Match features with areas one by one: in the order of the file, or from north to south and west to east.

    Raise UserError unless there are as many features as areas.
    """
    if len(features) != len(names):
        raise UserError(
            f"文件里有 {len(features)} 个面，而区域有 {len(names)} 个，不能按顺序对应。",
            hint="请用 --codes 写明代码对照表。",
        )
    geometries = [geometry for _properties, geometry in features]
    if by_position:
        geometries = _sort_by_position(geometries)
    return _list_matches(dict(zip(sorted(names), geometries, strict=True)), [], names)


def _sort_by_position(geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return outlines in rows from north to south; a gap of more than half a height begins a row."""
    from_north = sorted(geometries, key=lambda geometry: -geometry.centroid.y)
    height = sum(geometry.bounds[3] - geometry.bounds[1] for geometry in geometries) / len(geometries)
    rows = [[from_north[0]]]
    for upper, lower in pairwise(from_north):
        if upper.centroid.y - lower.centroid.y > height / 2:
            rows.append([])
        rows[-1].append(lower)
    return [geometry for row in rows for geometry in sorted(row, key=lambda geometry: geometry.centroid.x)]


def _list_matches(outlines: Outlines, unmatched: list[str], names: Mapping[str, str]) -> ForeignOutlines:
    lengths = {len(code) for code in outlines}
    missing = [code for code in names if len(code) in lengths and code not in outlines]
    return ForeignOutlines(outlines, unmatched, missing)


# -- writing -----------------------------------------------------------------------------------------------------------


def write_geojson(outlines: Mapping[str, BaseGeometry], properties: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a FeatureCollection with one feature a line, by code; each has its code and the given properties."""
    lines = [
        dumps(
            {
                "type": "Feature",
                "properties": {"code": code, **properties.get(code, {})},
                "geometry": mapping(shapely.transform(outline, lambda corners: corners.round(DIGITS))),
            },
            ensure_ascii=False,
        )
        for code, outline in sorted(outlines.items())
    ]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
