"""Maps as SVG drawn on the server, which need no script, can be printed and can be put into documents."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

TONES = frozenset({"neutral", "info", "good", "warn", "bad", "hold", "strong"})
MARGIN = 12.0
NAME_WIDTH = 10.0  # of a Chinese character in the name of a premise
Point = tuple[float, float]
# The look of a map outside a page: black on white, so that a copy of a copy can still be read.
PAPER_STYLE = (
    ".j-map__area{fill:#fff;stroke:#555;stroke-width:1.6;stroke-linejoin:round}"
    ".j-map__area--grid{stroke:#999;stroke-width:.8}"
    ".j-map__tone-strong{fill:#dfe7f0}"
    ".j-map__text,.j-map__name{fill:#333;stroke:#fff;stroke-width:3;paint-order:stroke;dominant-baseline:middle}"
    ".j-map__text{font-size:12px;text-anchor:middle}.j-map__name{font-size:10px}.j-map__place{fill:#777}"
    ".j-map__dot{fill:#c0392b;stroke:#fff;stroke-width:2}"
)


def normalise_tone(value: object) -> str:
    """Return the value if it is a known tone, else "neutral"."""
    return str(value) if value in TONES else "neutral"


def iterate_rings(geometry: Mapping[str, Any]) -> Iterator[list[Point]]:
    """Yield every ring of a Polygon or MultiPolygon as [(lon, lat), ...]."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates") or []
    parts = [coordinates] if kind == "Polygon" else coordinates if kind == "MultiPolygon" else []
    for polygon in parts:
        for ring in polygon:
            yield [(float(p[0]), float(p[1])) for p in ring]


def iterate_points(geometry: Mapping[str, Any]) -> Iterator[Point]:
    """Yield every position of a geometry."""
    if geometry.get("type") == "Point":
        lon, lat = geometry["coordinates"][:2]
        yield float(lon), float(lat)
    for ring in iterate_rings(geometry):
        yield from ring


class Projection:
    """A flat map of a town: degrees to user units, east to the right, north up.

    One user unit is one pixel when the map is displayed at `height`, so that texts and dots keep their size. The
    projection is equirectangular about the middle latitude: over 30 km its error is less than a line's width.
    """

    def __init__(self, positions: Iterable[Point], height: float) -> None:
        located = list(positions) or [(0.0, 0.0)]
        lons, lats = [p[0] for p in located], [p[1] for p in located]
        self.longitude_factor = math.cos(math.radians((min(lats) + max(lats)) / 2))
        width = max((max(lons) - min(lons)) * self.longitude_factor, 0.002)
        depth = max(max(lats) - min(lats), 0.002)
        self.height = height
        self.width = min(max((height - 2 * MARGIN) * width / depth + 2 * MARGIN, height * 0.6), height * 2.4)
        self.scale = min((self.width - 2 * MARGIN) / width, (height - 2 * MARGIN) / depth)
        self.lon = (min(lons) + max(lons)) / 2
        self.lat = (min(lats) + max(lats)) / 2

    @property
    def key(self) -> tuple[float, ...]:
        """What decides where a point is drawn."""
        return (self.width, self.height, self.lon, self.lat, self.longitude_factor, self.scale)

    def __call__(self, point: Point) -> Point:
        """Return the point's (x, y) in user units, one decimal."""
        x = self.width / 2 + (point[0] - self.lon) * self.longitude_factor * self.scale
        y = self.height / 2 - (point[1] - self.lat) * self.scale
        return round(x, 1), round(y, 1)


# Outlines of grids are the same on map after map: (identity of the geometry, projection) -> the geometry and its path,
# (identity,) -> the geometry and its corners. The geometry is compared, because an identity is used again once its
# object is gone.
_KNOWN_SHAPES: dict[tuple[Any, ...], tuple[Any, Any]] = {}
MOST_SHAPES = 600  # of two for each grid of a town


def _remember(geometry: Mapping[str, Any], key: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
    known = _KNOWN_SHAPES.get((id(geometry), *key))
    if known is not None and known[0] is geometry:
        return known[1]
    value = compute()
    if len(_KNOWN_SHAPES) >= MOST_SHAPES:
        _KNOWN_SHAPES.clear()
    _KNOWN_SHAPES[(id(geometry), *key)] = (geometry, value)
    return value


def _find_corners(geometry: Mapping[str, Any]) -> list[Point]:
    """Return the positions on which the projection of a geometry depends: the corners of its box."""
    points = list(iterate_points(geometry))
    if not points:
        return []
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return [(min(lons), min(lats)), (max(lons), max(lats))]


def _find_known_corners(geometry: Mapping[str, Any]) -> list[Point]:
    if geometry["type"] == "Point":
        return list(iterate_points(geometry))
    corners: list[Point] = _remember(geometry, (), lambda: _find_corners(geometry))
    return corners


def _draw_path(geometry: Mapping[str, Any], project: Projection) -> str:
    return str(_remember(geometry, project.key, lambda: _build_path(geometry, project)))


def _build_path(geometry: Mapping[str, Any], project: Projection) -> str:
    parts = []
    for ring in iterate_rings(geometry):
        corners = [project(p) for p in ring]
        parts.append("M" + "L".join(f"{x} {y}" for x, y in corners) + "Z")
    return "".join(parts)


def _choose_shade(value: object) -> str:
    """Return the class suffix 0 to 5 for a share between 0 and 1; "" when the value is no number."""
    if not isinstance(value, int | float):
        return ""
    return str(min(max(math.ceil(value * 5), 0), 5))


def _wrap_in_link(shape: SafeString, props: Mapping[str, Any]) -> SafeString:
    if props.get("href"):
        return format_html('<a href="{}">{}</a>', props["href"], shape)
    return shape


def _draw_area(feature: Mapping[str, Any], project: Projection) -> SafeString:
    props = feature.get("properties") or {}
    classes = f"j-map__area j-map__area--{'grid' if props.get('kind') == 'grid' else 'area'}"
    shade = _choose_shade(props.get("value"))
    classes += f" j-map__shade-{shade}" if shade else ""
    classes += f" j-map__tone-{normalise_tone(props['tone'])}" if props.get("tone") else ""
    shape = format_html(
        '<path class="{}" d="{}"><title>{}</title></path>',
        classes,
        _draw_path(feature["geometry"], project),
        props.get("label", ""),
    )
    return _wrap_in_link(shape, props)


def _draw_text(feature: Mapping[str, Any], project: Projection) -> SafeString:
    """Draw the short text of an area in the middle of its largest ring."""
    props = feature.get("properties") or {}
    ring = max(iterate_rings(feature["geometry"]), key=len, default=[])
    if not props.get("text") or not ring:
        return SafeString("")
    x, y = project((sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)))
    return format_html('<text class="j-map__text" x="{}" y="{}">{}</text>', x, y, props["text"])


