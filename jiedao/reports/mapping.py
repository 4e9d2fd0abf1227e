"""Build a map of a measure: the outlines of the communities on the plane of a drawing, with their figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians
from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.geometry import shape as read_geometry
from shapely.geometry.base import BaseGeometry

from jiedao.indicators.figure import Figure
from jiedao.indicators.models import Measure
from jiedao.kernel.errors import UserError
from jiedao.places.models import Area, AreaKind
from jiedao.reports.document import MAP_WIDTH, AreaMap, Point, Shape

MOST_HEIGHT = 460
MARGIN = 8
DETAIL = 0.6  # units of the drawing by which an outline may differ from the real one


@dataclass(frozen=True)
class _Plane:
    """How degrees become units of the drawing: true to shape at the latitude of the town."""

    west: float
    north: float
    scale: float
    squeeze: float

    def move(self, longitude: float, latitude: float) -> Point:
        return (
            round(MARGIN + (longitude - self.west) * self.squeeze * self.scale),
            round(MARGIN + (self.north - latitude) * self.scale),
        )


def build_map(
    measure: Measure, figures: Mapping[str, Figure], caption: str, *, has_circles: bool = False
) -> AreaMap:
    """Return the map of the communities.

    Args:
        figures: by the code of a community; one without a figure is marked as without data.

    Raises:
        UserError: no community of the town has an outline.
    """
    areas = list(Area.objects.filter(kind=AreaKind.COMMUNITY, active=True, polygon__isnull=False))
    if not areas:
        raise UserError(
            _("没有社区的边界，画不出地图。"),
            hint=_("请在数据包的 communities.geojson 中写入社区边界，或改用 table、chart。"),
            field="text",
        )
    outlines = {area.code: read_geometry(area.polygon) for area in areas}
    plane, height = _fit(list(outlines.values()))
    return AreaMap(
        caption=caption or measure.label,
        label=measure.label,
        unit=measure.unit_text,
        shapes=tuple(
            _build_shape(area, outlines[area.code], plane, figures.get(area.code)) for area in areas
        ),
        height=height,
        has_circles=has_circles,
        is_schematic=any(area.schematic for area in areas),
    )


def _fit(outlines: list[BaseGeometry]) -> tuple[_Plane, int]:
    """Return the plane on which the outlines fill the drawing, and the height that they need."""
    west, south, east, north = shapely.total_bounds(outlines)
    squeeze = cos(radians((south + north) / 2))
    width, height = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
    scale = min((MAP_WIDTH - 2 * MARGIN) / width, (MOST_HEIGHT - 2 * MARGIN) / height)
    # A town that is higher than wide is in the middle.
    room = (MAP_WIDTH - 2 * MARGIN - width * scale) / 2
    return _Plane(west - room / scale / squeeze, north, scale, squeeze), round(height * scale + 2 * MARGIN)


def _build_shape(area: Area, outline: BaseGeometry, plane: _Plane, figure: Figure | None) -> Shape:
    parts = [part for part in getattr(outline, "geoms", [outline]) if part.geom_type == "Polygon"]
    rings: list[Any] = []
    for part in parts:
        simple = part.simplify(DETAIL / plane.scale)
        rings += [simple.exterior, *simple.interiors]
    largest = max(parts, key=lambda part: part.area)
    inside = largest.centroid if largest.contains(largest.centroid) else largest.representative_point()
    return Shape(
        label=area.label,
        rings=tuple(tuple(plane.move(*point[:2]) for point in ring.coords) for ring in rings),
        centre=plane.move(inside.x, inside.y),
        figure=figure,
    )
