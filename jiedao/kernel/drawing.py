"""Maps and bars as SVG made on the server: they stand without script, print, and go into documents."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

TONES = frozenset({"neutral", "info", "good", "warn", "bad", "hold", "strong"})
MARGIN = 12.0
Point = tuple[float, float]


def tone_of(value: object) -> str:
    """Return the value when it is a known tone, else "neutral"."""
    return str(value) if value in TONES else "neutral"


def rings(geometry: Mapping[str, Any]) -> Iterator[list[Point]]:
    """Yield every ring of a Polygon or MultiPolygon as [(lon, lat), ...]."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates") or []
    parts = [coordinates] if kind == "Polygon" else coordinates if kind == "MultiPolygon" else []
    for polygon in parts:
        for ring in polygon:
            yield [(float(p[0]), float(p[1])) for p in ring]


def points(geometry: Mapping[str, Any]) -> Iterator[Point]:
    """Yield every position of a geometry."""
    if geometry.get("type") == "Point":
        lon, lat = geometry["coordinates"][:2]
        yield float(lon), float(lat)
    for ring in rings(geometry):
        yield from ring


class Projection:
    """A flat map of a town: degrees to user units, east to the right, north up.

    One user unit is one pixel where the map is as high as asked, so that words and dots keep their size.
    Equirectangular about the middle latitude: over 30 km it is wrong by less than a line's width.
    """

    def __init__(self, positions: Iterable[Point], height: float) -> None:
        found = list(positions) or [(0.0, 0.0)]
        lons, lats = [p[0] for p in found], [p[1] for p in found]
        self.squeeze = math.cos(math.radians((min(lats) + max(lats)) / 2))
        across = max((max(lons) - min(lons)) * self.squeeze, 0.002)
        down = max(max(lats) - min(lats), 0.002)
        self.height = height
        self.width = min(max((height - 2 * MARGIN) * across / down + 2 * MARGIN, height * 0.6), height * 2.4)
        self.scale = min((self.width - 2 * MARGIN) / across, (height - 2 * MARGIN) / down)
        self.lon = (min(lons) + max(lons)) / 2
        self.lat = (min(lats) + max(lats)) / 2

    def __call__(self, point: Point) -> Point:
        """Return the point's (x, y) in user units, one decimal."""
        x = self.width / 2 + (point[0] - self.lon) * self.squeeze * self.scale
        y = self.height / 2 - (point[1] - self.lat) * self.scale
        return round(x, 1), round(y, 1)


def _path(geometry: Mapping[str, Any], project: Projection) -> str:
    parts = []
    for ring in rings(geometry):
        drawn = [project(p) for p in ring]
        parts.append("M" + "L".join(f"{x} {y}" for x, y in drawn) + "Z")
    return "".join(parts)


def _shade(value: object) -> str:
    """Return the class suffix 0 to 5 of a share between 0 and 1; "" when there is none."""
    if not isinstance(value, int | float):
        return ""
    return str(min(max(math.ceil(value * 5), 0), 5))


def _linked(shape: SafeString, props: Mapping[str, Any]) -> SafeString:
    if props.get("href"):
        return format_html('<a href="{}">{}</a>', props["href"], shape)
    return shape


def _area(feature: Mapping[str, Any], project: Projection) -> SafeString:
    props = feature.get("properties") or {}
    classes = f"j-map__area j-map__area--{'grid' if props.get('kind') == 'grid' else 'area'}"
    shade = _shade(props.get("value"))
    classes += f" j-map__shade-{shade}" if shade else ""
    classes += f" j-map__tone-{tone_of(props['tone'])}" if props.get("tone") else ""
    shape = format_html(
        '<path class="{}" d="{}"><title>{}</title></path>',
        classes,
        _path(feature["geometry"], project),
        props.get("label", ""),
    )
    return _linked(shape, props)


def _words(feature: Mapping[str, Any], project: Projection) -> SafeString:
    """Draw the short words of an area at its label point (the middle of its largest ring)."""
    props = feature.get("properties") or {}
    ring = max(rings(feature["geometry"]), key=len, default=[])
    if not props.get("text") or not ring:
        return SafeString("")
    x, y = project((sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)))
    return format_html('<text class="j-map__text" x="{}" y="{}">{}</text>', x, y, props["text"])


def _dot(feature: Mapping[str, Any], project: Projection) -> SafeString:
    props = feature.get("properties") or {}
    x, y = project(next(points(feature["geometry"])))
    here = props.get("kind") == "here"
    shape = format_html(
        '<circle class="j-map__dot j-map__tone-{}{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>',
        tone_of(props.get("tone")),
        " j-map__dot--here" if here else "",
        x,
        y,
        9 if here else 5.5,
        props.get("label", ""),
    )
    return _linked(shape, props)


def map_svg(features: Mapping[str, Any], label: str, height: float = 420) -> SafeString:
    """Draw a GeoJSON FeatureCollection (WGS 84): areas below, words on them, points on top.

    Each feature's properties may hold label, tone, href, kind ("area", "grid", "case", "here"), text and
    value (0 to 1, how dark an area is). A feature without geometry is passed over. The height is in pixels.
    """
    drawable = [f for f in features.get("features", []) if f.get("geometry")]
    project = Projection((p for f in drawable for p in points(f["geometry"])), height)
    areas = [f for f in drawable if f["geometry"]["type"] != "Point"]
    dots = [f for f in drawable if f["geometry"]["type"] == "Point"]
    dots.sort(key=lambda f: (f.get("properties") or {}).get("kind") == "here")
    return format_html(
        '<svg class="j-map__svg" viewBox="0 0 {} {}" role="group" aria-label="{}" '
        'preserveAspectRatio="xMidYMid meet">{}{}{}</svg>',
        round(project.width),
        round(project.height),
        label,
        format_html_join("", "{}", ((_area(f, project),) for f in areas)),
        format_html_join("", "{}", ((_words(f, project),) for f in areas)),
        format_html_join("", "{}", ((_dot(f, project),) for f in dots)),
    )