def _draw_name(feature: Mapping[str, Any], project: Projection) -> SafeString:
    """Draw the name of a premise with a small mark at its place, the name to the right."""
    props = feature.get("properties") or {}
    x, y = project(next(iterate_points(feature["geometry"])))
    return format_html(
        '<circle class="j-map__place" cx="{}" cy="{}" r="2"></circle>'
        '<text class="j-map__name" x="{}" y="{}" dx="5">{}</text>',
        x,
        y,
        x,
        y,
        props.get("text", ""),
    )


def _choose_names(
    names: Iterable[Mapping[str, Any]], dots: Iterable[Mapping[str, Any]], project: Projection
) -> list[Mapping[str, Any]]:
    """Return the names that cover neither each other nor a point, the first ones first."""
    taken = [
        (x - 10, y - 8, x + 10, y + 8)
        for x, y in (project(next(iterate_points(f["geometry"]))) for f in dots)
    ]
    chosen = []
    for feature in names:
        x, y = project(next(iterate_points(feature["geometry"])))
        text = str((feature.get("properties") or {}).get("text", ""))
        box = (x - 3, y - 6, x + 6 + NAME_WIDTH * len(text), y + 6)
        if box[2] <= project.width and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            chosen.append(feature)
    return chosen


Box = tuple[float, float, float, float]  # left, top, right, bottom


def _overlap(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def _draw_dot(feature: Mapping[str, Any], project: Projection) -> SafeString:
    props = feature.get("properties") or {}
    x, y = project(next(iterate_points(feature["geometry"])))
    here = props.get("kind") == "here"
    shape = format_html(
        '<circle class="j-map__dot j-map__tone-{}{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>',
        normalise_tone(props.get("tone")),
        " j-map__dot--here" if here else "",
        x,
        y,
        9 if here else 5.5,
        props.get("label", ""),
    )
    return _wrap_in_link(shape, props)


def draw_map(features: Mapping[str, Any], label: str, height: float = 420) -> SafeString:
    """Draw a GeoJSON FeatureCollection (WGS 84): areas at the bottom, texts above them, points on top.

    Each feature's properties may hold label, tone, href, kind ("area", "grid", "premise", "case", "here"), text and
    value (0 to 1, how dark an area is). A feature without geometry is not drawn. The height is in pixels.
    """
    project, shapes = _draw_shapes(features, height)
    return format_html(
        '<svg class="j-map__svg" viewBox="0 0 {} {}" role="group" aria-label="{}" '
        'preserveAspectRatio="xMidYMid meet">{}</svg>',
        round(project.width),
        round(project.height),
        label,
        shapes,
    )


def draw_paper_map(features: Mapping[str, Any], height: float, fonts: str) -> tuple[str, float]:
    """Draw the same map as a file of its own for paper; return the SVG, and its width divided by its height.

    Args:
        fonts: the fonts of the names, as CSS lists them.
    """
    project, shapes = _draw_shapes(features, height)
    drawing = format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" '
        'font-family="{2}"><style>{3}</style>{4}</svg>',
        round(project.width),
        round(project.height),
        fonts,
        PAPER_STYLE,
        shapes,
    )
    return str(drawing), project.width / project.height


def _draw_shapes(features: Mapping[str, Any], height: float) -> tuple[Projection, SafeString]:
    drawable = [f for f in features.get("features", []) if f.get("geometry")]
    corners = [_find_known_corners(f["geometry"]) for f in drawable]
    project = Projection((point for points in corners for point in points), height)
    areas = [f for f in drawable if f["geometry"]["type"] != "Point"]
    names = [f for f in drawable if (f.get("properties") or {}).get("kind") == "premise"]
    dots = [f for f in drawable if f["geometry"]["type"] == "Point" and f not in names]
    dots.sort(key=lambda f: (f.get("properties") or {}).get("kind") == "here")
    return project, format_html(
        "{}{}{}{}",
        format_html_join("", "{}", ((_draw_area(f, project),) for f in areas)),
        format_html_join("", "{}", ((_draw_text(f, project),) for f in areas)),
        format_html_join("", "{}", ((_draw_name(f, project),) for f in _choose_names(names, dots, project))),
        format_html_join("", "{}", ((_draw_dot(f, project),) for f in dots)),
    )
